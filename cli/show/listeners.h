// SPDX-License-Identifier: GPL-2.0-or-later
// listeners.h - the verdicts on every listener of B as a person reads them, a line each
#pragma once

#include "cli/show/explained.h"

/* answers: as GET /netd/v1/explain answers with all=1. What is not there is left out. */
void listeners_screen(const json_t *answers, const struct explained_look *look, struct buf *out);

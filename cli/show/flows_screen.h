// SPDX-License-Identifier: GPL-2.0-or-later
// flows_screen.h - the connections of a container, for a terminal
#pragma once

#include "base/buf.h"

#include <jansson.h>

/* answer: of GET /netd/v1/containers/{id}/connections. */
void flows_screen(const json_t *answer, struct buf *out);

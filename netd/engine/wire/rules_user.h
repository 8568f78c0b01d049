// SPDX-License-Identifier: GPL-2.0-or-later
// rules_user.h - the administrator's rules, or those that were the last to be right
#pragma once

#include "engine/state/state.h"

/* After rules_reset. */
int rules_user_load(struct engine *engine, struct error *error);

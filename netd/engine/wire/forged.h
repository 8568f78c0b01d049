// SPDX-License-Identifier: GPL-2.0-or-later
// forged.h - what was dropped for its source since the last look is counted, and told
#pragma once

#include "engine/state/state.h"

void forged_start(struct engine *engine);
void forged_stop(struct engine *engine);
void forged_look(struct engine *engine);
/* What the table counted so far was another netd's to tell. */
void forged_begin(struct engine *engine);
/* Who sent from which address, in sentences. New reference; NULL: out of memory. */
json_t *forged_sources(struct engine *engine);

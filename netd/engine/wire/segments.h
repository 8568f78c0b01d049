// SPDX-License-Identifier: GPL-2.0-or-later
// segments.h - the bridges of a network in the kernel: made, put right, taken away
#pragma once

#include "engine/state/state.h"

/* The bridge of one segment of a bridge network: made, or changed to be as it should. */
int segments_ensure(struct engine *engine, struct network *network, uint32_t number,
		    struct error *error);
/* The same, and what somebody took from it that the kernel itself had made. */
int segments_repair(struct engine *engine, struct network *network, uint32_t number,
		    struct error *error);
/* What fails is tried again later. */
void segments_unmake(struct engine *engine, struct network *network, uint32_t number);

/* One after the first is known to be there, or is about to be made; and is none of the network's
 * any more. */
void segments_note(struct network *network, uint32_t number);
void segments_forget(struct network *network, uint32_t number);

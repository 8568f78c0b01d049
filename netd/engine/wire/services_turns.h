// SPDX-License-Identifier: GPL-2.0-or-later
// services_turns.h - how services change, told to all containers of a network in turns
#pragma once

#include "engine/state/state.h"
#include "kernel/nft_services.h"

/* Before anybody attaches. */
void services_turns_start(struct engine *engine);

/* At the end, whether or not all is told. */
void services_turns_stop(struct engine *engine);

/* A service of the network changes, in one family: the tables of all of its containers follow, some
 * at a time, and the number of what is left grows (engine_n_left). but: has it already; NULL:
 * nobody. What the view points to is copied. Whether there is somebody to be told; never fails: who
 * cannot be told so is owed it. */
bool services_turns_tell(struct engine *engine, const struct network *network,
			 const struct nft_service *view, const struct container *but);

/* A service that the table of this container is to lead to, too, in turns as above. No memory: it
 * is owed a table that is made anew. */
void services_turns_bring(struct engine *engine, struct container *container,
			  const struct network *network, const struct nft_service *view);

/* turns.c: the number of what is left to be told first, UINT64_MAX: nothing is; and a turn. */
uint64_t services_turns_first(const struct engine *engine);
void services_turns_turn(struct engine *engine, double ends_s);

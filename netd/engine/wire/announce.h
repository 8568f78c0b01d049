// SPDX-License-Identifier: GPL-2.0-or-later
// announce.h - an address has a new owner: the host and the neighbours are told
#pragma once

#include "engine/state/state.h"

/* What it needs from the kernel; without it neighbours find out by themselves. */
void announce_start(struct engine *engine);
/* The endpoint's addresses are those of its MAC from now on: the host and its neighbours know. To
 * be called while its link exists and is not up yet inside. What fails is logged. */
void announce_endpoint(struct engine *engine, const struct endpoint *endpoint);
/* The same with the MAC that it was seen with last, once it is up. */
void announce_again(struct engine *engine, const struct endpoint *endpoint);
/* After a repair: everybody on a bridge that is not large hears of everybody else. */
void announce_network(struct engine *engine, const struct network *network);

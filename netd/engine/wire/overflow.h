// SPDX-License-Identifier: GPL-2.0-or-later
// overflow.h - the segments after a network's first: made when all are full, gone when empty
#pragma once

#include "engine/state/state.h"

/* Makes one after the first; or none, and an error. */
int overflow_make(struct engine *engine, struct network *network, uint32_t number,
		  struct error *error);
/* Where an endpoint that is about to come has its port: in a segment that is there then.
 * ERROR_UNAVAILABLE: all are full, and there can be no other. */
int overflow_choose(struct engine *engine, struct endpoint *endpoint, struct error *error);
/* Those after the first that nobody has a port in are no more; but the last of them stays while
 * somebody reaches his IPv6 subnet by the gateway. */
void overflow_drop_empty(struct engine *engine, struct network *network);
/* The same of all networks, when it is not known yet who does. Whom a netd that was killed did not
 * come to is visited soon, in turns with everybody else. */
void overflow_start(struct engine *engine);
void overflow_stop(struct engine *engine);

// SPDX-License-Identifier: GPL-2.0-or-later
// ports_held.h - ports that are reserved ahead of a change, and taken by it
#pragma once

#include "engine/state/state.h"
#include "engine/wire/ports_choose.h"

/* For the change that engine_ahead_use was for */
struct ports_held {
	struct list node;	   /* in the engine's, while they are not all there are to be */
	struct container *scratch; /* nobody's: these are its ports */
	struct port_walks walks;
	size_t next; /* of its ports: the first that may still be taken */
	bool misled; /* what was asked for was not what was at hand */
};
/* The socket of this port, which is next; -ENOENT: it is none of those at hand. */
int ports_held_take(struct engine *engine, const struct port *port);
/* The host port that was found for a binding that chooses; false: none. */
bool ports_held_chosen(struct engine *engine, const struct port_binding *binding,
		       uint16_t *ret_port);
/* Where its walks have come to. */
void ports_held_walks(const struct engine *engine, struct port_walks *walks);
/* What was at hand was not what was wanted, and is given up. */
bool ports_held_misled(const struct engine *engine);
/* Who has this place ahead of a change of his; NULL: nobody. */
const struct container *ports_held_holder(const struct engine *engine, const struct port *port);

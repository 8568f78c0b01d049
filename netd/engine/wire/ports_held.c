// SPDX-License-Identifier: GPL-2.0-or-later
// ports_held.c - ports that are reserved ahead of a change, and taken by it
#include "engine/wire/wire.h"

#include "base/cleanup.h"

#include <errno.h>

/* Theory of operation. Ports of a large request are bound before the change, in turns
 * (ports_ahead.c), by a container that is nobody's: the scratch. wire->at_hand is the reservation
 * that belongs to the change under way, and NULL at any other time. Nothing is decided by it: each
 * socket is handed over only when the change asks for exactly that place. */

/* A change asks for its ports in the same order in which they were reserved ahead of it, for both
 * run the same code over the same bindings. So the next one is the only one that is looked at.
 * When that is another port, something else has changed meanwhile (a network, a default address):
 * the reservation is misled, and the change decides as if there were none. */

/* The next port that has a socket; NULL: there is none. */
static const struct port *next_port(struct ports_held *held)
{
	const struct container_runtime *runtime;

	if (!held || held->misled)
		return NULL;
	runtime = runtime_of(held->scratch);
	while (held->next < held->scratch->n_ports && runtime->fds[held->next] < 0)
		held->next++;
	return held->next < held->scratch->n_ports ? &held->scratch->ports[held->next] : NULL;
}

/* The socket for this port, or -ENOENT: bind it yourself. */
int ports_held_take(struct engine *engine, const struct port *port)
{
	const struct port *next = next_port(engine->wire->at_hand);
	struct container_runtime *runtime;

	if (!next)
		return -ENOENT;
	if (next->protocol != port->protocol || next->host_port != port->host_port ||
	    !addr_equal(&next->host_addr, &port->host_addr) ||
	    port_needs_relay(next) != port_needs_relay(port)) {
		engine->wire->at_hand->misled = true; /* what is left of them is given up */
		return -ENOENT;
	}
	runtime = runtime_of(engine->wire->at_hand->scratch);
	/* The change owns the descriptor from here on; a -1 is left, which next_port passes
	 * over. */
	return take_fd(&runtime->fds[engine->wire->at_hand->next]);
}

/* The number that was chosen ahead for this binding, to be tried first. */
bool ports_held_chosen(struct engine *engine, const struct port_binding *binding,
		       uint16_t *ret_port)
{
	const struct port *next = next_port(engine->wire->at_hand);

	if (!next || next->protocol != binding->protocol ||
	    next->container_port != binding->container_port)
		return false;
	*ret_port = next->host_port;
	return true;
}

/* The change's walks begin where those of the reservation are, so no port is tried twice. */
void ports_held_walks(const struct engine *engine, struct port_walks *walks)
{
	/* The places belong to the change, whose index is of its own time. Only the walks go on
	 * where the reservation stopped. */
	struct ports_places places = walks->places;

	/* What was given up then is to be looked at again. */
	if (engine->wire->at_hand && !engine->wire->at_hand->misled)
		*walks = engine->wire->at_hand->walks;
	walks->places = places;
}

bool ports_held_misled(const struct engine *engine)
{
	return engine->wire->at_hand && engine->wire->at_hand->misled;
}

/* Only for sentences and for judging places: it is no container that anybody knows by name. */
const struct container *ports_held_holder(const struct engine *engine, const struct port *port)
{
	list_foreach (&engine->wire->aheads, const struct ports_held, held, node)
		if (ports_places_one_has(held->scratch, port))
			return held->scratch;
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// ports_places.c - who has a place, asked for each of thousands of ports
#include "base/limits.h"
#include "engine/wire/wire.h"
#include "model/container/port.h"

/* Theory of operation. Whether a place is taken is a matter of the containers' ports and of nothing
 * else. To look at all of them for each of many ports takes the square of their number, so a change
 * that asks for many makes an index when it first needs one. It is of that change alone: nothing
 * else changes ports meanwhile. For a few ports, and without memory for an index, all ports are
 * looked at. */

bool ports_places_one_has(const struct container *container, const struct port *port)
{
	for (size_t i = 0; i < container->n_ports; i++)
		if (port_clash(&container->ports[i], port))
			return true;
	return false;
}

void ports_places_init(struct ports_places *places, size_t n_asked, bool is_ahead)
{
	*places = (struct ports_places) {
		.is_few = n_asked <= PORTS_FEW,
		.is_ahead = is_ahead,
	};
}

void ports_places_done(struct ports_places *places)
{
	port_index_done(&places->own);
	port_index_done(&places->others);
	places->has_own = places->has_others = false;
}

/* -ENOMEM: the index lacks a port and must not be used. */
static int index_container(struct port_index *index, const struct container *container)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < container->n_ports; i++)
		err = port_index_add(index, &container->ports[i]);
	return err;
}

/* From here on all ports are looked at one by one. That is slow and right; an index that lacks
 * one port would be wrong. */
static void give_up(struct ports_places *places)
{
	ports_places_done(places);
	places->is_few = true;
}

/* False: look yourself. The index of the container's own ports is made when it is first needed, and
 * kept up to date by add and remove. */
static bool index_own(struct ports_places *places, const struct container *container)
{
	if (places->is_few || places->has_own)
		return places->has_own;
	places->has_own = index_container(&places->own, container) == 0;
	if (!places->has_own)
		give_up(places);
	return places->has_own;
}

/* The index of all other containers is made once: nobody else publishes during a change. */
static bool index_others(struct ports_places *places, const struct engine *engine,
			 const struct container *container)
{
	int err = 0;

	if (places->is_few || places->has_others)
		return places->has_others;
	for (size_t i = 0; err == 0 && i < engine->n_containers; i++)
		if (engine->containers[i] != container)
			err = index_container(&places->others, engine->containers[i]);
	/* Reservations ahead of other changes count as well, for they are bound. */
	list_foreach (&engine->wire->aheads, const struct ports_held, held, node)
		err = err < 0 ? err : index_container(&places->others, held->scratch);
	places->has_others = err == 0;
	if (!places->has_others)
		give_up(places);
	return places->has_others;
}

/* An index that was not made yet needs nothing: it will have the port when it is made. */
void ports_places_add(struct ports_places *places, const struct port *port)
{
	if (places->has_own && port_index_add(&places->own, port) < 0)
		give_up(places);
}

void ports_places_remove(struct ports_places *places, const struct container *container,
			 size_t first)
{
	for (size_t i = first; places->has_own && i < container->n_ports; i++)
		port_index_remove(&places->own, &container->ports[i]);
}

/* Does this container have a port there already, or one that clashes with it? */
bool ports_places_publishes(struct ports_places *places, const struct container *container,
			    const struct port *port)
{
	return index_own(places, container) ? port_index_clashes(&places->own, port)
					    : ports_places_one_has(container, port);
}

/* Exactly this place, where "publishes" means an overlap, too. */
bool ports_places_has(struct ports_places *places, const struct container *container,
		      const struct port *port)
{
	if (index_own(places, container))
		return port_index_has(&places->own, port);
	/* From the end, for the port that is asked about was added a moment ago as a rule. */
	for (size_t i = container->n_ports; i-- > 0;)
		if (port_same_place(&container->ports[i], port))
			return true;
	return false;
}

bool ports_places_may_clash(struct ports_places *places, const struct engine *engine,
			    const struct container *container, const struct port *port)
{
	/* False is certain; true says that it is worth looking for whoever has it. */
	return !index_own(places, container) || !index_others(places, engine, container) ||
	       port_index_clashes(&places->own, port) || port_index_clashes(&places->others, port);
}

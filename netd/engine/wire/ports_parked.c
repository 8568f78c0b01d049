// SPDX-License-Identifier: GPL-2.0-or-later
// ports_parked.c - ports of a container that is on no network with a way in, until it is on one
#include "engine/wire/wire.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. A container that leaves its last network with a way in keeps its ports: they
 * are parked. A parked port is in the container's record, without a target, and nowhere else: it is
 * not published, and the host's port is free for others. When the container joins a network again
 * it is published as before; should somebody have its place by then, the container does not join.
 */

/* Called before the point of no return, for parking must not fail. */
int ports_parked_room(struct container *container, size_t n)
{
	struct container_runtime *runtime = runtime_of(container);
	struct port *parked;

	if (n == 0)
		return 0;
	parked = grow(runtime->parked, &runtime->size_parked, runtime->n_parked + n,
		      sizeof(*parked));
	if (!parked)
		return -ENOMEM;
	runtime->parked = parked;
	return 0;
}

static void park(struct container *container, const struct port *port)
{
	struct container_runtime *runtime = runtime_of(container);

	/* ports_parked_room was called while the change could still be refused: there is room,
	 * and this cannot fail. */
	runtime->parked[runtime->n_parked] = *port;
	runtime->parked[runtime->n_parked++].target = (struct addr) { 0 };
}

static bool leads_nowhere(const struct container *container, size_t i, const void *data)
{
	(void)data;
	return !addr_is_set(&container->ports[i].target);
}

/* Ports that lead nowhere were let go by ports_redirect. Here they leave the array. */
void ports_park_aimless(struct container *container)
{
	size_t n_stay = ports_move_behind(container, leads_nowhere, NULL);

	for (size_t i = n_stay; i < container->n_ports; i++)
		park(container, &container->ports[i]);
	container->n_ports = n_stay; /* they hold nothing that could be released */
}

static void unpark_published(struct container *container, struct ports_places *places)
{
	struct container_runtime *runtime = runtime_of(container);
	/* One whose place the container publishes again by itself is parked no longer: it would
	 * come back as a clash with itself. */
	size_t n_stay = 0;

	for (size_t i = 0; i < runtime->n_parked; i++)
		if (!ports_places_publishes(places, container, &runtime->parked[i]))
			runtime->parked[n_stay++] = runtime->parked[i];
	runtime->n_parked = n_stay;
}

/* After ports were published by hand: parked ones at the same places are forgotten. */
void ports_unpark_published(struct container *container)
{
	struct ports_places places;

	ports_places_init(&places, runtime_of(container)->n_parked, false);
	unpark_published(container, &places);
	ports_places_done(&places);
}

/* The container has joined a network with a way in. All of its ports come back, or the join is
 * refused. */
int ports_unpark(struct engine *engine, struct container *container, struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	size_t before = container->n_ports;
	struct ports_places places;
	int err = 0;

	ports_places_init(&places, runtime->n_parked, false);
	for (size_t i = 0; err == 0 && i < runtime->n_parked; i++) {
		struct port port = runtime->parked[i];

		/* What leads nowhere yet stays parked, and is no reason to refuse. */
		if (ports_lead(container, &port) &&
		    !ports_places_publishes(&places, container, &port))
			err = ports_take(engine, container, &places, &port, error);
	}
	/* Somebody has a place by now. All of them go back, and the join is refused with the
	 * words for that one. */
	if (err < 0) {
		ports_release(engine, container, before);
		error_prefix(error, "container %s cannot have its ports back",
			     container->spec.name);
	} else {
		unpark_published(container, &places);
	}
	ports_places_done(&places);
	return err;
}

/* The undo of ports_unpark. */
void ports_park_again(struct engine *engine, struct container *container, size_t first)
{
	/* They were parked before: there is room. */
	for (size_t i = first; i < container->n_ports; i++)
		park(container, &container->ports[i]);
	ports_release(engine, container, first);
}

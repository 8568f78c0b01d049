// SPDX-License-Identifier: GPL-2.0-or-later
// ports_ahead.c - many ports are reserved before the change that publishes them, in turns
#include "engine/change/change.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Theory of operation. A change is synchronous, which is what makes it whole: it may not stop in
 * the middle to let others have their turn. To choose and bind thousands of ports takes a tenth of
 * a second and more, so that is done before: for a container that is nobody's (scratch) the very
 * bindings are resolved by the very code, a turn at a time, and the change finds the sockets at
 * hand. It decides everything again, and whatever it finds otherwise by then (another network,
 * a name that is taken) it says as ever. So nothing here is a decision, nothing fails here, and
 * what is not taken is closed.
 *
 * One is made ready at a time, who came first first: two that ask for the same ports would else
 * have half of them each, and neither all; and it waits until what was left before it came is done,
 * for those may be the ports, and descriptors, that it needs. A few ports are reserved by the
 * change itself, past all who wait here; where a place is held here, it is this one's by then. */

struct ports_ahead {
	struct ports_held held;	     /* in the engine's list, while it is not ready */
	struct engine_waiter waiter; /* for what was left before */
	struct engine *engine;
	struct engine_ahead_request request;
	struct engine_ahead_handlers handlers;
	size_t n_resolved; /* of the bindings */
	double closing_s;  /* engine_now_s() since when a relay is waited for; 0: none is */
};

/* --- the container that is nobody's ----------------------------------------------------------- */

/* Networks may change between two turns, so endpoints are made anew for each. Which ports there are
 * depends on which families they have, not on which addresses. For an attach: endpoints of the
 * networks that the request names, each with some address of the right family. */
static int lend_endpoints(struct ports_ahead *ahead)
{
	const struct container_spec *spec = ahead->request.spec;
	struct container *scratch = ahead->held.scratch;
	int err = container_make_room(scratch, spec->n_endpoints, NULL);

	for (size_t i = 0; err == 0 && i < spec->n_endpoints; i++) {
		const struct network_spec *network;

		/* What makes no sense is refused by the change, in its own words. Here it only
		 * ends the preparation. */
		err = container_add_endpoint(ahead->engine, scratch, &spec->endpoints[i], NULL);
		if (err < 0)
			break;
		network = &scratch->endpoints[i]->network->spec;
		for (enum family family = 0; family < FAMILY_N; family++)
			scratch->endpoints[i]->ip[family] = network->subnet[family].prefix.addr;
	}
	return err;
}

/* The endpoints of the container that gets them, or of the one there will be. For a container that
 * is there: its own endpoints, borrowed. */
static int begin_turn(struct ports_ahead *ahead)
{
	struct container *scratch = ahead->held.scratch, *container;
	int err;

	if (ahead->request.spec)
		return lend_endpoints(ahead);
	err = engine_container_find(ahead->engine, ahead->request.container, &container, NULL);
	if (err < 0)
		return err;
	/* Borrowed for one turn, and given back in end_turn: the container may be freed between
	 * two turns. */
	scratch->endpoints = container->endpoints;
	scratch->n_endpoints = container->n_endpoints;
	return 0;
}

/* Between two turns the scratch has ports and no endpoints. */
static void end_turn(struct ports_ahead *ahead)
{
	struct container *scratch = ahead->held.scratch;

	if (ahead->request.spec) {
		container_drop_endpoints(scratch, 0);
		free(scratch->endpoints);
	}
	scratch->endpoints = NULL;
	scratch->n_endpoints = 0;
}

/* Gives up all sockets that no change has taken. */
static void free_scratch(struct ports_ahead *ahead)
{
	/* The ports are released through the engine, so that many are closed in turns. */
	if (ahead->held.scratch) {
		ports_release(ahead->engine, ahead->held.scratch, 0);
		container_free(ahead->held.scratch);
	}
	ahead->held.scratch = NULL;
	ports_places_done(&ahead->held.walks.places);
}

/* --- turns ------------------------------------------------------------------------------------ */

/* It is attached already, which is found out without any port. What is dead makes room, and its
 * ports are to be had again. True: the change will do without any new port. */
static bool is_there(struct ports_ahead *ahead)
{
	const struct container_spec *spec = ahead->request.spec;
	struct engine *engine = ahead->engine;
	struct container *former;

	if (!spec)
		return false;
	former = map_get_str(engine->container_by_name, spec->name);
	if (!former && spec->id[0])
		former = map_get_str(engine->container_by_id, spec->id);
	return former &&
	       !(alive_is_dead(former) && engine_detach(engine, former->spec.id, NULL) == 0);
}

/* The resolver has yet to close the relay of this place, as it seems. Whatever others give up
 * meanwhile makes the wait no longer. */
static bool is_closing(struct ports_ahead *ahead, int err)
{
	double now_s = engine_now_s();

	if (!ports_may_be_free_soon(ahead->engine, err))
		ahead->closing_s = 0;
	else if (ahead->closing_s == 0)
		/* A wait has begun, from its own first moment on: others' relays do not make it
		 * longer. */
		ahead->closing_s = now_s;
	return ahead->closing_s != 0 && now_s - ahead->closing_s < RELAY_CLOSE_S;
}

/* -EINPROGRESS: there is more to be done. Else it is as ready as it can be. */
static int turn(struct ports_ahead *ahead, double ends_s)
{
	int err;

	/* Asked before the first port only. Later the ports are this one's own. */
	if (ahead->n_resolved == 0 && is_there(ahead))
		return -EEXIST;
	err = begin_turn(ahead);
	ahead->held.walks.turn_ends_s = ends_s;
	while (err == 0 && ahead->n_resolved < ahead->request.n_bindings) {
		err = engine_now_s() < ends_s
			      ? ports_choose(ahead->engine, ahead->held.scratch,
					     &ahead->request.bindings[ahead->n_resolved],
					     &ahead->held.walks, NULL)
			      : -EINPROGRESS;
		/* Counted when it succeeded: the next turn begins with the one that did not. */
		ahead->n_resolved += err == 0;
		if (is_closing(ahead, err))
			err = -EINPROGRESS;
	}
	ahead->held.walks.turn_ends_s = 0;
	end_turn(ahead);
	return err;
}

/* It is in the engine's list while it waits. */
static void on_left(void *data)
{
	(void)data;
}

/* The first in line, once what was left before it is done. NULL: nobody may go on now. */
static struct ports_ahead *first_to_go(const struct engine *engine)
{
	struct ports_ahead *ahead = list_first(&engine->wire->aheads, struct ports_ahead,
					       held.node);

	/* Empty node: the wait is over, and nothing is left before it. */
	return ahead && list_empty(&ahead->waiter.node) ? ahead : NULL;
}

/* For turns.c, which shares a turn between what is left and this. */
bool ports_ahead_may_go_on(const struct engine *engine)
{
	return first_to_go(engine) != NULL;
}

/* One turn for the first in line. Says when it wants the next one. */
enum turns_next ports_ahead_turn(struct engine *engine, double ends_s)
{
	struct ports_ahead *ahead = first_to_go(engine);

	if (!ahead)
		return TURNS_NONE;
	/* A caller who hung up wants no port. Then it is ready at once, which closes all. */
	if (ahead->handlers.is_wanted(ahead->handlers.data) && turn(ahead, ends_s) == -EINPROGRESS)
		return ahead->closing_s != 0 ? TURNS_SOON : TURNS_AT_ONCE;
	list_remove(&ahead->held.node);
	/* Out of the list first: the handler frees it, and may begin another. */
	ahead->handlers.ready(ahead->handlers.data); /* which frees it */
	return list_empty(&engine->wire->aheads) ? TURNS_NONE : TURNS_AT_ONCE;
}

/* --- who asks --------------------------------------------------------------------------------- */

/* A binding with one number is decided without a search. Few of them need no preparation. */
static bool has_choices(const struct engine_ahead_request *request)
{
	for (size_t i = 0; i < request->n_bindings; i++)
		if (request->bindings[i].host_port == 0 ||
		    request->bindings[i].host_port_end > request->bindings[i].host_port)
			return true;
	return false;
}

/* A container that is in no table. container_new gives it what its end takes, so freeing it cannot
 * fail. */
static int make_scratch(struct ports_ahead *ahead)
{
	const struct engine_ahead_request *request = &ahead->request;

	ahead->held.scratch = container_new(ahead->engine);
	if (!ahead->held.scratch)
		return -ENOMEM;
	/* For whoever is told who has a port. */
	(void)snprintf(ahead->held.scratch->spec.name, sizeof(ahead->held.scratch->spec.name), "%s",
		       request->spec ? request->spec->name : request->container);
	ports_choose_init(&ahead->held.walks, request->n_bindings, true);
	ahead->n_resolved = 0;
	return 0;
}

/* The first turn is had at once. 0: it was enough. 1: it waits in line. A failure frees nothing;
 * the caller does. */
static int begin(struct ports_ahead *ahead)
{
	bool first = list_empty(&ahead->engine->wire->aheads);
	int err;

	/* Who comes first, or wants few, is served at once. A few ports do not wait behind
	 * thousands. */
	if (first || ahead->request.n_bindings <= PORTS_FEW) {
		err = turn(ahead, engine_now_s() + ENGINE_TURN_S);
		if (err != -EINPROGRESS)
			return 0;
	}
	if (!first) { /* who waits holds nothing that another may be waiting for */
		free_scratch(ahead);
		err = make_scratch(ahead);
		if (err < 0)
			return err;
	}
	list_append(&ahead->engine->wire->aheads, &ahead->held.node);
	engine_await_left(ahead->engine, &ahead->waiter);
	return 1;
}

/* *ret_ahead NULL: nothing has to be prepared, and the change may begin. 0: ready. 1:
 * handlers.ready will be called. The request's memory stays the caller's, and has to live as long
 * as this does. */
int engine_ahead_new(struct engine *engine, const struct engine_ahead_request *request,
		     const struct engine_ahead_handlers *handlers, struct ports_ahead **ret_ahead,
		     struct error *error)
{
	struct ports_ahead *ahead;
	int err;

	*ret_ahead = NULL;
	/* The change itself is as quick as a turn would be. */
	if (request->n_bindings <= PORTS_FEW && !has_choices(request))
		return 0;
	ahead = calloc(1, sizeof(*ahead));
	if (!ahead)
		return error_system(error, -ENOMEM, "cannot reserve ports");
	list_init(&ahead->held.node);
	list_init(&ahead->waiter.node);
	ahead->waiter.done = on_left;
	ahead->engine = engine;
	ahead->request = *request;
	ahead->handlers = *handlers;
	err = make_scratch(ahead);
	if (err == 0)
		err = begin(ahead);
	if (err < 0) {
		engine_ahead_free(ahead);
		return error_system(error, err, "cannot reserve ports");
	}
	*ret_ahead = ahead;
	return err;
}

/* The change that is about to begin takes its sockets from this one. */
void engine_ahead_use(struct ports_ahead *ahead)
{
	if (ahead)
		ahead->engine->wire->at_hand = &ahead->held;
}

/* At any time, also in line. NULL is fine. */
void engine_ahead_free(struct ports_ahead *ahead)
{
	if (!ahead)
		return;
	/* The change may have failed before it took anything. */
	if (ahead->engine->wire->at_hand == &ahead->held)
		ahead->engine->wire->at_hand = NULL;
	list_remove(&ahead->held.node);
	list_remove(&ahead->waiter.node);
	free_scratch(ahead);
	free(ahead);
}

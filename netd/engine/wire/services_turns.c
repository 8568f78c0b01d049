// SPDX-License-Identifier: GPL-2.0-or-later
// services_turns.c - how services change, told to all containers of a network in turns
#include "engine/wire/services_turns.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/log.h"
#include "engine/wire/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A service that changes is a transaction for each container of its network,
 * of some 50 us. With hundreds of them nobody else would get a turn for tens of milliseconds. So a
 * change is noted, with a number among all that changes leave (turns.c), and each container of the
 * network is due. In a turn those who have been due for longest get all that they lack, in one
 * transaction each; whoever caused it waits for his number, and is answered when all have it.
 *
 * Changes are a list, and a container that is due knows the first one it has not had. Who is due
 * stands in the order of these, so no change before the first one's is needed any more.
 * A table that is made anew is of the services as they are, and its container is due no more. */

struct service_change {
	struct list node;
	uint64_t number;  /* among all that is left */
	uint32_t network; /* its number: by then it may be gone */
	/* Whom alone it is for; NULL: all of the network. He may be gone: who comes in his place in
	 * memory is due from a later change on. */
	const struct container *only;
	/* Of what follows the struct in memory: its ports, and who stood and who stands behind. */
	struct nft_service view;
};

/* One allocation, freed as one. NULL: out of memory. */
static struct service_change *change_new(const struct network *network,
					 const struct nft_service *view)
{
	size_t ports_len = view->n_ports * sizeof(*view->ports);
	size_t was_len = view->n_was * sizeof(*view->was);
	size_t now_len = view->n_now * sizeof(*view->now);
	struct service_change *change = calloc(1, sizeof(*change) + ports_len + was_len + now_len);
	char *rest;

	if (!change)
		return NULL;
	rest = (char *)(change + 1);
	change->network = network->number;
	change->view = *view;
	change->view.ports = memcpy(rest, view->ports, ports_len);
	change->view.was = (const struct addr *)(rest + ports_len);
	change->view.now = (const struct addr *)(rest + ports_len + was_len);
	/* An array of none may be NULL, which memcpy() must not be given. */
	if (was_len > 0)
		memcpy(rest + ports_len, view->was, was_len);
	if (now_len > 0)
		memcpy(rest + ports_len + was_len, view->now, now_len);
	return change;
}

static struct container_runtime *first_due(const struct engine *engine)
{
	return list_first(&engine->wire->services_due, struct container_runtime, services_node);
}

/* Those that all have had. */
static void free_told(struct engine *engine)
{
	uint64_t first = services_turns_first(engine);
	struct service_change *change;

	while ((change = list_first(&engine->wire->service_changes, struct service_change, node)) &&
	       change->number < first) {
		list_remove(&change->node);
		free(change);
	}
}

void services_turns_start(struct engine *engine)
{
	list_init(&engine->wire->service_changes);
	list_init(&engine->wire->services_due);
}

/* Who is due still is told by the next netd, which compares all tables. */
void services_turns_stop(struct engine *engine)
{
	struct service_change *change;

	while ((change = list_first(&engine->wire->service_changes, struct service_change, node))) {
		list_remove(&change->node);
		free(change);
	}
}

/* From that change on. Whoever has to be told of several turns' worth comes back in between. */
static void be_due(struct engine *engine, struct container_runtime *runtime, uint64_t from)
{
	struct list *due = &engine->wire->services_due, *before = due;

	while (before->prev != due &&
	       container_of(before->prev, struct container_runtime, services_node)->services_from >
		       from)
		before = before->prev;
	runtime->services_from = from;
	list_append(before, &runtime->services_node);
}

bool services_turns_tell(struct engine *engine, const struct network *network,
			 const struct nft_service *view, const struct container *but)
{
	struct service_change *change = change_new(network, view);
	bool any = false;

	free_told(engine); /* who was due may have got a new table since */
	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network) {
		struct container_runtime *runtime = runtime_of(endpoint->container);

		if (!runtime->inside || endpoint->container == but)
			continue;
		if (!change) { /* each table is made anew */
			later_owe(engine, endpoint->container, OWED_SERVICES);
			continue;
		}
		any = true;
		if (list_empty(&runtime->services_node))
			be_due(engine, runtime, engine->wire->n_left + 1);
	}
	if (!any) {
		free(change);
		return false;
	}
	change->number = ++engine->wire->n_left;
	list_append(&engine->wire->service_changes, &change->node);
	return true;
}

void services_turns_bring(struct engine *engine, struct container *container,
			  const struct network *network, const struct nft_service *view)
{
	struct container_runtime *runtime = runtime_of(container);
	struct service_change *change = change_new(network, view);

	if (!change) {
		later_owe(engine, container, OWED_SERVICES);
		return;
	}
	change->only = container;
	if (list_empty(&runtime->services_node))
		be_due(engine, runtime, engine->wire->n_left + 1);
	change->number = ++engine->wire->n_left;
	list_append(&engine->wire->service_changes, &change->node);
}

/* --- one container ---------------------------------------------------------------------------- */

/* Zeroed is empty. */
struct views {
	struct nft_service *items;
	size_t n, size;
};

static bool same_ports(const struct nft_service *a, const struct nft_service *b)
{
	for (size_t i = 0; i < a->n_ports && a->n_ports == b->n_ports; i++)
		if (a->ports[i].protocol != b->ports[i].protocol ||
		    a->ports[i].port != b->ports[i].port ||
		    a->ports[i].target != b->ports[i].target)
			return false;
	return a->n_ports == b->n_ports;
}

/* The last change of a service with that address; NULL: there is none. */
static struct nft_service *find(const struct views *views, const struct addr *addr)
{
	for (size_t i = views->n; i-- > 0;)
		if (addr_equal(&views->items[i].addr, addr))
			return &views->items[i];
	return NULL;
}

/* A service that changes again goes from what it was before the first to what it is after the last.
 * One that goes and comes back with other ports is two services. */
static int add(struct views *views, const struct nft_service *view)
{
	struct nft_service *before = find(views, &view->addr), *items;

	if (before && before->affinity == view->affinity && same_ports(before, view)) {
		before->is_there = view->is_there;
		before->now = view->now;
		before->n_now = view->n_now;
		return 0;
	}
	items = grow(views->items, &views->size, views->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	views->items = items;
	views->items[views->n++] = *view;
	return 0;
}

static bool is_on(const struct container *container, uint32_t network)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i]->network->number == network)
			return true;
	return false;
}

/* Changes from the first that the container lacks, as many as are one transaction: what is of one
 * service is not taken apart. *ret_next: the number of the first that is left; 0: none is. */
static int take_changes(struct engine *engine, const struct container *container,
			struct views *views, uint64_t *ret_next)
{
	uint64_t from = runtime_of(container)->services_from;

	*ret_next = 0;
	list_foreach (&engine->wire->service_changes, struct service_change, change, node) {
		int err;

		if (change->number < from || (change->only && change->only != container) ||
		    !is_on(container, change->network))
			continue;
		if (views->n >= SERVICES_AT_ONCE && !find(views, &change->view.addr)) {
			*ret_next = change->number;
			return 0;
		}
		err = add(views, &change->view);
		if (err < 0)
			return err;
	}
	return 0;
}

/* A failure is no reason to give up: the table is made anew then. */
static int change_table(struct engine *engine, struct container *container, uint64_t *ret_next,
			struct error *error)
{
	struct views views = { 0 };
	int err = take_changes(engine, container, &views, ret_next);

	if (err < 0)
		(void)error_system(error, err, "cannot lead container %s to services",
				   container->spec.name);
	else
		err = services_change_inside(engine, container, views.items, views.n, error);
	free(views.items);
	return err;
}

/* One that has a table gets the changes; one that has none, or cannot take them, a new one. */
static void bring_up(struct engine *engine, struct container_runtime *runtime)
{
	struct error error = { 0 };
	uint64_t next = 0;

	list_remove(&runtime->services_node);
	if (runtime->has_services && !(runtime->owed & OWED_SERVICES) &&
	    change_table(engine, runtime->container, &next, &error) == 0) {
		if (next > 0)
			be_due(engine, runtime, next);
		return;
	}
	if (error.text[0])
		log_info("container %s: %s; it is made anew", runtime->container->spec.name,
			 error.text);
	services_settle(engine, runtime->container);
}

/* --- turns ------------------------------------------------------------------------------------ */

uint64_t services_turns_first(const struct engine *engine)
{
	const struct container_runtime *runtime = first_due(engine);

	return runtime ? runtime->services_from : UINT64_MAX;
}

void services_turns_turn(struct engine *engine, double ends_s)
{
	struct container_runtime *runtime;

	while (engine_now_s() < ends_s && (runtime = first_due(engine)))
		bring_up(engine, runtime);
	free_told(engine);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// services.c - the way to services inside containers, and who stands behind them
#include "engine/wire/services.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/log.h"
#include "engine/wire/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Each container of a network with services has a table of its own, which
 * leads what it opens to a service's address to one of those who stand behind it
 * (kernel/nft_services.c). A table is made when the container gets its first network with a
 * service, and made anew whenever its networks or their services are others; who stands behind a
 * service changes it in place, in each of them, before whoever asked for that is answered. What
 * cannot be changed is made anew a second later (OWED_SERVICES).
 *
 * A table that leads nowhere any more stays until the container is detached: with the last chain of
 * NAT the kernel would stop to translate in this namespace, and connections that are there would
 * break off. */

/* Any container has got such a table since the host was booted. */
#define SERVICES_MARK "services"

/* What of a service there is in a family, to be put into a table. */
static struct nft_service view_of(const struct service *service, enum family family)
{
	const struct service_backends *backends = &service->backends[family];

	return (struct nft_service) {
		.addr = service->spec.ip[family],
		.affinity = service->spec.affinity,
		.ports = service->spec.ports,
		.n_ports = service->spec.n_ports,
		.was_there = true,
		.is_there = true,
		.was = backends->items,
		.n_was = backends->n,
		.now = backends->items,
		.n_now = backends->n,
	};
}

/* As something new. */
static struct nft_service view_of_new(const struct service *service, enum family family)
{
	struct nft_service view = view_of(service, family);

	view.was_there = false;
	view.was = NULL;
	view.n_was = 0;
	return view;
}

/* Zeroed is empty. */
struct views {
	struct nft_service *items;
	size_t n, size;
};

static int add_views(struct views *views, const struct network *network)
{
	struct nft_service *items = grow(views->items, &views->size,
					 views->n + FAMILY_N * network->n_services + 1,
					 sizeof(*items));

	if (!items)
		return -ENOMEM;
	views->items = items;
	for (size_t i = 0; i < network->n_services; i++)
		for (enum family family = 0; family < FAMILY_N; family++)
			if (addr_is_set(&network->services[i]->spec.ip[family]))
				views->items[views->n++] = view_of_new(network->services[i],
								       family);
	return 0;
}

/* By a second interface on a network it is no other network. */
static bool is_first_on(const struct endpoint *endpoint)
{
	return container_endpoint_on(endpoint->container, endpoint->network, "") == endpoint;
}

/* All that the container can reach. */
static int all_views(const struct container *container, struct views *views)
{
	int err = 0;

	for (size_t i = 0; i < container->n_endpoints && err == 0; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (endpoint->network->n_services > 0 && is_first_on(endpoint))
			err = add_views(views, endpoint->network);
	}
	return err;
}

int services_inside(struct engine *engine, struct container *container, struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	struct views views = { 0 };
	int err;

	if (!runtime->inside)
		return 0;
	err = all_views(container, &views);
	if (err < 0) {
		(void)error_system(error, err, "cannot lead container %s to services",
				   container->spec.name);
	} else if (views.n > 0 || runtime->has_services) {
		/* The note first: a netd that is killed in between leaves no table unknown. */
		if (!runtime->has_services)
			run_dir_set_mark(engine, SERVICES_MARK, true);
		runtime->has_services = true;
		err = engine->door->rules.make_services(runtime->inside, views.items, views.n,
							error);
	}
	free(views.items);
	return err;
}

/* Said once for each second in which it fails. */
void services_settle(struct engine *engine, struct container *container)
{
	struct error error = { 0 };

	if (services_inside(engine, container, &error) == 0)
		return;
	log_warn("container %s: %s; it is tried again", container->spec.name, error.text);
	later_owe(engine, container, OWED_SERVICES);
}

void services_leave_inside(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	struct error error = { 0 };

	if (!runtime->inside || !runtime->has_services)
		return;
	if (engine->door->rules.remove_services(runtime->inside, &error) < 0)
		log_warn("container %s: %s", container->spec.name, error.text);
	runtime->has_services = false;
}

/* --- all containers of a network -------------------------------------------------------------- */

/* One that has a table gets the change; one that has none, or cannot take the change, a new one. */
static void tell_one(struct engine *engine, struct container *container,
		     const struct nft_service *view)
{
	struct container_runtime *runtime = runtime_of(container);
	struct error error = { 0 };

	if (!runtime->inside)
		return;
	if (runtime->has_services && !(runtime->owed & OWED_SERVICES) &&
	    engine->door->rules.change_services(runtime->inside, view, 1, &error) == 0)
		return;
	if (error.text[0])
		log_info("container %s: %s; it is made anew", container->spec.name, error.text);
	services_settle(engine, container);
}

/* One service, in one family, as it changes. */
static void tell(struct engine *engine, const struct network *network,
		 const struct nft_service *view)
{
	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
		if (is_first_on(endpoint))
			tell_one(engine, endpoint->container, view);
}

void services_tell(struct engine *engine, const struct service *service, enum family family,
		   const struct addr *was, size_t n_was)
{
	struct nft_service view = view_of(service, family);

	view.was = was;
	view.n_was = n_was;
	tell(engine, service->network, &view);
}

/* The new one is in the network's list already, so a table that is made anew has it. A kernel that
 * cannot have such tables refuses the service, where anybody is there to reach it. */
static int tell_new(struct engine *engine, const struct service *service, struct error *error)
{
	list_foreach (&service->network->endpoints, struct endpoint, endpoint, in_network) {
		int err = is_first_on(endpoint)
				  ? services_inside(engine, endpoint->container, error)
				  : 0;

		if (err < 0)
			return err;
	}
	return 0;
}

/* --- services --------------------------------------------------------------------------------- */

/* Whether who has the endpoint carries the service's name, and can be reached. */
static bool stands_behind(const struct service *service, const struct endpoint *endpoint)
{
	return (endpoint->state == ENDPOINT_UP || endpoint->state == ENDPOINT_PLUMBING) &&
	       !container_is_awaited(endpoint->container) &&
	       service_is_named(endpoint->container->spec.labels, service->spec.name);
}

/* In memory alone: 1 where something changed, in *ret_view then. */
static int join_in(struct service *service, const struct endpoint *endpoint, enum family family,
		   struct nft_service *ret_view)
{
	int joined;

	if (!addr_is_set(&endpoint->ip[family]) || !addr_is_set(&service->spec.ip[family]))
		return 0;
	joined = service_join(service, &endpoint->ip[family]);
	if (joined < 0)
		log_warn("container %s cannot stand behind service %s: %s",
			 endpoint->container->spec.name, service->spec.name,
			 joined == -ENOSPC ? "there are as many as can" : strerror(-joined));
	if (joined <= 0)
		return joined;
	/* The new one is the last, so those of before are the beginning of the same array. */
	*ret_view = view_of(service, family);
	ret_view->n_was--;
	return 1;
}

/* The name comes when everybody is led there. tells false: whoever calls tells all of it. */
static void join(struct engine *engine, struct service *service, const struct endpoint *endpoint,
		 bool tells)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct nft_service view;

		if (join_in(service, endpoint, family, &view) <= 0)
			continue;
		if (!tells)
			continue;
		tell(engine, service->network, &view);
		names_task(engine, service, &endpoint->ip[family], false);
	}
}

void services_join(struct engine *engine, const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;

	for (size_t i = 0; i < network->n_services; i++)
		if (stands_behind(network->services[i], endpoint))
			join(engine, network->services[i], endpoint, true);
}

/* A copy of who stood behind it, which the table is compared with. Without memory for it each table
 * is made anew. */
static void part(struct engine *engine, struct service *service, const struct addr *addr)
{
	enum family family = family_of(addr->family);
	const struct service_backends *backends = &service->backends[family];
	size_t n_was = backends->n;
	_cleanup_free_ struct addr *was = calloc(n_was + 1, sizeof(*was));
	struct nft_service view;

	if (was && n_was > 0)
		memcpy(was, backends->items, n_was * sizeof(*was));
	if (!service_leave(service, addr))
		return;
	names_task(engine, service, addr, true);
	view = view_of(service, family);
	view.was = was;
	view.n_was = n_was;
	if (was) {
		tell(engine, service->network, &view);
		return;
	}
	list_foreach (&service->network->endpoints, struct endpoint, endpoint, in_network)
		later_owe(engine, endpoint->container, OWED_SERVICES);
}

void services_part(struct engine *engine, const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;

	for (size_t i = 0; i < network->n_services; i++)
		for (enum family family = 0; family < FAMILY_N; family++)
			if (addr_is_set(&endpoint->ip[family]))
				part(engine, network->services[i], &endpoint->ip[family]);
}

/* Out of its network's list first, so that a table which is made anew has it no more. */
static void take_back(struct engine *engine, struct service *service)
{
	service_drop(service);
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct nft_service view = view_of(service, family);

		if (!addr_is_set(&service->spec.ip[family]))
			continue;
		view.is_there = false;
		view.n_now = 0;
		tell(engine, service->network, &view);
	}
}

int services_add(struct engine *engine, struct service *service, struct error *error)
{
	int err;

	list_foreach (&service->network->endpoints, struct endpoint, endpoint, in_network)
		if (stands_behind(service, endpoint))
			join(engine, service, endpoint, false);
	services_far_join(engine, service);
	err = tell_new(engine, service, error);
	if (err < 0) {
		take_back(engine, service);
		return err;
	}
	names_service(engine, service, false);
	names_flush(engine);
	return 0;
}

/* Names first: from then on nobody is sent to an address that refuses him. */
void services_drop(struct engine *engine, struct service *service)
{
	names_service(engine, service, true);
	names_flush(engine);
	take_back(engine, service);
}

void services_recall(struct engine *engine, struct container *container)
{
	runtime_of(container)->has_services = run_dir_has_mark(engine, SERVICES_MARK);
}

/* Nothing is told of names: there is no resolver yet. */
void services_start(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_containers; i++) {
		const struct container *container = engine->containers[i];

		for (size_t k = 0; k < container->n_endpoints; k++) {
			const struct network *network = container->endpoints[k]->network;

			for (size_t m = 0; m < network->n_services; m++)
				if (stands_behind(network->services[m], container->endpoints[k]))
					join(engine, network->services[m], container->endpoints[k],
					     false);
		}
	}
	services_far_recall(engine);
	for (size_t i = 0; i < engine->n_containers; i++) {
		/* Also one whose last service went while netd was being killed. */
		services_recall(engine, engine->containers[i]);
		services_settle(engine, engine->containers[i]);
	}
}

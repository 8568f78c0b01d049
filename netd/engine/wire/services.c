// SPDX-License-Identifier: GPL-2.0-or-later
// services.c - the way to services inside containers, and who stands behind them
#include "engine/wire/services.h"

#include "base/cleanup.h"
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
 * break off.
 *
 * A table that is made for a container that comes is made at once, by the change that it is a part
 * of; of very many services the first are. What changes for those who are there is told in turns
 * (services_turns.c). */

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

/* --- all containers of a network -------------------------------------------------------------- */

/* All of the network's containers but one, some at a time. */
static void tell(struct engine *engine, const struct network *network,
		 const struct nft_service *view, const struct container *but)
{
	if (services_turns_tell(engine, network, view, but))
		turns_start(engine);
}

/* Who can be led somewhere; NULL: nobody. */
static struct container *first_client(const struct network *network)
{
	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
		if (runtime_of(endpoint->container)->inside)
			return endpoint->container;
	return NULL;
}

void services_tell(struct engine *engine, const struct service *service, enum family family,
		   const struct addr *was, size_t n_was)
{
	struct nft_service view = view_of(service, family);

	view.was = was;
	view.n_was = n_was;
	tell(engine, service->network, &view, NULL);
	ingress_follow(engine, service);
}

/* A kernel that cannot have such tables says so of the first, and refuses the service. What has
 * failed may be done all the same, where the answer got lost: one that had no table has none. */
static int try_new(struct engine *engine, struct container *container, struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	bool had = runtime->has_services;
	int err = services_inside(engine, container, error);

	if (err < 0 && !had)
		services_leave_inside(engine, container);
	else if (err < 0)
		later_owe(engine, container, OWED_SERVICES);
	return err;
}

/* The new one is in the network's list already, so a table that is made anew has it. All but the
 * first are told in turns. */
static int tell_new(struct engine *engine, const struct service *service, struct error *error)
{
	struct container *first = first_client(service->network);
	int err = first ? try_new(engine, first, error) : 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++) {
		struct nft_service view = view_of_new(service, family);

		if (addr_is_set(&view.addr))
			tell(engine, service->network, &view, first);
	}
	return err;
}

/* What the table of a container that comes does not lead to yet: all but the first. */
static void bring_rest(struct engine *engine, struct container *container, size_t n_first)
{
	size_t n = 0;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];
		const struct network *network = endpoint->network;

		for (size_t k = 0; k < network->n_services && services_is_first_on(endpoint); k++)
			for (enum family family = 0; family < FAMILY_N; family++) {
				struct nft_service view = view_of_new(network->services[k], family);

				if (addr_is_set(&view.addr) && n++ >= n_first)
					services_turns_bring(engine, container, network, &view);
			}
	}
	turns_start(engine);
}

int services_enter(struct engine *engine, struct container *container, struct error *error)
{
	size_t n_first;
	int err = services_begin_inside(engine, container, &n_first, error);

	if (err == 0 && n_first < SIZE_MAX)
		bring_rest(engine, container, n_first);
	return err;
}

/* --- services --------------------------------------------------------------------------------- */

/* Whether who has the endpoint carries the service's name, or it does, and can be reached. */
static bool stands_behind(const struct service *service, const struct endpoint *endpoint)
{
	return (endpoint->state == ENDPOINT_UP || endpoint->state == ENDPOINT_PLUMBING) &&
	       !container_is_awaited(endpoint->container) &&
	       endpoint_names_service(endpoint, service->spec.name);
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

/* tells false: whoever calls tells all of it. */
static void join(struct engine *engine, struct service *service, const struct endpoint *endpoint,
		 bool tells)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct nft_service view;

		if (join_in(service, endpoint, family, &view) <= 0)
			continue;
		if (!tells)
			continue;
		tell(engine, service->network, &view, NULL);
		names_task(engine, service, &endpoint->ip[family], false);
	}
}

void services_join(struct engine *engine, const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;

	for (size_t i = 0; i < network->n_services; i++)
		if (stands_behind(network->services[i], endpoint)) {
			join(engine, network->services[i], endpoint, true);
			ingress_follow(engine, network->services[i]);
		}
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
	ingress_follow(engine, service);
	view = view_of(service, family);
	view.was = was;
	view.n_was = n_was;
	if (was) {
		tell(engine, service->network, &view, NULL);
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
		tell(engine, service->network, &view, NULL);
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
		service_drop(service); /* nobody has heard of it */
		return err;
	}
	err = service_is_published(&service->spec) ? ingress_lead(engine, error) : 0;
	if (err < 0) {
		take_back(engine, service);
		return err;
	}
	if (service_is_published(&service->spec))
		ingress_reflect(engine, service);
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
	if (service_is_published(&service->spec)) {
		ingress_settle(engine);
		ingress_reflect(engine, service);
	}
}

/* One service goes, and one with the same address comes: who is told has both in one transaction,
 * for nobody's turn is between the two. */
void services_change(struct engine *engine, const struct service *service,
		     const struct service_spec *before)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct nft_service gone = view_of(service, family);
		struct nft_service come = view_of_new(service, family);

		if (!addr_is_set(&service->spec.ip[family]))
			continue;
		gone.affinity = before->affinity;
		gone.ports = before->ports;
		gone.n_ports = before->n_ports;
		gone.is_there = false;
		gone.n_now = 0;
		tell(engine, service->network, &gone, NULL);
		tell(engine, service->network, &come, NULL);
	}
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
	ingress_recall(engine);
	for (size_t i = 0; i < engine->n_containers; i++) {
		/* Also one whose last service went while netd was being killed. */
		services_recall(engine, engine->containers[i]);
		services_settle(engine, engine->containers[i]);
	}
	ingress_settle(engine);
}

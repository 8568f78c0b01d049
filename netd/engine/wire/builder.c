// SPDX-License-Identifier: GPL-2.0-or-later
// builder.c - the table of builders, and finding a network's
#include "engine/wire/builder_rows.h"
#include "engine/wire/wire.h"

#include <stdlib.h>

/* On the networks of other kinds nothing is made. */
const struct builder *const builder_rows[] = { &builder_bridge, &builder_overlay, NULL };

/* One that does nothing where the kind has none. */
static const struct builder *builder_of(const struct engine *engine,
					const struct network_kind *kind)
{
	static const struct builder idle;

	for (size_t i = 0; engine->wire->builders[i]; i++)
		if (engine->wire->builders[i]->kind == kind)
			return engine->wire->builders[i];
	return &idle;
}

/* The functions below are one line each, and have one shape: the network's builder, and what it
 * says; where the builder has no such function, the answer is that of a kind that makes nothing (0,
 * NULL, false). What each has to do is in builder.h. */
int builder_settle(struct engine *engine, struct network_spec *spec,
		   const struct host_routes *routes, struct error *error)
{
	const struct builder *builder = builder_of(engine, spec->kind);

	return builder->settle ? builder->settle(engine, spec, routes, error) : 0;
}

int builder_make(struct engine *engine, struct network *network, struct error *error)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	return builder->make ? builder->make(engine, network, error) : 0;
}

const char *builder_segment(const struct engine *engine, const struct network *network)
{
	return builder_of(engine, network->spec.kind)->segment;
}

const char *builder_differs(const struct engine *engine, const struct network *network,
			    uint32_t number, const struct present *present)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	return builder->differs ? builder->differs(engine, network, number, present) : NULL;
}

int builder_repair(struct engine *engine, struct network *network, uint32_t number,
		   struct error *error)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	return builder->repair ? builder->repair(engine, network, number, error) : 0;
}

/* The first error is the one that is told. Each segment is tried. */
int builder_repair_all(struct engine *engine, struct network *network, struct error *error)
{
	int err = 0;

	network_foreach_segment(network, number)
	{
		struct error why;
		int repaired = builder_repair(engine, network, number, &why);

		if (repaired < 0 && err == 0)
			*error = why;
		err = err < 0 ? err : repaired;
	}
	return err;
}

void builder_unmake(struct engine *engine, struct network *network)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	if (builder->unmake)
		builder->unmake(engine, network);
}

int builder_link(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		 struct error *error)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	/* The port is noted only for a link that is whole: notifications find the endpoint by
	 * it. */
	int err = builder->link ? builder->link(engine, endpoint, netns_fd, error) : 0;

	if (err == 0)
		endpoints_note_port(engine, endpoint);
	return err;
}

bool builder_link_is_lost(const struct engine *engine, const struct endpoint *endpoint,
			  const struct present *present)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	return builder->link_is_lost && builder->link_is_lost(endpoint, present);
}

/* A kind without links cannot lose one, so the answer is true there. */
bool builder_link_is_there(struct engine *engine, const struct endpoint *endpoint)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	return !builder->link_is_there || builder->link_is_there(engine, endpoint);
}

bool builder_link_is_in_place(const struct engine *engine, const struct endpoint *endpoint,
			      int master)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	return builder->link_is_in_place && builder->link_is_in_place(endpoint, master);
}

const char *builder_link_differs(const struct engine *engine, const struct endpoint *endpoint,
				 const struct rtnl_link *link, const struct present *present)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	return builder->link_differs ? builder->link_differs(endpoint, link, present) : NULL;
}

int builder_repair_link(struct engine *engine, struct endpoint *endpoint, struct error *error)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	return builder->repair_link ? builder->repair_link(engine, endpoint, error) : 0;
}

void builder_announce(struct engine *engine, const struct endpoint *endpoint)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	if (builder->announce)
		builder->announce(engine, endpoint);
}

/* A link of the kernel's belongs to no network yet, so each builder is asked until one knows it. */
const char *builder_told(const struct engine *engine, const struct rtnl_link *link)
{
	const char *what = NULL;

	for (size_t i = 0; engine->wire->builders[i] && !what; i++)
		if (engine->wire->builders[i]->told)
			what = engine->wire->builders[i]->told(engine, link);
	return what;
}

bool builder_lost(struct engine *engine, const struct rtnl_event *event)
{
	bool lost = false;

	/* Each of them is asked: one may note what the comparison is to look for. */
	for (size_t i = 0; engine->wire->builders[i]; i++)
		if (engine->wire->builders[i]->lost)
			lost |= engine->wire->builders[i]->lost(engine, event);
	return lost;
}

bool builder_routes_hosts(const struct engine *engine, const struct network *network)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	return builder->routes_hosts && builder->routes_hosts(network);
}

const struct rtnl_route *builder_route(const struct engine *engine, const struct endpoint *endpoint,
				       enum family family, const struct present *present)
{
	const struct builder *builder = builder_of(engine, endpoint->network->spec.kind);

	return builder->route ? builder->route(endpoint, family, present) : NULL;
}

bool builder_shared_route(const struct engine *engine, const struct network *network, size_t *at,
			  struct rtnl_route *ret_route)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	return builder->shared_route && builder->shared_route(network, at, ret_route);
}

int builder_share_route(struct engine *engine, const struct network *network,
			const struct rtnl_route *route, struct error *error)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	return builder->share_route ? builder->share_route(engine, network, route, error) : 0;
}

/* The route's interface says whose it may be. A route at no bridge of netd's is nobody's to
 * remove. */
bool builder_spare_route(const struct engine *engine, const struct rtnl_route *route)
{
	uint32_t number;
	const struct network *network = tables_find_bridge(engine, route->ifindex, &number);
	const struct builder *builder = network ? builder_of(engine, network->spec.kind) : NULL;

	return builder && builder->spare_route && builder->spare_route(network, route);
}

/* Asked of routes that no endpoint explains. One that some builder calls its own is removed. */
bool builder_owns_route(const struct engine *engine, const struct rtnl_route *route)
{
	bool owns = false;

	for (size_t i = 0; engine->wire->builders[i] && !owns; i++)
		if (engine->wire->builders[i]->owns_route)
			owns = engine->wire->builders[i]->owns_route(engine, route);
	return owns;
}

void builder_elems(const struct engine *engine, struct ruleset_elems *elems,
		   const struct network *network)
{
	const struct builder *builder = builder_of(engine, network->spec.kind);

	if (builder->elems)
		builder->elems(elems, network);
}

void builder_sources(const struct engine *engine, struct ruleset_elems *elems,
		     const struct endpoint *at, const struct endpoint *of)
{
	const struct builder *builder = builder_of(engine, at->network->spec.kind);

	if (builder->sources)
		builder->sources(elems, at, of);
}

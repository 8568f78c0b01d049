// SPDX-License-Identifier: GPL-2.0-or-later
// resolver_up.c - a resolver comes up, is told everything, and is lost
#include "engine/keep/keep.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. A resolver that survived its plumber goes on serving sockets that it knows
 * by numbers. Those numbers are adopted first, so that whatever is told next is about the same
 * sockets; then everything is told as to a new one. What it had and is not told of by SYNC it
 * forgets. A resolver that is lost is freed at once, and the supervisor brings another, which comes
 * here in the same way. */

/* A view belongs to a container when namespace and port agree. */
static void adopt_view(struct engine *engine, const struct ipc_view *view)
{
	struct container *container = map_get(engine->container_by_netns, &view->netns_inode,
					      sizeof(view->netns_inode));

	/* The resolver may have a view of a container that is gone, or whose sockets are others
	 * by now. */
	if (!container || container->dns_port != view->port)
		return; /* not mentioned again, so forgotten at SYNC */
	container->number = view->number;
	runtime_of(container)->view_held = true;
}

/* What a relay listens on: the plumber and the resolver know it by the same. */
struct place_key {
	struct addr addr;
	uint16_t port;
	uint8_t protocol;
};

static void place_key(uint8_t protocol, const struct addr *addr, uint16_t port,
		      struct place_key *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key)); /* what lies between the members counts, too */
	ret_key->addr.family = addr->family;
	memcpy(ret_key->addr.bytes, addr->bytes, addr_size(addr));
	ret_key->port = port;
	ret_key->protocol = protocol;
}

/* For bsearch(3): key against a relay. By the bytes of the key: any order does, if it is always the
 * same. */
static int compare_place(const void *key, const void *data)
{
	const struct ipc_relay *relay = data;
	struct place_key other;

	place_key(relay->protocol, &relay->listen, relay->listen_port, &other);
	return memcmp(key, &other, sizeof(other));
}

/* For qsort(3): the same order. */
static int compare_relays(const void *a, const void *b)
{
	const struct ipc_relay *relay = a;
	struct place_key key;

	place_key(relay->protocol, &relay->listen, relay->listen_port, &key);
	return compare_place(&key, b);
}

/* There may be tens of thousands of both. It takes no memory, for a relay that is not adopted is
 * one that is forgotten, with its connections, and its port is not free for another one yet. */
static void adopt_relays(struct engine *engine, struct resolver_inventory *inventory)
{
	if (inventory->n_relays == 0)
		return;
	/* Sorted once, then each port is looked up: tens of thousands of both would make a
	 * product otherwise. */
	qsort(inventory->relays, inventory->n_relays, sizeof(*inventory->relays), compare_relays);
	for (size_t i = 0; i < engine->n_containers; i++) {
		const struct container *container = engine->containers[i];

		for (size_t k = 0; k < container->n_ports; k++) {
			const struct port *port = &container->ports[k];
			const struct ipc_relay *relay;
			struct place_key key;

			place_key(port->protocol, &port->host_addr, port->host_port, &key);
			relay = bsearch(&key, inventory->relays, inventory->n_relays,
					sizeof(*relay), compare_place);
			if (relay)
				runtime_of(container)->relays[k] = relay->number;
		}
	}
}

/* Numbers of views and relays are the resolver's memory: ours start above them. Networks get new
 * numbers too, for they share the counter and an adopted number must not clash. Every number is
 * given anew before any is adopted, so none can be somebody else's by chance. */
static void adopt(struct engine *engine, struct resolver_inventory *inventory)
{
	uint32_t last = 0;

	/* The highest number that the resolver knows. */
	for (size_t i = 0; i < inventory->n_views; i++)
		last = inventory->views[i].number > last ? inventory->views[i].number : last;
	for (size_t i = 0; i < inventory->n_relays; i++)
		last = inventory->relays[i].number > last ? inventory->relays[i].number : last;
	/* Only upwards: a number must never be used twice in the life of the resolver. */
	if (engine->last_number < last)
		engine->last_number = last;
	for (size_t i = 0; i < engine->n_networks; i++)
		engine->networks[i]->number = ++engine->last_number;
	/* New numbers for all. Those that the resolver has already get theirs back below. */
	for (size_t i = 0; i < engine->n_containers; i++) {
		struct container *container = engine->containers[i];

		container->number = ++engine->last_number;
		runtime_of(container)->view_held = false;
		for (size_t k = 0; k < container->n_ports; k++)
			runtime_of(container)->relays[k] = 0;
	}
	for (size_t i = 0; i < inventory->n_views; i++)
		adopt_view(engine, &inventory->views[i]);
	adopt_relays(engine, inventory);
}

/* Questions wait in the sockets: all names are there before the first of these. Used for a resolver
 * that is new and for one that was adopted. It cannot fail: what is not taken waits in the link's
 * queue, and a link that breaks ends in on_resolver_lost. */
static void tell_everything(struct engine *engine)
{
	struct wire wire;

	/* In this order: what a view refers to is known when the view comes. */
	names_config(engine);
	for (size_t i = 0; i < engine->n_networks; i++)
		names_network(engine, engine->networks[i], false);
	for (size_t i = 0; i < engine->n_containers; i++)
		for (size_t k = 0; k < engine->containers[i]->n_endpoints; k++)
			names_endpoint(engine, engine->containers[i]->endpoints[k], false);
	for (size_t i = 0; i < engine->n_networks; i++)
		names_services(engine, engine->networks[i], false);
	names_far_again(engine);
	for (size_t i = 0; i < engine->n_containers; i++) {
		struct container *container = engine->containers[i];

		/* The resolver has no sockets of it. Those that this plumber kept are handed
		 * over; where it kept none, new ones are opened inside. */
		if (!runtime_of(container)->view_held)
			inside_reopen_dns(engine, container);
		names_view(engine, container);
		ports_rebind(container, false);
		relayed_share(engine, container, 0);
	}
	/* Connections of the one before. The new one takes them over, or closes them. */
	outlive_tell(engine);
	noted_tell(engine);
	wire = resolver_link_begin(engine->tell->link);
	/* Everything that was not mentioned until here is forgotten. */
	ipc_put_empty(&wire, IPC_SYNC);
	resolver_link_send(engine->tell->link, &wire, NULL, 0);
	names_flush(engine);
}

/* hung: the process lives and has to be ended. */
static void on_resolver_lost(bool hung, void *data)
{
	struct engine *engine = data;

	/* Freed first, for nothing may be sent to it any more; the callers that wait are told
	 * next. */
	resolver_link_free(engine->tell->link);
	engine->tell->link = NULL;
	engine_count(engine, GUARD_HEALED_RESOLVER, 1);
	queries_fail(engine, hung ? QUERIES_HUNG : QUERIES_ENDED);
	/* The supervisor starts another one. */
	engine->keep->resolver_host.lost(hung, engine->keep->resolver_host.data);
}

/* The resolver can enter no namespace. It gets sockets for containers with servers of their own, or
 * of their networks, only, and what it does there with them the container's routes and firewall
 * bound. A view that is unknown, or has no such servers, gets nothing: the resolver is not
 * trusted. */
static void on_sockets_wanted(const struct ipc_sockets *wanted, void *data)
{
	struct engine *engine = data;
	struct container *container = tables_find_view(engine, wanted->view);
	int fds[IPC_FDS_MAX];
	size_t n_fds = 0;
	struct network_dns dns;
	struct wire wire;

	if (!container)
		return;
	container_dns(container, &dns);
	if (dns.n == 0)
		return;
	/* As many as there were descriptors for. The resolver asks again for the rest. */
	n_fds = inside_sockets(container, wanted, fds);
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_sockets(&wire, wanted);
	resolver_link_send(engine->tell->link, &wire, fds, n_fds);
	names_flush(engine);
	/* The message has duplicates of its own. */
	for (size_t i = 0; i < n_fds; i++)
		cleanup_close(&fds[i]);
}

/* What the answer says is looked at by whoever has asked. */
static void on_resolver_answer(const struct ipc_query *answer, void *data)
{
	queries_answer(data, answer);
}

/* The resolver is not trusted to count upwards. A number that went down counts nothing. */
static uint64_t growth(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What they grow by is news. Of one that an earlier netd has left, what it said first was before
 * our time. Called for each beat. */
static void on_stats(const struct ipc_stats *stats, void *data)
{
	struct engine *engine = data;
	/* The first word of this resolver is where counting starts. */
	const struct ipc_stats *seen = engine->keep->has_stats ? &engine->keep->stats : stats;

	engine_count(engine, GUARD_REFUSED_QUESTIONS, growth(stats->shed, seen->shed));
	engine_count(engine, GUARD_REFUSED_RELAYS,
		     growth(stats->flows_refused, seen->flows_refused));
	engine_count(engine, GUARD_REFUSED_RESOLVER,
		     growth(stats->no_descriptor, seen->no_descriptor));
	engine_count(engine, GUARD_FORGED_ANSWERS, growth(stats->misfits, seen->misfits));
	engine_count(engine, GUARD_DROPPED_QUESTIONS, growth(stats->late, seen->late));
	engine_count(engine, GUARD_DROPPED_DNS, growth(stats->tcp_closed, seen->tcp_closed));
	engine->keep->stats = *stats;
	engine->keep->has_stats = true;
	engine->above->resolver_counted(engine);
}

static void on_asked(const struct ipc_asked *asked, void *data)
{
	struct engine *engine = data;

	engine->above->resolver_asked(engine, asked);
}

static void on_figures(const struct ipc_figures *figures, void *data)
{
	struct engine *engine = data;

	engine->above->resolver_figures(engine, figures);
}

/* 0: the link is the engine's, and the resolver has been told everything. */
int engine_resolver_up(struct engine *engine, int channel, uint32_t pid, uint32_t version,
		       struct error *error)
{
	struct resolver_link_handlers handlers = { on_resolver_lost,  on_resolver_answer,
						   on_sockets_wanted, outlive_message,
						   on_stats,	      on_asked,
						   on_figures,	      engine };
	struct resolver_inventory inventory;
	int err = resolver_link_new(engine->loop, channel, pid, version, &handlers,
				    &engine->tell->link, &inventory, error);

	/* On failure the channel stays the caller's. */
	if (err < 0)
		return err;
	/* Its counters begin at nothing, or where an earlier netd left them. */
	engine->keep->has_stats = false;
	adopt(engine, &inventory);
	resolver_inventory_done(&inventory);
	tell_everything(engine);
	return 0;
}

/* 0: there is none at the moment. */
uint32_t engine_resolver_pid(const struct engine *engine)
{
	return engine->tell->link ? resolver_link_pid(engine->tell->link) : 0;
}

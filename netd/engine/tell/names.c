// SPDX-License-Identifier: GPL-2.0-or-later
// names.c - what the resolver is told: networks, who asks from where, names, relays
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"
#include "kernel/dnssock.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every function here is silent while there is no resolver: when one comes up it is told everything
 * anew (engine_resolver_up). */

/* Port of name servers; resolv.conf cannot say another. */
#define DNS_PORT 53

void names_flush(struct engine *engine)
{
	if (engine->link)
		resolver_link_publish(engine->link);
}

void names_network(struct engine *engine, const struct network *network, bool gone)
{
	struct ipc_network body = { .number = network->number,
				    .internal = network->spec.internal,
				    .answer_one = network->spec.answer_one };
	struct wire wire;

	if (!engine->link || network->spec.driver != NETWORK_DRIVER_BRIDGE)
		return;
	(void)snprintf(body.name, sizeof(body.name), "%s", network->spec.name);
	wire = resolver_link_begin(engine->link);
	ipc_put_network(&wire, gone ? IPC_NETWORK_GONE : IPC_NETWORK, &body);
	resolver_link_send(engine->link, &wire, NULL, 0);
}

/* An interface by its name, or by its number as programs write it that have no better. */
static uint32_t find_zone(const char *zone)
{
	unsigned int index = if_nametoindex(zone);
	char *end;

	if (index == 0) {
		index = (unsigned int)strtoul(zone, &end, 10);
		index = *end ? 0 : index;
	}
	return index;
}

static void put_host_server(struct ipc_config *body, const struct addr *addr, const char *zone)
{
	uint32_t index = *zone ? find_zone(zone) : 0;

	if (addr->family == AF_INET6 && addr_is_link_local(addr) && index == 0) {
		log_warn("name server %s%s%s of /etc/resolv.conf is left out: %s", ADDR_STR(addr),
			 *zone ? "%" : "", zone,
			 *zone ? "there is no such interface"
			       : "a link-local address needs an interface, as in fe80::1%eth0");
		return;
	}
	body->upstreams[body->n_upstreams] = *addr;
	body->upstream_zones[body->n_upstreams] = index;
	body->upstream_ports[body->n_upstreams++] = DNS_PORT;
}

void names_config(struct engine *engine)
{
	const struct hostdns_conf *host = hostdns_conf(engine->hostdns);
	const struct config *config = engine->config;
	struct ipc_config body = {
		.ttl_s = config->dns_ttl_s,
		.forward_single = config->dns_forward_single,
	};
	struct wire wire;

	if (!engine->link)
		return;
	for (size_t i = 0; i < config->n_dns && body.n_upstreams < DNS_SERVERS_MAX; i++)
		if (addr_parse(config->dns[i], &body.upstreams[body.n_upstreams]) == 0)
			body.upstream_ports[body.n_upstreams++] = DNS_PORT;
	for (size_t i = 0; config->n_dns == 0 && i < host->n_servers; i++)
		put_host_server(&body, &host->servers[i], host->zones[i]);
	wire = resolver_link_begin(engine->link);
	ipc_put_config(&wire, &body);
	resolver_link_send(engine->link, &wire, NULL, 0);
	names_flush(engine);
}

/* A link's target is a name or an id; the resolver knows names. */
static void put_link(struct engine *engine, struct ipc_view *view, const struct link *link,
		     uint32_t network)
{
	struct ipc_view_link *out = &view->links[view->n_links];
	struct container *target;

	if (view->n_links == LINKS_MAX)
		return;
	view->n_links++;
	out->network = network;
	(void)snprintf(out->alias, sizeof(out->alias), "%s", link->alias);
	(void)snprintf(out->target, sizeof(out->target), "%s",
		       engine_container_find(engine, link->container, &target, NULL) == 0
			       ? target->spec.name
			       : link->container);
}

static void put_networks(struct ipc_view *view, const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct network *network = container->endpoints[i]->network;

		if (network->spec.driver != NETWORK_DRIVER_BRIDGE ||
		    view->n_networks == NETWORKS_PER_CONTAINER_MAX ||
		    container_endpoint_on(container, network, "") != container->endpoints[i])
			continue; /* by a second interface it is no other network */
		view->networks[view->n_networks++] = network->number;
		view->forward |= !network->spec.internal;
	}
}

/* 127.0.0.11 inside the container is ours: the resolver would ask itself. */
static void put_upstreams(struct ipc_view *view, const struct container_spec *spec)
{
	for (size_t i = 0; i < spec->n_dns && view->n_upstreams < DNS_SERVERS_MAX; i++)
		if (strcmp(spec->dns[i], "127.0.0.11") != 0 &&
		    addr_parse(spec->dns[i], &view->upstreams[view->n_upstreams]) == 0)
			view->n_upstreams++;
}

/* Sends the view, with its sockets where the resolver has them not. */
void names_view(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	struct ipc_view_link links[LINKS_MAX];
	struct ipc_view view = {
		.number = container->number,
		.port = container->dns_port,
		.netns_inode = container->netns_inode,
		.links = links,
	};
	int fds[2] = { runtime->udp_fd, runtime->tcp_fd };
	bool hand_over = !runtime->view_held && runtime->udp_fd >= 0;
	struct wire wire;

	if (!engine->link || container->dns_port == 0)
		return;
	(void)snprintf(view.name, sizeof(view.name), "%s", container->spec.name);
	put_networks(&view, container);
	put_upstreams(&view, &container->spec);
	for (size_t i = 0; i < container->spec.n_links; i++)
		put_link(engine, &view, &container->spec.links[i], 0);
	for (size_t i = 0; i < container->n_endpoints; i++)
		for (size_t k = 0; k < container->endpoints[i]->spec.n_links; k++)
			put_link(engine, &view, &container->endpoints[i]->spec.links[k],
				 container->endpoints[i]->network->number);
	wire = resolver_link_begin(engine->link);
	ipc_put_view(&wire, IPC_VIEW, &view);
	resolver_link_send(engine->link, &wire, fds, hand_over ? 2 : 0);
	runtime->view_held |= hand_over;
}

void names_view_gone(struct engine *engine, const struct container *container)
{
	struct ipc_view view = { .number = container->number };
	struct wire wire;

	if (!engine->link || container->dns_port == 0)
		return;
	wire = resolver_link_begin(engine->link);
	ipc_put_view(&wire, IPC_VIEW_GONE, &view);
	resolver_link_send(engine->link, &wire, NULL, 0);
}

static void send_name(struct engine *engine, enum ipc_type type, const struct endpoint *endpoint,
		      const char *name, const struct addr *addr, bool canonical)
{
	struct ipc_name body = {
		.network = endpoint->network->number,
		.addr = *addr,
		.canonical = canonical,
		.answer_one = endpoint->spec.answer_one,
	};
	struct wire wire;

	if (!addr_is_set(addr))
		return;
	(void)snprintf(body.name, sizeof(body.name), "%s", name);
	wire = resolver_link_begin(engine->link);
	ipc_put_name(&wire, type, &body);
	resolver_link_send(engine->link, &wire, NULL, 0);
}

void names_endpoint(struct engine *engine, const struct endpoint *endpoint, bool gone)
{
	const char *names[ALIASES_MAX + 3];
	size_t n;

	if (!engine->link || endpoint->network->spec.driver != NETWORK_DRIVER_BRIDGE)
		return;
	n = endpoint_dns_names(endpoint, names);
	for (size_t i = 0; i < n; i++) {
		enum ipc_type type = gone ? IPC_NAME_GONE : IPC_NAME;

		send_name(engine, type, endpoint, names[i], &endpoint->ip[FAMILY_4], i == 0);
		send_name(engine, type, endpoint, names[i], &endpoint->ip[FAMILY_6], i == 0);
	}
}

static void send_relay(struct engine *engine, enum ipc_type type, uint32_t number,
		       const struct port *port, int fd)
{
	struct ipc_relay body = {
		.number = number,
		.protocol = port->protocol,
		.listen = port->host_addr,
		.listen_port = port->host_port,
		.target = port->target,
		.target_port = port->container_port,
	};
	struct wire wire = resolver_link_begin(engine->link);

	ipc_put_relay(&wire, type, &body);
	resolver_link_send(engine->link, &wire, &fd, fd >= 0 ? 1 : 0);
}

void names_relay(struct engine *engine, const struct container *container, size_t i, int fd)
{
	struct container_runtime *runtime = runtime_of(container);

	if (!engine->link)
		return;
	if (runtime->relays[i] == 0)
		runtime->relays[i] = ++engine->last_number;
	else
		fd = -1; /* it has that */
	send_relay(engine, IPC_RELAY, runtime->relays[i], &container->ports[i], fd);
}

void names_relay_gone(struct engine *engine, uint32_t number, const struct port *port)
{
	if (engine->link)
		send_relay(engine, IPC_RELAY_GONE, number, port, -1);
	engine->relay_gone_at = engine_now_s();
}

/* Shares the sockets of relayed ports with the resolver. */
void names_relays(struct engine *engine, const struct container *container, size_t first)
{
	struct container_runtime *runtime = runtime_of(container);

	for (size_t i = first; engine->link && i < container->n_ports; i++) {
		if (!port_needs_relay(&container->ports[i]))
			continue;
		if (runtime->fds[i] < 0 && runtime->relays[i] == 0)
			continue; /* the port could not be reserved again after a restart */
		names_relay(engine, container, i, runtime->fds[i]);
	}
}

static bool is_new_relay(const struct container *container, size_t i)
{
	const struct container_runtime *runtime = runtime_of(container);

	return runtime->fds[i] >= 0 && runtime->relays[i] == 0 &&
	       port_needs_relay(&container->ports[i]);
}

/* What comes to a socket waits in it until it is shared. */
void names_new_relays(struct engine *engine, const struct container *container, size_t first)
{
	size_t n = 0;

	for (size_t i = first; engine->link && i < container->n_ports; i++) {
		if (!is_new_relay(container, i))
			continue;
		if (n++ == PORTS_FEW) {
			struct container_runtime *runtime = runtime_of(container);

			engine->n_left++;
			if (runtime->new_relays == 0)
				runtime->new_relays = engine->n_left;
			turns_start(engine);
			return;
		}
		names_relay(engine, container, i, runtime_of(container)->fds[i]);
	}
}

static void share_more(struct engine *engine, const struct container *container, double ends_s)
{
	struct container_runtime *runtime = runtime_of(container);

	for (size_t i = 0; engine->link && i < container->n_ports; i++) {
		if (!is_new_relay(container, i))
			continue;
		if (engine_now_s() >= ends_s)
			return;
		names_relay(engine, container, i, runtime->fds[i]);
	}
	runtime->new_relays = 0; /* a resolver that is yet to come is told everything */
}

static const struct container *first_to_share(const struct engine *engine)
{
	const struct container *first = NULL;

	for (size_t i = 0; i < engine->n_containers; i++) {
		const struct container *container = engine->containers[i];
		uint64_t number = runtime_of(container)->new_relays;

		if (number != 0 && (!first || number < runtime_of(first)->new_relays))
			first = container;
	}
	return first;
}

uint64_t names_first_left(const struct engine *engine)
{
	const struct container *first = first_to_share(engine);

	return first ? runtime_of(first)->new_relays : UINT64_MAX;
}

void names_relays_turn(struct engine *engine, double ends_s)
{
	const struct container *first = first_to_share(engine);

	if (!first)
		return;
	share_more(engine, first, ends_s);
	names_flush(engine);
}

/* --- a resolver comes up ---------------------------------------------------------------------- */

static void adopt_view(struct engine *engine, const struct ipc_view *view)
{
	struct container *container = map_get(engine->container_by_netns, &view->netns_inode,
					      sizeof(view->netns_inode));

	if (!container || container->dns_port != view->port)
		return; /* not mentioned again, so forgotten at SYNC */
	container->number = view->number;
	runtime_of(container)->view_held = true;
}

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

static int compare_place(const void *key, const void *data)
{
	const struct ipc_relay *relay = data;
	struct place_key other;

	place_key(relay->protocol, &relay->listen, relay->listen_port, &other);
	return memcmp(key, &other, sizeof(other));
}

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
 * numbers too, for they share the counter and an adopted number must not clash. */
static void adopt(struct engine *engine, struct resolver_inventory *inventory)
{
	uint32_t last = 0;

	for (size_t i = 0; i < inventory->n_views; i++)
		last = inventory->views[i].number > last ? inventory->views[i].number : last;
	for (size_t i = 0; i < inventory->n_relays; i++)
		last = inventory->relays[i].number > last ? inventory->relays[i].number : last;
	if (engine->last_number < last)
		engine->last_number = last;
	for (size_t i = 0; i < engine->n_networks; i++)
		engine->networks[i]->number = ++engine->last_number;
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

/* Questions wait in the sockets: all names are there before the first of these. */
static void tell_everything(struct engine *engine)
{
	struct wire wire;

	names_config(engine);
	for (size_t i = 0; i < engine->n_networks; i++)
		names_network(engine, engine->networks[i], false);
	for (size_t i = 0; i < engine->n_containers; i++)
		for (size_t k = 0; k < engine->containers[i]->n_endpoints; k++)
			names_endpoint(engine, engine->containers[i]->endpoints[k], false);
	for (size_t i = 0; i < engine->n_containers; i++) {
		struct container *container = engine->containers[i];

		if (!runtime_of(container)->view_held)
			inside_reopen_dns(engine, container);
		names_view(engine, container);
		ports_rebind(container, false);
		names_relays(engine, container, 0);
	}
	keep_tell(engine);
	wire = resolver_link_begin(engine->link);
	ipc_put_empty(&wire, IPC_SYNC);
	resolver_link_send(engine->link, &wire, NULL, 0);
	names_flush(engine);
}

struct container *names_find_view(const struct engine *engine, uint32_t number)
{
	for (size_t i = 0; i < engine->n_containers; i++)
		if (engine->containers[i]->number == number && engine->containers[i]->dns_port != 0)
			return engine->containers[i];
	return NULL;
}

static void on_resolver_lost(bool hung, void *data)
{
	struct engine *engine = data;

	resolver_link_free(engine->link);
	engine->link = NULL;
	engine_count(engine, GUARD_HEALED_RESOLVER, 1);
	queries_fail(engine, hung ? "the resolver process did not answer; another takes over"
				  : "the resolver process ended; another takes over");
	engine->resolver_host.lost(hung, engine->resolver_host.data);
}

/* The resolver can enter no namespace. It gets sockets for containers with servers of their own
 * only, and what it does there with them the container's routes and firewall bound. */
static void on_sockets_wanted(const struct ipc_sockets *wanted, void *data)
{
	struct engine *engine = data;
	struct container *container = names_find_view(engine, wanted->view);
	int fds[IPC_FDS_MAX];
	size_t n_fds = 0;
	struct wire wire;

	if (!container || container->spec.n_dns == 0)
		return;
	n_fds = inside_sockets(container, wanted, fds);
	wire = resolver_link_begin(engine->link);
	ipc_put_sockets(&wire, wanted);
	resolver_link_send(engine->link, &wire, fds, n_fds);
	names_flush(engine);
	for (size_t i = 0; i < n_fds; i++)
		cleanup_close(&fds[i]);
}

static void on_resolver_answer(const struct ipc_query *answer, void *data)
{
	queries_answer(data, answer);
}

int engine_resolver_up(struct engine *engine, int channel, uint32_t pid, uint32_t version,
		       struct error *error)
{
	struct resolver_link_handlers handlers = { on_resolver_lost,  on_resolver_answer,
						   on_sockets_wanted, keep_message,
						   guard_stats,	      engine };
	struct resolver_inventory inventory;
	int err = resolver_link_new(engine->loop, channel, pid, version, &handlers, &engine->link,
				    &inventory, error);

	if (err < 0)
		return err;
	engine->has_stats = false;
	adopt(engine, &inventory);
	resolver_inventory_done(&inventory);
	tell_everything(engine);
	return 0;
}

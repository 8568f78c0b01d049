// SPDX-License-Identifier: GPL-2.0-or-later
// names.c - what the resolver is told: networks, who asks from where, names, relays
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/tell/tell.h"
#include "kernel/dnssock.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. The engine's tables are the truth, and the resolver has a copy. Each change
 * is told as it is made: a network, a view (who may ask what from which sockets), a name at an
 * address. Messages are read in the order in which they were sent, so a network is told before a
 * name on it, and a view before a question from it. names_flush ends a change: from then on each
 * answer is given with all of it. */

/* Every function here is silent while there is no resolver: when one comes up it is told everything
 * anew (engine_resolver_up). */

/* Port of name servers; resolv.conf cannot say another. */
#define DNS_PORT 53

/* Comes before the reply of the operation, so that its caller finds the names at once. */
void names_flush(struct engine *engine)
{
	if (engine->tell->link)
		resolver_link_publish(engine->tell->link);
}

/* Told when a network comes, goes, or has other settings. Its number and not its id stands in all
 * later messages. */
void names_network(struct engine *engine, const struct network *network, bool gone)
{
	struct ipc_network body = { .number = network->number,
				    .internal = network->spec.internal,
				    .answer_one = network->spec.answer_one };
	struct wire wire;

	if (!engine->tell->link || !network->spec.kind->named)
		return;
	/* Networks without names (host, none) are not the resolver's concern: nobody asks from
	 * there. */
	(void)snprintf(body.name, sizeof(body.name), "%s", network->spec.name);
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_network(&wire, gone ? IPC_NETWORK_GONE : IPC_NETWORK, &body);
	resolver_link_send(engine->tell->link, &wire, NULL, 0);
}

/* An interface by its name, or by its number as programs write it that have no better. */
static uint32_t find_zone(const char *zone)
{
	/* The kernel decides at the moment of the message. When an interface comes later, the
	 * next change of resolv.conf brings its number. */
	unsigned int index = if_nametoindex(zone);
	char *end;

	if (index == 0) {
		index = (unsigned int)strtoul(zone, &end, 10);
		index = *end ? 0 : index;
	}
	return index;
}

/* One server of the host's resolv.conf goes into the message, unless nobody could ask it. */
static void put_host_server(struct ipc_config *body, const struct addr *addr, const char *zone)
{
	uint32_t index = *zone ? find_zone(zone) : 0;

	/* Without an interface a link-local address leads nowhere (RFC 4007, section 6): the
	 * resolver's connect(2) would fail for each question. So it is said once here instead. */
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

/* At the start of a link, and whenever resolv.conf of the host changes. It holds for all containers
 * without servers of their own. */
void names_config(struct engine *engine)
{
	const struct hostdns_conf *host = hostdns_conf(engine->tell->hostdns);
	const struct config *config = engine->config;
	struct ipc_config body = {
		.ttl_s = config->dns_ttl_s,
		.forward_single = config->dns_forward_single,
	};
	struct wire wire;

	if (!engine->tell->link)
		return;
	/* The daemon's own list replaces the host's; both together would let a question that must
	 * not leave go to the host's servers. */
	for (size_t i = 0; i < config->n_dns && body.n_upstreams < DNS_SERVERS_MAX; i++)
		if (addr_parse(config->dns[i], &body.upstreams[body.n_upstreams]) == 0)
			body.upstream_ports[body.n_upstreams++] = DNS_PORT;
	for (size_t i = 0; config->n_dns == 0 && i < host->n_servers; i++)
		put_host_server(&body, &host->servers[i], host->zones[i]);
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_config(&wire, &body);
	resolver_link_send(engine->tell->link, &wire, NULL, 0);
	names_flush(engine);
}

/* A link's target is a name or an id; the resolver knows names. */
static void put_link(struct engine *engine, struct ipc_view *view, const struct link *link,
		     uint32_t network)
{
	struct ipc_view_link *out = &view->links[view->n_links];
	struct container *target;

	/* The message has room for LINKS_MAX of them; what is beyond is left out, and the others
	 * work. */
	if (view->n_links == LINKS_MAX)
		return;
	view->n_links++;
	out->network = network;
	(void)snprintf(out->alias, sizeof(out->alias), "%s", link->alias);
	/* A target that is not there yet is sent by the name that was asked for. The name answers
	 * as soon as its container comes. */
	(void)snprintf(out->target, sizeof(out->target), "%s",
		       engine_container_find(engine, link->container, &target, NULL) == 0
			       ? target->spec.name
			       : link->container);
}

/* Networks whose names the container sees, and whether its other questions may leave the host. */
static void put_networks(struct ipc_view *view, const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct network *network = container->endpoints[i]->network;

		if (!network->spec.kind->named || view->n_networks == NETWORKS_PER_CONTAINER_MAX ||
		    container_endpoint_on(container, network, "") != container->endpoints[i])
			continue; /* by a second interface it is no other network */
		view->networks[view->n_networks++] = network->number;
		/* One network with a way out is enough for questions to leave. */
		view->forward |= !network->spec.internal;
	}
}

static void put_upstreams(struct ipc_view *view, const struct container *container)
{
	struct network_dns dns;

	container_dns(container, &dns);
	for (size_t i = 0; i < dns.n; i++)
		view->upstreams[view->n_upstreams++] = dns.servers[i];
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
	/* The resolver has the sockets once and keeps them. To send them again with each change
	 * of a view would cost it two descriptors each time. */
	bool hand_over = !runtime->view_held && runtime->udp_fd >= 0;
	struct wire wire;

	/* Without a port nobody asks from this container: it has no resolver inside. */
	if (!engine->tell->link || container->dns_port == 0)
		return;
	(void)snprintf(view.name, sizeof(view.name), "%s", container->spec.name);
	put_networks(&view, container);
	put_upstreams(&view, container);
	for (size_t i = 0; i < container->spec.n_links; i++)
		put_link(engine, &view, &container->spec.links[i], 0);
	for (size_t i = 0; i < container->n_endpoints; i++)
		for (size_t k = 0; k < container->endpoints[i]->spec.n_links; k++)
			put_link(engine, &view, &container->endpoints[i]->spec.links[k],
				 container->endpoints[i]->network->number);
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_view(&wire, IPC_VIEW, &view);
	resolver_link_send(engine->tell->link, &wire, fds, hand_over ? 2 : 0);
	/* Held from now on even if the message is lost with the channel: then the link ends, and
	 * the next resolver is given everything anew. */
	runtime->view_held |= hand_over;
}

/* The plumber's own two sockets are closed with the container's runtime. */
void names_view_gone(struct engine *engine, const struct container *container)
{
	struct ipc_view view = { .number = container->number };
	struct wire wire;

	if (!engine->tell->link || container->dns_port == 0)
		return;
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_view(&wire, IPC_VIEW_GONE, &view);
	resolver_link_send(engine->tell->link, &wire, NULL, 0);
}

/* One name at one address. */
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

	/* An endpoint without an address of this family has no name in it. */
	if (!addr_is_set(addr))
		return;
	(void)snprintf(body.name, sizeof(body.name), "%s", name);
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_name(&wire, type, &body);
	resolver_link_hold(engine->tell->link, &wire);
}

/* All names of one endpoint: its container's name, the start of its id, its aliases. They come when
 * the endpoint is up and go before its address is free for others. */
void names_endpoint(struct engine *engine, const struct endpoint *endpoint, bool gone)
{
	const char *names[ALIASES_MAX + 3];
	size_t n;

	if (endpoint->network->spec.kind->spans)
		far_changed_end(engine->far, endpoint->network->spec.id,
				endpoint->container->spec.id); /* other hosts are told, too */
	if (!engine->tell->link || !endpoint->network->spec.kind->named)
		return;
	/* The first name is the canonical one: answers to reverse questions carry it. */
	n = endpoint_dns_names(endpoint, names);
	for (size_t i = 0; i < n; i++) {
		enum ipc_type type = gone ? IPC_NAME_GONE : IPC_NAME;

		for (enum family family = 0; family < FAMILY_N; family++)
			send_name(engine, type, endpoint, names[i], &endpoint->ip[family], i == 0);
	}
}

/* One name at one address, which is no container's own. */
static void send_plain(struct engine *engine, enum ipc_type type, const struct network *network,
		       const char *name, const struct addr *addr, bool canonical)
{
	struct ipc_name body = { .network = network->number,
				 .addr = *addr,
				 .canonical = canonical };
	struct wire wire;

	if (!engine->tell->link)
		return;
	(void)snprintf(body.name, sizeof(body.name), "%s", name);
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_name(&wire, type, &body);
	resolver_link_hold(engine->tell->link, &wire);
}

/* Who stands behind a service has a name for that at his address, which others behind it have, too:
 * the answer is all of them. */
void names_task(struct engine *engine, const struct service *service, const struct addr *addr,
		bool gone)
{
	char name[sizeof(SERVICE_TASKS) + NAME_LEN_MAX];

	(void)snprintf(name, sizeof(name), SERVICE_TASKS "%s", service->spec.name);
	send_plain(engine, gone ? IPC_NAME_GONE : IPC_NAME, service->network, name, addr, false);
}

void names_service(struct engine *engine, const struct service *service, bool gone)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct service_backends *backends = &service->backends[family];
		const struct addr *addr = &service->spec.ip[family];

		if (addr_is_set(addr))
			send_plain(engine, gone ? IPC_NAME_GONE : IPC_NAME, service->network,
				   service->spec.name, addr, true);
		for (size_t i = 0; i < backends->n; i++)
			names_task(engine, service, &backends->items[i], gone);
	}
}

void names_services(struct engine *engine, const struct network *network, bool gone)
{
	for (size_t i = 0; i < network->n_services; i++)
		names_service(engine, network->services[i], gone);
}

/* One name of a container on another host, at each of its addresses. */
static void send_far(struct engine *engine, enum ipc_type type, const struct far_end *end,
		     const char *name, bool canonical)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct ipc_name body = { .network = end->named,
					 .addr = end->ip[family],
					 .canonical = canonical };
		struct wire wire;

		if (!addr_is_set(&end->ip[family]))
			continue;
		(void)snprintf(body.name, sizeof(body.name), "%s", name);
		wire = resolver_link_begin(engine->tell->link);
		ipc_put_name(&wire, type, &body);
		resolver_link_hold(engine->tell->link, &wire);
	}
}

/* end->named is the number of the network under which the names were told; 0: they were not. It is
 * set while there is no resolver as well, for names_far_again tells the next one. */
void names_far(struct engine *engine, const struct network *network, struct far_end *end, bool gone)
{
	/* What was not told is not taken back, and nothing is told twice. */
	if ((end->named == 0) == gone)
		return;
	if (!gone)
		end->named = network->number;
	for (size_t i = 0; engine->tell->link && i < end->n_names; i++)
		send_far(engine, gone ? IPC_NAME_GONE : IPC_NAME, end, end->names[i], i == 0);
	if (gone)
		end->named = 0;
}

/* Numbers are cleared first, since the call would otherwise take the names for told. */
void names_far_again(struct engine *engine)
{
	list_foreach (&engine->far->all, struct far_end, end, in_all) {
		const struct network *network = map_get_str(engine->network_by_id, end->net);

		if (end->named == 0 || !network)
			continue;
		end->named = 0;
		names_far(engine, network, end, false);
	}
}

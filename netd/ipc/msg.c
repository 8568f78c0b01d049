// SPDX-License-Identifier: GPL-2.0-or-later
// msg.c - the messages between plumber and resolver: each reader right under its writer

#include "ipc/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Every value has exactly one encoding: what a reader accepts, the writer reproduces byte for byte.
 * The fuzz target holds the pairs to that. */

/* The writer's struct is trusted, and the reader's bytes are not: the peer may be a process that a
 * stranger has taken over. So a reader looks at each count, size and flag before it uses it, and at
 * the end of the message. It gives its caller the struct only when all of it is right. */

void ipc_put_hello(struct wire *wire, const struct ipc_hello *hello)
{
	wire_put_u8(wire, IPC_HELLO);
	/* The version comes first: who speaks another one must at least find that out. */
	wire_put_u32(wire, hello->version);
	wire_put_u32(wire, hello->pid);
}

/* Of another version only these two numbers are read; the rest of the talk does not take place. */
void ipc_get_hello(struct wire *wire, struct ipc_hello *ret_hello)
{
	struct ipc_hello hello = { 0 };

	hello.version = wire_u32(wire);
	hello.pid = wire_u32(wire);
	wire_end(wire);
	if (wire->err == 0)
		*ret_hello = hello;
}

/* For types whose body says nothing. */
void ipc_put_empty(struct wire *wire, enum ipc_type type)
{
	wire_put_u8(wire, (uint8_t)type);
}

/* A body where none should be is an error, too. */
void ipc_get_empty(struct wire *wire)
{
	wire_end(wire);
}

/* For types whose body is one number. */
void ipc_put_number(struct wire *wire, enum ipc_type type, uint32_t number)
{
	wire_put_u8(wire, (uint8_t)type);
	wire_put_u32(wire, number);
}

/* What the number means depends on the type, and is the caller's to judge. */
void ipc_get_number(struct wire *wire, uint32_t *ret_number)
{
	uint32_t number = wire_u32(wire);

	wire_end(wire);
	if (wire->err == 0)
		*ret_number = number;
}

/* Layout: the TTL in seconds, whether names without a dot are passed on, the number of servers,
 * then each with address, port and zone. They are in three arrays; the same index is one server. */
void ipc_put_config(struct wire *wire, const struct ipc_config *config)
{
	wire_put_u8(wire, IPC_CONFIG);
	wire_put_u32(wire, config->ttl_s);
	wire_put_bool(wire, config->forward_single);
	wire_put_count(wire, config->n_upstreams, DNS_SERVERS_MAX);
	/* A count beyond the array has set the error: its elements are not looked at. */
	for (uint8_t i = 0; i < config->n_upstreams && wire->err == 0; i++) {
		wire_put_addr(wire, &config->upstreams[i]);
		wire_put_u16(wire, config->upstream_ports[i]);
		wire_put_u32(wire, config->upstream_zones[i]);
	}
}

/* Servers are data here: whether they may be asked is the resolver's question. */
void ipc_get_config(struct wire *wire, struct ipc_config *ret_config)
{
	struct ipc_config config = { 0 };

	config.ttl_s = wire_u32(wire);
	config.forward_single = wire_bool(wire);
	config.n_upstreams = wire_count(wire, DNS_SERVERS_MAX);
	for (uint8_t i = 0; i < config.n_upstreams; i++) {
		config.upstreams[i] = wire_addr(wire);
		config.upstream_ports[i] = wire_u16(wire);
		config.upstream_zones[i] = wire_u32(wire);
	}
	wire_end(wire);
	if (wire->err == 0)
		*ret_config = config;
}

/* Layout: number, two flags, name. The same body tells of a network and of its end. */
void ipc_put_network(struct wire *wire, enum ipc_type type, const struct ipc_network *network)
{
	wire_put_u8(wire, (uint8_t)type);
	wire_put_u32(wire, network->number);
	wire_put_bool(wire, network->internal);
	wire_put_bool(wire, network->answer_one);
	wire_put_str(wire, network->name);
}

/* The number is drawn by the plumber and means nothing to the resolver but itself. */
void ipc_get_network(struct wire *wire, struct ipc_network *ret_network)
{
	struct ipc_network network = { 0 };

	network.number = wire_u32(wire);
	network.internal = wire_bool(wire);
	network.answer_one = wire_bool(wire);
	wire_str(wire, network.name, sizeof(network.name));
	wire_end(wire);
	if (wire->err == 0)
		*ret_network = network;
}

/* Layout: number, port of its sockets, the namespace's inode, name, a flag; then three lists,
 * each behind its number: networks, servers of the container's own, links (alias, target,
 * network). IPC_VIEW_GONE has the same body, in which only the number counts. The order of the
 * networks is that in which names are searched. */
void ipc_put_view(struct wire *wire, enum ipc_type type, const struct ipc_view *view)
{
	wire_put_u8(wire, (uint8_t)type);
	wire_put_u32(wire, view->number);
	wire_put_u16(wire, view->port);
	wire_put_u64(wire, view->netns_inode);
	wire_put_str(wire, view->name);
	wire_put_bool(wire, view->forward);
	wire_put_count(wire, view->n_networks, NETWORKS_PER_CONTAINER_MAX);
	for (uint8_t i = 0; i < view->n_networks && wire->err == 0; i++)
		wire_put_u32(wire, view->networks[i]);
	wire_put_count(wire, view->n_upstreams, DNS_SERVERS_MAX);
	for (uint8_t i = 0; i < view->n_upstreams && wire->err == 0; i++)
		wire_put_addr(wire, &view->upstreams[i]);
	wire_put_count(wire, view->n_links, LINKS_MAX);
	for (uint8_t i = 0; i < view->n_links && wire->err == 0; i++) {
		wire_put_str(wire, view->links[i].alias);
		wire_put_str(wire, view->links[i].target);
		wire_put_u32(wire, view->links[i].network);
	}
}

/* A link resolves in one container's view only (docker's --link), so it is a part of the view. */
static void get_links(struct wire *wire, struct ipc_view *view)
{
	uint8_t n_links = wire_count(wire, LINKS_MAX);

	if (n_links == 0)
		return;
	/* Not in the struct: 64 links with two names each take 32 KB, and the struct lives on
	 * the stack. */
	view->links = calloc(n_links, sizeof(*view->links));
	if (view->links == NULL) {
		wire->err = -ENOMEM;
		return;
	}
	/* Set before the elements are read: ipc_view_done() frees them whatever comes. */
	view->n_links = n_links;
	for (uint8_t i = 0; i < n_links && wire->err == 0; i++) {
		wire_str(wire, view->links[i].alias, sizeof(view->links[i].alias));
		wire_str(wire, view->links[i].target, sizeof(view->links[i].target));
		view->links[i].network = wire_u32(wire);
	}
}

/* ret_view owns the links afterwards. */
void ipc_get_view(struct wire *wire, struct ipc_view *ret_view)
{
	struct ipc_view view = { 0 };

	/* Elements are read also after an error, as zeros: counts are bounded by their arrays. */
	view.number = wire_u32(wire);
	view.port = wire_u16(wire);
	view.netns_inode = wire_u64(wire);
	wire_str(wire, view.name, sizeof(view.name));
	view.forward = wire_bool(wire);
	view.n_networks = wire_count(wire, NETWORKS_PER_CONTAINER_MAX);
	for (uint8_t i = 0; i < view.n_networks; i++)
		view.networks[i] = wire_u32(wire);
	view.n_upstreams = wire_count(wire, DNS_SERVERS_MAX);
	for (uint8_t i = 0; i < view.n_upstreams; i++)
		view.upstreams[i] = wire_addr(wire);
	get_links(wire, &view);
	wire_end(wire);
	/* Half a view is freed here, so that a caller with an error has nothing to free. */
	if (wire->err == 0)
		*ret_view = view;
	else
		ipc_view_done(&view);
}

/* Also for a view that was never read, if it is zero. */
void ipc_view_done(struct ipc_view *view)
{
	free(view->links);
	view->links = NULL;
	view->n_links = 0;
}

/* Layout: the network's number, name, one address, two flags. A name with several addresses is
 * as many messages. The same body tells a name and takes it back. */
void ipc_put_name(struct wire *wire, enum ipc_type type, const struct ipc_name *name)
{
	wire_put_u8(wire, (uint8_t)type);
	wire_put_u32(wire, name->network);
	wire_put_str(wire, name->name);
	wire_put_addr(wire, &name->addr);
	wire_put_bool(wire, name->canonical);
	wire_put_bool(wire, name->answer_one);
}

/* The address may be none (wire_addr): the caller judges it. */
void ipc_get_name(struct wire *wire, struct ipc_name *ret_name)
{
	struct ipc_name name = { 0 };

	name.network = wire_u32(wire);
	wire_str(wire, name.name, sizeof(name.name));
	name.addr = wire_addr(wire);
	name.canonical = wire_bool(wire);
	name.answer_one = wire_bool(wire);
	wire_end(wire);
	if (wire->err == 0)
		*ret_name = name;
}

/* Layout: number, protocol, where it listens (address, port), where it leads (address, port).
 * The same body shares a relay and gives it up. */
void ipc_put_relay(struct wire *wire, enum ipc_type type, const struct ipc_relay *relay)
{
	wire_put_u8(wire, (uint8_t)type);
	wire_put_u32(wire, relay->number);
	wire_put_u8(wire, relay->protocol);
	wire_put_addr(wire, &relay->listen);
	wire_put_u16(wire, relay->listen_port);
	wire_put_addr(wire, &relay->target);
	wire_put_u16(wire, relay->target_port);
}

/* Addresses and ports are data here: whoever opens a socket is told by the kernel what is wrong. */
void ipc_get_relay(struct wire *wire, struct ipc_relay *ret_relay)
{
	struct ipc_relay relay = { 0 };

	relay.number = wire_u32(wire);
	relay.protocol = wire_u8(wire);
	/* A relay is a socket of the resolver, and it serves these two: SCTP has none. */
	if (relay.protocol != IPPROTO_TCP && relay.protocol != IPPROTO_UDP)
		wire_fail(wire);
	relay.listen = wire_addr(wire);
	relay.listen_port = wire_u16(wire);
	relay.target = wire_addr(wire);
	relay.target_port = wire_u16(wire);
	wire_end(wire);
	if (wire->err == 0)
		*ret_relay = relay;
}

/* Layout: id, view, length, the DNS message. That is carried as it is; neither side looks into
 * it here. */
void ipc_put_query(struct wire *wire, enum ipc_type type, const struct ipc_query *query)
{
	wire_put_u8(wire, (uint8_t)type);
	wire_put_u32(wire, query->id);
	wire_put_u32(wire, query->view);
	wire_put_u16(wire, query->len);
	wire_put_bytes(wire, query->message, query->len);
}

/* The length is 16 bits, as in DNS over TCP, so no message is too large for it. */
void ipc_get_query(struct wire *wire, struct ipc_query *ret_query)
{
	struct ipc_query query = { 0 };

	query.id = wire_u32(wire);
	query.view = wire_u32(wire);
	query.len = wire_u16(wire);
	/* The message is not copied: it lives as long as the buffer that it came in. */
	query.message = wire_view(wire, query.len);
	wire_end(wire);
	if (wire->err == 0)
		*ret_query = query;
}

/* Layout: id, what is asked (or an errno, in a reply), length, body. Used by every role that is
 * asked things: REQUEST and REPLY have one body. */
void ipc_put_call(struct wire *wire, enum ipc_type type, const struct ipc_call *call)
{
	wire_put_u8(wire, (uint8_t)type);
	wire_put_u32(wire, call->id);
	wire_put_u16(wire, call->what);
	wire_put_u16(wire, call->len);
	wire_put_bytes(wire, call->body, call->len);
}

/* what is a number of the role's own, or an errno in a reply; the table of calls judges it. */
void ipc_get_call(struct wire *wire, struct ipc_call *ret_call)
{
	struct ipc_call call = { 0 };

	call.id = wire_u32(wire);
	call.what = wire_u16(wire);
	call.len = wire_u16(wire);
	/* As with a query: it points into the buffer, and is valid until the next message is
	 * received. */
	call.body = wire_view(wire, call.len);
	wire_end(wire);
	if (wire->err == 0)
		*ret_call = call;
}

/* Numbers only grow, so what happened in between is their difference. */
void ipc_put_stats(struct wire *wire, const struct ipc_stats *stats)
{
	wire_put_u8(wire, IPC_STATS);
	wire_put_u64(wire, stats->queries);
	wire_put_u64(wire, stats->local);
	wire_put_u64(wire, stats->forwarded);
	wire_put_u64(wire, stats->cached);
	wire_put_u64(wire, stats->failed);
	wire_put_u64(wire, stats->refused);
	wire_put_u64(wire, stats->relayed);
	wire_put_u64(wire, stats->views);
	wire_put_u64(wire, stats->names);
	wire_put_u64(wire, stats->cache_entries);
	/* Version 3 ends before this number (struct ipc_stats). */
	wire_put_u64(wire, stats->shed);
	wire_put_u64(wire, stats->late);
	wire_put_u64(wire, stats->tcp_closed);
	wire_put_u64(wire, stats->flows_refused);
	wire_put_u64(wire, stats->no_descriptor);
	wire_put_u64(wire, stats->misfits);
}

/* A resolver that speaks version 3 sends only the first ten, and resolver_link.c does not read its
 * message. */
void ipc_get_stats(struct wire *wire, struct ipc_stats *ret_stats)
{
	struct ipc_stats stats = { 0 };

	stats.queries = wire_u64(wire);
	stats.local = wire_u64(wire);
	stats.forwarded = wire_u64(wire);
	stats.cached = wire_u64(wire);
	stats.failed = wire_u64(wire);
	stats.refused = wire_u64(wire);
	stats.relayed = wire_u64(wire);
	stats.views = wire_u64(wire);
	stats.names = wire_u64(wire);
	stats.cache_entries = wire_u64(wire);
	stats.shed = wire_u64(wire);
	stats.late = wire_u64(wire);
	stats.tcp_closed = wire_u64(wire);
	stats.flows_refused = wire_u64(wire);
	stats.no_descriptor = wire_u64(wire);
	stats.misfits = wire_u64(wire);
	wire_end(wire);
	if (wire->err == 0)
		*ret_stats = stats;
}

/* The last number is of what was slower than all bounds. */
static void put_histogram(struct wire *wire, const struct histogram *histogram)
{
	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
		wire_put_u64(wire, histogram->n[i]);
	wire_put_u64(wire, histogram->sum_us);
}

/* Both ends have the same bounds, so they are not sent. */
static void get_histogram(struct wire *wire, struct histogram *ret_histogram)
{
	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
		ret_histogram->n[i] = wire_u64(wire);
	ret_histogram->sum_us = wire_u64(wire);
}

/* Layout: for each source of an answer a count for each code and a histogram of times; then the
 * servers behind their number. No message is larger than IPC_MSG_MAX, and this one has a fixed
 * size but for the servers. */
void ipc_put_figures(struct wire *wire, const struct ipc_figures *figures)
{
	wire_put_u8(wire, IPC_FIGURES);
	for (unsigned source = 0; source < IPC_DNS_SOURCES; source++) {
		for (unsigned code = 0; code < IPC_DNS_CODES; code++)
			wire_put_u64(wire, figures->dns.answers[source][code]);
		put_histogram(wire, &figures->dns.took[source]);
	}
	wire_put_count(wire, figures->n_upstreams, DNS_SERVERS_MAX);
	for (unsigned i = 0; wire->err == 0 && i < figures->n_upstreams; i++) {
		const struct ipc_upstream *upstream = &figures->upstreams[i];

		wire_put_addr(wire, &upstream->addr);
		wire_put_u16(wire, upstream->port);
		wire_put_bool(wire, upstream->is_up);
		wire_put_u64(wire, upstream->n_failures);
	}
}

/* Numbers are taken as they are: they are shown, and nothing is decided by them. */
void ipc_get_figures(struct wire *wire, struct ipc_figures *ret_figures)
{
	struct ipc_figures figures = { 0 };

	for (unsigned source = 0; source < IPC_DNS_SOURCES; source++) {
		for (unsigned code = 0; code < IPC_DNS_CODES; code++)
			figures.dns.answers[source][code] = wire_u64(wire);
		get_histogram(wire, &figures.dns.took[source]);
	}
	figures.n_upstreams = wire_count(wire, DNS_SERVERS_MAX);
	for (unsigned i = 0; wire->err == 0 && i < figures.n_upstreams; i++) {
		struct ipc_upstream *upstream = &figures.upstreams[i];

		upstream->addr = wire_addr(wire);
		upstream->port = wire_u16(wire);
		upstream->is_up = wire_bool(wire);
		upstream->n_failures = wire_u64(wire);
	}
	wire_end(wire);
	if (wire->err == 0)
		*ret_figures = figures;
}

/* Layout: how many, then of each view its number, its questions and those that failed. The
 * caller splits its views into messages of IPC_ASKED_MAX. */
void ipc_put_asked(struct wire *wire, const struct ipc_asked *asked)
{
	wire_put_u8(wire, IPC_ASKED);
	wire_put_u16(wire, asked->n);
	if (asked->n > IPC_ASKED_MAX)
		wire_fail(wire);
	for (unsigned i = 0; wire->err == 0 && i < asked->n; i++) {
		wire_put_u32(wire, asked->views[i].number);
		wire_put_u64(wire, asked->views[i].n_queries);
		wire_put_u64(wire, asked->views[i].n_failed);
	}
}

/* Written in place, because it is large. n stays 0 until all of it is right. */
void ipc_get_asked(struct wire *wire, struct ipc_asked *ret_asked)
{
	uint16_t n = wire_u16(wire);

	if (n > IPC_ASKED_MAX)
		wire_fail(wire);
	ret_asked->n = 0;
	for (unsigned i = 0; wire->err == 0 && i < n; i++) {
		ret_asked->views[i].number = wire_u32(wire);
		ret_asked->views[i].n_queries = wire_u64(wire);
		ret_asked->views[i].n_failed = wire_u64(wire);
	}
	wire_end(wire);
	if (wire->err == 0)
		ret_asked->n = n;
}

/* Both ends ask it: a resolver must not ask for more than one answer can carry. */
static bool fit_a_message(const struct ipc_sockets *sockets)
{
	size_t total = 0;

	/* They come back with one message, and no message carries more descriptors. */
	for (int i = 0; i < IPC_SOCKET_N_KINDS; i++)
		total += sockets->n[i];
	return total <= IPC_FDS_MAX;
}

/* n has one byte for each kind, in the order of enum ipc_socket_kind. */
void ipc_put_sockets(struct wire *wire, const struct ipc_sockets *sockets)
{
	wire_put_u8(wire, IPC_SOCKETS);
	wire_put_u32(wire, sockets->view);
	wire_put_bytes(wire, sockets->n, sizeof(sockets->n));
	if (!fit_a_message(sockets))
		wire_fail(wire);
}

/* Counts of descriptors decide what is received with the answer, so their sum is checked. */
void ipc_get_sockets(struct wire *wire, struct ipc_sockets *ret_sockets)
{
	struct ipc_sockets sockets = { 0 };

	sockets.view = wire_u32(wire);
	for (int i = 0; i < IPC_SOCKET_N_KINDS; i++)
		sockets.n[i] = wire_u8(wire);
	if (!fit_a_message(&sockets))
		wire_fail(wire);
	wire_end(wire);
	if (wire->err == 0)
		*ret_sockets = sockets;
}

/* Layout: the flow's number, protocol, where its relay listens, then bytes behind their number.
 * state is bytes that only resolvers read; the plumber hands them to the successor as they are. */
void ipc_put_flow(struct wire *wire, const struct ipc_flow *flow)
{
	wire_put_u8(wire, IPC_FLOW);
	wire_put_u32(wire, flow->number);
	wire_put_u8(wire, flow->protocol);
	wire_put_addr(wire, &flow->listen);
	wire_put_u16(wire, flow->listen_port);
	wire_put_count(wire, flow->n_state, IPC_FLOW_STATE_MAX);
	if (wire->err == 0)
		wire_put_bytes(wire, flow->state, flow->n_state);
}

/* How many descriptors came with it is checked elsewhere (outlive.c). */
void ipc_get_flow(struct wire *wire, struct ipc_flow *ret_flow)
{
	struct ipc_flow flow = { 0 };

	flow.number = wire_u32(wire);
	flow.protocol = wire_u8(wire);
	if (flow.protocol != IPPROTO_TCP && flow.protocol != IPPROTO_UDP)
		wire_fail(wire);
	flow.listen = wire_addr(wire);
	flow.listen_port = wire_u16(wire);
	flow.n_state = wire_count(wire, IPC_FLOW_STATE_MAX);
	wire_bytes(wire, flow.state, flow.n_state);
	wire_end(wire);
	if (wire->err == 0)
		*ret_flow = flow;
}

/* Asked before a descriptor of the flow is touched. */
unsigned ipc_flow_n_fds(const struct ipc_flow *flow)
{
	return flow->protocol == IPPROTO_TCP ? IPC_FLOW_FDS_TCP : IPC_FLOW_FDS_UDP;
}

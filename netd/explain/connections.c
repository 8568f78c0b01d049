// SPDX-License-Identifier: GPL-2.0-or-later
// connections.c - the flows of a container that pass the host, with its peers' names
#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/protocol.h"
#include "explain/explain.h"

#include <errno.h>
#include <jansson.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The host's conntrack sees what is routed: what comes from and goes
 * outside, to other networks, to published ports, and to the host. What goes from neighbour to
 * neighbour over a bridge passes it only where bridge netfilter is on. Packets of a flow look
 * different before and after NAT, so both are told where they differ. Only flows that have an
 * address of the container at one end are told. They are read from the kernel for each of its
 * addresses, so that a host with a great many flows does not hand over all of them. */

/* Of the answer: another one when a key goes, or means something else. */
#define VERSION 1

/* A simultaneous open (SYN_SENT2) means the same to a reader as one that nobody has answered. */
static const char *const tcp_state_name[TCP_CONNTRACK_MAX] = {
	[TCP_CONNTRACK_NONE] = "none",
	[TCP_CONNTRACK_SYN_SENT] = "syn-sent",
	[TCP_CONNTRACK_SYN_RECV] = "syn-received",
	[TCP_CONNTRACK_ESTABLISHED] = "established",
	[TCP_CONNTRACK_FIN_WAIT] = "fin-wait",
	[TCP_CONNTRACK_CLOSE_WAIT] = "close-wait",
	[TCP_CONNTRACK_LAST_ACK] = "last-ack",
	[TCP_CONNTRACK_TIME_WAIT] = "time-wait",
	[TCP_CONNTRACK_CLOSE] = "closed",
	[TCP_CONNTRACK_SYN_SENT2] = "syn-sent",
};

/* UDP and others have no states in the kernel: two bits of the status tell whether somebody has
 * answered and whether the flow has lasted. IPS_ASSURED is set by the kernel for a flow that it
 * does not throw away early when the table is full. */
static const char *state_of(const struct look_flow_seen *flow)
{
	if (flow->has_tcp_state && flow->tcp_state < TCP_CONNTRACK_MAX)
		return tcp_state_name[flow->tcp_state];
	if (!(flow->status & IPS_SEEN_REPLY))
		return "unanswered";
	return flow->status & IPS_ASSURED ? "established" : "answered";
}

/* text: the room for a number where the protocol has no name. */
static const char *protocol_of(const struct look_flow_seen *flow, char text[static 8])
{
	const char *name = protocol_name(flow->protocol);

	if (name)
		return name;
	(void)snprintf(text, 8, "%u", flow->protocol);
	return text;
}

/* The container whose address it is, "host" for a gateway of netd's, else the address. NULL:
 * nobody on this host has it. */
static const char *name_of(const struct facts *facts, const struct addr *addr)
{
	for (size_t i = 0; i < facts->n_containers; i++)
		for (size_t k = 0; k < facts->containers[i].n_endpoints; k++) {
			const struct facts_endpoint *endpoint = &facts->containers[i].endpoints[k];

			for (enum family family = 0; family < FAMILY_N; family++) {
				if (addr_equal(&endpoint->addr[family].addr, addr))
					return facts->containers[i].name;
				if (addr_equal(&endpoint->gateway[family], addr))
					return "host";
			}
		}
	return NULL;
}

/* IPv6 gets brackets before a port, as in a URL: its own colons would hide where the port
 * begins. */
static void put_place(char *text, size_t size, const struct addr *addr, uint16_t port)
{
	bool is_6 = addr->family == AF_INET6;

	(void)snprintf(text, size, is_6 && port ? "[%s]" : "%s", ADDR_STR(addr));
	if (port)
		(void)snprintf(text + strlen(text), size - strlen(text), ":%u", port);
}

/* "old -> new", or NULL where NAT changed nothing. The kernel keeps two tuples of a flow.
 * Without NAT the reply's source is the original's destination, and the other way round; each
 * difference is something that NAT has changed. */
static json_t *changed(const struct addr *was, uint16_t was_port, const struct addr *is,
		       uint16_t is_port)
{
	char old[64], new[64], text[160];

	if (addr_equal(was, is) && was_port == is_port)
		return json_null();
	put_place(old, sizeof(old), was, was_port);
	put_place(new, sizeof(new), is, is_port);
	(void)snprintf(text, sizeof(text), "%s -> %s", old, new);
	return json_string(text);
}

/* The kernel counts where the sysctl nf_conntrack_acct is set, and only flows that began since.
 * A number that is not counted is null and not 0: 0 would say that nothing was sent. */
static json_t *count_json(const struct look_flow_seen *flow, uint64_t count)
{
	return flow->is_counted ? json_integer((json_int_t)(count & INT64_MAX)) : json_null();
}

static json_t *flow_json(const struct facts *facts, const struct facts_endpoint *endpoint,
			 const struct look_flow_seen *flow)
{
	const struct look_flow_way *original = &flow->original, *reply = &flow->reply;
	/* Who it is in the end, behind NAT: who answers, or who asked. The reply's source is
	 * the place that DNAT led to; the original's source is the one before SNAT. */
	const struct addr *peer = flow->is_begun ? &reply->src : &original->src;
	const char *name = name_of(facts, peer);
	/* What is sent and received is seen from the container: for a flow that somebody else
	 * began, the kernel's original direction is what the container receives. */
	const struct look_flow_way *sent = flow->is_begun ? original : reply;
	const struct look_flow_way *received = flow->is_begun ? reply : original;
	char protocol[8];

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}",
		"Network", endpoint->network, "Protocol", protocol_of(flow, protocol), "Direction",
		flow->is_begun ? "out" : "in", "Peer", name ? name : ADDR_STR(peer), "PeerAddress",
		ADDR_STR(peer), "PeerPort", flow->is_begun ? reply->sport : original->sport, "Port",
		flow->is_begun ? original->sport : reply->sport, "State", state_of(flow),
		"TimeoutSeconds", (json_int_t)flow->timeout_s, "Destination",
		changed(&original->dst, original->dport, &reply->src, reply->sport), "Source",
		changed(&original->src, original->sport, &reply->dst, reply->dport), "SentBytes",
		count_json(flow, sent->bytes), "SentPackets", count_json(flow, sent->packets),
		"ReceivedBytes", count_json(flow, received->bytes), "ReceivedPackets",
		count_json(flow, received->packets));
}

/* A container with two families has flows of both. is_cut: the kernel had more than are kept,
 * which the answer says. */
static int add_flows(const struct facts *facts, const struct facts_endpoint *endpoint,
		     struct look *look, json_t *list, bool *is_counted, bool *is_cut)
{
	struct look_flows flows = { 0 };
	int err = 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		if (addr_is_set(&endpoint->addr[family].addr))
			err = look_flows(look, "host", &endpoint->addr[family].addr, &flows);
	for (size_t i = 0; i < flows.n && err == 0; i++) {
		*is_counted |= flows.items[i].is_counted;
		if (json_array_append_new(list, flow_json(facts, endpoint, &flows.items[i])) < 0)
			err = -ENOMEM;
	}
	*is_cut |= flows.is_cut;
	look_flows_done(&flows);
	return err;
}

int explain_connections(const struct explain_options *options, struct look *look,
			struct facts *facts, struct buf *out, struct error *error)
{
	const struct facts_container *container;
	json_auto_t *list = json_array(), *json = NULL;
	_cleanup_free_ char *text = NULL;
	bool is_counted = false, is_cut = false;
	int err = question_container(facts, options->name, &container, error);

	if (err == 0 && !container)
		return error_set(error, ERROR_NOT_FOUND, "No such container: %s", options->name);
	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++) {
		err = add_flows(facts, &container->endpoints[i], look, list, &is_counted, &is_cut);
		/* These two are what nfnetlink answers where the subsystem is not there: a
		 * fault of the kernel's configuration, and not of the question. */
		if (err == -EINVAL || err == -EOPNOTSUPP)
			return error_set(error, ERROR_NOT_IMPLEMENTED,
					 "this kernel tells nobody of its flows: it lacks "
					 "nf_conntrack_netlink");
		if (err < 0)
			return error_system(error, err, "cannot read the flows");
	}
	if (err < 0)
		return err;
	json = json_pack("{s:i, s:s, s:b, s:b, s:O}", "Version", VERSION, "Container",
			 container->name, "Counted", is_counted, "Cut", is_cut, "Flows", list);
	text = json ? json_write(json, JSON_COMPACT) : NULL;
	if (!text)
		return error_system(error, -ENOMEM, "cannot write the flows");
	buf_puts(out, text);
	return out->err < 0 ? error_system(error, out->err, "cannot write the flows") : 0;
}

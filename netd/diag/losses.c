// SPDX-License-Identifier: GPL-2.0-or-later
// losses.c - what a network namespace has lost, by the counters that its kernel keeps of it
#include "diag/losses.h"

#include "base/cleanup.h"
#include "base/json_write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Each namespace has counters of its own (RFC 4293 and Linux's), which the
 * kernel keeps whether or not somebody looks, and which cost nothing to be read one by one. They
 * tell less than the reason that a tracer hears: not whose packet it was, and of what rules drop
 * nothing at all. But they have counted from the beginning.
 *
 * Some contain others: net/ipv4/udp.c counts a full receive buffer as RcvbufErrors and as InErrors.
 * What was told by the one is taken off the other, so that each packet is told once. */

struct loss {
	const char *counter, *say;
	const char *within[2]; /* counters that this one has in it */
};

static const struct loss losses[] = {
	{ "Udp.NoPorts", "UDP to a port on which nobody listens", { 0 } },
	{ "Udp.RcvbufErrors",
	  "no room in the receive buffer of a UDP socket: its program reads too slowly",
	  { 0 } },
	{ "Udp.InCsumErrors", "UDP with a wrong checksum", { 0 } },
	{ "Udp.InErrors",
	  "UDP that a socket did not take, by a filter or for want of memory",
	  { "Udp.RcvbufErrors", "Udp.InCsumErrors" } },
	{ "Udp6.NoPorts", "UDP over IPv6 to a port on which nobody listens", { 0 } },
	{ "Udp6.RcvbufErrors",
	  "no room in the receive buffer of a UDP socket for IPv6: its program reads too slowly",
	  { 0 } },
	{ "Udp6.InCsumErrors", "UDP over IPv6 with a wrong checksum", { 0 } },
	{ "Udp6.InErrors",
	  "UDP over IPv6 that a socket did not take, by a filter or for want of memory",
	  { "Udp6.RcvbufErrors", "Udp6.InCsumErrors" } },
	{ "TcpExt.ListenOverflows",
	  "a TCP connection that was to begin: too many wait to be accepted",
	  { 0 } },
	{ "TcpExt.ListenDrops",
	  "a TCP connection that was to begin: no way back, or no memory",
	  { "TcpExt.ListenOverflows" } },
	{ "TcpExt.TCPBacklogDrop", "TCP to a socket whose program keeps it busy", { 0 } },
	{ "Tcp.InCsumErrors", "TCP with a wrong checksum", { 0 } },
	{ "Tcp.InErrs", "TCP whose header cannot be", { "Tcp.InCsumErrors" } },
	{ "IpExt.InCsumErrors", "an IPv4 header with a wrong checksum", { 0 } },
	{ "Ip.InHdrErrors",
	  "an IPv4 header that cannot be, or no hop left to live for",
	  { "IpExt.InCsumErrors" } },
	{ "Ip.InAddrErrors", "came in for an address that is not here", { 0 } },
	{ "IpExt.InNoRoutes", "came in, and no route leads on", { 0 } },
	{ "TcpExt.IPReversePathFilter",
	  "came from where the way back does not lead (rp_filter)",
	  { 0 } },
	{ "Ip.InDiscards", "came in, and there was no memory for it", { 0 } },
	{ "Ip.OutNoRoutes", "was to be sent, and there is no route", { 0 } },
	{ "Ip.OutDiscards", "was to be sent, and there was no memory for it", { 0 } },
	{ "Ip.FragFails", "too large for the way, and not to be cut up", { 0 } },
	{ "Ip6.InHdrErrors", "an IPv6 header that cannot be, or no hop left to live for", { 0 } },
	{ "Ip6.InAddrErrors", "came in by IPv6 for an address that is not here", { 0 } },
	{ "Ip6.InNoRoutes", "came in by IPv6, and no route leads on", { 0 } },
	{ "Ip6.InDiscards", "came in by IPv6, and there was no memory for it", { 0 } },
	{ "Ip6.OutNoRoutes", "was to be sent by IPv6, and there is no route", { 0 } },
	{ "Ip6.OutDiscards", "was to be sent by IPv6, and there was no memory for it", { 0 } },
	{ "Ip6.FragFails", "too large for the way by IPv6", { 0 } },
};

/* 0 or -1: no memory. */
static int add(json_t *list, const char *counter, int64_t packets, const char *say)
{
	return packets <= 0
		       ? 0
		       : json_array_append_new(list, json_pack("{s:o, s:I, s:s}", "Counter",
							       json_text(counter), "Packets",
							       (json_int_t)packets, "Say", say));
}

/* What this kernel does not count is 0. */
static int64_t count_of(const struct facts_space *space, const char *counter)
{
	int64_t count = 0;

	if (counter)
		(void)facts_value(space, counter, &count);
	return count;
}

json_t *losses_json(const struct facts_space *space)
{
	json_t *list = json_array();
	int err = list ? 0 : -1;
	char name[FACTS_IFNAME + 8];

	for (size_t i = 0; i < ARRAY_SIZE(losses) && err == 0; i++) {
		const struct loss *loss = &losses[i];
		int64_t packets = count_of(space, loss->counter);

		for (size_t k = 0; k < ARRAY_SIZE(loss->within); k++)
			packets -= count_of(space, loss->within[k]);
		err = add(list, loss->counter, packets, loss->say);
	}
	for (size_t i = 0; i < space->n_links && err == 0; i++) {
		(void)snprintf(name, sizeof(name), "qdisc %s", space->links[i].name);
		err = add(list, name, (int64_t)space->links[i].qdisc_drops,
			  "was to be sent, and the queue of the interface was full");
	}
	if (err == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* By the endpoint's id, whatever the host's end is called (engine/wire/shaping.h). */
bool losses_is_limit(const struct facts_endpoint *endpoint, const char *link)
{
	return *endpoint->id && strncmp(link, "nq", 2) == 0 &&
	       strlen(link + 2) == strnlen(endpoint->id, ID_SHORT_LEN) &&
	       strncmp(link + 2, endpoint->id, ID_SHORT_LEN) == 0;
}

/* NULL: the container has no limit of this way. */
static const struct facts_link *find_limit(const struct facts_space *host,
					   const struct facts_endpoint *endpoint)
{
	for (size_t i = 0; i < host->n_links; i++)
		if (losses_is_limit(endpoint, host->links[i].name))
			return &host->links[i];
	return NULL;
}

/* Where there is a link, and its queue is netd's. */
static int add_limit(json_t *list, const struct facts_link *link, const char *counter,
		     const char *say)
{
	return link && link->has_limit ? add(list, counter, (int64_t)link->qdisc_drops, say) : 0;
}

int losses_add_limits(json_t *list, const struct facts_space *host,
		      const struct facts_container *container)
{
	int err = 0;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];
		char counter[FACTS_IFNAME + 12];

		(void)snprintf(counter, sizeof(counter), "limit in %s", endpoint->ifname);
		err |= add_limit(list, facts_link_named(host, endpoint->host_ifname), counter,
				 "was to be received, and netd's limit of bandwidth dropped it");
		(void)snprintf(counter, sizeof(counter), "limit out %s", endpoint->ifname);
		err |= add_limit(list, find_limit(host, endpoint), counter,
				 "was sent, and netd's limit of bandwidth dropped it");
	}
	return err == 0 ? 0 : -ENOMEM;
}

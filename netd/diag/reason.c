// SPDX-License-Identifier: GPL-2.0-or-later
// reason.c - why the kernel threw a packet away, in words
#include "diag/reason.h"

#include "base/cleanup.h"

#include <stddef.h>
#include <string.h>

/* Theory of operation. The kernel names a reason, or, before 5.17 and sometimes later, only the
 * function in which it threw the packet away. Names are compared and never numbers: the numbers
 * move with each version (enum skb_drop_reason). A name that is not in the tables gets no
 * words, and is shown as it is; that is better than words which are nearly right.
 *
 * Two names for one thing stand where the kernel has renamed it. */

struct words {
	const char *name, *say;
};

/* As enum skb_drop_reason has them, of all kernels since 5.17. */
static const struct words reasons[] = {
	{ "NO_SOCKET", "nobody listens there" },
	{ "NETFILTER_DROP", "a rule or policy of a firewall drops it" },
	{ "BPF_CGROUP_EGRESS", "a BPF program of its cgroup drops it" },
	{ "SOCKET_FILTER", "a filter of the socket drops it" },
	{ "SOCKET_RCVBUFF", "the socket is full: its program does not read" },
	{ "SOCKET_BACKLOG", "the socket is full: its program does not read" },
	{ "UDP_CSUM", "its UDP checksum is wrong" },
	{ "TCP_CSUM", "its TCP checksum is wrong" },
	{ "ICMP_CSUM", "its ICMP checksum is wrong" },
	{ "IP_CSUM", "its IP checksum is wrong" },
	{ "SKB_CSUM", "its checksum is wrong" },
	{ "IP_INHDR", "its IP header makes no sense" },
	{ "IP_RPFILTER", "it came by another link than answers would go (rp_filter)" },
	{ "IP_LOCAL_SOURCE", "it comes from outside with an address of this host" },
	{ "IP_INVALID_SOURCE", "nobody may send from that address" },
	{ "IP_INVALID_DEST", "nobody may be sent to at that address" },
	{ "IP_LOCALNET", "127.0.0.0/8 does not leave a host (route_localnet)" },
	{ "IP_INADDRERRORS", "there is no route to its address" },
	{ "IP_INNOROUTES", "there is no route to its address" },
	{ "IP_OUTNOROUTES", "there is no route to its address" },
	{ "IPV6DISABLED", "IPv6 is switched off there" },
	{ "PKT_TOO_BIG", "it is larger than the MTU" },
	{ "PKT_TOO_SMALL", "it is shorter than it says" },
	{ "NEIGH_FAILED", "nobody answers at the address of the next hop" },
	{ "NEIGH_QUEUEFULL", "the next hop's hardware address is not known yet" },
	{ "NEIGH_CREATEFAIL", "the table of neighbours is full" },
	{ "NEIGH_DEAD", "the next hop was removed" },
	{ "QDISC_DROP", "the queue of the link drops it" },
	{ "QDISC_OVERLIMIT", "the queue of the link is full" },
	{ "QDISC_CONGESTED", "the queue of the link is full" },
	{ "FULL_RING", "the ring of the link is full" },
	{ "CPU_BACKLOG", "the processor has too many packets waiting" },
	{ "TC_INGRESS", "a filter of tc drops it" },
	{ "TC_EGRESS", "a filter of tc drops it" },
	{ "XDP", "an XDP program drops it" },
	{ "DEV_READY", "the link is down" },
	{ "TCP_OVERWINDOW", "it is outside of the window of its connection" },
	{ "TCP_OLD_DATA", "that was received already" },
	{ "TCP_OLD_SEQUENCE", "it is older than its connection is by now" },
	{ "TCP_INVALID_SEQUENCE", "it is not of its connection" },
	{ "TCP_RESET", "a reset ends its connection" },
	{ "TCP_CLOSE", "its connection is closed" },
	{ "TCP_FLAGS", "its TCP flags make no sense there" },
	{ "TCP_ABORT_ON_DATA", "its program has closed the connection" },
	{ "LISTENOVERFLOWS", "too many connections wait to be accepted" },
	{ "TCP_LISTEN_OVERFLOW", "too many connections wait to be accepted" },
	{ "UNHANDLED_PROTO", "nobody here speaks that protocol" },
	{ "IP_NOPROTO", "nobody here speaks that protocol" },
	{ "TTL", "it went through too many routers" },
	{ "BRIDGE_INGRESS_STP_STATE", "the port of the bridge is blocked" },
	{ "BRIDGE_NO_EGRESS_PORT", "the bridge has no port to send it to" },
	{ "XFRM_POLICY", "a policy of IPsec drops it" },
	{ "OTHERHOST", "it was for somebody else" },
	{ "PROTO_MEM", "the kernel's memory for sockets is used up" },
	{ "NOMEM", "there was no memory" },
};

/* Only those that drop for one reason. */
static const struct words functions[] = {
	{ "nf_hook_slow", "a rule or policy of a firewall drops it" },
	{ "neigh_invalidate", "nobody answers at the address of the next hop" },
	{ "arp_error_report", "nobody answers at the address of the next hop" },
	{ "ip6_rcv_core", "it was for somebody else, or its header makes no sense" },
	{ "ip_rcv_core", "it was for somebody else, or its header makes no sense" },
};

/* "" and not NULL, so that callers can print it. */
static const char *find(const struct words *words, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].say;
	return "";
}

/* Where there is a reason the function adds nothing that a person would want. */
const char *reason_say(const char *reason, const char *function)
{
	return *reason ? find(reasons, ARRAY_SIZE(reasons), reason)
		       : find(functions, ARRAY_SIZE(functions), function);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset.c - the constant part of netd's nftables table: sets, chains and rules
#include "model/rules/ruleset.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "model/rules/ruleset_words.h"

#include <assert.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_bridge.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

/* Theory of operation. netd's table has the same rules on every host, whatever there is of
 * networks and containers. All that changes stands in sets and maps, which rules look up. So a
 * change is some elements in one transaction, and the number of rules that a packet meets does
 * not grow.
 *
 * A rule is data here: conditions, an action, and for maps what gives the value. kernel/nft*
 * turns it into the kernel's messages. Rules of one chain stand in the order in which they are
 * met. Chains are told apart by hook and priority: raw before conntrack sees a packet, then NAT
 * of the destination, filter, and NAT of the source. */

/* Priorities of linux/netfilter_ipv4.h (NF_IP_PRI_*), the same for both families. The number orders
 * chains of all tables at one hook: a lower one sees a packet earlier. */
#define PRIORITY_RAW (-300)
#define PRIORITY_DSTNAT (-100)
#define PRIORITY_FILTER 0
#define PRIORITY_SRCNAT 100

/* NF_CT_STATE_BIT() of linux/netfilter/nf_conntrack_common.h for original and reply direction. A
 * packet has one of these states, and a rule may ask for several at once. */
#define CT_STATE_ESTABLISHED (1 << (IP_CT_ESTABLISHED + 1))
#define CT_STATE_RELATED (1 << (IP_CT_RELATED + 1))
#define CT_STATE_NEW (1 << (IP_CT_NEW + 1))
#define CT_STATE_SEEN                                                                              \
	(CT_STATE_NEW | CT_STATE_ESTABLISHED | CT_STATE_RELATED | NF_CT_STATE_UNTRACKED_BIT)

/* Short names, for the tables below. */
#define IFNAME RULESET_FIELD_IFNAME
#define IPV4 RULESET_FIELD_IPV4
#define IPV6 RULESET_FIELD_IPV6
#define PROTO RULESET_FIELD_PROTO
#define SERVICE RULESET_FIELD_SERVICE
#define ETHER RULESET_FIELD_ETHER

/* The sets: their names, the fields of a key and of a value, and whether elements are ranges. A set
 * that ends in 4 has a twin for IPv6 behind it, and what adds elements relies on that order.
 * n_counted bounds a set that rules add to by themselves. */
const struct ruleset_set_info ruleset_set_info[RULESET_N_SETS] = {
	[RULESET_BRIDGES] = { .name = "bridges", .key = { IFNAME } },
	[RULESET_INTERNAL] = { .name = "internal", .key = { IFNAME } },
	[RULESET_SAME] = { .name = "same", .key = { IFNAME, IFNAME } },
	[RULESET_KIN] = { .name = "kin", .key = { IFNAME, IFNAME } },
	[RULESET_PAIRS] = { .name = "pairs",
			    .key = { IFNAME, IFNAME },
			    .data = { RULESET_FIELD_VERDICT } },
	[RULESET_CLOSED4] = { .name = "closed4", .key = { IPV4 }, .interval = true },
	[RULESET_CLOSED6] = { .name = "closed6", .key = { IPV6 }, .interval = true },
	[RULESET_MASQ4] = { .name = "masq4", .key = { IPV4 }, .interval = true },
	[RULESET_MASQ6] = { .name = "masq6", .key = { IPV6 }, .interval = true },
	[RULESET_SELF4] = { .name = "self4", .key = { IPV4, IPV4 } },
	[RULESET_SELF6] = { .name = "self6", .key = { IPV6, IPV6 } },
	[RULESET_OPEN4] = { .name = "open4", .key = { IPV4, PROTO, SERVICE } },
	[RULESET_OPEN6] = { .name = "open6", .key = { IPV6, PROTO, SERVICE } },
	[RULESET_PUBLISH4] = { .name = "publish4",
			       .key = { PROTO, SERVICE },
			       .data = { IPV4, SERVICE } },
	[RULESET_PUBLISH6] = { .name = "publish6",
			       .key = { PROTO, SERVICE },
			       .data = { IPV6, SERVICE } },
	[RULESET_PUBLISH4_AT] = { .name = "publish4_at",
				  .key = { IPV4, PROTO, SERVICE },
				  .data = { IPV4, SERVICE } },
	[RULESET_PUBLISH6_AT] = { .name = "publish6_at",
				  .key = { IPV6, PROTO, SERVICE },
				  .data = { IPV6, SERVICE } },
	[RULESET_SNAT4] = { .name = "snat4", .key = { IPV4 }, .data = { IPV4 }, .interval = true },
	[RULESET_SNAT6] = { .name = "snat6", .key = { IPV6 }, .data = { IPV6 }, .interval = true },
	[RULESET_ROUTED4] = { .name = "routed4", .key = { IPV4 }, .interval = true },
	[RULESET_ROUTED6] = { .name = "routed6", .key = { IPV6 }, .interval = true },
	[RULESET_UNPROTECTED4] = { .name = "unprotected4", .key = { IPV4 }, .interval = true },
	[RULESET_UNPROTECTED6] = { .name = "unprotected6", .key = { IPV6 }, .interval = true },
	[RULESET_TRUSTED4] = { .name = "trusted4", .key = { IFNAME, IPV4 }, .interval = true },
	[RULESET_TRUSTED6] = { .name = "trusted6", .key = { IFNAME, IPV6 }, .interval = true },
	[RULESET_SOURCES4] = { .name = "sources4", .key = { IFNAME, IPV4 } },
	[RULESET_SOURCES6] = { .name = "sources6", .key = { IFNAME, IPV6 } },
	[RULESET_BEHIND4] = { .name = "behind4", .key = { IFNAME, IPV4 }, .interval = true },
	[RULESET_BEHIND6] = { .name = "behind6", .key = { IFNAME, IPV6 }, .interval = true },
	[RULESET_UNADDRESSED] = { .name = "unaddressed", .key = { IFNAME } },
	[RULESET_FORGED] = { .name = "forged", .key = { IFNAME }, .n_counted = NETWORKS_MAX },
	[RULESET_FORGED4] = { .name = "forged4",
			      .key = { IFNAME, ETHER, IPV4 },
			      .n_counted = RULESET_FORGED_MAX },
	[RULESET_FORGED6] = { .name = "forged6",
			      .key = { IFNAME, ETHER, IPV6 },
			      .n_counted = RULESET_FORGED_MAX },
	[RULESET_STRANGERS] = { .name = "strangers", .key = { RULESET_FIELD_FAMILY } },
	[RULESET_TUNNELS] = { .name = "tunnels", .key = { PROTO, SERVICE } },
	[RULESET_HOSTS4] = { .name = "hosts4", .key = { IPV4 } },
	[RULESET_HOSTS6] = { .name = "hosts6", .key = { IPV6 } },
	[RULESET_GUARDED] = { .name = "guarded", .key = { IFNAME } },
	[RULESET_SPEAKERS] = { .name = "speakers", .key = { IFNAME, ETHER } },
	[RULESET_SPEAKERS4] = { .name = "speakers4", .key = { IFNAME, IPV4 } },
	[RULESET_SPEAKERS6] = { .name = "speakers6", .key = { IFNAME, IPV6 } },
	[RULESET_SPOOFED] = { .name = "spoofed",
			      .key = { IFNAME },
			      .n_counted = RULESET_SPOOFED_MAX },
};

/* A chain without a hook is one that others jump to. The chain user-forward is the administrator's,
 * and its rules are kept when the table is made anew. */
const struct ruleset_chain ruleset_chains[] = {
	[RULESET_CHAIN_NONE] = { 0 },
	[RULESET_CHAIN_USER_FORWARD] = { .name = "user-forward", .keep_rules = true },
	[RULESET_CHAIN_KNOWN] = { .name = "known" },
	[RULESET_CHAIN_FORGED] = { .name = "forged" },
	[RULESET_CHAIN_STRANGE] = { .name = "strange" },
	[RULESET_CHAIN_QUOTES] = { .name = "quotes" },
	[RULESET_CHAIN_SUSPECTS] = { .name = "suspects" },
	[RULESET_CHAIN_TUNNELLED] = { .name = "tunnelled" },
	[RULESET_CHAIN_SOURCES] = { "sources", "filter", NF_INET_PRE_ROUTING, PRIORITY_RAW, false },
	[RULESET_CHAIN_ARRIVING] = { "arriving", "filter", NF_INET_LOCAL_IN, PRIORITY_RAW, false },
	[RULESET_CHAIN_PASSING] = { "passing", "filter", NF_INET_FORWARD, PRIORITY_RAW, false },
	[RULESET_CHAIN_DIRECT] = { "direct", "filter", NF_INET_PRE_ROUTING, PRIORITY_RAW, false },
	[RULESET_CHAIN_PUBLISH] = { .name = "publish" },
	[RULESET_CHAIN_PREROUTING] = { "prerouting", "nat", NF_INET_PRE_ROUTING, PRIORITY_DSTNAT,
				       false },
	[RULESET_CHAIN_OUTPUT] = { "output", "nat", NF_INET_LOCAL_OUT, PRIORITY_DSTNAT, false },
	[RULESET_CHAIN_POSTROUTING] = { "postrouting", "nat", NF_INET_POST_ROUTING, PRIORITY_SRCNAT,
					false },
	[RULESET_CHAIN_FORWARD] = { "forward", "filter", NF_INET_FORWARD, PRIORITY_FILTER, false },
	[RULESET_CHAIN_SPOOFED] = { .name = "spoofed" },
	[RULESET_CHAIN_CLAIMS] = { .name = "claims" },
	[RULESET_CHAIN_NEIGHBOURS] = { .name = "neighbours" },
	[RULESET_CHAIN_FRAMES] = { "frames", "filter", NF_BR_PRE_ROUTING, NF_BR_PRI_NAT_DST_BRIDGED,
				   false },
};
const size_t ruleset_n_chains = ARRAY_SIZE(ruleset_chains);
static_assert(ARRAY_SIZE(ruleset_chains) == RULESET_N_CHAINS, "a chain without a definition");

/* An ICMP error for which conntrack knows no connection is invalid, and is looked at like one that
 * belongs to a connection. */
#define NO_CONNECTION(protocol, type, number)                                                      \
	{                                                                                          \
		CHAIN(SUSPECTS),                                                                   \
			{ BITS(V(CT_STATE), NF_CT_STATE_INVALID_BIT),                              \
			  NUMBER(V(L4PROTO), protocol), NUMBER(V(type), number) },                 \
			JUMP(QUOTES)                                                               \
	}

/* A packet that no rule of a chain decides about goes on behind the chain. What netd must not let
 * through is dropped by a rule of its own, with a counter and a comment that netctl shows. */
const struct ruleset_rule ruleset_rules[] = {
	/* Whose source it is: docs/decisions/0014-sources-are-checked.md. Who gets back from this
	 * chain is not known. */
	{ CHAIN(KNOWN), { IN(SOURCES4, V(IIFNAME), V(IP_SADDR)) }, ACTION(ACCEPT) },
	{ CHAIN(KNOWN), { IN(SOURCES6, V(IIFNAME), V(IP6_SADDR)) }, ACTION(ACCEPT) },
	/* Good on its own link alone, which is the bridge. */
	{ CHAIN(KNOWN), { LINK_LOCAL6(V(IP6_SADDR)) }, ACTION(ACCEPT) },
	/* Who has no address yet: asks whether one is free, joins groups, asks for one. */
	{ CHAIN(KNOWN),
	  { ANY6(V(IP6_SADDR)), NUMBER(V(L4PROTO), IPPROTO_ICMPV6) },
	  ACTION(ACCEPT) },
	{ CHAIN(KNOWN),
	  { ANY4(V(IP_SADDR)), NUMBER(V(L4PROTO), IPPROTO_UDP), NUMBER(V(DPORT), PORT_BOOTPS) },
	  ACTION(ACCEPT) },
	{ CHAIN(KNOWN), { ANY4(V(IP_SADDR)), NUMBER(V(L4PROTO), IPPROTO_IGMP) }, ACTION(ACCEPT) },
	/* Addresses that the network's option "sources" allows beside the containers' own. */
	{ CHAIN(KNOWN), { IN(BEHIND4, V(IIFNAME), V(IP_SADDR)) }, ACTION(ACCEPT) },
	{ CHAIN(KNOWN), { IN(BEHIND6, V(IIFNAME), V(IP6_SADDR)) }, ACTION(ACCEPT) },

	/* With bridge netfilter frames between neighbours come by here, too, and look the same:
	 * what is not known is kept from conntrack, and dropped where it comes to the host or goes
	 * through it. What the host itself sent to a group comes back to it and has been seen. */
	{ CHAIN(SOURCES), { NOT_IN(BRIDGES, V(IIFNAME)) }, ACTION(ACCEPT) },
	{ CHAIN(SOURCES), JUMP(KNOWN) },
	{ CHAIN(SOURCES),
	  { IN(UNADDRESSED, V(IIFNAME)), NOT_NUMBER(V(WAY_BACK), 0) },
	  ACTION(ACCEPT) },
	{ CHAIN(SOURCES), { BITS(V(CT_STATE), CT_STATE_SEEN) }, ACTION(ACCEPT) },
	{ CHAIN(SOURCES), ACTION(UNTRACK) },

	/* Two hooks, for the host itself and for what it forwards. What belongs to a connection
	 * that conntrack follows was judged with its first packet; the rest is looked at. */
	{ CHAIN(ARRIVING),
	  { BITS(V(CT_STATE), CT_STATE_NEW | CT_STATE_ESTABLISHED) },
	  ACTION(ACCEPT) },
	{ CHAIN(ARRIVING), { IN(BRIDGES, V(IIFNAME)) }, JUMP(SUSPECTS) },
	{ CHAIN(PASSING),
	  { BITS(V(CT_STATE), CT_STATE_NEW | CT_STATE_ESTABLISHED) },
	  ACTION(ACCEPT) },
	{ CHAIN(PASSING),
	  { IN(BRIDGES, V(IIFNAME)), NOT_IN(SAME, V(IIFNAME), V(OIFNAME)) },
	  JUMP(SUSPECTS) },
	/* An ICMP error quotes a packet of the connection that it is about, and may end that. So it
	 * is asked whose connection it is, and not only who has sent it. */
	{ CHAIN(SUSPECTS),
	  { BITS(V(CT_STATE), CT_STATE_RELATED), NUMBER(V(L4PROTO), IPPROTO_ICMP) },
	  JUMP(QUOTES) },
	{ CHAIN(SUSPECTS),
	  { BITS(V(CT_STATE), CT_STATE_RELATED), NUMBER(V(L4PROTO), IPPROTO_ICMPV6) },
	  JUMP(QUOTES) },
	/* About none that conntrack knows, or to another address than the one it is from. */
	NO_CONNECTION(IPPROTO_ICMP, ICMP_TYPE, ICMP_DEST_UNREACH),
	NO_CONNECTION(IPPROTO_ICMP, ICMP_TYPE, ICMP_TIME_EXCEEDED),
	NO_CONNECTION(IPPROTO_ICMP, ICMP_TYPE, ICMP_PARAMETERPROB),
	NO_CONNECTION(IPPROTO_ICMPV6, ICMP6_TYPE, ICMP6_DST_UNREACH),
	NO_CONNECTION(IPPROTO_ICMPV6, ICMP6_TYPE, ICMP6_PACKET_TOO_BIG),
	NO_CONNECTION(IPPROTO_ICMPV6, ICMP6_TYPE, ICMP6_TIME_EXCEEDED),
	NO_CONNECTION(IPPROTO_ICMPV6, ICMP6_TYPE, ICMP6_PARAM_PROB),
	/* On a bridge where others give addresses, conntrack has left alone the packets that
	 * find neighbours. */
	{ CHAIN(SUSPECTS),
	  { IN(UNADDRESSED, V(IIFNAME)), NUMBER(V(L4PROTO), IPPROTO_ICMPV6) },
	  ACTION(ACCEPT) },
	{ CHAIN(SUSPECTS), { BITS(V(CT_STATE), NF_CT_STATE_UNTRACKED_BIT) }, JUMP(STRANGE) },
	/* An error about a connection that nobody on this bridge has is to end it: one of the
	 * resolver's to an upstream, for example. */
	{ CHAIN(QUOTES), { IN(SOURCES4, V(IIFNAME), V(CT_ANSWERER)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(SOURCES4, V(IIFNAME), V(CT_ASKER)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(BEHIND4, V(IIFNAME), V(CT_ANSWERER)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(BEHIND4, V(IIFNAME), V(CT_ASKER)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(SOURCES6, V(IIFNAME), V(CT_ANSWERER6)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(SOURCES6, V(IIFNAME), V(CT_ASKER6)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(BEHIND6, V(IIFNAME), V(CT_ANSWERER6)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(BEHIND6, V(IIFNAME), V(CT_ASKER6)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), { IN(UNADDRESSED, V(IIFNAME)) }, ACTION(ACCEPT) },
	{ CHAIN(QUOTES), JUMP(FORGED) },
	/* Conntrack leaves alone some of what is known, too. */
	{ CHAIN(STRANGE), JUMP(KNOWN) },
	{ CHAIN(STRANGE), JUMP(FORGED) },
	/* The counts by address tell who did it. Both sets are bounded, so a forger cannot fill the
	 * memory of the kernel. */
	{ CHAIN(FORGED), ACTION(COUNT), BY(FORGED, V(IIFNAME)) },
	{ CHAIN(FORGED),
	  { NUMBER(V(IIFTYPE), ARPHRD_ETHER) },
	  ACTION(COUNT),
	  BY(FORGED4, V(IIFNAME), V(ETHER_SADDR), V(IP_SADDR)) },
	{ CHAIN(FORGED),
	  { NUMBER(V(IIFTYPE), ARPHRD_ETHER) },
	  ACTION(COUNT),
	  BY(FORGED6, V(IIFNAME), V(ETHER_SADDR), V(IP6_SADDR)) },
	{ CHAIN(FORGED), .counter = true, ACTION(DROP),
	  .comment = "a source that is no address of its container" },

	/* What is in a tunnel's frame comes out among the containers of a network, whoever sent it.
	 * Before the loopback's packets are let pass: the host's own programs are strangers, too.
	 * A container's would leave with the address of this host, which others know. What is on
	 * its way from one stranger to another is none of ours. */
	{ CHAIN(DIRECT), { IN(TUNNELS, V(L4PROTO), V(DPORT)) }, JUMP(TUNNELLED) },
	{ CHAIN(TUNNELLED),
	  { IN(BRIDGES, V(IIFNAME)), IN(HOSTS4, V(IP_DADDR)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "a container's frame for another host's tunnels" },
	{ CHAIN(TUNNELLED),
	  { IN(BRIDGES, V(IIFNAME)), IN(HOSTS6, V(IP6_DADDR)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "a container's frame for another host's tunnels" },
	{ CHAIN(TUNNELLED), { NUMBER(V(DADDR_TYPE), RTN_UNICAST) }, ACTION(RETURN) },
	{ CHAIN(TUNNELLED),
	  { IN(HOSTS4, V(IP_SADDR)), NOT_IN(BRIDGES, V(IIFNAME)) },
	  ACTION(RETURN) },
	{ CHAIN(TUNNELLED),
	  { IN(HOSTS6, V(IP6_SADDR)), NOT_IN(BRIDGES, V(IIFNAME)) },
	  ACTION(RETURN) },
	{ CHAIN(TUNNELLED), .counter = true, ACTION(DROP),
	  .comment = "a stranger's frame for the tunnels" },

	/* Bridges have route_localnet set so that the host reaches what is published on 127.0.0.1;
	 * hence loopback addresses on the wire must be dropped here, from containers too, or these
	 * would reach every service the host has on its loopback (CVE-2020-8558). */
	{ CHAIN(DIRECT), { NAME(V(IIFNAME), "lo") }, ACTION(RETURN) },
	{ CHAIN(DIRECT),
	  { LOOPBACK4(V(IP_SADDR)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "loopback source on the wire" },
	{ CHAIN(DIRECT),
	  { LOOPBACK4(V(IP_DADDR)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "the host's loopback from outside" },
	{ CHAIN(DIRECT),
	  { LOOPBACK6(V(IP6_DADDR)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "the host's loopback from outside" },
	/* A closed subnet is reached by published ports alone. Packets from other hosts to an
	 * address in it are dropped before anything else sees them. */
	{ CHAIN(DIRECT), { IN(BRIDGES, V(IIFNAME)) }, ACTION(RETURN) },
	{ CHAIN(DIRECT),
	  { IN(CLOSED4, V(IP_DADDR)), NOT_IN(TRUSTED4, V(IIFNAME), V(IP_DADDR)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "direct access to a container from outside" },
	{ CHAIN(DIRECT),
	  { IN(CLOSED6, V(IP6_DADDR)), NOT_IN(TRUSTED6, V(IIFNAME), V(IP6_DADDR)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "direct access to a container from outside" },

	/* ::1 cannot leave the host (RFC 4291, 2.5.3) and the kernel knows no route_localnet for
	 * it: the relay serves it. A link-local source means nothing on another link. */
	{ CHAIN(PUBLISH), { LOOPBACK6(V(IP6_DADDR)) }, ACTION(RETURN) },
	{ CHAIN(PUBLISH), { LINK_LOCAL6(V(IP6_SADDR)) }, ACTION(RETURN) },
	{ CHAIN(PUBLISH), ACTION(DNAT), BY(PUBLISH4_AT, V(IP_DADDR), V(L4PROTO), V(DPORT)) },
	{ CHAIN(PUBLISH), ACTION(DNAT), BY(PUBLISH4, V(L4PROTO), V(DPORT)) },
	{ CHAIN(PUBLISH), ACTION(DNAT), BY(PUBLISH6_AT, V(IP6_DADDR), V(L4PROTO), V(DPORT)) },
	{ CHAIN(PUBLISH), ACTION(DNAT), BY(PUBLISH6, V(L4PROTO), V(DPORT)) },
	/* What is published on an address of the host is led to the container, whether it comes
	 * from outside or from the host itself. */
	{ CHAIN(PREROUTING), { NUMBER(V(DADDR_TYPE), RTN_LOCAL) }, JUMP(PUBLISH) },
	{ CHAIN(OUTPUT), { NUMBER(V(DADDR_TYPE), RTN_LOCAL) }, JUMP(PUBLISH) },

	/* A reply must come back the way the request went. Loopback sources and neighbours on the
	 * same network would be answered directly. With br_netfilter a container's hairpin to
	 * itself shows no input interface here, so it is known by its addresses. */
	{ CHAIN(POSTROUTING),
	  { LOOPBACK4(V(IP_SADDR)), IN(BRIDGES, V(OIFNAME)) },
	  ACTION(MASQUERADE) },
	{ CHAIN(POSTROUTING),
	  { BITS(V(CT_STATUS), IPS_DST_NAT), IN(KIN, V(IIFNAME), V(OIFNAME)) },
	  ACTION(MASQUERADE) },
	{ CHAIN(POSTROUTING), { IN(SELF4, V(IP_SADDR), V(IP_DADDR)) }, ACTION(MASQUERADE) },
	{ CHAIN(POSTROUTING), { IN(SELF6, V(IP6_SADDR), V(IP6_DADDR)) }, ACTION(MASQUERADE) },
	{ CHAIN(POSTROUTING),
	  { NOT_IN(BRIDGES, V(OIFNAME)) },
	  ACTION(SNAT),
	  BY(SNAT4, V(IP_SADDR)) },
	{ CHAIN(POSTROUTING),
	  { NOT_IN(BRIDGES, V(OIFNAME)) },
	  ACTION(SNAT),
	  BY(SNAT6, V(IP6_SADDR)) },
	{ CHAIN(POSTROUTING),
	  { IN(MASQ4, V(IP_SADDR)), NOT_IN(BRIDGES, V(OIFNAME)) },
	  ACTION(MASQUERADE) },
	{ CHAIN(POSTROUTING),
	  { IN(MASQ6, V(IP6_SADDR)), NOT_IN(BRIDGES, V(OIFNAME)) },
	  ACTION(MASQUERADE) },

	/* The administrator comes first and may end flows that exist. */
	{ CHAIN(FORWARD), JUMP(USER_FORWARD) },
	{ CHAIN(FORWARD),
	  { BITS(V(CT_STATE), CT_STATE_ESTABLISHED | CT_STATE_RELATED) },
	  ACTION(ACCEPT) },
	/* What is published is reached by its neighbours and by its publisher, too, where
	 * containers of the network are kept apart. */
	{ CHAIN(FORWARD),
	  { IN(KIN, V(IIFNAME), V(OIFNAME)), BITS(V(CT_STATUS), IPS_DST_NAT),
	    IN(OPEN4, V(IP_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(KIN, V(IIFNAME), V(OIFNAME)), BITS(V(CT_STATUS), IPS_DST_NAT),
	    IN(OPEN6, V(IP6_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	/* Bridge netfilter may send such a packet on as a frame. Its answer is a frame, too, whose
	 * sender looks for the neighbour that is to get it. (ARP is no IP, and never comes here.)
	 * Between isolated ports nothing of this passes. */
	{ CHAIN(FORWARD),
	  { IN(SAME, V(IIFNAME), V(OIFNAME)), NUMBER(V(L4PROTO), IPPROTO_ICMPV6),
	    NUMBER(V(ICMP6_TYPE), ND_NEIGHBOR_SOLICIT) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(SAME, V(IIFNAME), V(OIFNAME)), NUMBER(V(L4PROTO), IPPROTO_ICMPV6),
	    NUMBER(V(ICMP6_TYPE), ND_NEIGHBOR_ADVERT) },
	  ACTION(ACCEPT) },
	/* Between bridges of one network, and within one, the option icc decides. A pair that is
	 * not in the map goes on. */
	{ CHAIN(FORWARD), ACTION(VERDICT), BY(PAIRS, V(IIFNAME), V(OIFNAME)) },
	{ CHAIN(FORWARD),
	  { IN(INTERNAL, V(IIFNAME)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "out of an internal network" },
	{ CHAIN(FORWARD),
	  { IN(INTERNAL, V(OIFNAME)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "into an internal network" },
	{ CHAIN(FORWARD),
	  { IN(BRIDGES, V(OIFNAME)), BITS(V(CT_STATUS), IPS_DST_NAT),
	    IN(OPEN4, V(IP_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(BRIDGES, V(OIFNAME)), BITS(V(CT_STATUS), IPS_DST_NAT),
	    IN(OPEN6, V(IP6_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	/* Only root leads the host's ports somewhere: what others than we lead to a container (a
	 * CNI plugin behind ours, the administrator) is theirs to filter. */
	{ CHAIN(FORWARD),
	  { IN(BRIDGES, V(OIFNAME)), BITS(V(CT_STATUS), IPS_DST_NAT) },
	  ACTION(ACCEPT) },
	/* At the container's own address: where the network's gateway mode or the interface it came
	 * in on allows that. */
	{ CHAIN(FORWARD), { IN(UNPROTECTED4, V(IP_DADDR)) }, ACTION(ACCEPT) },
	{ CHAIN(FORWARD), { IN(UNPROTECTED6, V(IP6_DADDR)) }, ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(ROUTED4, V(IP_DADDR)), IN(OPEN4, V(IP_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(ROUTED6, V(IP6_DADDR)), IN(OPEN6, V(IP6_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(ROUTED4, V(IP_DADDR)), NUMBER(V(L4PROTO), IPPROTO_ICMP) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(ROUTED6, V(IP6_DADDR)), NUMBER(V(L4PROTO), IPPROTO_ICMPV6) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(TRUSTED4, V(IIFNAME), V(IP_DADDR)), IN(OPEN4, V(IP_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(TRUSTED6, V(IIFNAME), V(IP6_DADDR)), IN(OPEN6, V(IP6_DADDR), V(L4PROTO), V(DPORT)) },
	  ACTION(ACCEPT) },
	{ CHAIN(FORWARD),
	  { IN(BRIDGES, V(OIFNAME)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "unpublished, or another network" },
	{ CHAIN(FORWARD),
	  { NOT_NAME(V(IIFKIND), "bridge"), NOT_NAME(V(OIFKIND), "bridge"),
	    IN(STRANGERS, V(FAMILY)) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "a stranger's way through the host" },
};
const size_t ruleset_n_rules = ARRAY_SIZE(ruleset_rules);

/* Bytes that a field takes in the kernel's registers, which are words of four. A name takes 16
 * bytes and an IPv6 address four words; a MAC address takes two words, though it has 6 bytes. */
uint8_t ruleset_field_size(enum ruleset_field field)
{
	switch (field) {
	case RULESET_FIELD_IFNAME:
	case RULESET_FIELD_IPV6:
		return 16;
	case RULESET_FIELD_IPV4:
	case RULESET_FIELD_PROTO:
	case RULESET_FIELD_SERVICE:
		return 4;
	case RULESET_FIELD_FAMILY:
		return 1;
	case RULESET_FIELD_ETHER:
		return 8;
	case RULESET_FIELD_VERDICT: /* not bytes: struct ruleset_elem has a member for it */
	case RULESET_FIELD_NONE:
		return 0;
	}
	return 0;
}

/* The fields that are not there have a size of 0. A key has three fields at the most. */
uint8_t ruleset_key_size(enum ruleset_set set)
{
	const enum ruleset_field *key = ruleset_set_info[set].key;

	return (uint8_t)(ruleset_field_size(key[0]) + ruleset_field_size(key[1]) +
			 ruleset_field_size(key[2]));
}

/* The same for a map's values. */
uint8_t ruleset_data_size(enum ruleset_set set)
{
	const enum ruleset_field *data = ruleset_set_info[set].data;

	return (uint8_t)(ruleset_field_size(data[0]) + ruleset_field_size(data[1]));
}

/* Several owners may have put the same element there: two ports, two networks. It goes with the
 * last. Whoever removes an element of such a set has to count its owners first. */
bool ruleset_set_is_shared(enum ruleset_set set)
{
	return set == RULESET_OPEN4 || set == RULESET_OPEN6 || set == RULESET_SELF4 ||
	       set == RULESET_SELF6 || set == RULESET_SOURCES4 || set == RULESET_SOURCES6 ||
	       set == RULESET_GUARDED || set == RULESET_SPEAKERS || set == RULESET_SPEAKERS4 ||
	       set == RULESET_SPEAKERS6;
}

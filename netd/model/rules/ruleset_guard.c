// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset_guard.c - rules of table bridge netd: containers that speak with what is theirs only
#include "model/rules/ruleset_words.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

/* Theory of operation. In a network with the option anti-spoof whatever a container sends is
 * compared with what netd gave it, at the port that it comes in by, before the bridge has learnt
 * anything of it or sent it anywhere: its MAC, and the address of whatever it says. Table inet
 * compares sources by bridge, where the host routes (chain sources); neighbours on one bridge it
 * does not see, and ARP never.
 *
 * What has to be is the bridge's prerouting: ingress of a device is passed by in front of what a
 * limit of bandwidth takes through a link of its own and puts back.
 *
 * A port's elements are there before its link, so there is no moment in which it is not looked at.
 * Ports of other networks, and those that are no container's (the tunnel to other hosts), pass.
 * What bridge a port is on is not asked: some kernels are built without an answer
 * (NFT_BRIDGE_META).
 *
 * Own addresses are those of all networks of the container, for the kernel answers by any link for
 * each of them, and asks with each (arp_announce); and the link-local one that the MAC makes. An
 * advertisement says who is where by its target, and may have a source that is right. Frames that
 * are neither IP nor ARP have no address that could be compared, and nobody's names it: they end
 * here. */

/* Multicast listeners: version 2 has no name in netinet/icmp6.h. */
#define MLD2_REPORT 143

const struct ruleset_rule ruleset_guard_rules[] = {
	/* It stays for a moment when its container has left, and its elements are gone. */
	{ CHAIN(FRAMES),
	  { NUMBER(V(IIFGROUP), RTNL_GROUP_DYING) },
	  .counter = true,
	  ACTION(DROP),
	  .comment = "from a container that has left" },
	{ CHAIN(FRAMES), { NOT_IN(GUARDED, V(IIFNAME)) }, ACTION(ACCEPT) },
	{ CHAIN(FRAMES), { NOT_IN(SPEAKERS, V(IIFNAME), V(ETHER_SADDR)) }, JUMP(SPOOFED) },
	{ CHAIN(FRAMES), { NUMBER(V(PROTOCOL), ETH_P_ARP) }, JUMP(CLAIMS) },
	{ CHAIN(FRAMES),
	  { NUMBER(V(PROTOCOL), ETH_P_IPV6), NUMBER(V(L4PROTO), IPPROTO_ICMPV6) },
	  JUMP(NEIGHBOURS) },
	{ CHAIN(FRAMES), { IN(SPEAKERS4, V(IIFNAME), V(IP_SADDR)) }, ACTION(ACCEPT) },
	{ CHAIN(FRAMES), { IN(SPEAKERS6, V(IIFNAME), V(IP6_SADDR)) }, ACTION(ACCEPT) },
	/* Who has no address yet asks for one, and joins groups. */
	{ CHAIN(FRAMES),
	  { ANY4(V(IP_SADDR)), NUMBER(V(L4PROTO), IPPROTO_UDP), NUMBER(V(DPORT), PORT_BOOTPS) },
	  ACTION(ACCEPT) },
	{ CHAIN(FRAMES), { ANY4(V(IP_SADDR)), NUMBER(V(L4PROTO), IPPROTO_IGMP) }, ACTION(ACCEPT) },
	{ CHAIN(FRAMES), JUMP(SPOOFED) },

	/* The sender of ARP is what the others believe. One that asks whether an address is free
	 * says none of its own (RFC 5227), and nobody notes anything of it. */
	{ CHAIN(CLAIMS), { NOT_IN(SPEAKERS, V(IIFNAME), V(ARP_MAC)) }, JUMP(SPOOFED) },
	{ CHAIN(CLAIMS), { IN(SPEAKERS4, V(IIFNAME), V(ARP_ADDR)) }, ACTION(ACCEPT) },
	{ CHAIN(CLAIMS), { NET(V(ARP_ADDR), AF_INET, 32, 0) }, ACTION(ACCEPT) },
	{ CHAIN(CLAIMS), JUMP(SPOOFED) },

	/* Without a source: it asks whether its own address is free (duplicate address detection),
	 * for whose sake the owner of another would give it up; looks for routers; joins groups. */
	{ CHAIN(NEIGHBOURS),
	  { NUMBER(V(ICMP6_TYPE), ND_NEIGHBOR_ADVERT),
	    NOT_IN(SPEAKERS6, V(IIFNAME), V(ND_TARGET)) },
	  JUMP(SPOOFED) },
	{ CHAIN(NEIGHBOURS),
	  { ANY6(V(IP6_SADDR)), NUMBER(V(ICMP6_TYPE), ND_NEIGHBOR_SOLICIT),
	    IN(SPEAKERS6, V(IIFNAME), V(ND_TARGET)) },
	  ACTION(ACCEPT) },
	{ CHAIN(NEIGHBOURS),
	  { ANY6(V(IP6_SADDR)), NUMBER(V(ICMP6_TYPE), ND_ROUTER_SOLICIT) },
	  ACTION(ACCEPT) },
	{ CHAIN(NEIGHBOURS),
	  { ANY6(V(IP6_SADDR)), NUMBER(V(ICMP6_TYPE), MLD_LISTENER_REPORT) },
	  ACTION(ACCEPT) },
	{ CHAIN(NEIGHBOURS),
	  { ANY6(V(IP6_SADDR)), NUMBER(V(ICMP6_TYPE), MLD_LISTENER_REDUCTION) },
	  ACTION(ACCEPT) },
	{ CHAIN(NEIGHBOURS),
	  { ANY6(V(IP6_SADDR)), NUMBER(V(ICMP6_TYPE), MLD2_REPORT) },
	  ACTION(ACCEPT) },

	{ CHAIN(SPOOFED), ACTION(COUNT), BY(SPOOFED, V(IIFNAME)) },
	{ CHAIN(SPOOFED), .counter = true, ACTION(DROP),
	  .comment = "not from its container's own MAC and addresses" },
};
const size_t ruleset_n_guard_rules = ARRAY_SIZE(ruleset_guard_rules);

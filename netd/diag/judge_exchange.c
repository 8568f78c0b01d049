// SPDX-License-Identifier: GPL-2.0-or-later
// judge_exchange.c - the question at which MAC the next hop is, and the answer: packets of their
// own, which rules may drop
#include "diag/judge_walk.h"

#include "base/cleanup.h"

#include <linux/if_addr.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/xfrm.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <string.h>

/* Theory of operation. Who has no MAC for the next hop asks all of its link, by ARP or by ICMPv6,
 * and the one that has the address answers. Rules drop these as they drop others, so a firewall
 * that lets each connection pass and no question is a wall. Both are run through the rules of each
 * place when the packet that waits for them comes there: so what is wrong before that place is told
 * first, and what is wrong behind it afterwards.
 *
 * A valid entry asks nobody. The connection works until the kernel asks anew, which is some seconds
 * after the last answer that it heard of; what would be dropped then is worth a warning. */

/* The flags of an advertisement (solicited, override), as a word of the header: a rule may look
 * at them. */
#define OF_ANSWER 0x6000 /* its flags: it was asked for, and replaces what was known */

/* A hook that a question or an answer passes inside a namespace, in the order of the tables
 * below. */
struct hook {
	uint8_t pf;
	unsigned int hook;
	bool is_in;
};

/* One of the two at one hook. in is NULL for what is sent, out for what is received; a
 * forwarded frame on a bridge has both. */
struct station {
	const struct facts_space *space;
	uint8_t pf;
	unsigned int hook;
	const struct facts_link *in, *out;
	bool is_question;
	const char *hop, *where;
};

/* --- the packets ------------------------------------------------------------------------------ */

/* The group that an address's owner listens to (solicited-node multicast, RFC 4291, 2.7.1):
 * ff02::1:ff00:0 with the last three bytes of the address. */
static struct addr group_of(const struct addr *addr)
{
	static const uint8_t head[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
	struct addr group = *addr;

	memcpy(group.bytes, head, sizeof(head));
	return group;
}

/* The MAC of all: broadcast for ARP, and for IPv6 the group's MAC, 33:33 and its last four
 * bytes (RFC 2464). */
static struct mac mac_of_all(const struct addr *dst)
{
	struct mac mac = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

	if (dst->family == AF_INET6)
		mac = (struct mac) { { 0x33, 0x33, dst->bytes[12], dst->bytes[13], dst->bytes[14],
				       dst->bytes[15] } };
	return mac;
}

/* A question that is repeated for a valid entry goes to the one MAC that is known. A first one
 * goes to all. */
static void make_question(const struct judge_walk *walk, struct rules_packet *packet)
{
	packet->src = walk->question.by;
	packet->dst = walk->next;
	packet->arp_op = ARPOP_REQUEST;
	packet->icmp_type = ND_NEIGHBOR_SOLICIT;
	/* An entry that is asked about anew has a MAC to ask. */
	if (walk->must_resolve && walk->next.family == AF_INET6)
		packet->dst = group_of(&walk->next);
	packet->smac = walk->question.mac;
	packet->dmac = walk->must_resolve ? mac_of_all(&packet->dst) : walk->next_mac;
	packet->pkttype = walk->next.family == AF_INET6 ? PACKET_MULTICAST : PACKET_BROADCAST;
	if (!walk->must_resolve)
		packet->pkttype = PACKET_HOST;
}

/* The answer goes to the asker alone. */
static void make_answer(const struct judge_walk *walk, struct rules_packet *packet)
{
	packet->src = walk->next;
	packet->dst = walk->question.by;
	packet->arp_op = ARPOP_REPLY;
	packet->icmp_type = ND_NEIGHBOR_ADVERT;
	packet->echo_id = OF_ANSWER;
	packet->smac = walk->next_mac;
	packet->dmac = walk->question.mac;
	packet->pkttype = PACKET_HOST;
}

/* One packet for the rules. Addresses and MACs are known; length and type of service are not,
 * for kernels differ. */
static struct rules_packet make(const struct judge_walk *walk, const struct station *at)
{
	bool is_six = walk->next.family == AF_INET6;
	/* 255 is required of these (RFC 4861, 7.1.1), so rules may compare it. */
	struct rules_packet packet = {
		.known = RULES_KNOWS_ALL & ~(uint32_t)(RULES_KNOWS_LENGTH | RULES_KNOWS_TOS |
						       RULES_KNOWS_PKTTYPE | RULES_KNOWS_MACS),
		.protocol = is_six ? IPPROTO_ICMPV6 : 0,
		.ttl = 255,
	};

	if (at->is_question)
		make_question(walk, &packet);
	else
		make_answer(walk, &packet);
	/* One struct stands for both: with no ARP operation it is IPv6. */
	if (is_six)
		packet.arp_op = 0;
	/* What is forwarded may be asked for from any address of the link. */
	if (!addr_is_set(&walk->question.by)) {
		packet.known &= ~(uint32_t)(at->is_question ? RULES_KNOWS_SRC : RULES_KNOWS_DST);
		packet.src.family = packet.dst.family = walk->next.family;
	}
	/* Rules of a bridge and of a device see the frame's head, those of IP and ARP do not. */
	if (at->pf == NFPROTO_BRIDGE || at->pf == NFPROTO_NETDEV) {
		packet.has_macs = true;
		packet.known |= RULES_KNOWS_MACS;
	} else if (at->in && !at->out) {
		/* What comes in carries whether it was for all or for this host. */
		packet.known |= RULES_KNOWS_PKTTYPE;
	}
	return packet;
}

/* --- a drop ----------------------------------------------------------------------------------- */

/* The code says whose rules they are, because that decides who can change them. */
static enum code_id code_of(const struct judge_walk *walk, const struct station *at,
			    const struct judge_met *met)
{
	if (at->pf == NFPROTO_NETDEV)
		return CODE_NETDEV_RULES;
	if (at->pf == NFPROTO_BRIDGE)
		return CODE_BRIDGE_RULES;
	if (at->pf == NFPROTO_ARP)
		return CODE_ARP_RULES;
	if (at->space == walk->host)
		return judge_code_of_drop(walk, met);
	/* Rules of whoever is neither host nor A are B's, or of who stands in B's place. */
	if (at->space != walk->a.space)
		return CODE_RULES_OF_B;
	return at->out ? CODE_OWN_RULES_OUT : CODE_OWN_RULES_IN;
}

/* For a sentence: a person who reads "a rule drops it" looks for the connection, and not for
 * this. */
static const char *name_of(const struct judge_walk *walk, const struct station *at)
{
	if (walk->next.family == AF_INET6)
		return at->is_question ? "the question for its MAC (ICMPv6, type 135)"
				       : "the answer with its MAC (ICMPv6, type 136)";
	return at->is_question ? "the question for its MAC (ARP)" : "the answer with its MAC (ARP)";
}

/* It works, so this is no cause: it is told once. */
static void tell_later(struct judge_walk *walk, const struct station *at, enum code_id code)
{
	_cleanup_(buf_done) struct buf cause = { 0 };

	/* The cause that it would be is filled as a text and not told, so the words stay those
	 * of the walk. */
	(void)code_fill(&walk->words, codes[code].cause, &cause);
	verdict_add_also(walk->verdict, codes[code].word, at->hop, DIAG_WARN,
			 "it works until %s is asked for anew: %s", ADDR_STR(&walk->next),
			 cause.data ? cause.data : "");
	/* One warning is enough: this switches the rest of the exchange off. */
	walk->may_resolve = false;
}

static enum judge_at tell(struct judge_walk *walk, const struct station *at, enum code_id code,
			  enum judge_at go_on)
{
	/* The link that the rule is bound to may be the fix's. */
	const struct facts_link *link = at->in ? at->in : at->out;

	if (link)
		code_word(&walk->words, "link", "%s", link->name);
	/* An entry is valid: it works now. */
	if (!walk->must_resolve) {
		tell_later(walk, at, code);
		return go_on;
	}
	(void)judge_bad(walk, code, at->hop, at->where, JUDGE_LOST);
	/* Rules of the family arp see nothing else. */
	if (code != CODE_ARP_RULES && !walk->verdict->note)
		verdict_set_note(walk->verdict,
				 "What is dropped is %s: without it nothing is sent to %s.",
				 name_of(walk, at), ADDR_STR(&walk->next));
	return JUDGE_LOST;
}

/* One packet at one hook. The packet of the connection is put aside meanwhile: rules may change
 * what they see, and judge_rules() writes it back. */
static enum judge_at pass(struct judge_walk *walk, const struct station *at, enum judge_at go_on)
{
	struct rules_packet kept = walk->packet;
	struct judge_met met;

	/* A warning is enough, and given. */
	if (!walk->must_resolve && !walk->may_resolve)
		return go_on;
	walk->packet = make(walk, at);
	walk->is_asking = true;
	judge_rules(walk, at->space, at->pf, at->hook, at->in, at->out, at->hop, at->where, &met);
	walk->is_asking = false;
	walk->packet = kept;
	return judge_is_dropped(&met) ? tell(walk, at, code_of(walk, at, &met), go_on) : go_on;
}

/* IPsec has policies for what is sent and for what comes in, and of these two alone those of IPv6
 * are packets of IP. What the policy covers is told, and that is not the connection. */
static enum judge_at pass_ipsec(struct judge_walk *walk, const struct station *at,
				enum judge_at go_on)
{
	struct rules_packet kept = walk->packet;
	enum judge_at next = go_on;

	if (walk->next.family != AF_INET6 || (!walk->must_resolve && !walk->may_resolve))
		return go_on;
	walk->packet = make(walk, at);
	if (judge_ipsec_blocks(walk, at->space, at->in ? XFRM_POLICY_IN : XFRM_POLICY_OUT)) {
		judge_place(walk, at->space, judge_container_of(walk->facts, at->space));
		next = tell(walk, at, CODE_IPSEC_BLOCK, go_on);
	}
	walk->packet = kept;
	return next;
}

/* --- the places ------------------------------------------------------------------------------- */

/* What leaves first: out of the ARP table of rules, then the device; and in again the other way. */
static const struct hook of_arp[] = {
	{ NFPROTO_ARP, NF_ARP_OUT, false },
	{ NFPROTO_NETDEV, NF_NETDEV_EGRESS, false },
	{ NFPROTO_NETDEV, NF_NETDEV_INGRESS, true },
	{ NFPROTO_ARP, NF_ARP_IN, true },
};
/* ICMPv6 is a packet of IPv6 and passes all of its hooks. */
static const struct hook of_icmp[] = {
	{ NFPROTO_IPV6, NF_INET_LOCAL_OUT, false },  { NFPROTO_IPV6, NF_INET_POST_ROUTING, false },
	{ NFPROTO_NETDEV, NF_NETDEV_EGRESS, false }, { NFPROTO_NETDEV, NF_NETDEV_INGRESS, true },
	{ NFPROTO_IPV6, NF_INET_PRE_ROUTING, true }, { NFPROTO_IPV6, NF_INET_LOCAL_IN, true },
};

/* Who asks sends first and hears afterwards, who answers the other way round. */
enum judge_at judge_exchange_end(struct judge_walk *walk, const struct facts_space *space,
				 const struct facts_link *link, bool is_asker, const char *hop,
				 const char *where, enum judge_at go_on)
{
	bool is_six = walk->next.family == AF_INET6;
	const struct hook *hooks = is_six ? of_icmp : of_arp;
	size_t n = is_six ? ARRAY_SIZE(of_icmp) : ARRAY_SIZE(of_arp);

	/* Two turns: the question and the answer. For who asks, the first is sent and the
	 * second received. */
	for (int turn = 0; turn < 2; turn++) {
		/* is_in and is_asker decide together which of the two packets it is: what an
		 * asker receives is the answer. */
		bool is_in = (turn == 1) == is_asker;
		struct station at = {
			.space = space,
			.in = is_in ? link : NULL,
			.out = is_in ? NULL : link,
			.is_question = is_in != is_asker,
			.hop = hop,
			.where = where,
		};

		if (!is_in && pass_ipsec(walk, &at, go_on) == JUDGE_LOST)
			return JUDGE_LOST;
		for (size_t i = 0; i < n; i++) {
			at.pf = hooks[i].pf;
			at.hook = hooks[i].hook;
			if (hooks[i].is_in == is_in && pass(walk, &at, go_on) == JUDGE_LOST)
				return JUDGE_LOST;
		}
		/* A policy is asked before what is sent meets rules, and behind those for what
		 * comes in. */
		if (is_in && pass_ipsec(walk, &at, go_on) == JUDGE_LOST)
			return JUDGE_LOST;
	}
	return go_on;
}

/* One hook of the bridge (they have the numbers of those of IP), and that of IP which bridge
 * netfilter calls there. ARP it hands to a hook that nft has no chains for. */
static enum judge_at pass_bridge(struct judge_walk *walk, struct station at,
				 const struct facts_link *bridge, enum judge_at go_on)
{
	bool is_of_ip = at.hook == NF_INET_PRE_ROUTING || at.hook == NF_INET_FORWARD ||
			at.hook == NF_INET_POST_ROUTING;

	at.pf = NFPROTO_BRIDGE;
	if (pass(walk, &at, go_on) == JUDGE_LOST)
		return JUDGE_LOST;
	/* What the host itself sends or hears has passed its own hooks. */
	if (!is_of_ip || walk->next.family != AF_INET6 || walk->is_for_host ||
	    walk->question.is_by_host || !judge_calls_ip(walk, bridge))
		return go_on;
	at.pf = NFPROTO_IPV6;
	at.in = at.hook == NF_INET_POST_ROUTING ? NULL : bridge;
	at.out = at.hook == NF_INET_PRE_ROUTING ? NULL : bridge;
	at.hop = JUDGE_HOP(walk, "host", "neighbour");
	at.where = walk->is_back ? "back" : "host";
	return pass(walk, &at, go_on);
}

enum judge_at judge_exchange_port(struct judge_walk *walk, const struct judge_port *port,
				  const struct facts_link *bridge, bool is_asker, const char *hop,
				  const char *where, enum judge_at go_on)
{
	/* Where one end is the host itself, the frame passes input or output of the bridge and
	 * is not forwarded. */
	bool is_of_host = walk->is_for_host || walk->question.is_by_host;

	for (int turn = 0; turn < 2; turn++) {
		/* The asker's frame goes into the bridge first; at the port of who answers the
		 * question comes out of it first. */
		bool is_in = (turn == 0) == is_asker; /* from the container into the bridge */
		struct station at = {
			.space = walk->host,
			.pf = NFPROTO_NETDEV,
			.hook = is_in ? NF_NETDEV_INGRESS : NF_NETDEV_EGRESS,
			.in = is_in ? port->port : NULL,
			.out = is_in ? NULL : port->port,
			.is_question = is_in == is_asker,
			.hop = hop,
			.where = where,
		};

		/* The device comes before the bridge on the way in. On the way out the order
		 * does not matter: either drop ends it. */
		if (pass(walk, &at, go_on) == JUDGE_LOST)
			return JUDGE_LOST;
		at.hook = is_in ? NF_INET_PRE_ROUTING : NF_INET_POST_ROUTING;
		if (pass_bridge(walk, at, bridge, go_on) == JUDGE_LOST)
			return JUDGE_LOST;
		at.hook = is_in ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT;
		if (is_of_host && pass_bridge(walk, at, bridge, go_on) == JUDGE_LOST)
			return JUDGE_LOST;
	}
	return go_on;
}

enum judge_at judge_exchange_cross(struct judge_walk *walk, const struct facts_link *bridge,
				   const char *hop, const char *where, enum judge_at go_on)
{
	struct station at = {
		.space = walk->host,
		.hook = NF_INET_FORWARD,
		.in = walk->from_port.port,
		.out = walk->to_port.port,
		.is_question = true,
		.hop = hop,
		.where = where,
	};

	/* The host's own question crosses no bridge. */
	if (walk->question.is_by_host)
		return go_on;
	if (pass_bridge(walk, at, bridge, go_on) == JUDGE_LOST)
		return JUDGE_LOST;
	/* The answer crosses the other way. */
	at.in = walk->to_port.port;
	at.out = walk->from_port.port;
	at.is_question = false;
	return pass_bridge(walk, at, bridge, go_on);
}

/* --- who asks, and what is learnt from that --------------------------------------------------- */

/* What the packet is sent from, if the link has that; of what is forwarded, an address of the link:
 * of IPv6 that of the link alone, of IPv4 the first in the subnet. */
static struct addr asking_addr(const struct judge_walk *walk, const struct facts_space *space,
			       const struct facts_link *link)
{
	const struct facts_addr *own = judge_find_addr(space, &walk->packet.src);
	bool is_six = walk->next.family == AF_INET6;

	if (own && (!is_six || own->ifindex == link->ifindex) &&
	    !addr_is_loopback(&walk->packet.src))
		return walk->packet.src;
	facts_ask_addrs(space, link->ifindex, walk->next.family);
	for (size_t i = 0; i < space->n_addrs; i++) {
		/* An address that the kernel does not use is none that it asks from. */
		const struct facts_addr *held = &space->addrs[i];

		if (held->ifindex == link->ifindex && !(held->flags & IFA_F_DADFAILED) &&
		    held->prefix.addr.family == walk->next.family &&
		    (is_six ? addr_is_link_local(&held->prefix.addr)
			    : prefix_contains(&held->prefix, &walk->next)))
			return held->prefix.addr;
	}
	return (struct addr) { 0 };
}

/* Called when the sender's entry has been looked at: state is that entry's, 0 where there is
 * none. */
void judge_exchange_begin(struct judge_walk *walk, const struct facts_space *space,
			  const struct facts_link *link, uint16_t state)
{
	/* What somebody has fixed is never asked about again. */
	walk->may_resolve = !walk->must_resolve && !(state & (NUD_PERMANENT | NUD_NOARP));
	walk->question = (struct judge_question) {
		.by = asking_addr(walk, space, link),
		.mac = link->mac,
		.is_by_host = space == walk->host,
	};
}

/* The question says at which MAC the asker is, and whoever it is for remembers that. */
void judge_exchange_done(struct judge_walk *walk, const struct facts_space *space)
{
	/* The list is short: on the way there four senders at the most ask. One that does not
	 * fit is asked anew, which changes nothing but a warning. */
	if (walk->must_resolve && addr_is_set(&walk->question.by) && walk->n_heard < JUDGE_HEARD)
		walk->heard[walk->n_heard++] = (struct judge_heard) {
			.space = space,
			.addr = walk->question.by,
		};
	/* Whoever sends next has an exchange of his own. */
	walk->must_resolve = walk->may_resolve = false;
}

bool judge_exchange_was_heard(const struct judge_walk *walk, const struct facts_space *space,
			      const struct addr *addr)
{
	for (size_t i = 0; i < walk->n_heard; i++)
		if (walk->heard[i].space == space && addr_equal(&walk->heard[i].addr, addr))
			return true;
	return false;
}

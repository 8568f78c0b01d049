// SPDX-License-Identifier: GPL-2.0-or-later
// rules_answer.c - what comes back when a packet came through
#include "diag/rules/rules.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>

/* Theory of operation. The answer belongs to the flow that the first packet has left behind.
 * Its addresses are those of the flow's reply, so NAT of the way there is undone by conntrack
 * on the way back without any rule. What the answerer chooses (length, hop limit, type of
 * service) is not known. The MACs, links and marks are filled where the answer goes, since they
 * differ at each place. */

/* With a flow answers go by its reply tuple, in which NAT is; without one by the packet's ends,
 * turned around. */
static struct rules_tuple back_of(const struct rules_packet *first)
{
	if (first->ct.reply.src.family)
		return first->ct.reply;
	return (struct rules_tuple) {
		.src = first->dst, .dst = first->src, .sport = first->dport, .dport = first->sport
	};
}

/* An echo is answered by a reply with the same id. */
static void answer_icmp(struct rules_packet *answer)
{
	if (answer->protocol != IPPROTO_ICMP && answer->protocol != IPPROTO_ICMPV6)
		return;
	/* What a tuple has as ports is the id of the echo. */
	answer->sport = answer->dport = 0;
	answer->icmp_code = 0;
	if (answer->protocol == IPPROTO_ICMP && answer->icmp_type == ICMP_ECHO)
		answer->icmp_type = ICMP_ECHOREPLY;
	else if (answer->protocol == IPPROTO_ICMPV6 && answer->icmp_type == ICMP6_ECHO_REQUEST)
		answer->icmp_type = ICMP6_ECHO_REPLY;
}

/* Protocols of which conntrack takes any packet for the first of a flow. */
static bool can_begin(uint8_t protocol)
{
	return protocol != IPPROTO_TCP && protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6;
}

/* Everything that is not set here is not known. */
void rules_answer(const struct rules_packet *first, struct rules_packet *ret_answer)
{
	struct rules_tuple back = back_of(first);

	*ret_answer = (struct rules_packet) {
		.known = (first->known & RULES_KNOWS_CT_MARK) | RULES_KNOWS_MARK |
			 RULES_KNOWS_ICMP | RULES_KNOWS_TCP_FLAGS,
		.protocol = first->protocol,
		.src = back.src,
		.dst = back.dst,
		.sport = back.sport,
		.dport = back.dport,
		.tcp_flags = first->protocol == IPPROTO_TCP ? TH_SYN | TH_ACK : 0,
		.icmp_type = first->icmp_type,
		.echo_id = first->echo_id,
		.ct = first->ct,
	};
	if (back.src.family)
		ret_answer->known |= RULES_KNOWS_SRC | RULES_KNOWS_SPORT;
	if (back.dst.family)
		ret_answer->known |= RULES_KNOWS_DST | RULES_KNOWS_DPORT;
	answer_icmp(ret_answer);
	/* Conntrack sees the answer anew in each namespace. */
	ret_answer->ct.is_seen = false;
	/* Where the first was not tracked this would be a flow of its own, the other way round; but
	 * conntrack lets none begin with a SYN-ACK, or an echo that nobody asked for. */
	if (first->ct.state == RULES_CT_UNTRACKED || !first->ct.reply.src.family) {
		ret_answer->ct = (struct rules_ct) { .state = can_begin(first->protocol)
								      ? RULES_CT_NEW
								      : RULES_CT_INVALID };
		return;
	}
	ret_answer->ct.state = RULES_CT_ESTABLISHED;
	ret_answer->ct.is_reply = true;
	/* Confirmed: the flow exists by now, and was answered. */
	ret_answer->ct.status |= IPS_CONFIRMED | IPS_SEEN_REPLY;
}

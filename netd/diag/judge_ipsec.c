// SPDX-License-Identifier: GPL-2.0-or-later
// judge_ipsec.c - the IPsec policies of a namespace, for what is sent there and for what comes in
#include "diag/judge_walk.h"

#include <linux/xfrm.h>
#include <netinet/in.h>

/* Theory of operation. Of the policies of a direction that cover a packet the kernel takes the one
 * with the smallest priority, and of those the one that was there first (xfrm_policy_lookup());
 * a dump lists them as they came. Where that one blocks, what is sent is refused before a packet is
 * made, and what comes in is thrown away. Others are not judged: they say how something is sent,
 * or who may send it, and not that it is lost. */

/* What a selector has as ports is the type and the code of ICMP (xfrm_flowi_sport()). */
struct ports {
	uint16_t from, to;
};

static struct ports ports_of(const struct rules_packet *packet)
{
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6)
		return (struct ports) { packet->icmp_type, packet->icmp_code };
	return (struct ports) { packet->sport, packet->dport };
}

/* 0 in a policy is "any port". */
static bool port_matches(uint16_t wanted, uint16_t port)
{
	return wanted == 0 || wanted == port;
}

static bool covers(const struct facts_policy *policy, const struct rules_packet *packet)
{
	struct ports ports = ports_of(packet);

	return policy->src.addr.family == packet->src.family &&
	       prefix_contains(&policy->src, &packet->src) &&
	       prefix_contains(&policy->dst, &packet->dst) &&
	       (policy->protocol == 0 || policy->protocol == packet->protocol) &&
	       port_matches(policy->sport, ports.from) && port_matches(policy->dport, ports.to);
}

/* What came in counts as it came, before NAT changed it (nf_nat_decode_session()). */
static struct rules_packet as_it_came(const struct rules_packet *packet)
{
	const struct rules_ct *ct = &packet->ct;
	const struct rules_tuple *tuple = ct->is_reply ? &ct->reply : &ct->orig;
	struct rules_packet came = *packet;

	if (!ct->is_seen || !addr_is_set(&tuple->src) || !addr_is_set(&tuple->dst))
		return came;
	came.src = tuple->src;
	came.dst = tuple->dst;
	came.sport = tuple->sport;
	came.dport = tuple->dport;
	return came;
}

static const struct facts_policy *find_policy(const struct facts_space *space, uint8_t direction,
					      const struct rules_packet *packet)
{
	const struct facts_policy *found = NULL;

	for (size_t i = 0; i < space->n_policies; i++) {
		const struct facts_policy *policy = &space->policies[i];

		if (policy->direction == direction && covers(policy, packet) &&
		    (!found || policy->priority < found->priority))
			found = policy;
	}
	return found;
}

bool judge_ipsec_blocks(struct judge_walk *walk, const struct facts_space *space, uint8_t direction)
{
	static const char *const words[] = { "in", "out", "fwd" }; /* by XFRM_POLICY_* */
	struct rules_packet came = as_it_came(&walk->packet);
	const struct facts_policy *policy =
		find_policy(space, direction, direction == XFRM_POLICY_OUT ? &walk->packet : &came);

	if (!policy || policy->action != XFRM_POLICY_BLOCK)
		return false;
	code_word(&walk->words, "policy-src", "%s", PREFIX_STR(&policy->src));
	code_word(&walk->words, "policy-dst", "%s", PREFIX_STR(&policy->dst));
	code_word(&walk->words, "dir", "%s", words[direction]);
	return true;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset_flows.c - for which families a ruleset makes conntrack run
#include "diag/rules/ruleset.h"

#include "base/cleanup.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* Theory of operation. The kernel tracks flows in a namespace as long as something there wants to
 * know of them, be it a rule that is never reached or in a table that sleeps. What it wants is of
 * one family: NAT chains of inet without a NAT for IPv4 are not asked about IPv4. */

/* Matches and targets that make conntrack run, as far as they are known by name. */
static bool is_about_flows(const struct expr *expr)
{
	static const char *const names[] = {
		"conntrack", "state",	   "connmark", "connbytes",   "connlimit", "connlabel",
		"helper",    "cluster",	   "CONNMARK", "CONNSECMARK", "CT",	   "DNAT",
		"SNAT",	     "MASQUERADE", "NETMAP",   "REDIRECT",    "SYNPROXY",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(expr->name, names[i]) == 0)
			return true;
	return false;
}

/* By its name: one that is not understood wants it no less. */
static bool needs_flows(const struct expr *expr)
{
	static const char *const names[] = {
		"ct", "nat", "masq", "redir", "connlimit", "flow_offload", "synproxy",
	};

	if (expr->kind == EXPR_MATCH || expr->kind == EXPR_TARGET)
		return is_about_flows(expr);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(expr->name, names[i]) == 0)
			return true;
	return false;
}

/* A table of inet has rules for both families. */
static void note(struct rules *rules, uint8_t family)
{
	if (family == NFPROTO_INET)
		rules->uses_ct[NFPROTO_IPV4] = rules->uses_ct[NFPROTO_IPV6] = true;
	else if (family < NFPROTO_NUMPROTO)
		rules->uses_ct[family] = true;
}

void ruleset_note_flows(struct rules *rules, uint8_t family, const struct expr *expr)
{
	/* A NAT to an address is of the family of that address. */
	bool is_of_one = expr->kind == EXPR_NAT && family == NFPROTO_INET;

	if (needs_flows(expr))
		note(rules, is_of_one ? (uint8_t)expr->family : family);
}

/* Objects for conntrack make it run, whether or not a rule names them. */
void ruleset_note_object(struct rules *rules, uint8_t family, uint32_t type)
{
	if (type == NFT_OBJECT_CT_HELPER || type == NFT_OBJECT_CT_TIMEOUT ||
	    type == NFT_OBJECT_CT_EXPECT)
		note(rules, family);
}

bool rules_uses_conntrack(const struct rules *rules, uint8_t pf)
{
	return pf < NFPROTO_NUMPROTO && rules->uses_ct[pf];
}

// SPDX-License-Identifier: GPL-2.0-or-later
// nft_probe.c - what this kernel lacks for netd's tables, by trying them without keeping them
#include "kernel/nft.h"

#include "base/cleanup.h"
#include "kernel/nft_batch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The whole table is sent in a transaction without its end marker: the kernel
 * checks every message, answers those that it refuses, and takes all of it back. Which message was
 * refused tells what is missing. The order matters: what is refused first is told. */

#define PROBE_TABLE "netd-probe"
/* The rules are never used, so any number will do. */
#define PROBE_PORT 5353 /* any */

/* The sentence. There is one connection that asks among thousands that each container has one of.
 */
static char missing[ERROR_TEXT_MAX];

/* Rules are the last messages of the table's batch, in order. NULL: the message was no rule. */
static const struct ruleset_rule *rule_of(const struct nft_batch *batch,
					  const struct nft_note *note)
{
	/* The batch ends with the rules, so the place of the note tells which rule it was. */
	size_t index = (size_t)(note - batch->notes), first = batch->n_notes - ruleset_n_rules;

	return index >= first ? &ruleset_rules[index - first] : NULL;
}

/* The sentence stays until the next call. */
static const char *say(const char *what, const char *name, const char *needs,
		       const struct nft_refusal *refusal)
{
	(void)snprintf(missing, sizeof(missing),
		       "nftables in this kernel cannot take %s %s of table inet " RULESET_TABLE
		       " (%s%s%s)",
		       what, name, strerror(-refusal->code), needs ? "; it needs " : "",
		       needs ? needs : "");
	return missing;
}

/* No note: the transaction as a whole was refused, so there is no nf_tables or no right to it. */
static const char *explain(const struct nft_batch *batch, const struct nft_refusal *refusal)
{
	const struct nft_note *note = refusal->note;
	const struct ruleset_rule *rule = note ? rule_of(batch, note) : NULL;

	if (!note) {
		(void)snprintf(missing, sizeof(missing), "nftables cannot be used: %s%s",
			       strerror(-refusal->code),
			       refusal->code == -EPERM ? " (CAP_NET_ADMIN is needed)"
						       : " (CONFIG_NF_TABLES)");
		return missing;
	}
	if (rule)
		return say(note->what, note->name, nft_expr_needs(rule), refusal);
	/* Chains of type nat in the family inet came with 5.2, and concatenated sets of intervals
	 * with 5.6. */
	if (strcmp(note->what, "chain") == 0)
		return say(note->what, note->name,
			   "Linux 5.2, CONFIG_NF_TABLES_INET and CONFIG_NFT_NAT", refusal);
	if (strcmp(note->what, "set") == 0)
		return say(note->what, note->name, "Linux 5.6", refusal);
	return say(note->what, note->name, "CONFIG_NF_TABLES_INET", refusal);
}

/* Asked once, at a start: a kernel that lacks something is told in one sentence, instead of a
 * refusal with each change. Nothing stays, for the transactions lack their end marker. NULL: the
 * kernel has all that it takes. The sentence is not to be freed. */

const char *nft_probe(struct nft *nft)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 }, dns = { 0 };
	struct nft_refusal refusal;

	if (nft_table_append(&batch, PROBE_TABLE, 0, true) < 0)
		return "out of memory while asking the kernel about nftables";
	if (nft_batch_commit(nft, &batch, true, &refusal) < 0)
		return explain(&batch, &refusal);
	/* Its own transaction: it is another table of another family, and has its own needs. */
	nft_dns_append(&dns, PROBE_TABLE, 0, PROBE_PORT);
	if (nft_batch_commit(nft, &dns, true, &refusal) < 0) {
		(void)snprintf(
			missing, sizeof(missing),
			"nftables in this kernel cannot redirect DNS inside a container (%s; it "
			"needs CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_CT)",
			strerror(-refusal.code));
		return missing;
	}
	return NULL;
}

/* Asked where a network is to have the option: a kernel without it serves all others. */
const char *nft_probe_guard(struct nft *nft)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;

	if (nft_table_append_guard(&batch, PROBE_TABLE, 0, true) < 0)
		return "out of memory while asking the kernel about nftables";
	if (nft_batch_commit(nft, &batch, true, &refusal) == 0)
		return NULL;
	(void)snprintf(missing, sizeof(missing),
		       "nftables in this kernel cannot take %s %s of table bridge " RULESET_TABLE
		       " (%s; it needs CONFIG_NF_TABLES_BRIDGE)",
		       refusal.note ? refusal.note->what : "the messages",
		       refusal.note ? refusal.note->name : "", strerror(-refusal.code));
	return missing;
}

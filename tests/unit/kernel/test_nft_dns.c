// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_dns.c - the redirect of a container's names, as messages
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct nlmsghdr *message(const struct nft_batch *batch, size_t i)
{
	return (const void *)(batch->data + batch->notes[i].offset);
}

static size_t n_with(const struct nlmsghdr *nlh, uint16_t number)
{
	uint16_t bytes = htons(number);
	size_t n = 0;

	for (size_t i = 0; i + sizeof(bytes) <= nlh->nlmsg_len; i += 4)
		n += memcmp((const char *)nlh + i, &bytes, sizeof(bytes)) == 0;
	return n;
}

static void questions_lead_to_the_port_and_answers_come_from_53_for_both_protocols(void **state)
{
	struct nft_batch batch = { 0 };
	size_t n_rules = 0;

	(void)state;
	nft_dns_append(&batch, "netd", 0, 40001);
	assert_int_equal(batch.err, 0);
	for (size_t i = 1; i < batch.n_notes; i++) {
		const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(message(&batch, i));

		assert_int_equal(nfg->nfgen_family, NFPROTO_IPV4);
		if ((message(&batch, i)->nlmsg_type & 0xff) != NFT_MSG_NEWRULE)
			continue;
		n_rules++;
		assert_true(n_with(message(&batch, i), 40001) > 0);
		assert_true(n_with(message(&batch, i), 53) > 0);
	}
	assert_int_equal(n_rules, 4);
	nft_batch_done(&batch);
}

static void what_was_there_is_flushed_before_the_rules_are_added(void **state)
{
	struct nft_batch batch = { 0 };
	size_t flush = 0, rule = 0;

	(void)state;
	nft_dns_append(&batch, "netd", 0, 40001);
	for (size_t i = 1; i < batch.n_notes; i++) {
		if ((message(&batch, i)->nlmsg_type & 0xff) == NFT_MSG_DELRULE)
			flush = i;
		if ((message(&batch, i)->nlmsg_type & 0xff) == NFT_MSG_NEWRULE && rule == 0)
			rule = i;
	}
	assert_true(flush > 0 && flush < rule);
	nft_batch_done(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			questions_lead_to_the_port_and_answers_come_from_53_for_both_protocols),
		cmocka_unit_test(what_was_there_is_flushed_before_the_rules_are_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

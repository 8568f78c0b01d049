// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_table_msg.c - the constant table as messages, in an order that the kernel can follow
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

static size_t n_of(const struct nft_batch *batch, int type)
{
	size_t n = 0;

	for (size_t i = 1; i < batch->n_notes; i++)
		n += (message(batch, i)->nlmsg_type & 0xff) == type;
	return n;
}

/* The place of the first or last message of a type. */
static size_t place_of(const struct nft_batch *batch, int type, bool is_last)
{
	size_t place = 0;

	for (size_t i = 1; i < batch->n_notes && (is_last || place == 0); i++)
		if ((message(batch, i)->nlmsg_type & 0xff) == type)
			place = i;
	return place;
}

static void every_chain_set_and_rule_of_the_model_is_in_it_once(void **state)
{
	struct nft_batch batch = { 0 };

	(void)state;
	assert_int_equal(nft_table_append(&batch, "netd", 0, true), 0);
	assert_int_equal(n_of(&batch, NFT_MSG_NEWTABLE), 1);
	assert_int_equal(n_of(&batch, NFT_MSG_NEWRULE), ruleset_n_rules);
	/* That of frames stands beside it, with the rest of the model. */
	assert_int_equal(nft_table_append_guard(&batch, "netd", 0, true), 0);
	assert_int_equal(n_of(&batch, NFT_MSG_NEWTABLE), 2);
	assert_int_equal(n_of(&batch, NFT_MSG_NEWCHAIN), ruleset_n_chains - RULESET_CHAIN_NONE - 1);
	assert_int_equal(n_of(&batch, NFT_MSG_NEWSET), RULESET_N_SETS);
	assert_int_equal(n_of(&batch, NFT_MSG_NEWRULE), ruleset_n_rules + ruleset_n_guard_rules);
	nft_batch_done(&batch);
}

static void what_is_named_is_made_before(void **state)
{
	struct nft_batch batch = { 0 };

	(void)state;
	assert_int_equal(nft_table_append(&batch, "netd", 0, true), 0);
	assert_int_equal(place_of(&batch, NFT_MSG_NEWTABLE, true), 1);
	assert_true(place_of(&batch, NFT_MSG_NEWCHAIN, true) <
		    place_of(&batch, NFT_MSG_NEWRULE, false));
	assert_true(place_of(&batch, NFT_MSG_NEWSET, true) <
		    place_of(&batch, NFT_MSG_NEWRULE, false));
	nft_batch_done(&batch);
}

static void one_that_may_be_there_is_emptied_first_and_a_fresh_one_is_not(void **state)
{
	struct nft_batch fresh = { 0 }, again = { 0 };

	(void)state;
	assert_int_equal(nft_table_append(&fresh, "netd", 0, true), 0);
	assert_int_equal(nft_table_append(&again, "netd", 0, false), 0);
	assert_int_equal(n_of(&fresh, NFT_MSG_DELRULE), 0);
	assert_int_equal(n_of(&fresh, NFT_MSG_DELSETELEM), 0);
	assert_true(n_of(&again, NFT_MSG_DELRULE) > 0);
	assert_true(place_of(&again, NFT_MSG_DELRULE, true) <
		    place_of(&again, NFT_MSG_NEWRULE, false));
	assert_true(n_of(&again, NFT_MSG_DELSETELEM) > 0);
	assert_int_equal(n_of(&again, NFT_MSG_NEWRULE), n_of(&fresh, NFT_MSG_NEWRULE));
	nft_batch_done(&fresh);
	nft_batch_done(&again);
}

static void all_of_it_is_of_the_table_that_was_named(void **state)
{
	struct nft_batch batch = { 0 };

	(void)state;
	assert_int_equal(nft_table_append(&batch, "another", 0, false), 0);
	for (size_t i = 1; i < batch.n_notes; i++) {
		const struct nlattr *first = mnl_nlmsg_get_payload_offset(message(&batch, i),
									  sizeof(struct nfgenmsg));

		assert_int_equal(mnl_attr_get_type(first), 1); /* NFTA_…_TABLE, of each of them */
		assert_string_equal(mnl_attr_get_str(first), "another");
	}
	nft_batch_done(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chain_set_and_rule_of_the_model_is_in_it_once),
		cmocka_unit_test(what_is_named_is_made_before),
		cmocka_unit_test(one_that_may_be_there_is_emptied_first_and_a_fresh_one_is_not),
		cmocka_unit_test(all_of_it_is_of_the_table_that_was_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

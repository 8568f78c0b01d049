// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_batch.c - transactions as they are built, message by message
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
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

static void the_first_message_begins_the_batch(void **state)
{
	struct nft_batch batch = { 0 };
	const struct nfgenmsg *nfg;

	(void)state;
	assert_non_null(nft_batch_add(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET, 64,
				      "table", "netd"));
	assert_int_equal(batch.n_notes, 2);
	assert_int_equal(message(&batch, 0)->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
	nfg = mnl_nlmsg_get_payload(message(&batch, 0));
	assert_int_equal(ntohs(nfg->res_id), NFNL_SUBSYS_NFTABLES);
	assert_null(batch.notes[0].what);
	assert_int_equal(message(&batch, 1)->nlmsg_type,
			 NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE);
	assert_int_equal(message(&batch, 1)->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
	nfg = mnl_nlmsg_get_payload(message(&batch, 1));
	assert_int_equal(nfg->nfgen_family, NFPROTO_INET);
	assert_string_equal(batch.notes[1].what, "table");
	assert_string_equal(batch.notes[1].name, "netd");
	nft_batch_done(&batch);
}

static void messages_follow_each_other_aligned_however_much_each_grew(void **state)
{
	struct nft_batch batch = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct nlmsghdr *nlh = nft_batch_add(&batch, NFT_MSG_NEWCHAIN, 0, NFPROTO_INET, 64,
						     "chain", "c");

		assert_non_null(nlh);
		mnl_attr_put(nlh, NFTA_CHAIN_NAME, (size_t)(i % 13), "abcdefghijklm");
	}
	for (size_t i = 0; i + 1 < batch.n_notes; i++) {
		size_t end = batch.notes[i].offset + message(&batch, i)->nlmsg_len;

		assert_int_equal(batch.notes[i + 1].offset % MNL_ALIGNTO, 0);
		assert_int_equal(batch.notes[i + 1].offset, MNL_ALIGN(end));
	}
	assert_int_equal(batch.n_notes, 1001);
	nft_batch_done(&batch);
}

static void one_that_is_cleared_begins_anew_in_the_same_memory(void **state)
{
	struct nft_batch batch = { 0 };
	const uint8_t *data;

	(void)state;
	(void)nft_batch_add(&batch, NFT_MSG_NEWTABLE, 0, NFPROTO_INET, 64, "table", "a");
	data = batch.data;
	batch.err = -1; /* which was the former's */
	nft_batch_clear(&batch);
	(void)nft_batch_add(&batch, NFT_MSG_DELTABLE, 0, NFPROTO_INET, 64, "table", "b");
	assert_int_equal(batch.err, 0);
	assert_ptr_equal(batch.data, data);
	assert_int_equal(batch.n_notes, 2);
	assert_int_equal(message(&batch, 0)->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
	assert_string_equal(batch.notes[1].name, "b");
	nft_batch_done(&batch);
	assert_null(batch.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_message_begins_the_batch),
		cmocka_unit_test(messages_follow_each_other_aligned_however_much_each_grew),
		cmocka_unit_test(one_that_is_cleared_begins_anew_in_the_same_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

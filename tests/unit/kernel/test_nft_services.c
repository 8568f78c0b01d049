// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_services.c - what changes of a service, as messages
#include "kernel/nft_services.h"

#include "kernel/nft_batch.h"

#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct service_port ports[] = { { IPPROTO_TCP, 80, 8080, 0 } };

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

/* How many messages of a type are about this set or chain, by what their notes say. */
static size_t count(const struct nft_batch *batch, uint16_t type, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n_notes; i++) {
		const struct nlmsghdr *nlh = (const void *)(batch->data + batch->notes[i].offset);

		n += batch->notes[i].what && (nlh->nlmsg_type & 0xff) == type &&
		     strcmp(batch->notes[i].name, name) == 0;
	}
	return n;
}

static bool has_text(const struct nft_batch *batch, const char *text)
{
	return memmem(batch->data, batch->len, text, strlen(text) + 1);
}

static void a_new_service_has_its_address_a_chain_of_its_number_and_who_stands_behind(void **state)
{
	const struct addr now[] = { address("10.1.0.2"), address("10.1.0.3"), address("10.1.0.4") };
	const struct nft_service service = { .addr = address("10.1.0.9"),
					     .ports = ports,
					     .n_ports = 1,
					     .is_there = true,
					     .now = now,
					     .n_now = 3 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_services_append(&batch, &service, 1);
	assert_int_equal(batch.err, 0);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "backends4"), 3);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "spread4"), 1);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "addresses4"), 1);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "backends6"), 0);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE, "netd-services"), 2); /* a family each */
	assert_true(has_text(&batch, "one-of-3"));
	nft_batch_done(&batch);
}

static void one_that_comes_is_one_element_more_and_another_chain(void **state)
{
	const struct addr now[] = { address("fd00::2"), address("fd00::3") };
	const struct nft_service service = { .addr = address("fd00::9"),
					     .affinity = true,
					     .ports = ports,
					     .n_ports = 1,
					     .was_there = true,
					     .is_there = true,
					     .was = now,
					     .n_was = 1,
					     .now = now,
					     .n_now = 2 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_services_append(&batch, &service, 1);
	assert_int_equal(batch.err, 0);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "backends6"), 1);
	assert_int_equal(count(&batch, NFT_MSG_DELSETELEM, "backends6"), 0);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "spread6"), 1);
	assert_int_equal(count(&batch, NFT_MSG_DELSETELEM, "spread6"), 1);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "addresses6"), 0);
	assert_true(has_text(&batch, "one-of-2-by-client"));
	nft_batch_done(&batch);
}

static void the_last_takes_the_place_of_the_one_that_goes(void **state)
{
	const struct addr was[] = { address("10.1.0.2"), address("10.1.0.3"), address("10.1.0.4") };
	const struct addr now[] = { address("10.1.0.4"), address("10.1.0.3") };
	const struct nft_service service = { .addr = address("10.1.0.9"),
					     .ports = ports,
					     .n_ports = 1,
					     .was_there = true,
					     .is_there = true,
					     .was = was,
					     .n_was = 3,
					     .now = now,
					     .n_now = 2 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_services_append(&batch, &service, 1);
	assert_int_equal(count(&batch, NFT_MSG_DELSETELEM, "backends4"), 2);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "backends4"), 1);
	nft_batch_done(&batch);
}

static void the_last_one_leaves_an_address_that_leads_nowhere(void **state)
{
	const struct addr was[] = { address("10.1.0.2") };
	struct nft_service service = { .addr = address("10.1.0.9"),
				       .ports = ports,
				       .n_ports = 1,
				       .was_there = true,
				       .is_there = true,
				       .was = was,
				       .n_was = 1 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_services_append(&batch, &service, 1);
	assert_int_equal(count(&batch, NFT_MSG_DELSETELEM, "spread4"), 1);
	assert_int_equal(count(&batch, NFT_MSG_NEWSETELEM, "spread4"), 0);
	assert_int_equal(count(&batch, NFT_MSG_DELSETELEM, "addresses4"), 0);
	nft_batch_done(&batch);
	service.is_there = false;
	nft_services_append(&batch, &service, 1);
	assert_int_equal(count(&batch, NFT_MSG_DELSETELEM, "addresses4"), 1);
	nft_batch_done(&batch);
}

static void what_has_not_changed_is_not_said(void **state)
{
	const struct addr same[] = { address("10.1.0.2") };
	const struct nft_service service = { .addr = address("10.1.0.9"),
					     .ports = ports,
					     .n_ports = 1,
					     .was_there = true,
					     .is_there = true,
					     .was = same,
					     .n_was = 1,
					     .now = same,
					     .n_now = 1 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_services_append(&batch, &service, 1);
	assert_int_equal(batch.n_notes, 0);
	nft_batch_done(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_new_service_has_its_address_a_chain_of_its_number_and_who_stands_behind),
		cmocka_unit_test(one_that_comes_is_one_element_more_and_another_chain),
		cmocka_unit_test(the_last_takes_the_place_of_the_one_that_goes),
		cmocka_unit_test(the_last_one_leaves_an_address_that_leads_nowhere),
		cmocka_unit_test(what_has_not_changed_is_not_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

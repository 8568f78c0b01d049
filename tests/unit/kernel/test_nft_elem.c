// SPDX-License-Identifier: GPL-2.0-or-later
// test_nft_elem.c - elements as messages, and which of them a refusal is about
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct ruleset_elem elem_of(enum ruleset_set set, uint8_t number)
{
	struct ruleset_elem elem = { .set = set,
				     .key_len = ruleset_key_size(set),
				     .data_len = ruleset_data_size(set),
				     .comment = "one" };

	elem.key[0] = number;
	elem.key_end[0] = number;
	return elem;
}

static const struct nlmsghdr *message(const struct nft_batch *batch, size_t i)
{
	return (const void *)(batch->data + batch->notes[i].offset);
}

static const struct nlattr *attribute(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

/* Where the nth of a message's elements begins, the ends of intervals counted. */
static uint32_t offset_of(const struct nlmsghdr *nlh, size_t n)
{
	const struct nlattr *list = attribute(nlh, NFTA_SET_ELEM_LIST_ELEMENTS), *elem;

	mnl_attr_for_each_nested(elem, list)
	{
		if (n-- == 0)
			return (uint32_t)((const char *)elem - (const char *)nlh);
	}
	return 0;
}

static bool has_bytes(const struct nlmsghdr *nlh, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + len <= nlh->nlmsg_len; i += MNL_ALIGNTO)
		if (memcmp((const char *)nlh + i, bytes, len) == 0)
			return true;
	return false;
}

static size_t n_in(const struct nlmsghdr *nlh)
{
	size_t n = 0;

	while (offset_of(nlh, n) > 0)
		n++;
	return n;
}

static void those_of_one_set_are_one_message_wherever_they_stand(void **state)
{
	struct ruleset_elem items[] = { elem_of(RULESET_BRIDGES, 1), elem_of(RULESET_SOURCES4, 2),
					elem_of(RULESET_BRIDGES, 3) };
	const struct ruleset_elems elems = { .items = items, .n = 3 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_elem_append(&batch, "netd", &elems, true);
	assert_int_equal(batch.n_notes, 3); /* with the beginning */
	for (size_t i = 1; i < batch.n_notes; i++) {
		const char *set =
			mnl_attr_get_str(attribute(message(&batch, i), NFTA_SET_ELEM_LIST_SET));
		bool bridges = strcmp(set, ruleset_set_info[RULESET_BRIDGES].name) == 0;

		assert_int_equal(message(&batch, i)->nlmsg_type & 0xff, NFT_MSG_NEWSETELEM);
		assert_int_equal(n_in(message(&batch, i)), bridges ? 2 : 1);
		assert_int_equal(batch.notes[i].n_elems, bridges ? 2 : 1);
	}
	nft_batch_done(&batch);
}

static void an_interval_has_an_end_of_its_own_unless_it_reaches_the_last_address(void **state)
{
	struct ruleset_elem elem = elem_of(RULESET_CLOSED4, 10);
	const struct ruleset_elems elems = { .items = &elem, .n = 1 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_elem_append(&batch, "netd", &elems, true);
	assert_int_equal(n_in(message(&batch, 1)), 2);
	/* From 10.0.0.0 to 10.0.0.0: the one after it is the end. */
	assert_true(has_bytes(message(&batch, 1), (uint8_t[]) { 10, 0, 0, 0 }, 4));
	assert_true(has_bytes(message(&batch, 1), (uint8_t[]) { 10, 0, 0, 1 }, 4));
	nft_batch_clear(&batch);
	memset(elem.key_end, 0xff, sizeof(elem.key_end));
	nft_elem_append(&batch, "netd", &elems, true);
	assert_int_equal(n_in(message(&batch, 1)), 1);
	nft_batch_done(&batch);
}

static void a_refusal_names_the_element_at_its_offset(void **state)
{
	struct ruleset_elem items[] = { elem_of(RULESET_CLOSED4, 10), elem_of(RULESET_BRIDGES, 1),
					elem_of(RULESET_CLOSED4, 20),
					elem_of(RULESET_CLOSED4, 30) };
	const struct ruleset_elems elems = { .items = items, .n = 4 };
	struct nft_refusal refusal = { 0 };
	struct nft_batch batch = { 0 };
	size_t at = 1;

	(void)state;
	nft_elem_append(&batch, "netd", &elems, true);
	while (batch.notes[at].n_elems != 3)
		at++;
	refusal.note = &batch.notes[at];
	refusal.attr_offset = offset_of(message(&batch, at), 0);
	assert_ptr_equal(nft_elem_refused(&batch, &refusal), &items[0]);
	refusal.attr_offset = offset_of(message(&batch, at), 2);
	assert_ptr_equal(nft_elem_refused(&batch, &refusal), &items[2]);
	refusal.attr_offset = offset_of(message(&batch, at), 3); /* its end */
	assert_ptr_equal(nft_elem_refused(&batch, &refusal), &items[2]);
	refusal.attr_offset = offset_of(message(&batch, at), 4) + 8;
	assert_ptr_equal(nft_elem_refused(&batch, &refusal), &items[3]);
	refusal.attr_offset = 0; /* not told */
	assert_null(nft_elem_refused(&batch, &refusal));
	refusal.note = &batch.notes[0];
	assert_null(nft_elem_refused(&batch, &refusal));
	nft_batch_done(&batch);
}

static void thousands_are_several_messages_with_all_of_them(void **state)
{
	enum { N = 5000 };
	struct ruleset_elem *items = calloc(N, sizeof(*items));
	const struct ruleset_elems elems = { .items = items, .n = N };
	struct nft_batch batch = { 0 };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		items[i] = elem_of(RULESET_BRIDGES, 1);
		memcpy(items[i].key, &i, 4);
	}
	nft_elem_append(&batch, "netd", &elems, false);
	assert_true(batch.n_notes > 2);
	for (size_t i = 1; i < batch.n_notes; i++) {
		assert_int_equal(message(&batch, i)->nlmsg_type & 0xff, NFT_MSG_DELSETELEM);
		assert_int_equal(n_in(message(&batch, i)), batch.notes[i].n_elems);
		assert_ptr_equal(batch.notes[i].elems, &items[n]);
		n += batch.notes[i].n_elems;
	}
	assert_int_equal(n, N);
	nft_batch_done(&batch);
	free(items);
}

static void what_could_not_be_listed_is_no_batch(void **state)
{
	const struct ruleset_elems elems = { .err = -12 };
	struct nft_batch batch = { 0 };

	(void)state;
	nft_elem_append(&batch, "netd", &elems, true);
	assert_int_equal(batch.err, -12);
	assert_null(nft_batch_add(&batch, NFT_MSG_NEWTABLE, 0, NFPROTO_INET, 64, "table", "a"));
	nft_batch_done(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_of_one_set_are_one_message_wherever_they_stand),
		cmocka_unit_test(
			an_interval_has_an_end_of_its_own_unless_it_reaches_the_last_address),
		cmocka_unit_test(a_refusal_names_the_element_at_its_offset),
		cmocka_unit_test(thousands_are_several_messages_with_all_of_them),
		cmocka_unit_test(what_could_not_be_listed_is_no_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_replay.c - a ruleset is made again with its order and its numbers, and what was stood for is
// put back
#include "diag/rules/replay.h"

#include "base/limits.h"
#include "diag/rules/replay_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- a ruleset as the kernel would show it ---- */

static struct buf shown;
static size_t message;

static size_t open_attr(uint16_t type)
{
	const struct nlattr head = { .nla_type = type, .nla_len = sizeof(head) };

	buf_append(&shown, &head, sizeof(head));
	return shown.len - sizeof(head);
}
static void close_attr(size_t at)
{
	uint16_t len = (uint16_t)(shown.len - at);

	memcpy(shown.data + at, &len, sizeof(len));
	while (shown.len % NLA_ALIGNTO)
		buf_append(&shown, "", 1);
}
static void put(uint16_t type, const void *data, size_t len)
{
	size_t at = open_attr(type);

	buf_append(&shown, data, len);
	close_attr(at);
}
static void text(uint16_t type, const char *value)
{
	put(type, value, strlen(value) + 1);
}
static void number(uint16_t type, uint32_t value)
{
	value = htonl(value);
	put(type, &value, sizeof(value));
}
static void handle(uint16_t type, uint64_t value)
{
	const uint32_t halves[] = { htonl((uint32_t)(value >> 32)), htonl((uint32_t)value) };

	put(type, halves, sizeof(halves));
}
static void begin(uint16_t type)
{
	const struct nlmsghdr head = { .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type) };
	const struct nfgenmsg gen = { .nfgen_family = NFPROTO_INET };

	message = shown.len;
	buf_append(&shown, &head, sizeof(head));
	buf_append(&shown, &gen, sizeof(gen));
}
static void end(void)
{
	uint32_t len = (uint32_t)(shown.len - message);

	memcpy(shown.data + message, &len, sizeof(len));
}

static void table(const char *name, uint64_t of)
{
	begin(NFT_MSG_NEWTABLE);
	text(NFTA_TABLE_NAME, name);
	handle(NFTA_TABLE_HANDLE, of);
	end();
}
static void chain(const char *name, uint64_t of)
{
	begin(NFT_MSG_NEWCHAIN);
	text(NFTA_CHAIN_TABLE, "t");
	text(NFTA_CHAIN_NAME, name);
	handle(NFTA_CHAIN_HANDLE, of);
	end();
}
/* Its expressions: names, up to a NULL. */
static void rule(const char *in, uint64_t of, const char *const *names)
{
	size_t list, expr;

	begin(NFT_MSG_NEWRULE);
	text(NFTA_RULE_TABLE, "t");
	text(NFTA_RULE_CHAIN, in);
	handle(NFTA_RULE_HANDLE, of);
	list = open_attr(NFTA_RULE_EXPRESSIONS);
	for (; *names; names++) {
		expr = open_attr(NFTA_LIST_ELEM);
		text(NFTA_EXPR_NAME, *names);
		close_attr(expr);
	}
	close_attr(list);
	end();
}
#define RULE(in, of, ...) rule(in, of, (const char *const[]) { __VA_ARGS__, NULL })
static void set(const char *name, uint64_t of, uint32_t flags)
{
	begin(NFT_MSG_NEWSET);
	text(NFTA_SET_TABLE, "t");
	text(NFTA_SET_NAME, name);
	handle(NFTA_SET_HANDLE, of);
	number(NFTA_SET_FLAGS, flags);
	end();
}
static void elements(const char *of, const char *one, const char *other)
{
	size_t list;

	begin(NFT_MSG_NEWSETELEM);
	text(NFTA_SET_ELEM_LIST_TABLE, "t");
	text(NFTA_SET_ELEM_LIST_SET, of);
	list = open_attr(NFTA_SET_ELEM_LIST_ELEMENTS);
	text(NFTA_LIST_ELEM, one);
	text(NFTA_LIST_ELEM, other);
	close_attr(list);
	end();
}

/* ---- what is made of it, in words ---- */

static const char *type_word(uint16_t type)
{
	static const char *const words[] = {
		[NFT_MSG_NEWTABLE] = "table", [NFT_MSG_DELTABLE] = "-table",
		[NFT_MSG_NEWCHAIN] = "chain", [NFT_MSG_DELCHAIN] = "-chain",
		[NFT_MSG_NEWRULE] = "rule",   [NFT_MSG_DELRULE] = "-rule",
		[NFT_MSG_NEWSET] = "set",     [NFT_MSG_NEWSETELEM] = "elements",
		[NFT_MSG_NEWOBJ] = "object",
	};

	return words[type];
}

static void tell_list(struct tlv list, bool are_exprs, struct buf *out)
{
	struct tlv item;
	uint16_t type;

	buf_puts(out, "[");
	while (tlv_next(&list, &item, &type)) {
		struct tlv_set expr;
		char name[32] = "?";

		tlv_read(item, &expr);
		if (!are_exprs)
			(void)snprintf(name, sizeof(name), "%s", (const char *)item.data);
		else
			(void)tlv_text(&expr, NFTA_EXPR_NAME, name, sizeof(name));
		buf_printf(out, "%s ", name);
	}
	buf_puts(out, "]");
}

/* "rule c +a" is appended, "rule c" put first, "rule c +a@5" behind number 5. */
static void tell(const struct nlmsghdr *head, struct tlv attrs, struct buf *out)
{
	uint16_t type = head->nlmsg_type & 0xff;
	struct tlv_set at;
	char name[32] = "";
	uint64_t position = 0;

	tlv_read(attrs, &at);
	(void)tlv_text(&at,
		       type <= NFT_MSG_DELTABLE	 ? 1
		       : type >= NFT_MSG_NEWSET	 ? 2
		       : type >= NFT_MSG_NEWRULE ? NFTA_RULE_CHAIN
						 : NFTA_CHAIN_NAME,
		       name, sizeof(name));
	buf_printf(out, "%s %s", type_word(type), name);
	if (type == NFT_MSG_NEWRULE && head->nlmsg_flags & NLM_F_APPEND)
		buf_puts(out, " +a");
	if (type == NFT_MSG_NEWRULE && tlv_u64(&at, NFTA_RULE_POSITION, &position))
		buf_printf(out, "@%d", (int)position);
	if (type == NFT_MSG_NEWRULE && at.of[NFTA_RULE_EXPRESSIONS].data)
		tell_list(at.of[NFTA_RULE_EXPRESSIONS], true, out);
	if (type == NFT_MSG_NEWSETELEM)
		tell_list(at.of[NFTA_SET_ELEM_LIST_ELEMENTS], false, out);
	/* What the kernel gives it does not take. */
	assert_false(type == NFT_MSG_NEWCHAIN && at.of[NFTA_CHAIN_HANDLE].data);
	assert_false(type == NFT_MSG_NEWRULE && at.of[NFTA_RULE_HANDLE].data);
	assert_true(type != NFT_MSG_NEWSET ||
		    (at.of[NFTA_SET_ID].data && !at.of[NFTA_SET_HANDLE].data));
	buf_puts(out, "\n");
}

static void check_batch(struct replay *replay, size_t of, const char *wanted)
{
	struct buf batch = { 0 }, out = { 0 };
	uint32_t seq = REPLAY_SEQ;

	assert_int_equal(replay_batch(replay, of, &batch), 0);
	for (size_t at = 0; at < batch.len;) {
		const size_t before = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);
		struct nlmsghdr head;

		memcpy(&head, batch.data + at, sizeof(head));
		assert_int_equal(head.nlmsg_seq, seq++);
		if (head.nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES)
			tell(&head,
			     (struct tlv) { .data = (const uint8_t *)batch.data + at + before,
					    .len = head.nlmsg_len - before },
			     &out);
		at += NLMSG_ALIGN(head.nlmsg_len);
	}
	assert_string_equal(out.data, wanted);
	buf_done(&batch);
	buf_done(&out);
}

static struct replay *read_shown(void)
{
	struct replay *replay = NULL;

	assert_int_equal(replay_new(shown.data, shown.len, &replay), 0);
	return replay;
}

static int forget(void **state)
{
	(void)state;
	buf_done(&shown);
	shown = (struct buf) { 0 };
	return 0;
}

/* ---- tests ---- */

static void what_has_gone_leaves_its_number_free(void **state)
{
	struct replay *replay;

	(void)state;
	table("t", 2);
	chain("c", 1);
	RULE("c", 6, "meta");
	RULE("c", 3, "cmp");
	replay = read_shown();
	check_batch(replay, 0,
		    "table netd-filler\n-table netd-filler\n"
		    "table t\nchain c\nchain netd-filler\nrule c +a[cmp ]\n"
		    "rule netd-filler +a\nrule netd-filler +a\nrule c[meta ]\n"
		    "-rule netd-filler\n-chain netd-filler\n");
	replay_free(replay);
}

static void a_rule_comes_between_those_that_were_there_before_it(void **state)
{
	struct replay *replay;

	(void)state;
	table("t", 1);
	chain("c", 1);
	chain("d", 2);
	RULE("c", 3, "a");
	RULE("c", 5, "b");
	RULE("c", 4, "c");
	RULE("d", 6, "d");
	replay = read_shown();
	check_batch(replay, 0,
		    "table t\nchain c\nchain d\nrule c +a[a ]\nrule c +a[c ]\nrule c +a@3[b ]\n"
		    "rule d +a[d ]\n");
	replay_free(replay);
}

static void elements_come_when_they_can(void **state)
{
	struct replay *replay;

	(void)state;
	table("t", 1);
	chain("c", 1);
	set("s", 2, NFT_SET_MAP);
	set("__set0", 3, NFT_SET_ANONYMOUS | NFT_SET_CONSTANT);
	set("tree", 4, NFT_SET_INTERVAL);
	set("ways", 5, NFT_SET_INTERVAL | NFT_SET_CONCAT);
	elements("s", "1", "2");
	elements("s", "3", "4");
	elements("__set0", "5", "6");
	elements("tree", "9", "8");
	elements("tree", "7", "6");
	elements("ways", "1", "2");
	RULE("c", 6, "lookup");
	replay = read_shown();
	check_batch(replay, 0,
		    "table t\nchain c\nset s\nset __set0\nset tree\nset ways\n"
		    "elements __set0[5 6 ]\nrule c +a[lookup ]\n"
		    "elements s[1 2 ]\nelements s[3 4 ]\n"
		    "elements tree[6 7 ]\nelements tree[8 9 ]\nelements ways[1 2 ]\n");
	replay_free(replay);
}

static void what_stood_for_a_rule_gives_way_to_it(void **state)
{
	struct replay *replay;
	struct buf before = { 0 }, out = { 0 };

	(void)state;
	table("t", 1);
	chain("c", 1);
	RULE("c", 2, "match", "counter", "target");
	RULE("c", 3, "counter");
	replay = read_shown();
	check_batch(replay, 0, "table t\nchain c\nrule c +a[counter ]\nrule c +a[counter ]\n");
	before = shown;
	shown = (struct buf) { 0 };
	table("t", 1);
	chain("c", 1);
	RULE("c", 2, "counter");
	RULE("c", 3, "counter");
	assert_int_equal(replay_restore(replay, shown.data, shown.len, &out), 0);
	assert_int_equal(out.len, before.len);
	assert_memory_equal(out.data, before.data, out.len);
	assert_true(replay_stands(replay, 0, shown.data, shown.len));
	buf_done(&out);
	out = (struct buf) { 0 };
	/* A table that was made anew has rules of its own, and numbers from 1. */
	buf_done(&shown);
	shown = (struct buf) { 0 };
	table("t", 2);
	chain("c", 1);
	RULE("c", 2, "counter");
	assert_int_equal(replay_restore(replay, shown.data, shown.len, &out), 0);
	assert_int_equal(out.len, shown.len);
	assert_memory_equal(out.data, shown.data, out.len);
	assert_false(replay_stands(replay, 0, shown.data, shown.len));
	buf_done(&out);
	buf_done(&before);
	replay_free(replay);
}

static void a_refused_rule_is_stood_for_and_nothing_else_is(void **state)
{
	struct replay *replay;
	char what[32];

	(void)state;
	table("t", 1);
	chain("c", 1);
	RULE("c", 2, "tomorrow");
	RULE("c", 3, "lookup");
	set("s", 4, 0);
	elements("s", "1", "2");
	replay = read_shown();
	check_batch(replay, 0,
		    "table t\nchain c\nrule c +a[tomorrow ]\nrule c +a[lookup ]\nset s\n"
		    "elements s[1 2 ]\n");
	/* 1 begins the batch. */
	assert_true(replay_refused(replay, 0, 4, what, sizeof(what)));
	assert_false(replay_refused(replay, 0, 4, what, sizeof(what))); /* as it is, too */
	assert_false(replay_refused(replay, 0, 3, what, sizeof(what)));
	assert_string_equal(what, "a chain");
	assert_false(replay_refused(replay, 0, 5, what, sizeof(what))); /* s would not be in use */
	assert_string_equal(what, "a rule");
	assert_false(replay_refused(replay, 0, 7, what, sizeof(what)));
	assert_string_equal(what, "an element of a set");
	assert_false(replay_refused(replay, 0, 99, what, sizeof(what)));
	check_batch(replay, 0,
		    "table t\nchain c\nrule c +a[]\nrule c +a[lookup ]\nset s\nelements s[1 2 ]\n");
	replay_free(replay);
}

static void numbers_are_made_up_to_a_limit(void **state)
{
	struct replay *replay;
	struct buf batch = { 0 };

	(void)state;
	table("t", 1);
	chain("c", UINT64_C(1) << 40);
	replay = read_shown();
	assert_int_equal(replay_batch(replay, 0, &batch), -E2BIG);
	buf_done(&batch);
	replay_free(replay);
}

static void what_is_no_ruleset_is_refused(void **state)
{
	struct replay *replay = NULL;

	(void)state;
	assert_int_equal(replay_new("hello, this is text", 19, &replay), -EBADMSG);
	chain("c", 1); /* of a table that is not there */
	assert_int_equal(replay_new(shown.data, shown.len, &replay), -EBADMSG);
	(void)forget(NULL);
	table("t", 1);
	chain("c", 0);
	assert_int_equal(replay_new(shown.data, shown.len, &replay), -EBADMSG);
	(void)forget(NULL);
	table("t", 1);
	elements("s", "1", "2"); /* of a set that is not there */
	assert_int_equal(replay_new(shown.data, shown.len, &replay), -EBADMSG);
	assert_int_equal(replay_new("", 0, &replay), 0);
	assert_int_equal(replay_n_tables(replay), 0);
	replay_free(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_has_gone_leaves_its_number_free, forget),
		cmocka_unit_test_teardown(a_rule_comes_between_those_that_were_there_before_it,
					  forget),
		cmocka_unit_test_teardown(elements_come_when_they_can, forget),
		cmocka_unit_test_teardown(what_stood_for_a_rule_gives_way_to_it, forget),
		cmocka_unit_test_teardown(a_refused_rule_is_stood_for_and_nothing_else_is, forget),
		cmocka_unit_test_teardown(numbers_are_made_up_to_a_limit, forget),
		cmocka_unit_test_teardown(what_is_no_ruleset_is_refused, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

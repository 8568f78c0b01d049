// SPDX-License-Identifier: GPL-2.0-or-later
// test_seen_figures.c - the head of a snapshot, and its parts that are figures, byte for byte
#include "model/seen/seen_figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(struct buf *out, const char *text)
{
	assert_int_equal(out->err, 0);
	assert_string_equal(out->data, text);
	buf_done(out);
}

static void the_head_names_what_is_missing_of_what_was_asked_for(void **state)
{
	const struct seen_head head = {
		.number = 3,
		.when = { 1700000000, 0 },
		.took_s = 0.0105,
		.longest_turn_s = 0.0004,
		.n_turns = 7,
		.generation = { 5, 812 },
		.begin = { 5, 810 },
		.missing = { [SEEN_RESOLVER] = "no \"answer\"", [SEEN_LINKS] = "nobody asked" }
	};
	struct buf out = { 0 };

	(void)state;
	seen_figures_head(&out, &head, SEEN_BIT(SEEN_DAEMON) | SEEN_BIT(SEEN_RESOLVER));
	expect(&out, "\"Version\":1,\"Gathering\":3,\"Time\":\"2023-11-14T22:13:20.000000000Z\","
		     "\"TookMilliseconds\":10.500,\"Turns\":7,\"LongestTurnMilliseconds\":0.400,"
		     "\"Generation\":{\"State\":5,\"Run\":812},"
		     "\"GenerationAtBegin\":{\"State\":5,\"Run\":810},\"Moving\":false,"
		     "\"Missing\":[{\"Part\":\"Resolver\",\"Why\":\"no \\\"answer\\\"\"}]");
}

static void records_are_counted(void **state)
{
	static const char *const notes[] = { "a", "b" };
	const struct timespec backup = { 1700000000, 0 };
	struct seen_store store = { .state = { 5, 4, 2131, true },
				    .run = { 812, 9000, 99, false },
				    .n_healed = 1,
				    .notes = notes,
				    .n_notes = 2 };
	struct buf out = { 0 };

	(void)state;
	seen_figures_store(&out, &store);
	expect(&out,
	       "{\"State\":{\"Generation\":5,\"Rows\":4,\"JournalBytes\":2131,\"ReadOnly\":true},"
	       "\"Run\":{\"Generation\":812,\"Rows\":9000,\"JournalBytes\":99,"
	       "\"ReadOnly\":false},\"Healed\":1,\"LastBackup\":null,\"Notes\":[\"a\",\"b\"]}");
	store = (struct seen_store) { .backup = &backup };
	seen_figures_store(&out, &store);
	assert_non_null(strstr(out.data, "\"LastBackup\":\"2023-11-14T22:13:20.000000000Z\""));
	buf_done(&out);
}

static void a_link_shows_null_for_what_it_has_not(void **state)
{
	struct seen_link link = { .ifindex = 7,
				  .name = "nd1",
				  .kind = "veth",
				  .alias = "web on n",
				  .master = 4,
				  .peer = 2,
				  .mtu = 1500,
				  .is_up = true,
				  .received = { 1, 2, 3, 4 },
				  .sent = { 5, 6, 7, UINT64_MAX } };
	struct buf out = { 0 };

	(void)state;
	seen_figures_link(&out, &link);
	link = (struct seen_link) { .name = "lo", .alias = "" };
	seen_figures_link(&out, &link);
	expect(&out, "{\"Name\":\"nd1\",\"Index\":7,\"Kind\":\"veth\",\"Alias\":\"web on n\","
		     "\"Mac\":\"00:00:00:00:00:00\",\"Mtu\":1500,\"Up\":true,\"Running\":false,"
		     "\"Master\":4,\"Peer\":2,"
		     "\"Received\":{\"Packets\":1,\"Bytes\":2,\"Errors\":3,\"Dropped\":4},"
		     "\"Sent\":{\"Packets\":5,\"Bytes\":6,\"Errors\":7,\"Dropped\":"
		     "18446744073709551615}},"
		     "{\"Name\":\"lo\",\"Index\":0,\"Kind\":null,\"Alias\":null,"
		     "\"Mac\":\"00:00:00:00:00:00\",\"Mtu\":0,\"Up\":false,\"Running\":false,"
		     "\"Master\":0,\"Peer\":0,"
		     "\"Received\":{\"Packets\":0,\"Bytes\":0,\"Errors\":0,\"Dropped\":0},"
		     "\"Sent\":{\"Packets\":0,\"Bytes\":0,\"Errors\":0,\"Dropped\":0}}");
}

static void what_went_through_a_link_has_its_index_alone(void **state)
{
	const struct seen_through through = { 7, { 1, 2, 3, 4 }, { 5, 6, 7, UINT64_MAX } };
	struct buf out = { 0 };

	(void)state;
	seen_figures_through(&out, &through);
	expect(&out, "{\"Index\":7,"
		     "\"Received\":{\"Packets\":1,\"Bytes\":2,\"Errors\":3,\"Dropped\":4},"
		     "\"Sent\":{\"Packets\":5,\"Bytes\":6,\"Errors\":7,\"Dropped\":"
		     "18446744073709551615}}");
}

static void a_table_is_its_sets_and_what_they_counted(void **state)
{
	static const struct seen_counter sets[] = { { "bridges", 2 }, { "masq4", 0 } };
	static const struct seen_counted counted[] = { { "forged { br0 }", 9 }, { "x", 1 } };
	const struct seen_table table = { sets, 2, counted, 2 };
	struct buf out = { 0 };

	(void)state;
	seen_figures_table(&out, &table);
	expect(&out, "{\"Sets\":{\"bridges\":2,\"masq4\":0},"
		     "\"Counted\":[{\"Element\":\"forged { br0 }\",\"Packets\":9},"
		     "{\"Element\":\"x\",\"Packets\":1}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_names_what_is_missing_of_what_was_asked_for),
		cmocka_unit_test(records_are_counted),
		cmocka_unit_test(a_link_shows_null_for_what_it_has_not),
		cmocka_unit_test(what_went_through_a_link_has_its_index_alone),
		cmocka_unit_test(a_table_is_its_sets_and_what_they_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_far.c - containers of other hosts: what is noted of them, and what is due
#include "engine/state/far.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NET "5555555555555555555555555555555555555555555555555555555555555555"
#define OTHER "6666666666666666666666666666666666666666666666666666666666666666"
#define C1 "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"

static int setup(void **state)
{
	return far_new((struct far **)state);
}

static int teardown(void **state)
{
	far_free(*state);
	return 0;
}

static struct cluster_key put(struct far *far, const char *host, const char *net, const char *name)
{
	static struct cluster_record record;
	const struct cluster_key key = cluster_key_of_end(host, net, C1);

	far_host(far, host)->tunnel[FAMILY_4] = (struct addr) { AF_INET, { 192, 0, 2, 1 } };
	cluster_record_init(&record, &key);
	record.end.addrs[FAMILY_4] = (struct addr) { AF_INET, { 10, 1, 2, 3 } };
	(void)snprintf(record.end.name, sizeof(record.end.name), "%s", name);
	record.end.n_aliases = 3;
	(void)snprintf(record.end.aliases[0], sizeof(record.end.aliases[0]), "db");
	(void)snprintf(record.end.aliases[1], sizeof(record.end.aliases[1]), "%s", name);
	(void)snprintf(record.end.aliases[2], sizeof(record.end.aliases[2]), "DB");
	assert_int_equal(far_put(far, &record), 0);
	return key;
}

static void put_unknown(struct far *far, const char *host, const char *net)
{
	static struct cluster_record record;
	const struct cluster_key key = cluster_key_of_end(host, net, C1);

	cluster_record_init(&record, &key);
	assert_int_equal(far_put(far, &record), 0);
}

static size_t n_due(const struct far *far)
{
	size_t n = 0;

	list_foreach (&far->due, const struct far_end, end, in_due)
		n++;
	return n;
}

static void clear_due(struct far *far)
{
	list_foreach (&far->due, struct far_end, end, in_due)
		list_remove(&end->in_due);
}

static void a_record_is_due_with_each_of_its_names_once(void **state)
{
	struct far *far = *state;
	const struct far_end *end;

	put(far, "g", NET, "web");
	end = list_first(&far->due, struct far_end, in_due);
	assert_int_equal(n_due(far), 1);
	assert_int_equal(end->n_names, 3);
	assert_string_equal(end->names[0], "web");
	assert_string_equal(end->names[1], "db");
	assert_string_equal(end->names[2], "c1c1c1c1c1c1"); /* its short id */
	assert_string_equal(end->host->name, "g");
	assert_ptr_equal(end->host, far_host(far, "g"));
}

static void one_that_changes_is_undone_before_it_is_done_anew(void **state)
{
	struct far *far = *state;
	struct far_end *before, *after;

	put(far, "g", NET, "web");
	clear_due(far);
	put(far, "g", NET, "api");
	assert_int_equal(n_due(far), 2);
	before = list_first(&far->due, struct far_end, in_due);
	assert_true(before->gone);
	assert_string_equal(before->names[0], "web");
	far_end_free(before);
	after = list_first(&far->due, struct far_end, in_due);
	assert_false(after->gone);
	assert_string_equal(after->names[0], "api");
}

static void one_that_is_gone_is_due_once_more(void **state)
{
	struct far *far = *state;
	struct cluster_key key = put(far, "g", NET, "web");

	clear_due(far);
	far_remove(far, &key);
	far_remove(far, &key);
	assert_int_equal(n_due(far), 1);
	assert_true(list_first(&far->due, struct far_end, in_due)->gone);
}

static void what_rests_on_a_host_or_a_network_is_due_with_it(void **state)
{
	struct far *far = *state;

	put(far, "g", NET, "a");
	put(far, "k", NET, "b");
	put(far, "k", OTHER, "c");
	clear_due(far);
	far_due_of_host(far, far_host(far, "k"));
	assert_int_equal(n_due(far), 2);
	far_due_of_net(far, NET); /* one of which waits already */
	assert_int_equal(n_due(far), 3);
}

static void whose_host_is_not_known_is_due_with_it(void **state)
{
	struct far *far = *state;
	struct far_host *host = far_host(far, "g");

	put(far, "k", NET, "a");
	put(far, "g", NET, "b");
	clear_due(far);
	memset(host->tunnel, 0, sizeof(host->tunnel));
	put_unknown(far, "g", OTHER);
	assert_int_equal(n_due(far), 0);
	far_due_of_host(far, host);
	assert_int_equal(n_due(far), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_record_is_due_with_each_of_its_names_once),
		TEST(one_that_changes_is_undone_before_it_is_done_anew),
		TEST(whose_host_is_not_known_is_due_with_it),
		TEST(one_that_is_gone_is_due_once_more),
		TEST(what_rests_on_a_host_or_a_network_is_due_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_missed.c - who is looked after behind an election, and when one of them is taken for lost
#include "herald/missed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Members whose names are of one letter each; "-": one that has not begun. */
static struct missed begin(const char *self, const char *names)
{
	static struct herald_members members;
	struct missed missed = { .n = 9 }; /* of an election before */

	memset(&members, 0, sizeof(members));
	for (; *names; names++)
		members.all[members.n++].name[0] = *names == '-' ? '\0' : *names;
	missed_begin(&missed, self, &members);
	return missed;
}

static void a_host_with_a_member_looks_after_the_others_that_have_one(void **state)
{
	struct missed missed = begin("b", "abc");

	(void)state;
	assert_int_equal(missed.n, 2);
	assert_string_equal(missed.hosts[0].host, "a");
	assert_string_equal(missed.hosts[1].host, "c");
	assert_int_equal(begin("a", "a").n, 0);
	assert_int_equal(begin("a", "a-").n, 0);
	/* who has none looks after nobody: there may be a thousand of them */
	assert_int_equal(begin("d", "abc").n, 0);
	assert_int_equal(begin("d", "").n, 0);
}

static void what_is_read_is_noted_of_these_alone(void **state)
{
	struct missed missed = begin("b", "abc");

	(void)state;
	missed_note(&missed, "b", 1, 11);
	missed_note(&missed, "c", 2, 12);
	missed_note(&missed, "d", 3, 13);
	assert_int_equal(missed.hosts[0].lease, 0);
	assert_int_equal(missed.hosts[1].lease, 2);
	assert_int_equal(missed.hosts[1].revision, 12);
}

static bool looks(struct missed_host *host, int64_t granted_s, int64_t ttl_s)
{
	const struct etcd_answer answer = { .granted_s = granted_s, .ttl_s = ttl_s };

	return missed_look(host, &answer);
}

static void one_that_was_not_heard_of_again_and_again_is_ended_once(void **state)
{
	struct missed_host host = { .lease = 1 };

	(void)state;
	assert_false(looks(&host, 2, 2));
	assert_false(looks(&host, 2, 1));
	assert_false(looks(&host, 2, 0));
	assert_false(looks(&host, 2, 0));
	assert_false(host.over);
	assert_true(looks(&host, 2, 0));
	assert_true(host.over);
}

static void one_that_is_heard_of_in_between_is_alive(void **state)
{
	struct missed_host host = { .lease = 1 };
	struct etcd_answer refused = { .granted_s = 2, .why = "etcdserver: no leader" };

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_false(looks(&host, 2, 0));
		assert_false(looks(&host, 2, 0));
		assert_false(looks(&host, 2, 1));
	}
	/* a refusal says nothing of it, and what was seen before is old by the next */
	assert_false(looks(&host, 2, 0));
	assert_false(looks(&host, 2, 0));
	assert_false(missed_look(&host, &refused));
	assert_false(looks(&host, 2, 0));
	assert_false(host.over);
}

static void one_that_has_said_so_is_alive_whatever_is_left(void **state)
{
	struct missed missed = begin("b", "abc");

	(void)state;
	missed_heard(&missed, "d");
	missed_heard(&missed, "c");
	for (int i = 0; i < 10; i++)
		assert_false(looks(&missed.hosts[1], 2, 0));
	assert_true(missed.hosts[1].over);
	assert_false(missed.hosts[0].over);
}

static void one_whose_lease_is_over_or_makes_no_sense_is_left_alone(void **state)
{
	struct missed_host host = { .lease = 1 };

	(void)state;
	/* a lease of one second never has more than that left, rounded down */
	for (int i = 0; i < 10; i++)
		assert_false(looks(&host, 1, 0));
	assert_false(host.over);
	assert_false(looks(&host, 0, -1));
	assert_true(host.over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_with_a_member_looks_after_the_others_that_have_one),
		cmocka_unit_test(what_is_read_is_noted_of_these_alone),
		cmocka_unit_test(one_that_has_said_so_is_alive_whatever_is_left),
		cmocka_unit_test(one_that_was_not_heard_of_again_and_again_is_ended_once),
		cmocka_unit_test(one_that_is_heard_of_in_between_is_alive),
		cmocka_unit_test(one_whose_lease_is_over_or_makes_no_sense_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

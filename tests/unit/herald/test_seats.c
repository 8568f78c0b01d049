// SPDX-License-Identifier: GPL-2.0-or-later
// test_seats.c - what is done about a host's member of etcd, by the members there are
#include "herald/seats.h"

#include "herald/etcd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct herald_seat seat = { "c", "https://192.0.2.3:2390" };
static struct herald_members members;
static struct seats_step step;

static void add(const char *name, int number, bool learner)
{
	struct herald_member *member = &members.all[members.n++];

	*member = (struct herald_member) { .learner = learner };
	(void)snprintf(member->id, sizeof(member->id), "%d", number);
	(void)snprintf(member->name, sizeof(member->name), "%s", name);
	(void)snprintf(member->peer, sizeof(member->peer), "https://192.0.2.%d:2390", number);
}

/* What is asked of etcd, and answered when that is done. path NULL: nothing is asked. */
static void expect(enum herald_call what, const char *path, const char *body, int status)
{
	seats_decide(what, &seat, &members, &step);
	assert_int_equal(step.status, status);
	if (path) {
		assert_string_equal(step.path, path);
		assert_string_equal(step.body.data, body);
	} else {
		assert_null(step.path);
	}
	buf_done(&step.body);
}

static int set_up(void **state)
{
	(void)state;
	members = (struct herald_members) { 0 };
	return 0;
}

static void a_host_is_added_as_one_that_learns_and_begins_beside_the_others(void **state)
{
	(void)state;
	add("a", 1, false);
	add("b", 2, false);
	expect(HERALD_CALL_SEAT, ETCD_MEMBER_ADD,
	       "{\"peerURLs\":[\"https://192.0.2.3:2390\"],\"isLearner\":true}", 0);
	assert_string_equal(step.text, "a=https://192.0.2.1:2390,b=https://192.0.2.2:2390,"
				       "c=https://192.0.2.3:2390");
	/* The answer was lost: it is in the list, and has not been started. */
	add("", 3, true);
	expect(HERALD_CALL_SEAT, NULL, NULL, 0);
	assert_string_equal(step.text, "a=https://192.0.2.1:2390,b=https://192.0.2.2:2390,"
				       "c=https://192.0.2.3:2390");
}

static void one_host_at_a_time_and_no_more_than_there_are_seats(void **state)
{
	(void)state;
	add("a", 1, false);
	add("", 2, true);
	expect(HERALD_CALL_SEAT, NULL, NULL, -EAGAIN);
	(void)strcpy(members.all[1].name, "b"); /* it learns */
	expect(HERALD_CALL_SEAT, NULL, NULL, -EAGAIN);
	members.all[1].learner = false;
	add("d", 4, false);
	expect(HERALD_CALL_SEAT, NULL, NULL, -EBUSY);
}

static void what_ran_once_is_removed_and_does_not_come_back_without_its_data(void **state)
{
	(void)state;
	add("a", 1, false);
	add("c", 3, false);
	expect(HERALD_CALL_SEAT, ETCD_MEMBER_REMOVE, "{\"ID\":\"3\"}", -EAGAIN);
}

static void one_that_learns_is_given_a_voice_unless_there_are_enough(void **state)
{
	(void)state;
	add("a", 1, false);
	expect(HERALD_CALL_PROMOTE, NULL, NULL, -ENOENT);
	add("c", 3, true);
	expect(HERALD_CALL_PROMOTE, ETCD_MEMBER_PROMOTE, "{\"ID\":\"3\"}", 0);
	add("b", 2, false);
	add("d", 4, false);
	expect(HERALD_CALL_PROMOTE, ETCD_MEMBER_REMOVE, "{\"ID\":\"3\"}", -ENOENT);
	members.all[1].learner = false;
	expect(HERALD_CALL_PROMOTE, NULL, NULL, 0);
}

static void a_member_is_removed_but_not_the_last_that_has_a_voice(void **state)
{
	(void)state;
	add("a", 1, false);
	expect(HERALD_CALL_UNSEAT, NULL, NULL, 0);
	add("", 3, true);
	expect(HERALD_CALL_UNSEAT, ETCD_MEMBER_REMOVE, "{\"ID\":\"3\"}", 0);
	(void)strcpy(members.all[1].name, "c");
	members.all[1].learner = false;
	expect(HERALD_CALL_UNSEAT, ETCD_MEMBER_REMOVE, "{\"ID\":\"3\"}", 0);
	members.all[0].learner = true;
	expect(HERALD_CALL_UNSEAT, NULL, NULL, -EBUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_host_is_added_as_one_that_learns_and_begins_beside_the_others, set_up),
		cmocka_unit_test_setup(one_host_at_a_time_and_no_more_than_there_are_seats, set_up),
		cmocka_unit_test_setup(
			what_ran_once_is_removed_and_does_not_come_back_without_its_data, set_up),
		cmocka_unit_test_setup(one_that_learns_is_given_a_voice_unless_there_are_enough,
				       set_up),
		cmocka_unit_test_setup(a_member_is_removed_but_not_the_last_that_has_a_voice,
				       set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

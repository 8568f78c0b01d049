// SPDX-License-Identifier: GPL-2.0-or-later
// test_watch.c - what others do is heard of, and undone a moment later without being asked
#include "../rig.h"

#include "base/deadline.h"

#define PATIENCE_MS 30000

/* The loop goes on, its timers too, until the kernel is as it was. */
static void expect_back(struct rig *rig, char *before)
{
	int64_t deadline = deadline_after(PATIENCE_MS);
	bool same = false;

	do {
		char *now;

		rig_turn(rig);
		now = rig_picture(rig);
		same = strcmp(before, now) == 0;
		free(now);
	} while (!same && deadline_pause(deadline, 1000));
	rig_expect_same(rig, before);
}

static void attach_web(struct rig *rig)
{
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_turn(rig);
}

static void a_table_that_was_flushed_is_back(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_rules_flush();
	expect_back(rig, before);
}

static void a_link_that_was_deleted_is_back(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_link_take(NULL, rig_container(rig, "web")->endpoints[0]->host_ifname);
	expect_back(rig, before);
}

static void an_address_and_a_bridge_are(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_addr_take(NULL, "netd0", "172.17.0.1/16");
	expect_back(rig, before);
	before = rig_picture(rig);
	fake_link_take(NULL, "netd0");
	expect_back(rig, before);
}

static void what_happened_unheard_is_looked_for(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig);
	before = rig_picture(rig);
	fake_addr_take(NULL, "netd0", "172.17.0.1/16");
	fake_events_lose();
	expect_back(rig, before);
}

static void without_a_watch_there_is_no_start(void **state)
{
	struct rig *rig = *state;

	rig_stop(rig);
	fake_fail("link_watch.open", -ENOBUFS);
	assert_int_equal(rig_try_start(rig), -ENOBUFS);
	fake_fail("rules_watch.open", -ENOBUFS);
	assert_int_equal(rig_try_start(rig), -ENOBUFS);
	fake_fail(NULL, 0);
	rig_start(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_table_that_was_flushed_is_back, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_link_that_was_deleted_is_back, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(an_address_and_a_bridge_are, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(what_happened_unheard_is_looked_for, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(without_a_watch_there_is_no_start, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

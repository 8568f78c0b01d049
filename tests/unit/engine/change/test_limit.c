// SPDX-License-Identifier: GPL-2.0-or-later
// test_limit.c - other limits of bandwidth for a container that is attached
#include "../rig.h"

#include "engine/wire/shaping.h"

static char turn[IFNAME_LEN_MAX + 1];
static const char *network, *limits;

static struct endpoint *web(struct rig *rig, size_t i)
{
	return rig_container(rig, "web")->endpoints[i];
}

static void attach_web(struct rig *rig, const char *more)
{
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, more));
	rig_done(rig, rig_connect(rig, "web", "blue"));
	rig_turn(rig);
	shaping_name(web(rig, 0), turn);
	fake_calls_clear();
}

static int limit(struct rig *rig)
{
	return engine_limit(rig->engine, "web", network, limits, &rig->error);
}

static int limit_to(struct rig *rig, const char *on, const char *text)
{
	network = on;
	limits = text;
	return limit(rig);
}

static int unlimit(struct rig *rig)
{
	return engine_limit(rig->engine, "web", NULL, "none", &rig->error);
}

static void new_limits_take_the_place_of_all_that_there_were(void **state)
{
	struct rig *rig = *state;
	char *before;

	attach_web(rig, "");
	before = rig_picture(rig);
	rig_done(rig, limit_to(rig, NULL, "in=8mbit,out=4mbit"));
	assert_int_equal(fake_rate(web(rig, 0)->host_ifname), 1022972);
	assert_int_equal(fake_rate(web(rig, 1)->host_ifname), 1022972);
	assert_int_equal(fake_rate(turn), 511486);
	rig_done(rig, limit_to(rig, NULL, "out=8mbit"));
	assert_int_equal(fake_rate(web(rig, 0)->host_ifname), 0);
	assert_int_equal(fake_rate(turn), 1022972);
	rig_done(rig, limit_to(rig, NULL, "none"));
	rig_expect_same(rig, before);
}

static void one_network_may_be_meant(void **state)
{
	struct rig *rig = *state;

	attach_web(rig, "");
	rig_done(rig, limit_to(rig, "blue", "in=8mbit"));
	assert_int_equal(fake_rate(web(rig, 0)->host_ifname), 0);
	assert_int_equal(fake_rate(web(rig, 1)->host_ifname), 1022972);
	assert_int_equal(limit_to(rig, "red", "in=8mbit"), -ENOENT);
	rig_done(rig, rig_disconnect(rig, "web", "blue"));
	assert_int_equal(limit_to(rig, "blue", "in=8mbit"), -ENOENT);
	assert_non_null(strstr(rig->error.text, "web is not connected to network blue"));
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
	struct rig *rig = *state;

	attach_web(rig, "");
	assert_int_equal(limit_to(rig, NULL, "in=fast"), -EINVAL);
	assert_non_null(strstr(rig->error.text, "bandwidth: 'in=fast' is no number of bits"));
	assert_int_equal(engine_limit(rig->engine, "nobody", NULL, "none", &rig->error), -ENOENT);
	rig_done(rig, rig_attach(rig, "lone", rig->netns_b, "\"Networks\": {\"none\": {}}"));
	fake_calls_clear();
	assert_int_equal(engine_limit(rig->engine, "lone", NULL, "in=8mbit", &rig->error), -EINVAL);
	assert_non_null(strstr(rig->error.text, "lone has no interface of its own"));
	assert_int_equal(fake_n_changes(), 0);
}

static void whatever_is_refused_the_limits_are_what_they_were(void **state)
{
	struct rig *rig = *state;

	attach_web(rig, "");
	network = NULL;
	limits = "in=8mbit,out=4mbit";
	assert_true(rig_fail_each(rig, limit, unlimit, -EIO) >= 2);
	fake_ifb_lack();
	assert_int_equal(limit_to(rig, NULL, "in=16mbit,out=4mbit"), -EOPNOTSUPP);
}

static void what_cannot_be_taken_off_again_is_taken_off_later(void **state)
{
	struct rig *rig = *state;

	attach_web(rig, "");
	fake_ifb_lack(); /* what the container receives is limited by then */
	fake_fail_nth(2, -ENOBUFS);
	assert_int_equal(limit_to(rig, NULL, "in=8mbit,out=4mbit"), -EOPNOTSUPP);
	assert_true(fake_has_failed());
	assert_int_equal(fake_rate(web(rig, 0)->host_ifname), 1022972);
	assert_true(ev_is_active(&rig->engine->resync_timer));
	assert_int_equal(rig_resync(rig), 1);
	assert_int_equal(fake_rate(web(rig, 0)->host_ifname), 0);
	assert_int_equal(rig_resync(rig), 0);
}

static void they_are_recorded_and_a_label_does_not_bring_them_back(void **state)
{
	struct rig *rig = *state;

	attach_web(rig, "\"Labels\": {\"netd.bandwidth\": \"in=8mbit\"}");
	rig_done(rig, limit_to(rig, NULL, "in=16mbit"));
	rig_restart(rig);
	assert_int_equal(fake_rate(web(rig, 0)->host_ifname), 2045945);
	assert_int_equal(web(rig, 0)->spec.bandwidth.way[BANDWIDTH_IN].rate_bits, 16000000);
	rig_done(rig, limit_to(rig, NULL, "none"));
	rig_restart(rig);
	assert_int_equal(fake_rate(web(rig, 0)->host_ifname), 0);
	assert_false(bandwidth_is_set(&web(rig, 0)->spec.bandwidth));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(new_limits_take_the_place_of_all_that_there_were),
		TEST(one_network_may_be_meant),
		TEST(what_cannot_be_is_refused_and_changes_nothing),
		TEST(whatever_is_refused_the_limits_are_what_they_were),
		TEST(what_cannot_be_taken_off_again_is_taken_off_later),
		TEST(they_are_recorded_and_a_label_does_not_bring_them_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_shaping.c - limits of bandwidth: made, compared, repaired and gone with an endpoint's link
#include "../rig.h"

#include "engine/see/see.h"
#include "engine/wire/shaping.h"

#define LIMITS "\"Labels\": {\"netd.bandwidth\": \"in=8mbit,out=4mbit\"}"
#define IN 1022972 /* bytes of frames a second */
#define OUT 511486

static char turn[IFNAME_LEN_MAX + 1]; /* of web's last attach */

static int attach_limited(struct rig *rig)
{
	int err = rig_attach(rig, "web", rig->netns_a, LIMITS);

	if (err == 0)
		shaping_name(rig_container(rig, "web")->endpoints[0], turn);
	return err;
}

static int detach_web(struct rig *rig)
{
	return rig_detach(rig, "web");
}

static struct endpoint *attach_web(struct rig *rig)
{
	rig_done(rig, attach_limited(rig));
	rig_turn(rig);
	fake_calls_clear();
	return rig_container(rig, "web")->endpoints[0];
}

static void a_label_limits_both_ways_and_a_detach_ends_it(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);
	const struct endpoint *web = attach_web(rig);

	assert_int_equal(fake_rate(web->host_ifname), IN);
	assert_int_equal(fake_rate(turn), OUT);
	assert_string_equal(fake_link(NULL, turn)->alias, "web on bridge");
	assert_null(shaping_differs(rig->engine, web, NULL));
	rig_done(rig, detach_web(rig));
	rig_expect_same(rig, before);
	assert_null(fake_link(NULL, turn));
}

static void whatever_is_refused_an_attach_leaves_no_limit(void **state)
{
	struct rig *rig = *state;

	assert_true(rig_fail_each(rig, attach_limited, detach_web, -EIO) >= 4);
}

static void a_kernel_without_ifb_is_told_of_and_nothing_is_left(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);

	fake_ifb_lack();
	assert_int_equal(attach_limited(rig), -EOPNOTSUPP);
	assert_non_null(strstr(rig->error.text, "this kernel cannot limit bandwidth of what a "
						"container sends: it lacks links of the kind ifb"));
	rig_expect_same(rig, before);
	rig_done(rig, rig_attach(rig, "web", rig->netns_a,
				 "\"Labels\": {\"netd.bandwidth\": \"in=8mbit\"}"));
}

static void one_connection_has_a_limit_of_its_own(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a,
				 LIMITS ", \"Networks\": {\"bridge\": {\"DriverOpts\": "
					"{\"netd.bandwidth\": \"in=16mbit\"}}}"));
	web = rig_container(rig, "web")->endpoints[0];
	shaping_name(web, turn);
	assert_int_equal(fake_rate(web->host_ifname), 2 * IN + 1);
	assert_null(fake_link(NULL, turn));
}

static void the_label_holds_on_networks_that_come_later(void **state)
{
	struct rig *rig = *state;
	char second[IFNAME_LEN_MAX + 1];

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	(void)attach_web(rig);
	rig_done(rig, rig_connect(rig, "web", "blue"));
	shaping_name(rig_container(rig, "web")->endpoints[1], second);
	assert_int_equal(fake_rate(second), OUT);
	rig_done(rig, rig_disconnect(rig, "web", "blue"));
	rig_turn(rig);
	assert_int_equal(fake_rate(turn), OUT);
}

static void who_has_no_interface_of_its_own_cannot_be_limited(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(
		rig_attach(rig, "web", rig->netns_a, LIMITS ", \"Networks\": {\"none\": {}}"),
		-EINVAL);
	assert_non_null(strstr(rig->error.text, "network none gives container web no interface"));
	assert_int_equal(
		rig_attach(rig, "web", rig->netns_a, "\"Labels\": {\"netd.bandwidth\": \"fast\"}"),
		-EINVAL);
	assert_non_null(strstr(rig->error.text, "label netd.bandwidth: 'fast' is none of"));
}

/* Found, repaired, and not found again. */
static void expect_repair(struct rig *rig, const struct endpoint *web, const char *what)
{
	char *before = rig_picture(rig);

	assert_string_equal(shaping_differs(rig->engine, web, NULL), what);
	assert_int_equal(rig_resync(rig), 1);
	free(before);
	assert_null(shaping_differs(rig->engine, web, NULL));
	assert_int_equal(fake_rate(web->host_ifname), IN);
	assert_int_equal(fake_rate(turn), OUT);
	fake_calls_clear();
	assert_int_equal(rig_resync(rig), 0);
	assert_int_equal(fake_n_changes(), 0);
}

static void a_comparison_asks_once_about_all_limits(void **state)
{
	struct rig *rig = *state;

	(void)attach_web(rig);
	rig_done(rig, rig_attach(rig, "db", rig->netns_b,
				 "\"Labels\": {\"netd.bandwidth\": \"in=8mbit\"}"));
	fake_calls_clear();
	assert_int_equal(rig_resync(rig), 0);
	assert_int_equal(fake_n_calls("shapes.all"), 1);
	assert_int_equal(fake_n_calls("shapes.leads"), 1); /* of web alone: filters are a link's */
	assert_int_equal(fake_n_calls("shapes.look"), 0);
	/* One that it does not tell of is asked for before anything is said or done. */
	fake_queues_miss();
	fake_calls_clear();
	assert_int_equal(rig_resync(rig), 0);
	assert_int_equal(fake_n_changes(), 0);
	assert_int_equal(fake_n_calls("shapes.look"), 2);
	/* Where nobody has a limit nothing is asked. */
	rig_done(rig, rig_detach(rig, "db"));
	rig_done(rig, detach_web(rig));
	fake_calls_clear();
	assert_int_equal(rig_resync(rig), 0);
	assert_int_equal(fake_n_calls("shapes.all"), 0);
}

static void what_somebody_does_to_a_limit_is_found_and_repaired(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web = attach_web(rig);

	fake_rate_set(web->host_ifname, 0);
	expect_repair(rig, web, "has another limit for what the container receives");
	fake_rate_set(turn, OUT + 1);
	expect_repair(rig, web, "has another limit for what the container sends");
	fake_lead_take(web->host_ifname);
	expect_repair(rig, web, "does not lead what the container sends to its limit");
	fake_link(NULL, turn)->flags = 0;
	expect_repair(rig, web, "lost the link that holds what the container sends");
	fake_link_take(NULL, turn);
	expect_repair(rig, web, "lost the link that holds what the container sends");
}

static void a_link_that_is_made_again_has_its_limits_again(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web = attach_web(rig);

	fake_link_take(NULL, web->host_ifname);
	assert_true(rig_resync(rig) > 0);
	assert_int_equal(fake_rate(web->host_ifname), IN);
	assert_null(shaping_differs(rig->engine, web, NULL));
}

static bool is_suspected(struct rig *rig)
{
	bool suspected;

	ev_timer_stop(rig->loop, &rig->engine->resync_timer);
	ev_invoke(rig->loop, &rig->engine->keep->rtnl_io, EV_READ);
	suspected = ev_is_active(&rig->engine->resync_timer);
	ev_timer_stop(rig->loop, &rig->engine->resync_timer);
	return suspected;
}

static void what_the_kernel_tells_of_limits_is_looked_at(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web = attach_web(rig);

	(void)is_suspected(rig);
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, LIMITS));
	assert_false(is_suspected(rig)); /* netd's own doing */
	rig_done(rig, rig_detach(rig, "db"));
	assert_false(is_suspected(rig));
	fake_rate_set(turn, 1);
	assert_true(is_suspected(rig));
	fake_rate_set(turn, OUT);
	assert_false(is_suspected(rig));
	fake_lead_take(web->host_ifname);
	assert_true(is_suspected(rig));
	fake_link_take(NULL, turn);
	assert_true(is_suspected(rig));
}

static void another_netd_takes_limits_over_and_touches_nothing(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web = attach_web(rig);
	char *before = rig_picture(rig);

	rig_restart(rig);
	rig_expect_same(rig, before);
	assert_int_equal(fake_n_calls("shapes.set"), 0);
	web = rig_container(rig, "web")->endpoints[0];
	assert_null(shaping_differs(rig->engine, web, NULL));
	fake_rate_set(turn, 1);
	rig_restart(rig);
	assert_int_equal(fake_rate(turn), OUT);
	rig_done(rig, detach_web(rig));
	(void)rig_resync(rig);
	rig_turn(rig);
	assert_null(fake_link(NULL, turn));
}

static void a_limit_that_nobody_has_is_swept_by_a_start(void **state)
{
	struct rig *rig = *state;

	(void)attach_web(rig);
	rig_stop(rig);
	rig_forget_records(rig);
	fake_link_take(rig->netns_a, "eth0"); /* the pair is gone, the other link is not */
	assert_non_null(fake_link(NULL, turn));
	rig_start(rig);
	rig_turn(rig);
	assert_null(fake_link(NULL, turn));
}

static void what_a_limit_drops_is_counted_as_dropped(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *web = attach_web(rig);
	struct seen_traffic received, sent;

	fake_rate_drops(web->host_ifname, 3);
	fake_rate_drops(turn, 5);
	assert_true(engine_endpoint_traffic(rig->engine, web, &received, &sent));
	assert_int_equal(received.dropped, 3);
	assert_int_equal(sent.dropped, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_label_limits_both_ways_and_a_detach_ends_it),
		TEST(whatever_is_refused_an_attach_leaves_no_limit),
		TEST(a_kernel_without_ifb_is_told_of_and_nothing_is_left),
		TEST(one_connection_has_a_limit_of_its_own),
		TEST(the_label_holds_on_networks_that_come_later),
		TEST(who_has_no_interface_of_its_own_cannot_be_limited),
		TEST(what_somebody_does_to_a_limit_is_found_and_repaired),
		TEST(a_comparison_asks_once_about_all_limits),
		TEST(a_link_that_is_made_again_has_its_limits_again),
		TEST(what_the_kernel_tells_of_limits_is_looked_at),
		TEST(another_netd_takes_limits_over_and_touches_nothing),
		TEST(a_limit_that_nobody_has_is_swept_by_a_start),
		TEST(what_a_limit_drops_is_counted_as_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

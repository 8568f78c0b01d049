// SPDX-License-Identifier: GPL-2.0-or-later
// test_losses.c - each packet that was lost is told once, by the counter that says most of it
#include "diag/losses.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Of the counter; -1: it is not told. */
static int64_t told(const json_t *losses, const char *counter)
{
	json_t *loss;
	size_t i;

	json_array_foreach (losses, i, loss)
		if (strcmp(json_string_value(json_object_get(loss, "Counter")), counter) == 0) {
			assert_true(*json_string_value(json_object_get(loss, "Say")));
			return json_integer_value(json_object_get(loss, "Packets"));
		}
	return -1;
}

static void what_one_counter_tells_another_does_not_tell_again(void **state)
{
	struct facts_value values[] = {
		{ "net.ipv4.ip_forward", 1 },	 { "Udp.InErrors", 10 },
		{ "Udp.RcvbufErrors", 6 },	 { "Udp.InCsumErrors", 1 },
		{ "TcpExt.ListenOverflows", 4 }, { "TcpExt.ListenDrops", 4 },
		{ "Udp6.NoPorts", 2 },		 { "Ip.OutNoRoutes", 0 },
	};
	struct facts_space space = { .values = values, .n_values = ARRAY_SIZE(values) };
	json_t *losses = losses_json(&space);

	(void)state;
	assert_non_null(losses);
	assert_int_equal(told(losses, "Udp.RcvbufErrors"), 6);
	assert_int_equal(told(losses, "Udp.InCsumErrors"), 1);
	assert_int_equal(told(losses, "Udp.InErrors"), 3);
	assert_int_equal(told(losses, "TcpExt.ListenOverflows"), 4);
	assert_int_equal(told(losses, "TcpExt.ListenDrops"), -1);
	assert_int_equal(told(losses, "Udp6.NoPorts"), 2);
	assert_int_equal(told(losses, "Ip.OutNoRoutes"), -1);
	assert_int_equal(json_array_size(losses), 5);
	json_decref(losses);
}

static void a_full_queue_is_told_with_its_interface(void **state)
{
	struct facts_link links[] = { { .name = "lo" }, { .name = "eth0", .qdisc_drops = 9 } };
	struct facts_space space = { .links = links, .n_links = ARRAY_SIZE(links) };
	json_t *losses = losses_json(&space);

	(void)state;
	assert_int_equal(told(losses, "qdisc eth0"), 9);
	assert_int_equal(json_array_size(losses), 1);
	json_decref(losses);
}

static void what_limits_have_dropped_is_told_by_the_containers_interface(void **state)
{
	struct facts_link links[] = {
		{ .name = "nd0123456789ab", .qdisc_drops = 4, .has_limit = true },
		{ .name = "nq0123456789ab", .qdisc_drops = 6, .has_limit = true },
		{ .name = "nd2", .qdisc_drops = 8 }, /* somebody's own queue */
		{ .name = "ndown", .qdisc_drops = 5, .has_limit = true },
		{ .name = "nqown", .qdisc_drops = 9, .has_limit = true }, /* nobody's */
		{ .name = "nqcccccccccccc", .qdisc_drops = 7, .has_limit = true },
	};
	struct facts_space host = { .links = links, .n_links = ARRAY_SIZE(links) };
	struct facts_endpoint endpoints[] = {
		{ .ifname = "eth0", .host_ifname = "nd0123456789ab", .id = "0123456789abcdef" },
		{ .ifname = "eth1", .host_ifname = "nd2", .id = "2222222222222222" },
		{ .ifname = "eth2", .host_ifname = "ndown", .id = "ccccccccccccdddd" },
		{ .ifname = "eth3", .host_ifname = "own0" },
	};
	const struct facts_container container = { .endpoints = endpoints,
						   .n_endpoints = ARRAY_SIZE(endpoints) };
	json_t *losses = json_array();

	(void)state;
	assert_int_equal(losses_add_limits(losses, &host, &container), 0);
	assert_int_equal(told(losses, "limit in eth0"), 4);
	assert_int_equal(told(losses, "limit out eth0"), 6);
	assert_int_equal(told(losses, "limit in eth2"), 5); /* somebody named the host's end */
	assert_int_equal(told(losses, "limit out eth2"), 7);
	assert_int_equal(json_array_size(losses), 4);
	json_decref(losses);
}

static void who_has_lost_nothing_has_an_empty_list(void **state)
{
	json_t *losses = losses_json(&(struct facts_space) { 0 });

	(void)state;
	assert_int_equal(json_array_size(losses), 0);
	assert_true(json_is_array(losses));
	json_decref(losses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_counter_tells_another_does_not_tell_again),
		cmocka_unit_test(a_full_queue_is_told_with_its_interface),
		cmocka_unit_test(what_limits_have_dropped_is_told_by_the_containers_interface),
		cmocka_unit_test(who_has_lost_nothing_has_an_empty_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_chosen.c - which interfaces are meant by a name, what they are called, and what is refused
#include "capturer/capturer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* web is on blue and red, alone on none, both is a container and a network. */
static struct facts_endpoint of_web[] = {
	{ .network = "blue", .ifname = "eth0", .host_ifname = "nd1" },
	{ .network = "red", .ifname = "eth1", .host_ifname = "nd2" },
};
static struct facts_endpoint of_both[] = { { .network = "blue", .ifname = "eth0" } };
static struct facts_container containers[] = {
	{ .name = "web", .id = "aaaa1", .endpoints = of_web, .n_endpoints = 2 },
	{ .name = "alone", .id = "bbbb1" },
	{ .name = "both", .id = "bbbb2", .endpoints = of_both, .n_endpoints = 1 },
	{ .name = "shares", .id = "cccc1", .host_mode = true },
};
static char bridges[][FACTS_IFNAME] = { "br-1", "br-2" };
static struct facts_network networks[] = {
	{ .name = "blue", .id = "1111a", .bridges = bridges, .n_bridges = 2 },
	{ .name = "red", .id = "2222a", .bridges = bridges, .n_bridges = 1 },
	{ .name = "both", .id = "2222b", .bridges = bridges, .n_bridges = 1 },
	{ .name = "host", .id = "3333a" },
};
static const struct facts facts = {
	.containers = containers,
	.n_containers = sizeof(containers) / sizeof(containers[0]),
	.networks = networks,
	.n_networks = sizeof(networks) / sizeof(networks[0]),
};

static struct capture_asked asked_of(const char *name)
{
	struct capture_asked asked;

	capture_asked_init(&asked);
	(void)snprintf(asked.name, sizeof(asked.name), "%s", name);
	return asked;
}

/* "IFNAME (in|host|bridge) NAME;" of each, in their order. */
static void chosen_is(const struct capture_asked *asked, const char *wanted)
{
	struct capturer_chosen chosen;
	struct error error = { 0 };
	char text[4096] = "";

	assert_int_equal(capturer_choose(asked, &facts, &chosen, &error), 0);
	assert_true((chosen.container != NULL) != (chosen.network != NULL));
	for (size_t i = 0; i < chosen.n; i++) {
		const struct capturer_choice *choice = &chosen.list[i];
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s (%s) %s;", choice->ifname,
			       choice->is_bridge   ? "bridge"
			       : choice->is_inside ? "in"
						   : "host",
			       choice->name);
	}
	assert_string_equal(text, wanted);
	capturer_chosen_done(&chosen);
	assert_null(chosen.list);
}

static void is_refused(const struct capture_asked *asked, enum error_kind kind, const char *words)
{
	struct capturer_chosen chosen;
	struct error error = { 0 };

	assert_true(capturer_choose(asked, &facts, &chosen, &error) < 0);
	assert_int_equal(error.kind, kind);
	if (!strstr(error.text, words))
		fail_msg("\"%s\" has no \"%s\"", error.text, words);
	capturer_chosen_done(&chosen);
}

static void name_is_refused(const char *name, enum error_kind kind, const char *words)
{
	const struct capture_asked asked = asked_of(name);

	is_refused(&asked, kind, words);
}

static void of_a_container_each_interface_is_meant_in_the_order_of_its_networks(void **state)
{
	struct capture_asked asked = asked_of("web");

	(void)state;
	chosen_is(&asked, "eth0 (in) web@blue eth0;eth1 (in) web@red eth1;");
	asked.both = true;
	chosen_is(&asked, "eth0 (in) web@blue eth0;nd1 (host) web@blue host nd1;"
			  "eth1 (in) web@red eth1;nd2 (host) web@red host nd2;");
	asked.loopback = true;
	asked.both = false;
	chosen_is(&asked, "eth0 (in) web@blue eth0;eth1 (in) web@red eth1;lo (in) web lo;");
}

static void a_host_s_end_that_nobody_knows_is_left_out(void **state)
{
	struct capture_asked asked = asked_of("container:both");

	(void)state;
	asked.both = true;
	chosen_is(&asked, "eth0 (in) both@blue eth0;");
}

static void of_a_network_its_bridges_are_meant(void **state)
{
	const struct capture_asked asked = asked_of("blue");

	(void)state;
	chosen_is(&asked, "br-1 (bridge) blue bridge br-1;br-2 (bridge) blue bridge br-2;");
}

static void what_an_interface_is_is_said_in_words(void **state)
{
	struct capture_asked asked = asked_of("web");
	struct capturer_chosen chosen;
	struct error error;

	(void)state;
	asked.both = asked.loopback = true;
	assert_int_equal(capturer_choose(&asked, &facts, &chosen, &error), 0);
	assert_int_equal(chosen.n, 5);
	assert_string_equal(chosen.list[0].description, "container web, network blue, inside");
	assert_string_equal(chosen.list[1].description,
			    "container web, network blue, the host's end");
	assert_string_equal(chosen.list[4].description, "container web, what it says to itself");
	capturer_chosen_done(&chosen);
	asked = asked_of("network:blue");
	assert_int_equal(capturer_choose(&asked, &facts, &chosen, &error), 0);
	assert_string_equal(chosen.list[0].description, "network blue, its bridge");
	capturer_chosen_done(&chosen);
}

static void a_name_of_both_has_to_say_of_which(void **state)
{
	struct capture_asked asked = asked_of("container:both");

	(void)state;
	name_is_refused("both", ERROR_INVALID, "write container:both or network:both");
	chosen_is(&asked, "eth0 (in) both@blue eth0;");
	asked = asked_of("network:both");
	chosen_is(&asked, "br-1 (bridge) both bridge br-1;");
}

static void an_id_or_the_beginning_of_one_is_enough(void **state)
{
	struct capture_asked asked = asked_of("aaaa");

	(void)state;
	chosen_is(&asked, "eth0 (in) web@blue eth0;eth1 (in) web@red eth1;");
	asked = asked_of("1111");
	chosen_is(&asked, "br-1 (bridge) blue bridge br-1;br-2 (bridge) blue bridge br-2;");
	asked = asked_of("2222a");
	chosen_is(&asked, "br-1 (bridge) red bridge br-1;");
	name_is_refused("2222", ERROR_INVALID, "the ids of 2 networks begin with '2222'");
	name_is_refused("network:2222", ERROR_INVALID, "begin with '2222'");
	name_is_refused("bbbb", ERROR_INVALID, "begin with 'bbbb'");
}

static void nobody_is_called_so(void **state)
{
	(void)state;
	name_is_refused("nobody", ERROR_NOT_FOUND, "no container and no network called nobody");
	name_is_refused("container:blue", ERROR_NOT_FOUND, "called container:blue");
	name_is_refused("network:web", ERROR_NOT_FOUND, "called network:web");
}

static void what_has_no_interface_is_refused_in_words(void **state)
{
	struct capture_asked asked = asked_of("alone");

	(void)state;
	is_refused(&asked, ERROR_INVALID, "on no network: connect it to one, or capture its");
	asked.loopback = true;
	chosen_is(&asked, "lo (in) alone lo;");
	name_is_refused("shares", ERROR_INVALID, "is on the host's network");
	name_is_refused("host", ERROR_INVALID, "network host has no bridge");
}

static void what_is_asked_about_containers_is_refused_of_a_network(void **state)
{
	struct capture_asked asked = asked_of("blue");

	(void)state;
	asked.both = true;
	is_refused(&asked, ERROR_INVALID, "both asks about a container");
	asked.both = false;
	asked.loopback = true;
	is_refused(&asked, ERROR_INVALID, "loopback asks about a container");
}

static void more_interfaces_than_are_captured_are_refused_and_as_many_are_not(void **state)
{
	static struct facts_endpoint many[CAPTURE_TAPS_MAX + 1];
	const struct facts_container before = containers[1];
	struct capture_asked asked = asked_of("alone");
	struct capturer_chosen chosen;
	struct error error;

	(void)state;
	for (size_t i = 0; i < CAPTURE_TAPS_MAX + 1; i++)
		many[i] = (struct facts_endpoint) { .network = "blue", .ifname = "eth0" };
	containers[1].endpoints = many;
	containers[1].n_endpoints = CAPTURE_TAPS_MAX;
	assert_int_equal(capturer_choose(&asked, &facts, &chosen, &error), 0);
	assert_int_equal(chosen.n, CAPTURE_TAPS_MAX);
	capturer_chosen_done(&chosen);
	asked.loopback = true;
	is_refused(&asked, ERROR_TOO_LARGE, "alone has 65 interfaces, and 64 are captured");
	containers[1].n_endpoints = CAPTURE_TAPS_MAX + 1;
	asked.loopback = false;
	is_refused(&asked, ERROR_TOO_LARGE, "65 interfaces");
	containers[1] = before;
}

static void the_longest_names_have_room(void **state)
{
	struct facts_endpoint endpoint = { 0 };
	const struct facts_container before = containers[1];
	struct capture_asked asked = asked_of("bbbb1");
	struct capturer_chosen chosen;
	struct error error;

	(void)state;
	memset(containers[1].name, 'c', NAME_LEN_MAX);
	memset(endpoint.network, 'n', NAME_LEN_MAX);
	memset(endpoint.ifname, 'i', FACTS_IFNAME - 1);
	memset(endpoint.host_ifname, 'h', FACTS_IFNAME - 1);
	containers[1].endpoints = &endpoint;
	containers[1].n_endpoints = 1;
	asked.both = true;
	assert_int_equal(capturer_choose(&asked, &facts, &chosen, &error), 0);
	assert_int_equal(chosen.n, 2);
	assert_non_null(strstr(chosen.list[1].name, "hhh"));
	assert_int_equal(strlen(chosen.list[1].name),
			 2 * NAME_LEN_MAX + strlen("@ host ") + FACTS_IFNAME - 1);
	assert_non_null(strstr(chosen.list[1].description, ", the host's end"));
	capturer_chosen_done(&chosen);
	containers[1] = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			of_a_container_each_interface_is_meant_in_the_order_of_its_networks),
		cmocka_unit_test(a_host_s_end_that_nobody_knows_is_left_out),
		cmocka_unit_test(of_a_network_its_bridges_are_meant),
		cmocka_unit_test(what_an_interface_is_is_said_in_words),
		cmocka_unit_test(a_name_of_both_has_to_say_of_which),
		cmocka_unit_test(an_id_or_the_beginning_of_one_is_enough),
		cmocka_unit_test(nobody_is_called_so),
		cmocka_unit_test(what_has_no_interface_is_refused_in_words),
		cmocka_unit_test(what_is_asked_about_containers_is_refused_of_a_network),
		cmocka_unit_test(more_interfaces_than_are_captured_are_refused_and_as_many_are_not),
		cmocka_unit_test(the_longest_names_have_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

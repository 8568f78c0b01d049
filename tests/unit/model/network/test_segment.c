// SPDX-License-Identifier: GPL-2.0-or-later
// test_segment.c - segments: which there are, what their bridges are called, their addresses
#include "model/network/segment.h"

#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct network network_web(void)
{
	struct network network = {
		.spec = { .name = "web", .bridge = "br-web", .has[FAMILY_4] = true }
	};
	struct subnet *subnet = &network.spec.subnet[FAMILY_4];

	assert_int_equal(prefix_parse("10.9.0.0/16", &subnet->prefix), 0);
	assert_int_equal(addr_parse("10.9.0.1", &subnet->gateway), 0);
	return network;
}

static void a_network_has_its_first_segment_and_those_that_were_made(void **state)
{
	struct network network = network_web();
	uint32_t seen[SEGMENTS_MAX];
	size_t n = 0;

	(void)state;
	(void)snprintf(network.segments[3].ifname, sizeof(network.segments[3].ifname), "br-web.3");
	network.last_segment = 3;
	network_foreach_segment(&network, number) seen[n++] = number;
	assert_int_equal(n, 2);
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[1], 3);
	assert_string_equal(network_segment_name(&network, 0), "br-web");
	assert_string_equal(network_segment_name(&network, 3), "br-web.3");
	assert_false(network_has_segment(&network, 1));
	assert_false(network_has_segment(&network, SEGMENTS_MAX));
}

static void the_alias_tells_the_segment_whatever_the_length_of_the_name(void **state)
{
	struct network network = network_web();
	char alias[SEGMENT_ALIAS_MAX + 1];

	(void)state;
	segment_alias(&network, 0, alias);
	assert_string_equal(alias, "netd network web");
	segment_alias(&network, 12, alias);
	assert_string_equal(alias, "netd network web, segment 12");
	memset(network.spec.name, 'n', NAME_LEN_MAX);
	segment_alias(&network, 0, alias);
	assert_int_equal(strlen(alias), SEGMENT_ALIAS_MAX);
	segment_alias(&network, 1, alias);
	assert_int_equal(strlen(alias), SEGMENT_ALIAS_MAX);
	assert_string_equal(alias + SEGMENT_ALIAS_MAX - 12, "n, segment 1");
}

/* Compared with what segment_alias makes, and with what differs from it in one place. */
static void an_alias_is_known_again_without_being_made(void **state)
{
	struct network network = network_web();
	char alias[SEGMENT_ALIAS_MAX + 1];

	(void)state;
	for (size_t len = 1; len <= NAME_LEN_MAX; len += NAME_LEN_MAX - 1) {
		memset(network.spec.name, 'n', len);
		network.spec.name[len] = '\0';
		for (uint32_t number = 0; number < 13; number += 12) {
			segment_alias(&network, number, alias);
			assert_true(segment_has_alias(&network, number, alias));
			assert_false(segment_has_alias(&network, number + 1, alias));
			assert_false(segment_has_alias(&network, number, ""));
			alias[strlen(alias) - 1] = '\0';
			assert_false(segment_has_alias(&network, number, alias));
			segment_alias(&network, number, alias);
			alias[0]++;
			assert_false(segment_has_alias(&network, number, alias));
		}
	}
}

static void only_the_first_segment_has_the_subnet(void **state)
{
	struct network network = network_web();
	struct prefix first = segment_addr(&network, 0, AF_INET);
	struct prefix next = segment_addr(&network, 1, AF_INET);

	(void)state;
	assert_string_equal(PREFIX_STR(&first), "10.9.0.1/16");
	assert_string_equal(PREFIX_STR(&next), "10.9.0.1/32");
	next = segment_addr(&network, 1, AF_INET6);
	assert_int_equal(next.addr.family, 0);
	network.spec.inhibit4 = true;
	next = segment_addr(&network, 1, AF_INET);
	assert_int_equal(next.addr.family, 0);
}

static void a_number_is_read_from_an_alias_that_ends_in_one(void **state)
{
	(void)state;
	assert_int_equal(segment_of_alias("netd network web"), 0);
	assert_int_equal(segment_of_alias("netd network web, segment 12"), 12);
	assert_int_equal(segment_of_alias("netd network a, segment 3, segment 1"), 1);
	assert_int_equal(segment_of_alias("netd network web, segment 16"), 0);
	assert_int_equal(segment_of_alias("netd network web, segment 1b"), 0);
	assert_int_equal(segment_of_alias("netd network web, segment "), 0);
	assert_int_equal(segment_of_alias(""), 0);
}

static void a_bridge_is_called_after_the_network_and_the_number(void **state)
{
	struct network network = { .spec.id = "0123456789abcdef" };
	char name[IFNAME_LEN_MAX + 1];

	(void)state;
	segment_name(&network, 15, name);
	assert_string_equal(name, "br-0123456789.f");
}

static void the_first_segment_with_a_free_port_is_chosen(void **state)
{
	struct network network = network_web();
	uint32_t number = 99;

	(void)state;
	assert_int_equal(segment_choose(&network, &number), 0);
	assert_int_equal(number, 0);
	network.segments[0].n_ports = SEGMENT_FIRST_PORTS - 1;
	assert_false(segment_is_full(&network, 0, 0));
	assert_true(segment_is_full(&network, 0, 1));
	network.segments[0].n_ports++;
	assert_int_equal(segment_choose(&network, &number), 0);
	assert_int_equal(number, 1);
	network.segments[1].n_ports = SEGMENT_PORTS;
	assert_int_equal(segment_choose(&network, &number), 0);
	assert_int_equal(number, 2);
	for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
		network.segments[i].n_ports = SEGMENT_FIRST_PORTS;
	assert_int_equal(segment_choose(&network, &number), -ENOSPC);
	assert_int_equal(number, 2);
}

static void who_may_have_one_segment_alone_is_told_why(void **state)
{
	struct network network = network_web();

	(void)state;
	assert_null(segment_why_alone(&network));
	network.spec.inhibit4 = true;
	assert_string_equal(segment_why_alone(&network), "its bridge has no address");
	network.spec.n_sources = 1;
	assert_string_equal(segment_why_alone(&network),
			    "its containers send from addresses that are not their own");
	network.spec.no_addresses = true;
	assert_string_equal(segment_why_alone(&network),
			    "others give its containers their addresses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_has_its_first_segment_and_those_that_were_made),
		cmocka_unit_test(the_alias_tells_the_segment_whatever_the_length_of_the_name),
		cmocka_unit_test(an_alias_is_known_again_without_being_made),
		cmocka_unit_test(only_the_first_segment_has_the_subnet),
		cmocka_unit_test(a_number_is_read_from_an_alias_that_ends_in_one),
		cmocka_unit_test(a_bridge_is_called_after_the_network_and_the_number),
		cmocka_unit_test(the_first_segment_with_a_free_port_is_chosen),
		cmocka_unit_test(who_may_have_one_segment_alone_is_told_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

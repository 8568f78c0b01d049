// SPDX-License-Identifier: GPL-2.0-or-later
// test_segment.c - segments: which there are, what their bridges are called, their addresses
#include "model/network/segment.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_has_its_first_segment_and_those_that_were_made),
		cmocka_unit_test(the_alias_tells_the_segment_whatever_the_length_of_the_name),
		cmocka_unit_test(only_the_first_segment_has_the_subnet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

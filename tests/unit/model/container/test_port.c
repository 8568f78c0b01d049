// SPDX-License-Identifier: GPL-2.0-or-later
// test_port.c - published ports and their protocols
#include "model/container/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct port port(uint8_t protocol, const char *addr, uint16_t number)
{
	struct port port = { .protocol = protocol, .host_port = number };

	if (*addr)
		assert_int_equal(addr_parse(addr, &port.host_addr), 0);
	return port;
}

static void protocols_have_names(void **state)
{
	uint8_t protocol = 1;

	(void)state;
	assert_int_equal(port_protocol_parse("udp", &protocol), 0);
	assert_int_equal(protocol, IPPROTO_UDP);
	assert_string_equal(port_protocol_name(IPPROTO_SCTP), "sctp");
	assert_string_equal(port_protocol_name(IPPROTO_TCP), "tcp");
	assert_int_equal(port_protocol_parse("", &protocol), -EINVAL);
	assert_int_equal(protocol, IPPROTO_UDP);
}

static void a_port_at_the_containers_own_address_is_routed(void **state)
{
	struct port published = port(IPPROTO_TCP, "192.0.2.1", 80), routed = published;

	(void)state;
	routed.target = routed.host_addr;
	assert_true(port_is_routed(&routed));
	assert_false(port_is_routed(&published));
}

static void ports_of_one_number_clash_at_one_address_or_at_all(void **state)
{
	struct port any = port(IPPROTO_TCP, "0.0.0.0", 80),
		    one = port(IPPROTO_TCP, "192.0.2.1", 80);
	struct port other = port(IPPROTO_TCP, "192.0.2.2", 80);
	struct port next = port(IPPROTO_TCP, "192.0.2.1", 81);
	struct port udp = port(IPPROTO_UDP, "192.0.2.1", 80);
	struct port any6 = port(IPPROTO_TCP, "::", 80);

	(void)state;
	assert_true(port_clash(&one, &one) && port_same_place(&one, &one));
	assert_true(port_clash(&one, &any) && port_clash(&any, &one));
	assert_false(port_same_place(&one, &any));
	assert_false(port_clash(&one, &other) || port_clash(&one, &next) || port_clash(&one, &udp));
	assert_false(port_clash(&any, &any6) || port_clash(&one, &any6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocols_have_names),
		cmocka_unit_test(a_port_at_the_containers_own_address_is_routed),
		cmocka_unit_test(ports_of_one_number_clash_at_one_address_or_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

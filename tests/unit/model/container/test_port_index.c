// SPDX-License-Identifier: GPL-2.0-or-later
// test_port_index.c - an index answers as a look at all ports does, whatever comes and goes
#include "model/container/port_index.h"

#include "base/cleanup.h"
#include "model/container/port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct port port(uint8_t protocol, const char *addr, uint16_t number)
{
	struct port port = { .protocol = protocol, .host_port = number };

	if (*addr)
		assert_int_equal(addr_parse(addr, &port.host_addr), 0);
	return port;
}

static void who_clashes_with_whom(void **state)
{
	static const struct {
		const char *a, *b;
		uint8_t protocol_b;
		uint16_t number_b;
		bool clash, same;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", IPPROTO_TCP, 80, true, true },
		{ "192.0.2.1", "192.0.2.2", IPPROTO_TCP, 80, false, false },
		{ "192.0.2.1", "0.0.0.0", IPPROTO_TCP, 80, true, false },
		{ "0.0.0.0", "0.0.0.0", IPPROTO_TCP, 80, true, true },
		{ "2001:db8::1", "2001:db8::1", IPPROTO_TCP, 80, true, true },
		{ "2001:db8::1", "2001:db8::2", IPPROTO_TCP, 80, false, false },
		{ "2001:db8::1", "::", IPPROTO_TCP, 80, true, false },
		/* each family has places of its own */
		{ "0.0.0.0", "::", IPPROTO_TCP, 80, false, false },
		{ "192.0.2.1", "::", IPPROTO_TCP, 80, false, false },
		{ "192.0.2.1", "::ffff:192.0.2.1", IPPROTO_TCP, 80, false, false },
		/* and so have protocols and numbers, also where the bytes are the same in
		 * another order */
		{ "0.0.0.0", "0.0.0.0", IPPROTO_UDP, 80, false, false },
		{ "0.0.0.0", "0.0.0.0", IPPROTO_SCTP, 80, false, false },
		{ "0.0.0.0", "0.0.0.0", IPPROTO_TCP, 80 << 8, false, false },
		{ "0.0.0.0", "192.0.2.1", IPPROTO_TCP, 81, false, false },
		/* no address is one that only it is equal to */
		{ "", "", IPPROTO_TCP, 80, true, true },
		{ "", "", IPPROTO_UDP, 80, false, false },
		{ "", "0.0.0.0", IPPROTO_TCP, 80, false, false },
		{ "", "::", IPPROTO_TCP, 80, false, false },
		{ "", "192.0.2.1", IPPROTO_TCP, 80, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct port both[2] = { port(IPPROTO_TCP, cases[i].a, 80),
					port(cases[i].protocol_b, cases[i].b, cases[i].number_b) };

		for (size_t k = 0; k < 2; k++) {
			const struct port *a = &both[k], *b = &both[1 - k];
			struct port_index index = { 0 };

			assert_int_equal(port_clash(a, b), cases[i].clash);
			assert_int_equal(port_same_place(a, b), cases[i].same);
			assert_false(port_index_clashes(&index, b));
			assert_int_equal(port_index_add(&index, a), 0);
			assert_int_equal(port_index_clashes(&index, b), cases[i].clash);
			assert_int_equal(port_index_has(&index, b), cases[i].same);
			port_index_done(&index);
			assert_false(port_index_clashes(&index, a));
		}
	}
}

static void what_was_added_twice_is_removed_twice(void **state)
{
	struct port one = port(IPPROTO_UDP, "192.0.2.1", 53), other = one;
	struct port any = port(IPPROTO_UDP, "0.0.0.0", 53);
	struct port_index index = { 0 };

	(void)state;
	other.container_port = 5353; /* which is no part of the place */
	other.target = any.host_addr;
	other.reserved = true;
	port_index_remove(&index, &one); /* nothing is there */
	assert_int_equal(port_index_add(&index, &one), 0);
	assert_int_equal(port_index_add(&index, &other), 0);
	port_index_remove(&index, &any); /* of which there is none */
	assert_true(port_index_has(&index, &one));
	port_index_remove(&index, &one);
	assert_true(port_index_has(&index, &one));
	assert_true(port_index_clashes(&index, &any));
	port_index_remove(&index, &other);
	assert_false(port_index_has(&index, &one));
	assert_false(port_index_clashes(&index, &any));
	port_index_done(&index);
}

#define N_PLACES 128
#define N_STEPS 20000

/* A port with few numbers and addresses, so that many are the same. */
static struct port some_port(uint32_t *seed)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	static const char *const addrs[] = { "0.0.0.0", "192.0.2.1",   "192.0.2.2", "127.0.0.1",
					     "::",	"2001:db8::1", "::1",	    "" };

	*seed = *seed * 1664525 + 1013904223;
	return port(protocols[(*seed >> 24) % ARRAY_SIZE(protocols)],
		    addrs[(*seed >> 16) % ARRAY_SIZE(addrs)], (uint16_t)(8000 + (*seed >> 20) % 3));
}

static void an_index_answers_as_a_look_at_all_does(void **state)
{
	struct port_index index = { 0 };
	struct port ports[N_PLACES];
	uint32_t seed = 1;
	size_t n = 0;

	(void)state;
	for (size_t step = 0; step < N_STEPS; step++) {
		struct port asked = some_port(&seed);
		bool clashes = false, has = false;

		for (size_t i = 0; i < n; i++) {
			clashes = clashes || port_clash(&ports[i], &asked);
			has = has || port_same_place(&ports[i], &asked);
		}
		assert_int_equal(port_index_clashes(&index, &asked), clashes);
		assert_int_equal(port_index_has(&index, &asked), has);
		/* grows to all and shrinks to none, again and again */
		if (n < N_PLACES && step / N_PLACES % 2 == 0) {
			assert_int_equal(port_index_add(&index, &asked), 0);
			ports[n++] = asked;
		} else if (n > 0) {
			size_t i = (seed >> 8) % n;

			port_index_remove(&index, &ports[i]);
			ports[i] = ports[--n];
		}
	}
	port_index_done(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_clashes_with_whom),
		cmocka_unit_test(what_was_added_twice_is_removed_twice),
		cmocka_unit_test(an_index_answers_as_a_look_at_all_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

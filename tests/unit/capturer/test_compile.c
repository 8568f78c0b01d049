// SPDX-License-Identifier: GPL-2.0-or-later
// test_compile.c - a filter is compiled by a child, and asked about a dropped packet
#include "capturer/capturer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct compiled compiled; /* large */

static int compile(const char *filter, struct error *error)
{
	struct capture_asked asked;

	capture_asked_init(&asked);
	if (*filter)
		assert_int_equal(capture_asked_set(&asked, "filter", filter, error), 0);
	return capturer_compile(&asked, &compiled, error);
}

/* A packet of UDP from port 4096 to 53, of IPv4. */
static struct dropped packet(void)
{
	static const uint8_t bytes[] = { 0x45, 0,   0, 29, 0, 1,    0, 0, 64, 17, 0, 0, 10, 61, 0,
					 2,    192, 0, 2,  1, 0x10, 0, 0, 53, 0,  9, 0, 0,  'x' };
	struct dropped dropped = { .len = sizeof(bytes), .full_len = sizeof(bytes) };

	memcpy(dropped.data, bytes, sizeof(bytes));
	return dropped;
}

static void a_dropped_packet_passes_its_filter(void **state)
{
	static const struct {
		const char *filter;
		bool passes;
	} cases[] = {
		{ "", true },
		{ "udp port 53", true },
		{ "udp port 54", false },
		{ "tcp", false },
		{ "src host 10.61.0.2", true },
		{ "ip6", false },
		{ "ip[29] = 0", false }, /* behind its end */
		{ "len > 40", true },
	};
	const struct dropped dropped = packet();
	struct error error = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(compile(cases[i].filter, &error), 0);
		assert_true(capturer_can_ask(&compiled));
		assert_int_equal(capturer_passes(&compiled, &dropped), cases[i].passes);
	}
}

static void what_libpcap_does_not_understand_is_refused_in_its_words(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_true(compile("tcp port", &error) < 0);
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_non_null(strstr(error.text, "the filter 'tcp port'"));
	assert_non_null(strstr(error.text, "syntax error"));
}

/* It would lead out of itself. */
static void a_program_that_makes_no_sense_is_not_run(void **state)
{
	(void)state;
	compiled.n = 2;
	compiled.code[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 17, 0, 0);
	compiled.code[1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 1);
	assert_false(capturer_can_ask(&compiled));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dropped_packet_passes_its_filter),
		cmocka_unit_test(what_libpcap_does_not_understand_is_refused_in_its_words),
		cmocka_unit_test(a_program_that_makes_no_sense_is_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_socket_filter.c - what programs of classic BPF make of a packet of which only the head is
// known
#include "diag/socket_filter.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DROP BPF_STMT(BPF_RET | BPF_K, 0)
#define PASS BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)
#define IP(offset) ((uint32_t)SKF_NET_OFF + (offset))

static struct rules_packet packet(uint8_t protocol)
{
	struct rules_packet packet = {
		.known = RULES_KNOWS_SRC | RULES_KNOWS_DST | RULES_KNOWS_DPORT |
			 RULES_KNOWS_TCP_FLAGS,
		.protocol = protocol,
		.dport = 80,
		.tcp_flags = TH_SYN,
	};

	assert_int_equal(addr_parse("10.61.0.2", &packet.src), 0);
	assert_int_equal(addr_parse("10.61.0.3", &packet.dst), 0);
	return packet;
}

/* An exact copy, so that a byte too far is seen. */
static enum socket_filter run(const struct sock_filter *program, size_t n, uint8_t protocol)
{
	struct rules_packet of = packet(protocol);
	uint8_t *copy = malloc(n * sizeof(*program) + !n);
	enum socket_filter what;

	assert_non_null(copy);
	if (n)
		memcpy(copy, program, n * sizeof(*program));
	what = socket_filter_run(copy, n * sizeof(*program), &of);
	free(copy);
	return what;
}

#define RUN(protocol, ...)                                                                         \
	run((struct sock_filter[]) { __VA_ARGS__ },                                                \
	    sizeof((struct sock_filter[]) { __VA_ARGS__ }) / sizeof(struct sock_filter), protocol)

static void no_program_passes_all(void **state)
{
	(void)state;
	assert_int_equal(run(NULL, 0, IPPROTO_UDP), SOCKET_FILTER_PASSES);
	assert_int_equal(RUN(IPPROTO_UDP, PASS), SOCKET_FILTER_PASSES);
	assert_int_equal(RUN(IPPROTO_UDP, DROP), SOCKET_FILTER_DROPS);
}

static void the_port_stands_in_the_header_at_offset_0(void **state)
{
	(void)state;
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
			     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 80, 0, 1), DROP, PASS),
			 SOCKET_FILTER_DROPS);
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
			     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 81, 0, 1), DROP, PASS),
			 SOCKET_FILTER_PASSES);
}

static void addresses_lie_before_it(void **state)
{
	(void)state;
	assert_int_equal(RUN(IPPROTO_TCP, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP(12)),
			     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0a3d0002, 0, 1), DROP, PASS),
			 SOCKET_FILTER_DROPS);
	/* The length of the IP header in X, and the protocol behind it. */
	assert_int_equal(RUN(IPPROTO_TCP, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, IP(0)),
			     BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
			     BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2), BPF_STMT(BPF_ST, 3),
			     BPF_STMT(BPF_LDX | BPF_MEM, 3), BPF_STMT(BPF_MISC | BPF_TXA, 0),
			     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 20, 1, 0), DROP, PASS),
			 SOCKET_FILTER_PASSES);
	assert_int_equal(
		RUN(IPPROTO_TCP,
		    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0800, 1, 0), DROP, PASS),
		SOCKET_FILTER_PASSES);
}

static void flags_of_a_first_packet_are_known(void **state)
{
	(void)state;
	assert_int_equal(RUN(IPPROTO_TCP, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
			     BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_SYN, 0, 1), DROP, PASS),
			 SOCKET_FILTER_DROPS);
}

static void what_hangs_on_bytes_nobody_knows_is_unknown(void **state)
{
	(void)state;
	/* The source port, which the kernel chooses. */
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
			     BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1023, 1, 0), DROP, PASS),
			 SOCKET_FILTER_UNKNOWN);
	/* Both ways come to the same, unless the packet ends before. */
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
			     BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1023, 1, 0), DROP, DROP),
			 SOCKET_FILTER_DROPS);
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 100), PASS),
			 SOCKET_FILTER_UNKNOWN);
	assert_int_equal(
		RUN(IPPROTO_UDP, BPF_STMT(BPF_LD | BPF_LEN, 0), BPF_STMT(BPF_RET | BPF_A, 0)),
		SOCKET_FILTER_UNKNOWN);
}

static void a_division_by_nothing_drops(void **state)
{
	(void)state;
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LDX | BPF_IMM, 0),
			     BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), DROP),
			 SOCKET_FILTER_DROPS);
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LDX | BPF_IMM, 0),
			     BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), PASS),
			 SOCKET_FILTER_UNKNOWN);
}

static void no_program_of_this_kind_is_unknown(void **state)
{
	struct rules_packet of = packet(IPPROTO_UDP);
	uint8_t bytes[(FACTS_FILTER_MAX + 1) * sizeof(struct sock_filter)] = { 0 };

	(void)state;
	assert_int_equal(socket_filter_run(bytes, 7, &of), SOCKET_FILTER_UNKNOWN);
	assert_int_equal(socket_filter_run(bytes, sizeof(bytes), &of), SOCKET_FILTER_UNKNOWN);
	/* One that runs over its end, which the kernel takes from nobody. */
	assert_int_equal(RUN(IPPROTO_UDP, BPF_STMT(BPF_LD | BPF_IMM, 1)), SOCKET_FILTER_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_program_passes_all),
		cmocka_unit_test(the_port_stands_in_the_header_at_offset_0),
		cmocka_unit_test(addresses_lie_before_it),
		cmocka_unit_test(flags_of_a_first_packet_are_known),
		cmocka_unit_test(what_hangs_on_bytes_nobody_knows_is_unknown),
		cmocka_unit_test(a_division_by_nothing_drops),
		cmocka_unit_test(no_program_of_this_kind_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

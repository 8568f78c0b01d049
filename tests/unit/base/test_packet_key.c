// SPDX-License-Identifier: GPL-2.0-or-later
// test_packet_key.c - what packets are told apart by, and what makes no difference
#include "base/packet_key.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct packet_key tcp = { .version = 4,
				       .protocol = IPPROTO_TCP,
				       .identity = { 0, 52, 1, 2 },
				       .sequence = 7,
				       .acknowledged = 9 };
/* IPv4, with 2 bytes behind its header: 30 in all. */
static const struct packet_key udp = {
	.version = 4, .protocol = IPPROTO_UDP, .identity = { 0, 30, 1, 2 }, .sequence = 0x01020304
};

static void numbers_tell_packets_apart(void **state)
{
	struct packet_key other = tcp;

	(void)state;
	assert_int_equal(packet_key(&tcp), packet_key(&other));
	other.sequence++;
	assert_int_not_equal(packet_key(&tcp), packet_key(&other));
	other = tcp;
	other.acknowledged++;
	assert_int_not_equal(packet_key(&tcp), packet_key(&other));
	other = tcp;
	other.identity[3]++;
	assert_int_not_equal(packet_key(&tcp), packet_key(&other));
	other = tcp;
	other.protocol = IPPROTO_UDP;
	assert_int_not_equal(packet_key(&tcp), packet_key(&other));
}

static void what_is_behind_a_datagram_makes_no_difference(void **state)
{
	struct packet_key other = udp;

	(void)state;
	((uint8_t *)&other.sequence)[2] ^= 0xff;
	other.acknowledged = 5;
	assert_int_equal(packet_key(&udp), packet_key(&other));
	((uint8_t *)&other.sequence)[1] ^= 0xff;
	assert_int_not_equal(packet_key(&udp), packet_key(&other));
	/* Of IPv6 the length stands elsewhere, and is without the header. */
	other = udp;
	other.version = 6;
	other.identity[2] = 0;
	other.identity[3] = 10;
	((uint8_t *)&other.sequence)[2] ^= 0xff;
	assert_int_equal(packet_key(&other),
			 packet_key(&(struct packet_key) { .version = 6,
							   .protocol = IPPROTO_UDP,
							   .identity = { 0, 30, 0, 10 },
							   .sequence = 0x01020304 }));
}

static void an_error_is_not_known_by_what_it_quotes(void **state)
{
	struct packet_key error = { .version = 4,
				    .protocol = IPPROTO_ICMP,
				    .icmp_type = 3,
				    .identity = { 0, 60, 1, 2 },
				    .sequence = 7 };
	struct packet_key other = error;

	(void)state;
	other.sequence = 8;
	assert_int_equal(packet_key(&error), packet_key(&other));
	error.icmp_type = other.icmp_type = 8; /* an echo request */
	assert_int_not_equal(packet_key(&error), packet_key(&other));
	error.protocol = other.protocol = IPPROTO_ICMPV6;
	error.icmp_type = other.icmp_type = 1;
	assert_int_equal(packet_key(&error), packet_key(&other));
}

static void it_is_a_number_of_json(void **state)
{
	struct packet_key packet = tcp;

	(void)state;
	for (packet.sequence = 0; packet.sequence < 1000; packet.sequence++) {
		assert_true(packet_key(&packet) > 0);
		assert_true(packet_key(&packet) < UINT64_C(1) << 53);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_tell_packets_apart),
		cmocka_unit_test(what_is_behind_a_datagram_makes_no_difference),
		cmocka_unit_test(an_error_is_not_known_by_what_it_quotes),
		cmocka_unit_test(it_is_a_number_of_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

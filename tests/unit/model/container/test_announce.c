// SPDX-License-Identifier: GPL-2.0-or-later
// test_announce.c - announcements, byte for byte
#include "model/container/announce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct mac mac = { { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 } };

static size_t frame_of(const char *text, uint8_t **ret_frame)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	*ret_frame = malloc(ANNOUNCE_FRAME_MAX);
	assert_non_null(*ret_frame);
	return announce_frame(&addr, &mac, *ret_frame);
}

static void an_ipv4_address_is_announced_by_an_arp_request_by_and_for_itself(void **state)
{
	static const uint8_t wanted[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff,		      /* to everybody */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x08, 0x06,	      /* from the owner; ARP */
		0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x01,	      /* Ethernet, IPv4, request */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 10,	  31,	0, 9, /* sender */
		0,    0,    0,	  0,	0,    0,    10,	  31,	0, 9, /* target */
	};
	uint8_t *frame;
	size_t len = frame_of("10.31.0.9", &frame);

	(void)state;
	assert_int_equal(len, sizeof(wanted));
	assert_memory_equal(frame, wanted, sizeof(wanted));
	free(frame);
}

/* Ones' complement sum of the message and its pseudo header; a right one gives 0xffff. */
static uint32_t checksum_of(const uint8_t *frame)
{
	uint32_t sum = 32 + 58;

	for (size_t i = 14 + 8; i < ANNOUNCE_FRAME_MAX; i += 2) /* addresses, then the message */
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void an_ipv6_address_is_announced_by_an_advertisement_that_overrides(void **state)
{
	static const uint8_t ethernet[] = { 0x33, 0x33, 0,    0,    0,	  1,	0x02,
					    0x11, 0x22, 0x33, 0x44, 0x55, 0x86, 0xdd };
	static const uint8_t ipv6[] = { 0x60, 0, 0, 0, 0, 32, 58, 255 };
	static const uint8_t option[] = { 2, 1, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
	uint8_t *frame;
	struct addr addr, all_nodes;
	size_t len = frame_of("2001:db8:31::9", &frame);

	(void)state;
	assert_int_equal(addr_parse("2001:db8:31::9", &addr), 0);
	assert_int_equal(addr_parse("ff02::1", &all_nodes), 0);
	assert_int_equal(len, ANNOUNCE_FRAME_MAX);
	assert_memory_equal(frame, ethernet, sizeof(ethernet));
	assert_memory_equal(frame + 14, ipv6, sizeof(ipv6));
	assert_memory_equal(frame + 22, addr.bytes, 16);
	assert_memory_equal(frame + 38, all_nodes.bytes, 16);
	assert_int_equal(frame[54], 136);
	assert_int_equal(frame[58], 0x20); /* not solicited, not a router's, overriding */
	assert_memory_equal(frame + 62, addr.bytes, 16);
	assert_memory_equal(frame + 78, option, sizeof(option));
	assert_int_equal(checksum_of(frame), 0xffff);
	free(frame);
}

static void the_checksum_is_right_where_it_carries_twice(void **state)
{
	uint8_t *frame;

	(void)state;
	(void)frame_of("fdff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", &frame);
	assert_int_equal(checksum_of(frame), 0xffff);
	free(frame);
}

static void no_address_makes_no_frame(void **state)
{
	const struct addr none = { 0 };
	uint8_t *frame = malloc(ANNOUNCE_FRAME_MAX);

	(void)state;
	assert_non_null(frame);
	assert_int_equal(announce_frame(&none, &mac, frame), 0);
	free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_address_is_announced_by_an_arp_request_by_and_for_itself),
		cmocka_unit_test(an_ipv6_address_is_announced_by_an_advertisement_that_overrides),
		cmocka_unit_test(the_checksum_is_right_where_it_carries_twice),
		cmocka_unit_test(no_address_makes_no_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

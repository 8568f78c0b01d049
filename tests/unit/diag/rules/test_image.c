// SPDX-License-Identifier: GPL-2.0-or-later
// test_image.c - headers hold what is known of a packet, and what rules write comes back
#include "dump.h"

#include "diag/rules/image.h"

#include <string.h>

static enum maybe read_at(const struct image *image, uint32_t base, size_t at, size_t len,
			  struct bits *bits)
{
	return image_read(image, base, at, len, bits);
}

static void fields_are_where_the_protocols_have_them(void **state)
{
	struct rules_packet packet = dump_packet();
	struct image image;
	struct bits bits;

	(void)state;
	image_of(&packet, &image);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 12, 8, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\x0a\1\0\2\x0a\2\0\3", 8);
	assert_true(bits_are_known(&bits, 0, 8));
	assert_int_equal(read_at(&image, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\0\x50\0\0", 4);
	assert_true(bits_are_known(&bits, 0, 4)); /* the word is zero behind it */
	assert_int_equal(read_at(&image, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, &bits), MAYBE_YES);
	assert_int_equal(bits.value[0], 2);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 6, 2, &bits), MAYBE_YES);
	assert_false(bits_are_known(&bits, 0, 2)); /* whether it may be fragmented */
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 22, 2, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\0\x50", 2); /* behind IP's header is TCP's */
}

static void what_is_not_there_is_not_read(void **state)
{
	struct rules_packet packet = dump_packet();
	struct image image;
	struct bits bits;

	(void)state;
	image_of(&packet, &image);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_LL_HEADER, 0, 6, &bits), MAYBE_NO);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_TRANSPORT_HEADER, 40, 4, &bits), MAYBE);
	assert_int_equal(read_at(&image, 9, 0, 4, &bits), MAYBE);
	packet.known &= ~(uint32_t)RULES_KNOWS_MACS; /* nor is it known whether there is one */
	image_of(&packet, &image);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_LL_HEADER, 0, 6, &bits), MAYBE);
	packet.known |= RULES_KNOWS_MACS;
	packet.has_macs = true;
	packet.smac = (struct mac) { { 2, 0, 0, 0, 0, 1 } };
	image_of(&packet, &image);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_LL_HEADER, 6, 8, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\2\0\0\0\0\1\x08\0", 8);
}

static void six_has_its_own_places(void **state)
{
	struct rules_packet packet = { .known = RULES_KNOWS_ALL,
				       .protocol = IPPROTO_UDP,
				       .dport = 53,
				       .ttl = 9,
				       .tos = 0xb8,
				       .length = 50 };
	struct image image;
	struct bits bits;

	(void)state;
	assert_int_equal(addr_parse("fd00::1", &packet.src), 0);
	assert_int_equal(addr_parse("fd00::2", &packet.dst), 0);
	image_of(&packet, &image);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 4, 4, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\0\x0a\x11\x09", 4);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 0, 2, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\x6b\x80", 2);
	assert_int_equal(bits.known[1], 0xf0); /* then comes the flow label */
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 24, 16, &bits), MAYBE_YES);
	assert_int_equal(bits.value[15], 2);
}

static void arp_has_addresses_inside(void **state)
{
	struct rules_packet packet = dump_packet();
	struct image image;
	struct bits bits;

	(void)state;
	packet.arp_op = 1;
	image_of(&packet, &image);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 6, 2, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\0\1", 2);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_NETWORK_HEADER, 24, 4, &bits), MAYBE_YES);
	assert_memory_equal(bits.value, "\x0a\2\0\3", 4);
	assert_int_equal(read_at(&image, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, &bits), MAYBE);
}

static void what_is_written_comes_back(void **state)
{
	struct rules_packet packet = dump_packet();
	struct image image;
	struct bits bits = { 0 };

	(void)state;
	image_of(&packet, &image);
	bits_set(&bits, 0, "\x0a\x09\0\1", 4);
	assert_true(image_write(&image, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, &bits, 0));
	bits_forget(&bits, 0, 4);
	assert_true(image_write(&image, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, &bits, 0));
	assert_false(image_write(&image, NFT_PAYLOAD_TRANSPORT_HEADER, 19, 2, &bits, 0));
	image_to(&image, &packet);
	assert_string_equal(ADDR_STR(&packet.dst), "10.9.0.1");
	assert_false(packet.known & RULES_KNOWS_SPORT);
	assert_true(packet.known & RULES_KNOWS_DPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_where_the_protocols_have_them),
		cmocka_unit_test(what_is_not_there_is_not_read),
		cmocka_unit_test(six_has_its_own_places),
		cmocka_unit_test(arp_has_addresses_inside),
		cmocka_unit_test(what_is_written_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

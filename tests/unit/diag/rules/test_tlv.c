// SPDX-License-Identifier: GPL-2.0-or-later
// test_tlv.c - attributes are read as far as they are whole
#include "dump.h"

#include "diag/rules/tlv.h"

#include <string.h>

static struct tlv_set read_bytes(const void *bytes, size_t len)
{
	struct tlv_set set;

	tlv_read((struct tlv) { .data = bytes, .len = len }, &set);
	return set;
}
#define READ(bytes) read_bytes((bytes), sizeof(bytes) - 1)

static void numbers_have_their_length(void **state)
{
	struct tlv_set set =
		READ("\x08\0\x01\0\0\0\x01\x02\x05\0\x02\0\x07\0\0\0\x06\0\x03\0\x01\x00\0\0");
	uint32_t number = 0;
	uint16_t half = 0;
	uint8_t byte = 0;
	uint64_t twice = 5;

	(void)state;
	assert_true(tlv_u32(&set, 1, &number));
	assert_int_equal(number, 0x102);
	assert_true(tlv_u8(&set, 2, &byte));
	assert_int_equal(byte, 7);
	assert_true(tlv_u16(&set, 3, &half));
	assert_int_equal(half, 0x100);
	assert_false(tlv_u32(&set, 2, &number));
	assert_false(tlv_u64(&set, 1, &twice));
	assert_false(tlv_u32(&set, 4, &number));
	assert_false(tlv_u32(&set, 40, &number));
	assert_int_equal(twice, 5);
	assert_false(set.is_broken);
}

static void text_ends_at_its_nul_or_with_the_attribute(void **state)
{
	struct tlv_set set = READ("\x08\0\x01\0ab\0c\x06\0\x02\0xy\0\0");
	char text[3];

	(void)state;
	assert_true(tlv_text(&set, 1, text, sizeof(text)));
	assert_string_equal(text, "ab");
	assert_true(tlv_text(&set, 2, text, sizeof(text)));
	assert_string_equal(text, "xy");
	assert_false(tlv_text(&set, 2, text, 2));
	assert_false(tlv_text(&set, 3, text, sizeof(text)));
}

static void what_is_cut_off_is_broken(void **state)
{
	(void)state;
	assert_true(READ("\x08\0\x01\0\0\0").is_broken);	 /* longer than what is left */
	assert_true(READ("\x03\0\x01\0").is_broken);		 /* shorter than its head */
	assert_true(READ("\x04\0\x01").is_broken);		 /* no whole head */
	assert_true(READ("\x04\0\x01\0\x04\0\x01\0").is_broken); /* twice */
	assert_false(READ("\x05\0\x01\0x").is_broken); /* the last one's padding may lack */
	assert_false(READ("").is_broken);
}

static void strangers_are_found(void **state)
{
	struct tlv_set set = READ("\x04\0\x01\0\x04\0\x05\0"), high = READ("\x04\0\x28\0");

	(void)state;
	assert_int_equal(tlv_stranger(&set, 1 << 1), 5);
	assert_int_equal(tlv_stranger(&set, 1 << 1 | 1 << 5), 0);
	assert_int_equal(tlv_stranger(&high, ~0U), 40);
}

static void nests_are_read(void **state)
{
	struct tlv_set set = READ("\x0c\0\x01\x80\x08\0\x02\0\0\0\0\x09"), inner;
	uint32_t number;

	(void)state;
	tlv_inside(&set, 1, &inner);
	assert_true(tlv_u32(&inner, 2, &number));
	assert_int_equal(number, 9);
	tlv_inside(&set, 3, &inner);
	assert_int_equal(inner.seen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_their_length),
		cmocka_unit_test(text_ends_at_its_nul_or_with_the_attribute),
		cmocka_unit_test(what_is_cut_off_is_broken),
		cmocka_unit_test(strangers_are_found),
		cmocka_unit_test(nests_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

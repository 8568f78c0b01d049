// SPDX-License-Identifier: GPL-2.0-or-later
// test_bits.c - what is known of bytes decides what is known of their comparison
#include "dump.h"

#include "diag/rules/bits.h"

#include <string.h>

static struct bits of(const char *bytes, size_t len)
{
	struct bits bits = { 0 };

	bits_set(&bits, 0, bytes, len);
	return bits;
}

static void registers_lie_over_each_other(void **state)
{
	size_t at;

	(void)state;
	assert_true(bits_register(NFT_REG_2, 16, &at));
	assert_int_equal(at, 16);
	assert_true(bits_register(NFT_REG32_04, 4, &at));
	assert_int_equal(at, 16);
	assert_true(bits_register(NFT_REG_1, 64, &at));
	assert_false(bits_register(NFT_REG_1, 65, &at));
	assert_false(bits_register(NFT_REG32_15, 8, &at));
	assert_false(bits_register(NFT_REG_VERDICT, 4, &at));
	assert_false(bits_register(5, 4, &at));
	assert_false(bits_register(NFT_REG32_15 + 1, 4, &at));
}

static void unknown_bits_leave_open_what_they_could_change(void **state)
{
	struct bits bits = of("\x10\x20", 2);

	(void)state;
	bits_forget(&bits, 1, 1);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_EQ, (uint8_t *)"\x10\x20", 2), MAYBE);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_EQ, (uint8_t *)"\x11\x20", 2), MAYBE_NO);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_NEQ, (uint8_t *)"\x11\x20", 2), MAYBE_YES);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_LT, (uint8_t *)"\x11\x00", 2), MAYBE_YES);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_LT, (uint8_t *)"\x10\x00", 2), MAYBE_NO);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_LT, (uint8_t *)"\x10\x80", 2), MAYBE);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_GT, (uint8_t *)"\x0f\xff", 2), MAYBE_YES);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_GTE, (uint8_t *)"\x10\x00", 2), MAYBE_YES);
	assert_int_equal(bits_compare(&bits, 0, NFT_CMP_LTE, (uint8_t *)"\x10\xff", 2), MAYBE_YES);
	assert_int_equal(bits_compare(&bits, 0, 99, (uint8_t *)"\x10\xff", 2), MAYBE);
	assert_int_equal(bits_between(&bits, 0, (uint8_t *)"\x10\0", (uint8_t *)"\x10\xff", 2),
			 MAYBE_YES);
	assert_int_equal(bits_between(&bits, 0, (uint8_t *)"\x10\x05", (uint8_t *)"\x10\xff", 2),
			 MAYBE);
	assert_int_equal(bits_between(&bits, 0, (uint8_t *)"\x20\0", (uint8_t *)"\x30\0", 2),
			 MAYBE_NO);
}

static void a_mask_makes_known_what_it_takes_away(void **state)
{
	struct bits bits = of("\xab", 1);

	(void)state;
	bits_forget(&bits, 0, 1);
	bits_mask(&bits, 4, 0, (uint8_t *)"\0", (uint8_t *)"\x07", 1);
	assert_true(bits_are_known(&bits, 4, 1));
	assert_int_equal(bits.value[4], 7);
	bits_mask(&bits, 4, 0, (uint8_t *)"\xf0", (uint8_t *)"\0", 1);
	assert_int_equal(bits.known[4], 0x0f);
	assert_false(bits_are_known(&bits, 4, 1));
}

static void words_are_shifted_as_one_number(void **state)
{
	uint32_t words[2] = { 0x00000001, 0x80000000 }, out[2];
	struct bits bits = { 0 };

	(void)state;
	bits_set(&bits, 0, words, sizeof(words));
	bits_shift(&bits, 0, 0, 8, 1, true);
	memcpy(out, bits.value, sizeof(out));
	assert_int_equal(out[0], 3);
	assert_int_equal(out[1], 0);
	bits_shift(&bits, 0, 0, 8, 1, false);
	memcpy(out, bits.value, sizeof(out));
	assert_int_equal(out[0], 1);
	assert_int_equal(out[1], 0x80000000);
	assert_true(bits_are_known(&bits, 0, 8));
	bits_forget(&bits, 0, 4);
	bits_shift(&bits, 0, 0, 4, 8, true);
	memcpy(out, bits.known, 4);
	assert_int_equal(out[0], 0xff); /* zeroes that came in */
	bits_shift(&bits, 0, 0, 4, 32, true);
	assert_int_equal(bits.known[0], 0);
}

static void bytes_are_swapped_number_by_number(void **state)
{
	struct bits bits = of("\1\2\3\4\5\6\7\x08", 8);

	(void)state;
	bits_swap(&bits, 0, 0, 8, 4);
	assert_memory_equal(bits.value, "\4\3\2\1\x08\7\6\5", 8);
	bits_swap(&bits, 8, 0, 4, 2);
	assert_memory_equal(bits.value + 8, "\3\4\1\2", 4);
	bits_forget(&bits, 0, 1);
	bits_swap(&bits, 0, 0, 8, 8);
	assert_int_equal(bits.known[7], 0);
}

static void three_values_are_reckoned_with(void **state)
{
	(void)state;
	assert_int_equal(maybe_and(MAYBE, MAYBE_NO), MAYBE_NO);
	assert_int_equal(maybe_and(MAYBE, MAYBE_YES), MAYBE);
	assert_int_equal(maybe_or(MAYBE, MAYBE_YES), MAYBE_YES);
	assert_int_equal(maybe_or(MAYBE, MAYBE_NO), MAYBE);
	assert_int_equal(maybe_not(MAYBE), MAYBE);
	assert_int_equal(maybe_not(MAYBE_YES), MAYBE_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_lie_over_each_other),
		cmocka_unit_test(unknown_bits_leave_open_what_they_could_change),
		cmocka_unit_test(a_mask_makes_known_what_it_takes_away),
		cmocka_unit_test(words_are_shifted_as_one_number),
		cmocka_unit_test(bytes_are_swapped_number_by_number),
		cmocka_unit_test(three_values_are_reckoned_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_jhash.c - the hash by which a rule chooses the same for the same client
#include "diag/rules/jhash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What its author publishes for lookup3, on a host whose lowest byte comes first. */
static void it_is_what_its_author_says(void **state)
{
	static const uint8_t text[] = "Four score and seven years ago";

	(void)state;
	assert_int_equal(jhash_bytes(text, 0, 0), 0xdeadbeef);
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return;
	assert_int_equal(jhash_bytes(text, 30, 0), 0x17770551);
	assert_int_equal(jhash_bytes(text, 30, 1), 0xcd628161);
}

static void each_byte_counts_whatever_the_length(void **state)
{
	uint8_t bytes[26] = { 0 };

	(void)state;
	for (size_t len = 1; len <= sizeof(bytes); len++)
		for (size_t i = 0; i < len; i++) {
			uint32_t before = jhash_bytes(bytes, len, 1);

			bytes[i] ^= 0x80;
			assert_int_not_equal(jhash_bytes(bytes, len, 1), before);
			bytes[i] ^= 0x80;
		}
}

static void numbers_stay_below(void **state)
{
	(void)state;
	assert_int_equal(jhash_below(0, 3), 0);
	assert_int_equal(jhash_below(UINT32_MAX, 3), 2);
	assert_int_equal(jhash_below(UINT32_MAX / 2, 3), 1);
	assert_int_equal(jhash_below(UINT32_MAX, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_its_author_says),
		cmocka_unit_test(each_byte_counts_whatever_the_length),
		cmocka_unit_test(numbers_stay_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

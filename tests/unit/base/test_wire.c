// SPDX-License-Identifier: GPL-2.0-or-later
// test_wire.c - the bounded cursor: no byte outside is read or written, errors stick
#include "base/wire.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* malloc(0) gives ASan nothing to guard, but one byte less than was asked for is never given. */
static uint8_t *exact_copy(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

static void numbers_are_big_endian_both_ways(void **state)
{
	static const uint8_t want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	_cleanup_free_ uint8_t *room = malloc(sizeof(want));
	struct wire out = wire_writer(room, sizeof(want)), in;

	(void)state;
	wire_put_u8(&out, 0x01);
	wire_put_u16(&out, 0x0203);
	wire_put_u32(&out, 0x04050607);
	wire_put_u64(&out, 0x08090a0b0c0d0e0f);
	assert_int_equal(out.err, 0);
	assert_int_equal(wire_left(&out), 0);
	assert_memory_equal(room, want, sizeof(want));

	in = wire_reader(room, sizeof(want));
	assert_int_equal(wire_u8(&in), 0x01);
	assert_int_equal(wire_u16(&in), 0x0203);
	assert_int_equal(wire_u32(&in), 0x04050607);
	assert_true(wire_u64(&in) == 0x08090a0b0c0d0e0f);
	assert_int_equal(in.err, 0);
	assert_int_equal(wire_left(&in), 0);
}

static void reading_past_the_end_gives_zeroes_and_sticks(void **state)
{
	(void)state;
	for (size_t len = 0; len < 8; len++) {
		_cleanup_free_ uint8_t *data = exact_copy("\1\1\1\1\1\1\1\1", len);
		struct wire in = wire_reader(data, len);
		uint8_t bytes[4] = { 9, 9, 9, 9 };

		assert_true(wire_u64(&in) == 0);
		assert_int_equal(in.err, -EBADMSG);
		assert_int_equal(wire_u8(&in), 0); /* although there would be one */
		assert_null(wire_view(&in, 0));
		wire_bytes(&in, bytes, sizeof(bytes));
		assert_memory_equal(bytes, "\0\0\0\0", 4);
		assert_int_equal(wire_left(&in), 0);
	}
}

static void writing_past_the_room_changes_nothing_and_sticks(void **state)
{
	_cleanup_free_ uint8_t *room = exact_copy("abc", 3);
	struct wire out = wire_writer(room, 3);

	(void)state;
	wire_put_u32(&out, 0);
	assert_int_equal(out.err, -EMSGSIZE);
	wire_put_u8(&out, 0);
	wire_put_bytes(&out, "x", 1);
	wire_put_str(&out, "");
	wire_patch_u16(&out, 0, 0);
	assert_int_equal(out.pos, 0);
	assert_memory_equal(room, "abc", 3);
}

static void views_and_copies_advance_together(void **state)
{
	_cleanup_free_ uint8_t *data = exact_copy("abcdef", 6);
	struct wire in = wire_reader(data, 6);
	char bytes[2];

	(void)state;
	assert_ptr_equal(wire_view(&in, 3), data);
	wire_bytes(&in, bytes, 2);
	assert_memory_equal(bytes, "de", 2);
	assert_int_equal(wire_left(&in), 1);
	assert_null(wire_view(&in, SIZE_MAX));
	assert_int_equal(in.err, -EBADMSG);
}

static void patches_stay_within_what_was_written(void **state)
{
	_cleanup_free_ uint8_t *room = exact_copy("....", 4);
	struct wire out = wire_writer(room, 4);

	(void)state;
	wire_put_u16(&out, 0);
	wire_put_u8(&out, 7);
	wire_patch_u16(&out, 1, 0x4142);
	assert_memory_equal(room, "\0AB.", 4);
	assert_int_equal(out.err, 0);
	wire_patch_u16(&out, 2, 0);
	assert_int_equal(out.err, -EMSGSIZE);
	assert_memory_equal(room, "\0AB.", 4);
}

static void strings_fit_exactly_or_fail(void **state)
{
	uint8_t room[16];
	struct wire out = wire_writer(room, sizeof(room)), in;
	char text[6];

	(void)state;
	wire_put_str(&out, "hello");
	assert_int_equal(out.pos, 7);

	_cleanup_free_ uint8_t *data = exact_copy(room, 7);

	in = wire_reader(data, 7);
	wire_str(&in, text, 6);
	assert_int_equal(in.err, 0);
	assert_string_equal(text, "hello");

	in = wire_reader(data, 7);
	wire_str(&in, text, 5); /* no room for the NUL */
	assert_int_equal(in.err, -EBADMSG);
	assert_string_equal(text, "");

	in = wire_reader(data, 6); /* cut */
	wire_str(&in, text, 6);
	assert_int_equal(in.err, -EBADMSG);
	assert_string_equal(text, "");
}

static void a_string_with_a_nul_inside_is_refused(void **state)
{
	_cleanup_free_ uint8_t *data = exact_copy("\0\3a\0b", 5);
	struct wire in = wire_reader(data, 5);
	char text[8] = "before";

	(void)state;
	wire_str(&in, text, sizeof(text));
	assert_int_equal(in.err, -EBADMSG);
	assert_string_equal(text, "");
}

static void a_string_beyond_16_bits_of_length_is_refused(void **state)
{
	_cleanup_free_ char *text = malloc(65537);
	_cleanup_free_ uint8_t *room = malloc(70000);
	struct wire out = wire_writer(room, 70000);

	(void)state;
	memset(text, 'a', 65536);
	text[65536] = '\0';
	wire_put_str(&out, text + 1);
	assert_int_equal(out.err, 0);
	assert_int_equal(out.pos, 65537);
	out = wire_writer(room, 70000);
	wire_put_str(&out, text);
	assert_int_equal(out.err, -EMSGSIZE);
	assert_int_equal(out.pos, 0);
}

static void a_bool_has_two_spellings_only(void **state)
{
	uint8_t bytes[3];
	struct wire out = wire_writer(bytes, 2), in = wire_reader(bytes, 3);

	(void)state;
	wire_put_bool(&out, true);
	wire_put_bool(&out, false);
	assert_int_equal(out.err, 0);
	bytes[2] = 2;
	assert_true(wire_bool(&in));
	assert_false(wire_bool(&in));
	assert_int_equal(in.err, 0);
	assert_false(wire_bool(&in));
	assert_int_equal(in.err, -EBADMSG);
}

static void an_address_says_its_family_by_its_size(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };
	uint8_t bytes[64];
	struct wire out = wire_writer(bytes, sizeof(bytes)), in;
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(addr_parse(texts[i], &addr), 0);
		wire_put_addr(&out, &addr);
	}
	wire_put_addr(&out, &(struct addr) { 0 });
	assert_int_equal(out.pos, 5 + 17 + 1);
	in = wire_reader(bytes, out.pos);
	for (size_t i = 0; i < 2; i++) {
		addr = wire_addr(&in);
		assert_string_equal(addr_print(&addr, (char[ADDR_STR_MAX]) { 0 }), texts[i]);
	}
	addr = wire_addr(&in);
	assert_false(addr_is_set(&addr));
	wire_end(&in);
	assert_int_equal(in.err, 0);
	bytes[0] = 17; /* more than an address has room for */
	in = wire_reader(bytes, out.pos);
	addr = wire_addr(&in);
	assert_false(addr_is_set(&addr));
	assert_int_equal(in.err, -EBADMSG);
}

static void a_count_beyond_its_bound_is_refused_on_both_sides(void **state)
{
	uint8_t bytes[2] = { 4, 5 };
	struct wire out = wire_writer(bytes, 2), in = wire_reader(bytes, 2);

	(void)state;
	assert_int_equal(wire_count(&in, 4), 4);
	assert_int_equal(wire_count(&in, 4), 0);
	assert_int_equal(in.err, -EBADMSG);
	wire_put_count(&out, 4, 4);
	assert_int_equal(out.err, 0);
	wire_put_count(&out, 260, 4);
	assert_int_equal(out.err, -EMSGSIZE);
}

static void what_is_behind_the_end_makes_nothing_of_all(void **state)
{
	uint8_t bytes[2] = { 0 };
	struct wire in = wire_reader(bytes, 2);

	(void)state;
	(void)wire_u8(&in);
	wire_end(&in);
	assert_int_equal(in.err, -EBADMSG);
	in.err = -EMSGSIZE; /* the first error stays */
	wire_fail(&in);
	assert_int_equal(in.err, -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_big_endian_both_ways),
		cmocka_unit_test(reading_past_the_end_gives_zeroes_and_sticks),
		cmocka_unit_test(writing_past_the_room_changes_nothing_and_sticks),
		cmocka_unit_test(views_and_copies_advance_together),
		cmocka_unit_test(patches_stay_within_what_was_written),
		cmocka_unit_test(strings_fit_exactly_or_fail),
		cmocka_unit_test(a_string_with_a_nul_inside_is_refused),
		cmocka_unit_test(a_string_beyond_16_bits_of_length_is_refused),
		cmocka_unit_test(a_bool_has_two_spellings_only),
		cmocka_unit_test(an_address_says_its_family_by_its_size),
		cmocka_unit_test(a_count_beyond_its_bound_is_refused_on_both_sides),
		cmocka_unit_test(what_is_behind_the_end_makes_nothing_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_name.c - names off the wire, out of text, and reverse names
#include "packet.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "............" /* 12 bytes of header, which no name may be in */

/* Reads the name at offset at of an exact-size copy. */
static int read_at(const char *bytes, size_t len, size_t at, struct dns_name *name, size_t *pos)
{
	_cleanup_free_ uint8_t *copy = exact_copy(bytes, len);
	struct wire wire = wire_reader(copy, len);
	int err;

	wire.pos = at;
	err = dns_name_read(&wire, name);
	assert_int_equal(err, wire.err);
	*pos = wire.pos;
	return err;
}

static void plain_name_is_read_as_it_is_spelt(void **state)
{
	static const char bytes[] = HEAD "\3WwW\7example\0!";
	struct dns_name name;
	size_t pos;

	(void)state;
	assert_int_equal(read_at(bytes, sizeof(bytes) - 1, 12, &name, &pos), 0);
	assert_int_equal(name.len, 13);
	assert_memory_equal(name.wire, "\3WwW\7example", 13);
	assert_int_equal(pos, 25);
}

static void compressed_name_ends_after_its_first_pointer(void **state)
{
	static const char bytes[] = HEAD "\3org\0\3www\300\14\4mail\300\21!";
	struct dns_name name;
	size_t pos;

	(void)state;
	assert_int_equal(read_at(bytes, sizeof(bytes) - 1, 23, &name, &pos), 0);
	assert_int_equal(name.len, 14);
	assert_memory_equal(name.wire, "\4mail\3www\3org", 14);
	assert_int_equal(pos, 30);
}

static void malformed_names_are_refused(void **state)
{
	static const struct {
		const char *what, *bytes;
		size_t len, at;
	} cases[] = {
		{ "nothing", HEAD, 12, 12 },
		{ "no terminator", HEAD "\3foo", 16, 12 },
		{ "label past the end", HEAD "\3ab", 15, 12 },
		{ "pointer to itself", HEAD "\300\14", 14, 12 },
		{ "half a pointer", HEAD "\0\300", 14, 13 },
		{ "pointer forward", HEAD "\300\16\0", 15, 12 },
		{ "pointers to each other", HEAD "\300\16\300\14", 16, 14 },
		{ "label that leads back to itself", HEAD "\1a\300\14", 16, 12 },
		{ "label that runs into what leads to it", HEAD "\6aa\1b\300\14\0", 20, 15 },
		{ "pointer into the header", HEAD "\300\0", 14, 12 },
		{ "reserved label type 01", HEAD "\100\0", 14, 12 },
		{ "reserved label type 10", HEAD "\200\0", 14, 12 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dns_name name = { .len = 77 };
		size_t pos;

		if (read_at(cases[i].bytes, cases[i].len, cases[i].at, &name, &pos) != -EBADMSG)
			fail_msg("accepted: %s", cases[i].what);
		assert_int_equal(name.len, 77); /* nothing is written on failure */
	}
}

/* Four labels of 63, 63, 63 and last bytes: 193 + last bytes with all length bytes and the root. */
static size_t long_name(uint8_t *out, uint8_t last)
{
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t len = i < 3 ? 63 : last;

		out[at++] = len;
		memset(out + at, 'a', len);
		at += len;
	}
	out[at++] = 0;
	return at;
}

static void name_of_255_bytes_is_the_longest(void **state)
{
	uint8_t bytes[300] = { 0 };
	struct dns_name name;
	size_t pos, len;

	(void)state;
	len = 12 + long_name(bytes + 12, 61);
	assert_int_equal(len, 12 + 255);
	assert_int_equal(read_at((char *)bytes, len, 12, &name, &pos), 0);
	assert_int_equal(name.len, 255);
	len = 12 + long_name(bytes + 12, 62);
	assert_int_equal(read_at((char *)bytes, len, 12, &name, &pos), -EBADMSG);
}

static void long_name_in_place_obeys_the_same_bound(void **state)
{
	uint8_t bytes[300];
	size_t view_len = 0;

	(void)state;
	for (uint8_t last = 61; last <= 62; last++) {
		size_t len = long_name(bytes, last);
		_cleanup_free_ uint8_t *copy = exact_copy(bytes, len);
		struct wire view = wire_reader(copy, len), skip = wire_reader(copy, len);
		bool fits = last == 61;

		assert_int_equal(dns_name_view(&view, &view_len) == copy, fits);
		assert_int_equal(dns_name_skip(&skip), fits ? 0 : -EBADMSG);
	}
	assert_int_equal(view_len, 255);
}

/* 254 bytes of labels leave room for the root alone, however many bytes say where that is. */
static void pointer_to_the_root_counts_as_the_root(void **state)
{
	uint8_t bytes[13 + 257] = { 0 };
	struct dns_name name;
	size_t pos, len;

	(void)state;
	for (uint8_t last = 61; last <= 62; last++) {
		struct wire skip;
		bool fits = last == 61;

		len = 13 + long_name(bytes + 13, last);
		dns_set_u16(bytes + len - 1, 0xc000 | 12);
		len++;
		skip = wire_reader(bytes, len);
		skip.pos = 13;
		assert_int_equal(read_at((char *)bytes, len, 13, &name, &pos), fits ? 0 : -EBADMSG);
		assert_int_equal(dns_name_skip(&skip), fits ? 0 : -EBADMSG);
		if (!fits)
			continue;
		assert_int_equal(pos, len);
		assert_int_equal(skip.pos, len);
		assert_int_equal(name.len, 255);
	}
}

static void name_in_place_must_not_be_compressed(void **state)
{
	_cleanup_free_ uint8_t *copy = exact_copy("\1a\300\0", 4);
	struct wire wire = wire_reader(copy, 4);
	size_t len;

	(void)state;
	assert_null(dns_name_view(&wire, &len));
	assert_int_equal(wire.err, -EBADMSG);
}

/* 8,000 pointers, each to the one before: a message of 16 KB that must not cost 8,000 steps a name.
 */
static void long_chain_of_pointers_is_refused(void **state)
{
	size_t n = 8000, len = 12 + 1 + 2 * n;
	_cleanup_free_ uint8_t *bytes = calloc(1, len);
	struct dns_name name;
	struct wire wire;

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		dns_set_u16(bytes + 13 + 2 * i,
			    (uint16_t)(0xc000 | (i == 0 ? 12 : 13 + 2 * (i - 1))));
	wire = wire_reader(bytes, len);
	wire.pos = 13 + 2 * 126; /* 127 pointers: as many as a name may have labels */
	assert_int_equal(dns_name_read(&wire, &name), 0);
	wire.pos = 13 + 2 * 127;
	assert_int_equal(dns_name_read(&wire, &name), -EBADMSG);
}

static void skipping_stops_behind_a_pointer(void **state)
{
	_cleanup_free_ uint8_t *copy = exact_copy("\1a\300\0!", 5);
	struct wire wire = wire_reader(copy, 5);

	(void)state;
	assert_int_equal(dns_name_skip(&wire), 0);
	assert_int_equal(wire.pos, 4);
	wire = wire_reader(copy, 3);
	assert_int_equal(dns_name_skip(&wire), -EBADMSG);
}

static void text_is_folded_and_other_bytes_are_kept(void **state)
{
	char text[DNS_NAME_MAX + 1];
	size_t len = 0;

	(void)state;
	assert_true(dns_name_text((const uint8_t *)"\4B\303\234@\3NeT", 10, text, &len));
	assert_string_equal(text, "b\303\234@.net");
	assert_int_equal(len, 8);
	assert_true(dns_name_text((const uint8_t *)"", 1, text, &len));
	assert_int_equal(len, 0);
}

static void label_with_a_dot_or_a_nul_is_no_text(void **state)
{
	char text[DNS_NAME_MAX + 1];
	size_t len;

	(void)state;
	assert_false(dns_name_text((const uint8_t *)"\3a.b", 5, text, &len));
	assert_false(dns_name_text((const uint8_t *)"\3a\0b", 5, text, &len));
}

static void text_that_dns_cannot_spell_is_refused(void **state)
{
	char label[65], text[300];
	struct dns_name name;

	(void)state;
	memset(label, 'x', 64);
	label[64] = '\0';
	assert_int_equal(dns_name_from_text("", &name), -EINVAL);
	assert_int_equal(dns_name_from_text(".", &name), -EINVAL);
	assert_int_equal(dns_name_from_text("a..b", &name), -EINVAL);
	assert_int_equal(dns_name_from_text("a.", &name), -EINVAL);
	assert_int_equal(dns_name_from_text(".a", &name), -EINVAL);
	assert_int_equal(dns_name_from_text(label, &name), -EINVAL);
	assert_int_equal(dns_name_from_text(label + 1, &name), 0);

	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	text[253] = '\0';
	assert_int_equal(dns_name_from_text(text, &name), 0);
	assert_int_equal(name.len, 255);
	text[253] = 'a';
	text[254] = '\0';
	assert_int_equal(dns_name_from_text(text, &name), -EINVAL);
}

static void text_and_wire_agree(void **state)
{
	char text[DNS_NAME_MAX + 1];
	struct dns_name name;
	size_t len;

	(void)state;
	assert_int_equal(dns_name_from_text("web.my.net", &name), 0);
	assert_int_equal(name.len, 12);
	assert_memory_equal(name.wire, "\3web\2my\3net", 12);
	assert_true(dns_name_text(name.wire, name.len, text, &len));
	assert_string_equal(text, "web.my.net");
}

static void case_makes_no_difference_but_bytes_next_to_letters_do(void **state)
{
	const uint8_t *upper = (const uint8_t *)"\3A@Z", *lower = (const uint8_t *)"\3a@z";
	const uint8_t *other = (const uint8_t *)"\3a`z";

	(void)state;
	assert_true(dns_name_equal(upper, lower, 5));
	assert_false(dns_name_equal(upper, other, 5));
}

static void reverse_names_give_the_address(void **state)
{
	struct addr addr;
	char text[ADDR_STR_MAX];

	(void)state;
	assert_true(dns_name_reverse("4.30.2.255.in-addr.arpa", &addr));
	assert_string_equal(addr_print(&addr, text), "255.2.30.4");
	assert_true(
		dns_name_reverse("a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
				 ".ip6.arpa",
				 &addr));
	assert_string_equal(addr_print(&addr, text), "2001:db8::a");
}

static void what_is_not_one_whole_address_is_no_reverse_name(void **state)
{
	static const char *const texts[] = {
		"in-addr.arpa",
		"2.3.4.in-addr.arpa",
		"1.2.3.4.5.in-addr.arpa",
		"256.2.3.4.in-addr.arpa",
		"1111.2.3.4.in-addr.arpa",
		"01.2.3.4.in-addr.arpa",
		"00.2.3.4.in-addr.arpa",
		"a.2.3.4.in-addr.arpa",
		"1..3.4.in-addr.arpa",
		"1.2.3.4.in-addr.arpa.org",
		"1.2.3.4.ip6.arpa",
		"1.2.3.4",
		"",
		"a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.ip6.arpa",
		"aa.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		"g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	};
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (dns_name_reverse(texts[i], &addr))
			fail_msg("accepted: %s", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_name_is_read_as_it_is_spelt),
		cmocka_unit_test(compressed_name_ends_after_its_first_pointer),
		cmocka_unit_test(malformed_names_are_refused),
		cmocka_unit_test(name_of_255_bytes_is_the_longest),
		cmocka_unit_test(long_name_in_place_obeys_the_same_bound),
		cmocka_unit_test(pointer_to_the_root_counts_as_the_root),
		cmocka_unit_test(name_in_place_must_not_be_compressed),
		cmocka_unit_test(long_chain_of_pointers_is_refused),
		cmocka_unit_test(skipping_stops_behind_a_pointer),
		cmocka_unit_test(text_is_folded_and_other_bytes_are_kept),
		cmocka_unit_test(label_with_a_dot_or_a_nul_is_no_text),
		cmocka_unit_test(text_that_dns_cannot_spell_is_refused),
		cmocka_unit_test(text_and_wire_agree),
		cmocka_unit_test(case_makes_no_difference_but_bytes_next_to_letters_do),
		cmocka_unit_test(reverse_names_give_the_address),
		cmocka_unit_test(what_is_not_one_whole_address_is_no_reverse_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

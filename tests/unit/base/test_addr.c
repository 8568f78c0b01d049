// SPDX-License-Identifier: GPL-2.0-or-later
// test_addr.c - addresses, prefixes and MACs: text both ways, order, arithmetic
#include "base/addr.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
	struct addr parsed = { 0 };

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static struct prefix prefix(const char *text)
{
	struct prefix parsed = { 0 };

	assert_int_equal(prefix_parse(text, &parsed), 0);
	return parsed;
}

/* The parser gets an exact-size copy, so that reading beyond the NUL is seen. */
static int try_addr(const char *text, struct addr *ret_addr)
{
	_cleanup_free_ char *copy = strdup(text);

	return addr_parse(copy, ret_addr);
}

static void addresses_are_printed_as_rfc_5952_says(void **state)
{
	static const char *const cases[][2] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "2001:0db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, /* one group is not shortened */
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },	    /* the longest run */
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },    /* the first of equals */
		{ "0:0:1:2:3:4:0:0", "::1:2:3:4:0:0" },
		{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
		{ "::1:2", "::1:2" }, /* not ::0.1.0.2 */
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1" },
		{ "::ffff:0:0:1", "::ffff:0:0:1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char text[ADDR_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = addr(cases[i][0]);

		assert_string_equal(addr_print(&a, text), cases[i][1]);
	}
	assert_string_equal(addr_print(&(struct addr) { 0 }, text), "");
}

static void printed_addresses_parse_to_themselves(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct addr a = { .family = AF_INET6 }, again;

		for (int i = 0; i < 16; i++) {
			seed = seed * 1664525 + 1013904223;
			a.bytes[i] = seed >> 28 > 7 ? 0 : (uint8_t)(seed >> 16);
		}
		assert_int_equal(addr_parse(ADDR_STR(&a), &again), 0);
		assert_memory_equal(&a, &again, sizeof(a));
	}
}

static void what_is_no_address_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.256",
		"01.2.3.4",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.4/24",
		"0x1.2.3.4",
		"a.b.c.d",
		":",
		":::",
		"1:2:3:4:5:6:7",
		"1::2::3",
		"12345::",
		"::g",
		"fe80::1%1",
		"[::1]",
		"::1.2.3",
		"1:2:3:4:5:6:7:8:9",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	};
	struct addr untouched = { .family = 77 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(try_addr(cases[i], &untouched), -EINVAL);
	assert_int_equal(untouched.family, 77);
}

static void unused_bytes_of_an_ipv4_address_are_zero(void **state)
{
	struct addr a;
	static const struct addr want = { AF_INET, { 10, 1, 2, 3 } };

	(void)state;
	memset(&a, 0xff, sizeof(a));
	assert_int_equal(addr_parse("10.1.2.3", &a), 0);
	assert_memory_equal(&a, &want, sizeof(a));
}

static void a_prefix_needs_a_length_within_its_family(void **state)
{
	static const char *const bad[] = {
		"10.0.0.0",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/+8",
		"10.0.0.0/08",
		"10.0.0.0/8 ",
		"10.0.0.0/ 8",
		"10.0.0.0/8/8",
		"/8",
		"::/129",
		"::/1e1",
		"10.0.0.0/99999999999999999999",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999/64",
	};
	struct prefix untouched = { .len = 77 };
	char text[PREFIX_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(prefix_parse(bad[i], &untouched), -EINVAL);
	assert_int_equal(untouched.len, 77);
	for (size_t i = 0; i < 2; i++) {
		const char *good[] = { "10.1.2.3/32",
				       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128" };
		struct prefix p = prefix(good[i]);

		assert_string_equal(prefix_print(&p, text), good[i]);
	}
	assert_string_equal(prefix_print(&(struct prefix) { 0 }, text), "");
	assert_int_equal(prefix("0.0.0.0/0").len, 0);
}

static void macs_are_six_pairs_of_digits(void **state)
{
	static const char *const bad[] = {
		"",
		"aa:bb:cc:dd:ee",
		"aa:bb:cc:dd:ee:f",
		"aa:bb:cc:dd:ee:ff:",
		"aa-bb-cc-dd-ee-ff",
		"aa:bb:cc:dd:ee:fg",
		"aabb:cc:dd:ee:ff:0",
		"aa:bb:cc:dd:ee:ff:00",
		"aa:bb:cc:dd:ee: f",
	};
	struct mac mac;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *copy = strdup(bad[i]);

		assert_int_equal(mac_parse(copy, &mac), -EINVAL);
	}
	assert_int_equal(mac_parse("02:42:AC:1f:00:0f", &mac), 0);
	assert_string_equal(MAC_STR(&mac), "02:42:ac:1f:00:0f");
}

static void a_mac_made_of_text_is_local_unicast_and_always_the_same(void **state)
{
	char text[24];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct mac a, b;

		(void)snprintf(text, sizeof(text), "endpoint%d", i);
		a = mac_from_text(text);
		b = mac_from_text(text);
		assert_memory_equal(&a, &b, sizeof(a));
		assert_int_equal(a.bytes[0] & 3, 2);
		assert_false(mac_is_multicast(&a));
	}
	/* Written down, because a container's MAC must not change with the next release. */
	struct mac fixed = mac_from_text("netd");

	assert_string_equal(MAC_STR(&fixed), "3e:c0:f1:a5:98:96");
}

static void kinds_of_addresses_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		bool loopback, any, multicast, link_local;
	} cases[] = {
		{ "127.0.0.1", .loopback = true },
		{ "127.255.255.255", .loopback = true },
		{ .text = "128.0.0.0" },
		{ "::1", .loopback = true },
		{ .text = "::2" },
		{ "0.0.0.0", .any = true },
		{ "::", .any = true },
		{ .text = "0.0.0.1" },
		{ "224.0.0.0", .multicast = true },
		{ "239.255.255.255", .multicast = true },
		{ .text = "240.0.0.0" },
		{ .text = "223.255.255.255" },
		{ "ff02::1", .multicast = true },
		{ "fe80::1", .link_local = true },
		{ "febf:ffff::", .link_local = true },
		{ .text = "fec0::" },
		{ "169.254.0.0", .link_local = true },
		{ .text = "169.255.0.0" },
	};
	struct addr none = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = addr(cases[i].text);

		assert_int_equal(addr_is_loopback(&a), cases[i].loopback);
		assert_int_equal(addr_is_any(&a), cases[i].any);
		assert_int_equal(addr_is_multicast(&a), cases[i].multicast);
		assert_int_equal(addr_is_link_local(&a), cases[i].link_local);
	}
	assert_false(addr_is_set(&none) || addr_is_any(&none) || addr_is_loopback(&none) ||
		     addr_is_multicast(&none) || addr_is_link_local(&none));
}

static void addresses_are_ordered_by_family_and_then_by_value(void **state)
{
	static const char *const ascending[] = { "0.0.0.0", "9.0.0.0",	 "10.0.0.0", "255.0.0.0",
						 "::",	    "::1:0:0:0", "fd00::",   "ff00::" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ascending); j++) {
			struct addr a = addr(ascending[i]), b = addr(ascending[j]);

			assert_int_equal(addr_compare(&a, &b) < 0, i < j);
			assert_int_equal(addr_compare(&a, &b) > 0, i > j);
			assert_int_equal(addr_equal(&a, &b), i == j);
		}
	}
}

static void adding_stops_at_the_end_of_the_family(void **state)
{
	struct addr a = addr("255.255.255.254"), sum = { 0 }, none = { 0 };

	(void)state;
	assert_true(addr_add(&a, 1, &sum));
	assert_string_equal(ADDR_STR(&sum), "255.255.255.255");
	assert_false(addr_add(&a, 2, &sum));
	assert_false(addr_add(&a, UINT64_MAX, &sum));
	assert_string_equal(ADDR_STR(&sum), "255.255.255.255");
	assert_false(addr_add(&none, 0, &sum));

	a = addr("fd00::ffff:ffff:ffff:ffff");
	assert_true(addr_add(&a, 1, &sum));
	assert_string_equal(ADDR_STR(&sum), "fd00:0:0:1::");
	a = addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0");
	assert_true(addr_add(&a, 15, &sum));
	assert_false(addr_add(&a, 16, &sum));
}

static void differences_are_of_one_family_and_of_64_bits(void **state)
{
	struct addr a = addr("fd00:0:0:1::"), b = addr("fd00::1"), c = addr("fd00::");
	struct addr four = addr("10.0.1.0"), less = addr("10.0.0.255");
	uint64_t n = 5;

	(void)state;
	assert_true(addr_diff(&a, &b, &n));
	assert_true(n == UINT64_MAX);
	assert_false(addr_diff(&a, &c, &n)); /* 2^64 */
	assert_false(addr_diff(&b, &a, &n)); /* negative */
	assert_false(addr_diff(&a, &four, &n));
	assert_true(n == UINT64_MAX);
	assert_true(addr_diff(&four, &less, &n));
	assert_int_equal(n, 1);
	assert_true(addr_diff(&four, &four, &n));
	assert_int_equal(n, 0);
}

static void prefixes_know_their_ends_and_their_size(void **state)
{
	static const struct {
		const char *prefix, *first, *last;
		uint64_t count;
	} cases[] = {
		{ "10.1.2.3/24", "10.1.2.0", "10.1.2.255", 256 },
		{ "10.1.2.3/32", "10.1.2.3", "10.1.2.3", 1 },
		{ "10.1.2.3/31", "10.1.2.2", "10.1.2.3", 2 },
		{ "1.2.3.4/0", "0.0.0.0", "255.255.255.255", 1ULL << 32 },
		{ "fd00::5/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", UINT64_MAX },
		{ "fd00::5/65", "fd00::", "fd00::7fff:ffff:ffff:ffff", 1ULL << 63 },
		{ "fd00::5/128", "fd00::5", "fd00::5", 1 },
		{ "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", UINT64_MAX },
		{ "fd12:3456:789a::/47",
		  "fd12:3456:789a::", "fd12:3456:789b:ffff:ffff:ffff:ffff:ffff", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix p = prefix(cases[i].prefix);
		struct addr first = prefix_first(&p), last = prefix_last(&p);

		assert_string_equal(ADDR_STR(&first), cases[i].first);
		assert_string_equal(ADDR_STR(&last), cases[i].last);
		assert_true(prefix_count(&p) == cases[i].count);
		assert_int_equal(prefix_has_host_bits(&p), !addr_equal(&first, &p.addr));
		assert_true(prefix_contains(&p, &first) && prefix_contains(&p, &last));
	}
	assert_int_equal(prefix_count(&(struct prefix) { 0 }), 0);
}

static void prefixes_contain_and_overlap_within_one_family(void **state)
{
	struct prefix wide = prefix("10.0.0.0/8"), narrow = prefix("10.1.0.0/16");
	struct prefix other = prefix("11.0.0.0/16"), all = prefix("0.0.0.0/0");
	struct prefix six = prefix("::/0");
	struct addr below = addr("9.255.255.255"), above = addr("11.0.0.0"), none = { 0 };

	(void)state;
	assert_true(prefix_within(&wide, &narrow));
	assert_false(prefix_within(&narrow, &wide));
	assert_true(prefix_overlaps(&wide, &narrow) && prefix_overlaps(&narrow, &wide));
	assert_false(prefix_overlaps(&wide, &other) || prefix_overlaps(&other, &wide));
	assert_true(prefix_within(&all, &wide));
	assert_false(prefix_overlaps(&all, &six) || prefix_overlaps(&six, &all));
	assert_false(prefix_contains(&wide, &below) || prefix_contains(&wide, &above));
	assert_false(prefix_contains(&all, &none));
	assert_true(prefix_equal(&wide, &wide));
	assert_false(prefix_equal(&wide, &narrow));
}

static void socket_addresses_go_both_ways(void **state)
{
	struct sockaddr_storage storage;
	struct addr a, again;
	uint16_t port = 0;

	(void)state;
	a = addr("10.1.2.3");
	assert_int_equal(addr_to_sockaddr(&a, 80, &storage), sizeof(struct sockaddr_in));
	assert_true(addr_from_sockaddr((struct sockaddr *)&storage, &again, &port));
	assert_true(addr_equal(&a, &again));
	assert_int_equal(port, 80);

	a = addr("fd00::1");
	assert_int_equal(addr_to_sockaddr(&a, 65535, &storage), sizeof(struct sockaddr_in6));
	assert_true(addr_from_sockaddr((struct sockaddr *)&storage, &again, &port));
	assert_true(addr_equal(&a, &again));
	assert_int_equal(port, 65535);

	assert_int_equal(addr_to_sockaddr(&(struct addr) { 0 }, 1, &storage), 0);
}

static void a_mapped_socket_address_is_ipv4_and_a_unix_one_is_none(void **state)
{
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = htons(53) };
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct addr a, in6 = addr("::ffff:10.0.0.1");
	uint16_t port;

	(void)state;
	memcpy(&mapped.sin6_addr, in6.bytes, 16);
	assert_true(addr_from_sockaddr((struct sockaddr *)&mapped, &a, &port));
	assert_string_equal(ADDR_STR(&a), "10.0.0.1");
	assert_int_equal(port, 53);
	assert_false(addr_from_sockaddr((struct sockaddr *)&path, &a, &port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_printed_as_rfc_5952_says),
		cmocka_unit_test(printed_addresses_parse_to_themselves),
		cmocka_unit_test(what_is_no_address_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(unused_bytes_of_an_ipv4_address_are_zero),
		cmocka_unit_test(a_prefix_needs_a_length_within_its_family),
		cmocka_unit_test(macs_are_six_pairs_of_digits),
		cmocka_unit_test(a_mac_made_of_text_is_local_unicast_and_always_the_same),
		cmocka_unit_test(kinds_of_addresses_are_told_apart),
		cmocka_unit_test(addresses_are_ordered_by_family_and_then_by_value),
		cmocka_unit_test(adding_stops_at_the_end_of_the_family),
		cmocka_unit_test(differences_are_of_one_family_and_of_64_bits),
		cmocka_unit_test(prefixes_know_their_ends_and_their_size),
		cmocka_unit_test(prefixes_contain_and_overlap_within_one_family),
		cmocka_unit_test(socket_addresses_go_both_ways),
		cmocka_unit_test(a_mapped_socket_address_is_ipv4_and_a_unix_one_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

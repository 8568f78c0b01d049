// SPDX-License-Identifier: GPL-2.0-or-later
// test_seen_text.c - JSON written as text: what jansson reads is what was meant
#include "model/seen/seen_text.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The value of a text that is alone; its copy is of exact size, so one byte too far is seen. */
static json_t *round_trip(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	struct buf out = { 0 };
	json_t *value;

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	seen_text_value(&out, copy);
	free(copy);
	assert_int_equal(out.err, 0);
	value = json_loads(out.data, JSON_DECODE_ANY, NULL);
	if (!value)
		fail_msg("not JSON: %s", out.data);
	buf_done(&out);
	return value;
}

static void a_text_comes_back_as_it_was(void **state)
{
	static const char *const texts[] = {
		"",
		"web",
		"a\"b\\c",
		"tab\there\nand \x01\x1f\x7f",
		"gr\xc3\xbc\xc3\x9f",
		"\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *value = round_trip(texts[i], strlen(texts[i]));

		assert_string_equal(json_string_value(value), texts[i]);
		json_decref(value);
	}
}

static void what_is_no_utf8_is_replaced_byte_by_byte(void **state)
{
#define REPLACED "\xef\xbf\xbd"
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "\xff", REPLACED },
		{ "a\x80z", "a" REPLACED "z" },
		{ "\xc0\xaf", REPLACED REPLACED },			     /* overlong */
		{ "\xe0\x9f\xbf", REPLACED REPLACED REPLACED },		     /* the same */
		{ "\xed\xa0\x80", REPLACED REPLACED REPLACED },		     /* a surrogate */
		{ "\xf4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED }, /* beyond Unicode */
		{ "\xe2\x82", REPLACED REPLACED },		/* cut off by the end */
		{ "\xf0\x9f\x98", REPLACED REPLACED REPLACED }, /* the same */
		{ "\xe2\x28\xa1", REPLACED "(" REPLACED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *value = round_trip(cases[i].text, strlen(cases[i].text));

		assert_string_equal(json_string_value(value), cases[i].shown);
		json_decref(value);
	}
}

/* Each byte at each place beside each other. */
static void any_two_bytes_make_json(void **state)
{
	(void)state;
	for (int a = 1; a < 256; a++)
		for (int b = 1; b < 256; b++) {
			const char text[2] = { (char)a, (char)b };

			json_decref(round_trip(text, sizeof(text)));
		}
}

static void members_have_commas_between_them_and_no_others(void **state)
{
	const struct addr none = { 0 }, some = { .family = AF_INET, .bytes = { 10, 1, 0, 2 } };
	const struct mac mac = { { 2, 0, 0, 0, 0, 1 } };
	const struct timespec when = { 1700000000, 5 };
	struct buf out = { 0 };

	(void)state;
	buf_puts(&out, "{");
	seen_text_string(&out, "S", "x{");
	seen_text_string(&out, "None", NULL);
	seen_text_number(&out, "N", UINT64_MAX);
	seen_text_bool(&out, "B", true);
	seen_text_ms(&out, "Ms", 0.0123456);
	seen_text_ms(&out, "Before", -1);
	seen_text_time(&out, "T", &when);
	seen_text_key(&out, "List");
	buf_puts(&out, "[");
	seen_text_comma(&out);
	seen_text_value(&out, "[");
	seen_text_comma(&out);
	buf_puts(&out, "{");
	seen_text_addr(&out, "Ip", &some);
	seen_text_addr(&out, "Ip6", &none);
	buf_puts(&out, "}]");
	seen_text_mac(&out, "Mac", &mac);
	buf_puts(&out, "}");
	assert_string_equal(out.data,
			    "{\"S\":\"x{\",\"None\":null,\"N\":18446744073709551615,\"B\":true,"
			    "\"Ms\":12.345,\"Before\":0.000,"
			    "\"T\":\"2023-11-14T22:13:20.000000005Z\","
			    "\"List\":[\"[\",{\"Ip\":\"10.1.0.2\",\"Ip6\":null}],"
			    "\"Mac\":\"02:00:00:00:00:01\"}");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_comes_back_as_it_was),
		cmocka_unit_test(what_is_no_utf8_is_replaced_byte_by_byte),
		cmocka_unit_test(any_two_bytes_make_json),
		cmocka_unit_test(members_have_commas_between_them_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

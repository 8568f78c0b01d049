// SPDX-License-Identifier: GPL-2.0-or-later
// test_asked.c - what is to be captured, as text and decoded
#include "capture/asked.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void take(struct capture_asked *asked, const char *word)
{
	struct error error;

	assert_int_equal(capture_asked_take(asked, word, &error), 0);
}

static void each_key_is_read(void **state)
{
	struct capture_asked asked;
	struct error error;

	(void)state;
	capture_asked_init(&asked);
	assert_int_equal(asked.snaplen, CAPTURE_SNAPLEN_MAX);
	take(&asked, "name=web");
	take(&asked, "both=1");
	take(&asked, "loopback=1");
	take(&asked, "drops=1");
	take(&asked, "count=12");
	take(&asked, "for=1500ms");
	take(&asked, "snaplen=96");
	take(&asked, "bytes=10M");
	take(&asked, "filter=tcp[0] = 80 and not arp");
	assert_int_equal(capture_asked_check(&asked, &error), 0);
	assert_string_equal(asked.name, "web");
	assert_true(asked.both && asked.loopback && asked.drops);
	assert_int_equal(asked.count, 12);
	assert_int_equal(asked.for_ms, 1500);
	assert_int_equal(asked.snaplen, 96);
	assert_int_equal(asked.bytes, 10000000);
	assert_string_equal(asked.filter, "tcp[0] = 80 and not arp");
}

static void times_and_sizes_have_units(void **state)
{
	static const struct {
		const char *word;
		uint64_t for_ms, bytes;
	} cases[] = {
		{ "for=10", 10000, 0 },	       { "for=10s", 10000, 0 },
		{ "for=5m", 300000, 0 },       { "for=2h", 7200000, 0 },
		{ "bytes=65536", 0, 65536 },   { "bytes=500k", 0, 500000 },
		{ "bytes=2G", 0, 2000000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct capture_asked asked;

		capture_asked_init(&asked);
		take(&asked, cases[i].word);
		assert_int_equal(asked.for_ms, cases[i].for_ms);
		assert_int_equal(asked.bytes, cases[i].bytes);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const words[] = {
		"",
		"name",
		"name=",
		"=web",
		"color=red",
		"both=yes",
		"both=",
		"count=0",
		"count=-1",
		"count=4294967296",
		"count=5x",
		"for=0",
		"for=10d",
		"for= 1",
		"for=31536000",
		"snaplen=63",
		"snaplen=262145",
		"bytes=100",
		"bytes=10T",
		"for=18446744073709551616",
		"filter=",
		"filter=a\nb",
		"filter=\xc3\xa4",
		"name=a\x1b[2J",
		"bytes=9300000000G",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct capture_asked asked;
		struct error error = { 0 };

		capture_asked_init(&asked);
		assert_true(capture_asked_take(&asked, words[i], &error) < 0);
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_true(error.text[0]);
	}
}

static void a_word_that_is_too_long_is_refused(void **state)
{
	char word[7 + CAPTURE_FILTER_MAX + 2] = "filter=";
	struct capture_asked asked;
	struct error error;

	(void)state;
	capture_asked_init(&asked);
	memset(word + 7, 'x', CAPTURE_FILTER_MAX);
	assert_int_equal(capture_asked_take(&asked, word, &error), 0);
	word[7 + CAPTURE_FILTER_MAX] = 'x';
	assert_true(capture_asked_take(&asked, word, &error) < 0);
}

static void without_a_name_nothing_is_asked(void **state)
{
	struct capture_asked asked;
	struct error error;

	(void)state;
	capture_asked_init(&asked);
	assert_true(capture_asked_check(&asked, &error) < 0);
	assert_int_equal(error.kind, ERROR_INVALID);
}

static void words_are_read_again(void **state)
{
	struct capture_asked asked, again;
	struct capture_words words;
	struct error error;

	(void)state;
	memset(&asked, 0, sizeof(asked));
	memset(&again, 0, sizeof(again));
	capture_asked_init(&asked);
	capture_asked_init(&again);
	take(&asked, "name=web");
	capture_asked_words(&asked, &words);
	assert_int_equal(words.n, 1);
	memset(asked.filter, 'x', CAPTURE_FILTER_MAX);
	memset(asked.name, 'y', CAPTURE_NAME_MAX);
	asked.both = asked.loopback = asked.drops = true;
	asked.count = UINT32_MAX;
	asked.bytes = INT64_MAX;
	asked.for_ms = CAPTURE_FOR_MAX_MS;
	asked.snaplen = CAPTURE_SNAPLEN_MIN;
	capture_asked_words(&asked, &words);
	assert_int_equal(words.n, CAPTURE_KEYS);
	for (size_t i = 0; i < words.n; i++)
		assert_int_equal(capture_asked_take(&again, words.list[i], &error), 0);
	assert_memory_equal(&asked, &again, sizeof(asked));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_is_read),
		cmocka_unit_test(times_and_sizes_have_units),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(a_word_that_is_too_long_is_refused),
		cmocka_unit_test(without_a_name_nothing_is_asked),
		cmocka_unit_test(words_are_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

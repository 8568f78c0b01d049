// SPDX-License-Identifier: GPL-2.0-or-later
// test_pattern.c - filter patterns: what matches, what is refused, and that none is slow
#include "model/filter/pattern.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static bool matches(const char *text, const char *subject)
{
	_cleanup_free_ char *pattern_copy = strdup(text), *subject_copy = strdup(subject);
	struct pattern *pattern;
	bool match;

	if (pattern_new(pattern_copy, &pattern) < 0)
		fail_msg("%s was refused", text);
	match = pattern_match(pattern, subject_copy);
	pattern_free(pattern);
	return match;
}

static void patterns_match_a_part_unless_anchored(void **state)
{
	static const struct {
		const char *pattern, *yes, *no; /* separated by spaces */
	} cases[] = {
		{ "web", "web webby myweb my-web-1", "we wb" },
		{ "^web", "web webby", "myweb" },
		{ "web$", "web myweb", "webby" },
		{ "^web$", "web", "webby myweb" },
		{ "^web|db$", "web1 mydb", "myweb db1" },
		{ "^(web|db)$", "web db", "webdb we" },
		{ "^(?:web|db)+$", "web db webdb dbdbweb", "we webd" },
		{ "a.c", "abc axc xabcx", "ac abd" },
		{ "^a.*z$", "az abz a-z", "a za" },
		{ "^ab+c$", "abc abbbc", "ac" },
		{ "^ab?c$", "abc ac", "abbc" },
		{ "^ab*?c$", "ac abbc", "adc" },
		{ "^[a-c]+$", "abc cab", "abd d" },
		{ "^[^a-c]+$", "xyz", "xaz" },
		{ "^[]x]$", "] x", "a" },
		{ "^[a-]$", "a -", "b" },
		{ "^[\\]\\\\]$", "] \\", "a" },
		{ "^a\\.b$", "a.b", "axb" },
		{ "^(a*)*b$", "b aab", "a" },
		{ "^(a|)b$", "ab b", "aab" },
		{ "()", "x", "" },
		{ "^/?web$", "web /web", "//web" },
		{ "x^", "", "x x^" },
		{ "$x", "", "x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int side = 0; side < 2; side++) {
			_cleanup_free_ char *list = strdup(side ? cases[i].no : cases[i].yes);
			char *rest = list, *word;

			while ((word = strsep(&rest, " "))) {
				if (*word && matches(cases[i].pattern, word) == side)
					fail_msg("%s on %s", cases[i].pattern, word);
			}
		}
	}
	assert_true(matches("", ""));
	assert_true(matches("^$", ""));
	assert_true(matches("", "anything"));
}

static void malformed_and_unsupported_patterns_are_refused(void **state)
{
	static const char *const cases[] = { "(",    ")",   "a)",    "(a",	"[",   "[a",
					     "[^",   "[]",  "[b-a]", "*",	"+a",  "?",
					     "a**",  "a|*", "(*)",   "\\",	"a\\", "\\d",
					     "a{2}", "[\\", "[a-\\", "(?P<x>a)" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *copy = strdup(cases[i]);
		struct pattern *pattern;

		if (pattern_new(copy, &pattern) != -EINVAL)
			fail_msg("%s was taken", cases[i]);
	}
}

static void a_pattern_may_have_the_limit_and_not_one_byte_more(void **state)
{
	char text[PATTERN_LEN_MAX + 2];
	struct pattern *pattern;

	(void)state;
	memset(text, '?', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i += 2)
		text[i] = 'a';
	text[PATTERN_LEN_MAX] = '\0';
	assert_int_equal(pattern_new(text, &pattern), 0);
	assert_true(pattern_match(pattern, "aaaa"));
	pattern_free(pattern);
	text[PATTERN_LEN_MAX] = 'a';
	text[PATTERN_LEN_MAX + 1] = '\0';
	assert_int_equal(pattern_new(text, &pattern), -EINVAL);
}

static void no_pattern_is_slow(void **state)
{
	static const char *const evil[] = { "^(a*)*b$", "^(a|a)*b$", "^(a|aa)+b$", "^(((a*)*)*)*b$",
					    "(.*)(.*)(.*)(.*)(.*)(.*)(.*)x$" };
	char subject[254];
	struct timespec start, end;

	(void)state;
	memset(subject, 'a', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &start), 0);
	for (size_t i = 0; i < ARRAY_SIZE(evil); i++)
		assert_false(matches(evil[i], subject));
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &end), 0);
	assert_true(end.tv_sec - start.tv_sec <
		    2); /* a backtracker needs longer than the sun has */
}

/* Each level would double what the C library needs to compile it: 20 of them take it seconds and
 * hundreds of megabytes. */
static void nested_repetition_costs_no_more_than_its_length(void **state)
{
	char text[PATTERN_LEN_MAX + 1] = "", subject[254];
	const size_t levels = (PATTERN_LEN_MAX - 1) / 3;
	struct pattern *pattern;

	(void)state;
	memset(text, '(', levels);
	text[levels] = 'a';
	for (size_t i = 0; i < levels; i++)
		memcpy(text + levels + 1 + 2 * i, ")+", 2);
	memset(subject, 'a', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	assert_int_equal(pattern_new(text, &pattern), 0);
	assert_true(pattern_match(pattern, subject));
	assert_false(pattern_match(pattern, "b"));
	pattern_free(pattern);
}

/* Random patterns over a small alphabet, against the C library's idea of them. */
static void it_agrees_with_the_c_library(void **state)
{
	static const char alphabet[] = "aabb.*+?|()^$";
	unsigned int seed = 1;
	int compared = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[8], subject[6];
		size_t len = 1 + (size_t)(rand_r(&seed) % 7), n = (size_t)(rand_r(&seed) % 6);
		struct pattern *pattern;
		regex_t regex;

		for (size_t j = 0; j < len; j++)
			text[j] = alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		text[len] = '\0';
		for (size_t j = 0; j < n; j++)
			subject[j] = (char)('a' + rand_r(&seed) % 2);
		subject[n] = '\0';
		/* POSIX leaves "a+?" and an operator after another or at the beginning open */
		if (strstr(text, "()") || pattern_new(text, &pattern) < 0)
			continue;
		if (!strpbrk(text, "?") && regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) == 0) {
			bool want = regexec(&regex, subject, 0, NULL, 0) == 0;

			if (pattern_match(pattern, subject) != want)
				fail_msg("%s on %s: the C library says %d", text, subject, want);
			regfree(&regex);
			compared++;
		}
		pattern_free(pattern);
	}
	assert_true(compared > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_a_part_unless_anchored),
		cmocka_unit_test(malformed_and_unsupported_patterns_are_refused),
		cmocka_unit_test(a_pattern_may_have_the_limit_and_not_one_byte_more),
		cmocka_unit_test(no_pattern_is_slow),
		cmocka_unit_test(nested_repetition_costs_no_more_than_its_length),
		cmocka_unit_test(it_agrees_with_the_c_library),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}

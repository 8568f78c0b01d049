// SPDX-License-Identifier: GPL-2.0-or-later
// test_explain_watch.c - lines of a program that goes on: until it is enough, and why they end
// before
#include "cli/command/explain_watch.h"

#include "base/deadline.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The numbers of the lines, as digits. */
struct seen {
	char text[64];
	size_t enough; /* after so many; 0: never */
};

static int take(json_t *line, void *data, struct error *error)
{
	struct seen *seen = data;
	size_t n = strlen(seen->text);

	(void)error;
	assert_true(n + 1 < sizeof(seen->text));
	seen->text[n] = (char)('0' + json_integer_value(json_object_get(line, "N")));
	return n + 1 == seen->enough;
}

/* script: of a shell, in the place of netd-explain. */
static int hear(const char *script, struct seen *seen, int64_t deadline_ms, struct error *error)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	const struct explain_watch watch = { .take = take,
					     .data = seen,
					     .deadline_ms = deadline_ms };

	*error = (struct error) { 0 };
	return explain_watch_hear("/bin/sh", argv, &watch, error);
}

static void lines_are_taken_until_it_is_enough(void **state)
{
	struct seen seen = { .enough = 2 };
	struct error error;

	(void)state;
	/* It ends with its input, and has last words. */
	assert_int_equal(hear("echo 200; echo '{\"N\":1}'; printf '{\"N\":'; echo '2}'; read -r x; "
			      "echo '{\"N\":9}'",
			      &seen, DEADLINE_NEVER, &error),
			 0);
	assert_string_equal(seen.text, "129");
}

static void a_time_ends_it_and_last_words_come(void **state)
{
	struct seen seen = { 0 };
	struct error error;

	(void)state;
	assert_int_equal(
		hear("echo 200; read -r x; echo '{\"N\":7}'", &seen, deadline_after(1), &error), 0);
	assert_string_equal(seen.text, "7");
}

static void a_signal_ends_it(void **state)
{
	struct seen seen = { 0 };
	struct error error;

	(void)state;
	assert_int_equal(hear("echo 200; echo '{\"N\":1}'; kill -INT $PPID; read -r x; "
			      "echo '{\"N\":2}'",
			      &seen, DEADLINE_NEVER, &error),
			 0);
	assert_string_equal(seen.text, "12");
}

static void ends_with(const char *script, const char *told, const char *words)
{
	struct seen seen = { 0 };
	struct error error;

	assert_true(hear(script, &seen, DEADLINE_NEVER, &error) < 0);
	assert_string_equal(seen.text, told);
	if (!strstr(error.text, words))
		fail_msg("\"%s\" has no \"%s\"", error.text, words);
}

static void what_is_refused_is_told_in_its_words(void **state)
{
	(void)state;
	ends_with("echo 404; echo '{\"message\":\"no such container: x\"}'", "",
		  "no such container: x");
}

static void that_it_ends_by_itself_is_told(void **state)
{
	(void)state;
	ends_with("echo 200; echo '{\"N\":1}'; exit 3", "1",
		  "netd-explain ended by itself (status 3)");
	ends_with("echo 200; kill -9 $$", "", "netd-explain ended by itself (signal 9)");
	ends_with("", "", "netd-explain ended by itself (status 0)");
}

static void why_it_breaks_off_is_told_where_it_says_so(void **state)
{
	(void)state;
	ends_with("echo 200; echo '{\"N\":1}'; echo '{\"Broken\":\"netd-trace has ended\"}'; "
		  "read -r x",
		  "1", "netd-trace has ended, and what it told with it");
}

static void what_is_no_line_is_told(void **state)
{
	(void)state;
	ends_with("echo 200; echo hello; read -r x", "", "says what is not JSON");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_taken_until_it_is_enough),
		cmocka_unit_test(a_time_ends_it_and_last_words_come),
		cmocka_unit_test(a_signal_ends_it),
		cmocka_unit_test(what_is_refused_is_told_in_its_words),
		cmocka_unit_test(that_it_ends_by_itself_is_told),
		cmocka_unit_test(why_it_breaks_off_is_told_where_it_says_so),
		cmocka_unit_test(what_is_no_line_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_listeners.c - the verdicts on every listener of B, as a person sees them
#include "cli/show/listeners.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER(address, port, protocol, verdict, cause, says)                                      \
	"{\"To\":{\"Name\":\"db\",\"Address\":\"" address "\",\"Port\":" port                      \
	",\"Protocol\":\"" protocol "\"},\"Verdict\":\"" verdict "\",\"Cause\":" cause             \
	",\"Hops\":[{\"Id\":\"to\",\"State\":\"ok\",\"Say\":\"" says "\"}]}"
#define DOCUMENT(verdict, source, answers)                                                         \
	"{\"From\":{\"Name\":\"web\"},\"To\":{\"Name\":\"db\"},\"Verdict\":\"" verdict             \
	"\",\"Source\":\"" source "\",\"TookMilliseconds\":2.1,\"Unknown\":[],\"Answers\":"        \
	"[" answers "]}"
#define WELL                                                                                       \
	ANSWER("10.61.0.3", "80", "tcp", "reachable", "null", "80/tcp is open on :: (nginx, pid 7)")

static void shows(const char *text, bool verbose, const char *want)
{
	const struct explained_look look = { .verbose = verbose };
	json_t *json = json_loads(text, 0, NULL);
	struct buf out = { 0 };

	assert_non_null(json);
	explained_screen(json, &look, &out);
	assert_string_equal(out.data, want);
	json_decref(json);
	buf_done(&out);
}

static void what_is_not_reached_comes_first(void **state)
{
	(void)state;
	shows(DOCUMENT("partly", "netd",
		       WELL "," ANSWER("10.61.0.3", "5432", "tcp", "unreachable",
				       "\"db listens on 127.0.0.1 only\"",
				       "") "," ANSWER("2001:db8:61::3", "53", "udp", "undecided",
						      "null", "")),
	      false,
	      "web -> db    PARTLY    of 3 listeners 1 is reached\n"
	      "\n"
	      "  !!  10.61.0.3:5432/tcp       db listens on 127.0.0.1 only\n"
	      "  ??  [2001:db8:61::3]:53/udp\n"
	      "  ok  10.61.0.3:80/tcp         80/tcp is open on :: (nginx, pid 7)\n"
	      "\n"
	      "see  netctl explain web 10.61.0.3:5432\n");
}

static void a_terminal_has_colours_besides(void **state)
{
	const struct explained_look look = { .colour = true };
	json_t *json = json_loads(DOCUMENT("partly", "file",
					   WELL "," ANSWER("10.61.0.3", "9", "udp", "unreachable",
							   "\"nobody listens\"", "")),
				  0, NULL);
	struct buf out = { 0 };

	(void)state;
	assert_non_null(json);
	explained_screen(json, &look, &out);
	assert_string_equal(
		out.data,
		"web -> db    \033[33mPARTLY\033[0m    of 2 listeners 1 is reached\n"
		"\n"
		"  \033[1;31m!!\033[0m  10.61.0.3:9/udp   nobody listens\n"
		"  \033[32mok\033[0m  10.61.0.3:80/tcp  80/tcp is open on :: (nginx, pid 7)\n"
		"\n"
		"note judged from a file: nothing was asked of a kernel\n");
	json_decref(json);
	buf_done(&out);
}

static void what_is_all_well_is_short(void **state)
{
	(void)state;
	shows(DOCUMENT("reachable", "records", WELL), false,
	      "web -> db    WORKS    1 listener, 2.1 ms\n"
	      "\n"
	      "  ok  10.61.0.3:80/tcp  80/tcp is open on :: (nginx, pid 7)\n"
	      "\n"
	      "note netd does not answer: this is from its records and the kernel\n");
	shows(DOCUMENT("unreachable", "netd", ""), false,
	      "web -> db    DOES NOT WORK    nothing listens there\n");
}

static void many_are_cut_and_counted(void **state)
{
	const struct explained_look look = { 0 };
	struct buf text = { 0 }, out = { 0 };
	size_t n_lines = 0;
	json_t *json;

	(void)state;
	buf_puts(&text,
		 "{\"Verdict\":\"partly\",\"From\":{\"Name\":\"web\"},\"To\":{\"Name\":\"db\"},"
		 "\"Answers\":[");
	for (int i = 0; i < 100; i++)
		buf_puts(&text, i == 99 ? ANSWER("10.61.0.3", "9", "tcp", "unreachable",
						 "\"a sentence that is far too long for what is "
						 "left of its "
						 "line, and is cut off\"",
						 "")
					: WELL ",");
	buf_puts(&text, "]}");
	json = json_loadb(text.data, text.len, 0, NULL);
	assert_non_null(json);
	explained_screen(json, &look, &out);
	for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n")) {
		n_lines++;
		assert_true(strlen(line) <= 80);
		if (n_lines == 2)
			assert_non_null(strstr(line, "10.61.0.3:9/tcp"));
	}
	assert_true(n_lines + 2 <= EXPLAIN_LINES_MAX);
	json_decref(json);
	buf_done(&text);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_reached_comes_first),
		cmocka_unit_test(a_terminal_has_colours_besides),
		cmocka_unit_test(what_is_all_well_is_short),
		cmocka_unit_test(many_are_cut_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

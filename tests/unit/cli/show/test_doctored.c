// SPDX-License-Identifier: GPL-2.0-or-later
// test_doctored.c - screens of reports, as a person sees them
#include "cli/show/doctored.h"

#include "tests/unit/cli/show/screens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKED "\"Looked\":{\"Hosts\":1,\"Networks\":2,\"Containers\":1,\"Ports\":0,\"Ways\":7}"
#define PORT_DOWN                                                                                  \
	"{\"Code\":\"port-down\",\"State\":\"bad\",\"Places\":[\"web\"],\"Say\":"                  \
	"\"web's port on blue is down (v1)\",\"Why\":\"Nothing passes.\",\"Fix\":["                \
	"{\"Say\":\"bring it up\",\"Argv\":[\"ip\",\"link\",\"set\",\"dev\",\"v1\",\"up\"]},"      \
	"{\"Say\":\"let netd do it\",\"Argv\":[\"netctl\",\"doctor\",\"--fix\"]}]}"
#define LEGACY                                                                                     \
	"{\"Code\":\"legacy-iptables\",\"State\":\"warn\",\"Places\":[\"host\"],\"Say\":"          \
	"\"the host has rules of iptables-legacy\",\"Why\":\"They are asked, too.\",\"Fix\":[]}"
#define WELL                                                                                       \
	"{\"Name\":null,\"Verdict\":\"well\",\"Findings\":[],\"LeftOut\":0," LOOKED                \
	",\"Unknown\":[],\"Repaired\":[],\"Source\":\"netd\",\"TookMilliseconds\":4.25}"
#define ILL(more)                                                                                  \
	"{\"Name\":\"web\",\"Verdict\":\"ill\",\"Findings\":[" PORT_DOWN "," LEGACY                \
	"]," LOOKED more "}"

static struct buf screen_of(const char *text, bool colour, bool verbose)
{
	return screens_of(doctored_screen, text, colour, verbose);
}

static void shows(const char *text, const char *want)
{
	screens_show(doctored_screen, text, want);
}

static void has(const char *json, bool verbose, const char *want, const char *lacks)
{
	struct buf out = screen_of(json, false, verbose);

	if (want && !strstr(out.data, want))
		fail_msg("\"%s\" is not in\n%s", want, out.data);
	if (lacks && strstr(out.data, lacks))
		fail_msg("\"%s\" is in\n%s", lacks, out.data);
	buf_done(&out);
}

static int status_of(const char *verdict)
{
	json_t *report = json_pack("{s:s}", "Verdict", verdict);
	int status = doctored_status(report);

	json_decref(report);
	return status;
}

static void undecided_is_neither_well_nor_a_failure(void **state)
{
	(void)state;
	assert_int_equal(status_of("well"), 0);
	assert_int_equal(status_of("ill"), 1);
	assert_int_equal(status_of("undecided"), 3);
	assert_int_equal(status_of("of a newer netd"), 3);
}

static void where_nothing_is_wrong_what_was_looked_at_is_a_line(void **state)
{
	(void)state;
	shows(WELL, "everything    NOTHING IS WRONG    4.2 ms\n"
		    "\n"
		    "  ok  1 host, 2 networks, 1 container, 7 ways looked at\n");
}

static void what_is_wrong_has_its_reason_and_what_to_do(void **state)
{
	(void)state;
	shows(ILL(""), "web    1 THING IS WRONG    web's port on blue is down (v1)\n"
		       "\n"
		       "  !!  web     web's port on blue is down (v1)\n"
		       "   !  host    the host has rules of iptables-legacy\n"
		       "   -  1 host, 2 networks, 1 container, 7 ways looked at\n"
		       "\n"
		       "why  Nothing passes.\n"
		       "do   ip link set dev v1 up    bring it up\n");
	/* With -v what is only to be known has its reason, too, and there are other ways. */
	has(ILL(""), true, "or   netctl doctor --fix    let netd do it\n", NULL);
	has(ILL(""), true, "why  They are asked, too.\n", NULL);
	has(ILL(""), false, NULL, "They are asked");
}

static void colour_is_there_only_where_it_is_wanted(void **state)
{
	struct buf plain = screen_of(ILL(""), false, false);
	struct buf coloured = screen_of(ILL(""), true, false);

	(void)state;
	assert_null(strchr(plain.data, '\033'));
	assert_non_null(strstr(coloured.data, "\033[1;31m!!\033[0m"));
	assert_non_null(strstr(coloured.data, "\033[33m !\033[0m"));
	buf_done(&plain);
	buf_done(&coloured);
}

static void several_places_are_counted(void **state)
{
	(void)state;
	has("{\"Verdict\":\"ill\",\"Findings\":[{\"State\":\"bad\",\"Say\":\"x\","
	    "\"Places\":[\"web\",\"db\"],\"MorePlaces\":7}]}",
	    false, "  !!  web +8  x\n", NULL);
	has("{\"Verdict\":\"ill\",\"Findings\":[{\"State\":\"bad\",\"Say\":\"x\","
	    "\"Places\":[\"a-container-with-a-long-name\"],\"MorePlaces\":0}]}",
	    false, "  !!  a-container-w~  x\n", NULL);
}

/* Of a netd elsewhere the number may be any, and a line stays one. */
static void no_number_of_places_tears_a_line(void **state)
{
	static const struct {
		json_int_t more;
		const char *want;
	} numbers[] = {
		{ -1, "  web  " },
		{ 0, "  web  " },
		{ 1, "  web +1  " },
		{ 100000000000000, "  web +10000  it" },
		{ INT64_MAX, "  web +10000  it" },
		{ INT64_MIN, "  web  " },
	};
	struct explained_look look = { .verbose = true };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_t *report = json_pack("{s:s, s:[{s:s, s:s, s:[s], s:I, s:s}]}", "Verdict",
					   "ill", "Findings", "Code", "bridge-down", "State", "bad",
					   "Places", "web", "MorePlaces", numbers[i].more, "Say",
					   "it is down");
		struct buf out = { 0 };

		assert_non_null(report);
		doctored_screen(report, &look, &out);
		if (!strstr(out.data, numbers[i].want))
			fail_msg("%lld more: %s", (long long)numbers[i].more, out.data);
		buf_done(&out);
		json_decref(report);
	}
}

static void what_was_not_looked_at_is_told(void **state)
{
	(void)state;
	shows("{\"Verdict\":\"undecided\",\"Findings\":[],\"Unknown\":[{\"Where\":\"app\",\"Why\":"
	      "\"not looked at, nor 3 others: the time was over\"}],\"TookMilliseconds\":12000.0}",
	      "everything    UNDECIDED    12000.0 ms\n"
	      "\n"
	      "  ??  app     not looked at, nor 3 others: the time was over\n");
	has("{\"Verdict\":\"ill\",\"Findings\":[" PORT_DOWN "],\"LeftOut\":9}", false,
	    "and 9 more findings\n", NULL);
}

static void what_netd_repaired_is_told_and_when(void **state)
{
	(void)state;
	has(ILL(",\"Repaired\":[{\"Time\":\"2026-05-02T08:00:11.5Z\",\"What\":\"port v1 was "
		"down\"}]"),
	    false, "past 2026-05-02 08:00:11 netd repaired: port v1 was down\n", NULL);
	has(ILL(",\"Fixed\":[\"port v1 was down\"]"), false,
	    "fix  netd repaired: port v1 was down\n", NULL);
	has(ILL(",\"Fixed\":[]"), false, "fix  netd had nothing to repair\n", NULL);
	has(ILL(",\"Fixed\":null"), false, "fix  netd does not answer, so nothing was repaired\n",
	    NULL);
	has(ILL(",\"Source\":\"records\""), false, "note netd does not answer", NULL);
}

/* Of a netd elsewhere it may be anything. */
static void what_is_no_report_does_no_harm(void **state)
{
	static const char *const odd[] = {
		"{}",
		"[]",
		"{\"Findings\":7,\"Looked\":[],\"Unknown\":\"x\",\"Repaired\":{}}",
		"{\"Verdict\":\"ill\",\"Findings\":[7,{\"Places\":3},{\"State\":\"bad\"}]}",
		"{\"Fixed\":\"x\",\"Repaired\":[{}],\"Name\":\"\\u001b[2J\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct buf out = screen_of(odd[i], true, true);

		assert_null(strstr(out.data, "\033[2J"));
		buf_done(&out);
	}
}

static void what_is_long_is_twenty_lines(void **state)
{
	struct buf text = { 0 }, out;
	size_t n = 0;

	(void)state;
	buf_puts(&text, "{\"Verdict\":\"ill\",\"Findings\":[");
	for (int i = 0; i < 30; i++)
		buf_printf(&text, "%s%s", i > 0 ? "," : "", PORT_DOWN);
	buf_puts(&text, "]}");
	out = screen_of(text.data, false, false);
	for (size_t i = 0; i < out.len; i++)
		n += out.data[i] == '\n';
	assert_true(n <= 20);
	assert_non_null(strstr(out.data, "(24 more, -v shows them)\n"));
	buf_done(&out);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undecided_is_neither_well_nor_a_failure),
		cmocka_unit_test(where_nothing_is_wrong_what_was_looked_at_is_a_line),
		cmocka_unit_test(what_is_wrong_has_its_reason_and_what_to_do),
		cmocka_unit_test(colour_is_there_only_where_it_is_wanted),
		cmocka_unit_test(several_places_are_counted),
		cmocka_unit_test(no_number_of_places_tears_a_line),
		cmocka_unit_test(what_was_not_looked_at_is_told),
		cmocka_unit_test(what_netd_repaired_is_told_and_when),
		cmocka_unit_test(what_is_no_report_does_no_harm),
		cmocka_unit_test(what_is_long_is_twenty_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

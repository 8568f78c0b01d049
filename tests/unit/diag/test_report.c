// SPDX-License-Identifier: GPL-2.0-or-later
// test_report.c - findings come together in a report, and are written as JSON
#include "diag/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag_report report; /* large */

static void take(const char *code, const char *say, enum diag_state state, const char *place)
{
	struct diag_verdict verdict = { 0 };
	struct diag_fix *fix;

	(void)verdict_set_cause(&verdict, code, "doctor", "%s", say);
	verdict_set_why(&verdict, "Because.");
	fix = verdict_add_fix(&verdict, DIAG_NETD, "let netd");
	verdict_add_word(&verdict, fix, "netctl");
	report_take(&report, &verdict, state, place);
	verdict_done(&verdict);
}

static void the_same_in_the_same_words_is_one_finding(void **state)
{
	(void)state;
	take("bridge-down", "bridge a is down", DIAG_WARN, "a");
	take("bridge-down", "bridge a is down", DIAG_BAD, "b");
	take("bridge-down", "bridge a is down", DIAG_WARN, "b");
	take("bridge-down", "bridge b is down", DIAG_WARN, "b");
	assert_int_equal(report.n_findings, 2);
	assert_int_equal(report.findings[0].n_places, 2);
	assert_int_equal(report.findings[0].state, DIAG_BAD);
	assert_int_equal(report.findings[1].state, DIAG_WARN);
	assert_int_equal(report_outcome(&report), REPORT_ILL);
	report_done(&report);
	assert_int_equal(report_outcome(&report), REPORT_WELL);
}

static void what_is_too_much_is_counted(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < DOCTOR_FINDINGS_MAX + 3; i++) {
		(void)snprintf(text, sizeof(text), "bridge %d is down", i);
		take("bridge-down", text, DIAG_BAD, "net");
	}
	assert_int_equal(report.n_findings, DOCTOR_FINDINGS_MAX);
	assert_int_equal(report.n_left_out, 3);
	for (int i = 0; i < DIAG_LIST_MAX + 2; i++) {
		(void)snprintf(text, sizeof(text), "net%d", i);
		take("bridge-down", "bridge 0 is down", DIAG_BAD, text);
		report_add_unknown(&report, text, "why %d", i);
		report_add_unknown(&report, text, "why %d", i);
	}
	assert_int_equal(report.findings[0].n_places, DIAG_LIST_MAX);
	assert_int_equal(report.findings[0].n_more, 3); /* "net" was the first */
	assert_int_equal(report.n_unknown, DIAG_LIST_MAX);
	assert_int_equal(report.err, 0);
	report_done(&report);
}

static void a_report_is_written_with_what_is_bad_first(void **state)
{
	const struct facts_repair repairs[] = { { "2026-05-02T08:00:00Z", "bridge a was down" } };
	struct buf out = { 0 };

	(void)state;
	take("tc-drop", "a filter", DIAG_WARN, "a");
	take("bridge-down", "bridge a is down", DIAG_BAD, "a");
	report_add_unknown(&report, "host", "routes: more than %d", 1);
	report.name = strdup("a");
	report.repairs = repairs;
	report.n_repairs = 1;
	report.looked[REPORT_NETWORKS] = 1;
	report.source = "netd";
	report.took_ms = 1.2345;
	assert_int_equal(report_write(&report, &out), 0);
	assert_string_equal(
		out.data,
		"{\"Version\":1,\"Name\":\"a\",\"Verdict\":\"ill\",\"Findings\":["
		"{\"Code\":\"bridge-down\",\"State\":\"bad\",\"Places\":[\"a\"],\"MorePlaces\":0,"
		"\"Say\":\"bridge a is down\",\"Why\":\"Because.\",\"Note\":null,\"Fix\":[{\"Who\":"
		"\"netd\",\"Say\":\"let netd\",\"Argv\":[\"netctl\"],\"Choice\":false}]},"
		"{\"Code\":\"tc-drop\",\"State\":\"warn\",\"Places\":[\"a\"],\"MorePlaces\":0,"
		"\"Say\":\"a filter\",\"Why\":\"Because.\",\"Note\":null,\"Fix\":[{\"Who\":"
		"\"netd\",\"Say\":\"let netd\",\"Argv\":[\"netctl\"],\"Choice\":false}]}],"
		"\"LeftOut\":0,\"Looked\":{\"Hosts\":0,\"Networks\":1,\"Containers\":0,\"Ports\":0,"
		"\"Ways\":0},\"Unknown\":[{\"Where\":\"host\",\"Why\":\"routes: more than 1\"}],"
		"\"Repaired\":[{\"Time\":\"2026-05-02T08:00:00Z\",\"What\":\"bridge a was down\"}],"
		"\"Source\":\"netd\",\"TookMilliseconds\":1.235}");
	buf_done(&out);
	report_done(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_in_the_same_words_is_one_finding),
		cmocka_unit_test(what_is_too_much_is_counted),
		cmocka_unit_test(a_report_is_written_with_what_is_bad_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

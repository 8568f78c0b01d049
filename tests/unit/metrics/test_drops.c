// SPDX-License-Identifier: GPL-2.0-or-later
// test_drops.c - drops are added up by container and reason, whoever counts, and go with their
// containers
#include "metrics/drops.h"

#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct drops drops;

static int teardown(void **state)
{
	(void)state;
	drops_done(&drops);
	return 0;
}

/* Bytes of their exact size: one too far is seen. */
static int hear(const char *text)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);
	int err;

	assert_non_null(exact);
	memcpy(exact, text, len);
	err = drops_read(&drops, exact, len);
	free(exact);
	return err;
}

static void say(const char *text)
{
	assert_int_equal(hear(text), 0);
}

#define READY "200\n{\"Ready\":true,\"Of\":null}\n"
#define PLACE(container_, reason_, packets_)                                                       \
	"{\"Container\":" container_ ",\"Network\":\"n\",\"Link\":\"eth0\",\"Where\":\"inside\","  \
	"\"Reason\":\"" reason_                                                                    \
	"\",\"Function\":\"tcp_v4_rcv\",\"Say\":\"…\",\"Packets\":" #packets_ ",\"Total\":900}\n"
#define WEB_AND_DB "[{\"Name\":\"web\"},{\"Name\":\"db\"}]"

/* The page of a snapshot with these containers; the caller's to free. */
static char *page_of(const char *containers)
{
	struct buf out = { 0 };
	const struct page page = { &out, PAGE_OPENMETRICS };
	struct json_span list = { 0 };
	struct error error;

	if (containers)
		assert_int_equal(json_span_check(containers, strlen(containers), &list, &error), 0);
	drops_write(&drops, &page, &list);
	assert_int_equal(out.err, 0);
	return out.data ? out.data : calloc(1, 1);
}

static void shows(const char *containers, const char *wanted)
{
	char *text = page_of(containers), *at = text;
	char samples[4096] = "";

	/* the samples alone: heads are series.c's */
	while (*at) {
		size_t len = strcspn(at, "\n") + 1;

		if (*at != '#')
			strncat(samples, at, len);
		at += len;
	}
	free(text);
	assert_string_equal(samples, wanted);
}

#define UP "netd_tracer_up 1\n"
#define NONE_LEFT_OUT "netd_drops_uncounted_total 0\n"

static void nobody_who_was_not_asked_for_them_has_families_of_drops(void **state)
{
	char *text;

	(void)state;
	text = page_of(WEB_AND_DB);
	assert_string_equal(text, "");
	free(text);
}

static void packets_of_a_container_and_a_reason_are_one_number(void **state)
{
	(void)state;
	drops_begin(&drops);
	say(READY PLACE("\"web\"", "NO_SOCKET", 3) PLACE("\"db\"", "NETFILTER_DROP", 1));
	say(PLACE("\"web\"", "NO_SOCKET", 4) PLACE("\"web\"", "IP_RPFILTER", 2));
	shows(WEB_AND_DB,
	      UP "netd_drops_total{container=\"db\",reason=\"NETFILTER_DROP\"} 1\n"
		 "netd_drops_total{container=\"web\",reason=\"IP_RPFILTER\"} 2\n"
		 "netd_drops_total{container=\"web\",reason=\"NO_SOCKET\"} 7\n" NONE_LEFT_OUT);
}

static void a_line_that_comes_in_pieces_is_one(void **state)
{
	static const char text[] = READY PLACE("\"web\"", "NO_SOCKET", 3);
	char piece[2] = "";

	(void)state;
	drops_begin(&drops);
	for (size_t i = 0; text[i]; i++) {
		piece[0] = text[i];
		say(piece);
	}
	shows(WEB_AND_DB,
	      UP "netd_drops_total{container=\"web\",reason=\"NO_SOCKET\"} 3\n" NONE_LEFT_OUT);
}

static void a_number_grows_on_when_another_counts(void **state)
{
	(void)state;
	drops_begin(&drops);
	say(READY PLACE("\"web\"", "NO_SOCKET", 3));
	/* half a line of one who was killed is no part of what the next one says */
	say("{\"Container\":\"web\",\"Wh");
	drops_end(&drops);
	/* nobody counts now: no number at all, and no zero but the one that says so */
	shows(WEB_AND_DB, "netd_tracer_up 0\n");
	drops_begin(&drops);
	shows(WEB_AND_DB, "netd_tracer_up 0\n");
	say(READY PLACE("\"web\"", "NO_SOCKET", 2));
	shows(WEB_AND_DB,
	      UP "netd_drops_total{container=\"web\",reason=\"NO_SOCKET\"} 5\n" NONE_LEFT_OUT);
}

static void a_container_that_has_gone_takes_its_numbers_along(void **state)
{
	(void)state;
	drops_begin(&drops);
	say(READY PLACE("\"web\"", "NO_SOCKET", 3) PLACE("\"db\"", "NO_SOCKET", 2)
		    PLACE("null", "NETFILTER_DROP", 1));
	/* nobody knows who is there: then nobody has gone */
	shows(NULL,
	      UP "netd_drops_total{container=\"\",reason=\"NETFILTER_DROP\"} 1\n"
		 "netd_drops_total{container=\"db\",reason=\"NO_SOCKET\"} 2\n"
		 "netd_drops_total{container=\"web\",reason=\"NO_SOCKET\"} 3\n" NONE_LEFT_OUT);
	shows("[{\"Name\":\"db\"}]",
	      UP "netd_drops_total{container=\"\",reason=\"NETFILTER_DROP\"} 1\n"
		 "netd_drops_total{container=\"db\",reason=\"NO_SOCKET\"} 2\n" NONE_LEFT_OUT);
	/* one that has its name later begins at 0 */
	shows(WEB_AND_DB,
	      UP "netd_drops_total{container=\"\",reason=\"NETFILTER_DROP\"} 1\n"
		 "netd_drops_total{container=\"db\",reason=\"NO_SOCKET\"} 2\n" NONE_LEFT_OUT);
	say(PLACE("\"web\"", "NO_SOCKET", 1));
	shows("[{\"Name\":\"web\"}]",
	      UP "netd_drops_total{container=\"\",reason=\"NETFILTER_DROP\"} 1\n"
		 "netd_drops_total{container=\"web\",reason=\"NO_SOCKET\"} 1\n" NONE_LEFT_OUT);
	shows("[]",
	      UP "netd_drops_total{container=\"\",reason=\"NETFILTER_DROP\"} 1\n" NONE_LEFT_OUT);
}

static void a_label_ends_where_its_text_does(void **state)
{
	(void)state;
	drops_begin(&drops);
	say(READY "{\"Container\":\"a\\\"} 9\\n\\\\\",\"Where\":\"inside\",\"Reason\":\"B\\\"\","
		  "\"Packets\":3}\n");
	shows("[{\"Name\":\"a\\\"} 9\\n\\\\\"}]", UP
	      "netd_drops_total{container=\"a\\\"} 9\\n\\\\\",reason=\"B\\\"\"} 3\n" NONE_LEFT_OUT);
}

static void without_a_reason_the_function_stands_there(void **state)
{
	(void)state;
	drops_begin(&drops);
	say(READY PLACE("\"web\"", "",
			3) "{\"Container\":\"web\",\"Where\":\"inside\",\"Packets\":1}\n");
	shows(WEB_AND_DB,
	      UP "netd_drops_total{container=\"web\",reason=\"tcp_v4_rcv\"} 3\n"
		 "netd_drops_total{container=\"web\",reason=\"unknown\"} 1\n" NONE_LEFT_OUT);
}

static void what_is_no_loss_or_makes_no_sense_is_not_counted(void **state)
{
	(void)state;
	drops_begin(&drops);
	/* before the kernel counts: numbers of links, which have no reason */
	say("200\n" PLACE("\"web\"", "NO_SOCKET", 3) READY);
	say("{\"Container\":\"web\",\"Where\":\"port\",\"Reason\":\"OTHERHOST\",\"Packets\":8,"
	    "\"Decoy\":true}\n");
	say(PLACE("\"web\"", "NO_SOCKET", 0) PLACE("\"web\"", "NO_SOCKET", -4)
		    PLACE("7", "NO_SOCKET", 4) PLACE("\"\"", "NO_SOCKET", 4));
	say("no JSON\n[]\n{}\n\n{\"Interval\":true,\"Packets\":5,\"Uncounted\":-1}\n");
	shows(WEB_AND_DB, UP NONE_LEFT_OUT);
}

static void why_nobody_counts_is_kept(void **state)
{
	static const char *const without[] = {
		"200\n{\"Ready\":true,\"Lacks\":\"the kernel is locked down\"}\n",
		"503\n{\"message\":\"the kernel is locked down\",\"code\":\"unavailable\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		drops_begin(&drops);
		say(without[i]);
		say(PLACE("\"web\"", "", 3));
		assert_string_equal(drops.lacks, "the kernel is locked down");
		shows(WEB_AND_DB, "netd_tracer_up 0\n");
		say(READY);
		assert_string_equal(drops.lacks, "");
		shows(WEB_AND_DB, UP NONE_LEFT_OUT);
	}
	say("{\"Broken\":\"netd-trace has ended by itself\"}\n");
	shows(WEB_AND_DB, "netd_tracer_up 0\n");
}

static void what_had_no_room_in_the_kernel_is_told_over_all_who_counted(void **state)
{
	(void)state;
	drops_begin(&drops);
	say(READY "{\"Interval\":true,\"Packets\":0,\"LeftOut\":0,\"Uncounted\":4}\n"
		  "{\"Interval\":true,\"Packets\":0,\"LeftOut\":0,\"Uncounted\":6}\n");
	shows(WEB_AND_DB, UP "netd_drops_uncounted_total 6\n");
	drops_begin(&drops);
	say(READY "{\"Interval\":true,\"Uncounted\":3}\n");
	shows(WEB_AND_DB, UP "netd_drops_uncounted_total 9\n");
}

/* One more than there is room for is counted as one without room. */
static void rows_have_an_end(void **state)
{
	char line[256];

	(void)state;
	drops_begin(&drops);
	say(READY);
	for (int i = 0; i <= METRICS_DROPS_MAX; i++) {
		(void)snprintf(line, sizeof(line),
			       "{\"Container\":\"c%d\",\"Where\":\"inside\",\"Reason\":\"R\","
			       "\"Packets\":2}\n",
			       i);
		say(line);
	}
	assert_int_equal(drops.n, METRICS_DROPS_MAX);
	assert_int_equal(drops.n_uncounted, 2);
	/* one that is there goes on */
	say("{\"Container\":\"c7\",\"Where\":\"inside\",\"Reason\":\"R\",\"Packets\":2}\n");
	assert_int_equal(drops.n_uncounted, 2);
	shows("[{\"Name\":\"c7\"}]", UP "netd_drops_total{container=\"c7\",reason=\"R\"} 4\n"
					"netd_drops_uncounted_total 2\n");
}

static void a_line_without_an_end_is_given_up(void **state)
{
	static char text[METRICS_DROPS_LINE_MAX + 2];

	(void)state;
	drops_begin(&drops);
	memset(text, 'x', METRICS_DROPS_LINE_MAX);
	assert_int_equal(hear(text), 0);
	assert_int_equal(hear("x"), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nobody_who_was_not_asked_for_them_has_families_of_drops,
					  teardown),
		cmocka_unit_test_teardown(packets_of_a_container_and_a_reason_are_one_number,
					  teardown),
		cmocka_unit_test_teardown(a_line_that_comes_in_pieces_is_one, teardown),
		cmocka_unit_test_teardown(a_number_grows_on_when_another_counts, teardown),
		cmocka_unit_test_teardown(a_container_that_has_gone_takes_its_numbers_along,
					  teardown),
		cmocka_unit_test_teardown(a_label_ends_where_its_text_does, teardown),
		cmocka_unit_test_teardown(without_a_reason_the_function_stands_there, teardown),
		cmocka_unit_test_teardown(what_is_no_loss_or_makes_no_sense_is_not_counted,
					  teardown),
		cmocka_unit_test_teardown(why_nobody_counts_is_kept, teardown),
		cmocka_unit_test_teardown(
			what_had_no_room_in_the_kernel_is_told_over_all_who_counted, teardown),
		cmocka_unit_test_teardown(rows_have_an_end, teardown),
		cmocka_unit_test_teardown(a_line_without_an_end_is_given_up, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

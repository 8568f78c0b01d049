// SPDX-License-Identifier: GPL-2.0-or-later
// test_traffic_screen.c - what went through containers' interfaces, as a table of 80 columns
#include "cli/show/traffic_screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct traffic_row rows[] = {
	{ .name = (char *)"web",
	  .networks = (char *)"front",
	  .is_counted = true,
	  .has_rate = true,
	  .received = { 1234567, 1000, 2, 999., 1. },
	  .sent = { 42, 1, 1, 123456., 3. },
	  .has_asked = true,
	  .n_queries = 17 },
	{ .name = (char *)"a-name-that-has-more-letters-than-there-is-room",
	  .networks = (char *)"",
	  .is_counted = true,
	  .received = { UINT64_MAX, 1, 1000000, 0., 0. } },
	{ .name = (char *)"monitor", .networks = (char *)"host" },
};

static void shows_with(const struct thrown_reasons *reasons, bool by_network, size_t max_rows,
		       const char *want)
{
	const struct traffic traffic = { .rows = rows, .n = 3 };
	struct buf out = { 0 };

	traffic_screen(&traffic, by_network, reasons, max_rows, &out);
	assert_int_equal(out.err, 0);
	assert_string_equal(out.data, want);
	for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 1, 80);
	buf_done(&out);
}

static void shows(bool by_network, size_t max_rows, const char *want)
{
	shows_with(NULL, by_network, max_rows, want);
}

static void is_told(struct thrown_reasons *reasons, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);

	assert_non_null(line);
	assert_int_equal(thrown_reasons_take(reasons, line), 0);
	json_decref(line);
}

static void why_packets_were_thrown_away_stands_below_their_container(void **state)
{
	struct thrown_reasons reasons = { 0 };

	(void)state;
	is_told(&reasons, "{\"Ready\":true}");
	is_told(&reasons, "{\"Container\":\"web\",\"Network\":\"front\",\"Where\":\"port\","
			  "\"Reason\":\"NETFILTER_DROP\",\"Say\":\"a rule\",\"Packets\":2}");
	shows_with(
		&reasons, true, 4,
		"NAME (NETWORK)        RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
		"web (front)             1.23MB      42B         999B    123kB        3        17\n"
		"  2 thrown away: a rule (NETFILTER_DROP)\n"
		"a-name-that-has-mor~    18.4EB       0B            -        -  1000000         -\n"
		"monitor (host)               -        -            -        -        -         "
		"-\n");
	/* Both lines of a container have room, or neither. */
	shows_with(
		&reasons, false, 3,
		"NAME                  RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
		"web                     1.23MB      42B         999B    123kB        3        17\n"
		"  2 thrown away: a rule (NETFILTER_DROP)\n"
		"(2 more)\n");
	shows_with(
		&reasons, false, 2,
		"NAME                  RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
		"(3 more)\n");
	thrown_reasons_done(&reasons);
}

static void why_that_is_not_known_is_the_last_line(void **state)
{
	struct thrown_reasons reasons = { 0 };

	(void)state;
	is_told(&reasons, "{\"Lacks\":\"the tracer needs CAP_BPF and CAP_PERFMON, and was started "
			  "without them, of which it says more\"}");
	shows_with(
		&reasons, false, 3,
		"NAME                  RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
		"web                     1.23MB      42B         999B    123kB        3        17\n"
		"(2 more)\n"
		"drops without reasons: the tracer needs CAP_BPF and CAP_PERFMON, and was "
		"starte~\n");
	thrown_reasons_done(&reasons);
}

static void a_table_has_80_columns_whatever_is_in_it(void **state)
{
	(void)state;
	shows(false, SIZE_MAX,
	      "NAME                  RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
	      "web                     1.23MB      42B         999B    123kB        3        17\n"
	      "a-name-that-has-mor~    18.4EB       0B            -        -  1000000         -\n"
	      "monitor                      -        -            -        -        -         -\n");
}

static void a_network_stands_behind_the_name(void **state)
{
	(void)state;
	shows(true, SIZE_MAX,
	      "NAME (NETWORK)        RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
	      "web (front)             1.23MB      42B         999B    123kB        3        17\n"
	      "a-name-that-has-mor~    18.4EB       0B            -        -  1000000         -\n"
	      "monitor (host)               -        -            -        -        -         -\n");
}

static void rows_for_which_there_is_no_room_are_counted(void **state)
{
	(void)state;
	shows(false, 2,
	      "NAME                  RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
	      "web                     1.23MB      42B         999B    123kB        3        17\n"
	      "(2 more)\n");
	shows(false, 0,
	      "NAME                  RECEIVED     SENT   RECEIVED/S   SENT/S  DROPPED   QUERIES\n"
	      "(3 more)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_80_columns_whatever_is_in_it),
		cmocka_unit_test(a_network_stands_behind_the_name),
		cmocka_unit_test(rows_for_which_there_is_no_room_are_counted),
		cmocka_unit_test(why_packets_were_thrown_away_stands_below_their_container),
		cmocka_unit_test(why_that_is_not_known_is_the_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

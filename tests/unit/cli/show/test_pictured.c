// SPDX-License-Identifier: GPL-2.0-or-later
// test_pictured.c - the way of a packet as a picture of boxes and arrows
#include "cli/show/pictured.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ENDS                                                                                       \
	"{\"From\":{\"Name\":\"web\",\"Address\":\"10.61.0.2\"},\"To\":{\"Name\":\"db\","          \
	"\"Address\":\"10.61.0.3\"},\"Hops\":["
#define HOP(id, state, where) "{\"Id\":\"" id "\",\"State\":\"" state "\",\"Where\":\"" where "\"}"

static void draws(const char *text, const char *want)
{
	struct buf out = { 0 };
	struct lines lines = { .out = &out };
	json_t *verdict = json_loads(text, 0, NULL);

	assert_non_null(verdict);
	pictured_put(verdict, &lines);
	assert_string_equal(out.data ? out.data : "", want);
	json_decref(verdict);
	buf_done(&out);
}

static void places_are_boxes_and_what_is_broken_looks_it(void **state)
{
	(void)state;
	draws(ENDS HOP("name", "ok", "name") "," HOP("from", "ok", "web") "," HOP(
		      "bridge.port", "bad", "blue") "," HOP("to", "skipped",
							    "db") "," HOP("back", "skipped",
									  "back") "]}",
	      "  +-----------+       ##########       .............\n"
	      "  | web       | ----> # blue   # . . . : db        :\n"
	      "  | 10.61.0.2 |       # bridge #       : 10.61.0.3 :\n"
	      "  +-----------+       ##########       .............\n"
	      "    ok                  !!               -\n");
}

static void hops_of_one_place_are_one_box_and_the_worst_counts(void **state)
{
	(void)state;
	draws(ENDS HOP("from", "ok", "web") "," HOP("bridge.port", "unknown", "blue") "," HOP(
		      "bridge", "ok", "blue") "," HOP("to", "ok",
						      "db") "," HOP("back", "ok",
								    "back") "," HOP("to"
										    ".mtu",
										    "ba"
										    "d",
										    "x") "]}",
	      "  +-----------+       ?--------?       #############\n"
	      "  | web       | ----> ? blue   ? ----> # db        #\n"
	      "  | 10.61.0.2 |       ? bridge ?       # 10.61.0.3 #\n"
	      "  +-----------+       ?--------?       #############\n"
	      "    ok                  ??               !!\n"
	      "  <------------------------ back ok ----------------\n");
}

static void whoever_has_no_hop_is_drawn_too(void **state)
{
	(void)state;
	draws(ENDS HOP("uplink", "ok", "up0") "," HOP("back.route", "bad", "back") "]}",
	      "  +-----------+       +--------+       +-----------+\n"
	      "  | web       | ----> | up0    | ----> | db        |\n"
	      "  | 10.61.0.2 |       | uplink |       | 10.61.0.3 |\n"
	      "  +-----------+       +--------+       +-----------+\n"
	      "    ok                  ok               ok\n"
	      "  < . . . . . . . . . . . X-- back !! --------------\n");
	draws(ENDS "]}", "");
	draws("{}", "");
}

static void a_long_way_takes_several_rows_of_80_columns(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	struct lines lines = { .out = &out };
	size_t n_rows = 0;
	json_t *verdict;

	(void)state;
	buf_puts(&text, ENDS);
	for (int i = 0; i < 60; i++)
		buf_printf(&text, "%s{\"Id\":\"%s\",\"State\":\"ok\",\"Where\":\"%.*d\"}",
			   i ? "," : "", i ? "host" : "from", 1 + i, i);
	buf_puts(&text, "]}");
	verdict = json_loads(text.data, 0, NULL);
	pictured_put(verdict, &lines);
	for (const char *at = out.data, *end; at && (end = strchr(at, '\n')); at = end + 1) {
		assert_true(end - at <= LINES_WIDTH);
		n_rows++;
	}
	assert_true(n_rows > 50);
	json_decref(verdict);
	buf_done(&text);
	buf_done(&out);
}

#define LONG "a-name-of-more-than-thirty-nine-characters-which-is-allowed"

static void a_name_goes_on_below_and_is_not_cut(void **state)
{
	(void)state;
	draws(ENDS HOP("from", "ok", LONG) "," HOP("from.route", "bad", LONG) "]}",
	      "  ###########################################       .............\n"
	      "  # a-name-of-more-than-thirty-nine-charact # . . . : db        :\n"
	      "  # ers-which-is-allowed                    #       : 10.61.0.3 :\n"
	      "  #                                         #       :           :\n"
	      "  ###########################################       .............\n"
	      "    !!                                                -\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_boxes_and_what_is_broken_looks_it),
		cmocka_unit_test(hops_of_one_place_are_one_box_and_the_worst_counts),
		cmocka_unit_test(whoever_has_no_hop_is_drawn_too),
		cmocka_unit_test(a_name_goes_on_below_and_is_not_cut),
		cmocka_unit_test(a_long_way_takes_several_rows_of_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

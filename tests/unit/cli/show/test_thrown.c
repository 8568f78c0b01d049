// SPDX-License-Identifier: GPL-2.0-or-later
// test_thrown.c - drops as a table that fits 80 columns, and the worst first in a terminal
#include "cli/show/thrown.h"

#include "cli/show/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "NAME              WHERE        PACKETS     TOTAL  WHY\n"

static json_t *drop_of(const char *container, const char *where, const char *reason,
		       const char *say, int packets, int total)
{
	json_t *json = json_pack("{s:s?, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "Container",
				 container, "Network", "blue", "Link", "eth0", "Where", where,
				 "Reason", reason, "Function", "f", "Say", say, "Packets", packets,
				 "Total", total);

	assert_non_null(json);
	return json;
}

static void shows_as(json_t *drop, const char *want)
{
	struct buf out = { 0 };

	thrown_line(drop, false, &out);
	assert_string_equal(out.data, want);
	for (const char *line = out.data; *line; line = strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") <= LINES_WIDTH);
	buf_done(&out);
	json_decref(drop);
}

static void a_place_is_a_line_of_eighty_columns(void **state)
{
	(void)state;
	shows_as(drop_of("db", "inside", "NO_SOCKET", "nobody listens there", 12, 40),
		 "db                eth0              12        40  nobody listens there\n"
		 "                                                  (NO_SOCKET)\n");
	shows_as(drop_of("a-container-with-a-long-name", "port", "SOMETHING_NEW", "", 1, 1),
		 "a-container-with~ host's end         1         1  SOMETHING_NEW\n");
	shows_as(drop_of(NULL, "bridge", "TTL", "it went through too many routers", 1, 1),
		 "blue              bridge             1         1  it went through too many\n"
		 "                                                  routers (TTL)\n");
}

static void a_terminal_has_the_worst_first(void **state)
{
	struct thrown_places places = { 0 };
	json_t *drops[] = { drop_of("web", "inside", "TTL", "", 1, 1),
			    drop_of("db", "inside", "TTL", "", 2, 2),
			    drop_of("web", "inside", "TTL", "", 5, 6) };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(thrown_places_add(&places, drops[i]), 0);
	thrown_places_screen(&places, false, 24, &out);
	assert_string_equal(out.data,
			    HEADER "web               eth0               5         6  TTL\n"
				   "db                eth0               2         2  TTL\n");
	buf_done(&out);
	thrown_places_age(&places);
	thrown_places_screen(&places, false, 2, &out);
	assert_string_equal(out.data,
			    HEADER "web               eth0               -         6  TTL\n");
	buf_done(&out);
	thrown_places_done(&places);
	for (size_t i = 0; i < 3; i++)
		json_decref(drops[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_a_line_of_eighty_columns),
		cmocka_unit_test(a_terminal_has_the_worst_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

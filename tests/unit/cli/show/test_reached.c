// SPDX-License-Identifier: GPL-2.0-or-later
// test_reached.c - who reaches what, as a person sees it: a table, groups, each pair, what changed
#include "cli/show/reached.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct explained_look plain = { 0 }, verbose = { .verbose = true };

static void add_row(struct buf *out, const char *from, const char *to, const char *address,
		    unsigned int port, const char *verdict, const char *code)
{
	buf_printf(out,
		   "%s{\"From\":\"%s\",\"To\":\"%s\",\"Address\":\"%s\",\"Port\":%u,\"Inside\":%u,"
		   "\"Protocol\":\"tcp\",\"Published\":false,\"Verdict\":\"%s\",\"Code\":",
		   out->len > 0 ? "," : "", from, to, address, port, port, verdict);
	buf_printf(out, code ? "\"%s\"}" : "null}", code);
}

static void read_rows(const struct buf *rows, const char *askers, struct matrix *matrix)
{
	struct buf text = { 0 };
	json_t *json;

	buf_printf(&text,
		   "{\"Version\":1,\"Askers\":[%s],\"TookMilliseconds\":1.5,\"Source\":\"netd\","
		   "\"Pairs\":[",
		   askers);
	buf_append(&text, rows->data, rows->len);
	buf_puts(&text, "]}");
	json = json_loadb(text.data, text.len, 0, NULL);
	assert_non_null(json);
	assert_int_equal(matrix_read(json, matrix, NULL), 0);
	json_decref(json);
	buf_done(&text);
}

static void small_new(struct matrix *matrix)
{
	struct buf rows = { 0 };

	add_row(&rows, "web", "db", "10.61.0.3", 80, "reachable", NULL);
	add_row(&rows, "web", "db", "10.62.0.3", 80, "unreachable", "other-network");
	add_row(&rows, "web", "db", "10.61.0.3", 5432, "unreachable", "listens-loopback-only");
	add_row(&rows, "web", "c", "10.62.0.2", 80, "unreachable", "other-network");
	add_row(&rows, "db", "c", "10.62.0.2", 80, "undecided", NULL);
	add_row(&rows, "c", "db", "10.61.0.3", 80, "unreachable", "other-network");
	add_row(&rows, "c", "db", "10.61.0.3", 5432, "unreachable", "other-network");
	read_rows(&rows, "\"web\",\"db\",\"c\"", matrix);
	buf_done(&rows);
}

static void shows(const struct matrix *matrix, const struct explained_look *look, const char *want)
{
	struct buf out = { 0 };

	assert_int_equal(reached_screen(matrix, look, &out), 0);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void what_is_small_is_a_table(void **state)
{
	struct matrix matrix;

	(void)state;
	small_new(&matrix);
	shows(&matrix, &plain,
	      "of 6 pairs 1 works, 1 not decided    1.5 ms\n"
	      "\n"
	      "from                  c:80/tcp  db:80/tcp  db:5432/tcp\n"
	      "web                   no        yes        no\n"
	      "db                    ??        -          -\n"
	      "c                     -         no         no\n");
	shows(&matrix, &verbose,
	      "of 6 pairs 1 works, 1 not decided    1.5 ms\n"
	      "\n"
	      "  web -> db 10.61.0.3:80/tcp  yes\n"
	      "  web -> db 10.62.0.3:80/tcp  no other-network\n"
	      "  web -> db 10.61.0.3:5432/tcp  no listens-loopback-only\n"
	      "  web -> c 10.62.0.2:80/tcp  no other-network\n"
	      "  db -> c 10.62.0.2:80/tcp  ??\n"
	      "  c -> db 10.61.0.3:80/tcp  no other-network\n"
	      "  c -> db 10.61.0.3:5432/tcp  no other-network\n");
	matrix_done(&matrix);
}

/* Of ten listeners one is reached by some and not by others: it comes first. */
static void what_is_large_is_groups_and_differences_come_first(void **state)
{
	static const char want[] = "of 100 pairs 98 work    1.5 ms\n"
				   "\n"
				   "  a03, a07 -> db5:80/tcp  no  rules-drop\n"
				   "  a00, a01, a02, +5 -> db5:80/tcp  yes\n"
				   "  a00, a01, a02, +7 -> db0:80/tcp  yes\n";
	struct buf rows = { 0 }, out = { 0 };
	struct matrix matrix;
	size_t n_lines = 0;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		bool is_lost = i == 35 || i == 75;
		char from[16], to[16];

		(void)snprintf(from, sizeof(from), "a%02u", i / 10);
		(void)snprintf(to, sizeof(to), "db%u", i % 10);
		add_row(&rows, from, to, "10.61.0.3", 80, is_lost ? "unreachable" : "reachable",
			is_lost ? "rules-drop" : NULL);
	}
	read_rows(&rows, "\"a00\"", &matrix);
	assert_int_equal(reached_screen(&matrix, &plain, &out), 0);
	if (strncmp(out.data, want, strlen(want)) != 0)
		fail_msg("%s", out.data);
	for (const char *c = out.data; *c; c++)
		n_lines += *c == '\n';
	assert_true(n_lines <= EXPLAIN_LINES_MAX);
	matrix_done(&matrix);
	buf_done(&rows);
	buf_done(&out);
}

static void what_has_changed_has_both_verdicts(void **state)
{
	struct matrix_changes changes;
	struct buf rows = { 0 }, out = { 0 };
	struct matrix was, is;

	(void)state;
	small_new(&was);
	add_row(&rows, "web", "db", "10.61.0.3", 80, "unreachable", "rules-drop");
	add_row(&rows, "web", "db", "2001:db8::3", 81, "reachable", NULL);
	read_rows(&rows, "\"web\"", &is);
	assert_int_equal(matrix_compare(&was, &is, &changes), 0);
	changes.n = 3;
	reached_changes_screen(&is, &changes, "before.json", &plain, &out);
	assert_string_equal(out.data,
			    "3 pairs have changed since before.json was saved\n"
			    "\n"
			    "  web -> db 10.61.0.3:80/tcp  yes => no rules-drop\n"
			    "  web -> db [2001:db8::3]:81/tcp  not there => yes\n"
			    "  web -> db 10.62.0.3:80/tcp  no other-network => not there\n");
	matrix_changes_done(&changes);
	out.len = 0;
	reached_changes_screen(&was, &changes, "before.json", &plain, &out);
	assert_string_equal(out.data, "nothing has changed since before.json was saved\n");
	matrix_done(&was);
	matrix_done(&is);
	buf_done(&rows);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_small_is_a_table),
		cmocka_unit_test(what_is_large_is_groups_and_differences_come_first),
		cmocka_unit_test(what_has_changed_has_both_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

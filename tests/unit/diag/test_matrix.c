// SPDX-License-Identifier: GPL-2.0-or-later
// test_matrix.c - a saved matrix is read whole or refused with its place, and two are compared
#include "diag/matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROW(from, to, port, verdict, code)                                                         \
	"{\"From\":\"" from "\",\"To\":\"" to "\",\"Address\":\"10.61.0.3\",\"Port\":" port        \
	",\"Inside\":80,\"Protocol\":\"tcp\",\"Published\":false,\"Verdict\":\"" verdict           \
	"\",\"Code\":" code "}"
#define MATRIX(rows) "{\"Version\":1,\"Pairs\":[" rows "]}"

static int read_text(const char *text, struct matrix *matrix, struct error *error)
{
	json_t *document = json_loads(text, 0, NULL);
	int err;

	assert_non_null(document);
	err = matrix_read(document, matrix, error);
	json_decref(document);
	return err;
}

static void rows_are_read_as_they_stand(void **state)
{
	struct matrix matrix;

	(void)state;
	assert_int_equal(read_text(MATRIX(ROW("web", "db", "80", "reachable", "null") "," ROW(
					   "c", "db", "80", "unreachable", "\"other-network\"")),
				   &matrix, NULL),
			 0);
	assert_int_equal(matrix.n, 2);
	assert_string_equal(matrix.rows[0].from, "web");
	assert_null(matrix.rows[0].code);
	assert_int_equal(matrix.rows[1].port, 80);
	assert_string_equal(matrix.rows[1].code, "other-network");
	matrix_done(&matrix);
	assert_int_equal(read_text(MATRIX(""), &matrix, NULL), 0);
	assert_int_equal(matrix.n, 0);
	matrix_done(&matrix);
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "{}", "nothing that netctl reach --save has written" },
		{ "[]", "nothing that netctl reach --save has written" },
		{ "{\"Version\":2,\"Pairs\":[]}", "nothing that netctl reach --save" },
		{ "{\"Version\":1,\"Pairs\":{}}", "nothing that netctl reach --save" },
		{ MATRIX("{}"), "Pairs[0].From is no text" },
		{ MATRIX("7"), "Pairs[0].From is no text" },
		{ MATRIX(ROW("web", "", "80", "reachable", "null")), "Pairs[0].To is no text" },
		{ MATRIX(ROW("web", "db", "0", "reachable", "null")),
		  "Pairs[0].Port is no number from 1 to 65535" },
		{ MATRIX(ROW("web", "db", "\"80\"", "reachable", "null")), "Pairs[0].Port" },
		{ MATRIX(ROW("web", "db", "80", "perhaps", "null")),
		  "Pairs[0].Verdict is no word that is known" },
		{ MATRIX(ROW("web", "db", "80", "partly", "7")), "Pairs[0].Code is no text" },
		{ MATRIX(ROW("web", "db", "80", "reachable", "null") "," ROW("web", "db", "80",
									     "partly", "null")),
		  "Pairs[1] is about the same as one before it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error error = { 0 };
		struct matrix matrix;

		assert_true(read_text(bad[i].text, &matrix, &error) < 0);
		if (!strstr(error.text, bad[i].says))
			fail_msg("%s: \"%s\"", bad[i].text, error.text);
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_null(matrix.rows);
		assert_null(matrix.document);
	}
}

#define PASSING(port, verdict)                                                                     \
	"{\"From\":\"a\",\"To\":\"db\",\"Address\":\"10.61.0.3\",\"Port\":" port                   \
	",\"Inside\":80,\"Protocol\":\"udp\",\"Published\":false,\"Passing\":true,"                \
	"\"Verdict\":\"" verdict "\",\"Code\":null}"

static void a_socket_that_comes_and_goes_is_counted_and_no_change(void **state)
{
	struct matrix_changes changes;
	struct matrix was, is;

	(void)state;
	assert_int_equal(read_text(MATRIX(PASSING("40000", "reachable") "," PASSING(
					   "40001", "reachable") "," PASSING("40002", "reachable")),
				   &was, NULL),
			 0);
	assert_int_equal(
		read_text(MATRIX(PASSING("40003", "reachable") "," PASSING("40002", "unreachable")),
			  &is, NULL),
		0);
	assert_int_equal(matrix_compare(&was, &is, &changes), 0);
	/* It is there in both, and something else has changed. */
	assert_int_equal(changes.n, 1);
	assert_int_equal(changes.items[0].is->port, 40002);
	assert_int_equal(changes.n_passing, 3);
	matrix_changes_done(&changes);
	matrix_done(&was);
	matrix_done(&is);
}

static void what_has_changed_is_told_and_nothing_else(void **state)
{
	struct matrix_changes changes;
	struct matrix was, is;

	(void)state;
	assert_int_equal(
		read_text(MATRIX(ROW("a", "db", "80", "reachable", "null") "," ROW(
				  "b", "db", "80", "unreachable",
				  "\"internal\"") "," ROW("c", "db", "80", "reachable",
							  "null") "," ROW("d", "db", "80",
									  "reachable", "null")),
			  &was, NULL),
		0);
	assert_int_equal(
		read_text(
			MATRIX(ROW("d", "db", "81", "reachable", "null") "," ROW(
				"c", "db", "80", "unreachable",
				"\"rules-drop\"") "," ROW("b", "db", "80", "unreachable",
							  "\"rules-drop\"") "," ROW("a", "db", "80",
										    "reachable",
										    "null")),
			&is, NULL),
		0);
	assert_int_equal(matrix_compare(&was, &is, &changes), 0);
	assert_int_equal(changes.n, 4);
	assert_null(changes.items[0].was);
	assert_int_equal(changes.items[0].is->port, 81);
	assert_string_equal(changes.items[1].was->verdict, "reachable");
	assert_string_equal(changes.items[1].is->verdict, "unreachable");
	/* The same verdict for another reason. */
	assert_string_equal(changes.items[2].was->code, "internal");
	assert_string_equal(changes.items[2].is->code, "rules-drop");
	assert_string_equal(changes.items[3].was->from, "d");
	assert_null(changes.items[3].is);
	matrix_changes_done(&changes);
	assert_int_equal(matrix_compare(&was, &was, &changes), 0);
	assert_int_equal(changes.n, 0);
	matrix_changes_done(&changes);
	matrix_done(&was);
	matrix_done(&is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read_as_they_stand),
		cmocka_unit_test(what_is_wrong_is_named_with_its_place),
		cmocka_unit_test(a_socket_that_comes_and_goes_is_counted_and_no_change),
		cmocka_unit_test(what_has_changed_is_told_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_matrix.c - a saved matrix is read whole or refused with its place; it differs from itself in
// nothing and from an empty one in each row, and its screens are text for a terminal
#include "base/json_parse.h"
#include "cli/show/reached.h"
#include "diag/matrix.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_screen(const struct buf *out)
{
	assert(out->err == 0);
	for (size_t i = 0; i < out->len; i++)
		assert(out->data[i] == '\n' || (out->data[i] >= 0x20 && out->data[i] < 0x7f));
}

static void check_changes(const struct matrix *was, const struct matrix *is, size_t n)
{
	const struct explained_look look = { 0 };
	struct matrix_changes changes;
	struct buf out = { 0 };

	assert(matrix_compare(was, is, &changes) == 0 && changes.n + changes.n_passing == n);
	reached_changes_screen(is, &changes, "a file", &look, &out);
	check_screen(&out);
	matrix_changes_done(&changes);
	buf_done(&out);
}

static void check(const struct matrix *matrix)
{
	const struct explained_look looks[] = { { .verbose = false }, { .verbose = true } };
	const struct matrix empty = { .document = matrix->document };

	for (size_t i = 0; i < matrix->n; i++)
		assert(matrix->rows[i].from[0] && matrix->rows[i].to[0] && matrix->rows[i].port);
	check_changes(matrix, matrix, 0);
	check_changes(&empty, matrix, matrix->n);
	check_changes(matrix, &empty, matrix->n);
	for (size_t i = 0; i < 2; i++) {
		struct buf out = { 0 };

		assert(reached_screen(matrix, &looks[i], &out) == 0);
		check_screen(&out);
		buf_done(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_auto_t *document = NULL;
	struct error error = { 0 };
	struct matrix matrix;

	if (json_parse_record((const char *)data, size, &document, &error) < 0)
		return 0;
	if (matrix_read(document, &matrix, &error) < 0) {
		assert(error.text[0] && !matrix.rows && !matrix.document);
		return 0;
	}
	check(&matrix);
	matrix_done(&matrix);
	return 0;
}

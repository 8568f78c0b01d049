// SPDX-License-Identifier: GPL-2.0-or-later
// rows.h - what lists have in common: ids, times and labels as text, and the order of rows
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

#define ROW_TIME_MAX 64

/* "k=v,k=v" of an object of strings. */
void row_labels(const json_t *labels, struct buf *out);
/* RFC 3339 to the form of docker's lists: "2025-01-02 03:04:05.6 +0000 UTC"; else the text itself.
 */
void row_time(const char *rfc3339, char ret_text[static ROW_TIME_MAX]);
/* The same from Unix seconds. */
void row_time_unix(json_int_t seconds, char ret_text[static ROW_TIME_MAX]);
/* How many characters of an id to show. */
size_t row_id_len(const char *id, bool whole);

/* NULL: out of memory, or a text that is no UTF-8. */
typedef json_t *(*row_function)(const json_t *object, bool whole_ids);

/* Array of rows of an array of objects, sorted by a text field (numbers in it by value), or in the
 * order given when sort is NULL. */
int rows_make(const json_t *objects, row_function function, bool whole_ids, const char *sort,
	      json_t **ret_rows, struct error *error);

// SPDX-License-Identifier: GPL-2.0-or-later
// rows.c - what lists have in common: ids, times and labels as text, and the order of rows
#include "cli/show/rows.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* "a=1,b=2", as docker's lists show labels. A label that is no text is shown without a value. */
void row_labels(const json_t *labels, struct buf *out)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)labels, key, value)
		buf_printf(out, "%s%s=%s", out->len ? "," : "", key,
			   json_is_string(value) ? json_string_value(value) : "");
}

/* "2026-01-02 03:04:05 +0000 UTC", as Go prints a time and docker's lists show it. What is no
 * time of that form is shown as it came. */
void row_time(const char *rfc3339, char ret_text[static ROW_TIME_MAX])
{
	const char *t = strchr(rfc3339, 'T');
	size_t len = strlen(rfc3339);

	/* `t` first: a text that is empty has no last byte to look at. */
	if (t && rfc3339[len - 1] == 'Z')
		/* As text and not through a time_t, so that fractions of a second keep the digits
		 * they came with. */
		(void)snprintf(ret_text, ROW_TIME_MAX, "%.*s %.*s +0000 UTC", (int)(t - rfc3339),
			       rfc3339, (int)(rfc3339 + len - 1 - t - 1), t + 1);
	else
		(void)snprintf(ret_text, ROW_TIME_MAX, "%s", rfc3339);
}

/* The same form for a time in seconds since 1970. */
void row_time_unix(json_int_t seconds, char ret_text[static ROW_TIME_MAX])
{
	time_t when = (time_t)seconds;
	struct tm tm;

	/* What is no time that a calendar has is shown as nothing: the rest of the row is right. */
	if (!gmtime_r(&when, &tm) ||
	    strftime(ret_text, ROW_TIME_MAX, "%Y-%m-%d %H:%M:%S +0000 UTC", &tm) == 0)
		ret_text[0] = '\0';
}

/* How many letters of the id are shown: twelve, as docker's lists have it, or all. */
size_t row_id_len(const char *id, bool whole)
{
	size_t len = strlen(id);

	/* Another daemon may have shorter ids: those are shown as they are. */
	return whole || len < ID_SHORT_LEN ? len : ID_SHORT_LEN;
}

/* The keys are looked up once, and not at each comparison. */
struct sorted {
	const char *key;
	json_t *row;
};

/* net9 comes before net10. */
static int compare(const void *a, const void *b)
{
	return strverscmp(((const struct sorted *)a)->key, ((const struct sorted *)b)->key);
}

/* 0 and a new array, or -ENOMEM. The old one stays the caller's. */
static int sort_rows(json_t *rows, const char *field, json_t **ret_rows)
{
	size_t n = json_array_size(rows);
	_cleanup_free_ struct sorted *sorted = calloc(n + 1, sizeof(*sorted));
	json_auto_t *result = json_array();

	if (!sorted || !result)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		sorted[i].row = json_array_get(rows, i);
		/* Borrowed from the row, which lives as long as the array it came in. */
		sorted[i].key = cli_str(sorted[i].row, field);
	}
	/* Names are unique, so it does not matter that qsort(3) may swap what is equal. */
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++)
		/* The new array takes references of its own; the caller drops the old array with
		 * its ones. */
		if (json_array_append(result, sorted[i].row) < 0)
			return -ENOMEM;
	*ret_rows = take_ptr(result);
	return 0;
}

/* 0 and an array that is the caller's, or the error is set. Without `sort` the rows have the order
 * of the answer. */
int rows_make(const json_t *objects, row_function function, bool whole_ids, const char *sort,
	      json_t **ret_rows, struct error *error)
{
	json_auto_t *rows = json_array();
	json_t *object;
	size_t i;

	json_array_foreach (objects, i, object)
		/* The function's NULL is refused by jansson, so one check tells of every failure in
		 * a row. */
		if (json_array_append_new(rows, function(object, whole_ids)) < 0)
			return error_system(error, -ENOMEM, "listing");
	/* An array that was never made shows above only where there is something to append. */
	if (!rows)
		return error_system(error, -ENOMEM, "listing");
	if (!sort) {
		*ret_rows = take_ptr(rows);
		return 0;
	}
	if (sort_rows(rows, sort, ret_rows) < 0)
		return error_system(error, -ENOMEM, "listing");
	return 0;
}

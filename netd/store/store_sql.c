// SPDX-License-Identifier: GPL-2.0-or-later
// store_sql.c - what SQLite is asked and says, in the words and codes of netd
#include "store/store_parts.h"

#include <errno.h>
#include <stdio.h>

/* Want of memory is told apart, for it passes: callers try again, and no record is judged by it. */
int store_error(sqlite3 *db, struct error *error, const char *what)
{
	/* No database: sqlite3_open had no memory for one. */
	if (!db || (sqlite3_errcode(db) & 0xff) == SQLITE_NOMEM ||
	    sqlite3_extended_errcode(db) == SQLITE_IOERR_NOMEM)
		return error_system(error, -ENOMEM, "cannot %s", what);
	return error_set(error, ERROR_INTERNAL, "cannot %s: %s", what, sqlite3_errmsg(db));
}

/* For several statements in one text. The first that fails ends it. */
int store_run_sql(sqlite3 *db, const char *sql, struct error *error, const char *what)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_error(db, error, what);
	return 0;
}

/* sqlite3_column_text returns NULL for a text when its conversion fails. */
bool store_row_is_whole(sqlite3_stmt *row)
{
	for (int i = 0; i < sqlite3_column_count(row); i++)
		if (sqlite3_column_type(row, i) == SQLITE_TEXT && !sqlite3_column_text(row, i))
			return false;
	return true;
}

/* For settings and counters, where one row is all there is. */
int store_first_value(sqlite3 *db, const char *sql, char *ret_text, size_t size,
		      int64_t *ret_numbers, int n_numbers)
{
	sqlite3_stmt *statement;
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (result != SQLITE_OK)
		return result;
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		/* The type is asked first, for sqlite3_column_text may convert the value in
		 * place. */
		bool is_null = sqlite3_column_type(statement, 0) == SQLITE_NULL;
		const char *text = (const char *)sqlite3_column_text(statement, 0);

		(void)snprintf(ret_text, size, "%s", text ? text : "");
		for (int i = 0; i < n_numbers && i < sqlite3_column_count(statement); i++)
			ret_numbers[i] = sqlite3_column_int64(statement, i);
		/* A number becomes a text where there is memory for one. */
		result = text || is_null ? SQLITE_OK : SQLITE_NOMEM;
	}
	(void)sqlite3_finalize(statement);
	return result;
}

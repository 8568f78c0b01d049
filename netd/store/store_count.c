// SPDX-License-Identifier: GPL-2.0-or-later
// store_count.c - all rows of a database are read: how many, their digest, whether they make sense
#include "store/store_parts.h"

#include "base/hash.h"
#include "base/json_parse.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. A digest is a sum, so the order of rows does not matter and a row can be
 * taken out of it again. Each row's hash begins with its table's name, so a row that moved to
 * another table is noticed. It is no protection against a person who wants to deceive: whoever can
 * write the database can write the digest. It finds damage. */

/* --- hashes ----------------------------------------------------------------------------------- */

/* What was hashed before is the key, so the order of columns counts, and so does the type: 1 is not
 * '1', and no value is not an empty one. */
uint64_t store_half_hash(uint64_t hash, int type, const void *data, size_t len)
{
	uint8_t key[16] = { 0 };

	for (int i = 0; i < 8; i++)
		key[i] = (uint8_t)(hash >> (8 * i));
	key[8] = (uint8_t)type;
	return hash_bytes(key, len ? data : "", len);
}

/* As hash_value of store_change.c. */
static uint64_t hash_column(uint64_t hash, sqlite3_stmt *row, int i)
{
	int type = sqlite3_column_type(row, i);
	int64_t number;

	if (type == SQLITE_NULL)
		return store_half_hash(hash, type, NULL, 0);
	if (type == SQLITE_INTEGER) {
		number = sqlite3_column_int64(row, i);
		return store_half_hash(hash, type, &number, sizeof(number));
	}
	return store_half_hash(hash, type, sqlite3_column_blob(row, i),
			       (size_t)sqlite3_column_bytes(row, i));
}

/* Adds the rows of a query; SQLite's code. mark is worth nothing when this fails. */
static int add_rows(sqlite3 *db, const char *sql, const char *table, struct journal_mark *mark)
{
	sqlite3_stmt *statement;
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (result != SQLITE_OK)
		return result;
	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		uint64_t hash = hash_stable(table, strlen(table));

		/* A value for which there was no memory reads as NULL, and would be hashed as
		 * one. */
		if (!store_row_is_whole(statement)) {
			result = SQLITE_NOMEM;
			break;
		}
		for (int i = 0; i < sqlite3_column_count(statement); i++)
			hash = hash_column(hash, statement, i);
		/* Sums of 64 bits wrap around, and both records wrap in the same way. */
		mark->n_rows++;
		mark->digest += hash;
	}
	(void)sqlite3_finalize(statement); /* its code is result */
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* The generation in mark is left as it is. */
int store_half_count(sqlite3 *db, const struct database *database, struct journal_mark *mark)
{
	int result = SQLITE_OK;
	char sql[64];

	mark->n_rows = mark->digest = 0;
	for (size_t i = 0; result == SQLITE_OK && i < TABLES_MAX && database->tables[i].name; i++) {
		const char *table = database->tables[i].name;

		/* All columns in the table's order: as SQLite tells of changes, too. */
		(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s", table);
		result = add_rows(db, sql, table, mark);
	}
	return result;
}

/* Tables, indexes and triggers as SQL. Whoever changes one of them changes this. */
int store_half_schema_digest(sqlite3 *db, uint64_t *ret_digest)
{
	struct journal_mark mark = { 0 };
	/* sql is the text of CREATE, as it was given. */
	int result = add_rows(db, "SELECT type, name, tbl_name, sql FROM sqlite_master", "", &mark);

	*ret_digest = mark.digest;
	return result;
}

/* --- whether rows make sense ------------------------------------------------------------------ */

/* SQLITE_ROW: it was looked at, and *ret_fine says how it is. SQLITE_NOMEM: nobody can say. */
static int check_text(sqlite3 *db, const char *text, bool *ret_fine)
{
	json_t *json = NULL;
	int err = text ? json_parse_record(text, strlen(text), &json, NULL) : 0;

	json_decref(json);
	if (error_is_passing(err) || (!text && sqlite3_errcode(db) == SQLITE_NOMEM))
		return SQLITE_NOMEM;
	/* A record without its text is one that cannot be read. */
	*ret_fine = text && err == 0;
	return SQLITE_ROW;
}

/* Stops at the first record that cannot be read. */
int store_half_check_json(sqlite3 *db, const struct database *database, bool *ret_fine)
{
	int result = SQLITE_DONE;

	*ret_fine = true;
	for (size_t i = 0; i < TABLES_MAX && database->tables[i].name && *ret_fine; i++) {
		const struct database_table *table = &database->tables[i];
		sqlite3_stmt *row;

		if (table->json < 0)
			continue;
		result = sqlite3_prepare_v2(db, table->rows, -1, &row, NULL);
		if (result != SQLITE_OK)
			return result;
		while (*ret_fine && (result = sqlite3_step(row)) == SQLITE_ROW &&
		       (result = check_text(db, (const char *)sqlite3_column_text(row, table->json),
					    ret_fine)) == SQLITE_ROW)
			;
		(void)sqlite3_finalize(row); /* its code is result */
		if (result != SQLITE_ROW && result != SQLITE_DONE)
			return result;
	}
	return SQLITE_OK;
}

/* Its rows are not those that netd wrote, and somebody else was at them. The rules for changes by
 * hand: as many rows as before, counted by the triggers, and all of them JSON. Anything else is
 * kept out of the journal, so that it is there to go back to. */
static int judge_changes(struct half *half, const struct journal_mark *mark, struct error *error)
{
	char text[32];
	bool is_json = false;
	int64_t n_by_hand = 0;
	/* by_hand is 0 after each transaction of netd's (TURN_COUNT), so it counts what came
	 * since. */
	int result = store_first_value(half->db, "SELECT by_hand FROM counter", text, sizeof(text),
				       &n_by_hand, 1);

	if (result == SQLITE_OK)
		result = store_half_check_json(half->db, half->database, &is_json);
	if (result != SQLITE_OK)
		return store_error(half->db, error, "read the store");
	if (mark->n_rows != half->kept.n_rows || n_by_hand <= 0 || !is_json)
		return error_because(
			error, ERROR_REASON_RECORDS,
			error_set(
				error, ERROR_INTERNAL,
				"rows of %s were removed, added or made unreadable by somebody "
				"else than netd, which goes on with what %s has when it is started "
				"again",
				half->path, half->database->journal));
	return 0;
}

/* Costs a look at all rows. It is done when another connection has committed, and before the
 * journal is written anew or a backup is made. */
int store_half_recount(struct half *half, struct journal_mark *ret_mark, struct error *error)
{
	int err;

	*ret_mark = half->kept;
	if (store_half_count(half->db, half->database, ret_mark) != SQLITE_OK)
		return store_error(half->db, error, "read the store");
	if (journal_mark_is(ret_mark, &half->kept))
		return 0;
	err = judge_changes(half, ret_mark, error);
	if (err < 0)
		return err;
	/* Once in a netd's life, since each transaction would say it again. */
	if (!half->told)
		store_note(half->store,
			   "rows of %s were changed by somebody else than netd, which goes on with "
			   "them when it is started again",
			   half->path);
	half->told = true;
	return 0;
}

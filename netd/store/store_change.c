// SPDX-License-Identifier: GPL-2.0-or-later
// store_change.c - transactions: counted row by row, in the journal first and then in the database
#include "store/store_parts.h"

#include "base/hash.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. The digest of a database is the sum of its rows' hashes: SQLite tells of
 * each row that a statement changes, as it was and as it is now, so the sum follows at no more cost
 * than theirs, and reading all rows at a start gives the same. It stands in the table `counter`,
 * and in the line that ends the transaction in the journal. */

/* The order within a transaction. Begin: what another connection has committed is noticed, for the
 * digest builds on it. Each statement: the hook counts its rows, and the change becomes a line in
 * memory. Commit: the counter is written, the lines are appended to the journal and synced, and the
 * database commits. A process that ends between the last two leaves a journal that is one ahead,
 * which a start recognizes. When the commit fails, the lines are cut off again; when they cannot
 * be, or when nobody knows what the disk has, that is a debt (owes_cut, owes_commit), and no other
 * transaction begins before it is paid. */

/* --- hashes ----------------------------------------------------------------------------------- */

/* The same as hash_column of store_count.c, for values that the hook shows. Both have to come to
 * the same number. */
static uint64_t hash_value(uint64_t hash, sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	int64_t number;

	/* The type is a part of the hash, and NULL has nothing else. */
	if (type == SQLITE_NULL)
		return store_half_hash(hash, type, NULL, 0);
	if (type == SQLITE_INTEGER) {
		number = sqlite3_value_int64(value);
		return store_half_hash(hash, type, &number, sizeof(number));
	}
	return store_half_hash(hash, type, sqlite3_value_blob(value),
			       (size_t)sqlite3_value_bytes(value));
}

/* The counter itself and the boot id are in no sum. */
static bool is_counted(const struct database *database, const char *table)
{
	/* Two to four names: no index is worth it. */
	for (size_t i = 0; i < TABLES_MAX && database->tables[i].name; i++)
		if (strcmp(database->tables[i].name, table) == 0)
			return true;
	return false;
}

/* A row as it was, or as it is now. failed: a value could not be had, for want of memory, and the
 * sum is wrong from here on. */
static uint64_t hash_change(sqlite3 *db, const char *table,
			    int (*value_at)(sqlite3 *, int, sqlite3_value **), bool *failed)
{
	/* The table's name is the beginning of the hash. A row that moved to another table has
	 * another one. */
	uint64_t hash = hash_stable(table, strlen(table));

	/* All columns, in the order of the table. */
	for (int i = 0; i < sqlite3_preupdate_count(db); i++) {
		sqlite3_value *value = NULL;

		if (value_at(db, i, &value) != SQLITE_OK || !value)
			*failed = true;
		else
			hash = hash_value(hash, value);
	}
	return hash;
}

/* SQLite calls this before each row is changed (sqlite3_preupdate_hook). Neither the statement nor
 * the transaction can be refused here, so a failure is noted, and store_half_commit refuses. */
static void on_change(void *data, sqlite3 *db, int what, const char *schema, const char *table,
		      sqlite3_int64 from, sqlite3_int64 to)
{
	struct half *half = data;

	(void)schema, (void)from, (void)to;
	if (!is_counted(half->database, table))
		return;
	/* A statement that changes nothing makes no transaction. */
	half->n_changes++;
	/* A row that is updated is one that goes and one that comes. */
	if (what != SQLITE_INSERT) {
		half->now.n_rows--;
		half->now.digest -= hash_change(db, table, sqlite3_preupdate_old, &half->failed);
	}
	if (what != SQLITE_DELETE) {
		half->now.n_rows++;
		half->now.digest += hash_change(db, table, sqlite3_preupdate_new, &half->failed);
	}
}

/* The number changes when another connection has committed something. -1: it could not be asked. */
static int64_t look(const struct half *half)
{
	sqlite3_stmt *statement = half->turns[TURN_LOOK];
	int64_t version = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0)
								: -1;

	(void)sqlite3_reset(statement); /* repeats the error of the step */
	return version;
}

/* Called once, when the records have been compared. From here on every change is counted. */
void store_half_follow(struct half *half)
{
	half->now = half->kept;
	half->version = look(half);
	(void)sqlite3_preupdate_hook(half->db, on_change, half); /* returns the one before */
}

/* --- transactions ----------------------------------------------------------------------------- */

/* One of the statements that begin and end a transaction. */
static int turn(struct half *half, enum turn which, struct error *error)
{
	/* Prepared at the start: the end of a transaction must not need memory. */
	sqlite3_stmt *statement = half->turns[which];
	int result = sqlite3_step(statement);

	(void)sqlite3_reset(statement); /* repeats the error of the step */
	return result == SQLITE_DONE ? 0 : store_error(half->db, error, "write the store");
}

/* A part of the transaction, so the counter and the rows cannot disagree in the file. */
int store_half_write_counter(struct half *half, struct error *error)
{
	sqlite3_stmt *statement = half->turns[TURN_COUNT];

	/* Binding a number to a parameter that exists cannot fail. */
	(void)sqlite3_bind_int64(statement, 1, (int64_t)half->now.generation);
	(void)sqlite3_bind_int64(statement, 2, (int64_t)half->now.n_rows);
	(void)sqlite3_bind_int64(statement, 3, (int64_t)half->now.digest);
	return turn(half, TURN_COUNT, error);
}

/* What a transaction says of the rows after it builds on what is known of those before. Nobody else
 * writes while it is open. An administrator may write with sqlite3(1) while netd runs. His rows are
 * put into the journal at once where they make sense. */
static int notice_others(struct half *half, struct error *error)
{
	/* The copy of a directory that cannot be written is nobody's but ours. */
	int64_t version = half->read_only ? half->version : look(half);
	struct journal_mark mark;
	struct error why = { 0 };
	int err;

	/* Nobody else has committed since. */
	if (version >= 0 && version == half->version)
		return 0;
	err = store_half_recount(half, &mark, &why);
	if (err == 0 && !journal_mark_is(&mark, &half->kept))
		err = store_journal_rewrite(half, &why);
	if (err < 0 && why.reason != ERROR_REASON_RECORDS) {
		if (error)
			*error = why;
		return err;
	}
	/* Rows that make no sense stay out of the journal, which goes on by itself. */
	if (err < 0 && !half->told)
		store_note(half->store, "%s", why.text);
	half->told |= err < 0;
	/* Only now: what failed above is tried again by the next transaction. */
	half->version = version;
	return 0;
}

/* Everything that a transaction counts begins at what is kept. BEGIN IMMEDIATE takes the lock for
 * writing, so nobody else commits until this transaction has ended. */
static int open_turn(struct half *half, struct error *error)
{
	int err;

	/* What a failed transaction has counted is forgotten here. */
	half->now = half->kept;
	half->pending.len = 0;
	half->pending.err = 0;
	half->n_changes = 0;
	half->failed = false;
	/* One that could not be taken back, for which memory may have been too short. */
	err = sqlite3_get_autocommit(half->db) ? 0 : turn(half, TURN_ROLLBACK, error);
	if (err == 0)
		err = turn(half, TURN_BEGIN, error);
	half->is_open = err == 0;
	if (err == 0)
		err = notice_others(half, error);
	if (err < 0)
		store_half_rollback(half);
	return err;
}

/* The end of a commit that failed (a sync) may have reached the disk all the same. What is
 * committed next is written in its place: the counter, as it is. SQLite writes no row that is the
 * same already, so it is another for a moment. Writes one transaction that changes nothing, over
 * the place in the log where the refused one may stand. half->now is as it was afterwards. */
static int commit_again(struct half *half, struct error *error)
{
	int err = open_turn(half, error);

	half->now.generation++;
	if (err == 0)
		err = store_half_write_counter(half, error);
	half->now.generation--;
	if (err == 0)
		err = store_half_write_counter(half, error);
	if (err == 0)
		err = turn(half, TURN_COMMIT, error);
	if (err < 0)
		store_half_rollback(half);
	half->is_open = false;
	return err;
}

/* Pays what is owed. Cutting comes first: a journal that says more than the database would be
 * believed. */
int store_half_settle(struct half *half, struct error *error)
{
	int err = 0;

	/* Tries again, and leaves owes_cut set where that fails. */
	if (half->owes_cut)
		store_journal_cut(half);
	if (half->owes_commit)
		err = commit_again(half, error);
	half->owes_commit = err < 0;
	/* A cut that is still owed keeps every change out. */
	return half->owes_cut ? error_system(error, -EIO, "cannot cut what was refused off %s",
					     half->database->journal)
			      : err;
}

/* A half whose journal had to be given up gets a new one here, before anything is changed. */
int store_half_begin(struct half *half, struct error *error)
{
	int err = store_half_settle(half, error);

	if (err == 0 && half->journal_fd < 0 && !half->read_only)
		err = store_journal_rewrite(half, error);
	return err < 0 ? err : open_turn(half, error);
}

/* Only now, at the end of a transaction: what changes nothing is allowed on a read-only directory,
 * too. */
static int check_changes(const struct half *half, struct error *error)
{
	if (half->read_only)
		return error_set(
			error, ERROR_UNAVAILABLE,
			"%s is read-only: networks cannot be changed until netd is started "
			"with a state directory that can be written",
			half->dir);
	return 0;
}

/* The words of a transaction that SQLite has taken back by itself. */
int store_half_broken_off(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot write the store");
}

/* In the journal, and committed; or an error, and neither. The heart of it. On success kept, chain
 * and journal_len say what both records have. */
static int keep_changes(struct half *half, struct error *error)
{
	uint64_t chain = half->chain;
	int err = check_changes(half, error);

	/* The transaction's number, in both records. */
	half->now.generation++;
	if (err == 0)
		err = store_half_write_counter(half, error);
	if (err < 0)
		return err;
	/* The journal first: it can be cut again when the commit fails, and a commit cannot be
	 * taken back. One that is ahead by one is a process that ended here (store_check.c). */
	journal_write_commit(&half->pending, 0, &half->now, &chain);
	err = store_journal_append(half, error);
	if (err < 0)
		return err;
	err = turn(half, TURN_COMMIT, error);
	/* The journal has it already: it is cut off there, or the commit is owed. */
	if (err < 0) {
		half->owes_commit = true;
		store_journal_cut(half);
		return err;
	}
	half->chain = chain;
	half->journal_len += half->pending.len;
	half->kept = half->now;
	return 0;
}

/* What changed nothing ends without a sync, and is no transaction that the records count. A failure
 * has rolled back when this returns, and what could not be taken off the disk is owed. */
int store_half_commit(struct half *half, struct error *error)
{
	int err = half->failed		 ? store_half_broken_off(error)
		  : half->n_changes == 0 ? turn(half, TURN_COMMIT, error)
					 : keep_changes(half, error);

	if (err < 0) {
		store_half_rollback(half);
		if (store_half_settle(half, NULL) < 0) {
			error_prefix(error, "refused, and may be done all the same when netd is "
					    "started again before this is tried again");
			/* The engine tries again from its loop. */
			if (half->on_debt)
				half->on_debt(half->debt_data);
		}
		return err;
	}
	half->is_open = false;
	/* After the commit, and not before: the caller's change does not wait for it when it is
	 * refused. */
	if (half->journal_len >= half->compact_at && half->journal_fd >= 0)
		store_journal_compact(half);
	return 0;
}

/* Safe at any time, also without a transaction. */
void store_half_rollback(struct half *half)
{
	if (half->db && !sqlite3_get_autocommit(half->db))
		(void)turn(half, TURN_ROLLBACK, NULL); /* closing rolls back too */
	half->is_open = false;
	half->now = half->kept;
}

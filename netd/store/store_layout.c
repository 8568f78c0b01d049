// SPDX-License-Identifier: GPL-2.0-or-later
// store_layout.c - a database file: opened, its tables made, and made again from its journal
#include "store/store_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. A file gets its tables here, and is brought from an older layout to today's,
 * each in one transaction. When it cannot be trusted a new one is made beside it out of the
 * journal's lines, and takes its name at the end. Until then the old one is as it was. */

/* A database is up to three files: with its log, and the log's index in shared memory. */
static const char *const suffixes[] = { "", "-wal", "-shm" };

/* SQLite gives the files it makes beside a database that one's mode. Whose containers there are is
 * root's to know, and the API's to tell. The file exists with mode 0600 before SQLite opens it, and
 * never with another. */
static int make_private(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 || fchmod(fd, 0600) < 0 ? -errno : 0;
}

/* Those of a netd that left them open to all. */
static void make_others_private(const char *path)
{
	char other[PATH_MAX];

	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++) {
		(void)snprintf(other, sizeof(other), "%.*s%s", PATH_MAX - 8, path, suffixes[i]);
		(void)chmod(other, 0600); /* mostly there is none */
	}
}

/* The middle of a sentence, in memory of the caller's. */
static const char *opening(const struct half *half, char ret_what[static PATH_MAX + 8])
{
	(void)snprintf(ret_what, PATH_MAX + 8, "open %s", half->path);
	return ret_what;
}

/* Opens the file and changes nothing in it. On failure half->db may be set all the same, as
 * sqlite3_open(3) has it, and is closed with the half. */
int store_half_connect(struct half *half, struct error *error)
{
	char what[PATH_MAX + 8];

	if (make_private(half->path) == 0) /* else SQLite says why */
		make_others_private(half->path);
	/* The file exists by now, so SQLite takes its mode for the log and the index. */
	if (sqlite3_open(half->path, &half->db) != SQLITE_OK)
		return store_error(half->db, error, opening(half, what));
	/* A read that fails for the file's own fault is told from one that a disk refused. */
	(void)sqlite3_extended_result_codes(half->db, 1);
	/* In ms. Longer would hold the plumber's loop. */
	(void)sqlite3_busy_timeout(half->db, 1000); /* an administrator may be reading */
	/* Triggers count what others than netd change. */
	(void)sqlite3_db_config(half->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	/* Until it is known to be whole the file stays as it is. */
	(void)sqlite3_db_config(half->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return 0;
}

/* The half can be connected again afterwards. */
void store_half_disconnect(struct half *half)
{
	for (int i = 0; i < TURN_N; i++) {
		(void)sqlite3_finalize(half->turns[i]);
		half->turns[i] = NULL;
	}
	(void)sqlite3_close(half->db);
	half->db = NULL;
}

/* Written when the layout is, and compared by each start. */
static int write_schema_digest(sqlite3 *db, struct error *error, const char *what)
{
	char sql[96];
	uint64_t digest;

	if (store_half_schema_digest(db, &digest) != SQLITE_OK)
		return store_error(db, error, what);
	(void)snprintf(sql, sizeof(sql), "UPDATE counter SET schema = %lld", (long long)digest);
	return store_run_sql(db, sql, error, what);
}

/* Counts all rows, and makes that the state of the database. */
static int write_count(struct half *half, struct error *error, const char *what)
{
	char sql[160];

	if (store_half_count(half->db, half->database, &half->kept) != SQLITE_OK)
		return store_error(half->db, error, what);
	/* A change of the layout is a transaction like any other. */
	half->kept.generation++;
	(void)snprintf(sql, sizeof(sql),
		       "UPDATE counter SET generation = %lld, n_rows = %lld, digest = %lld,"
		       " by_hand = 0",
		       (long long)half->kept.generation, (long long)half->kept.n_rows,
		       (long long)half->kept.digest);
	return store_run_sql(half->db, sql, error, what);
}

/* found is the layout that the file has; 0: it has no tables. */
static int migrate(const struct half *half, int found, struct error *error, const char *what)
{
	const struct database *database = half->database;
	int err = 0;

	/* schema is the newest layout as a whole. */
	if (found == 0) /* what is new begins with the newest layout */
		return store_run_sql(half->db, database->schema, error, what);
	/* One step for each layout, in order: each knows only the one before it. */
	for (int layout = found; err == 0 && layout < database->layout; layout++)
		err = store_run_sql(half->db, database->migrations[layout - 1], error, what);
	return err;
}

/* All of it, or nothing. The number of the layout is a part of the transaction, so a file never has
 * half of a layout. */
int store_half_lay_out(struct half *half, int found, struct error *error)
{
	char what[PATH_MAX + 8], sql[64];
	int err = store_run_sql(half->db, half->database->pragmas, error, opening(half, what));

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d; COMMIT",
		       half->database->layout);
	if (err == 0)
		err = store_run_sql(half->db, "BEGIN IMMEDIATE", error, what);
	if (err == 0 && found < half->database->layout)
		err = migrate(half, found, error, what);
	if (err == 0)
		err = write_schema_digest(half->db, error, what);
	if (err == 0)
		/* Behind the migration, for it changes rows. */
		err = write_count(half, error, what);
	if (err == 0)
		err = store_run_sql(half->db, sql, error, what);
	return err; /* closing rolls back */
}

/* The journal's lines are run as the statements that they name. The database is made beside the old
 * one and takes its place when it is whole; what was damaged is kept for whoever wants to look. */

/* --- made again ------------------------------------------------------------------------------- */

/* Statements are prepared when a line needs them first. */
struct replay {
	struct half *half;
	sqlite3_stmt *statements[STATEMENT_N];
};

/* One line. Only statements of this database are accepted, and their parameters are bound: nothing
 * in a line is SQL. */
static int replay_change(const char *name, const struct journal_value *values, size_t n, void *data,
			 struct error *error)
{
	struct replay *replay = data;
	const struct database *database = replay->half->database;
	enum statement which = database->first;
	sqlite3_stmt **statement;
	int result;

	/* A name that is no statement of this database makes the whole journal unusable. */
	while (which < database->end &&
	       (!store_statement_name[which] || strcmp(store_statement_name[which], name) != 0))
		which++;
	if (which == database->end)
		return error_set(error, ERROR_INVALID, "has a change \"%.40s\", which is none",
				 name);
	statement = &replay->statements[which];
	if (!*statement && sqlite3_prepare_v2(replay->half->db, store_statement_text[which], -1,
					      statement, NULL) != SQLITE_OK)
		return store_error(replay->half->db, error, "read it");
	for (size_t i = 0; i < n; i++) {
		if (values[i].kind == JOURNAL_TEXT)
			(void)sqlite3_bind_text(*statement, (int)i + 1, values[i].text, -1,
						SQLITE_STATIC);
		else if (values[i].kind == JOURNAL_NUMBER)
			(void)sqlite3_bind_int64(*statement, (int)i + 1, values[i].number);
	}
	result = sqlite3_step(*statement);
	(void)sqlite3_reset(*statement); /* repeats the error of the step */
	(void)sqlite3_clear_bindings(*statement);
	return result == SQLITE_DONE ? 0 : store_error(replay->half->db, error, "read it");
}

/* Into a database that has tables and no rows. A transaction that is not committed ends with the
 * connection. */
static int fill(struct half *half, const char *text, const struct journal *journal,
		struct error *error)
{
	struct replay replay = { .half = half };
	struct journal_mark mark;
	int err = store_run_sql(half->db, "BEGIN IMMEDIATE", error, "make it again");

	if (err == 0)
		err = journal_each(text, journal, replay_change, &replay, error);
	for (size_t i = 0; i < STATEMENT_N; i++)
		(void)sqlite3_finalize(replay.statements[i]);
	if (err < 0)
		return err;
	/* The new file has seen as many transactions as the journal. */
	half->kept.generation = journal->mark.generation - 1; /* write_count adds one */
	err = write_count(half, error, "make it again");
	/* Lines that hold to their chain were written by netd; that all of them are there, and gave
	 * the rows that they gave then, only this shows. */
	mark = half->kept;
	if (err == 0 &&
	    (mark.n_rows != journal->mark.n_rows || mark.digest != journal->mark.digest))
		return error_set(error, ERROR_INTERNAL, "does not give the rows it says there are");
	return err < 0 ? err : store_run_sql(half->db, "COMMIT", error, "make it again");
}

/* For backups: a database in memory. */
int store_half_read(struct half *half, const char *text, const struct journal *journal,
		    struct error *error)
{
	int err;

	if (sqlite3_open(":memory:", &half->db) != SQLITE_OK)
		return store_error(half->db, error, "read it");
	/* Its rows are put by netd. */
	(void)sqlite3_db_config(half->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	err = store_half_lay_out(half, 0, error);
	return err < 0 ? err : fill(half, text, journal, error);
}

/* Whatever an earlier try has left under this name. */
static void remove_files(const char *path)
{
	char file[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		(void)snprintf(file, sizeof(file), "%.*s%s", PATH_MAX - 8, path, suffixes[i]);
		(void)unlink(file); /* may not be there */
	}
}

/* What was damaged is kept for whoever wants to look: that of the last time. One generation of
 * damaged files is kept, so they do not fill the disk. */
static void move_aside(const char *path)
{
	char from[PATH_MAX], to[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		(void)snprintf(from, sizeof(from), "%.*s%s", PATH_MAX - 32, path, suffixes[i]);
		(void)snprintf(to, sizeof(to), "%.*s.damaged%s", PATH_MAX - 32, path, suffixes[i]);
		(void)unlink(to);
		(void)rename(from, to); /* may not be there */
	}
}

/* damaged: the old file is kept as .damaged. On success the half is connected to the new one. On
 * failure the old files are where they were, unless the last step, the rename, has failed. */
int store_half_rebuild(struct half *half, const char *text, const struct journal *journal,
		       bool damaged, struct error *error)
{
	char path[PATH_MAX];
	struct error why = { 0 };
	int err;

	(void)snprintf(path, sizeof(path), "%s", half->path);
	/* Under another name until it is whole. */
	(void)snprintf(half->path, sizeof(half->path), "%.*s.new", PATH_MAX - 8, path);
	/* A rest of an earlier try would be opened and filled a second time. */
	remove_files(half->path);
	err = store_half_connect(half, &why);
	if (err == 0)
		err = store_half_lay_out(half, 0, &why);
	if (err == 0)
		err = fill(half, text, journal, &why);
	if (half->db) /* all of it in one file, then */
		(void)sqlite3_db_config(half->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	/* Closed before it gets its name: its log has the name that it was opened by. */
	store_half_disconnect(half);
	if (err == 0) {
		if (damaged)
			move_aside(path);
		else
			remove_files(path);
		if (rename(half->path, path) < 0)
			err = error_system(&why, -errno, "cannot rename %s", half->path);
	}
	if (err < 0) {
		remove_files(half->path);
		return error_set(error, ERROR_INTERNAL, "%s cannot be made again from %s, which %s",
				 path, half->database->journal, why.text);
	}
	(void)snprintf(half->path, sizeof(half->path), "%s", path);
	return store_half_connect(half, error);
}

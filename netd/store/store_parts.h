// SPDX-License-Identifier: GPL-2.0-or-later
// store_parts.h - what the files of store/ share: the databases, their journals and their
// statements
#pragma once

#include "base/buf.h"
#include "base/journal.h"
#include "store/store.h"

#include <limits.h>
#include <stdio.h>

/* What changed, row by row: Debian's SQLite has it, and that of whoever has sessions. */
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include <sqlite3.h>

/* What writes comes first of each database's, and stands in journals by its name. */
enum statement {
	STATEMENT_BOOT_PUT,
	STATEMENT_CONTAINER_PUT,
	STATEMENT_CONTAINER_UP,
	STATEMENT_CONTAINER_MOVE,
	STATEMENT_CONTAINER_MOVE_ENDPOINTS,
	STATEMENT_CONTAINER_MOVE_PORTS,
	STATEMENT_CONTAINER_DELETE,
	STATEMENT_CONTAINER_DELETE_ENDPOINTS,
	STATEMENT_CONTAINER_DELETE_PORTS,
	STATEMENT_ENDPOINT_PUT,
	STATEMENT_ENDPOINT_DELETE,
	STATEMENT_PORT_PUT,
	STATEMENT_PORT_DELETE,
	STATEMENT_PORT_SHORTEN,
	STATEMENT_LEASE_PUT,
	STATEMENT_LEASE_FORGET,
	STATEMENT_CONTAINERS,
	STATEMENT_ENDPOINTS,
	STATEMENT_PORT_BEFORE,
	STATEMENT_PORTS,
	STATEMENT_LEASES,
	STATEMENT_NETWORK_PUT, /* from here on: the state database */
	STATEMENT_NETWORK_DELETE,
	STATEMENT_KEPT_PUT,
	STATEMENT_KEPT_TRIM,
	STATEMENT_KEPT_FORGET,
	STATEMENT_NETWORKS,
	STATEMENT_KEPT,
	STATEMENT_N,
};
#define STATEMENT_STATE STATEMENT_NETWORK_PUT

extern const char *const store_statement_text[STATEMENT_N];
extern const char *const store_statement_name[STATEMENT_N]; /* NULL: it only reads */

/* How each database begins and ends a transaction. */
enum turn {
	TURN_BEGIN,
	TURN_COMMIT,
	TURN_ROLLBACK,
	TURN_COUNT, /* the counter follows the changes */
	TURN_LOOK,  /* whether somebody else has changed the file: another number than before */
	TURN_N,
};

#define MIGRATIONS_MAX 3
#define TABLES_MAX 6

/* A table whose rows are in the journal: the statement that puts one, and all of them as its
 * values. json: the column that must be JSON, or -1. */
struct database_table {
	const char *name, *rows;
	enum statement put;
	int json;
};

struct database {
	const char *file, *journal, *of; /* in its directory; what the journal says it is of */
	const char *pragmas, *schema;
	int layout;
	const char *migrations[MIGRATIONS_MAX]; /* from layout 1 to 2, from 2 to 3, … */
	enum statement first, end;
	struct database_table tables[TABLES_MAX];
	bool durable; /* on disk before the reply; else it is as old as the kernel's objects */
};

extern const struct database store_state_database, store_run_database;

/* A database and its journal. */
struct half {
	struct store *store;
	const struct database *database;
	sqlite3 *db;
	sqlite3_stmt *turns[TURN_N];
	char dir[PATH_MAX];	  /* of both files, unless that is read-only: then of the journal */
	char path[PATH_MAX];	  /* of the database that is open */
	bool read_only;		  /* a copy of the database is open, and nothing is written */
	int journal_fd;		  /* -1: the next change makes one */
	uint64_t chain;		  /* where the journal ends */
	size_t journal_len;	  /* bytes of it that count */
	size_t compact_at;	  /* its length at which it is written anew */
	struct journal_mark kept; /* what is committed, by netd: the journal says so, too */
	struct journal_mark now;  /* with the changes of the transaction that is open */
	struct buf pending;	  /* these changes, as lines */
	uint64_t n_changes;	  /* rows among them */
	bool is_open, failed;	  /* failed: a change was lost, and nothing is committed */
	bool owes_cut;		  /* the journal says what was refused */
	bool owes_commit;	  /* the database may say it, when it is opened again */
	void (*on_debt)(void *data);
	void *debt_data;
	int64_t version; /* what TURN_LOOK said last */
	bool told;	 /* that somebody else has changed rows */
};

#define NOTES_MAX 4

struct store {
	struct half run, state;
	sqlite3_stmt *statements[STATEMENT_N];
	char notes[NOTES_MAX][ERROR_TEXT_MAX];
	void (*on_note)(const char *note);	       /* NULL until somebody listens */
	void (*on_change)(const char *id, void *data); /* the same */
	void *change_data;
	size_t n_notes, n_healed;
	bool state_is_new, run_is_new;
};

/* Where a file of its directory is. */
static inline void store_half_path(const struct half *half, const char *name, const char *suffix,
				   char ret_path[static PATH_MAX])
{
	(void)snprintf(ret_path, PATH_MAX, "%.*s/%s%s", PATH_MAX - 64, half->dir, name, suffix);
}

/* From bottom to top: a file calls those above it here. */

/* store_sql.c */
/* What SQLite says after "cannot what: ". Returns the code; -ENOMEM, which passes, for memory. */
int store_error(sqlite3 *db, struct error *error, const char *what);
int store_run_sql(sqlite3 *db, const char *sql, struct error *error, const char *what);
/* Every text of a row is there: SQLite may need memory to end one with a zero byte. */
bool store_row_is_whole(sqlite3_stmt *row);
/* The first column of the first row, which is a text or a number, and the first columns as numbers.
 * SQLite's code; SQLITE_DONE: there is no row. */
int store_first_value(sqlite3 *db, const char *sql, char *ret_text, size_t size,
		      int64_t *ret_numbers, int n_numbers);

/* store_notes.c */
__attribute__((format(printf, 2, 3))) void store_note(struct store *store, const char *format, ...);

/* store_count.c */
/* One value more, by its type in SQLite. */
uint64_t store_half_hash(uint64_t hash, int type, const void *data, size_t len);
/* Rows and their digest, by reading them all; SQLite's code. */
int store_half_count(sqlite3 *db, const struct database *database, struct journal_mark *mark);
int store_half_schema_digest(sqlite3 *db, uint64_t *ret_digest);
/* The records that are JSON are; SQLite's code, and *ret_fine. */
int store_half_check_json(sqlite3 *db, const struct database *database, bool *ret_fine);
/* Reads all rows, which somebody else than netd may have changed: what makes sense is noted, and
 * *ret_mark says what there is; anything else is an error. half->kept stays what the journal says,
 * too: store_journal_rewrite makes the two one. */
int store_half_recount(struct half *half, struct journal_mark *ret_mark, struct error *error);

/* store_journal.c */
/* Reads the whole file. -ENOENT, or another error with its sentence. */
int store_journal_load(const struct half *half, char **ret_text, size_t *ret_len,
		       struct error *error);
/* Goes on with a file that was found whole. */
int store_journal_adopt(struct half *half, const struct journal *journal);
/* All rows that are committed: what a journal begins with, and a backup is. *ret_mark: of them. */
int store_journal_write_all(struct half *half, struct buf *out, struct journal_mark *ret_mark,
			    uint64_t *ret_chain, struct error *error);
/* All rows that are committed, in place of what the file says; half->kept is what they are. On
 * failure, of reading them too, half->journal_fd is -1, so that the next change tries again, and
 * the file as it was, or whole and new. */
int store_journal_rewrite(struct half *half, struct error *error);
/* The same for one that has become long. Without room for another, or when the rows cannot be read,
 * it goes on as it is, and is tried again when it is twice as long. */
void store_journal_compact(struct half *half);
/* Appends the pending lines; they count when half->journal_len does. */
int store_journal_append(struct half *half, struct error *error);
/* What was appended last does not count. Where it cannot be cut off, half->owes_cut says so. */
void store_journal_cut(struct half *half);

/* store_change.c */
/* From now on each change of a row is counted. */
void store_half_follow(struct half *half);
int store_half_begin(struct half *half, struct error *error);
int store_half_commit(struct half *half, struct error *error);
void store_half_rollback(struct half *half);
/* The sentence when half->failed. */
int store_half_broken_off(struct error *error);
/* What was refused is taken off the disk, where it still may be. */
int store_half_settle(struct half *half, struct error *error);
/* Writes half->now into the counter, and the layout's digest with it. */
int store_half_write_counter(struct half *half, struct error *error);

/* store_layout.c */
/* Opens the file at half->path, which is made when it is not there, private. */
int store_half_connect(struct half *half, struct error *error);
void store_half_disconnect(struct half *half);
/* Tables and counter of today's layout, from layout found (0: there are none). */
int store_half_lay_out(struct half *half, int found, struct error *error);
/* Into a database in memory; errors go on from the name of a file. */
int store_half_read(struct half *half, const char *text, const struct journal *journal,
		    struct error *error);
/* The database is made again from text, a journal that was found whole. damaged: what was there is
 * kept under another name. */
int store_half_rebuild(struct half *half, const char *text, const struct journal *journal,
		       bool damaged, struct error *error);

/* store_check.c: verifies both records and makes them agree; then half->db is open. */
int store_half_open(struct store *store, struct half *half, struct error *error);
/* The same; where nothing can be written in its directory, by a copy in the run directory. */
int store_half_open_state(struct store *store, const char *run_dir, struct error *error);
void store_half_drop_copy(const struct half *half);

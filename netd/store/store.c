// SPDX-License-Identifier: GPL-2.0-or-later
// store.c - the two databases, opened and closed
#include "store/store_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The store is two databases. `state` has what must outlive the host:
 * networks, and addresses that were asked for by hand; each change is on the disk before the
 * caller hears of it. `run` has what lives as long as the kernel's objects: containers,
 * endpoints, ports, leases; it is in memory, needs no sync, and is emptied when the boot id is
 * another one. Both have a second record, a journal of lines with hashes (store_journal.c), and a
 * start compares the two (store_check.c).
 *
 * A half is one of the two: database, journal, and what is known of both. */

/* Of the run half nobody asks: without a run directory that can be written netd does not start. */
bool store_is_read_only(const struct store *store)
{
	return store->state.read_only;
}

/* Both records were gone. A start uses it to ask the kernel whether that can be right
 * (engine/keep/coherence.c). */
bool store_run_is_new(const struct store *store)
{
	return store->run_is_new;
}

/* As store_run_is_new, of networks. */
bool store_state_is_new(const struct store *store)
{
	return store->state_is_new;
}

/* The kernel draws it anew at each boot (random(4)). -ENOENT: this kernel has none, or /proc is not
 * there. */
static int read_boot_id(char ret_id[static 64])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	int err;

	if (!file)
		return -errno;
	/* errno is 0 where fgets met an end instead of an error. */
	err = fgets(ret_id, 64, file) ? 0 : errno ? -errno : -EIO;
	(void)fclose(file); /* read only */
	ret_id[strcspn(ret_id, "\n")] = '\0';
	return err;
}

/* A boot id is random: one that differs from this boot's in a character or two is this boot's, and
 * damaged; what says it is of another boot says so all along. Two random ids agree in one character
 * of sixteen, so half is far from either case. */
static bool is_other_boot(const char *then, const char *now)
{
	size_t n_same = 0, n = strlen(then) < strlen(now) ? strlen(then) : strlen(now);

	/* Position by position: a damaged id has most of them right. */
	for (size_t i = 0; i < n; i++)
		n_same += then[i] == now[i];
	return n > 0 && n_same * 2 < n;
}

/* What the run database describes died with the kernel that held it. The kernel's links and rules
 * went with the last boot, so rows about them describe nothing. They are deleted before anybody
 * reads them. What cannot be decided leaves the rows, for a database that was emptied by mistake
 * takes running containers down. */
static int forget_other_boot(struct store *store, struct error *error)
{
	/* It ends sentences: "cannot empty the run database after a reboot". */
	static const char what[] = "empty the run database after a reboot";
	struct half *run = &store->run;
	/* An id has 36 characters, so the statement fits. It comes from the kernel, and holds no
	 * quote. */
	char now[64] = "", then[64] = "", sql[256];
	int err, result;

	err = read_boot_id(now);
	if (err == -ENOENT) /* nobody can tell */
		return 0;
	if (err < 0)
		return error_system(error, err, "cannot read which boot this is");
	/* SQLITE_DONE: the table is empty, as in a database that was just made. */
	result = store_first_value(run->db, "SELECT id FROM boot", then, sizeof(then), NULL, 0);
	/* That it cannot be asked does not make it another boot's: it is not emptied. */
	if (result != SQLITE_OK && result != SQLITE_DONE)
		return store_error(run->db, error, "read which boot the run database is of");
	if (result == SQLITE_OK && !is_other_boot(then, now))
		return 0;
	(void)snprintf(sql, sizeof(sql), "DELETE FROM boot; INSERT INTO boot VALUES('%s')", now);
	/* The hook counts each row that is deleted, as in any transaction. */
	err = store_half_begin(run, error);
	if (err == 0 && then[0]) /* without an id: as old as what it describes */
		err = store_run_sql(run->db,
				    "DELETE FROM port; DELETE FROM endpoint;"
				    "DELETE FROM container; DELETE FROM lease",
				    error, what);
	if (err == 0)
		err = store_run_sql(run->db, sql, error, what);
	/* One transaction like any other, counted, so that database and journal agree about it. */
	if (err == 0) {
		/* Otherwise the next start would find that the journal has seen as many
		 * transactions and other rows. */
		run->now.generation++;
		err = store_half_write_counter(run, error);
	}
	if (err == 0)
		err = store_run_sql(run->db, "COMMIT", error, what);
	if (err < 0) {
		store_half_rollback(run);
		return err;
	}
	/* From here on this is what the journal has to say as well. */
	run->kept = run->now;
	store_half_rollback(run); /* nothing is open: as before the next transaction */
	(void)store_journal_rewrite(run, NULL); /* else the next change tries */
	return 0;
}

/* Parsing a statement costs more than running it. All are made at the start, so that a change later
 * needs no memory for it. */
static int prepare_all(struct store *store, struct error *error)
{
	for (int i = 0; i < STATEMENT_N; i++) {
		/* Statements of the run database come first (store_parts.h). */
		sqlite3 *db = i >= STATEMENT_STATE ? store->state.db : store->run.db;

		/* Once, for as long as netd lives: out of the general memory, and not of the
		 * little that SQLite sets aside for what is short-lived. */
		if (sqlite3_prepare_v3(db, store_statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &store->statements[i], NULL) != SQLITE_OK)
			return store_error(db, error, store_statement_text[i]);
	}
	return 0;
}

/* Nothing is opened yet: half_close copes with a half in this state. */
static void half_init(struct store *store, struct half *half, const struct database *database,
		      const char *dir)
{
	half->store = store;
	half->database = database;
	half->journal_fd = -1;
	(void)snprintf(half->dir, sizeof(half->dir), "%s", dir);
	store_half_path(half, database->file, "", half->path);
}

/* The order: state, run, boot, statements. The state's half is first because its fault is the one
 * that people have to know of. A failure closes what was opened, and has changed nothing on the
 * disk but what a comparison of the records has mended. */
int store_open(const char *state_dir, const char *run_dir, struct store **ret_store,
	       struct error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return error_system(error, -ENOMEM, "cannot open the store");
	/* Both, before either is opened: store_close walks over both. */
	half_init(store, &store->state, &store_state_database, state_dir);
	half_init(store, &store->run, &store_run_database, run_dir);
	err = store_half_open_state(store, run_dir, error);
	if (err == 0)
		err = store_half_open(store, &store->run, error);
	if (err == 0)
		err = forget_other_boot(store, error);
	if (err == 0)
		err = prepare_all(store, error);
	if (err < 0) {
		store_close(store);
		return err;
	}
	*ret_store = store;
	return 0;
}

/* One listener, for both halves: who pays does not ask whose debt it is. */
void store_watch_debt(struct store *store, void (*on_debt)(void *data), void *data)
{
	store->run.on_debt = store->state.on_debt = on_debt;
	store->run.debt_data = store->state.debt_data = data;
}

/* NULL: nobody listens any more. There is one listener, the snapshot that is gathered
 * (engine/see). */
void store_watch_changes(struct store *store, void (*on_change)(const char *id, void *data),
			 void *data)
{
	store->on_change = on_change;
	store->change_data = data;
}

/* kept, and not now: what a transaction has not committed is no figure. now is what a transaction
 * has counted so far. */
static struct store_figures figures_of(const struct half *half)
{
	return (struct store_figures) { half->kept.generation, half->kept.n_rows, half->journal_len,
					half->read_only };
}

void store_figures(const struct store *store, struct store_figures *ret_state,
		   struct store_figures *ret_run)
{
	*ret_state = figures_of(&store->state);
	*ret_run = figures_of(&store->run);
}

/* Both are tried, whatever became of the first. */
bool store_settle(struct store *store)
{
	int err = store_half_settle(&store->run, NULL);

	return store_half_settle(&store->state, NULL) == 0 && err == 0;
}

/* The log of run.db is in memory like everything else there. A checkpoint writes it into the
 * database, and the log begins anew at its start. */
void store_make_room(struct store *store)
{
	/* A reader beside us, or no room for this either: nothing is lost. */
	(void)sqlite3_wal_checkpoint_v2(store->run.db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
}

/* Safe for a half that was opened in part: SQLite takes NULL for a statement and for a database. */
static void half_close(struct half *half)
{
	for (int i = 0; i < TURN_N; i++)
		(void)sqlite3_finalize(half->turns[i]);
	(void)sqlite3_close(half->db);
	buf_done(&half->pending);
	cleanup_close(&half->journal_fd);
	/* The copy of a directory that is read-only goes with us. It lies in the run directory and
	 * would be taken for somebody's database there. */
	if (half->read_only)
		store_half_drop_copy(half);
}

/* An open transaction is rolled back by SQLite. Nothing is waited for. */
void store_close(struct store *store)
{
	if (!store)
		return;
	/* SQLite closes no database that has statements. */
	for (int i = 0; i < STATEMENT_N; i++)
		(void)sqlite3_finalize(store->statements[i]);
	half_close(&store->run);
	half_close(&store->state);
	free(store);
}

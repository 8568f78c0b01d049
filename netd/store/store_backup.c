// SPDX-License-Identifier: GPL-2.0-or-later
// store_backup.c - the records of networks as a text that can be kept elsewhere, and such a text
// read
#include "store/store_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A backup is a journal with one transaction: all rows, as text, with a chain
 * of hashes. So there is one format, one writer and one reader for both, and a backup that was cut
 * or edited is noticed. It is read into a database in memory, which the restore then asks like any
 * other. */

/* out is the caller's, and is worth nothing when this fails. */
int store_backup(struct store *store, struct buf *out, struct error *error)
{
	struct journal_mark mark;
	uint64_t chain;
	int err = store_journal_write_all(&store->state, out, &mark, &chain, error);

	if (err < 0)
		error_prefix(error, "cannot make a backup");
	return err;
}

/* A database in memory, with what the text says. A journal that holds in part is good enough for a
 * start that has nothing else. A backup has to hold to its end. */
static int read_into(struct store *store, const char *text, size_t len, struct error *error)
{
	struct half *half = &store->state;
	struct journal journal;
	struct error why = { 0 };
	/* *journal says where transactions begin and end in the text; it copies nothing. */
	int err = journal_check(text, len, &journal, &why);

	if (err == 0 && !journal.whole)
		err = error_set(&why, ERROR_INVALID, "is damaged");
	if (err == 0 && strcmp(journal.of, store_state_database.of) != 0)
		err = error_set(&why, ERROR_INVALID, "is one of something else than networks");
	if (err == 0)
		err = store_half_read(half, text, &journal, &why);
	return err < 0 ? error_set(error, ERROR_INVALID, "the backup %s", why.text) : 0;
}

/* The store that comes out has no file and no run database. It is closed by store_close. */
int store_open_backup(const char *text, size_t len, struct store **ret_store, struct error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return error_system(error, -ENOMEM, "cannot read the backup");
	/* store_note goes through these pointers, and is called by what reads. */
	store->state.store = store->run.store = store;
	store->state.database = &store_state_database;
	/* 0 would be a descriptor, and be closed. */
	store->state.journal_fd = store->run.journal_fd = -1;
	err = read_into(store, text, len, error);
	/* Only statements of the state's half are needed here: nothing is ever written into it. */
	for (int i = STATEMENT_STATE; err == 0 && i < STATEMENT_N; i++)
		if (sqlite3_prepare_v2(store->state.db, store_statement_text[i], -1,
				       &store->statements[i], NULL) != SQLITE_OK)
			err = store_error(store->state.db, error, "read the backup");
	if (err < 0) {
		store_close(store);
		return err;
	}
	*ret_store = store;
	return 0;
}

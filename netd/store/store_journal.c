// SPDX-License-Identifier: GPL-2.0-or-later
// store_journal.c - the file beside a database that has the same changes, as lines of text
#include "store/store_parts.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. A transaction is appended here before it is committed in the database, so
 * that one of the two has it whatever happens in between; what is not committed then is cut off
 * again, which needs no room. The file is written anew, as the rows there are, when it is as long
 * again as those were: what it costs is shared by as many changes as they are. */

/* suffix is ".new" for the one that is being written, ".other" for one that was set aside. */
static void journal_path(const struct half *half, const char *suffix,
			 char ret_path[static PATH_MAX])
{
	store_half_path(half, half->database->journal, suffix, ret_path);
}

/* -EIO: the file is shorter than it was a moment ago. */
static int read_all(int fd, char *text, size_t len)
{
	for (size_t n = 0; n < len;) {
		ssize_t got = read(fd, text + n, len - n);

		/* A read that is interrupted goes on; one that ends early is a file that became
		 * shorter. */
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		n += (size_t)got;
	}
	return 0;
}

/* The text is not terminated. -ENOENT without a sentence: no journal is a usual case. */
int store_journal_load(const struct half *half, char **ret_text, size_t *ret_len,
		       struct error *error)
{
	char path[PATH_MAX];
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	struct stat stat;
	int err;

	journal_path(half, "", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &stat) < 0)
		return error_system(error, -errno, "cannot read %s", path);
	/* Before memory is reserved for it. */
	if (stat.st_size > JOURNAL_FILE_MAX)
		return error_set(error, ERROR_INTERNAL, "%s is longer than any journal of netd's",
				 path);
	/* One byte more than needed, so that an empty file gives memory as well. */
	text = malloc((size_t)stat.st_size + 1);
	err = text ? read_all(fd, text, (size_t)stat.st_size) : -ENOMEM;
	if (err < 0)
		return error_system(error, err, "cannot read %s", path);
	*ret_len = (size_t)stat.st_size;
	*ret_text = take_ptr(text);
	return 0;
}

/* So the cost of writing all rows is shared by as many bytes of changes. JOURNAL_COMPACT_MIN keeps
 * a small one from being written anew all the time. */
static size_t compact_at(size_t len)
{
	return 2 * len + JOURNAL_COMPACT_MIN;
}

/* Its mode may be that of an older netd. */
int store_journal_adopt(struct half *half, const struct journal *journal)
{
	char path[PATH_MAX];
	int fd;

	journal_path(half, "", path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0600) < 0) {
		cleanup_close(&fd);
		return -errno;
	}
	half->journal_fd = fd;
	half->chain = journal->chain;
	/* From here on lines are written behind this place, whatever else the file has. */
	half->journal_len = journal->len;
	/* As if it had been begun by this process: one that never lives long enough to see it
	 * become twice as long would leave it to grow with every start. */
	half->compact_at = compact_at(journal->first_len);
	return 0;
}

/* At a place and not at the end: what a write that failed has left is written over. A short write
 * goes on; a write of nothing is a full disk. */
static int write_all(int fd, const char *data, size_t len, size_t at)
{
	while (len > 0) {
		/* pwrite(2) has its own place, so the descriptor has none that could be wrong. */
		ssize_t n = pwrite(fd, data, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		data += n;
		at += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* A journal that is written anew is one large transaction: the rows as they are. Its number is that
 * of the last one, so nothing is counted twice. */

/* --- all rows --------------------------------------------------------------------------------- */

/* NULL stays NULL: an unset kind of journal_value is one. */
static void put_row(struct buf *out, sqlite3_stmt *row, enum statement put)
{
	struct journal_value values[JOURNAL_VALUES_MAX] = { 0 };
	int n = sqlite3_column_count(row);

	for (int i = 0; i < n; i++) {
		int type = sqlite3_column_type(row, i);

		if (type == SQLITE_NULL)
			continue;
		values[i].kind = type == SQLITE_INTEGER ? JOURNAL_NUMBER : JOURNAL_TEXT;
		if (type == SQLITE_INTEGER)
			values[i].number = sqlite3_column_int64(row, i);
		else
			values[i].text = (const char *)sqlite3_column_text(row, i);
	}
	journal_write_change(out, store_statement_name[put], values, (size_t)n);
}

/* The statement that will put the row is named, not what the row was made by. */
static int put_rows(struct buf *out, sqlite3 *db, const char *sql, enum statement put)
{
	sqlite3_stmt *statement;
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (result != SQLITE_OK)
		return -EIO;
	/* store_row_is_whole: without memory a text reads as missing, and a journal of such rows
	 * would be believed later. */
	while ((result = sqlite3_step(statement)) == SQLITE_ROW && store_row_is_whole(statement))
		put_row(out, statement, put);
	(void)sqlite3_finalize(statement);
	return result == SQLITE_DONE ? 0 : -EIO;
}

/* The boot id is in no digest, but has to come back with the rows. */
static int write_rows(struct half *half, struct buf *out, const struct journal_mark *mark,
		      uint64_t *ret_chain)
{
	const struct database *database = half->database;
	int err = 0;
	size_t from;

	journal_write_head(out, database->of, ret_chain);
	from = out->len;
	/* Without it a run database that is made again would be taken for another boot's and
	 * emptied. */
	if (database == &store_run_database)
		err = put_rows(out, half->db, "SELECT id FROM boot", STATEMENT_BOOT_PUT);
	for (size_t i = 0; err == 0 && i < TABLES_MAX && database->tables[i].name; i++)
		err = put_rows(out, half->db, database->tables[i].rows, database->tables[i].put);
	journal_write_commit(out, from, mark, ret_chain);
	return err < 0 ? err : out->err;
}

/* One view of them: somebody else may be writing. Within a transaction of reading, or of whatever
 * is open. */
int store_journal_write_all(struct half *half, struct buf *out, struct journal_mark *ret_mark,
			    uint64_t *ret_chain, struct error *error)
{
	bool alone = sqlite3_get_autocommit(half->db) != 0;
	int err = alone ? store_run_sql(half->db, "BEGIN", error, "read the store") : 0;

	if (err < 0)
		return err;
	err = store_half_recount(half, ret_mark, error);
	if (err == 0) {
		err = write_rows(half, out, ret_mark, ret_chain);
		if (err < 0)
			(void)error_system(error, err, "cannot read the store");
	}
	if (alone)
		(void)store_run_sql(half->db, "COMMIT", NULL, ""); /* nothing was written */
	return err;
}

/* Only where a power cut has to be survived. */
static int sync_dir(const struct half *half)
{
	_cleanup_close_ int fd = -1;

	if (!half->database->durable)
		return 0;
	fd = open(half->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Under the name `fresh`, and then in the file's place. The file is complete before anybody can see
 * it under its name. On failure *ret_fd is set when the new file is in place, and only the
 * directory was not synced. */
static int replace(const struct half *half, const struct buf *all, const char *fresh,
		   const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : write_all(fd, all->data, all->len, 0);

	/* On the disk before it has the name: else a power cut may leave the name of an empty file,
	 * and the one before is gone. */
	if (err == 0 && (fchmod(fd, 0600) < 0 || (half->database->durable && fdatasync(fd) < 0) ||
			 rename(fresh, path) < 0))
		err = -errno;
	if (err < 0) {
		(void)unlink(fresh); /* may not be there */
		/* The old journal is untouched. */
		return err;
	}
	/* It has the file's name by now, and stays also when the directory cannot be synced. */
	*ret_fd = fd;
	fd = -1;
	return sync_dir(half);
}

/* keep: what is there is good, too, and stays when there is no room for another. Without keep the
 * old journal is wrong or missing, and a failure leaves the half without one: each change is
 * refused until it can be written. */
static int rewrite(struct half *half, bool keep, struct error *error)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	struct buf all = { 0 };
	struct journal_mark mark;
	uint64_t chain = 0;
	int fd = -1, err = store_journal_write_all(half, &all, &mark, &chain, error);
	bool unread = err < 0;

	journal_path(half, "", path);
	journal_path(half, ".new", fresh);
	if (err == 0)
		err = replace(half, &all, fresh, path, &fd);
	if (keep && fd < 0) {
		/* Else each change from here on would try again to write all rows. */
		half->compact_at *= 2;
		buf_done(&all);
		return err;
	}
	/* Its directory could not be synced: after a power cut the old one may be back. */
	if (err < 0)
		cleanup_close(&fd);
	cleanup_close(&half->journal_fd);
	half->journal_fd = fd;
	if (err == 0) {
		half->kept = half->now = mark;
		half->chain = chain;
		half->journal_len = all.len;
		half->compact_at = compact_at(all.len);
	}
	buf_done(&all);
	return err < 0 && !unread ? error_system(error, err, "cannot write %s", path) : err;
}

/* For a half that has no journal that fits. */
int store_journal_rewrite(struct half *half, struct error *error)
{
	return rewrite(half, false, error);
}

/* For one that has become long. */
void store_journal_compact(struct half *half)
{
	(void)rewrite(half, true, NULL); /* a long journal is as good */
}

/* On failure nothing of it is left, or the cut is owed. */
int store_journal_append(struct half *half, struct error *error)
{
	const struct buf *lines = &half->pending;
	int err = lines->err;

	/* lines->err: the lines were not all put together, for want of memory. */
	if (err == 0)
		err = write_all(half->journal_fd, lines->data, lines->len, half->journal_len);
	if (err == 0 && half->database->durable && fdatasync(half->journal_fd) < 0)
		err = -errno;
	if (err == 0)
		return 0;
	store_journal_cut(half);
	return error_system(error, err, "cannot write the store");
}

/* Takes off everything behind journal_len. Truncating needs no room, so it works on a full disk. */
void store_journal_cut(struct half *half)
{
	char path[PATH_MAX];

	/* It is set again below where it has to be. */
	half->owes_cut = false;
	if (half->journal_fd < 0 || ftruncate(half->journal_fd, (off_t)half->journal_len) == 0)
		return;
	/* It says what never was: none is better, and the next change makes one. */
	journal_path(half, "", path);
	half->owes_cut = unlink(path) < 0 && errno != ENOENT;
	if (half->owes_cut)
		return;
	cleanup_close(&half->journal_fd);
	half->journal_fd = -1;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// store_check.c - a start compares the two records of each database, and makes them agree
#include "store/store_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. A database is trusted when SQLite finds its pages in order and its rows are
 * as many and hash to what its counter says; a journal, when the chain of its hashes holds to its
 * last byte. Both say how many transactions they have seen. Of two that are trusted the one that
 * has seen more is right (the process ended in between, or the other is an older copy); of one that
 * is not trusted, the other. Nothing is written before that is known, and with none netd does not
 * start. */

enum verdict {
	VERDICT_NONE,	 /* no file, or an empty one */
	VERDICT_GOOD,	 /* half->kept says what it has */
	VERDICT_OLD,	 /* of a netd that did not count: trusted as far as SQLite is content */
	VERDICT_BY_HAND, /* rows were changed by somebody else, with SQL, and make sense */
	VERDICT_DAMAGED,
};

/* What is known of the database file alone. */
struct finding {
	enum verdict verdict;
	int layout; /* VERDICT_OLD: which */
	/* for VERDICT_DAMAGED: the end of a sentence */
	char why[160];
};

/* The last reason is the one that is told. */
static void find_damage(struct finding *finding, const char *why)
{
	finding->verdict = VERDICT_DAMAGED;
	(void)snprintf(finding->why, sizeof(finding->why), "%.150s", why);
}

/* What SQLite says is the file's fault, and not the moment's. SQLITE_ERROR is among them: a table
 * or a column that is missing says that the file is not what it was. */
static bool is_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB ||
	       (code & 0xff) == SQLITE_ERROR || (code & 0xff) == SQLITE_READONLY ||
	       (code & 0xff) == SQLITE_MISMATCH || code == SQLITE_IOERR_READ ||
	       code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS;
}

/* 0 with a finding of damage, or an error that is no damage. Tells damage, which the other record
 * can mend, from a passing fault, which must not cost anything. */
static int blame(struct half *half, struct finding *finding, struct error *error)
{
	char what[PATH_MAX + 8];

	/* Everything else is the moment's fault (memory, a disk that does not answer), and a
	 * later start may do better. */
	if (is_damage(sqlite3_extended_errcode(half->db))) {
		find_damage(finding, sqlite3_errmsg(half->db));
		return 0;
	}
	(void)snprintf(what, sizeof(what), "open %s", half->path);
	return store_error(half->db, error, what);
}

/* --- before SQLite ---------------------------------------------------------------------------- */

/* -1: there is none. lstat and not stat: a link to nowhere is something that somebody has put
 * there. */
static int size_of(const char *path, const char *suffix, off_t *ret_size, struct error *error)
{
	char file[PATH_MAX];
	struct stat stat;

	(void)snprintf(file, sizeof(file), "%.*s%s", PATH_MAX - 8, path, suffix);
	*ret_size = lstat(file, &stat) == 0 ? stat.st_size : -1;
	/* A file that is there and cannot be looked at is no missing file: to go on would make a
	 * new one. */
	if (*ret_size < 0 && errno != ENOENT)
		return error_system(error, -errno, "cannot read %s", file);
	return 0;
}

/* A database that a few bits are wrong of looks like one, and so does one whose first block was
 * never written. What does not was put there by somebody, who may want it. True also when it cannot
 * be read or is shorter than the magic: then SQLite says what is wrong. */
static bool looks_like_database(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char head[sizeof(magic)] = "";
	/* Zeroes: the file has a size and its first block was never written. */
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	size_t n_same = 0, n_zero = 0;

	/* Byte by byte, for it may be damaged here, too. */
	for (ssize_t i = 0; i < n; i++) {
		n_same += head[i] == magic[i];
		n_zero += head[i] == 0;
	}
	return n < 0 || (size_t)n < sizeof(head) || n_same >= sizeof(head) - 4 ||
	       n_zero == sizeof(head);
}

/* --- the database by itself ------------------------------------------------------------------- */

/* Its rows against its counter. Reads all rows once. The number of rows is compared before their
 * digest, for it makes the clearer sentence. */
static int check_rows(struct half *half, struct finding *finding, struct error *error)
{
	int64_t counter[5] = { 0 }; /* generation, rows, digest, layout's digest, by hand */
	/* what is there, as opposed to what the counter says */
	struct journal_mark mark = { 0 };
	char text[32];
	uint64_t schema;
	bool is_json = true;
	int result = store_first_value(
		half->db, "SELECT generation, n_rows, digest, schema, by_hand FROM counter", text,
		sizeof(text), counter, ARRAY_SIZE(counter));

	if (result == SQLITE_DONE) {
		find_damage(finding, "its counter is gone");
		return 0;
	}
	if (result == SQLITE_OK)
		result = store_half_count(half->db, half->database, &mark);
	if (result == SQLITE_OK)
		result = store_half_schema_digest(half->db, &schema);
	if (result == SQLITE_OK)
		result = store_half_check_json(half->db, half->database, &is_json);
	if (result != SQLITE_OK)
		return blame(half, finding, error);
	/* The number is the counter's, the rest is what was counted: a database that somebody has
	 * changed by hand goes on with its own rows. */
	half->kept = (struct journal_mark) { (uint64_t)counter[0], mark.n_rows, mark.digest };
	finding->verdict = VERDICT_GOOD;
	if (schema != (uint64_t)counter[3])
		find_damage(finding, "its tables are not what they were");
	else if (mark.n_rows != (uint64_t)counter[1])
		find_damage(finding, "it has not as many rows as there were");
	/* The triggers count changes of other programs. Without any the rows were changed by no
	 * SQL, so it is damage. */
	else if (mark.digest != (uint64_t)counter[2] && (counter[4] <= 0 || !is_json))
		find_damage(finding, is_json ? "its rows are not what they were"
					     : "it has a record that cannot be read");
	else if (mark.digest != (uint64_t)counter[2])
		finding->verdict = VERDICT_BY_HAND;
	return 0;
}

/* WAL is set for good by the first netd, so asking for it writes nothing as a rule. */
static int check_pages(struct half *half, struct finding *finding, struct error *error)
{
	char text[128];
	int result = store_first_value(half->db, "PRAGMA journal_mode = WAL", text, sizeof(text),
				       NULL, 0);

	/* SQLite opens a file that it cannot write for reading alone, without a word. */
	if (result == SQLITE_OK &&
	    (strcmp(text, "wal") != 0 || sqlite3_db_readonly(half->db, "main") != 0))
		find_damage(finding, "it is not written as it was");
	if (result == SQLITE_OK) /* (1): one fault is enough to distrust it */
		result = store_first_value(half->db, "PRAGMA integrity_check(1)", text,
					   sizeof(text), NULL, 0);
	if (result != SQLITE_OK)
		return blame(half, finding, error);
	if (strcmp(text, "ok") != 0)
		find_damage(finding, text);
	return 0;
}

/* An older layout: of an older netd, unless all else is as today's left it. The number of the
 * layout may itself be damaged. A counter that agrees with its rows says that today's netd has
 * written the file, whatever the number says. */
static int check_old(struct half *half, struct finding *finding, struct error *error)
{
	char text[8];
	int err = 0, result = store_first_value(half->db, "SELECT generation FROM counter", text,
						sizeof(text), NULL, 0);

	if (result != SQLITE_OK && result != SQLITE_DONE && result != SQLITE_ERROR)
		return blame(half, finding, error);
	if (result == SQLITE_OK) /* SQLITE_ERROR: there is no such table */
		err = check_rows(half, finding, error);
	if (err < 0)
		return err;
	if (result == SQLITE_OK && finding->verdict == VERDICT_GOOD)
		find_damage(finding, "the number of its layout is not what it was");
	else
		finding->verdict = VERDICT_OLD;
	return 0;
}

/* The layout first, then pages, then rows: each is read only when the one before is in order. */
static int check_open(struct half *half, struct finding *finding, struct error *error)
{
	char text[128];
	int err, result = store_first_value(half->db, "PRAGMA user_version", text, sizeof(text),
					    NULL, 0);

	if (result != SQLITE_OK)
		return blame(half, finding, error);
	finding->layout = (int)strtol(text, NULL, 10);
	/* A newer netd has written it. To go on would lose what this one does not know. */
	if (finding->layout < 0 || finding->layout > half->database->layout)
		return error_because(
			error, ERROR_REASON_RECORDS,
			error_set(error, ERROR_INTERNAL,
				  "%s has layout %s and this netd knows layout %d only: it was "
				  "written by another version of netd",
				  half->path, text, half->database->layout));
	finding->verdict = VERDICT_GOOD;
	err = check_pages(half, finding, error);
	if (err < 0 || finding->verdict == VERDICT_DAMAGED)
		return err;
	/* The layout decides how the rest is read. */
	if (finding->layout == half->database->layout)
		return check_rows(half, finding, error);
	if (finding->layout == 0 && store_first_value(half->db, "SELECT name FROM sqlite_master",
						      text, sizeof(text), NULL, 0) == SQLITE_DONE) {
		finding->verdict = VERDICT_NONE; /* it was made, and nothing was written yet */
		return 0;
	}
	return check_old(half, finding, error);
}

/* Opens it when it is there. The first look at the file, without SQLite where that is possible.
 * half->db is open when it was worth opening. */
static int check_database(struct half *half, struct finding *finding, struct error *error)
{
	off_t size, log_size;
	int err = size_of(half->path, "", &size, error);

	if (err == 0)
		err = size_of(half->path, "-wal", &log_size, error);
	if (err < 0)
		return err;
	finding->verdict = VERDICT_NONE;
	if (size <= 0) {
		(void)snprintf(finding->why, sizeof(finding->why), "it is %s",
			       size < 0 ? "gone" : "empty");
		/* A log without its database: what it says belongs to something that is gone. */
		if (log_size > 0)
			find_damage(finding, size < 0 ? "it is gone" : "it is empty");
		return 0;
	}
	if (!looks_like_database(half->path))
		return error_set(
			error, ERROR_INTERNAL,
			"%s is not a database and was left as it is: move it away, and its "
			"second record %s stands in where there is one",
			half->path, half->database->journal);
	/* Connected with NO_CKPT_ON_CLOSE: a start that refuses leaves the file as it was. */
	err = store_half_connect(half, error);
	return err < 0 ? err : check_open(half, finding, error);
}

/* --- the two together ------------------------------------------------------------------------- */

/* What is known of the journal alone. */
struct second {
	char *text; /* NULL: there is no file */
	size_t len;
	struct journal journal;
	bool any, whole; /* something of it can be trusted; all of it */
	char why[160];
};

/* A journal that is damaged at its end is good up to there (any), which is enough to see how many
 * transactions it had. */
static int check_journal(const struct half *half, struct second *second, struct error *error)
{
	struct error why;
	int err = store_journal_load(half, &second->text, &second->len, error);

	/* Each later return puts another word in its place. */
	(void)snprintf(second->why, sizeof(second->why), "is gone");
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	if (journal_check(second->text, second->len, &second->journal, &why) < 0) {
		(void)snprintf(second->why, sizeof(second->why), "%.150s",
			       second->len ? why.text : "is empty");
		return 0;
	}
	if (strcmp(second->journal.of, half->database->of) != 0) {
		(void)snprintf(second->why, sizeof(second->why), "is one of something else");
		return 0;
	}
	second->any = true;
	second->whole = second->journal.whole;
	(void)snprintf(second->why, sizeof(second->why), "is damaged");
	return 0;
}

/* Nothing was changed, and the administrator decides. The status of netd's end says so to systemd
 * (ERROR_REASON_RECORDS). */
static int refuse(const struct half *half, const struct finding *finding,
		  const struct second *second, struct error *error)
{
	int err = error_set(
		error, ERROR_INTERNAL,
		"%s is damaged (%s) and its second record %s %s, so that netd touches "
		"nothing and does not start: %s%s%s",
		half->path, finding->why, half->database->journal, second->why,
		half->database->durable ? "give it a backup with `netctl system restore "
					  "--state-dir "
					: "",
		half->database->durable ? half->dir : "",
		half->database->durable
			? " FILE`, or move both away to go on without networks"
			: "bring one of them back, or empty the run directory to disconnect "
			  "what is attached and begin anew");

	return error_because(error, ERROR_REASON_RECORDS, err);
}

/* They are per half: a transaction of one database says nothing about the other. */
static int prepare_turns(struct half *half, struct error *error)
{
	static const char *const texts[TURN_N] = {
		[TURN_BEGIN] = "BEGIN IMMEDIATE",
		[TURN_COMMIT] = "COMMIT",
		[TURN_ROLLBACK] = "ROLLBACK",
		[TURN_COUNT] =
			"UPDATE counter SET generation = ?, n_rows = ?, digest = ?, by_hand = 0",
		[TURN_LOOK] = "PRAGMA data_version",
	};

	for (int i = 0; i < TURN_N; i++)
		if (sqlite3_prepare_v3(half->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &half->turns[i], NULL) != SQLITE_OK)
			return store_error(half->db, error, texts[i]);
	return 0;
}

/* The journal is made again from the database, or goes on. fits: its last line is exactly the state
 * of the database. A journal that cannot be written refuses changes later; it does not keep netd
 * from starting. */
static void settle_journal(struct store *store, struct half *half, const struct second *second,
			   bool fits)
{
	const char *name = half->database->journal;
	struct error error;

	if (half->read_only)
		return;
	if (fits && store_journal_adopt(half, &second->journal) == 0)
		return;
	if (store_journal_rewrite(half, &error) < 0)
		store_note(store, "%s: every change is refused until it can be", error.text);
	/* A database that is new has no journal to have lost. */
	else if (half->kept.generation > 1 && !fits && !(second->any && second->whole)) {
		store_note(store, "%s %s: it is made again from %s", name, second->why, half->path);
		store->n_healed++;
	}
}

/* Both are whole, and not the same. The database counts, for it is the record that people look at
 * and change. */
static void note_other(struct store *store, const struct half *half, const struct second *second)
{
	const char *name = half->database->journal;
	char from[PATH_MAX], to[PATH_MAX];

	if (second->journal.mark.generation != half->kept.generation) {
		store_note(store, "%s is older than %s, and is made again from it", name,
			   half->path);
		return;
	}
	store_half_path(half, name, "", from);
	store_half_path(half, name, ".other", to);
	if (!half->read_only)
		(void)rename(from, to); /* else it is written over */
	store_note(
		store,
		"%s and %s are both whole and have other rows: somebody has changed one of them, "
		"and netd goes on with %s; the other is kept as %s.other",
		half->path, name, half->path, name);
}

/* The database is trusted, and has seen as much as the journal or more. The database is used as it
 * is, or brought to today's layout. Only here the file is changed for the first time. */
static int go_on(struct store *store, struct half *half, const struct finding *finding,
		 const struct second *second, struct error *error)
{
	/* Both must say the same of the number, the rows and their digest. */
	bool fits = finding->verdict == VERDICT_GOOD && second->whole &&
		    journal_mark_is(&second->journal.mark, &half->kept);
	int err = 0;

	if (finding->verdict != VERDICT_GOOD)
		err = store_half_lay_out(half,
					 finding->verdict == VERDICT_BY_HAND
						 ? half->database->layout
						 : finding->layout,
					 error);
	else
		err = store_run_sql(half->db, half->database->pragmas, error, "open the store");
	if (err == 0)
		err = prepare_turns(half, error);
	if (err < 0)
		return err;
	/* The file is trusted from here on, and its log is moved into it at the end. */
	(void)sqlite3_db_config(half->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (finding->verdict == VERDICT_BY_HAND)
		store_note(store,
			   "rows of %s were changed by somebody else than netd, which goes on "
			   "with them",
			   half->path);
	if (finding->verdict == VERDICT_GOOD && second->whole && !fits)
		note_other(store, half, second);
	store_half_follow(half);
	settle_journal(store, half, second, fits);
	return 0;
}

/* The database is made again from the journal. A file that was only one transaction behind is
 * replaced without a word: netd was killed between its two records, which is what they are for. */
static int stand_in(struct store *store, struct half *half, struct finding *finding,
		    const struct second *second, struct error *error)
{
	const struct journal_mark *mark = &second->journal.mark;
	/* Its last transaction is in the journal alone when the process ended in between. */
	bool broken_off = finding->verdict == VERDICT_GOOD &&
			  mark->generation == half->kept.generation + 1;
	int err;

	/* Closed before it is made anew: the new one takes its name. */
	store_half_disconnect(half);
	err = store_half_rebuild(half, second->text, &second->journal, !broken_off, error);
	if (err < 0)
		return err;
	if (!broken_off) {
		store_note(store,
			   "%s was damaged (%s): it is made again from %s, and all that was in it "
			   "is there",
			   half->path, finding->why, half->database->journal);
		store->n_healed++;
	}
	half->kept = *mark;
	finding->verdict = VERDICT_GOOD;
	return go_on(store, half, finding, second, error);
}

/* The table of docs/decisions/0012-two-records.md. */
static int decide(struct store *store, struct half *half, struct finding *finding,
		  const struct second *second, struct error *error)
{
	uint64_t seen = second->any ? second->journal.mark.generation : 0;

	switch (finding->verdict) {
	case VERDICT_NONE:
		if (second->whole)
			return stand_in(store, half, finding, second, error);
		if (second->text)
			return refuse(half, finding, second, error);
		finding->layout = 0;
		finding->verdict = VERDICT_OLD;
		*(half->database->durable ? &store->state_is_new : &store->run_is_new) = true;
		/* An empty file was not opened yet. The sentence is in error, and any negative
		 * number says that it failed. */
		if (!half->db && store_half_connect(half, error) < 0)
			return -EIO;
		return go_on(store, half, finding, second, error);
	case VERDICT_DAMAGED:
		return second->whole ? stand_in(store, half, finding, second, error)
				     : refuse(half, finding, second, error);
	case VERDICT_OLD:
		return go_on(store, half, finding, second, error);
	case VERDICT_BY_HAND: /* of an older copy, too, perhaps */
	case VERDICT_GOOD:
		break;
	}
	if (seen <= half->kept.generation)
		return go_on(store, half, finding, second, error);
	/* The database lost transactions that the journal has: a file that was put back from an
	 * older copy. */
	(void)snprintf(finding->why, sizeof(finding->why), "it is older than its second record");
	return second->whole ? stand_in(store, half, finding, second, error)
			     : refuse(half, finding, second, error);
}

/* Journal first, for it is read without changing anything; then the database; then what to make of
 * both. */
int store_half_open(struct store *store, struct half *half, struct error *error)
{
	struct finding finding = { 0 };
	struct second second = { 0 };
	int err = check_journal(half, &second, error);

	if (err == 0)
		err = check_database(half, &finding, error);
	if (err == 0)
		err = decide(store, half, &finding, &second, error);
	free(second.text);
	return err;
}

/* --- a state directory that cannot be written ------------------------------------------------- */

/* For databases of some megabytes, once at a start. */
static int copy_file(const char *from, const char *to, struct error *error)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	char buffer[16384];
	ssize_t n;

	/* A file that is not there is not copied. SQLite makes its own. -wal is mostly missing:
	 * SQLite deletes it when it closes a database in order. */
	if (in < 0 && errno == ENOENT)
		return 0;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (in < 0 || out < 0)
		return error_system(error, -errno, "cannot copy %s to %s", from, to);
	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, (size_t)n) != n)
			return error_system(error, errno ? -errno : -ENOSPC, "cannot copy %s to %s",
					    from, to);
	return n < 0 ? error_system(error, -errno, "cannot copy %s to %s", from, to) : 0;
}

/* All files that SQLite and a repair may have made beside it. */
void store_half_drop_copy(const struct half *half)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".damaged", ".damaged-wal" };
	char file[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		(void)snprintf(file, sizeof(file), "%.*s%s", PATH_MAX - 16, half->path,
			       suffixes[i]);
		(void)unlink(file); /* may not be there */
	}
}

/* SQLite reads no database with a log from a directory in which it cannot make its lock. The copy
 * is opened like any database. Its journal is read from where it is and never written. */
int store_half_open_state(struct store *store, const char *run_dir, struct error *error)
{
	static const char *const suffixes[] = { "", "-wal" };
	struct half *half = &store->state;
	char from[PATH_MAX], to[PATH_MAX];
	int err = 0;

	/* Only a directory that refuses to be written to is read by a copy; other failures are
	 * told. */
	if (access(half->dir, W_OK) == 0 || (errno != EROFS && errno != EACCES && errno != EPERM))
		return store_half_open(store, half, error);
	half->read_only = true;
	(void)snprintf(half->path, sizeof(half->path), "%.*s/%s", PATH_MAX - 64, run_dir,
		       half->database->file);
	/* Otherwise its log would be applied to the new copy. */
	store_half_drop_copy(half); /* of a netd that was killed */
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(suffixes); i++) {
		store_half_path(half, half->database->file, suffixes[i], from);
		(void)snprintf(to, sizeof(to), "%.*s%s", PATH_MAX - 8, half->path, suffixes[i]);
		err = copy_file(from, to, error);
	}
	if (err == 0)
		err = store_half_open(store, half, error);
	if (err == 0)
		store_note(store,
			   "%s is read-only: what runs goes on, and networks cannot be "
			   "changed until netd is started with one that can be written",
			   half->dir);
	return err;
}

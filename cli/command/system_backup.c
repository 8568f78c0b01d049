// SPDX-License-Identifier: GPL-2.0-or-later
// backup.c - netctl system backup and restore, through netd or, where it does not run, on its files
#include "base/cleanup.h"
#include "base/journal.h"
#include "base/json_parse.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. A backup is a journal (base/journal.h), and so is the second record that
 * netd keeps of its networks. Without a daemon the one is copied from the other, and the other made
 * of the one: the next start makes the database from it, and refuses it, touching nothing, when
 * what runs is not on the networks it has. */

/* The file's name in netd's state directory. */
#define JOURNAL "networks.journal"

/* 0, or the error is set. BACKUP_MAX is the limit that netd has for the same text, so nothing is
 * read that netd would refuse for its size. */
static int read_text(const char *path, struct buf *out, struct error *error)
{
	int err = cli_read_file(path, BACKUP_MAX, out, error);

	return err < 0 && error->kind == ERROR_TOO_LARGE
		       ? error_set(error, ERROR_INVALID, "%s is larger than any backup", path)
		       : err;
}

/* Every change of it is one of networks, and every network is one. It is called for each change of
 * the journal, in its order. 0: the change is one of netd's; else the sentence goes on behind the
 * name of the file. */
static int check_change(const char *name, const struct journal_value *values, size_t n, void *data,
			struct error *error)
{
	json_t *body = NULL;
	int err;

	/* A backup is a file that anybody may have changed. What netd would choke on at its next
	 * start is refused here, while netd's own files are still untouched. */
	(void)data;
	if (strncmp(name, "network_", 8) != 0 && strncmp(name, "kept_", 5) != 0)
		return error_set(error, ERROR_INVALID, "has a change \"%.40s\", which is none",
				 name);
	if (strcmp(name, "network_put") != 0)
		return 0;
	/* Less than three values, or other ones, would be read beyond their end below. */
	if (n < 3 || values[1].kind != JOURNAL_TEXT || values[2].kind != JOURNAL_TEXT)
		return error_set(error, ERROR_INVALID, "has a network that is none");
	err = json_parse_record(values[2].text, strlen(values[2].text), &body, error);
	json_decref(body);
	if (err < 0)
		error_prefix(error, "has a network %.64s that cannot be read", values[1].text);
	return err;
}

/* 0: the text is a whole journal of networks, each of which can be read. Else ERROR_INVALID with
 * the file's name and the first thing that is wrong. */
static int check_text(const char *path, const struct buf *text, struct error *error)
{
	struct journal journal;
	struct error why = { 0 };
	/* An empty file is a buffer without data. */
	int err = journal_check(text->data ? text->data : "", text->len, &journal, &why);

	/* A journal of netd's own may end in half a transaction after a crash, and netd copes. A
	 * backup may not: somebody relies on it. */
	if (err == 0 && !journal.whole)
		err = error_set(&why, ERROR_INVALID, "is damaged");
	if (err == 0 && strcmp(journal.of, "networks") != 0)
		err = error_set(&why, ERROR_INVALID, "is one of something else than networks");
	if (err == 0)
		err = journal_each(text->data, &journal, check_change, NULL, &why);
	return err < 0 ? error_set(error, ERROR_INVALID, "%s %s", path, why.text) : 0;
}

/* 0, or the error is set. After a failure the old file stands as it was, and the new one is gone.
 * The file is its owner's alone: networks show how the host is wired. */
static int write_file(const char *path, const struct buf *text, struct error *error)
{
	char fresh[PATH_LEN_MAX + 1];
	_cleanup_close_ int fd = -1;
	size_t n = 0;
	ssize_t written = 0;

	/* Beside the target, as rename(2) does not cross file systems. */
	(void)snprintf(fresh, sizeof(fresh), "%.4000s.new", path);
	(void)unlink(fresh); /* of one that was broken off */
	/* O_EXCL: a link that somebody put there is not followed. */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_system(error, -errno, "cannot write %s", fresh);
	for (; n < text->len && written >= 0; n += (size_t)(written > 0 ? written : 0))
		written = write(fd, text->data + n, text->len - n);
	/* Written and synced before the rename, so that there is either the old file or the whole
	 * new one. */
	if (written < 0 || fsync(fd) < 0 || rename(fresh, path) < 0) {
		int err = -errno;

		(void)unlink(fresh);
		return error_system(error, err, "cannot write %s", path);
	}
	return 0;
}

/* Its files are netd's alone while it runs. */
static int require_no_daemon(struct cli *cli, struct error *error)
{
	return cli_is_answered(cli)
		       ? error_set(error, ERROR_CONFLICT,
				   "netd runs: leave --state-dir out, and it is done by netd")
		       : 0;
}

/* `out` gets the text of a journal, in the form that netd has on disk. */
static int backup_of_daemon(struct cli *cli, struct buf *out, struct error *error)
{
	json_auto_t *answer = NULL;
	int err = cli_call(cli, "GET", "/netd/v1/backup", NULL, &answer, error);

	if (err == 0)
		/* Without the member it is an empty text; what it holds is checked when it is
		 * brought back. */
		buf_puts(out, cli_str(answer, "Backup"));
	return err < 0 ? err : out->err < 0 ? error_system(error, out->err, "a backup") : 0;
}

/* The journal on disk is copied as it is. */
static int backup_of_files(struct cli *cli, const char *dir, struct buf *out, struct error *error)
{
	char path[PATH_LEN_MAX + 1];
	int err = require_no_daemon(cli, error);

	(void)snprintf(path, sizeof(path), "%.4000s/" JOURNAL, dir);
	if (err == 0)
		err = read_text(path, out, error);
	/* A journal is checked also where it came from netd's own directory: a backup that cannot
	 * be restored is none. */
	return err < 0 ? err : check_text(path, out, error);
}

/* Without a file the backup goes to standard output, so that it can be piped to another host. */
static int run_backup(struct cli *cli, const struct args *args)
{
	const char *dir = args_text(args, "state-dir");
	const char *path = args->n_operands > 0 ? args->operands[0] : "-";
	_cleanup_(buf_done) struct buf text = { 0 };
	struct error error = { 0 };
	int err = dir ? backup_of_files(cli, dir, &text, &error)
		      : backup_of_daemon(cli, &text, &error);

	if (err == 0 && strcmp(path, "-") == 0)
		(void)fwrite(text.data, 1, text.len, stdout); /* is looked at in the end */
	else if (err == 0)
		err = write_file(path, &text, &error);
	/* stdout is flushed and looked at in the end (commands.c), as for every command. */
	return err < 0 ? cli_fail(&error) : CLI_DONE;
}

/* What is there is kept under another name: that of the last time. 0, or the error is set. A
 * failure in the middle leaves the files under their new names, from which they can be renamed by
 * hand. */
static int replace_files(const char *dir, const struct buf *text, struct error *error)
{
	/* The database's two companions go first: without it they mean nothing, while another
	 * database would take them for its own. */
	static const char *const names[] = { "networks.db-wal", "networks.db-shm", "networks.db",
					     JOURNAL };
	char from[PATH_LEN_MAX + 1], to[PATH_LEN_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(from, sizeof(from), "%.3900s/%s", dir, names[i]);
		(void)snprintf(to, sizeof(to), "%.3900s/before-restore.%s", dir, names[i]);
		/* Not left to rename(2): where there is no `from` this time, a companion of an
		 * older database would stay beside the new copy, and be taken for its own. */
		(void)unlink(to); /* may not be there */
		/* In a fresh directory there is none of them. */
		if (rename(from, to) < 0 && errno != ENOENT)
			return error_system(error, -errno, "cannot rename %s", from);
	}
	/* `from` is the journal's path, which is the last name. */
	return write_file(from, text, error);
}

/* The next start of netd reads the journal and makes its database anew. */
static int restore_files(struct cli *cli, const char *dir, const char *path, const struct buf *text,
			 struct error *error)
{
	int err = require_no_daemon(cli, error);

	/* The daemon first, the text second, the files last: nothing is moved before all is known.
	 */
	if (err == 0)
		err = check_text(path, text, error);
	if (err == 0)
		err = replace_files(dir, text, error);
	if (err == 0)
		(void)printf("netd begins with these networks when it is started\n");
	return err;
}

/* A report without the key prints nothing. */
static void print_names(const json_t *report, const char *key, const char *verb)
{
	const json_t *name;
	size_t i;

	json_array_foreach (json_object_get(report, key), i, name)
		(void)printf("%s %s\n", verb, json_string_value(name));
}

/* The report names the networks that were removed, those that came back and those that did not. The
 * last are told as an error, after the others were printed. */
static int restore_by_daemon(struct cli *cli, const char *path, const struct buf *text,
			     struct error *error)
{
	json_auto_t *body = NULL, *report = NULL;
	const json_t *failure;
	size_t i;
	/* Looked at here as well, though netd looks again: the sentence names the file. */
	int err = check_text(path, text, error);

	if (err < 0)
		return err;
	body = json_pack("{s:s%}", "Backup", text->data, text->len);
	err = cli_call(cli, "POST", "/netd/v1/restore", body, &report, error);
	if (err < 0)
		return err;
	print_names(report, "Removed", "removed");
	print_names(report, "Restored", "restored");
	json_array_foreach (json_object_get(report, "Failed"), i, failure)
		/* An error is one sentence, so one of them is told. netd tries all of them again.
		 */
		err = error_set(error, ERROR_INTERNAL, "%s; it is tried again when netd starts",
				json_string_value(failure));
	return err;
}

/* The exit code is CLI_FAILED also when only some of the networks came back. */
static int run_restore(struct cli *cli, const struct args *args)
{
	const char *dir = args_text(args, "state-dir"), *path = args->operands[0];
	_cleanup_(buf_done) struct buf text = { 0 };
	struct error error = { 0 };
	int err = read_text(path, &text, &error);

	if (err == 0 && dir)
		err = restore_files(cli, dir, path, &text, &error);
	else if (err == 0)
		err = restore_by_daemon(cli, path, &text, &error);
	return err < 0 ? cli_fail(&error) : CLI_DONE;
}

/* With it the files are touched directly, and netd must not run. */
static const struct flag state_flags[] = {
	{ .name = "state-dir",
	  .value = "DIR",
	  .noun = NOUN_FILE,
	  .help = "where netd does not run: its files are here" },
	{ 0 },
};

const struct command command_system_backup = {
	.path = "system backup",
	.operands = "[FILE|-]",
	.summary = "Write all networks into a file, or to standard output",
	.example = "netctl system backup netd.json",
	.flags = { state_flags },
	.max_operands = 1,
	.noun = NOUN_FILE,
	.run = run_backup,
};

const struct command command_system_restore = {
	.path = "system restore",
	.operands = "FILE|-",
	.summary = "Bring the networks of a backup back",
	.example = "netctl system restore netd.json",
	.flags = { state_flags },
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_FILE,
	.run = run_restore,
};

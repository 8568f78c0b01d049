// SPDX-License-Identifier: GPL-2.0-or-later
// runs.c - what is known of commands that run -d has started: who they are, what they were given
#include "cli/command/runs.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/grow.h"
#include "base/limits.h"
#include "base/tree.h"
#include "base/whole.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Theory of operation. netd wires containers and does not run them, so it is netctl that knows what
 * it has started. Each has a folder of its name:
 *
 * record     JSON: which container it is, which process, what netd was asked for, how it ended
 * cmdline    its words, a NUL behind each; and so is environ. Both as in /proc, since neither has
 * to be UTF-8, which a text of JSON has to be cwd        a link to the directory it was started in
 * output     what it wrote last (run_output.c)
 *
 * A process is known by its number and by when it was started, in ticks since the boot: a number is
 * given again, and both together are not. The folder outlives the process, so that what it wrote
 * last can still be read; of those that have ended the oldest go. All is below the run directory,
 * which is in memory: a boot ends the processes, and forgets them. */

#define FOLDER "runs"
#define ASIDE "." FOLDER "-before" /* no name of a container begins with a dot */

/* --- texts and files --- */

static int put_file(const char *folder, const char *name, const void *data, size_t len)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "%.4000s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : whole_write(fd, data, len);
}

static int put_words(const char *folder, const char *name, char *const *words)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	for (; *words; words++)
		buf_append(&text, *words, strlen(*words) + 1);
	if (text.err < 0)
		return text.err;
	return put_file(folder, name, text.data ? text.data : "", text.len);
}

/* Whole, or as it was: whoever reads sees the one or the other. */
static int put_record(int folder, const json_t *record)
{
	_cleanup_free_ char *text = json_dumps(record, JSON_COMPACT);
	_cleanup_close_ int fd = -1;
	int err;

	if (!text)
		return -ENOMEM;
	fd = openat(folder, "record.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : whole_write(fd, text, strlen(text));
	if (err == 0 && renameat(folder, "record.new", folder, "record") < 0)
		err = -errno;
	return err;
}

/* --- processes --- */

/* When the process was started, in ticks since the boot: field 22 of its stat (proc(5)). 0: there
 * is no such process. The name of the program, in brackets, may have brackets itself. */
static json_int_t start_time(pid_t pid)
{
	char path[64], text[1024];
	unsigned long long started;
	const char *rest;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1,
			    " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %*s %llu",
			    &started) != 1)
		return 0;
	return (json_int_t)started;
}

static json_int_t number_of(const struct run *run, const char *key)
{
	return json_integer_value(json_object_get(run->record, key));
}

int run_pidfd(const struct run *run)
{
	pid_t pid = (pid_t)number_of(run, "Pid");
	_cleanup_close_ int fd = pid > 1 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	struct pollfd ended = { .fd = fd, .events = POLLIN };

	/* Looked at once it is held: what is there now cannot become another. One that has ended is
	 * there until its parent has asked about it. */
	if (fd < 0 || start_time(pid) != number_of(run, "StartTime") ||
	    deadline_poll(&ended, 1, DEADLINE_NOW) > 0)
		return -ESRCH;
	return take_fd(&fd);
}

/* --- finding --- */

const char *run_name(const struct run *run)
{
	return cli_str(run->record, "Name");
}

void run_done(struct run *run)
{
	json_decref(run->record);
	*run = (struct run) { 0 };
}

int runs_open(struct cli *cli, struct runs *ret_runs, struct error *error)
{
	json_auto_t *info = NULL;
	int err = cli_call(cli, "GET", "/netd/v1/info", NULL, &info, error);

	if (err < 0)
		return err;
	if (!*cli_str(info, "RunDir"))
		return error_set(error, ERROR_INTERNAL, "netd does not say where it runs");
	(void)snprintf(ret_runs->path, sizeof(ret_runs->path), "%.3800s/" FOLDER,
		       cli_str(info, "RunDir"));
	return 0;
}

/* Whether there is a record of that name. */
static bool load(const struct runs *runs, const char *name, struct run *ret_run)
{
	char path[PATH_MAX];

	(void)snprintf(ret_run->path, sizeof(ret_run->path), "%.3800s/%.255s", runs->path, name);
	(void)snprintf(path, sizeof(path), "%.4080s/record", ret_run->path);
	ret_run->record = json_load_file(path, 0, NULL);
	return ret_run->record != NULL;
}

static bool is_meant(const struct run *run, const char *ref)
{
	size_t len = strlen(ref);

	return strcmp(run_name(run), ref) == 0 ||
	       (len >= ID_SHORT_LEN && strncmp(cli_str(run->record, "Id"), ref, len) == 0);
}

bool runs_find(const struct runs *runs, const char *ref, struct run *ret_run)
{
	DIR *dir = opendir(runs->path);
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		struct run run = { 0 };

		/* What begins with a dot is no container's. */
		if (entry->d_name[0] == '.' || !load(runs, entry->d_name, &run))
			continue;
		found = is_meant(&run, ref);
		if (found)
			*ret_run = run;
		else
			run_done(&run);
	}
	if (dir)
		(void)closedir(dir); /* read only */
	return found;
}

/* --- beginning --- */

void run_forget(struct run *run)
{
	if (run->path[0])
		tree_remove(run->path);
	run_done(run);
}

/* The one that ended first, and how many have ended. One whose end nobody saw is older than all. */
static size_t oldest_ended(const struct runs *runs, struct run *ret_oldest)
{
	DIR *dir = opendir(runs->path);
	const struct dirent *entry;
	json_int_t least = 0;
	size_t n = 0;

	while (dir && (entry = readdir(dir))) {
		struct run run = { 0 };
		json_int_t at;

		if (entry->d_name[0] == '.' || !load(runs, entry->d_name, &run))
			continue;
		_cleanup_close_ int pidfd = run_pidfd(&run);

		at = json_integer_value(
			json_object_get(json_object_get(run.record, "Ended"), "At"));
		if (pidfd < 0 && (n++ == 0 || at < least)) {
			run_done(ret_oldest);
			*ret_oldest = take_struct(run);
			least = at;
		}
		run_done(&run);
	}
	if (dir)
		(void)closedir(dir); /* read only */
	return n;
}

static void forget_oldest(const struct runs *runs)
{
	struct run oldest = { 0 };

	while (oldest_ended(runs, &oldest) > RUNS_ENDED_MAX)
		run_forget(&oldest);
	run_done(&oldest);
}

static int make_folder(const char *path, struct error *error)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_system(error, -errno, "making %s", path);
	return 0;
}

static json_t *record_of(const struct run_noted *noted)
{
	/* A copy: the caller may go on with his. */
	return json_pack("{s:s, s:s, s:i, s:I, s:b, s:o}", "Id", noted->id, "Name", noted->name,
			 "Pid", (int)noted->pid, "StartTime", start_time(noted->pid), "Forgotten",
			 noted->forgotten, "Request", json_deep_copy(noted->request));
}

/* 0 or a negative errno. */
static int fill(const struct run_noted *noted, struct run *run)
{
	char path[PATH_MAX];
	_cleanup_close_ int folder = open(run->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = folder < 0 ? -errno : 0;

	run->record = record_of(noted);
	if (err == 0 && !run->record)
		err = -ENOMEM;
	if (err == 0)
		err = put_words(run->path, "cmdline", noted->argv);
	if (err == 0)
		err = put_words(run->path, "environ", noted->environment);
	(void)snprintf(path, sizeof(path), "%.4080s/cwd", run->path);
	if (err == 0 && symlink(noted->directory, path) < 0)
		err = -errno;
	/* Last: a folder without it is nobody's. */
	return err < 0 ? err : put_record(folder, run->record);
}

/* Of one that is started again: what it wrote before it was stopped is read on. */
static void take_output(const char *from, const char *to)
{
	static const char *const names[] = { "output", "output.1" };
	char before[PATH_MAX], after[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(before, sizeof(before), "%.4000s/%s", from, names[i]);
		(void)snprintf(after, sizeof(after), "%.4000s/%s", to, names[i]);
		(void)rename(before, after); /* there may be none */
	}
}

int runs_begin(const struct runs *runs, const struct run_noted *noted, struct run *ret_run,
	       struct error *error)
{
	struct run run = { 0 };
	char aside[PATH_MAX];
	int err = make_folder(runs->path, error);

	(void)snprintf(run.path, sizeof(run.path), "%.3800s/%.255s", runs->path, noted->name);
	(void)snprintf(aside, sizeof(aside), "%.3800s/" ASIDE ".%d", runs->path, (int)getpid());
	/* Whoever still writes for the one before holds its folder, and writes where nobody looks.
	 */
	if (err == 0 && rename(run.path, aside) < 0 && errno != ENOENT)
		err = error_system(error, -errno, "putting %s aside", run.path);
	if (err == 0)
		err = make_folder(run.path, error);
	if (err < 0)
		return err;
	if (noted->keeps_output)
		take_output(aside, run.path);
	tree_remove(aside);
	err = fill(noted, &run);
	if (err < 0) {
		(void)error_system(error, err, "noting %s in %s", noted->name, runs->path);
		run_forget(&run);
		return err;
	}
	forget_oldest(runs);
	*ret_run = run;
	return 0;
}

/* --- the end --- */

void run_note_end(struct run *run, int folder, int status)
{
	json_t *ended = json_pack("{s:I}", "At", (json_int_t)deadline_now_ms());
	int err = 0;

	if (status >= 0 && WIFSIGNALED(status))
		err = json_object_set_new(ended, "Signal", json_integer(WTERMSIG(status)));
	else if (status >= 0)
		err = json_object_set_new(ended, "Status", json_integer(WEXITSTATUS(status)));
	/* Nobody is there to be told of a failure, and the process is seen to be gone anyway. */
	err |= json_object_set_new(run->record, "Ended", ended);
	if (err == 0)
		(void)put_record(folder, run->record);
}

void run_tell_end(const struct run *run, char *ret_text, size_t size)
{
	const json_t *ended = json_object_get(run->record, "Ended");
	const json_t *number = json_object_get(ended, "Signal");

	if (number)
		(void)snprintf(ret_text, size, "was ended by signal %d",
			       (int)json_integer_value(number));
	else if ((number = json_object_get(ended, "Status")))
		(void)snprintf(ret_text, size, "ended with status %d",
			       (int)json_integer_value(number));
	else
		(void)snprintf(ret_text, size, "has ended");
}

/* --- what it was given --- */

int run_words_read(const struct run *run, const char *file, struct run_words *ret_words,
		   struct error *error)
{
	char path[PATH_MAX];
	size_t room = 0, n = 0;
	int err;

	(void)snprintf(path, sizeof(path), "%.4000s/%s", run->path, file);
	*ret_words = (struct run_words) { 0 };
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	err = fd < 0 ? -errno : whole_read_to_end(fd, SIZE_MAX, &ret_words->text);
	for (size_t at = 0; err == 0; n++) {
		char **list = grow(ret_words->list, &room, n + 1, sizeof(*list));

		if (!list) {
			err = -ENOMEM;
			break;
		}
		ret_words->list = list;
		list[n] = at < ret_words->text.len ? ret_words->text.data + at : NULL;
		if (!list[n])
			return 0;
		at += strlen(list[n]) + 1;
	}
	run_words_done(ret_words);
	return error_system(error, err, "reading %s", path);
}

void run_words_done(struct run_words *words)
{
	buf_done(&words->text);
	free(words->list);
	*words = (struct run_words) { 0 };
}

int run_directory(const struct run *run, char ret_path[static PATH_MAX], struct error *error)
{
	char path[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%.4080s/cwd", run->path);
	n = readlink(path, ret_path, PATH_MAX - 1);
	if (n < 0)
		return error_system(error, -errno, "reading %s", path);
	ret_path[n] = '\0';
	return 0;
}

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
#include <sys/file.h>
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

/* 0: there is no such process. */
static json_int_t start_time(pid_t pid)
{
	struct run_process process;

	return run_process_look(pid, &process) ? process.started : 0;
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

struct run_session run_session(const struct run *run)
{
	const json_t *ended = json_object_get(run->record, "Ended");

	return (struct run_session) {
		.number = (long)number_of(run, "Pid"),
		.led_until = json_integer_value(json_object_get(ended, "LedUntil")),
		.output = (ino_t)number_of(run, "Pipe"),
	};
}

static bool is_there(const struct run *run)
{
	const struct run_session session = run_session(run);
	_cleanup_close_ int pidfd = run_pidfd(run);

	return pidfd >= 0 || run_session_is_there(&session);
}

int run_require_ended(const struct run *run, struct error *error)
{
	_cleanup_close_ int pidfd = run_pidfd(run);

	if (pidfd < 0 && !is_there(run))
		return 0;
	return error_set(error, ERROR_CONFLICT, "%s %s still runs: end it with `netctl stop %s`",
			 pidfd < 0 ? "what was started by the command of" : "the command of",
			 run_name(run), run_name(run));
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

/* Whether there is a record in its folder. */
static bool load_from(struct run *run)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%.4080s/record", run->path);
	run->record = json_load_file(path, 0, NULL);
	return run->record != NULL;
}

static bool load(const struct runs *runs, const char *name, struct run *ret_run)
{
	(void)snprintf(ret_run->path, sizeof(ret_run->path), "%.3800s/%.255s", runs->path, name);
	return load_from(ret_run);
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

/* Whoever makes a folder or removes it has this; -1 where there is nothing to have. It is no wait
 * on what others decide: all of them do a few steps. */
static int hold(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)flock(fd, LOCK_EX); /* a lock that is not had is no reason to do nothing */
	return fd;
}

/* The same by the folder of one of them. */
static int hold_for(const struct run *run)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%.*s", (int)(strrchr(run->path, '/') - run->path),
		       run->path);
	return hold(path);
}

static json_int_t ended_at(const struct run *run)
{
	return json_integer_value(json_object_get(json_object_get(run->record, "Ended"), "At"));
}

/* The one that ended first of those that ended after a moment, and how many they are. One whose end
 * nobody saw is older than all. */
static size_t oldest_ended(const struct runs *runs, json_int_t after, struct run *ret_oldest)
{
	DIR *dir = opendir(runs->path);
	const struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir))) {
		struct run run = { 0 };

		if (entry->d_name[0] == '.' || !load(runs, entry->d_name, &run))
			continue;
		_cleanup_close_ int pidfd = run_pidfd(&run);

		if (pidfd < 0 && ended_at(&run) > after &&
		    (n++ == 0 || ended_at(&run) < ended_at(ret_oldest))) {
			run_done(ret_oldest);
			*ret_oldest = take_struct(run);
		}
		run_done(&run);
	}
	if (dir)
		(void)closedir(dir); /* read only */
	return n;
}

/* Each look is at later ones: what cannot be removed is not tried again and again, and whoever has
 * left something running is kept. */
static void forget_oldest(const struct runs *runs)
{
	struct run oldest = { 0 };
	json_int_t after = -1;

	while (oldest_ended(runs, after, &oldest) > RUNS_ENDED_MAX) {
		after = ended_at(&oldest);
		if (!is_there(&oldest))
			tree_remove(oldest.path);
	}
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
	return json_pack("{s:s, s:s, s:i, s:I, s:I, s:b, s:o}", "Id", noted->id, "Name",
			 noted->name, "Pid", (int)noted->pid, "StartTime", start_time(noted->pid),
			 "Pipe", (json_int_t)noted->output, "Forgotten", noted->forgotten,
			 "Request", json_deep_copy(noted->request));
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

/* Beside the folder, while it is not known whether the command can be started. */
static void aside_of(const struct run *run, char ret_path[static PATH_MAX])
{
	const char *name = strrchr(run->path, '/');

	(void)snprintf(ret_path, PATH_MAX, "%.*s/" ASIDE ".%d", (int)(name - run->path), run->path,
		       (int)getpid());
}

/* What there is of the name makes room. Whoever still writes for the one before holds its folder,
 * and writes where nobody looks. */
static int make_room(const struct run_noted *noted, struct run *run, struct error *error)
{
	char aside[PATH_MAX];

	aside_of(run, aside);
	tree_remove(aside); /* of one that was killed, and had our number */
	run->has_before = rename(run->path, aside) == 0;
	if (!run->has_before && errno != ENOENT)
		return error_system(error, -errno, "putting %s aside", run->path);
	if (make_folder(run->path, error) < 0)
		return -EIO;
	if (run->has_before && noted->keeps_output)
		take_output(aside, run->path);
	return 0;
}

/* As if nobody had tried. What was started with --rm is not kept for that. */
static void put_back(struct run *run)
{
	struct run before = { 0 };

	aside_of(run, before.path);
	take_output(run->path, before.path);
	tree_remove(run->path);
	if (run->has_before && load_from(&before) &&
	    !json_is_true(json_object_get(before.record, "Forgotten")))
		(void)rename(before.path, run->path);
	else
		tree_remove(before.path);
	run_done(&before);
	run_done(run);
}

/* It was looked at before there was a process; netd, which has each name once, is not asked where a
 * namespace is shared. */
static int require_free(const struct runs *runs, const char *name, struct error *error)
{
	struct run before = { 0 };
	int err = load(runs, name, &before) ? run_require_ended(&before, error) : 0;

	run_done(&before);
	return err;
}

int runs_begin(const struct runs *runs, const struct run_noted *noted, struct run *ret_run,
	       struct error *error)
{
	_cleanup_close_ int held = -1;
	struct run run = { 0 };
	int err = make_folder(runs->path, error);

	if (err < 0)
		return err;
	held = hold(runs->path);
	(void)snprintf(run.path, sizeof(run.path), "%.3800s/%.255s", runs->path, noted->name);
	err = require_free(runs, noted->name, error);
	if (err < 0)
		return err;
	err = make_room(noted, &run, error);
	if (err == 0) {
		err = fill(noted, &run);
		if (err < 0)
			(void)error_system(error, err, "noting %s in %s", noted->name, runs->path);
	}
	if (err < 0) {
		put_back(&run);
		return err;
	}
	forget_oldest(runs);
	*ret_run = run;
	return 0;
}

void runs_keep(struct run *run)
{
	char aside[PATH_MAX];

	aside_of(run, aside);
	tree_remove(aside);
	run->has_before = false;
}

void runs_undo(struct run *run)
{
	if (!run->path[0])
		return; /* it was not begun */
	_cleanup_close_ int held = hold_for(run);

	(void)held; /* until the end */
	put_back(run);
}

/* --- the end --- */

void run_note_end(struct run *run, int folder, int status, long long led_until)
{
	json_t *ended = json_pack("{s:I, s:I}", "At", (json_int_t)deadline_now_ms(), "LedUntil",
				  (json_int_t)led_until);
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

void run_forget_ended(const struct run *run)
{
	_cleanup_close_ int held = hold_for(run);
	struct run now = { 0 };

	(void)held; /* until the end */
	(void)snprintf(now.path, sizeof(now.path), "%s", run->path);
	/* Its name may run again by now, in a folder of its own. */
	if (load_from(&now) && number_of(&now, "Pid") == number_of(run, "Pid") &&
	    number_of(&now, "StartTime") == number_of(run, "StartTime") && !is_there(&now))
		tree_remove(now.path);
	run_done(&now);
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

// SPDX-License-Identifier: GPL-2.0-or-later
// runs.h - what is known of commands that run -d has started: who they are, what they were given
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "cli/command/run_session.h"
#include "cli/line/cli.h"

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Where all of them are noted: a folder of netd's run directory, root's alone. */
struct runs {
	char path[PATH_MAX];
};

/* One of them. Zeroed holds nothing. */
struct run {
	char path[PATH_MAX]; /* its folder */
	json_t *record;	     /* "Id", "Name", "Pid", "StartTime", "Pipe", "Forgotten", "Request",
			      * and in the end "Ended" */
	bool has_before;     /* what there was of its name waits beside it */
};

/* Words one after another, as /proc/PID/cmdline has them; the list ends with NULL and points into
 * the text. */
struct run_words {
	struct buf text;
	char **list;
};

/* netd is asked where its run directory is. 0, or the error is set. */
int runs_open(struct cli *cli, struct runs *ret_runs, struct error *error);
/* By name, or by the beginning of an id that is at least as long as a short one. Whether there is
 * one, with which *ret_run is filled. */
bool runs_find(const struct runs *runs, const char *ref, struct run *ret_run);

/* Notes the command, this process' environment and directory or those that are given, and what is
 * to be asked of netd to have the container again. What there was of this name before is put aside,
 * but for its output where keeps_output. 0; or the error is set, and all is as before: also where a
 * command of this name runs, which whoever looked a moment ago did not see. */
struct run_noted {
	const char *name, *id;
	pid_t pid;
	ino_t output; /* of the pipe that it writes to */
	char *const *argv, *const *environment;
	const char *directory;
	const json_t *request;
	bool keeps_output, forgotten;
};
int runs_begin(const struct runs *runs, const struct run_noted *noted, struct run *ret_run,
	       struct error *error);
/* The command runs: what there was of its name is gone. */
void runs_keep(struct run *run);
/* It does not, after all: what there was is there again. */
void runs_undo(struct run *run);
/* The command has ended: status is that of waitpid(2), or -1; led_until is from before it was asked
 * about (run_session.h). folder: of the run. */
void run_note_end(struct run *run, int folder, int status, long long led_until);
/* Of one that was started with --rm: nothing is left, unless something of it runs still or its name
 * runs again. */
void run_forget_ended(const struct run *run);
void run_done(struct run *run);

const char *run_name(const struct run *run);
/* A descriptor of the process while it runs; -ESRCH: it has ended. */
int run_pidfd(const struct run *run);
/* Its session, for when it has ended. */
struct run_session run_session(const struct run *run);
/* Success where neither it nor anything that it has started is there; else the error says what
 * runs, and how it is ended. */
int run_require_ended(const struct run *run, struct error *error);
/* "ended with status 3", "was ended by signal 9", or "has ended". */
void run_tell_end(const struct run *run, char *ret_text, size_t size);

/* What it was started with: file is "cmdline" or "environ". 0, or the error is set. */
int run_words_read(const struct run *run, const char *file, struct run_words *ret_words,
		   struct error *error);
void run_words_done(struct run_words *words);
/* The directory it was started in. */
int run_directory(const struct run *run, char ret_path[static PATH_MAX], struct error *error);

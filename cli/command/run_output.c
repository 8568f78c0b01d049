// SPDX-License-Identifier: GPL-2.0-or-later
// run_output.c - what a command of run -d wrote last: two files, of which the older one goes
#include "cli/command/run_output.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* Theory of operation. "output" is written to until it is full, which is half of what is kept; then
 * it becomes "output.1", in the place of the one before, and a new one is begun. So at least the
 * last half is there at any time, and no byte is copied. The cut may go through a line: who reads
 * has both before him, and finds the line whole.
 *
 * A reader holds the file that he reads. When it is no longer "output" he reads it to its end, and
 * goes on with the one that is. The folder tells him of each change (inotify), so nobody looks
 * again and again. */

#define NOW "output"
#define BEFORE "output.1"

/* --- writing --- */

void run_output_open(struct output *output, int folder)
{
	struct stat status;

	output->folder = folder;
	/* One that is started again goes on behind what there is. */
	output->fd = openat(folder, NOW, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	output->len = output->fd >= 0 && fstat(output->fd, &status) == 0 ? (size_t)status.st_size
									 : 0;
}

void run_output_close(struct output *output)
{
	cleanup_close(&output->fd);
	output->fd = -1;
}

void run_output_add(struct output *output, const void *data, size_t len)
{
	if (output->len + len > RUN_OUTPUT_MAX / 2 && output->len > 0) {
		run_output_close(output);
		/* Where that fails the folder has gone, and nobody reads. */
		(void)renameat(output->folder, NOW, output->folder, BEFORE);
	}
	if (output->fd < 0)
		run_output_open(output, output->folder);
	if (output->fd >= 0 && whole_write(output->fd, data, len) == 0)
		output->len += len;
}

/* --- reading --- */

size_t run_output_tail(const char *text, size_t len, size_t n)
{
	size_t at = len;

	if (n == 0)
		return len;
	/* The newline of the last line ends it, and begins none. */
	if (at > 0 && text[at - 1] == '\n')
		at--;
	while (at > 0 && (text[at - 1] != '\n' || --n > 0))
		at--;
	return at;
}

/* The file before, where there is one, and then that of now; *ret_fd is that of now, at its end, or
 * -1. */
static int read_all(const struct run *run, struct buf *text, int *ret_fd)
{
	char path[PATH_MAX];
	_cleanup_close_ int before = -1, now = -1;
	int err = 0;

	/* That of now is opened first: if it becomes the other one meanwhile, it is read as that,
	 * and what is in the new one is read by whoever follows. */
	(void)snprintf(path, sizeof(path), "%.4000s/" NOW, run->path);
	now = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%.4000s/" BEFORE, run->path);
	before = open(path, O_RDONLY | O_CLOEXEC);
	if (before >= 0) {
		struct stat a, b;

		if (now < 0 || fstat(now, &a) < 0 || fstat(before, &b) < 0 || a.st_ino != b.st_ino)
			err = whole_read_to_end(before, SIZE_MAX, text);
	}
	if (err == 0 && now >= 0)
		err = whole_read_to_end(now, SIZE_MAX, text);
	*ret_fd = take_fd(&now);
	return err;
}

/* What has come to the file since. */
static int pass_on(int fd)
{
	char piece[16384];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0)
			return -errno;
		(void)fwrite(piece, 1, (size_t)n, stdout); /* looked at below, and in the end */
	}
	/* Who reads through a pipe gets each piece as it comes. */
	return fflush(stdout) == 0 ? 0 : -EPIPE;
}

/* Whether the file is still the one that is written to; if not, the one that is takes its place. */
static bool is_now(const struct run *run, int *fd)
{
	char path[PATH_MAX];
	struct stat held, now;

	(void)snprintf(path, sizeof(path), "%.4000s/" NOW, run->path);
	if (stat(path, &now) < 0 ||
	    (*fd >= 0 && fstat(*fd, &held) == 0 && held.st_ino == now.st_ino))
		return true;
	cleanup_close(fd);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return false;
}

/* Its record says so, or is gone. */
static bool has_ended(const struct run *run)
{
	char path[PATH_MAX];
	json_auto_t *record = NULL;

	(void)snprintf(path, sizeof(path), "%.4000s/record", run->path);
	record = json_load_file(path, 0, NULL);
	return !record || json_object_get(record, "Ended") ||
	       strcmp(cli_str(record, "Id"), cli_str(run->record, "Id")) != 0;
}

static bool is_alive(const struct run *run)
{
	_cleanup_close_ int pidfd = run_pidfd(run);

	return pidfd >= 0;
}

static int follow(const struct run *run, int watch, int *fd)
{
	char events[4096];
	int err = 0;

	while (err == 0) {
		struct pollfd changed = { .fd = watch, .events = POLLIN };
		/* Asked before the rest is read: what it wrote last comes before its end. */
		bool ended = has_ended(run);

		do
			err = pass_on(*fd);
		while (err == 0 && !is_now(run, fd));
		if (err < 0 || ended)
			break;
		err = deadline_poll(&changed, 1, deadline_after(RUN_LOOK_MS));
		/* Nothing was written for long, and whoever would note the end may have been
		 * killed. */
		if (err == 0 && !is_alive(run))
			break;
		err = err < 0 ? err : 0;
		/* What it was is looked at; the events have only to be out of the way. */
		if (read(watch, events, sizeof(events)) < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return err == -EPIPE ? 0 : err; /* the end tells it */
}

int run_output_print(const struct run *run, size_t n_lines, bool follows, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	/* Before anything is read: what comes behind it is told. */
	_cleanup_close_ int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	_cleanup_close_ int fd = -1;
	size_t from;
	int err = 0;

	if (follows && (watch < 0 || inotify_add_watch(watch, run->path,
						       IN_MODIFY | IN_CREATE | IN_MOVED_TO |
							       IN_DELETE_SELF | IN_MOVE_SELF) < 0))
		err = -errno;
	if (err == 0)
		err = read_all(run, &text, &fd);
	if (err == 0 && text.len > 0) {
		from = run_output_tail(text.data, text.len, n_lines);
		(void)fwrite(text.data + from, 1, text.len - from, stdout);
	}
	if (err == 0 && follows)
		err = follow(run, watch, &fd);
	return err < 0 ? error_system(error, err, "reading what %s wrote", run_name(run)) : 0;
}

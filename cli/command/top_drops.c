// SPDX-License-Identifier: GPL-2.0-or-later
// top_drops.c - what netctl drops would tell, for netctl top: beside it, and without waiting for it
#include "cli/command/top_drops.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/whole.h"
#include "cli/command/explain_here.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. A child watches drops as netctl drops does, and passes the lines on by its
 * standard output, which is a pipe to here. It ends with this process, however that ends: by a
 * signal that the kernel sends it, or by the end of the pipe; and what it has started ends with it.
 * One tracer of the kernel's counts for all namespaces, each reason by itself, so that nothing has
 * to be looked at in a thousand of them. */

/* In the child. A line that does not go out is the end of whoever reads. */
static int pass_on(json_t *line, void *data, struct error *error)
{
	_cleanup_free_ char *text = json_write(line, JSON_COMPACT);
	_cleanup_(buf_done) struct buf out = { 0 };

	(void)data;
	buf_printf(&out, "%s\n", text ? text : "{}");
	if (out.err < 0)
		return error_system(error, out.err, "passing on drops");
	return whole_write(STDOUT_FILENO, out.data, out.len) < 0;
}

/* Why there are no reasons is a line, too. */
static void say_lacks(const struct error *error)
{
	json_t *line = json_object();
	struct error ignored;

	(void)json_object_set_new(line, "Lacks", json_text(error->text));
	(void)pass_on(line, NULL, &ignored); /* nobody else is there to be told */
	json_decref(line);
}

static _Noreturn void watch_drops(struct cli *cli, const struct args *args, int out_fd,
				  pid_t parent)
{
	const struct explain_watch watch = { .take = pass_on, .deadline_ms = DEADLINE_NEVER };
	const struct explain_here asked = { .drops = true, .watch = &watch };
	struct error error = { 0 };

	if (!helper_goes_with(parent, SIGTERM) || dup2(out_fd, STDOUT_FILENO) < 0)
		_exit(EXIT_FAILURE);
	/* The handlers of top's are for its terminal. */
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	if (explain_here_watch(cli, args, asked, &error) < 0)
		say_lacks(&error);
	_exit(0);
}

void top_drops_start(struct top_drops *drops, struct cli *cli, const struct args *args)
{
	_cleanup_close_ int out = -1;
	pid_t parent = getpid();
	int ends[2];

	*drops = (struct top_drops) { .fd = -1 };
	if (pipe2(ends, O_CLOEXEC) < 0) {
		(void)snprintf(drops->reasons.lacks, sizeof(drops->reasons.lacks), "%s",
			       strerror(errno));
		return;
	}
	drops->fd = ends[0];
	out = ends[1];
	(void)fcntl(drops->fd, F_SETFL, O_NONBLOCK);
	(void)fflush(stdout); /* or the child would have it as well */
	drops->pid = fork();
	if (drops->pid == 0)
		watch_drops(cli, args, out, parent);
	if (drops->pid < 0) {
		(void)snprintf(drops->reasons.lacks, sizeof(drops->reasons.lacks), "%s",
			       strerror(errno));
		drops->pid = 0;
	}
}

static int take_lines(struct top_drops *drops)
{
	const char *end;
	int err = 0;

	while (err == 0 && drops->text.len > 0 &&
	       (end = memchr(drops->text.data, '\n', drops->text.len))) {
		size_t len = (size_t)(end - drops->text.data);
		bool is_no_memory;
		json_t *line = json_read(drops->text.data, len, 0, NULL, &is_no_memory);

		if (line)
			err = thrown_reasons_take(&drops->reasons, line);
		else if (is_no_memory)
			err = -ENOMEM;
		json_decref(line);
		buf_consume(&drops->text, len + 1);
	}
	return err;
}

int top_drops_look(struct top_drops *drops)
{
	int err = 0;

	while (err == 0 && drops->fd >= 0) {
		char data[16384];
		ssize_t n = read(drops->fd, data, sizeof(data));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break; /* nothing more now */
		if (n == 0) {
			cleanup_close(&drops->fd);
			drops->fd = -1;
			if (!*drops->reasons.lacks)
				(void)snprintf(drops->reasons.lacks, sizeof(drops->reasons.lacks),
					       "counting them has ended");
			break;
		}
		buf_append(&drops->text, data, (size_t)n);
		err = drops->text.err < 0 ? drops->text.err : take_lines(drops);
	}
	return err;
}

/* It has last words of its own to hear, from what it has started, so it gets the time that these
 * take. It says them to a pipe, which has room for them. */
void top_drops_done(struct top_drops *drops)
{
	int status;

	if (drops->pid > 0) {
		(void)kill(drops->pid, SIGTERM);
		(void)helper_end(drops->pid,
				 deadline_after(EXPLAIN_TRACE_END_MS + 2 * EXPLAIN_END_MS),
				 &status);
	}
	cleanup_close(&drops->fd);
	buf_done(&drops->text);
	thrown_reasons_done(&drops->reasons);
	*drops = (struct top_drops) { .fd = -1 };
}

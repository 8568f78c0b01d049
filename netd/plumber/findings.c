// SPDX-License-Identifier: GPL-2.0-or-later
// findings.c - what doctor finds, looked for now and then while somebody measures
#include "plumber/findings.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. One process at a time looks. It writes its pid, a status and the report
 * into a pipe, and its end is the end of the pipe. Whoever asks meanwhile gets the last report
 * that was whole: metrics are never kept waiting for doctor, which may take long on a large
 * host.
 *
 * It is started by whoever asks, when the last start is old enough. So a host that nobody
 * measures spends nothing on it. */

/* Forgets the process that looks, and what it has written so far. Ends nobody: end_process does
 * that first where it is needed. */
static void stop(struct findings *findings)
{
	if (!findings->is_running)
		return;
	ev_io_stop(findings->loop, &findings->io);
	ev_timer_stop(findings->loop, &findings->hung);
	cleanup_close(&findings->pipe_fd);
	buf_done(&findings->coming);
	findings->is_running = false;
}

/* The pipe has no end yet, so the pid is still its own. Of one that is not positive kill(2) would
 * make many. As long as the pipe has a writer nobody can have the pid anew: the child is one of the
 * plumber's, and its number is free only after it has ended and was reaped. */
static void end_process(const struct findings *findings)
{
	if (findings->is_running && findings->pid > 0)
		(void)kill(findings->pid, SIGKILL);
}

/* One that is cut, or says why there is none, leaves the one before. */
static void finish(struct findings *findings)
{
	struct buf *coming = &findings->coming;
	bool is_whole = coming->err == 0 && coming->len > 0 &&
			coming->data[coming->len - 1] == '\n' && findings->status_len == 4 &&
			memcmp(findings->status, "200\n", 4) == 0;

	/* The report that was coming becomes the last one; its memory goes over, and nothing is
	 * copied. */
	if (is_whole) {
		buf_done(&findings->last);
		findings->last = *coming;
		*coming = (struct buf) { 0 };
	} else {
		log_debug("doctor has written no report for the metrics");
	}
	stop(findings);
}

/* First the pid, then the status, then the report: 0 is its end. The pid is one write of a few
 * bytes into an empty pipe, so it comes whole (pipe(7), PIPE_BUF). */
static ssize_t read_some(struct findings *findings)
{
	char data[EXPLAIN_READ_MAX];
	ssize_t n;

	if (findings->pid == 0)
		return read(findings->pipe_fd, &findings->pid, sizeof(findings->pid));
	if (findings->status_len < sizeof(findings->status)) {
		n = read(findings->pipe_fd, findings->status + findings->status_len,
			 sizeof(findings->status) - findings->status_len);
		findings->status_len += n > 0 ? (size_t)n : 0;
		return n;
	}
	n = read(findings->pipe_fd, data, sizeof(data));
	if (n > 0)
		buf_append(&findings->coming, data, (size_t)n);
	return n;
}

/* Reads once per turn of the loop: a report is as large as the host has troubles, and nobody waits
 * for it. */
static void on_pipe(struct ev_loop *loop, ev_io *io, int revents)
{
	struct findings *findings = io->data;
	ssize_t n;

	if (watcher_again(loop, io, revents))
		return;
	n = read_some(findings);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* More than the program itself would ever write: it is broken, and the memory is the
	 * plumber's. */
	if (findings->coming.len > EXPLAIN_VERDICT_MAX) {
		end_process(findings);
		stop(findings);
	} else if (n <= 0) {
		finish(findings);
	}
}

/* The process has had EXPLAIN_HUNG_S. It is ended, and the next one is started when somebody
 * asks. */
static void on_hung(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct findings *findings = timer->data;

	(void)loop, (void)revents;
	end_process(findings);
	stop(findings);
}

/* Starts doctor for a report. A failure is not told to anybody: metrics are served without a report
 * then, and it is tried again when the next is due. */
static void start(struct findings *findings)
{
	const struct api_explain asked = { .doctor = true };
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	/* The write end belongs to the child alone afterwards, so its end closes the pipe. */
	err = findings->explainer->start(&asked, ends[1], findings->explainer->data);
	(void)close(ends[1]); /* whoever was started has it */
	if (err < 0) {
		(void)close(ends[0]);
		return;
	}
	findings->is_running = true;
	findings->pipe_fd = ends[0];
	/* What the one before has said is no word of this one. */
	findings->pid = 0;
	findings->status_len = 0;
	ev_io_set(&findings->io, ends[0], EV_READ);
	ev_io_start(findings->loop, &findings->io);
	ev_timer_set(&findings->hung, EXPLAIN_HUNG_S, 0.);
	ev_timer_start(findings->loop, &findings->hung);
}

/* explainer NULL: nobody looks, and there is never a report. */
void findings_init(struct findings *findings, struct ev_loop *loop,
		   const struct api_explainer *explainer)
{
	*findings = (struct findings) { .loop = loop, .explainer = explainer, .pipe_fd = -1 };
	ev_io_init(&findings->io, on_pipe, -1, 0);
	ev_timer_init(&findings->hung, on_hung, 0., 0.);
	findings->io.data = findings->hung.data = findings;
}

/* The last report as a copy that the caller frees. NULL: there is none yet, or no memory. */
char *findings_get(struct findings *findings, size_t *ret_len)
{
	double now_s = deadline_now_s();
	bool is_old = findings->asked_s == 0. || now_s - findings->asked_s > FINDINGS_EVERY_S;
	char *copy;

	if (!findings->explainer)
		return NULL;
	/* The time is noted also for a start that fails. Whoever asks each second must not start a
	 * process each second. */
	if (!findings->is_running && is_old) {
		findings->asked_s = now_s;
		start(findings);
	}
	if (findings->last.len == 0)
		return NULL;
	/* A copy, for the last report may be replaced while the caller is still sending this
	 * one. */
	copy = malloc(findings->last.len);
	if (!copy)
		return NULL;
	memcpy(copy, findings->last.data, findings->last.len);
	*ret_len = findings->last.len;
	return copy;
}

/* The process is ended here, for nobody would read what it finds. */
void findings_done(struct findings *findings)
{
	end_process(findings);
	stop(findings);
	buf_done(&findings->last);
}

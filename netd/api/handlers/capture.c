// SPDX-License-Identifier: GPL-2.0-or-later
// capture.c - GET /netd/v1/capture: packets of a container or a network, written by another process
#include "api/call/captures.h"
#include "api/call/http.h"
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/pass.h"
#include "base/watcher.h"
#include "capture/asked.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. As with explain, a process is started that looks, here by a pair of sockets
 * (its control). It says its pid, and then either an answer, or 101: it has everything open, and
 * wants a reader. The call is answered with that status ("Switching Protocols"), and when the
 * client has been told, his connection goes through the control to the process, and is closed here.
 * From then on netd knows of the capture no more than that it runs: the control's end is its end.
 * Not one byte of it passes the loop. */

enum capturing_state {
	CAPTURING_OPENS,   /* a call waits for it */
	CAPTURING_IS_OPEN, /* the call is answered with 101, which may not have been sent */
	CAPTURING_RUNS,	   /* the process has the connection */
};

/* Who owns it: while it opens, the call's pending; when it is open, the call's upgrade; when it
 * runs, the list alone. In each of the three exactly one of them frees it. */
struct api_capturing {
	struct list node; /* in the list of all */
	struct api_captures *all;
	struct ev_loop *loop;
	enum capturing_state state;
	struct api_call *call; /* NULL: it has been answered */
	struct capture_asked asked;
	int control_fd;
	pid_t pid;	/* 0: it has not said so yet */
	char status[4]; /* "101\n", or that of the answer before its body */
	size_t status_len;
	struct buf answer;
	ev_io io;
	ev_timer hung;
};

/* Closes netd's end of the control. A process that still opens sees that and ends; one that runs
 * goes on for its reader. */
static void capturing_free(struct api_capturing *capturing)
{
	if (!capturing)
		return;
	ev_io_stop(capturing->loop, &capturing->io);
	ev_timer_stop(capturing->loop, &capturing->hung);
	cleanup_close(&capturing->control_fd);
	list_remove(&capturing->node);
	buf_done(&capturing->answer);
	free(capturing);
}

/* For _cleanup_: frees what the pointer has, if it still has something. */
static void capturing_freep(struct api_capturing **capturing)
{
	capturing_free(*capturing);
}

/* Before it has a reader, so it is still there and the pid its own. Of one that is not positive
 * kill(2) would make many. */
static void end_process(const struct api_capturing *capturing)
{
	if (capturing->state != CAPTURING_RUNS && capturing->pid > 0)
		(void)kill(capturing->pid, SIGKILL);
}

/* Nobody waits for it any more. */
static void forget(void *data)
{
	end_process(data);
	capturing_free(data);
}

/* The list has the captures of all connections, so it belongs to the server. How many there are is
 * counted where they are started, for some may be of a netd before this one. */
void api_captures_init(struct api_captures *captures)
{
	list_init(&captures->list);
}

/* Those that run go on: they belong to their readers. */
void api_captures_done(struct api_captures *captures)
{
	/* Calls that wait were cancelled and connections closed before (api_server_free), so only
	 * those that run are left. */
	list_foreach (&captures->list, struct api_capturing, capturing, node)
		capturing_free(capturing);
}

/* ---- the connection changes hands ---- */

/* The client has been told 101 (MHD_UpgradeHandler). What it has sent behind its request says
 * nothing to anybody. */
static void on_upgrade(void *cls, struct MHD_Connection *connection, void *call, const char *extra,
		       size_t extra_len, int fd, struct MHD_UpgradeResponseHandle *handle)
{
	struct api_capturing *capturing = cls;
	struct api_http *http = capturing->all->http;

	(void)connection, (void)extra, (void)extra_len;
	/* The call ends without it. From here on the capture is freed by this function or by the
	 * end of its control. */
	((struct api_call *)call)->upgrade = (struct api_upgrade) { 0 };
	/* MSG_DONTWAIT: a process that does not read its control must not hold the loop. The
	 * connection is closed then, and the process ended. */
	if (pass_descriptor(capturing->control_fd, fd, MSG_DONTWAIT) == 0)
		capturing->state = CAPTURING_RUNS;
	else
		forget(capturing);
	/* Closes the descriptor that is the server's. The process has a duplicate, so the
	 * connection itself stays open. */
	(void)MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
	/* libmicrohttpd cleans an upgraded connection up in its next round. */
	api_http_kick(http);
}

/* ---- what the process says ---- */

/* What of a refusal is no answer gets one of netd's own. */
static void reply_refusal(struct api_capturing *capturing, struct api_call *call)
{
	struct buf *answer = &capturing->answer;
	int status = 0;

	/* Anything that is no digit gives a number out of range, which is noticed below. Three
	 * digits, written by a process that is not trusted to write digits. */
	for (size_t i = 0; i < 3 && capturing->status_len == sizeof(capturing->status); i++)
		status = status * 10 + (capturing->status[i] - '0');
	if (call->error.code >= 0 && (answer->err < 0 || answer->len == 0 || status < 400 ||
				      status > 599 || answer->data[answer->len - 1] != '\n'))
		(void)error_set(&call->error, ERROR_INTERNAL,
				"whoever captures ended before it had begun");
	if (call->error.code < 0) {
		api_reply_error(call);
		return;
	}
	answer->data[--answer->len] = '\0'; /* the reply gets its own */
	api_reply_finish(call, api_reply_json_text(call, status, answer),
			 engine_n_left(api_call_engine(call)));
}

/* The process has ended, or is ended, before it was open. The answer is its own where it made
 * one. */
static void refuse(struct api_capturing *capturing)
{
	struct api_call *call = capturing->call;

	/* Nothing is pending any more. Otherwise the call's end would free the capture again. */
	call->pending = (struct api_pending) { 0 };
	reply_refusal(capturing, call);
	capturing_free(capturing);
	api_call_resume(call);
}

/* The call is answered with 101. The connection follows when libmicrohttpd has sent that, in
 * on_upgrade. */
static void hand_over(struct api_capturing *capturing)
{
	struct api_call *call = capturing->call;

	/* From here on the capture may last for ever. */
	ev_timer_stop(capturing->loop, &capturing->hung);
	capturing->state = CAPTURING_IS_OPEN;
	capturing->call = NULL;
	call->pending = (struct api_pending) { 0 };
	call->status = MHD_HTTP_SWITCHING_PROTOCOLS;
	/* A client that has gone by then is never told, and the call's end is the capture's. */
	call->upgrade = (struct api_upgrade) { API_CAPTURE_PROTOCOL, on_upgrade, forget,
					       capturing };
	api_call_resume(call);
}

/* 0: an end, or nonsense, which is treated as one. The pid comes in one write and is read as a
 * whole or not at all. */
static ssize_t read_some(struct api_capturing *capturing)
{
	char data[1024];
	ssize_t n;

	/* A part of a pid is nobody's, so it counts as the end. */
	if (capturing->pid == 0) {
		n = read(capturing->control_fd, &capturing->pid, sizeof(capturing->pid));
		return n > 0 && n < (ssize_t)sizeof(capturing->pid) ? 0 : n;
	}
	if (capturing->status_len < sizeof(capturing->status)) {
		n = read(capturing->control_fd, capturing->status + capturing->status_len,
			 sizeof(capturing->status) - capturing->status_len);
		capturing->status_len += n > 0 ? (size_t)n : 0;
		return n;
	}
	n = read(capturing->control_fd, data, sizeof(data));
	/* It has nothing to say but why it does not begin. The bound keeps a process that writes
	 * without end from filling netd's memory. */
	if (n > 0 && (capturing->state != CAPTURING_OPENS || capturing->answer.len > sizeof(data)))
		return 0;
	if (n > 0)
		buf_append(&capturing->answer, data, (size_t)n);
	return n;
}

/* What an end means depends on how far the capture is. */
static void on_control(struct ev_loop *loop, ev_io *io, int revents)
{
	struct api_capturing *capturing = io->data;
	ssize_t n;

	if (watcher_again(loop, io, revents))
		return;
	n = read_some(capturing);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 && capturing->state == CAPTURING_OPENS)
		refuse(capturing);
	else if (n <= 0 && capturing->state == CAPTURING_IS_OPEN) {
		/* Its call has it, and ends soon. The pid may be another process' by then. */
		ev_io_stop(loop, io);
		capturing->pid = 0;
	} else if (n <= 0)
		capturing_free(capturing);
	/* Four characters decide: everything else is the beginning of a refusal. */
	else if (capturing->state == CAPTURING_OPENS &&
		 capturing->status_len == sizeof(capturing->status) &&
		 memcmp(capturing->status, "101\n", sizeof(capturing->status)) == 0)
		hand_over(capturing);
}

/* Only while a call waits: hand_over has stopped the timer. */
static void on_hung(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct api_capturing *capturing = timer->data;

	(void)loop, (void)revents;
	/* It may be stopped by a debugger, or wait for the kernel. */
	end_process(capturing);
	(void)error_set(&capturing->call->error, ERROR_UNAVAILABLE,
			"whoever captures did not begin within %d s", CAPTURE_READY_S + 1);
	refuse(capturing);
}

/* ---- what is asked ---- */

/* The keys are those of capture/asked.c, which judges the values, too; netctl's options go through
 * the same code. */
static int decode(struct api_call *call, struct capture_asked *asked)
{
	int err = 0;

	capture_asked_init(asked);
	for (size_t i = 0; capture_asked_keys[i] && err == 0; i++) {
		_cleanup_free_ char *value = NULL;

		err = api_call_query(call, capture_asked_keys[i], &value);
		if (err == 0 && value)
			err = capture_asked_set(asked, capture_asked_keys[i], value, &call->error);
	}
	return err < 0 ? err : capture_asked_check(asked, &call->error);
}

/* A client that did not ask for an upgrade would take the packets for an answer of HTTP. */
static int check_upgrade(struct api_call *call)
{
	const char *protocol = api_call_header(call, MHD_HTTP_HEADER_UPGRADE);
	const char *connection = api_call_header(call, MHD_HTTP_HEADER_CONNECTION);

	if (protocol && strcasecmp(protocol, API_CAPTURE_PROTOCOL) == 0 && connection &&
	    strcasestr(connection, "upgrade"))
		return 0;
	return error_set(
		&call->error, ERROR_INVALID,
		"packets do not come as an answer of HTTP: ask with \"Connection: Upgrade\" "
		"and \"Upgrade: " API_CAPTURE_PROTOCOL "\", or by netctl capture");
}

/* On failure the caller frees what was made. The other end of the pair belongs to the child alone
 * afterwards. */
static int start(struct api_capturing *capturing, struct error *error)
{
	const struct api_explainer *explainer = &capturing->all->http->explainer;
	_cleanup_close_ int theirs = -1;
	int ends[2], err;

	/* A pair and no pipe: the connection's descriptor goes over it (SCM_RIGHTS needs a socket
	 * of unix(7)). */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system(error, -errno, "cannot capture");
	capturing->control_fd = ends[0];
	theirs = ends[1];
	err = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0; /* theirs may wait */
	if (err == 0)
		err = explainer->capture(&capturing->asked, theirs, explainer->data);
	if (err == -ENOENT)
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "netd-capture is not installed: it belongs beside netd, or into "
				 "lib/netd");
	/* Each is a process with rings of packets in memory. */
	if (err == -EUSERS)
		return error_set(error, ERROR_UNAVAILABLE,
				 "%d captures run already: end one of them first",
				 CAPTURE_AT_ONCE_MAX);
	if (err < 0)
		return error_system(error, err, "cannot capture");
	ev_io_set(&capturing->io, capturing->control_fd, EV_READ);
	ev_io_start(capturing->loop, &capturing->io);
	/* One second more than the process allows itself (its alarm). */
	ev_timer_set(&capturing->hung, CAPTURE_READY_S + 1, 0.);
	ev_timer_start(capturing->loop, &capturing->hung);
	return 0;
}

/* Everything that can be refused is refused before a process is started. */
int api_capture(struct api_call *call)
{
	_cleanup_(capturing_freep) struct api_capturing *capturing = calloc(1, sizeof(*capturing));
	struct api_captures *all = &call->http->captures;
	int err;

	if (!capturing)
		return error_system(&call->error, -ENOMEM, "cannot capture");
	*capturing = (struct api_capturing) {
		.all = all, .loop = api_call_loop(call), .call = call, .control_fd = -1
	};
	list_init(&capturing->node);
	ev_io_init(&capturing->io, on_control, -1, 0);
	ev_timer_init(&capturing->hung, on_hung, 0., 0.);
	capturing->io.data = capturing->hung.data = capturing;
	if ((err = decode(call, &capturing->asked)) < 0 || (err = check_upgrade(call)) < 0)
		return err;
	if (!call->http->explainer.capture)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED, "nobody captures here");
	if ((err = start(capturing, &call->error)) < 0)
		return err;
	list_append(&all->list, &capturing->node);
	call->pending = (struct api_pending) { forget, take_ptr(capturing) };
	api_call_suspend(call);
	return API_LATER;
}

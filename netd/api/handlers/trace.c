// SPDX-License-Identifier: GPL-2.0-or-later
// trace.c - GET /netd/v1/trace and /netd/v1/drops: packets of a container as they come by, and what
// the kernel throws away
#include "api/call/http.h"
#include "api/connect/connection_limits.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. As with the questions of containers (dns_log.c) a program answers by itself,
 * to the client's own socket: netd-explain, which has what it tells from a tracer that netd asked
 * for. No packet passes the loop. A pipe tells each side of the other's end. */

struct tracing {
	struct api_call *call;
	struct api_explanations *all;
	int pipe_fd; /* our end, which never has anything to read; -1: there is none */
	ev_io io;
};

static void stop(struct tracing *tracing)
{
	ev_io_stop(api_call_loop(tracing->call), &tracing->io);
	cleanup_close(&tracing->pipe_fd);
	tracing->all->n_watching--;
	free(tracing);
}

/* It sees that nobody has the other end, and ends. */
static void forget(void *data)
{
	stop(data);
}

static void on_end(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct tracing *tracing = watcher->data;
	struct api_call *call = tracing->call;
	char byte;
	ssize_t n;

	if (watcher_again(loop, watcher, revents))
		return;
	n = read(tracing->pipe_fd, &byte, 1);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	call->pending = (struct api_pending) { 0 };
	stop(tracing);
	/* Nothing is sent, for it is handed; the connection is closed. */
	api_call_resume(call);
}

/* ---- what is asked ---- */

struct asked {
	struct api_watch watch;
	char *name, *filter, *seconds;
};

static void asked_done(struct asked *asked)
{
	free(asked->name);
	free(asked->filter);
	free(asked->seconds);
}

/* "tcp port 80" in words; what they mean netd-explain says. */
static int split(struct api_call *call, struct asked *asked)
{
	struct api_watch *watch = &asked->watch;
	char *rest = NULL;
	const char *word = asked->filter ? strtok_r(asked->filter, " ", &rest) : NULL;

	for (; word; word = strtok_r(NULL, " ", &rest)) {
		if (watch->n_words == FOLLOWED_WORDS_MAX)
			return error_set(
				&call->error, ERROR_INVALID,
				"a filter has %d words at the most: tcp, udp, icmp, port N "
				"and host NAME are its parts",
				FOLLOWED_WORDS_MAX);
		watch->words[watch->n_words++] = word;
	}
	return 0;
}

static int decode_seconds(struct api_call *call, struct asked *asked)
{
	const char *text = asked->seconds;
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return 0;
	if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
		return error_set(&call->error, ERROR_INVALID,
				 "seconds is a number, after which it ends: \"%.40s\"", text);
	asked->watch.seconds = text;
	return 0;
}

static int decode_common(struct api_call *call, struct asked *asked)
{
	int err;

	if ((err = api_call_query(call, "name", &asked->name)) < 0 ||
	    (err = api_call_query(call, "seconds", &asked->seconds)) < 0)
		return err;
	return decode_seconds(call, asked);
}

/* By its whole id: a prefix of it might mean another by the time that it is looked for again. */
static int decode_trace(struct api_call *call, struct asked *asked)
{
	struct container *container;
	int err = decode_common(call, asked);

	if (err == 0)
		err = api_call_query(call, "filter", &asked->filter);
	if (err == 0)
		err = api_call_flag(call, "norules", &asked->watch.no_rules);
	if (err == 0)
		err = split(call, asked);
	if (err < 0)
		return err;
	if (!asked->name)
		return error_set(&call->error, ERROR_INVALID, "name is missing: name=CONTAINER");
	err = engine_container_find(api_call_engine(call), asked->name, &container, &call->error);
	if (err == 0)
		asked->watch.name = container->spec.id;
	return err;
}

static int decode_drops(struct api_call *call, struct asked *asked)
{
	int err = decode_common(call, asked);

	asked->watch.drops = true;
	asked->watch.name = asked->name;
	return err;
}

/* ---- who answers ---- */

static int start(struct api_call *call, const struct asked *asked, int theirs)
{
	const struct api_explainer *explainer = api_call_explainer(call);
	int err = explainer->watch(&asked->watch, api_call_fd(call), theirs, explainer->data);

	if (err == -ENOENT)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
				 "netd-explain is not installed: it belongs beside netd, or into "
				 "lib/netd");
	return err < 0 ? error_system(&call->error, err, "cannot look") : 0;
}

static int hand_over(struct api_call *call, const struct asked *asked)
{
	_cleanup_free_ struct tracing *tracing = calloc(1, sizeof(*tracing));
	_cleanup_close_ int ours = -1, theirs = -1;
	int ends[2], err;

	if (!tracing)
		return error_system(&call->error, -ENOMEM, "cannot look");
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_system(&call->error, -errno, "cannot look");
	ours = ends[0];
	theirs = ends[1];
	if ((err = start(call, asked, theirs)) < 0)
		return err;
	tracing->call = call;
	tracing->all = api_call_explanations(call);
	tracing->all->n_watching++;
	tracing->pipe_fd = take_fd(&ours);
	ev_io_init(&tracing->io, on_end, tracing->pipe_fd, EV_READ);
	tracing->io.data = tracing;
	ev_io_start(api_call_loop(call), &tracing->io);
	call->is_handed = true;
	call->pending = (struct api_pending) { forget, take_ptr(tracing) };
	api_call_suspend(call);
	return API_LATER;
}

static int watch(struct api_call *call, int (*decode)(struct api_call *call, struct asked *asked))
{
	_cleanup_(asked_done) struct asked asked = { 0 };
	int err;

	if ((err = decode(call, &asked)) < 0)
		return err;
	/* What is asked about with HEAD has no body, and so nobody to write it. */
	if (strcmp(call->method, "HEAD") == 0) {
		call->status = MHD_HTTP_OK;
		return 0;
	}
	if (!api_call_explainer(call)->watch)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED, "nobody looks here");
	/* Each costs every packet something. */
	if (api_call_explanations(call)->n_watching >= TRACE_AT_ONCE_MAX)
		return error_set(&call->error, ERROR_UNAVAILABLE,
				 "%d look at packets already: end one of these first",
				 TRACE_AT_ONCE_MAX);
	if ((err = api_connection_admit_stream(call)) < 0)
		return err;
	return hand_over(call, &asked);
}

int api_trace(struct api_call *call)
{
	return watch(call, decode_trace);
}

int api_trace_drops(struct api_call *call)
{
	return watch(call, decode_drops);
}

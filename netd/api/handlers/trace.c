// SPDX-License-Identifier: GPL-2.0-or-later
// trace.c - GET /netd/v1/trace and /netd/v1/drops: packets of a container as they come by, and what
// the kernel throws away
#include "api/call/handed.h"
#include "api/connect/connection_limits.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. No packet passes the loop: netd-explain, which has what it tells from a
 * tracer that netd asked for, answers by itself (api/call/handed.c). */

/* ---- what is asked ---- */

/* watch points into the texts. */
struct asked {
	struct api_watch watch;
	char *name, *filter, *seconds;
};

/* watch has nothing of its own: its texts are these, or a container's. */
static void asked_done(struct asked *asked)
{
	free(asked->name);
	free(asked->filter);
	free(asked->seconds);
}

/* "tcp port 80" in words; what they mean netd-explain says. strtok_r writes zeroes into the text,
 * which is this call's own. */
static int split(struct api_call *call, struct asked *asked)
{
	struct api_watch *watch = &asked->watch;
	char *rest = NULL;
	const char *word = asked->filter ? strtok_r(asked->filter, " ", &rest) : NULL;

	for (; word; word = strtok_r(NULL, " ", &rest)) {
		/* The bound is that of struct api_watch. */
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

/* The text is handed on, so only its form is looked at. */
static int decode_seconds(struct api_call *call, struct asked *asked)
{
	const char *text = asked->seconds;
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return 0;
	/* Nine digits fit any integer that the program may read it into. */
	if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
		return error_set(&call->error, ERROR_INVALID,
				 "seconds is a number, after which it ends: \"%.40s\"", text);
	asked->watch.seconds = text;
	return 0;
}

/* What a trace and drops have in common. */
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
	/* In the order of the query, so that the first mistake is told. */
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
		/* The id lives as long as the container, and the program gets a copy before this
		 * call ends. */
		asked->watch.name = container->spec.id;
	return err;
}

/* The name may be a network's, too, which netd-explain finds. */
static int decode_drops(struct api_call *call, struct asked *asked)
{
	int err = decode_common(call, asked);

	/* Set whatever err is: nobody looks at it then. */
	asked->watch.drops = true;
	asked->watch.name = asked->name;
	return err;
}

/* ---- who answers ---- */

/* Called by api_handed, with the program's end of the pipe. */
static int start(struct api_call *call, const void *data, int theirs)
{
	const struct asked *asked = data;
	const struct api_explainer *explainer = api_call_explainer(call);
	int err = explainer->watch(&asked->watch, api_call_fd(call), theirs, explainer->data);

	if (err == -ENOENT)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
				 "netd-explain is not installed: it belongs beside netd, or into "
				 "lib/netd");
	return err < 0 ? error_system(&call->error, err, "cannot look") : 0;
}

/* As api_dns_log: what can be refused comes first. */
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
	/* Each costs every packet something. Counted by api_handed for as long as the program
	 * runs. */
	if (api_call_explanations(call)->n_watching >= TRACE_AT_ONCE_MAX)
		return error_set(&call->error, ERROR_UNAVAILABLE,
				 "%d look at packets already: end one of these first",
				 TRACE_AT_ONCE_MAX);
	if ((err = api_connection_admit_stream(call)) < 0)
		return err;
	return api_handed(call, start, &asked, &api_call_explanations(call)->n_watching);
}

/* The two differ in how they read the query; what may look at once is counted for both. */
int api_trace(struct api_call *call)
{
	return watch(call, decode_trace);
}

int api_trace_drops(struct api_call *call)
{
	return watch(call, decode_drops);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// call.c - one request on its way through the API: what handlers read, and how they wait
#include "api/call/call.h"

#include "api/call/http.h"
#include "base/cleanup.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>

/* Theory of operation. Handlers do not see the HTTP server: what they need of it is asked for
 * here. A handler that cannot answer at once sets call->pending and suspends the call. From then
 * on two things may happen: what it waits for comes, and it makes the reply and resumes; or the
 * call ends before, and pending.forget is called. Each clears pending, so the other cannot
 * happen any more. */

struct engine *api_call_engine(const struct api_call *call)
{
	return call->http->engine;
}

struct once *api_call_refused(const struct api_call *call)
{
	return &call->http->refused;
}

const struct api_explainer *api_call_explainer(const struct api_call *call)
{
	return &call->http->explainer;
}

const struct api_starter *api_call_starter(const struct api_call *call)
{
	return &call->http->starter;
}

const struct api_cluster *api_call_cluster(const struct api_call *call)
{
	return &call->http->cluster;
}

struct api_explanations *api_call_explanations(const struct api_call *call)
{
	return &call->http->explanations;
}

struct ev_loop *api_call_loop(const struct api_call *call)
{
	return call->http->loop;
}

int api_call_query(struct api_call *call, const char *name, char **ret_value)
{
	const char *raw = MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND,
						      name);
	char *value;

	*ret_value = NULL;
	if (!raw)
		return 0;
	/* A copy, because the text is in the HTTP server's buffer, and decoding writes. */
	value = strdup(raw);
	if (!value)
		return error_system(&call->error, -ENOMEM, "cannot read the request");
	/* The HTTP server leaves escapes alone (server.c, on_unescape), so this is the only
	 * decoding. */
	if (!api_path_unescape(value)) {
		free(value);
		return error_set(&call->error, ERROR_INVALID, "invalid URL escape in %s", name);
	}
	*ret_value = value;
	return 0;
}

/* A flag that is absent is false. */
int api_call_flag(struct api_call *call, const char *name, bool *ret_value)
{
	/* As moby reads its flags (httputils.BoolValue): all else is true. */
	static const char *const no[] = { "", "0", "no", "false", "none" };
	_cleanup_free_ char *text = NULL;
	int err = api_call_query(call, name, &text);

	if (err < 0)
		return err;
	/* "?strict" without a value is NULL in libmicrohttpd, as if it had not been given. */
	*ret_value = text != NULL;
	for (size_t i = 0; text && i < ARRAY_SIZE(no); i++) {
		if (strcasecmp(text, no[i]) == 0)
			*ret_value = false;
	}
	return 0;
}

/* The text is libmicrohttpd's and lives as long as the request. */
const char *api_call_header(const struct api_call *call, const char *name)
{
	return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

/* The connection is taken out of the server's epoll set. Nobody notices then when its client hangs
 * up, except those who watch for it (endless.c, changes.c). */
void api_call_suspend(struct api_call *call)
{
	/* A handler that is run again (settling_again) finds its call as it left it. */
	if (call->state == API_CALL_SUSPENDED)
		return;
	/* Two kinds of calls are suspended: those without an answer yet, and streams whose answer
	 * has begun. */
	call->state_before = call->state;
	call->state = API_CALL_SUSPENDED;
	/* libmicrohttpd stops its own timeout for the connection, too: a wait may be longer than
	 * API_TIMEOUT_S. */
	MHD_suspend_connection(call->connection);
}

/* Safe to call from anywhere, also from within MHD_run. */
void api_call_resume(struct api_call *call)
{
	/* A stream that had nothing to send is sent already; a handler has made its reply, or its
	 * stream, meanwhile. */
	call->state = call->state_before == API_CALL_SENT ? API_CALL_SENT : API_CALL_READY;
	/* It is run in the server's next round, which nobody else need bring about. */
	MHD_resume_connection(call->connection);
	api_http_kick(call->http);
}

/* After this nothing calls back into the call. */
void api_call_forget(struct api_call *call)
{
	/* The function gets data that the waiter owns: only it knows what may be freed and what an
	 * answer will still come for. */
	if (call->pending.forget)
		call->pending.forget(call->pending.data);
	/* Twice is no harm then: a call is forgotten when netd stops, and when it is freed. */
	call->pending = (struct api_pending) { 0 };
}

/* -1 only where the server has no connection any more. */
int api_call_fd(const struct api_call *call)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

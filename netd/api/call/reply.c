// SPDX-License-Identifier: GPL-2.0-or-later
// reply.c - how a call is answered
#include "api/call/reply.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/once.h"
#include "model/show/docker_json.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* For jansson. -1 stops it at the first failure. */
static int append(const char *data, size_t len, void *buf)
{
	buf_append(buf, data, len);
	return ((struct buf *)buf)->err ? -1 : 0;
}

/* One object and a newline, as Docker sends it. */
static int finish_json(struct api_call *call, int status)
{
	/* buf remembers that it had no memory, so one look at the end is enough. */
	buf_puts(&call->reply, "\n");
	if (call->reply.err)
		return call->reply.err;
	call->status = status;
	call->content_type = "application/json";
	return 0;
}

/* The reply that was begun before, if any, is thrown away. */
static int encode(struct api_call *call, int status, const json_t *json)
{
	buf_done(&call->reply);
	if (json_dump_callback(json, append, &call->reply, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		return -ENOMEM;
	return finish_json(call, status);
}

/* What changes something has been done by the time it is answered. */
int api_reply_cannot(struct api_call *call, int err)
{
	/* A caller who reads only "out of memory" would ask again for what is there already. */
	bool reads = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;

	return error_system(&call->error, err, "%scannot write the reply",
			    reads ? "" : "what was asked for is done; ");
}

/* A NULL is what json_pack gives without memory, so callers need not look. */
int api_reply_json(struct api_call *call, int status, json_t *json)
{
	int err = json ? encode(call, status, json) : -ENOMEM;

	/* The reply is text by now. decref(NULL) does nothing. */
	json_decref(json);
	return err < 0 ? api_reply_cannot(call, err) : 0;
}

/* text is empty afterwards, whatever is returned. */
int api_reply_json_text(struct api_call *call, int status, struct buf *text)
{
	int err;

	buf_done(&call->reply);
	/* Moved and not copied: with all ports that a container may have it is megabytes. */
	call->reply = *text;
	*text = (struct buf) { 0 };
	err = finish_json(call, status);
	return err < 0 ? api_reply_cannot(call, err) : 0;
}

/* The container as Docker shows it. */
int api_reply_container(struct api_call *call, int status, const struct container *container)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	int err = docker_json_container(container, &text);

	return err < 0 ? api_reply_cannot(call, err) : api_reply_json_text(call, status, &text);
}

/* For 204, and for 200 where Docker sends nothing. */
int api_reply_empty(struct api_call *call, int status)
{
	buf_done(&call->reply);
	call->status = status;
	/* Without a body a type would say something of nothing. */
	call->content_type = NULL;
	return 0;
}

/* Of words that netd itself has made; they are not checked. */
int api_reply_text(struct api_call *call, int status, const char *text)
{
	buf_done(&call->reply);
	buf_puts(&call->reply, text);
	if (call->reply.err)
		return api_reply_cannot(call, call->reply.err);
	call->status = status;
	call->content_type = "text/plain; charset=utf-8";
	return 0;
}

/* Cannot fail: where there is no memory for the words, a reply that was made at the start is
 * sent. */
void api_reply_error(struct api_call *call)
{
	json_t *json = json_object();
	int status;

	if (!call->error.text[0]) /* what says nothing had no memory for a part of it */
		(void)error_system(&call->error, -ENOMEM, "the call failed");
	/* The code is for programs, which must not depend on the words of the message. */
	status = error_http_status(call->error.kind);
	if (json_object_set_new(json, "message", json_text(call->error.text)) < 0 ||
	    json_object_set_new(json, "code", json_string(error_word(&call->error))) < 0 ||
	    encode(call, status, json) < 0)
		/* The answer that was made at the start is sent instead (request.c,
		 * send_speechless). */
		call->speechless = true;
	json_decref(json);
}

/* What the change left is done. Called by the engine, in a later turn of the loop. */
static void on_left(void *data)
{
	api_call_resume(data);
}

/* The member of the body, or NULL. */
static const char *in_body(const struct api_call *call, const char *key)
{
	return json_string_value(json_object_get(call->json, key));
}

/* Who is meant by the path, or by the body. */
static struct log_about about_call(const struct api_call *call)
{
	enum operation operation = call->operation;
	struct log_about about = { .code = error_word(&call->error) };

	switch (operation) {
	case OPERATION_ATTACH:
		about.container = in_body(call, "Name");
		break;
	case OPERATION_DETACH:
	case OPERATION_PORT_ADD:
	case OPERATION_PORT_REMOVE:
	case OPERATION_RENAME:
	case OPERATION_LIMIT:
		about.container = call->ref;
		break;
	case OPERATION_CONNECT:
	case OPERATION_DISCONNECT:
		about.container = in_body(call, "Container");
		about.network = call->ref;
		break;
	case OPERATION_NETWORK_CREATE:
		about.network = in_body(call, "Name");
		break;
	case OPERATION_NETWORK_UPDATE:
	case OPERATION_NETWORK_REMOVE:
		about.network = call->ref;
		break;
	case OPERATION_NONE:
	case OPERATION_NETWORK_PRUNE:
	case OPERATION_RESYNC:
	case OPERATION_BACKUP:
	case OPERATION_RESTORE:
	case OPERATION_N:
		break;
	}
	return about;
}

/* Once, however often the caller tries again. A runtime that tries again each second would fill the
 * log. */
static void log_refusal(const struct api_call *call, enum operation_outcome outcome)
{
	const struct log_about about = about_call(call);
	const char *what = operation_name[call->operation];
	/* Longer than the sentence of an error, for what was asked for stands before it. */
	char text[ERROR_TEXT_MAX + 128];

	(void)snprintf(text, sizeof(text), "%s%s%s %s: %s", what,
		       about.container || about.network ? " of " : "",
		       about.container ? about.container
		       : about.network ? about.network
				       : "",
		       outcome == OPERATION_REFUSED ? "is refused" : "has failed",
		       call->error.text);
	/* Names of operations have underscores, which a sentence has not. */
	for (char *at = text; at < text + strlen(what); at++)
		if (*at == '_')
			*at = ' ';
	if (once_is_news(api_call_refused(call), text, deadline_now_s()))
		log_about(outcome == OPERATION_REFUSED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, &about,
			  "%s", text);
}

/* Counts and times what changes something. Below 500 the caller asked for what cannot be; above it
 * netd has failed. */
static void note_operation(const struct api_call *call, int err)
{
	enum operation_outcome outcome = OPERATION_DONE;

	if (call->operation == OPERATION_NONE)
		return;
	if (err < 0)
		outcome = error_http_status(call->error.kind) < 500 ? OPERATION_REFUSED
								    : OPERATION_FAILED;
	if (err < 0)
		log_refusal(call, outcome);
	engine_note_operation(api_call_engine(call), call->operation, outcome,
			      (uint64_t)((deadline_now_s() - call->began_s) * 1e6));
}

/* Who is told that something is done, or given up, finds it so: what is done in turns has been. A
 * call that was answered at once and one that has waited come together here. */
void api_reply_finish(struct api_call *call, int err, uint64_t n_left)
{
	note_operation(call, err);
	if (err < 0)
		api_reply_error(call);
	/* The number grew, so this change has left something. What others left before is not waited
	 * for. */
	if (engine_n_left(api_call_engine(call)) != n_left) {
		/* The change is made, whatever becomes of the client from here on. */
		call->is_done = true;
		call->waiter.done = on_left;
		call->waiter.data = call;
		/* One that has waited for its turn (changes.c) is suspended already. */
		if (call->state != API_CALL_SUSPENDED)
			api_call_suspend(call);
		engine_await_left(api_call_engine(call), &call->waiter);
	} else if (call->state == API_CALL_SUSPENDED) {
		api_call_resume(call);
	} else {
		call->state = API_CALL_READY;
	}
}

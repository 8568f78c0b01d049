// SPDX-License-Identifier: GPL-2.0-or-later
// call.c - one request on its way through the API: what handlers read and how they answer
#include "api/call/call.h"

#include "api/server_parts.h"
#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <microhttpd.h>
#include <string.h>

struct engine *api_call_engine(const struct api_call *call)
{
	return call->server->engine;
}

struct ev_loop *api_call_loop(const struct api_call *call)
{
	return call->server->loop;
}

int api_call_query(struct api_call *call, const char *name, char **ret_value)
{
	const char *raw = MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND,
						      name);
	char *value;

	*ret_value = NULL;
	if (!raw)
		return 0;
	value = strdup(raw);
	if (!value)
		return error_system(&call->error, -ENOMEM, "cannot read the request");
	if (!api_unescape(value)) {
		free(value);
		return error_set(&call->error, ERROR_INVALID, "invalid URL escape in %s", name);
	}
	*ret_value = value;
	return 0;
}

int api_call_flag(struct api_call *call, const char *name, bool *ret_value)
{
	static const char *const no[] = { "", "0", "no", "false", "none" };
	_cleanup_free_ char *text = NULL;
	int err = api_call_query(call, name, &text);

	if (err < 0)
		return err;
	*ret_value = text != NULL;
	for (size_t i = 0; text && i < ARRAY_SIZE(no); i++) {
		if (strcasecmp(text, no[i]) == 0)
			*ret_value = false;
	}
	return 0;
}

const char *api_call_header(const struct api_call *call, const char *name)
{
	return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static int append(const char *data, size_t len, void *buf)
{
	buf_append(buf, data, len);
	return ((struct buf *)buf)->err ? -1 : 0;
}

/* One object and a newline, as Docker sends it. */
static int finish_json(struct api_call *call, int status)
{
	buf_puts(&call->reply, "\n");
	if (call->reply.err)
		return call->reply.err;
	call->status = status;
	call->content_type = "application/json";
	return 0;
}

static int encode(struct api_call *call, int status, const json_t *json)
{
	buf_done(&call->reply);
	if (json_dump_callback(json, append, &call->reply, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		return -ENOMEM;
	return finish_json(call, status);
}

/* What changes something has been done by the time it is answered. */
int api_cannot_reply(struct api_call *call, int err)
{
	bool reads = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;

	return error_system(&call->error, err, "%scannot write the reply",
			    reads ? "" : "what was asked for is done; ");
}

int api_reply_json(struct api_call *call, int status, json_t *json)
{
	int err = json ? encode(call, status, json) : -ENOMEM;

	json_decref(json);
	return err < 0 ? api_cannot_reply(call, err) : 0;
}

int api_reply_json_text(struct api_call *call, int status, struct buf *text)
{
	int err;

	buf_done(&call->reply);
	call->reply = *text;
	*text = (struct buf) { 0 };
	err = finish_json(call, status);
	return err < 0 ? api_cannot_reply(call, err) : 0;
}

int api_reply_empty(struct api_call *call, int status)
{
	buf_done(&call->reply);
	call->status = status;
	call->content_type = NULL;
	return 0;
}

int api_reply_text(struct api_call *call, int status, const char *text)
{
	buf_done(&call->reply);
	buf_puts(&call->reply, text);
	if (call->reply.err)
		return api_cannot_reply(call, call->reply.err);
	call->status = status;
	call->content_type = "text/plain; charset=utf-8";
	return 0;
}

/* A name in the sentence may hold any bytes, and JSON is UTF-8. */
static json_t *printable(const char *text)
{
	char copy[ERROR_TEXT_MAX];
	json_t *json = json_string(text);
	size_t len = strnlen(text, sizeof(copy) - 1);

	if (json)
		return json;
	for (size_t i = 0; i < len; i++)
		copy[i] = isascii((unsigned char)text[i]) ? text[i] : '?';
	copy[len] = '\0';
	return json_string(copy);
}

void api_reply_error(struct api_call *call)
{
	json_t *json = json_object();
	int status;

	if (!call->error.text[0]) /* what says nothing had no memory for a part of it */
		(void)error_system(&call->error, -ENOMEM, "the call failed");
	status = error_http_status(call->error.kind);
	if (json_object_set_new(json, "message", printable(call->error.text)) < 0 ||
	    json_object_set_new(json, "code", json_string(error_word(&call->error))) < 0 ||
	    encode(call, status, json) < 0)
		call->speechless = true;
	json_decref(json);
}

void api_call_suspend(struct api_call *call)
{
	call->state = API_CALL_SUSPENDED;
	MHD_suspend_connection(call->connection);
}

void api_call_resume(struct api_call *call)
{
	call->state = call->stream ? API_CALL_SENT : API_CALL_READY;
	MHD_resume_connection(call->connection);
	api_server_kick(call->server);
}

int api_call_fd(const struct api_call *call)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// netd.c - libnetd: the client as other programs may use it (include/netd.h)
#include "base/buf.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "client/client.h"
#include "client/ensure.h"

#include <errno.h>
#include <jansson.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A thin layer over client.c, calls.c and ensure.c, whose types it hides.
 * Errors are copied into a struct that netd.h declares, and answers are text. Nothing is kept
 * between calls but the connection, so a client may be used by one thread at a time. */

/* Nothing of our own types is shown: struct error, struct buf and jansson's values may change with
 * any release, what stands in netd.h may not. */
struct netd_client {
	struct client *client;
};

/* The status is that of the kind, but for an error that is no answer of netd's. A status of 0 says
 * that netd was not asked. */
static int fail(const struct error *error, int status, struct netd_error *ret_error)
{
	if (ret_error) {
		*ret_error = (struct netd_error) { .status = status };
		(void)snprintf(ret_error->code, sizeof(ret_error->code), "%s", error_word(error));
		(void)snprintf(ret_error->message, sizeof(ret_error->message), "%s", error->text);
	}
	/* Also without a place for the words: the code is what programs look at. */
	return error->code;
}

/* host NULL or empty: the environment decides, then the default. */
int netd_open(const char *host, struct netd_client **ret_client, struct netd_error *error)
{
	_cleanup_free_ struct netd_client *client = calloc(1, sizeof(*client));
	struct error cause = { 0 };
	int err;

	if (!client)
		err = error_system(&cause, -ENOMEM, "connecting to netd");
	else
		err = client_open(host, &client->client, &cause);
	if (err < 0)
		return fail(&cause, 0, error);
	*ret_client = take_ptr(client);
	return 0;
}

/* Takes NULL. */
void netd_close(struct netd_client *client)
{
	if (!client)
		return;
	client_close(client->client);
	free(client);
}

/* A newer netd may have codes that this library has no word for. They are handed on as they are, so
 * the code is read once more from the answer. */
static int refuse(int status, const struct buf *answer, struct netd_error *ret_error)
{
	json_auto_t *json = answer->data ? json_loadb(answer->data, answer->len, 0, NULL) : NULL;
	const char *code = calls_text(json, "code");
	struct error cause = { 0 };

	(void)calls_refusal(status, answer, &cause);
	(void)fail(&cause, status, ret_error);
	if (ret_error && *code)
		(void)snprintf(ret_error->code, sizeof(ret_error->code), "%s", code);
	return cause.code;
}

/* *ret_answer is the caller's to free. ret_answer NULL: nobody wants it. */
int netd_call(struct netd_client *client, const char *method, const char *path, const char *body,
	      char **ret_answer, struct netd_error *error)
{
	_cleanup_(buf_done) struct buf answer = { 0 };
	struct error cause = { 0 };
	int status;
	int err = client_call(client->client, method, path, body, &status, &answer, &cause);

	if (err < 0)
		return fail(&cause, 0, error);
	if (status < 200 || status >= 300)
		return refuse(status, &answer, error);
	if (!ret_answer)
		return 0;
	/* A copy by malloc(3), which the caller frees: struct buf is no part of netd.h. */
	*ret_answer = strndup(answer.data ? answer.data : "", answer.len);
	if (*ret_answer)
		return 0;
	(void)error_system(&cause, -ENOMEM, "reading netd's answer");
	return fail(&cause, status, error);
}

/* Returns what on_data has returned, 0 at the end of the stream, or an error's code. */
int netd_follow(struct netd_client *client, const char *path,
		int (*on_data)(const char *data, size_t len, void *user), void *user,
		struct netd_error *error)
{
	_cleanup_(buf_done) struct buf refusal = { 0 };
	struct error cause = { 0 };
	int status = 0;
	int err = client_stream(client->client, path, &status, &refusal, on_data, user, &cause);

	if (err >= 0) /* the end, or what on_data returned */
		return err;
	return status >= 300 ? refuse(status, &refusal, error) : fail(&cause, 0, error);
}

/* --- a container ------------------------------------------------------------------------------ */

/* One call of netd_ensure. What the rule below has to know. */
struct asker {
	const struct client *client;
	const char *netns;
};

/* What runs is taken off its networks only when it is seen to be elsewhere. A path of another host,
 * or one that the caller may not look at, says nothing but whether it is the same path. */
static enum ensure_owner owner(void *user, const json_t *container)
{
	const struct asker *asker = user;
	const char *theirs = calls_text(json_object_get(container, "NetworkSettings"),
					"SandboxKey");

	/* The same text is the same place, even where it cannot be looked at from here. */
	if (strcmp(theirs, asker->netns) == 0)
		return ENSURE_OURS;
	/* Over ssh the paths are those of another host, and stat(2) here would look at this
	 * one's. */
	if (!client_unix_path(asker->client))
		return ENSURE_THEIRS;
	switch (ensure_compare_netns(theirs, asker->netns)) {
	case ENSURE_NETNS_SAME:
		return ENSURE_OURS;
	case ENSURE_NETNS_OTHER:
		return ENSURE_STALE;
	case ENSURE_NETNS_UNSEEN:
		break;
	}
	return ENSURE_THEIRS;
}

/* Networks are not made: the caller has to have made them. */
static const struct ensure_rules rules = { .owner = owner };

/* *ret_container is the caller's to free. */
static int ensure(struct client *client, const char *text, char **ret_container,
		  struct error *error)
{
	json_auto_t *body = json_loads(text, 0, NULL), *container = NULL;
	const char *netns = calls_text(body, "NetnsPath");
	/* rejoins: an endpoint that differs is replaced, since the caller said the whole truth in
	 * its body. */
	struct ensure wanted = { .client = client, .body = body, .rejoins = true, .rules = &rules };
	int err;

	/* Without an id a repetition could not be told from another container of this name. */
	if (!json_is_object(body) || !*calls_text(body, "Id") || !*netns)
		return error_set(error, ERROR_INVALID,
				 "the container must be a JSON object with Id and NetnsPath");
	wanted.user = &(struct asker) { client, netns };
	err = ensure_attached(&wanted, ret_container ? &container : NULL, error);
	if (err < 0 || !ret_container)
		return err;
	*ret_container = json_dumps(container, JSON_COMPACT);
	return *ret_container ? 0 : error_system(error, -ENOMEM, "reading netd's answer");
}

/* Attaches the container, or makes what is there as the body says. */
int netd_ensure(struct netd_client *client, const char *body, char **ret_container,
		struct netd_error *error)
{
	struct error cause = { 0 };
	char *container = NULL;
	int err = ensure(client->client, body, ret_container ? &container : NULL, &cause);

	if (err < 0)
		return fail(&cause, error_http_status(cause.kind), error);
	if (ret_container)
		*ret_container = container;
	return 0;
}

/* One that is not there is an error here (404). */
int netd_detach(struct netd_client *client, const char *container, struct netd_error *error)
{
	struct error cause = { 0 };
	int err = calls_detach(client->client, container, &cause);

	return err < 0 ? fail(&cause, error_http_status(cause.kind), error) : 0;
}

/* NULL: out of memory. The text is the caller's to free. */
char *netd_quote(const char *text)
{
	struct buf quoted = { 0 };

	buf_puts(&quoted, ""); /* nothing, quoted, is a text, too */
	client_quote(&quoted, text);
	if (quoted.err == 0)
		return quoted.data;
	buf_done(&quoted);
	return NULL;
}

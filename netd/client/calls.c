// SPDX-License-Identifier: GPL-2.0-or-later
// calls.c - the API's methods as functions, for plugins and whoever else speaks JSON with netd
#include "client/calls.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Each method of the API is a function that builds a path and a body, calls,
 * and gives back JSON or an error. An error of netd's keeps its kind (from the status), its reason
 * (from the body's "code") and its sentence, so that a plugin can decide by them as if it had
 * called a function of netd's. Values of jansson's that come back are the caller's. */

/* The four keys of an address: as it is asked for, and as it is shown with its length and its
 * gateway. */
const struct calls_family calls_family[FAMILY_N] = {
	[FAMILY_4] = { "IPv4Address", "IPAddress", "IPPrefixLen", "Gateway" },
	[FAMILY_6] = { "IPv6Address", "GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPv6Gateway" },
};

/* A status that no kind has is of a newer netd, or of something else that listens there. */
static enum error_kind kind_of_status(int status)
{
	/* Back through the table that netd answers by, so that both ends never differ. */
	for (int kind = 0; kind < ERROR_N_KINDS; kind++)
		if (error_http_status((enum error_kind)kind) == status)
			return (enum error_kind)kind;
	return status < 500 ? ERROR_INVALID : ERROR_INTERNAL;
}

/* The "code" of an error body. The body may be anything, or nothing. */
static enum error_reason reason_of(const struct buf *body)
{
	json_auto_t *json = body->data ? json_loadb(body->data, body->len, 0, NULL) : NULL;

	return error_reason_find(calls_text(json, "code"));
}

/* *ret_json is the caller's. An answer with a status of success that is no JSON is a fault of
 * netd's. */
static int read_answer(const struct buf *answer, json_t **ret_json, struct error *error)
{
	json_error_t where;
	json_t *json;

	/* No body at all is an answer of its own (204), and is told as null. */
	if (answer->len == 0)
		json = json_null();
	else
		json = json_loadb(answer->data, answer->len, JSON_DECODE_ANY, &where);
	if (!json)
		return error_set(error, ERROR_INTERNAL, "netd answered with no valid JSON: %s",
				 where.text);
	*ret_json = json;
	return 0;
}

/* The negative errno of the kind. *error has the words. */
int calls_refusal(int status, const struct buf *answer, struct error *error)
{
	char message[ERROR_TEXT_MAX];

	client_message(answer, message, sizeof(message));
	/* The reason comes from the body, as a status has only a kind. */
	return error_because(error, reason_of(answer),
			     error_set(error, kind_of_status(status), "%s", message));
}

/* body NULL: the request has none. ret_json NULL: nobody wants the answer. */
int calls_json(struct client *client, const char *method, const char *path, const json_t *body,
	       json_t **ret_json, struct error *error)
{
	_cleanup_free_ char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	_cleanup_(buf_done) struct buf answer = { 0 };
	/* A caller that wants no answer gets none parsed. */
	int status, err;

	if (body && !text)
		return error_system(error, -ENOMEM, "writing the request");
	err = client_call(client, method, path, text, &status, &answer, error);
	if (err < 0)
		return err;
	if (status < 200 || status >= 300)
		return calls_refusal(status, &answer, error);
	return ret_json ? read_answer(&answer, ret_json, error) : 0;
}

/* before, the quoted ref, after. A ref is a name or an id that somebody typed, so it is quoted. */
static int call_on(struct client *client, const char *method, const char *before, const char *ref,
		   const char *after, const json_t *body, json_t **ret_json, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };

	if (!*ref) /* the path would be that of the list of all */
		return error_set(error, ERROR_NOT_FOUND, "nothing has an empty name");
	buf_puts(&path, before);
	client_quote(&path, ref);
	buf_puts(&path, after);
	if (path.err < 0)
		return error_system(error, path.err, "calling netd");
	return calls_json(client, method, path.data, body, ret_json, error);
}

/* A container that is attached in the very same way is answered as one that was attached just
 * now. */
int calls_attach(struct client *client, const json_t *body, json_t **ret_container,
		 struct error *error)
{
	return calls_json(client, "POST", "/netd/v1/containers", body, ret_container, error);
}

/* By its name or id. */
int calls_detach(struct client *client, const char *container, struct error *error)
{
	return call_on(client, "DELETE", "/netd/v1/containers/", container, "", NULL, NULL, error);
}

int calls_container(struct client *client, const char *ref, json_t **ret_container,
		    struct error *error)
{
	return call_on(client, "GET", "/netd/v1/containers/", ref, "", NULL, ret_container, error);
}

/* label NULL: all of them. */
int calls_containers(struct client *client, const char *label, json_t **ret_array,
		     struct error *error)
{
	json_auto_t *filters = NULL;
	_cleanup_free_ char *text = NULL;

	if (!label)
		return calls_json(client, "GET", "/netd/v1/containers", NULL, ret_array, error);
	/* The label becomes JSON first and a path then: each has its own escapes. */
	filters = json_pack("{s:[s]}", "label", label);
	text = filters ? json_dumps(filters, JSON_COMPACT) : NULL;
	if (!text)
		return error_set(error, ERROR_INVALID, "label '%s' is not valid UTF-8", label);
	return call_on(client, "GET", "/netd/v1/containers?filters=", text, "", NULL, ret_array,
		       error);
}

/* body has the ports as Docker's API writes them ("PortBindings"). */
int calls_ports_add(struct client *client, const char *container, const json_t *body,
		    struct error *error)
{
	return call_on(client, "POST", "/netd/v1/containers/", container, "/ports", body, NULL,
		       error);
}

int calls_ports_remove(struct client *client, const char *container, const json_t *body,
		       struct error *error)
{
	return call_on(client, "DELETE", "/netd/v1/containers/", container, "/ports", body, NULL,
		       error);
}

/* Networks are under Docker's own paths; what Docker does not have is under /netd/v1. */
int calls_network(struct client *client, const char *ref, json_t **ret_network, struct error *error)
{
	return call_on(client, "GET", "/networks/", ref, "", NULL, ret_network, error);
}

int calls_network_create(struct client *client, const json_t *body, struct error *error)
{
	return calls_json(client, "POST", "/networks/create", body, NULL, error);
}

int calls_network_remove(struct client *client, const char *ref, struct error *error)
{
	return call_on(client, "DELETE", "/networks/", ref, "", NULL, NULL, error);
}

/* settings NULL: netd chooses everything. */
int calls_connect(struct client *client, const char *network, const char *container,
		  const json_t *settings, struct error *error)
{
	/* "O*" takes a reference, and leaves the key out where there are no settings. */
	json_auto_t *body = json_pack("{s:s, s:O*}", "Container", container, "EndpointConfig",
				      (json_t *)settings);

	if (!body)
		return error_set(error, ERROR_INVALID, "'%s' is not valid UTF-8", container);
	return call_on(client, "POST", "/networks/", network, "/connect", body, NULL, error);
}

/* -ENOENT counts as success. */
int calls_disconnect(struct client *client, const char *network, const char *container,
		     struct error *error)
{
	/* Force: a network that is gone, or a container, is as disconnected as it can be. */
	json_auto_t *body = json_pack("{s:s, s:b}", "Container", container, "Force", 1);
	int err;

	if (!body)
		return error_set(error, ERROR_INVALID, "'%s' is not valid UTF-8", container);
	err = call_on(client, "POST", "/networks/", network, "/disconnect", body, NULL, error);
	return err == -ENOENT ? 0 : err; /* the code of ERROR_NOT_FOUND */
}

/* "" where the key is missing or is no text, so that the result can be compared at once. */
const char *calls_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Whether it is a whole id, and not its beginning or a name. */
bool calls_is_id(const char *text)
{
	/* Lower case only, as netd and Docker write them. */
	return strlen(text) == ID_LEN && strspn(text, "0123456789abcdef") == ID_LEN;
}

/* The same text must give the same id in every release and on every machine, for that is how a
 * container is found again: so the hash is the one of a constant key. caller keeps the ids of
 * different plugins apart. */
void calls_make_id(const char *caller, const char *text, char ret_id[static ID_LEN + 1])
{
	char seed[CALLS_ID_TEXT_MAX + 32];

	for (int i = 0; i < 4; i++) { /* four of 16 digits */
		int len = snprintf(seed, sizeof(seed), "%.16s/%d/%.*s", caller, i,
				   CALLS_ID_TEXT_MAX, text);

		/* The NUL of each is overwritten by the next, and the last one ends the id. */
		(void)snprintf(ret_id + (ptrdiff_t)i * 16, 17, "%016llx",
			       (unsigned long long)hash_stable(seed, (size_t)len));
	}
}

/* An interface of a container on a network, where it has several: NETWORK@INTERFACE. What the
 * network's name has behind an @ itself is cut off. */
const char *calls_interface_ref(const char *network, const char *ifname,
				char buffer[static CALLS_INTERFACE_REF_MAX])
{
	(void)snprintf(buffer, CALLS_INTERFACE_REF_MAX, "%.*s@%s", (int)strcspn(network, "@"),
		       network, ifname);
	return buffer;
}

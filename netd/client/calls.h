// SPDX-License-Identifier: GPL-2.0-or-later
// calls.h - the API's methods as functions, for plugins and whoever else speaks JSON with netd
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/family.h"
#include "base/limits.h"
#include "client/client.h"

#include <jansson.h>
#include <stdbool.h>

/* Each is one request. 0, or a negative errno with netd's own sentence and reason in error, its
 * kind that of the HTTP status (ERROR_UNAVAILABLE also when netd cannot be reached). References to
 * objects are names, ids or prefixes of ids, as the API takes them; they are quoted here. A ret_
 * may be NULL; else it is a new reference, written only on success. Bodies are only read. */

/* Fills error with what an answer that is no success says, and returns its code. */
int calls_refusal(int status, const struct buf *answer, struct error *error);

/* Any method. path is quoted by the caller; body may be NULL; an empty answer is JSON null. */
int calls_json(struct client *client, const char *method, const char *path, const json_t *body,
	       json_t **ret_json, struct error *error);

/* POST /netd/v1/containers. The answer is the container as GET /containers/{id}/json shows it. */
int calls_attach(struct client *client, const json_t *body, json_t **ret_container,
		 struct error *error);
/* DELETE /netd/v1/containers/{ref}. What is not there is success. */
int calls_detach(struct client *client, const char *container, struct error *error);
int calls_container(struct client *client, const char *ref, json_t **ret_container,
		    struct error *error);
/* GET /containers/json of those with this label ("key" or "key=value"; NULL: all). An array. */
int calls_containers(struct client *client, const char *label, json_t **ret_array,
		     struct error *error);
/* {"PortBindings": {…}}, as in the attach. */
int calls_ports_add(struct client *client, const char *container, const json_t *body,
		    struct error *error);
int calls_ports_remove(struct client *client, const char *container, const json_t *body,
		       struct error *error);

int calls_network(struct client *client, const char *ref, json_t **ret_network,
		  struct error *error);
int calls_network_create(struct client *client, const json_t *body, struct error *error);
int calls_network_remove(struct client *client, const char *ref, struct error *error);
/* settings: EndpointSettings or NULL. */
int calls_connect(struct client *client, const char *network, const char *container,
		  const json_t *settings, struct error *error);
/* A network or container that is gone is success. */
int calls_disconnect(struct client *client, const char *network, const char *container,
		     struct error *error);

/* What EndpointSettings call the address of one family: asked for, in IPAMConfig, and as it is. */
struct calls_family {
	const char *asked, *address, *prefix_len, *gateway;
};

extern const struct calls_family calls_family[FAMILY_N];

/* Member of a JSON object as text, "" when it is not there or no string. */
const char *calls_text(const json_t *object, const char *key);

/* Whether netd takes text as an id: ID_LEN hexadecimal digits in lower case. */
bool calls_is_id(const char *text);
/* An id for what has none of that form, always the same for the same text of the same kind of
 * caller
 * ("cni", "oci"). No more than CALLS_ID_TEXT_MAX characters count. */
void calls_make_id(const char *caller, const char *text, char ret_id[static ID_LEN + 1]);

/* The interface called ifname of a container on a network, as calls_disconnect takes it for a
 * network: a network alone would be whichever interface there is left. Returns buffer. */
#define CALLS_INTERFACE_REF_MAX (NAME_LEN_MAX + IFNAME_LEN_MAX + 2)
const char *calls_interface_ref(const char *network, const char *ifname,
				char buffer[static CALLS_INTERFACE_REF_MAX]);

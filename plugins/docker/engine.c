// SPDX-License-Identifier: GPL-2.0-or-later
// engine.c - what Docker's own API knows and its driver protocol does not say
#include "base/cleanup.h"
#include "plugins/docker/plugin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The path from an endpoint to a container has two steps. The network's inspection lists its
 * endpoints with the names of their containers. The list of containers has the ids and labels of
 * those names. */

/* Both questions are answered without the lock that Docker holds on a container while it starts it
 * (tried with 20.10 and 28.5); to inspect the container would wait for the very call that asks. */

/* The label of Docker Compose; the service's name is an alias on all networks of the project. */
#define SERVICE_LABEL "com.docker.compose.service"

/* An endpoint has the name of its container. ret_name is set on success only. -ENOENT: Docker does
 * not list the endpoint. */
static int name_of(struct client *engine, const char *network, const char *endpoint, char *ret_name,
		   size_t size, struct error *error)
{
	/* sizeof of the text has the NUL as well. */
	char path[ID_LEN + sizeof("/networks/")];
	json_auto_t *json = NULL;
	const char *key;
	json_t *container;
	int err;

	(void)snprintf(path, sizeof(path), "/networks/%.64s", network);
	err = calls_json(engine, "GET", path, NULL, &json, error);
	if (err < 0)
		return err;
	json_object_foreach (json_object_get(json, "Containers"), key, container) {
		/* An endpoint that Docker does not list yet, or any more. */
		if (strcmp(calls_text(container, "EndpointID"), endpoint) != 0)
			continue;
		(void)snprintf(ret_name, size, "%s", calls_text(container, "Name"));
		return 0;
	}
	return error_set(error, ERROR_NOT_FOUND, "network %.12s has no endpoint %.12s", network,
			 endpoint);
}

/* container is an entry of Docker's list. "Names" has one name for each link, too. */
static bool has_name(const json_t *container, const char *name)
{
	size_t i;
	json_t *value;

	json_array_foreach (json_object_get(container, "Names"), i, value) {
		const char *text = json_string_value(value);

		/* Docker shows names with a slash in front. */
		if (text && strcmp(text + (*text == '/'), name) == 0)
			return true;
	}
	return false;
}

/* Docker's name filter is a regular expression; the answer is looked through all the same.
 * Completes container, whose name is set: the id, and the service or "". */
static int find_by_name(struct client *engine, struct engine_container *container,
			struct error *error)
{
	json_auto_t *filters = json_pack("{s:[s]}", "name", container->name), *list = NULL;
	_cleanup_free_ char *text = filters ? json_dumps(filters, JSON_COMPACT) : NULL;
	_cleanup_(buf_done) struct buf path = { 0 };
	json_t *entry;
	size_t i;
	int err;

	buf_puts(&path, "/containers/json?all=1&filters=");
	client_quote(&path, text ? text : "");
	if (path.err < 0 || !text)
		return error_system(error, -ENOMEM, "cannot ask Docker");
	/* buf keeps its first error, and client_quote() appends to it. */
	err = calls_json(engine, "GET", path.data, NULL, &list, error);
	if (err < 0)
		return err;
	/* The filter matches parts of names, so the name is compared again. */
	json_array_foreach (list, i, entry) {
		const json_t *labels = json_object_get(entry, "Labels");

		if (!has_name(entry, container->name))
			continue;
		(void)snprintf(container->id, sizeof(container->id), "%s", calls_text(entry, "Id"));
		(void)snprintf(container->service, sizeof(container->service), "%s",
			       calls_text(labels, SERVICE_LABEL));
		return 0;
	}
	return error_set(error, ERROR_NOT_FOUND, "Docker has no container %s", container->name);
}

int engine_container_of(struct client *engine, const char *network, const char *endpoint,
			struct engine_container *ret_container, struct error *error)
{
	/* Filled aside, so that *ret_container stays as it is on failure. */
	struct engine_container container = { 0 };
	int err = name_of(engine, network, endpoint, container.name, sizeof(container.name), error);

	if (err == 0)
		err = find_by_name(engine, &container, error);
	if (err == 0)
		*ret_container = container;
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// queries.c - questions put to the resolver in a container's name, and their answers
#include "base/limits.h"
#include "base/list.h"
#include "engine/tell/tell.h"

#include <errno.h>
#include <stdlib.h>

struct query {
	struct list node;
	uint32_t id;
	engine_dns_done done;
	void *data;
};

static void finish(struct engine *engine, struct query *query, const struct ipc_query *answer,
		   const struct error *error)
{
	list_remove(&query->node);
	engine->tell->n_queries--;
	if (answer)
		query->done(answer->message, answer->len, NULL, query->data);
	else
		query->done(NULL, 0, error, query->data);
	free(query);
}

void queries_answer(struct engine *engine, const struct ipc_query *answer)
{
	list_foreach (&engine->tell->queries, struct query, query, node) {
		if (query->id != answer->id)
			continue;
		finish(engine, query, answer, NULL);
		return;
	}
}

void queries_fail(struct engine *engine, const char *why)
{
	struct query *query;
	struct error error;

	(void)error_set(&error, ERROR_UNAVAILABLE, "%s", why); /* fills error */
	while ((query = list_first(&engine->tell->queries, struct query, node)))
		finish(engine, query, NULL, &error);
}

/* The view to ask as: that of the container, or 0, the host's. */
static int find_view(struct engine *engine, const char *ref, uint32_t *ret_view,
		     struct error *error)
{
	struct container *container;
	int err;

	*ret_view = 0;
	if (!ref)
		return 0;
	err = engine_container_find(engine, ref, &container, error);
	if (err < 0)
		return err;
	if (container->dns_port == 0)
		return error_set(error, ERROR_INVALID,
				 "container %s has no resolver: it is on the network host or none",
				 container->spec.name);
	*ret_view = container->number;
	return 0;
}

int engine_dns_query(struct engine *engine, const char *container, const uint8_t *message,
		     size_t len, engine_dns_done done, void *data, struct error *error)
{
	struct ipc_query body = { .message = message, .len = (uint16_t)len };
	struct query *query;
	struct wire wire;
	int err = find_view(engine, container, &body.view, error);

	if (err < 0)
		return err;
	if (!engine->tell->link)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the resolver process is not running; it is being started again");
	if (engine->tell->n_queries >= QUERIES_MAX)
		return error_set(error, ERROR_UNAVAILABLE, "%d look-ups are under way already",
				 QUERIES_MAX);
	query = calloc(1, sizeof(*query));
	if (!query)
		return error_system(error, -ENOMEM, "cannot look up");
	query->id = body.id = ++engine->tell->last_query;
	query->done = done;
	query->data = data;
	list_append(&engine->tell->queries, &query->node);
	engine->tell->n_queries++;
	wire = resolver_link_begin(engine->tell->link);
	ipc_put_query(&wire, IPC_QUERY, &body);
	resolver_link_send(engine->tell->link, &wire, NULL, 0);
	names_flush(engine);
	return 0;
}

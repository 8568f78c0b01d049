// SPDX-License-Identifier: GPL-2.0-or-later
// swarm_services.c - handlers of Docker's /services and /tasks: netd's services, and who stands
// behind them
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "model/filter/filters.h"
#include "model/show/service_json.h"
#include "model/show/swarm_json.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Theory of operation. A service of netd's is an address that leads to containers which others
 * start; one of a swarm starts them. So they are shown alike, a container that stands behind one
 * being a task, and removed alike, but that containers stay. To make one, or to change how many
 * there are, would be to start and stop containers, and is refused. */

/* --- what there is --- */

/* Of all networks; each hears of all. A negative return ends it and is returned. */
typedef int (*service_fn)(struct api_call *call, const struct service *service, void *data);

static int each_service(struct api_call *call, service_fn each, void *data)
{
	struct network *const *networks;
	size_t n;
	int err = 0;

	networks = engine_networks(api_call_engine(call), &n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < networks[i]->n_services && err == 0; k++)
			err = each(call, networks[i]->services[k], data);
	return err;
}

static int add_backend(const struct engine_backend *backend, void *data)
{
	return json_array_append_new(data, service_json_backend(backend->container, backend->name,
								backend->ip, backend->host)) < 0
		       ? -ENOMEM
		       : 0;
}

/* Of two backends, by their containers' ids. */
static int compare(const void *a, const void *b)
{
	return strcmp(json_string_value(json_object_get(*(json_t *const *)a, "Container")),
		      json_string_value(json_object_get(*(json_t *const *)b, "Container")));
}

/* In an order that is the same on all hosts. NULL: out of memory. */
static json_t *sorted(const json_t *backends)
{
	size_t n = json_array_size(backends);
	_cleanup_free_ json_t **items = calloc(n + 1, sizeof(*items));
	json_t *array = items ? json_array() : NULL;
	int err = array ? 0 : -1;

	for (size_t i = 0; i < n && err == 0; i++)
		items[i] = json_array_get(backends, i);
	if (err == 0)
		qsort(items, n, sizeof(json_t *), compare);
	for (size_t i = 0; i < n && err == 0; i++)
		err = json_array_append(array, items[i]);
	if (err == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* All who stand behind it, on this host and others. NULL: out of memory. */
static json_t *backends_of(struct api_call *call, const struct service *service)
{
	json_auto_t *shown = service_json(service);
	json_t *backends = json_object_get(shown, "Backends");

	if (!backends ||
	    engine_service_backends(api_call_engine(call), service, add_backend, backends) < 0)
		return NULL;
	return sorted(backends);
}

/* --- one of them --- */

struct search {
	const char *ref;
	const struct service *found; /* by its name, or by its id's beginning */
	size_t n;		     /* whose id begins so */
};

static int look_at(struct api_call *call, const struct service *service, void *data)
{
	struct search *search = data;
	char id[SWARM_ID_LEN + 1];

	(void)call;
	swarm_json_service_id(service, id);
	if (strcmp(service->spec.name, search->ref) == 0) {
		search->found = service;
		search->n = 1;
		return 1; /* a name is one service's */
	}
	if (strlen(search->ref) >= SWARM_ID_ENOUGH &&
	    strncmp(id, search->ref, strlen(search->ref)) == 0) {
		search->found = service;
		search->n++;
	}
	return 0;
}

static int find(struct api_call *call, const struct service **ret_service)
{
	struct search search = { .ref = call->ref };

	(void)each_service(call, look_at, &search);
	if (search.n > 1)
		return error_set(&call->error, ERROR_INVALID,
				 "the ids of %zu services begin with %.80s: give more of it, or a "
				 "name",
				 search.n, call->ref);
	if (search.n == 0)
		return error_set(&call->error, ERROR_NOT_FOUND, "service %.80s not found",
				 call->ref);
	*ret_service = search.found;
	return 0;
}

int api_swarm_service(struct api_call *call)
{
	const struct service *service = NULL;
	json_auto_t *backends = NULL;
	int err = find(call, &service);

	if (err < 0)
		return err;
	backends = backends_of(call, service);
	return api_reply_json(call, MHD_HTTP_OK,
			      backends ? swarm_json_service(service, json_array_size(backends))
				       : NULL);
}

/* Its containers stay: netd has not started them. */
int api_swarm_service_remove(struct api_call *call)
{
	const struct service *service = NULL;
	int err = find(call, &service);

	if (err == 0)
		err = engine_service_remove(api_call_engine(call), service->spec.name,
					    &call->error);
	return err < 0 ? err : api_reply_empty(call, MHD_HTTP_OK);
}

/* --- lists --- */

struct list_of {
	struct filters *filters;
	json_t *array, *nodes;
	const char *now;
};

static int list_service(struct api_call *call, const struct service *service, void *data)
{
	struct list_of *list = data;
	json_auto_t *backends = backends_of(call, service), *facts = NULL;
	char id[SWARM_ID_LEN + 1];

	swarm_json_service_id(service, id);
	facts = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "name", service->spec.name, "mode",
			  "replicated", "runtime", "container");
	if (!backends || !facts)
		return -ENOMEM;
	if (!filters_match_facts(list->filters, facts))
		return 0;
	return json_array_append_new(list->array,
				     swarm_json_service(service, json_array_size(backends))) < 0
		       ? -ENOMEM
		       : 0;
}

/* The id of the host of this name; NULL: of this host. "": it is not known, or in no cluster. */
static const char *node_of(const struct list_of *list, const char *host)
{
	const json_t *node;
	const char *id = NULL;
	size_t i;

	json_array_foreach (list->nodes, i, node) {
		const char *name = json_string_value(json_object_get(node, "Name"));

		if (host ? name && strcmp(name, host) == 0
			 : json_is_true(json_object_get(node, "Self")))
			id = json_string_value(json_object_get(node, "Id"));
	}
	return id ? id : "";
}

static int list_task(struct list_of *list, const struct service *service, const json_t *backend,
		     size_t slot)
{
	const char *host = json_string_value(json_object_get(backend, "Host"));
	const char *node = node_of(list, host);
	json_t *task = swarm_json_task(service, backend, node, slot, list->now);
	json_auto_t *facts = json_pack(
		"{s:O, s:O, s:[s, O], s:[O, s], s:s, s:s}", "id", json_object_get(task, "ID"),
		"name", json_object_get(task, "Name"), "service", service->spec.name,
		json_object_get(task, "ServiceID"), "node", json_object_get(task, "NodeID"),
		host ? host : "", "desired-state", "running", "runtime", "container");

	if (!facts) {
		json_decref(task);
		return -ENOMEM;
	}
	if (!filters_match_facts(list->filters, facts)) {
		json_decref(task);
		return 0;
	}
	return json_array_append_new(list->array, task) < 0 ? -ENOMEM : 0;
}

static int list_tasks(struct api_call *call, const struct service *service, void *data)
{
	json_auto_t *backends = backends_of(call, service);
	int err = backends ? 0 : -ENOMEM;

	for (size_t i = 0; i < json_array_size(backends) && err == 0; i++)
		err = list_task(data, service, json_array_get(backends, i), i + 1);
	return err;
}

/* What each adds, and passes the filters. */
static int reply_list(struct api_call *call, const char *const *known, service_fn each,
		      struct list_of *list)
{
	_cleanup_free_ char *text = NULL;
	int err;

	if ((err = api_call_query(call, "filters", &text)) < 0 ||
	    (err = filters_parse(text, known, &list->filters, &call->error)) < 0)
		return err;
	list->array = json_array();
	err = list->array ? each_service(call, each, list) : -ENOMEM;
	filters_free(list->filters);
	/* NULL makes api_reply_json() say that there was no memory. */
	if (err < 0) {
		json_decref(list->array);
		list->array = NULL;
	}
	return api_reply_json(call, MHD_HTTP_OK, list->array);
}

int api_swarm_services(struct api_call *call)
{
	struct list_of list = { 0 };

	return reply_list(call, filters_service_list, list_service, &list);
}

/* They are as they are now: when a container of another host began to stand behind it is not
 * known. */
int api_swarm_tasks(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_auto_t *nodes = cluster->nodes ? cluster->nodes(cluster->data) : NULL;
	char now[sizeof("9999-12-31T23:59:59Z")] = "";
	time_t seconds = time(NULL);
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return reply_list(call, filters_task_list, list_tasks,
			  &(struct list_of) { .nodes = nodes, .now = now });
}

/* --- what would start and stop containers --- */

int api_swarm_service_create(struct api_call *call)
{
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
			 "netd starts no containers: make the service's address with `netctl "
			 "service create`, and start containers that carry its name (label "
			 "netd.service)");
}

int api_swarm_service_update(struct api_call *call)
{
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
			 "netd starts and stops no containers: a service has as many as carry its "
			 "name (label netd.service); its ports are changed with `netctl service "
			 "update`");
}

int api_swarm_service_logs(struct api_call *call)
{
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
			 "netd starts no containers and has no logs of them: ask the runtime that "
			 "did");
}

// SPDX-License-Identifier: GPL-2.0-or-later
// services.c - handlers of /netd/v1/services
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "api/handlers/settling.h"
#include "base/json_write.h"
#include "base/map.h"
#include "base/protocol.h"
#include "model/cluster/cluster_record.h"
#include "model/request/request.h"
#include "model/show/service_json.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A service is asked for by the body that request_service() reads, and shown
 * as service_json() writes it, wherever one is shown. */

/* Those of other hosts are not the network's, and go behind. data is the list of "Backends". */
static int add_backend(const struct engine_backend *backend, void *data)
{
	json_t *object = service_json_backend(backend->container, backend->name, backend->ip,
					      backend->host);
	int err = object ? json_object_set_new(object, "MacAddress",
					       json_string(MAC_STR(&backend->mac)))
			 : -1;

	if (object && addr_is_set(&backend->tunnel))
		err |= json_object_set_new(object, "HostAddress",
					   json_string(ADDR_STR(&backend->tunnel)));
	if (err < 0) {
		json_decref(object);
		return -ENOMEM;
	}
	return json_array_append_new(data, object) < 0 ? -ENOMEM : 0;
}

/* A port that a host does not have. */
static int add_refused(const struct engine_refused *refused, void *data)
{
	json_t *object = json_pack("{s:s, s:i, s:b, s:o}", "Protocol",
				   protocol_name(refused->protocol), "Port", refused->port, "Here",
				   refused->here, "Why", json_text(refused->why));

	if (object && refused->host[0])
		(void)json_object_set_new(object, "Host", json_string(refused->host));
	return json_array_append_new(data, object) < 0 ? -ENOMEM : 0;
}

/* Of a service that each host publishes there is no such list. */
static int set_refused(struct api_call *call, const struct service *service, json_t *object)
{
	json_t *list = json_array();
	int err = list ? engine_service_refused(api_call_engine(call), service, add_refused, list)
		       : -ENOMEM;

	if (err == 0 && json_array_size(list) > 0)
		return json_object_set_new(object, "Unpublished", list) < 0 ? -ENOMEM : 0;
	json_decref(list);
	return err;
}

/* NULL: out of memory. */
static json_t *show(struct api_call *call, const struct service *service)
{
	json_t *object = service_json(service);

	if (object &&
	    engine_service_backends(api_call_engine(call), service, add_backend,
				    json_object_get(object, "Backends")) == 0 &&
	    set_refused(call, service, object) == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* The service, and a sentence about what has not happened yet. It is looked for by its name, since
 * it may have been removed while somebody waited. */
static int reply_service(struct api_call *call, int status, const char *name, const char *later)
{
	struct service *service;
	int err = engine_service_find(api_call_engine(call), name, &service, &call->error);
	json_t *object;

	if (err < 0)
		return err;
	object = show(call, service);
	if (object && *later)
		(void)json_object_set_new(object, "Warning", json_text(later));
	return api_reply_json(call, status, object);
}

static int reply_created(struct api_call *call, const char *name, const char *later)
{
	return reply_service(call, MHD_HTTP_CREATED, name, later);
}

/* One of a network that spans hosts is answered when etcd has it. */
int api_services_create(struct api_call *call)
{
	struct service_spec spec;
	struct service *service = NULL;
	struct api_made made = { 0 };
	int err = request_service(call->json, &spec, &call->error);

	if (err < 0)
		return err;
	err = engine_service_create(api_call_engine(call), &spec, &service, &call->error);
	if (err < 0)
		return err;
	made.name = spec.name;
	memcpy(made.addrs, service->spec.ip, sizeof(made.addrs));
	err = service->network->spec.kind->spans
		      ? settling_wait(call, &made, spec.name, reply_created)
		      : -ENOENT;
	/* Without memory to wait with it is told of as ever. */
	return err < 0 ? reply_created(call, spec.name, "") : err;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* There may be a thousand, and containers of other hosts by the hundred thousand: these are walked
 * over once, and each is entered with the services that it names. */
struct shown {
	const struct service *service;
	json_t *object;
};

static int enter_backend(const char *network, const char *service,
			 const struct engine_backend *backend, void *data)
{
	const struct shown *shown = map_get_str(data, service);

	if (!shown || strcmp(shown->service->network->spec.id, network) != 0)
		return 0;
	return add_backend(backend, json_object_get(shown->object, "Backends"));
}

static int enter_refused(const struct engine_refused *refused, void *data)
{
	const struct shown *shown = map_get_str(data, refused->service);
	json_t *list;

	if (!shown || (!refused->here && !shown->service->network->spec.kind->spans))
		return 0;
	list = json_object_get(shown->object, "Unpublished");
	if (!list) {
		list = json_array();
		if (json_object_set_new(shown->object, "Unpublished", list) < 0)
			return -ENOMEM;
	}
	return add_refused(refused, list);
}

/* By networks, and on each of them in the order in which they were made. Where that fails some are
 * missing. */
static int show_all(struct api_call *call, struct map *by_name, struct shown *all, json_t *array)
{
	struct engine *engine = api_call_engine(call);
	size_t n, n_shown = 0;
	struct network *const *networks = engine_networks(engine, &n);
	int err = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < networks[i]->n_services && err == 0; k++) {
			struct shown *shown = &all[n_shown++];

			shown->service = networks[i]->services[k];
			shown->object = service_json(shown->service);
			err = json_array_append_new(array, shown->object);
			if (err == 0)
				err = map_set_str(by_name, shown->service->spec.name, shown);
		}
	if (err == 0)
		err = engine_services_backends(engine, enter_backend, by_name);
	return err < 0 ? err : engine_services_refused(engine, enter_refused, by_name);
}

int api_services_list(struct api_call *call)
{
	json_t *array = json_array();
	struct map *by_name = map_new();
	struct shown *all;
	struct network *const *networks;
	size_t n, n_services = 0;

	networks = engine_networks(api_call_engine(call), &n);
	for (size_t i = 0; i < n; i++)
		n_services += networks[i]->n_services;
	all = calloc(n_services + 1, sizeof(*all));
	/* NULL makes api_reply_json() say that there was no memory. */
	if (!array || !by_name || !all || show_all(call, by_name, all, array) < 0) {
		json_decref(array);
		array = NULL;
	}
	map_free(by_name);
	free(all);
	return api_reply_json(call, MHD_HTTP_OK, array);
}

/* --- one of them ------------------------------------------------------------------------------ */

int api_services_inspect(struct api_call *call)
{
	struct service *service;
	int err = engine_service_find(api_call_engine(call), call->ref, &service, &call->error);

	return err < 0 ? err : api_reply_json(call, MHD_HTTP_OK, show(call, service));
}

/* The service as it is now, and a sentence about what has not happened yet. */
static int reply_updated(struct api_call *call, const char *name, const char *later)
{
	return reply_service(call, MHD_HTTP_OK, name, later);
}

/* One that hosts agree about is another when etcd says so. */
int api_services_update(struct api_call *call)
{
	static struct cluster_record before, after; /* large; read before this returns */
	struct engine *engine = api_call_engine(call);
	struct service_spec spec;
	struct service *service;
	int err = engine_service_find(engine, call->ref, &service, &call->error);

	if (err < 0)
		return err;
	spec = service->spec;
	err = request_service_update(call->json, &spec, &call->error);
	if (err < 0)
		return err;
	err = engine_cluster_propose(engine, service, &spec, &before, &after, &call->error);
	if (err == 0)
		return settling_propose(call, &before, &after, spec.name, reply_updated);
	if (err == -ENOENT)
		err = engine_service_update(engine, service, &spec, &call->error);
	return err < 0 ? err : api_reply_json(call, MHD_HTTP_OK, show(call, service));
}

int api_services_remove(struct api_call *call)
{
	int err = engine_service_remove(api_call_engine(call), call->ref, &call->error);

	return err < 0 ? err : api_reply_empty(call, MHD_HTTP_NO_CONTENT);
}

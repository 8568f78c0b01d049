// SPDX-License-Identifier: GPL-2.0-or-later
// services.c - handlers of /netd/v1/services
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "model/request/request.h"
#include "model/show/service_json.h"

#include <errno.h>
#include <microhttpd.h>

/* Theory of operation. A service is asked for by the body that request_service() reads, and shown
 * as service_json() writes it, wherever one is shown. */

int api_services_create(struct api_call *call)
{
	struct service_spec spec;
	struct service *service = NULL;
	int err = request_service(call->json, &spec, &call->error);

	if (err == 0)
		err = engine_service_create(api_call_engine(call), &spec, &service, &call->error);
	return err < 0 ? err : api_reply_json(call, MHD_HTTP_CREATED, service_json(service));
}

/* By networks, and on each of them in the order in which they were made. */
int api_services_list(struct api_call *call)
{
	struct network *const *networks;
	json_t *array = json_array();
	size_t n;
	int err = 0;

	networks = engine_networks(api_call_engine(call), &n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < networks[i]->n_services; k++)
			err |= json_array_append_new(array, service_json(networks[i]->services[k]));
	/* NULL makes api_reply_json() say that there was no memory. */
	if (err != 0) {
		json_decref(array);
		array = NULL;
	}
	return api_reply_json(call, MHD_HTTP_OK, array);
}

int api_services_inspect(struct api_call *call)
{
	struct service *service;
	int err = engine_service_find(api_call_engine(call), call->ref, &service, &call->error);

	return err < 0 ? err : api_reply_json(call, MHD_HTTP_OK, service_json(service));
}

int api_services_remove(struct api_call *call)
{
	int err = engine_service_remove(api_call_engine(call), call->ref, &call->error);

	return err < 0 ? err : api_reply_empty(call, MHD_HTTP_NO_CONTENT);
}

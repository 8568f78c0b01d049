// SPDX-License-Identifier: GPL-2.0-or-later
// names.c - handlers for callers that learn things late: names afterwards, addresses beforehand
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "model/request/request.h"
#include "model/show/docker_json.h"
#include "model/text/field.h"
#include "model/text/name.h"

#include <microhttpd.h>

/* Theory of operation. One caller learns the names of a container only after its attach; another
 * has to know an address before it. Both requests go to the engine as they are, and take effect
 * before the reply. */

/* The reply is the container as it is now. */
int api_names_learn(struct api_call *call)
{
	struct engine *engine = api_call_engine(call);
	struct container *container;
	struct container_names names;
	int err = request_names(call->json, &names, &call->error);

	if (err < 0)
		return err;
	err = engine_container_find(engine, call->ref, &container, &call->error);
	/* By its id: the path may have the name that it loses. */
	if (err == 0)
		err = engine_names(engine, container->spec.id, &names, &call->error);
	container_names_done(&names);
	return err < 0 ? err : api_reply_container(call, MHD_HTTP_OK, container);
}

/* {"Holder": who will have it, "IPv6": false} is answered with {"Address": "10.1.0.5/24"}. */
int api_names_set_aside(struct api_call *call)
{
	struct field_scope body;
	const char *holder = "";
	bool ipv6 = false;
	struct prefix addr;
	int err;

	/* Missing members keep the values from above. */
	if ((err = field_scope_init(call->json, "", &call->error, &body)) < 0 ||
	    (err = field_text(&body, "Holder", &holder)) < 0 ||
	    (err = field_bool(&body, "IPv6", &ipv6)) < 0)
		return err;
	/* The holder is somebody who will attach with this name, so the name must be one that an
	 * attach takes. */
	err = name_check("container", holder, &call->error);
	if (err == 0)
		err = engine_set_aside(api_call_engine(call), call->ref, ipv6 ? AF_INET6 : AF_INET,
				       holder, &addr, &call->error);
	return err < 0 ? err
		       : api_reply_json(call, MHD_HTTP_OK,
					json_pack("{s:s}", "Address", PREFIX_STR(&addr)));
}

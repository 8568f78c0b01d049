// SPDX-License-Identifier: GPL-2.0-or-later
// containers.c - handlers of /containers, and of netd's own detach and ports
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "model/request/request.h"
#include "model/show/docker_json.h"
#include "model/text/field.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <string.h>

/* Theory of operation. Docker's requests to look at containers, and netd's own for detach and
 * ports. To attach and to change one are in changes.c. A container here is the engine's own and
 * holds until its next change, so it is shown before anything else happens. */

/* limit=: the newest n; absent or not positive: all. */
static int decode_limit(struct api_call *call, size_t *ret_limit)
{
	_cleanup_free_ char *text = NULL;
	char *end;
	long limit;
	int err = api_call_query(call, "limit", &text);

	*ret_limit = SIZE_MAX;
	if (err < 0 || !text || !*text)
		return err;
	/* strtol(3) keeps to LONG_MAX what is larger, which is all. */
	limit = strtol(text, &end, 10);
	if (*end)
		return error_set(&call->error, ERROR_INVALID, "invalid value for limit: \"%s\"",
				 text);
	if (limit > 0)
		*ret_limit = (size_t)limit;
	return 0;
}

/* *ret_filters is the caller's to free on success. NULL is a filter that lets everything
 * through. */
static int decode_list_query(struct api_call *call, size_t *ret_limit, struct filters **ret_filters)
{
	_cleanup_free_ char *text = NULL;
	int err;

	if ((err = api_call_query(call, "filters", &text)) < 0 ||
	    (err = decode_limit(call, ret_limit)) < 0 ||
	    (err = filters_parse(text, filters_container_list, ret_filters, &call->error)) < 0)
		return err;
	/* Whoever gets an error has no filters to free. */
	err = filters_check(*ret_filters, &call->error);
	if (err < 0)
		filters_free(*ret_filters);
	return err;
}

/* The newest first, as Docker. all= changes nothing: what is attached runs. */
int api_containers_list(struct api_call *call)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	struct container *const *containers;
	struct filters *filters;
	size_t n, limit, n_listed = 0;
	int err = decode_list_query(call, &limit, &filters);

	if (err < 0)
		return err;
	/* The array is the engine's. Nothing changes it within this call. */
	containers = engine_containers(api_call_engine(call), &n);
	/* Text and not a tree: that of thousands of containers would take several times the memory,
	 * and hold the loop for longer. */
	buf_puts(&text, "[");
	/* The engine has them in order of creation, so the newest are at the end. */
	for (size_t i = n; i > 0 && err == 0 && n_listed < limit; i--) {
		if (!filters_match_container(filters, containers[i - 1]))
			continue;
		buf_puts(&text, n_listed++ > 0 ? "," : "");
		err = docker_json_container_summary(containers[i - 1], &text);
	}
	buf_puts(&text, "]");
	/* Before the error is looked at: it is freed in both cases. */
	filters_free(filters);
	if (err < 0)
		return api_reply_cannot(call, err);
	return api_reply_json_text(call, MHD_HTTP_OK, &text);
}

/* By the path: a name, an id, or the unique beginning of one. */
static int find(struct api_call *call, struct container **ret_container)
{
	return engine_container_find(api_call_engine(call), call->ref, ret_container, &call->error);
}

/* The whole of one container, as Docker shows it. */
int api_containers_inspect(struct api_call *call)
{
	struct container *container;
	int err = find(call, &container);

	if (err < 0)
		return err;
	/* A container may have changed its MAC inside. Only who looks at one container pays for
	 * that look; a list does not. */
	engine_container_look(container);
	return api_reply_container(call, MHD_HTTP_OK, container);
}

/* Also the answer of those who change ports: api_containers_ports_remove, and changes.c. */
int api_containers_ports(struct api_call *call)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	struct container *container;
	int err = find(call, &container);

	if (err < 0)
		return err;
	err = docker_json_ports(container, &text);
	if (err < 0)
		return api_reply_cannot(call, err);
	return api_reply_json_text(call, MHD_HTTP_OK, &text);
}

/* The reply is what is published now. The body names the ports as a publish does. */
int api_containers_ports_remove(struct api_call *call)
{
	struct port_binding *ports;
	size_t n;
	int err = request_ports(call->json, &ports, &n, &call->error);

	if (err < 0)
		return err;
	err = engine_ports_remove(api_call_engine(call), call->ref, ports, n, &call->error);
	/* The engine compares with the bindings and keeps nothing of them. */
	free(ports);
	return err < 0 ? err : api_containers_ports(call);
}

/* {"Bandwidth": "in=10mbit,out=5mbit", "Network": "mynet"}; without a network it is all of them.
 * The reply is the container as it is now. */
int api_containers_limit(struct api_call *call)
{
	const char *text = NULL, *network = "";
	struct container *container;
	struct field_scope body;
	int err;

	if ((err = field_scope_init(call->json, "", &call->error, &body)) < 0 ||
	    (err = field_text(&body, "Bandwidth", &text)) < 0 ||
	    (err = field_text(&body, "Network", &network)) < 0)
		return err;
	/* An absent key is a mistake: who wants no limit says so. */
	if (!text)
		return field_error(&body, "Bandwidth", "is required: none takes limits away");
	err = engine_limit(api_call_engine(call), call->ref, network, text, &call->error);
	if (err == 0)
		err = find(call, &container);
	return err < 0 ? err : api_reply_container(call, MHD_HTTP_OK, container);
}

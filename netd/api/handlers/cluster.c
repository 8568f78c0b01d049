// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.c - handlers about this host and the others: /netd/v1/cluster and /netd/v1/nodes
#include "api/call/cluster.h"

#include "api/call/reply.h"
#include "api/handlers/handlers.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>

/* Theory of operation. What a host's cluster is, plumber/cluster.c knows; it is reached by a table
 * of functions, so this file has no state. A request that takes etcd a moment suspends its call.
 * Its end is on_done, or forget when the caller hangs up first. */

/* The answer where no table of functions was given: tests run the API without a cluster. Each
 * handler asks for the function that it needs, for a table may have some of them. */
static int refuse(struct api_call *call)
{
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED, "nobody knows of a cluster here");
}

/* Answered from what the plumber knows. etcd is not asked. */
int api_cluster_status(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);

	if (!cluster->status)
		return refuse(call);
	return api_reply_json(call, MHD_HTTP_OK, cluster->status(cluster->data));
}

/* A NULL of the function is want of memory, which api_reply_json tells. */
int api_cluster_nodes(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);

	if (!cluster->nodes)
		return refuse(call);
	return api_reply_json(call, MHD_HTTP_OK, cluster->nodes(cluster->data));
}

/* One of the list. A cluster has some dozens of hosts, so nothing else is needed to find it. */
int api_cluster_node(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_auto_t *nodes = NULL;

	if (!cluster->nodes)
		return refuse(call);
	nodes = cluster->nodes(cluster->data);
	/* api_reply_json says that there was no memory. */
	if (!nodes)
		return api_reply_json(call, MHD_HTTP_OK, NULL);
	for (size_t i = 0; i < json_array_size(nodes); i++) {
		json_t *node = json_array_get(nodes, i);
		const char *name = json_string_value(json_object_get(node, "Name"));

		if (name && strcmp(name, call->ref) == 0)
			return api_reply_json(call, MHD_HTTP_OK, json_incref(node));
	}
	return error_set(&call->error, ERROR_NOT_FOUND, "there is no host %.80s in the cluster",
			 call->ref);
}

/* --- what takes etcd a moment --- */

/* What was asked for has ended. The answer is how the host stands now, as a look at it would
 * say. */
static void on_done(int err, const struct error *error, void *data)
{
	struct api_call *call = data;

	/* The call is answered here, so its end must not call forget. */
	call->pending = (struct api_pending) { 0 };
	if (err < 0) {
		call->error = *error;
		api_reply_error(call);
	} else {
		/* An answer that cannot be made is an error of its own. */
		err = api_cluster_status(call);
		if (err < 0)
			api_reply_error(call);
	}
	api_call_resume(call);
}

/* The request itself goes on. Only nobody hears of it. */
static void forget(void *data)
{
	const struct api_cluster *cluster = api_call_cluster(data);

	cluster->forget(cluster->data);
}

/* The functions of the table never call on_done from within, so the call is suspended in time. */
static int wait_for_it(struct api_call *call)
{
	call->pending = (struct api_pending) { forget, call };
	api_call_suspend(call);
	return API_LATER;
}

/* Founding a cluster and joining one differ in what is expected to be there. */
static int enter(struct api_call *call, enum api_cluster_mode mode)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	int err;

	if (!cluster->join)
		return refuse(call);
	/* On an error on_done is not called, so the call is not suspended. */
	err = cluster->join(call->json, mode, on_done, call, cluster->data, &call->error);
	return err < 0 ? err : wait_for_it(call);
}

/* What the body may have is read by model/cluster/cluster_config.c, as is the file of this host. */
int api_cluster_init(struct api_call *call)
{
	return enter(call, API_CLUSTER_INIT);
}

int api_cluster_join(struct api_call *call)
{
	return enter(call, API_CLUSTER_JOIN);
}

/* host NULL: this host leaves. */
static int take_out(struct api_call *call, const char *host)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	bool force = false;
	int err;

	if (!cluster->remove)
		return refuse(call);
	/* force takes a host out that is alive. */
	if ((err = api_call_flag(call, "force", &force)) < 0 ||
	    (err = cluster->remove(host, force, on_done, call, cluster->data, &call->error)) < 0)
		return err;
	return wait_for_it(call);
}

/* The reply comes when etcd has forgotten this host, or with force in any case. */
int api_cluster_leave(struct api_call *call)
{
	return take_out(call, NULL);
}

/* By the name in the path: another host than this one. */
int api_cluster_node_remove(struct api_call *call)
{
	return take_out(call, call->ref);
}

/* Answered at once: a token is drawn here and needs no etcd. A body that says so replaces the
 * one before. */
int api_cluster_token(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_t *token = NULL;
	int err;

	if (!cluster->token)
		return refuse(call);
	err = cluster->token(call->json, &token, cluster->data, &call->error);
	return err < 0 ? err : api_reply_json(call, MHD_HTTP_OK, token);
}

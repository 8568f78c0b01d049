// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.c - handlers about this host and the others: /netd/v1/cluster and /netd/v1/nodes
#include "api/call/cluster.h"

#include "api/call/reply.h"
#include "api/handlers/clustering.h"
#include "api/handlers/handlers.h"

#include <errno.h>
#include <microhttpd.h>

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

/* By its name, or as much of its id as tells it from others. */
int api_cluster_node(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_t *node = NULL;
	int err;

	if (!cluster->node)
		return refuse(call);
	err = cluster->node(call->ref, &node, cluster->data, &call->error);
	return err < 0 ? err : api_reply_json(call, MHD_HTTP_OK, node);
}

/* --- what takes etcd a moment --- */

/* The answer is how the host stands now, as a look at it would say. */
static void on_done(int err, const struct error *error, void *data)
{
	clustering_end(data, err, error, api_cluster_status);
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
	return err < 0 ? err : clustering_wait(call);
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
	return clustering_wait(call);
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

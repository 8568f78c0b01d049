// SPDX-License-Identifier: GPL-2.0-or-later
// swarm.c - handlers of Docker's /swarm and /nodes: the cluster, in the words of its clients
#include "api/call/reply.h"
#include "api/handlers/clustering.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"
#include "model/filter/filters.h"
#include "model/request/request.h"
#include "model/show/swarm_json.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>

/* Theory of operation. What means the same in a swarm and in a cluster of netd's is done by the
 * functions that /netd/v1/cluster calls, too, and shown in Docker's shape
 * (model/show/swarm_json.c). All else is refused by a sentence that says what to do instead. */

/* As Docker says it, with its status. */
static int check_in(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);

	if (cluster->is_in && cluster->is_in(cluster->data))
		return 0;
	return error_set(&call->error, ERROR_UNAVAILABLE,
			 "This node is not a swarm manager. Use \"docker swarm init\" or \"docker "
			 "swarm join\" to connect this node to swarm and try again.");
}

/* --- in and out --- */

static int reply_nothing(struct api_call *call)
{
	return api_reply_empty(call, MHD_HTTP_OK);
}

static void on_done(int err, const struct error *error, void *data)
{
	clustering_end(data, err, error, reply_nothing);
}

/* The id of this host: a client asks for it then, and prints the line that others join by. */
static int reply_id(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_auto_t *status = cluster->status(cluster->data);
	const char *id = json_string_value(json_object_get(status, "Id"));

	return api_reply_json(call, MHD_HTTP_OK,
			      id ? json_stringn(id, strnlen(id, SWARM_ID_LEN)) : NULL);
}

static void on_init(int err, const struct error *error, void *data)
{
	clustering_end(data, err, error, reply_id);
}

/* On an error done is not called, and the call is not suspended. */
static int enter(struct api_call *call, const json_t *body, enum api_cluster_mode mode,
		 api_cluster_done done)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	int err;

	if (!cluster->join)
		return check_in(call);
	err = cluster->join(body, mode, done, call, cluster->data, &call->error);
	return err < 0 ? err : clustering_wait(call);
}

int api_swarm_init(struct api_call *call)
{
	json_auto_t *body = NULL;
	int err = request_swarm_init(call->json, &body, &call->error);

	return err < 0 ? err : enter(call, body, API_CLUSTER_INIT, on_init);
}

int api_swarm_join(struct api_call *call)
{
	json_auto_t *body = NULL;
	int err = request_swarm_join(call->json, &body, &call->error);

	return err < 0 ? err : enter(call, body, API_CLUSTER_JOIN, on_done);
}

/* host NULL: this one leaves. */
static int take_out(struct api_call *call, const char *host)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	bool force = false;
	int err;

	if ((err = check_in(call)) < 0 || (err = api_call_flag(call, "force", &force)) < 0 ||
	    (err = cluster->remove(host, force, on_done, call, cluster->data, &call->error)) < 0)
		return err;
	return clustering_wait(call);
}

int api_swarm_leave(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);

	if (cluster->is_in && !cluster->is_in(cluster->data))
		return error_set(&call->error, ERROR_UNAVAILABLE,
				 "This node is not part of a swarm");
	return take_out(call, NULL);
}

/* --- the token --- */

/* body: as that of POST /netd/v1/cluster/token. */
static int get_token(struct api_call *call, json_t *body, json_t **ret_token)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	int err = body ? cluster->token(body, ret_token, cluster->data, &call->error)
		       : error_system(&call->error, -ENOMEM, "cannot ask for a token");

	json_decref(body);
	return err;
}

/* Clients ask for it to print the line that others join by. */
int api_swarm_inspect(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_auto_t *token = NULL, *status = NULL;
	const char *text;
	int err = check_in(call);

	if (err == 0)
		err = get_token(call, json_object(), &token);
	if (err < 0)
		return err;
	status = cluster->status(cluster->data);
	text = json_string_value(json_object_get(token, "Token"));
	return api_reply_json(call, MHD_HTTP_OK, status && text ? swarm_json(status, text) : NULL);
}

/* One token is for all, so either of swarm's is rotated with the other. */
int api_swarm_update(struct api_call *call)
{
	bool worker = false, manager = false;
	json_auto_t *token = NULL;
	int err = check_in(call);

	if (err < 0 || (err = api_call_flag(call, "rotateWorkerToken", &worker)) < 0 ||
	    (err = api_call_flag(call, "rotateManagerToken", &manager)) < 0)
		return err;
	if (!worker && !manager)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
				 "a cluster of netd's has none of a swarm's settings: its token "
				 "alone is changed, by `docker swarm join-token --rotate worker`");
	err = get_token(call, json_pack("{s:b}", "Rotate", 1), &token);
	return err < 0 ? err : reply_nothing(call);
}

int api_swarm_unlock(struct api_call *call)
{
	return error_set(
		&call->error, ERROR_NOT_IMPLEMENTED,
		"keys of a cluster of netd's are root's files and are not locked: there is "
		"nothing to unlock");
}

/* --- hosts --- */

/* What filters of nodes compare. */
static json_t *facts_of(const json_t *node)
{
	return json_pack("{s:O, s:O, s:s, s:s}", "id", json_object_get(node, "Id"), "name",
			 json_object_get(node, "Name"), "role", "manager", "membership",
			 "accepted");
}

/* 0 or -1: no memory. */
static int add_node(json_t *list, const json_t *node, const struct filters *filters)
{
	json_auto_t *facts = facts_of(node);

	if (!facts)
		return -1;
	return filters_match_facts(filters, facts)
		       ? json_array_append_new(list, swarm_json_node(node))
		       : 0;
}

int api_swarm_nodes(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	_cleanup_free_ char *text = NULL;
	json_auto_t *nodes = NULL;
	struct filters *filters = NULL;
	json_t *list;
	int err = check_in(call);

	if (err < 0 || (err = api_call_query(call, "filters", &text)) < 0 ||
	    (err = filters_parse(text, filters_node_list, &filters, &call->error)) < 0)
		return err;
	nodes = cluster->nodes(cluster->data);
	list = nodes ? json_array() : NULL;
	for (size_t i = 0; i < json_array_size(nodes); i++)
		err |= add_node(list, json_array_get(nodes, i), filters);
	filters_free(filters);
	if (err != 0) {
		json_decref(list);
		list = NULL;
	}
	return api_reply_json(call, MHD_HTTP_OK, list);
}

int api_swarm_node(struct api_call *call)
{
	const struct api_cluster *cluster = api_call_cluster(call);
	json_auto_t *node = NULL;
	int err = check_in(call);

	if (err == 0)
		err = cluster->node(call->ref, &node, cluster->data, &call->error);
	return err < 0 ? err
		       : api_reply_json(call, MHD_HTTP_OK, node ? swarm_json_node(node) : NULL);
}

int api_swarm_node_remove(struct api_call *call)
{
	return take_out(call, call->ref);
}

int api_swarm_node_update(struct api_call *call)
{
	return error_set(
		&call->error, ERROR_NOT_IMPLEMENTED,
		"every host of a cluster of netd's is a manager and takes what is attached "
		"on it: there is no role, availability or label to change");
}

/* --- what netd has not --- */

/* There are no secrets and no configs, and so none in a list. */
int api_swarm_none(struct api_call *call)
{
	return api_reply_json(call, MHD_HTTP_OK, json_array());
}

int api_swarm_no_secrets(struct api_call *call)
{
	return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
			 "netd keeps no secrets and no configs: give them to containers where "
			 "these are started");
}

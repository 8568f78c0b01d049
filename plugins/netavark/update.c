// SPDX-License-Identifier: GPL-2.0-or-later
// update.c - the command update: other name servers for a network, and for who is on it
#include "base/buf.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "model/text/field.h"
#include "plugins/netavark/container.h"
#include "plugins/netavark/network.h"
#include "plugins/netavark/verbs.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. Podman keeps a network's servers and has them changed here while containers
 * run. The label comes first: what an update of a container reads are the labels of all its
 * networks, and one of them is this one's. With it netd's own list for the network changes, by
 * which containers ask that others than Podman have put there. A failure half-way leaves some
 * containers with the former servers; the update may be repeated, and sets each one as if it were
 * the first.
 *
 * Only containers that have no servers of their own are touched. */

/* A network keeps its servers in a label, from which those of its containers are made: a container
 * may be on several. */

/* before and after are the parts of the path; ref between them is quoted. */
static int call_on(struct client *client, const char *method, const char *before, const char *ref,
		   const char *after, const json_t *body, json_t **ret_json, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };

	buf_puts(&path, before);
	client_quote(&path, ref);
	buf_puts(&path, after);
	return path.err < 0 ? error_system(error, path.err, "calling netd")
			    : calls_json(client, method, path.data, body, ret_json, error);
}

static bool any_server(const char *text)
{
	(void)text;
	return true;
}

/* Adds those servers of one network to array that takes() says, up to the limit. A piece without
 * memory is left out. */
static void add_servers(const char *text, bool (*takes)(const char *text), json_t *array)
{
	/* netd takes no more of a container or of a network, and would refuse them all. */
	while (*text && json_array_size(array) < DNS_SERVERS_MAX) {
		size_t len = strcspn(text, ",");
		json_auto_t *server = json_stringn(text, len);

		/* Two commas in a row, or one in the end, stand for no server. */
		if (len > 0 && server && takes(json_string_value(server)))
			(void)json_array_append(array, server);
		text += len + (text[len] == ',');
	}
}

/* servers: "" takes the label away, and the servers. */
static int relabel(struct client *client, const json_t *network, const char *servers,
		   struct error *error)
{
	/* A copy: the labels belong to netd's answer. All of them are sent, for the new ones
	 * replace the old ones as a whole. */
	json_auto_t *labels = json_deep_copy(json_object_get(network, "Labels"));
	json_auto_t *list = json_array(), *body = NULL;

	if (*servers)
		(void)json_object_set_new(labels, DNS_LABEL, json_string(servers));
	else
		(void)json_object_del(labels, DNS_LABEL); /* may not be there */
	/* Nobody asks netd on one without IPAM, and there it has no servers. */
	if (strcmp(calls_text(json_object_get(network, "IPAM"), "Driver"), "null") != 0)
		add_servers(servers, network_takes_server, list);
	/* Without memory for the copy all of this was refused, and so is the packing: one look
	 * tells. */
	body = json_pack("{s:O, s:O}", "Labels", labels, "Dns", list);
	if (!body)
		return field_no_memory(error);
	return call_on(client, "PUT", "/netd/v1/networks/", calls_text(network, "Id"), "", body,
		       NULL, error);
}

/* container: an element of netd's list. */
static int update_container(struct client *client, const json_t *container, struct error *error)
{
	const json_t *settings = json_object_get(container, "NetworkSettings");
	json_auto_t *servers = json_array(), *body = NULL;
	const char *name;
	json_t *endpoint;

	/* All its networks are asked, and not only the one that changed: the container's list is
	 * made of all, in the order of netd's answer. */
	json_object_foreach (json_object_get(settings, "Networks"), name, endpoint) {
		json_auto_t *network = NULL;
		int err = calls_network(client, calls_text(endpoint, "NetworkID"), &network, error);

		if (err < 0)
			return err;
		add_servers(calls_text(json_object_get(network, "Labels"), DNS_LABEL), any_server,
			    servers);
	}
	/* An empty list is sent as well: it takes the last server away. */
	body = json_pack("{s:O}", "Dns", servers);
	if (!body)
		return field_no_memory(error);
	return call_on(client, "PUT", "/netd/v1/containers/", calls_text(container, "Id"), "/names",
		       body, NULL, error);
}

/* What has gone meanwhile needs no servers. 0, or the first failure. */
static int update_containers(struct client *client, const json_t *network, struct error *error)
{
	json_auto_t *list = NULL;
	size_t i;
	json_t *container;
	int err = calls_containers(client, CONTAINER_LABEL "=podman", &list, error);

	/* After a failure the list is NULL, and the loop has no rounds. Only Podman's containers
	 * are listed: those of others on this network have servers by their own runtime's rules. */
	json_array_foreach (list, i, container) {
		const json_t *labels = json_object_get(container, "Labels");

		/* Servers that were given to the container itself come instead of those of its
		 * networks. The loop goes on after a failure without doing anything, so the first
		 * one is told. */
		if (err < 0 || !container_find(container, calls_text(network, "Name")) ||
		    strcmp(calls_text(labels, DNS_LABEL), DNS_OWN) == 0)
			continue;
		err = update_container(client, container, error);
		/* It ended after the list was made, and its servers with it. */
		if (err < 0 && error->reason == ERROR_REASON_CONTAINER_NOT_FOUND)
			err = 0;
	}
	return err;
}

/* servers: separated by commas, "" for none. */
int verb_update(const char *network, const char *servers, struct client *client,
		struct error *error)
{
	json_auto_t *there = NULL;
	int err = calls_network(client, network, &there, error);

	if (err < 0)
		return error->reason == ERROR_REASON_NETWORK_NOT_FOUND ? 0 : err;
	/* The name is compared, for a reference may be the beginning of an id. */
	if (strcmp(calls_text(there, "Name"), network) != 0)
		return 0; /* the beginning of another one's id */
	/* The label before the containers: it is what they are made from. */
	err = relabel(client, there, servers, error);
	return err < 0 ? err : update_containers(client, there, error);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.c - how this host stands in its cluster, as netd says it
#include "base/cleanup.h"
#include "client/calls.h"
#include "client/client.h"
#include "explain/explain.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The state of the cluster is the plumber's and in no snapshot: doctor asks
 * for it by two calls of the API, one more only where the host is in a cluster. What is not
 * answered stays empty, which is "nobody was asked". */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void fill_status(const json_t *status, struct facts_cluster *cluster)
{
	const json_t *certificate = json_object_get(status, "Certificate");

	(void)snprintf(cluster->state, sizeof(cluster->state), "%s", text_of(status, "State"));
	(void)snprintf(cluster->host, sizeof(cluster->host), "%s", text_of(status, "Host"));
	(void)snprintf(cluster->why, sizeof(cluster->why), "%s", text_of(status, "Why"));
	cluster->has_certificate = json_is_object(certificate);
	cluster->certificate_is_soon = json_is_true(json_object_get(certificate, "Soon"));
	cluster->certificate_left_s = json_integer_value(json_object_get(certificate, "Left"));
}

/* Their names, as far as there is room; the number tells of all. */
static void fill_lost(const json_t *nodes, struct facts_cluster *cluster)
{
	size_t len = 0;

	for (size_t i = 0; i < json_array_size(nodes); i++) {
		const json_t *node = json_array_get(nodes, i);

		if (!json_is_false(json_object_get(node, "Alive")))
			continue;
		cluster->n_lost++;
		if (len < sizeof(cluster->lost))
			len += (size_t)snprintf(cluster->lost + len, sizeof(cluster->lost) - len,
						"%s%s", len > 0 ? ", " : "", text_of(node, "Name"));
	}
}

void explain_cluster(struct client *client, struct facts *facts)
{
	json_auto_t *status = NULL, *nodes = NULL;
	struct error error = { 0 };

	if (calls_json(client, "GET", "/netd/v1/cluster", NULL, &status, &error) < 0)
		return;
	fill_status(status, &facts->cluster);
	if (strcmp(facts->cluster.state, "none") != 0 &&
	    calls_json(client, "GET", "/netd/v1/nodes", NULL, &nodes, &error) == 0)
		fill_lost(nodes, &facts->cluster);
}

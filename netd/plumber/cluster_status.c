// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_status.c - how this host stands in its cluster, and the hosts there are, as answers
#include "plumber/cluster_status.h"

#include "base/cleanup.h"
#include "base/protocol.h"
#include "plumber/cluster.h"
#include "plumber/cluster_hosts.h"
#include "plumber/cluster_renew.h"
#include "plumber/cluster_roles.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* As `netctl cluster status` shows them; scripts compare these words. */
static const char *const standings[HERALD_N_STANDINGS] = {
	[HERALD_TRYING] = "trying",
	[HERALD_FRESH] = "fresh",
	[HERALD_REMOVED] = "removed",
};

const char *cluster_status_why(const struct cluster *cluster)
{
	return cluster->keeping.state.why[0] ? cluster->keeping.state.why : cluster->link.state.why;
}

/* As in all answers an allocation that fails gives a NULL, and json_pack makes the whole answer
 * NULL of it. The caller of the table says so to its client. */
static json_t *addrs_json(const struct addr addrs[static FAMILY_N])
{
	json_t *list = json_array();

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&addrs[family]))
			(void)json_array_append_new(list, json_string(ADDR_STR(&addrs[family])));
	return list;
}

/* Which host lets others in is known to itself alone. */
json_t *cluster_status_node(const struct cluster *cluster, const struct cluster_record *host)
{
	bool is_self = strcmp(host->host.id, cluster->config.id) == 0;

	return json_pack("{s:s, s:s, s:o, s:s, s:b, s:b, s:b}", "Name", host->key.host, "Id",
			 host->host.id, "Addresses", addrs_json(host->host.vtep), "Version",
			 host->host.version, "Alive", cluster_hosts_is_alive(cluster, host), "Self",
			 is_self, "LetsIn", is_self && cluster_has_usher(cluster));
}

/* Out of what was last told: it is as old as the herald's watch. */
json_t *cluster_status_nodes(const struct cluster *cluster)
{
	json_t *list = json_array();
	struct cluster_record record;
	size_t cursor = 0;

	while (cluster->configured &&
	       cluster_state_next(cluster->link.records, CLUSTER_HOST, &cursor, &record))
		(void)json_array_append_new(list, cluster_status_node(cluster, &record));
	return list;
}

/* When the first of what this host shows to others, and of whom it trusts, ends, by the wall clock,
 * which is what everybody else judges it by: the moment, and how many seconds it is away; below 0
 * it has been. Soon: somebody has to do something, for what is renewed has been renewed by then.
 * NULL: there is none to tell of. */
static json_t *certificate_json(const struct cluster *cluster)
{
	int64_t end_s = 0, life_s = 0, left_s;
	char text[sizeof("9999-12-31T23:59:59Z")] = "";
	struct tm tm;
	time_t end;
	bool is_soon;

	if (!cluster_renew_first(&cluster->config, &end_s, &life_s))
		return NULL;
	end = (time_t)end_s;
	left_s = end_s - (int64_t)time(NULL);
	if (!gmtime_r(&end, &tm))
		return NULL;
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	is_soon = left_s < CLUSTER_CERTIFICATE_WARNED_S && left_s < life_s / CLUSTER_WARNED_SHARE;
	return json_pack("{s:s, s:I, s:b, s:s}", "Ends", text, "Left", (json_int_t)left_s, "Soon",
			 is_soon, "Why", cluster_renew_why(cluster, is_soon));
}

/* By which host others come in, as a sentence where they cannot. NULL: the cluster has none, for
 * its etcd is somebody else's, or nobody has said so yet. */
static json_t *door_json(const struct cluster *cluster)
{
	struct cluster_record host;

	if (!cluster->config.follows || !cluster->link.all_told)
		return NULL;
	if (!cluster_hosts_door(cluster, &host))
		return json_string("nobody: the host that did is out of the cluster, and no host "
				   "can come in any more");
	if (cluster_hosts_is_alive(cluster, &host))
		return json_string(host.key.host);
	return json_sprintf("%s, which is lost: nobody can come in until it is back",
			    host.key.host);
}

/* Ports that services publish and that hosts have not, as each has said of itself. NULL: there are
 * none. */
static json_t *unpublished_json(const struct cluster *cluster)
{
	static struct cluster_record record; /* large; read before this returns */
	json_t *list = NULL;
	size_t cursor = 0;

	while (cluster_state_next(cluster->link.records, CLUSTER_HOST, &cursor, &record))
		for (size_t i = 0; i < record.host.n_refused; i++) {
			const struct cluster_refused *refused = &record.host.refused[i];

			if (!list)
				list = json_array();
			(void)json_array_append_new(
				list, json_pack("{s:s, s:s, s:s, s:i, s:s}", "Host",
						record.key.host, "Service", refused->service,
						"Protocol", protocol_name(refused->protocol),
						"Port", refused->port, "Why", refused->why));
		}
	return list;
}

/* A host that has reached etcd and is not let in yet is "joining"; in every other case the state is
 * the herald's own. */
json_t *cluster_status(const struct cluster *cluster)
{
	const struct herald_state *state = &cluster->link.state;
	json_t *members = json_array();
	size_t n_hosts, n_alive;

	if (!cluster->configured) {
		/* The list was made before it was known to be needed; json_pack takes it over in
		 * the other case. */
		json_decref(members);
		return json_pack("{s:s}", "State", "none");
	}
	cluster_hosts_count(cluster, &n_hosts, &n_alive);
	for (size_t i = 0; i < cluster->config.n_members; i++)
		(void)json_array_append_new(members, json_string(cluster->config.members[i]));
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:b, s:I, s:o*, s:o*, s:o*}",
		"State",
		cluster->config.joined || state->standing != HERALD_FRESH
			? standings[state->standing]
			: "joining",
		"Host", cluster->config.host, "Id", cluster->config.id, "Addresses",
		addrs_json(cluster->config.addrs), "Etcd", members, "Member",
		state->member < cluster->config.n_members ? cluster->config.members[state->member]
							  : "",
		"Why", cluster_status_why(cluster), "Hosts", (json_int_t)n_hosts, "Alive",
		(json_int_t)n_alive, "Records",
		(json_int_t)cluster_state_count(cluster->link.records), "OwnEtcd",
		cluster_has_etcd(cluster), "EtcdPid", (json_int_t)cluster->keeping.state.pid,
		"Certificate", certificate_json(cluster), "LetsIn", door_json(cluster),
		"Unpublished", unpublished_json(cluster));
}

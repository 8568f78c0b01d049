// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_status.c - how this host stands in its cluster, and the hosts there are, as answers
#include "plumber/cluster_status.h"

#include "plumber/cluster.h"
#include "plumber/cluster_hosts.h"
#include "plumber/cluster_roles.h"

#include <string.h>

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

/* Out of what was last told: it is as old as the herald's watch. */
json_t *cluster_status_nodes(const struct cluster *cluster)
{
	json_t *list = json_array();
	struct cluster_record record;
	size_t cursor = 0;

	while (cluster->configured && cluster_state_next(cluster->link.records, &cursor, &record)) {
		if (record.key.kind != CLUSTER_HOST)
			continue;
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:o, s:s, s:b, s:b}", "Name", record.key.host, "Id",
				  record.host.id, "Addresses", addrs_json(record.host.vtep),
				  "Version", record.host.version, "Alive",
				  cluster_hosts_is_alive(cluster, &record), "Self",
				  strcmp(record.host.id, cluster->config.id) == 0));
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
		"{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:b, s:I}", "State",
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
		cluster_has_etcd(cluster), "EtcdPid", (json_int_t)cluster->keeping.state.pid);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_hosts.c - the hosts of the cluster and who of them is alive, by what was last told
#include "plumber/cluster_hosts.h"

#include "plumber/cluster.h"

#include <string.h>

/* A host is alive while the key CLUSTER_ALIVE of its name is there, which hangs on its lease. The
 * id is compared, for a host that was replaced under the same name leaves a key behind for some
 * seconds. */
bool cluster_hosts_is_alive(const struct cluster *cluster, const struct cluster_record *host)
{
	struct cluster_key key = cluster_key_of_host(CLUSTER_ALIVE, host->key.host);
	struct cluster_record alive;

	return cluster_state_get(cluster->link.records, &key, &alive) &&
	       strcmp(alive.id, host->host.id) == 0;
}

void cluster_hosts_count(const struct cluster *cluster, size_t *ret_hosts, size_t *ret_alive)
{
	struct cluster_record record;
	size_t cursor = 0;

	*ret_hosts = *ret_alive = 0;
	while (cluster_state_next(cluster->link.records, CLUSTER_HOST, &cursor, &record)) {
		(*ret_hosts)++;
		*ret_alive += cluster_hosts_is_alive(cluster, &record);
	}
}

/* A record with this host's own id may be there from a join that was interrupted. */
size_t cluster_hosts_others(const struct cluster *cluster, struct cluster_record *ret_last)
{
	struct cluster_record record;
	size_t cursor = 0, n = 0;

	while (cluster_state_next(cluster->link.records, CLUSTER_HOST, &cursor, &record)) {
		if (strcmp(record.host.id, cluster->config.id) == 0)
			continue;
		cluster_record_copy(ret_last, &record);
		n++;
	}
	return n;
}

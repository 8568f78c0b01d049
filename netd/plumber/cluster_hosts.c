// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_hosts.c - the hosts of the cluster and who of them is alive, by what was last told
#include "plumber/cluster_hosts.h"

#include "base/nearest.h"
#include "model/show/swarm_json.h"
#include "plumber/cluster.h"

#include <stdio.h>
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

/* --- by a name or an id --- */

/* What is called so: of a name there is one, and ids are random. */
struct search {
	const char *ref;
	size_t n_begin; /* ids that begin so */
	char one[CLUSTER_HOST_LEN_MAX + 1], other[CLUSTER_HOST_LEN_MAX + 1];
	struct nearest nearest;
	char near[CLUSTER_HOST_LEN_MAX + 1];
};

static void look_at(struct search *search, const struct cluster_record *host,
		    struct cluster_record *ret_host)
{
	if (nearest_look(&search->nearest, host->key.host))
		(void)snprintf(search->near, sizeof(search->near), "%s", host->key.host);
	if (strlen(search->ref) < SWARM_ID_ENOUGH ||
	    strncmp(host->host.id, search->ref, strlen(search->ref)) != 0)
		return;
	(void)snprintf(search->n_begin == 0 ? search->one : search->other, sizeof(search->one),
		       "%s", host->key.host);
	search->n_begin++;
	*ret_host = *host;
}

/* All ids are of the same length, so one that is whole begins no other. */
static int judge(const struct search *search, struct error *error)
{
	if (search->n_begin == 1)
		return 0;
	if (search->n_begin > 1)
		return error_set(error, ERROR_INVALID,
				 "the ids of %zu hosts begin with %.80s, those of %s and %s among "
				 "them: give more of it, or a name",
				 search->n_begin, search->ref, search->one, search->other);
	return error_set(error, ERROR_NOT_FOUND, "there is no host %.80s in the cluster%s%s%s",
			 search->ref, search->near[0] ? "; did you mean " : "", search->near,
			 search->near[0] ? "?" : "");
}

int cluster_hosts_find(const struct cluster *cluster, const char *ref,
		       struct cluster_record *ret_host, struct error *error)
{
	struct search search = { .ref = ref, .nearest = nearest_begin(ref) };
	struct cluster_record record;
	size_t cursor = 0;

	if (!cluster->configured)
		return error_set(error, ERROR_NOT_FOUND,
				 "this host is in no cluster: `netctl cluster init` makes one, and "
				 "`netctl cluster join` joins one");
	/* A wrong "there is none" would be worse than no answer. */
	if (!cluster->link.all_told && cluster_state_count(cluster->link.records) == 0)
		return error_set(error, ERROR_UNAVAILABLE, "%s",
				 *cluster->link.state.why ? cluster->link.state.why
							  : "etcd has not been read yet");
	while (cluster_state_next(cluster->link.records, CLUSTER_HOST, &cursor, &record)) {
		if (strcmp(record.key.host, ref) == 0) {
			*ret_host = record;
			return 0;
		}
		look_at(&search, &record, ret_host);
	}
	return judge(&search, error);
}

bool cluster_hosts_door(const struct cluster *cluster, struct cluster_record *ret_host)
{
	size_t cursor = 0;

	while (cluster_state_next(cluster->link.records, CLUSTER_HOST, &cursor, ret_host))
		if (ret_host->host.lets_in)
			return true;
	return false;
}

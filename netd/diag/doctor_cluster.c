// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_cluster.c - how the host stands with the other hosts of its cluster
#include "diag/doctor_parts.h"

#include <string.h>

/* Theory of operation. What other hosts have comes by way of etcd alone. So there are few things
 * that can be wrong, and each is told once for the host: it does not hear of the others, the others
 * do not hear of it, one of them is lost, or it soon will be. A host in no cluster has none of
 * them, and neither has one of which nobody could be asked. */

#define SECONDS_OF_A_DAY 86400

static bool is_in(const struct facts_cluster *cluster)
{
	return cluster->state[0] && strcmp(cluster->state, "none") != 0;
}

static void begin(struct doctor *doctor)
{
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "host", "%s", doctor->facts->cluster.host);
}

/* Of a host that was removed it is of no use to say how it stands with etcd. With etcd as it should
 * be there may yet be a member of its own that is not. */
static void check_standing(struct doctor *doctor)
{
	const struct facts_cluster *cluster = &doctor->facts->cluster;

	if (strcmp(cluster->state, "removed") == 0) {
		begin(doctor);
		doctor_tell(doctor, CODE_CLUSTER_REMOVED, DIAG_BAD, "host");
	} else if (cluster->why[0]) {
		begin(doctor);
		code_word(&doctor->walk.words, "why", "%s", cluster->why);
		doctor_tell(doctor, CODE_CLUSTER_UNREACHED,
			    strcmp(cluster->state, "fresh") == 0 ? DIAG_WARN : DIAG_BAD, "host");
	}
}

/* Who does not reach etcd knows nothing of the others, and tells nothing of them. */
static void check_others(struct doctor *doctor)
{
	const struct facts_cluster *cluster = &doctor->facts->cluster;

	if (cluster->n_lost == 0 || strcmp(cluster->state, "fresh") != 0)
		return;
	begin(doctor);
	code_word(&doctor->walk.words, "lost", "%s", cluster->lost);
	code_word(&doctor->walk.words, "first", "%.*s", (int)strcspn(cluster->lost, ","),
		  cluster->lost);
	doctor_tell(doctor, CODE_CLUSTER_HOST_LOST, DIAG_WARN, "host");
}

static void check_certificate(struct doctor *doctor)
{
	const struct facts_cluster *cluster = &doctor->facts->cluster;
	int64_t left_s = cluster->certificate_left_s;

	if (!cluster->has_certificate || !cluster->certificate_is_soon)
		return;
	begin(doctor);
	if (left_s <= 0)
		code_word(&doctor->walk.words, "when", "has ended");
	else
		code_word(&doctor->walk.words, "when", "ends in %lld days",
			  (long long)(left_s / SECONDS_OF_A_DAY));
	doctor_tell(doctor, CODE_CERTIFICATE_ENDS, left_s <= 0 ? DIAG_BAD : DIAG_WARN, "host");
}

void doctor_cluster(struct doctor *doctor)
{
	if (!is_in(&doctor->facts->cluster))
		return;
	check_certificate(doctor);
	check_standing(doctor);
	check_others(doctor);
}

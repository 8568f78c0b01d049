// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_roles.c - which processes this host's cluster takes
#include "plumber/cluster_roles.h"

#include "plumber/cluster.h"

/* All of it follows from what cluster.json says: at a start of netd the file is all that is
 * known. */

bool cluster_has_etcd(const struct cluster *cluster)
{
	return cluster->config.own || cluster->config.seat[0];
}

bool cluster_has_keeper(const struct cluster *cluster)
{
	return cluster->configured && cluster_has_etcd(cluster);
}

/* Without a secret nobody could come in. */
bool cluster_has_usher(const struct cluster *cluster)
{
	return cluster->configured && cluster->config.own && cluster->config.secret[0];
}

/* Without a key it cannot speak to etcd: that of a new cluster comes from the keeper. */
bool cluster_has_herald(const struct cluster *cluster)
{
	return cluster->configured && cluster->config.key[0];
}

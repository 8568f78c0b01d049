// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_hosts.h - the hosts of the cluster and who of them is alive, by what was last told
#pragma once

#include "model/cluster/cluster_record.h"

#include <stdbool.h>
#include <stddef.h>

struct cluster;

/* How many hosts there are, and how many of them are alive. */
void cluster_hosts_count(const struct cluster *cluster, size_t *ret_hosts, size_t *ret_alive);
/* Hosts other than this one, and one of them; *ret_last is written where there are any. */
size_t cluster_hosts_others(const struct cluster *cluster, struct cluster_record *ret_last);
/* Is the host of this record? */
bool cluster_hosts_is_alive(const struct cluster *cluster, const struct cluster_record *host);

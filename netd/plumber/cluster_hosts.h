// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_hosts.h - the hosts of the cluster and who of them is alive, by what was last told
#pragma once

#include "base/error.h"
#include "model/cluster/cluster_record.h"

#include <stdbool.h>
#include <stddef.h>

struct cluster;

/* How many hosts there are, and how many of them are alive. */
void cluster_hosts_count(const struct cluster *cluster, size_t *ret_hosts, size_t *ret_alive);
/* Hosts other than this one, and one of them; *ret_last is written where there are any. */
size_t cluster_hosts_others(const struct cluster *cluster, struct cluster_record *ret_last);
/* The host of this name, of this id, or the one whose id begins so. ERROR_NOT_FOUND, with what may
 * have been meant; ERROR_INVALID: several hosts' ids do. ERROR_UNAVAILABLE: what hosts there are is
 * not known yet. */
int cluster_hosts_find(const struct cluster *cluster, const char *ref,
		       struct cluster_record *ret_host, struct error *error);
/* The one that lets others in, as the records say; false: there is none, or it has not said so. */
bool cluster_hosts_door(const struct cluster *cluster, struct cluster_record *ret_host);
/* Is the host of this record? */
bool cluster_hosts_is_alive(const struct cluster *cluster, const struct cluster_record *host);

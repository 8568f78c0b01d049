// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_remove.h - out of the cluster: another host, or this one when it leaves
#pragma once

#include "api/call/cluster.h"
#include "base/error.h"

#include <stdbool.h>

struct cluster;

void cluster_remove_init(struct cluster *cluster);

/* Begins the removal of another host, or of this one (host is NULL). 0: done hears how it ends,
 * though not before this returns. */
int cluster_remove(struct cluster *cluster, const char *ref, bool force, api_cluster_done done,
		   void *done_data, struct error *error);

/* From the beginning, or from where it was when a herald has ended. */
void cluster_remove_go_on(struct cluster *cluster);
/* Its time is over. */
void cluster_remove_late(struct cluster *cluster, const char *why);

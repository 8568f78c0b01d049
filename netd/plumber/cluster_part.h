// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_part.h - the way back to a host without a cluster
#pragma once

#include "base/error.h"

struct cluster;

/* Makes this host one without a cluster: no channel, no herald, no etcd, no file, no key in memory;
 * then the errand ends so. It is the undo of a join at whatever point that failed, and the end of a
 * leave. It may end before this returns, or when etcd's data is removed. */
void cluster_part(struct cluster *cluster, int err, const struct error *error);
/* The keeper has wiped its folder and ended, or it is late and is ended now. */
void cluster_part_finish(struct cluster *cluster);

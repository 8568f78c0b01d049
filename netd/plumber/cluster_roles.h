// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_roles.h - which processes this host's cluster takes
#pragma once

#include <stdbool.h>

struct cluster;

/* Is there an etcd of netd's own on this host, or is one being made? */
bool cluster_has_etcd(const struct cluster *cluster);

/* Is it to have a keeper, an usher, a herald from the start? */
bool cluster_has_keeper(const struct cluster *cluster);
/* Does it let other hosts in? A cluster that is being made has nothing to do so with yet. */
bool cluster_has_usher(const struct cluster *cluster);
/* One whose etcd is not made yet has none: it is started when that is (cluster_join_made). */
bool cluster_has_herald(const struct cluster *cluster);

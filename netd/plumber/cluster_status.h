// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_status.h - how this host stands in its cluster, and the hosts there are, as answers
#pragma once

#include <jansson.h>

struct cluster;
struct cluster_record;

/* What is wrong; "": nothing. etcd's own end is why the herald finds none. */
const char *cluster_status_why(const struct cluster *cluster);

/* Answers for `netctl cluster status` and `netctl node ls`; NULL: no memory. */
json_t *cluster_status(const struct cluster *cluster);
json_t *cluster_status_nodes(const struct cluster *cluster);
/* One of them, by its record. */
json_t *cluster_status_node(const struct cluster *cluster, const struct cluster_record *host);

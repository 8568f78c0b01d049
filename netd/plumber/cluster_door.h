// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_door.h - the door by which other hosts come into this host's cluster
#pragma once

#include "base/error.h"

#include <jansson.h>

struct cluster;

/* Before anything else of these; nobody listens yet. */
void cluster_door_init(struct cluster *cluster);
/* For a cluster that was just made: a secret, the sockets, an usher; cluster_part is the undo. */
int cluster_door_open(struct cluster *cluster, struct error *error);
/* Listens again, at a start of netd. A port that is taken is logged, and tried again. */
void cluster_door_reopen(struct cluster *cluster);
/* The token that hosts are let in by, and another one where the body says so. */
int cluster_door_token(struct cluster *cluster, const json_t *body, json_t **ret_token,
		       struct error *error);

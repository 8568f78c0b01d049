// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_file.h - which cluster this host belongs to, kept in the state directory
#pragma once

#include "base/error.h"
#include "model/cluster/cluster_config.h"

#include <stdbool.h>

#define CLUSTER_FILE "cluster.json" /* in the state directory; root's alone, for a key is in it */

/* *ret_there false: there is none, and this host belongs to no cluster. */
int cluster_file_read(const char *state_dir, struct cluster_config *ret_config, bool *ret_there,
		      struct error *error);
/* On the disk when it returns, whole or not at all. */
int cluster_file_write(const char *state_dir, const struct cluster_config *config,
		       struct error *error);
void cluster_file_remove(const char *state_dir);

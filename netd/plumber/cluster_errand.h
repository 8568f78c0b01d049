// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_errand.h - what a caller has asked of the cluster: one thing at a time, with an end
#pragma once

#include "api/call/cluster.h"
#include "base/error.h"
#include "plumber/cluster.h"

#include <stddef.h>
#include <stdint.h>

/* Is anything under way? Then ERROR_CONFLICT and a sentence; else 0. */
int cluster_errand_check(const struct cluster *cluster, struct error *error);
/* Done hears how it ends. There is none. */
void cluster_errand_begin(struct cluster *cluster, enum cluster_errand what, api_cluster_done done,
			  void *done_data);
/* Starts the patience anew, for the errand or its next request. */
void cluster_errand_wait(struct cluster *cluster, double seconds);
/* Ends it, and tells whoever asked, if he still waits. He may begin another before this returns. */
void cluster_errand_end(struct cluster *cluster, int err, const struct error *error);

/* A herald's answer (status: an errno; a sentence that is not terminated) as an error for the
 * caller, which is returned. */
int cluster_errand_refusal(int status, const uint8_t *answer, size_t len, struct error *error);

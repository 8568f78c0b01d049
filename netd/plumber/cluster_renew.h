// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_renew.h - another certificate for this host, before the one that it has ends
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct cluster_config;

void cluster_renew_init(struct cluster *cluster);
/* This host is in: it is looked from time to time whether a certificate is to be renewed. */
void cluster_renew_start(struct cluster *cluster);
void cluster_renew_stop(struct cluster *cluster);

/* The first of the certificates by which this host is in to end: when it does, in seconds since
 * 1970, and for how long it was signed. False: none can be read. */
bool cluster_renew_first(const struct cluster_config *config, int64_t *ret_end_s,
			 int64_t *ret_life_s);
/* Why that is not renewed, and what is to be done; "": nothing is wrong. Of the host with the
 * authority's key, whose own ends with that, it is said when the end is near. */
const char *cluster_renew_why(const struct cluster *cluster, bool is_soon);

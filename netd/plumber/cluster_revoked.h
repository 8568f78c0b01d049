// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_revoked.h - certificates of hosts that were removed: nobody is to take them any more
#pragma once

#include <stddef.h>

struct cluster;

void cluster_revoked_init(struct cluster *cluster);
void cluster_revoked_stop(struct cluster *cluster);
/* All records have been told: those that say that a certificate is revoked are kept, and said to
 * whoever has to know. */
void cluster_revoked_look(struct cluster *cluster);
/* One more has been told. It is looked at in a moment, with those that come with it. */
void cluster_revoked_heard(struct cluster *cluster);
/* How many more could be. */
size_t cluster_revoked_room(const struct cluster *cluster);

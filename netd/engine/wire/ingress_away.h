// SPDX-License-Identifier: GPL-2.0-or-later
// ingress_away.h - the address by which this host stands for who asks, where containers of other
// hosts answer
#pragma once

#include "engine/state/state.h"
#include "model/cluster/cluster_record.h"

/* Each network that spans hosts and has a published service has an address of this host's in each
 * family, and no other network has. False: one of them cannot be had yet. */
bool ingress_away_settle(struct engine *engine);
/* At a start: those that there were. Before anybody else is given addresses. */
void ingress_away_recall(struct engine *engine);

/* What other hosts need to know to answer there. False: nothing, for the network has none. */
bool ingress_away_record(const struct engine *engine, const struct network *network,
			 struct cluster_record *ret_record);

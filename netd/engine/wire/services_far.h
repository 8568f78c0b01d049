// SPDX-License-Identifier: GPL-2.0-or-later
// services_far.h - containers of other hosts that stand behind services
#pragma once

#include "engine/state/state.h"
#include "model/network/service.h"

/* These ends of the network stand behind its services if their names are told, and do not else: all
 * containers here are led so, and tasks.NAME says it. */
void services_far_change(struct engine *engine, const struct network *network,
			 struct far_end *const *ends, size_t n);
/* A service that is new: who is there already stands behind it. Nobody is told. */
void services_far_join(struct engine *engine, struct service *service);

/* What a netd that comes after this one is to go by until it is told is written, where it has
 * changed; a start goes by it; and, when all has been told and entered, those that nobody has told
 * of are taken out. */
void services_far_keep(struct engine *engine);
void services_far_recall(struct engine *engine);
void services_far_settle(struct engine *engine);

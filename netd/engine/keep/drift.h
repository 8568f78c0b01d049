// SPDX-License-Identifier: GPL-2.0-or-later
// drift.h - what a link is against what it should be, and what the kernel says of links meanwhile
#pragma once

#include "engine/change/networks.h"

/* A callback of rtnl_watch_read; data is the engine. What may be drift starts a comparison with
 * everything, some links once they have been looked at, after the last of a row of events. */
void drift_on_event(const struct rtnl_event *event, void *data);
void drift_look_at_suspects(struct engine *engine);
/* Around all of them. */
void drift_start(struct engine *engine);
void drift_stop(struct engine *engine);

/* How the host is made to forward, where that is not netd's to do. */
#define DRIFT_WAY_OUT(key)                                                                         \
	"containers do not get out, and their published ports are not reached: `sysctl -w " key    \
	"=1`, or start netd again with ip-forward true in netd.json"
#define DRIFT_WAY_OUT4 DRIFT_WAY_OUT("net.ipv4.ip_forward")
#define DRIFT_WAY_OUT6 DRIFT_WAY_OUT("net.ipv6.conf.all.forwarding")

/* Is there a network of that family with a way out? */
bool drift_needs_forwarding(const struct engine *engine, uint8_t family);

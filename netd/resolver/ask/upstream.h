// SPDX-License-Identifier: GPL-2.0-or-later
// upstream.h - sets of upstream servers: the host's, and those of containers with --dns
#pragma once

#include "base/addr.h"
#include "base/limits.h"
#include "resolver/ask/server.h"

#include <ev.h>
#include <stdint.h>

/* Equal lists share one set and equal servers one struct server, so health learnt by one container
 * serves all. An address in a container's netns is a server of its own, whoever else has such an
 * address, and so are its answers in the cache. The number is never used again for another list:
 * cache and joining key on it. */
struct upstream_set {
	struct list node;
	unsigned refs;
	uint32_t number;
	uint8_t n_servers;
	struct server *servers[DNS_SERVERS_MAX];
};

struct upstreams {
	struct ev_loop *loop;
	struct list sets, servers;
	uint32_t last_number;
	ev_timer rest;
};

void upstreams_init(struct upstreams *upstreams, struct ev_loop *loop);

/* The set of these servers in this order; ports may be NULL (53), zones too (none), source too (the
 * host's netns). Unspecified addresses and repetitions are left out, so it may be empty. NULL: out
 * of memory. */
struct upstream_set *upstream_set_get(struct upstreams *upstreams, struct source *source,
				      const struct addr *addrs, const uint16_t *ports,
				      const uint32_t *zones, size_t n_addrs);
struct upstream_set *upstream_set_ref(struct upstream_set *set);
/* None of its servers has answered lately, though all were asked; so it is of an empty one. */
bool upstream_set_is_dead(const struct upstream_set *set, uint64_t now_ms);
/* NULL is fine. */
void upstream_set_unref(struct upstream_set *set);
/* Servers that nothing refers to go away. A question that is open refers to its server. */
struct server *upstream_server_ref(struct server *server);
void upstream_server_unref(struct server *server);
/* A lane may have been opened: see to its being closed one day. */
void upstreams_used(struct upstreams *upstreams);

// SPDX-License-Identifier: GPL-2.0-or-later
// asking.h - the room in which questions leave for upstream servers: what it consists of
#pragma once

#include "dns/cache.h"
#include "resolver/ask/admission.h"
#include "resolver/ask/flight.h"
#include "resolver/ask/source.h"
#include "resolver/ask/upstream.h"

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

/* A question passes these from top to bottom: admission says when it may leave; a flight asks it
 * once for all that wait for it, and takes the answer to the cache; a try puts it to one server of
 * an upstream's list, as a datagram or over a lane (TCP), from the host's netns or through a socket
 * of a source. */
struct asking {
	struct admission admission;
	struct flights flights;
	struct dns_cache *cache;
	struct upstreams upstreams;
	struct upstream_set *host; /* the host's; NULL until the first CONFIG */
	struct sources sources;
	uint8_t *scratch; /* DNS_TCP_MAX bytes for a reply that is sent or copied at once */
};

struct asking_options {
	struct ev_loop *loop;
	struct outbox *outbox;
	struct ipc_stats *stats;
	size_t n_fds; /* how many descriptors the process may have */
	/* admission.h */
	void (*turn)(struct request *request, bool late, void *data);
	void *data;
};

/* Once in a process, which ends with it. 0 or -ENOMEM. */
int asking_init(struct asking *asking, const struct asking_options *options);
/* On the way to the kernel: answers are handed out, and what has ended makes room. */
void asking_settle(struct asking *asking);

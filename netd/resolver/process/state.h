// SPDX-License-Identifier: GPL-2.0-or-later
// state.h - all the resolver knows, in one place that its modules share
#pragma once

#include "dns/cache.h"
#include "dns/table.h"
#include "ipc/msg.h"
#include "resolver/ask/admission.h"
#include "resolver/ask/flight.h"
#include "resolver/ask/upstream.h"
#include "resolver/listen/journal.h"
#include "resolver/listen/tcp.h"
#include "resolver/listen/view.h"
#include "resolver/loop/turns.h"
#include "resolver/process/channel.h"
#include "resolver/relay/relay.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One per process, never freed: the process ends with it. */
struct resolver {
	struct ev_loop *loop;
	ev_prepare settle;
	struct turns turns;
	struct dns_table *table;
	struct dns_cache *cache;
	uint32_t ttl_s;
	bool forward_single;
	struct upstreams upstreams;
	struct upstream_set *host_upstreams; /* NULL until the first CONFIG */
	struct flights flights;
	struct admission admission;
	size_t n_source_sockets, n_source_sockets_max; /* inside containers */
	struct views views;
	struct tcp_clients clients;
	struct relays relays;
	struct channel channel;
	struct journal journal;
	struct ipc_stats stats;
	uint64_t random;  /* xorshift64: good enough to shuffle answers */
	uint8_t *scratch; /* DNS_TCP_MAX bytes for a reply that is sent or copied at once */
};

// SPDX-License-Identifier: GPL-2.0-or-later
// relay.h - published ports that the kernel cannot translate: [::1], and IPv6 clients of IPv4
#pragma once

#include "ipc/msg.h"
#include "resolver/relay/relay_flow.h"

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

/* 0 or -ENOMEM. */
int relays_init(struct relays *relays, struct ev_loop *loop, struct outbox *outbox,
		struct ipc_stats *stats);
/* From here on the connections that would end with this process are counted in memory that outlives
 * it, before there is any. What the process before us has left there is told in the log. */
void relays_outlive(struct relays *relays, uint32_t *n_alone);
/* Makes the relay, or gives a known one a new target; fds: one socket, or none for a known one.
 * Taken over on success only. -EPROTO, -ENOMEM. */
int relay_update(struct relays *relays, const struct ipc_relay *message, const int *fds,
		 size_t n_fds);
/* Closes it with its flows. Unknown numbers are nothing. */
void relay_remove(struct relays *relays, uint32_t number);
/* Between two rounds. */
void relays_settle(struct relays *relays);
/* The inventory, over the channel. */
void relays_send(const struct relays *relays);
/* A connection of the resolver before this one goes on. Taken over on success only. -ENOENT: its
 * relay is no more; -EPROTO, -ENOMEM, or why it cannot. */
int relay_adopt(struct relays *relays, const struct ipc_flow *message, const int *fds,
		size_t n_fds);
/* Gives the plumber what flows consist of, where it has that not. */
void relay_offer_flows(struct relay *relay);
void relays_sync_begin(struct relays *relays);
void relays_sync_end(struct relays *relays);

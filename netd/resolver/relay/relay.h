// SPDX-License-Identifier: GPL-2.0-or-later
// relay.h - published ports that the kernel cannot translate: [::1], and IPv6 clients of IPv4
#pragma once

#include "base/hash.h"
#include "base/list.h"
#include "ipc/msg.h"
#include "resolver/loop/acceptor.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resolver;

/* A socket of the host that the plumber opened, and where what arrives there goes. A flow points to
 * its relay while that exists; it goes when its relay goes. */
struct relay {
	struct list node;
	struct relays *relays;
	struct ipc_relay about;
	int fd;
	bool said;		  /* mentioned since the last HELLO */
	bool kept;		  /* the plumber has the socket, too */
	bool listens;		  /* not before the flows of the process before have been told */
	struct acceptor acceptor; /* of TCP */
	ev_io udp;		  /* of UDP */
	struct list flows;
	unsigned n_flows;
	struct map *by_client; /* UDP flows by client address; NULL for TCP */
};

struct relays {
	struct resolver *resolver;
	struct ev_loop *loop;
	struct map *by_number;
	struct list all;
	unsigned n_flows;
	unsigned n_ready, first, used; /* in this round of the loop: relays_turn */
	uint32_t last_flow;	       /* number */
	struct flow *ready;	       /* relay_tcp.c: for the next connection; NULL */
	struct list ended;	       /* relay_tcp.c: flows to be closed */
	ev_timer closer;	       /* that does so */
	uint64_t *n_relayed;	       /* counts flows opened */
};

int relays_init(struct relays *relays, struct resolver *resolver);
/* Makes the relay, or gives a known one a new target; fds: one socket, or none for a known one.
 * Taken over on success only. -EPROTO, -ENOMEM. */
int relay_update(struct resolver *resolver, const struct ipc_relay *message, const int *fds,
		 size_t n_fds);
/* Closes it with its flows. Unknown numbers are nothing. */
void relay_remove(struct relays *relays, uint32_t number);
/* May what is ready do something in this round of the loop? Else it comes again in the next, which
 * begins with those that this one had no room for. So bytes pumped through published ports hold up
 * no names. */
bool relays_turn(struct relays *relays);
/* It moved so many bytes. */
void relays_moved(struct relays *relays, size_t n_bytes);
/* Between two rounds. */
void relays_settle(struct relays *relays);
/* The inventory, over the channel. */
void relays_send(struct resolver *resolver);
/* A connection of the resolver before this one goes on. Taken over on success only. -ENOENT: its
 * relay is no more; -EPROTO, -ENOMEM, or why it cannot. */
int relay_adopt(struct resolver *resolver, const struct ipc_flow *message, const int *fds,
		size_t n_fds);
/* Gives the plumber what flows consist of, where it has that not. */
void relay_offer_flows(struct relay *relay);
void relays_sync_begin(struct relays *relays);
void relays_sync_end(struct relays *relays);

/* May it have one more flow? Clients of one port leave room for those of others. */
bool relay_has_room(const struct relay *relay);
/* For relay_tcp.c and relay_udp.c: the flow is said to the plumber, with what it consists of; or
 * that it is over. */
bool relay_keep_flow(const struct relay *relay, uint32_t number, const void *state, size_t len,
		     const int *fds, size_t n_fds);
void relay_flow_gone(const struct relay *relay, uint32_t number, bool kept);

void relays_tcp_init(struct relays *relays);
/* relay_tcp.c and relay_udp.c: made, serving relay->fd, and ended with all flows. */
void relay_tcp_start(struct relay *relay);
void relay_tcp_listen(struct relay *relay);
void relay_tcp_stop(struct relay *relay);
/* What was made ready for connections that have not come is closed. */
void relay_tcp_settle(struct relays *relays);
int relay_udp_start(struct relay *relay); /* 0 or -ENOMEM */
void relay_udp_listen(struct relay *relay);
void relay_udp_stop(struct relay *relay);
int relay_tcp_adopt(struct relay *relay, const struct ipc_flow *message, const int *fds);
int relay_udp_adopt(struct relay *relay, const struct ipc_flow *message, const int *fds);
void relay_tcp_offer(struct relay *relay);
void relay_udp_offer(struct relay *relay);
void relay_tcp_forget_kept(struct relay *relay); /* nobody keeps the flows now */
void relay_udp_forget_kept(struct relay *relay);

// SPDX-License-Identifier: GPL-2.0-or-later
// relay_flow.h - relays and what their flows have in common: room, turns, and what outlives them
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "ipc/msg.h"
#include "resolver/loop/acceptor.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox;

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
	struct outbox *outbox;
	struct ipc_stats *stats;
	struct ev_loop *loop;
	struct map *by_number;
	struct list all;
	bool syncing;	  /* the plumber is telling which relays there are */
	unsigned n_flows; /* with those that are over and not closed yet: all have descriptors */
	unsigned n_ready, first, used; /* in this round of the loop: relay_flow_turn */
	uint32_t last_flow;	       /* number */
	struct flow *ready;	       /* relay_tcp.c: for the next connection; NULL */
	uint32_t *n_alone;	       /* TCP connections that would end with this process */
	uint32_t n_alone_here;	       /* where they are counted until relays_outlive() */
	struct list endings;	       /* of flows that are over and not closed yet, oldest first */
	ev_timer closer;	       /* that closes them */
};

/* The end of a flow, as a part of it. */
struct relay_ending {
	struct list node;
	void (*close)(struct relay_ending *ending); /* its descriptors, and frees it */
};

/* May what is ready do something in this round of the loop? Else it comes again in the next, which
 * begins with those that this one had no room for. So bytes pumped through published ports hold up
 * no names. */
bool relay_flow_turn(struct relays *relays);
/* It moved so many bytes. */
void relay_flow_moved(struct relays *relays, size_t n_bytes);
/* May it have one more flow? Clients of one port leave room for those of others. */
bool relay_flow_has_room(const struct relay *relay);
/* The flow is said to the plumber, with what it consists of: true where it keeps that. And that the
 * flow is over, where it was kept. */
bool relay_flow_keep(const struct relay *relay, uint32_t number, const void *state, size_t len,
		     const int *fds, size_t n_fds);
void relay_flow_gone(const struct relay *relay, uint32_t number, bool kept);
/* One TCP connection more, or less, that nobody but this process has. */
void relay_flow_alone(struct relays *relays, bool more);
/* What all relays begin with. */
void relay_flow_init(struct relays *relays);
/* Of a flow whose sockets are shut down and not watched any more: it is closed a look at the kernel
 * later. Its relay may be gone by then. */
void relay_flow_end(struct relays *relays, struct relay_ending *ending);

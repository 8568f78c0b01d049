// SPDX-License-Identifier: GPL-2.0-or-later
// source.h - sockets inside a container, from which its own servers are asked
#pragma once

#include "base/list.h"
#include "ipc/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox;

/* What containers' sockets have in common. */
struct sources {
	struct outbox *outbox; /* where more of them are asked for */
	size_t n, n_max;       /* sockets, of all */
	bool freed;	       /* some can be had again; admission looks, and takes it back */
};

/* Theory of operation. The resolver cannot enter a namespace, so the plumber opens unbound sockets
 * there and hands them over, on request (IPC_SOCKETS). A socket for datagrams is used again and
 * again: connecting it to AF_UNSPEC takes its port away (net/ipv4/udp.c, __udp_disconnect) and
 * connecting it to a server draws a new one, as unpredictable as the first. So what is there lasts
 * without a plumber; what is missing is asked for when it is missed, and questions wait in line
 * until it comes. Sockets for TCP are used up. */
struct source {
	struct sources *sources;
	unsigned refs;
	uint32_t view; /* number, for the plumber */
	bool closed;
	struct list busy; /* asks that have a socket of it */
	uint64_t wanted_ms;
	struct source_kind {
		bool used; /* a server of the container is asked that way */
		int *idle;
		unsigned n_idle, n_all;
		size_t size;
	} kinds[IPC_SOCKET_N_KINDS];
};

/* refs starts at 1. NULL: out of memory. */
struct source *source_new(struct sources *sources, uint32_t view);
struct source *source_ref(struct source *source);
/* NULL is fine. */
void source_unref(struct source *source);
/* Servers of these families are going to be asked. */
void source_use(struct source *source, const bool used[FAMILY_N]);
/* All sockets are closed and what was asked from them ends with -ECANCELED: the namespace is free
 * to go. */
void source_close(struct source *source);

/* Can a question leave now? If not, sockets were asked for; admission hears of their arrival. */
bool source_is_ready(struct source *source);
/* Would source_take have an answer now, a socket or a refusal? If not, sockets were asked for. */
bool source_has(struct source *source, enum ipc_socket_kind kind);
/* A socket, non-blocking, unbound. -EAGAIN: none now; -ECONNREFUSED: closed. */
int source_take(struct source *source, enum ipc_socket_kind kind);
/* A socket of datagrams is done with. */
void source_give(struct source *source, enum ipc_socket_kind kind, int fd);

/* The plumber's sockets: each that fits is taken over and becomes -1 in fds. */
void source_add(struct source *source, int *fds, size_t n_fds);

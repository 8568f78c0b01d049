// SPDX-License-Identifier: GPL-2.0-or-later
// tcp.h - clients that ask over TCP (RFC 7766)
#pragma once

#include "base/list.h"

#include <stdbool.h>

struct view;

/* Ordered by last activity, the longest idle first. When a container has its whole share
 * (share.h) of connections, the one that was answered and has been quiet for longest makes room, or
 * one that never said anything for a while. As long as all of them are still to be answered,
 * further ones wait to be accepted. */
struct tcp_clients {
	struct list all, gone;
	unsigned n;
};

void tcp_clients_init(struct tcp_clients *clients);
/* May view have another client? May close one for that. */
bool tcp_make_room(struct view *view);
/* Closes one that waits for nothing, of whatever view, for its descriptor. False: there is none. */
bool tcp_make_descriptor(struct tcp_clients *clients);
/* Takes fd over, whatever happens. */
void tcp_client_add(struct view *view, int fd);
/* Looks again at all that its clients have asked and ask now. */
void tcp_go_on(struct view *view);
void tcp_close_view(struct view *view);
/* Frees clients that were closed. */
void tcp_settle(struct tcp_clients *clients);

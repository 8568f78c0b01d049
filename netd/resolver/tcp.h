// SPDX-License-Identifier: GPL-2.0-or-later
// tcp.h - clients that ask over TCP (RFC 7766)
#pragma once

#include "base/list.h"

struct resolver;
struct view;

/* Ordered by last activity, the longest idle first: it makes room when a limit is reached. */
struct tcp_clients {
	struct list all, gone;
	unsigned n;
};

void tcp_clients_init(struct tcp_clients *clients);
/* Takes fd over, whatever happens. */
void tcp_client_add(struct view *view, int fd);
void tcp_close_view(struct view *view);
/* Frees clients that were closed. */
void tcp_settle(struct tcp_clients *clients);

// SPDX-License-Identifier: GPL-2.0-or-later
// relay_tcp.h - connections from one socket to another, moved by the kernel
#pragma once

#include "ipc/msg.h"
#include "resolver/relay/relay_flow.h"

/* Between two rounds of the loop: what was made ready for connections that have not come is closed.
 */
void relay_tcp_settle(struct relays *relays);

void relay_tcp_start(struct relay *relay);
/* It begins to serve relay->fd: once the flows of the process before have been told. */
void relay_tcp_listen(struct relay *relay);
/* With all its flows. */
void relay_tcp_stop(struct relay *relay);
/* A flow of the process before goes on. Takes fds over on success only. */
int relay_tcp_adopt(struct relay *relay, const struct ipc_flow *message, const int *fds);
/* Gives the plumber what flows consist of, where it has that not. */
void relay_tcp_offer(struct relay *relay);
/* Nobody keeps the flows now. */
void relay_tcp_forget_kept(struct relay *relay);

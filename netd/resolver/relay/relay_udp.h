// SPDX-License-Identifier: GPL-2.0-or-later
// relay_udp.h - datagrams between the clients of one socket and a target
#pragma once

#include "ipc/msg.h"
#include "resolver/relay/relay_flow.h"

/* 0 or -ENOMEM. */
int relay_udp_start(struct relay *relay);
/* It begins to serve relay->fd: once the flows of the process before have been told. */
void relay_udp_listen(struct relay *relay);
/* With all its flows. */
void relay_udp_stop(struct relay *relay);
/* A flow of the process before goes on. Takes fds over on success only. */
int relay_udp_adopt(struct relay *relay, const struct ipc_flow *message, const int *fds);
/* Gives the plumber what flows consist of, where it has that not. */
void relay_udp_offer(struct relay *relay);
/* Nobody keeps the flows now. */
void relay_udp_forget_kept(struct relay *relay);

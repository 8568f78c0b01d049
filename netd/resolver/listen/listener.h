// SPDX-License-Identifier: GPL-2.0-or-later
// listener.h - the two sockets of a view; questions over UDP
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view;
union peer;

/* True: a datagram and a listening stream socket of the internet. */
bool listener_check(int udp, int tcp);
/* Takes the descriptors over; keeper may be -1. */
void listener_open(struct view *view, int udp, int tcp, int keeper);
/* Closes them with all clients; what waits for an answer is forgotten. Safe to call twice. */
void listener_close(struct view *view);
/* A question over UDP that came to the process before this one. */
void listener_answer(struct view *view, const union peer *peer, const uint8_t *query, size_t len);

// SPDX-License-Identifier: GPL-2.0-or-later
// datagram.h - one datagram to a server, from a port of its own, and what comes back to it
#pragma once

#include "base/list.h"
#include "resolver/ask/lane.h"
#include "resolver/loop/job.h"
#include "resolver/loop/spot.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. Whoever forges an answer must hit the port that the question left from and
 * its id; the kernel draws the port, from some 28,000, when an unbound socket connects
 * (net/ipv4/udp.c, udp_lib_get_port), and we the id. So each question has a socket for itself and
 * as long as it waits only: with one for several, a question that somebody keeps waiting would hold
 * the port still for all others. Only what this server sends to this port arrives at all, and only
 * this id with this question is an answer. Who finds the port nevertheless and tries ids is heard
 * ASK_WRONG_MAX times. */
struct datagram;

/* status 0: answer holds what the server said, TC or not, valid during the call. Else a negative
 * errno: -ETIMEDOUT, -ECONNREFUSED (the network said no), -ECANCELED, -EBADMSG (too many wrong
 * answers). */
typedef void (*datagram_fn)(struct datagram *datagram, int status, const uint8_t *answer,
			    size_t len);

/* Embedded by who asks; everything is datagram.c's. */
struct datagram {
	struct list busy; /* of source */
	struct source *source;
	uint8_t kind; /* of the socket in source */
	struct ev_loop *loop;
	struct spot spot;
	ev_timer timer;
	struct job late; /* the timer has fired */
	datagram_fn done;
	const uint8_t *message;
	size_t len;
	unsigned n_wrong;
};

/* Sends message, which has its id and lives as long as datagram. 0: done will be called, once, in a
 * turn of party. -ECONNREFUSED: the network says no; -EMFILE, -ENOMEM, -EAGAIN, -EADDRNOTAVAIL: no
 * socket or port. */
int datagram_start(struct datagram *datagram, struct ev_loop *loop, struct party *party,
		   const struct server_name *server, const uint8_t *message, size_t len,
		   datagram_fn done);
/* The same datagram once more: the one before may be lost. The time that is left stays. */
void datagram_again(const struct datagram *datagram);
/* Ends it with -ECANCELED. */
void datagram_cancel(struct datagram *datagram);
/* Does a route lead there? True when that cannot be told now. */
bool datagram_has_route(const struct server_name *server);

// SPDX-License-Identifier: GPL-2.0-or-later
// acceptor.h - accepts connections on a listening socket without spinning when there is no room
#pragma once

#include "base/spare.h"

#include <ev.h>
#include <stdbool.h>

struct acceptor;
/* Takes fd over: non-blocking, CLOEXEC. May stop the acceptor. */
typedef void (*acceptor_fn)(struct acceptor *acceptor, int fd);

/* Asked before each connection; false: it waits in the kernel's queue. May be NULL: always. */
typedef bool (*acceptor_ready_fn)(struct acceptor *acceptor);

/* There are no descriptors. False: none could be made free, and the next connections wait. May be
 * NULL: none ever can. */
typedef bool (*acceptor_spent_fn)(struct acceptor *acceptor);

/* After a yes to ready nobody was there, or could be had. */
typedef void (*acceptor_missed_fn)(struct acceptor *acceptor);

struct acceptor {
	ev_io io;
	ev_timer rest; /* no room: sleep for a while instead of being woken for nothing */
	acceptor_ready_fn ready;
	acceptor_spent_fn spent;
	acceptor_missed_fn missed; /* may be NULL */
	acceptor_fn accepted;
	struct spare *spare; /* NULL: whoever connects can wait; else there is one for who cannot */
	bool told;	     /* the log says that there are no descriptors */
};

/* fd stays the caller's and must be open until acceptor_stop. */
void acceptor_start(struct acceptor *acceptor, struct ev_loop *loop, int fd,
		    acceptor_ready_fn ready, acceptor_fn accepted);
/* There may be room now. */
void acceptor_wake(struct acceptor *acceptor, struct ev_loop *loop);
/* Safe on a zeroed or stopped one. */
void acceptor_stop(struct acceptor *acceptor, struct ev_loop *loop);

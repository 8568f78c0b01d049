// SPDX-License-Identifier: GPL-2.0-or-later
// acceptor.h - accepts connections on a listening socket without spinning when descriptors run out
#pragma once

#include <ev.h>

struct acceptor;
/* Takes fd over: non-blocking, CLOEXEC. May stop the acceptor. */
typedef void (*acceptor_fn)(struct acceptor *acceptor, int fd);

struct acceptor {
	ev_io io;
	ev_timer rest; /* no descriptors: sleep for a while instead of being woken for nothing */
	acceptor_fn accepted;
};

/* fd stays the caller's and must be open until acceptor_stop. */
void acceptor_start(struct acceptor *acceptor, struct ev_loop *loop, int fd, acceptor_fn accepted);
/* Safe on a zeroed or stopped one. */
void acceptor_stop(struct acceptor *acceptor, struct ev_loop *loop);

// SPDX-License-Identifier: GPL-2.0-or-later
// acceptor.c - accepts connections on a listening socket without spinning when there is no room

#include "resolver/loop/acceptor.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* The rest is over. */
static void on_rested(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct acceptor *acceptor = watcher->data;

	(void)revents;
	ev_io_start(loop, &acceptor->io);
}

/* Theory of operation. A listening socket stays readable as long as somebody waits to be accepted.
 * Where nobody can be accepted (no room, no descriptor) the watcher rests, instead of waking the
 * loop all the time, and is woken early when room is made. One connection is taken in each round,
 * so that a burst of them leaves turns to what is connected already.
 *
 * ready, spent and accepted are the owner's: may one be accepted, can a descriptor be freed, take
 * it. */

/* Until the timer, or acceptor_wake(). */
static void take_rest(struct acceptor *acceptor, struct ev_loop *loop)
{
	/* The socket stays readable while a connection waits, so the loop would spin. */
	ev_io_stop(loop, &acceptor->io);
	ev_timer_set(&acceptor->rest, RESOLVER_REST_MS / 1000.0, 0.0);
	ev_timer_start(loop, &acceptor->rest);
}

/* Somebody has made room. */
void acceptor_wake(struct acceptor *acceptor, struct ev_loop *loop)
{
	if (!ev_is_active(&acceptor->rest))
		return;
	ev_timer_stop(loop, &acceptor->rest);
	ev_io_start(loop, &acceptor->io);
}

/* Once, until one was accepted again: tries come five times a second. One line for each such
 * time. */
static void tell(struct acceptor *acceptor, int errnum)
{
	if (!acceptor->told)
		log_warn("cannot accept a connection: %s; it waits", strerror(errnum));
	acceptor->told = true;
}

/* Where no descriptor is left the spare one is used. syscalls: accept4 */
static int take(struct acceptor *acceptor)
{
	int fd = accept4(acceptor->io.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		acceptor->told = false;
		return fd;
	}
	fd = -errno;
	if (spare_is_for(-fd) && acceptor->spare != NULL)
		fd = spare_accept(acceptor->spare, acceptor->io.fd);
	return fd;
}

/* The number in one round is bounded. */
static void on_connection(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct acceptor *acceptor = watcher->data;

	if (watcher_again(loop, watcher, revents))
		return;
	/* ready or accepted may stop the watcher; then the loop ends, too. */
	for (int i = 0; i < RESOLVER_ACCEPTS && ev_is_active(&acceptor->io); i++) {
		int fd;

		/* Asked before each: one that is accepted can only be closed again, and a client
		 * that waits in the queue may still be served. */
		if (acceptor->ready != NULL && !acceptor->ready(acceptor)) {
			take_rest(acceptor, loop);
			return;
		}
		fd = take(acceptor);
		if (fd >= 0) {
			acceptor->accepted(acceptor, fd);
			continue;
		}
		if (acceptor->missed != NULL)
			acceptor->missed(acceptor);
		if (spare_is_for(-fd)) {
			tell(acceptor, -fd);
			if (acceptor->spent != NULL && acceptor->spent(acceptor))
				continue;
			take_rest(acceptor, loop);
		}
		/* What is left is EAGAIN, or a connection that failed before we took it. */
		return;
	}
}

/* fd stays the caller's. */
void acceptor_start(struct acceptor *acceptor, struct ev_loop *loop, int fd,
		    acceptor_ready_fn ready, acceptor_fn accepted)
{
	acceptor->ready = ready;
	acceptor->spent = NULL;
	acceptor->missed = NULL;
	acceptor->accepted = accepted;
	acceptor->spare = NULL;
	acceptor->told = false;
	ev_init(&acceptor->rest, on_rested);
	acceptor->rest.data = acceptor;
	ev_io_init(&acceptor->io, on_connection, fd, EV_READ);
	acceptor->io.data = acceptor;
	ev_io_start(loop, &acceptor->io);
}

/* It may be started again. */
void acceptor_stop(struct acceptor *acceptor, struct ev_loop *loop)
{
	ev_io_stop(loop, &acceptor->io);
	ev_timer_stop(loop, &acceptor->rest);
}

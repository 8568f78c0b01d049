// SPDX-License-Identifier: GPL-2.0-or-later
// door.c - who wants to come in: connections, so many at a time
#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "usher/talk.h"
#include "usher/tls.h"
#include "usher/usher.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Theory of operation. The plumber binds the sockets and hands them over, so that hosts which
 * knock while a usher is replaced wait in the queue of the socket. Each connection is a struct
 * talk, which is a server: it hears one request, says one answer and ends. No connection
 * outlives its deadline.
 *
 * Whoever knocks is a stranger, and anybody may. What he can cost is bounded: USHER_TALKS_MAX
 * connections, USHER_MESSAGE_MAX bytes and USHER_TALK_S seconds of each. He hears nothing of why
 * a connection failed, and it is not logged: a stranger could fill the log. */

/* What is open. loop is NULL until the first configuration comes. */
static struct {
	struct ev_loop *loop;
	/* owned by channel.c, which replaces it in place before door_open */
	const struct usher_config *config;
	/* owned; NULL: the certificates are no good, and no socket is open */
	SSL_CTX *context;
	/* the first n_io hold a socket each, which is owned */
	ev_io io[USHER_SOCKETS_MAX];
	size_t n_io;
	/* connections that are open, those begun with an earlier configuration as well */
	unsigned n_talks;
} door;

static void on_met(struct talk *talk, void *data)
{
	(void)talk, (void)data; /* it speaks first */
}

/* Where a connection comes from. False: the socket does not say. */
static bool find_from(SSL *tls, struct addr *ret_addr)
{
	struct sockaddr_storage place = { 0 };
	socklen_t len = sizeof(place);
	uint16_t port;

	return getpeername(SSL_get_fd(tls), (struct sockaddr *)&place, &len) == 0 &&
	       addr_from_sockaddr((const struct sockaddr *)&place, ret_addr, &port);
}

/* The one message of a host that wants to come in. Decided with the configuration of now, not
 * with the one of the time it connected: a secret that was replaced meanwhile lets nobody in. */
static void on_heard(struct talk *talk, const uint8_t *message, size_t len, void *data)
{
	static uint8_t space[USHER_MESSAGE_MAX];
	struct wire out = wire_writer(space, sizeof(space));
	struct addr from;
	struct tls_shown shown;
	const struct judge_guest guest = {
		.from = find_from(talk_tls(talk), &from) ? &from : NULL,
		.shown = tls_shown(talk_tls(talk), &shown) ? &shown : NULL,
	};

	(void)data;
	/* The wall clock, for a token expires at a point in time that a person was told. */
	judge_request(door.config, message, len, &guest, (uint64_t)time(NULL), &out);
	/* An answer that does not fit is none; the host sees that it is hung up on. */
	if (out.err == 0)
		talk_say(talk, space, out.pos);
	else
		talk_end(talk);
}

/* Mutual: a connection that ends may make room, and a connection that begins may take the last. */
static void watch(void);

/* The reason is dropped: see above. */
static void on_ended(struct talk *talk, const char *why, void *data)
{
	(void)talk, (void)why, (void)data;
	door.n_talks--;
	watch();
}

/* One connection for each call; the loop comes back while others wait. A failure of accept4(2)
 * is passed over: who hung up already is gone, and who is still there is reported again. */
static void on_knock(struct ev_loop *loop, ev_io *io, int revents)
{
	const struct talk_ears ears = { .met = on_met, .heard = on_heard, .ended = on_ended };
	int fd;

	if (watcher_again(loop, io, revents))
		return;
	fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	/* talk_new closes fd when it fails, and then there is nobody to count. */
	if (talk_new(loop, door.context, fd, false, &ears))
		door.n_talks++;
	watch();
}

/* Listens, or stops to: those that are too many wait in the queue of the socket, as long as one
 * that is in may take. Starting what is started, or stopping what is stopped, does nothing. */
static void watch(void)
{
	for (size_t i = 0; i < door.n_io; i++)
		if (door.n_talks < USHER_TALKS_MAX)
			ev_io_start(door.loop, &door.io[i]);
		else
			ev_io_stop(door.loop, &door.io[i]);
}

/* Gives up sockets and context of the configuration before. Connections that are open go on to
 * their end: n_talks stays. */
static void close_door(void)
{
	for (size_t i = 0; i < door.n_io; i++) {
		ev_io_stop(door.loop, &door.io[i]);
		(void)close(door.io[i].fd);
	}
	door.n_io = 0;
	SSL_CTX_free(door.context); /* those that talk hold it themselves */
	door.context = NULL;
}

void door_open(struct ev_loop *loop, const struct usher_config *config, const int *fds,
	       size_t n_fds)
{
	/* All is replaced, also when only the secret is new: that happens seldom, and the
	 * plumber sends duplicates of the same sockets, so the queue of those who wait is not
	 * lost. */
	if (door.loop)
		close_door();
	door.loop = loop;
	door.config = config;
	door.context = tls_server(config->cert, config->key, config->ca);
	if (!door.context)
		log_error("nobody can be let into the cluster: its certificates are no good");
	/* Without certificates nobody is heard; the descriptors are owned all the same. */
	for (size_t i = 0; i < n_fds; i++) {
		if (!door.context || i >= USHER_SOCKETS_MAX) {
			(void)close(fds[i]);
			continue;
		}
		ev_io_init(&door.io[i], on_knock, fds[i], EV_READ);
		door.n_io++;
	}
	watch();
}

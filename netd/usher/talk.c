// SPDX-License-Identifier: GPL-2.0-or-later
// talk.c - a connection by TLS over which each side says one message
#include "usher/talk.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/watcher.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. A talk goes through these stations, in this order: the handshake
 * (has_met), what is to be said is written, one message is read (has_heard). A client says its
 * message in met() and then waits for the answer; a server hears first and answers in heard(),
 * and what it has written is the end.
 *
 * go_on() does what can be done at once and returns when OpenSSL waits for the socket. Nobody
 * frees a talk while one of its callbacks runs: give_up() only sets is_over, and whoever called
 * go_on finds it and frees the talk in finish(). So a caller may end a talk from within any
 * callback. A single timer bounds all of it, so a stranger who sends a byte a second holds his
 * place no longer than others.
 *
 * The layout on the wire: two bytes of length, most significant first, then the message. A
 * length of 0 is refused, and so is one above USHER_MESSAGE_MAX, before a byte of such a message
 * is read. */

#define LENGTH_SIZE 2 /* before a message */

struct talk {
	struct ev_loop *loop;
	/* copied; its data is the owner's */
	struct talk_ears ears;
	/* owned; it holds a reference to its context, which may be freed meanwhile */
	SSL *tls;
	/* owned: SSL_set_fd does not close it */
	int fd;
	/* waits for what OpenSSL waits for, which may be to write in the middle of reading */
	ev_io io;
	/* runs from the first moment and is never set anew */
	ev_timer patience;
	bool is_client, has_met, has_heard, is_over;
	const char *why; /* with is_over */
	size_t n_in, n_out, at_out;
	uint8_t in[LENGTH_SIZE + USHER_MESSAGE_MAX], out[LENGTH_SIZE + USHER_MESSAGE_MAX];
};

/* Tells the owner, then frees the talk. The owner is told first, for why and tls may be looked
 * at by him; he must not touch the talk afterwards. */
static void finish(struct talk *talk)
{
	ev_io_stop(talk->loop, &talk->io);
	ev_timer_stop(talk->loop, &talk->patience);
	talk->ears.ended(talk, talk->why, talk->ears.data);
	SSL_free(talk->tls);
	(void)close(talk->fd);
	explicit_bzero(talk, sizeof(*talk)); /* a secret may have been said */
	free(talk);
}

/* Marks the talk as over. why: a text that lives longer than the talk, or NULL for a good end.
 * Nothing is freed here, so it may be called from any depth. */
static void give_up(struct talk *talk, const char *why)
{
	talk->is_over = true;
	talk->why = why;
}

/* After a call of OpenSSL that did not succeed, with its result: what it waits for is waited
 * for, else the talk is over. why is said when the system has no reason of its own. */
static void wait_or_give_up(struct talk *talk, int result, const char *why)
{
	int reason = errno; /* of a connection that cannot be made, too */
	int error = SSL_get_error(talk->tls, result), events;

	/* The queue of errors is the thread's: what is left there would spoil the next talk. */
	ERR_clear_error();
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
		give_up(talk, error == SSL_ERROR_SYSCALL && reason != 0 ? strerror(reason) : why);
		return;
	}
	/* libev wants a watcher stopped while its events change. */
	events = error == SSL_ERROR_WANT_READ ? EV_READ : EV_WRITE;
	ev_io_stop(talk->loop, &talk->io);
	ev_io_set(&talk->io, talk->fd, events);
	ev_io_start(talk->loop, &talk->io);
}

/* The steps of go_on. Each returns true when there is more to do at once, and false when the
 * socket is waited for or the talk is over. This one: the handshake, and the connection before
 * it. */
static bool greet(struct talk *talk)
{
	int result;

	/* OpenSSL leaves errno alone when the other side just closes: an old value would be
	 * told. */
	errno = 0;
	result = SSL_do_handshake(talk->tls);

	if (result != 1) {
		wait_or_give_up(talk, result, "it does not answer as netd does");
		return false;
	}
	talk->has_met = true;
	talk->ears.met(talk, talk->ears.data);
	return true;
}

/* Sends what is left of out. SSL_write takes all or nothing as OpenSSL is set here, so it is
 * called again with the same place and length when it has to wait. */
static bool write_some(struct talk *talk)
{
	int result = SSL_write(talk->tls, talk->out + talk->at_out,
			       (int)(talk->n_out - talk->at_out));

	if (result <= 0) {
		wait_or_give_up(talk, result, "it has hung up");
		return false;
	}
	talk->at_out += (size_t)result;
	/* A server has said what there was to say. */
	if (talk->at_out == talk->n_out && !talk->is_client) {
		(void)SSL_shutdown(talk->tls); /* who has gone hears it no more */
		give_up(talk, NULL);
	}
	return true;
}

/* Reads the length, then as much as it says and not a byte more. Returns to go_on between the
 * two, so that the length is judged before it is used. heard() is called once, with a message of
 * 1 byte or more. */
static bool read_some(struct talk *talk)
{
	size_t wanted = LENGTH_SIZE;
	int result;

	if (talk->n_in >= LENGTH_SIZE)
		wanted += (size_t)talk->in[0] << 8 | talk->in[1];
	/* The length is a stranger's: the check stands in front of every use of it. */
	if (wanted > sizeof(talk->in)) {
		give_up(talk, "it says more than netd would");
		return false;
	}
	/* Set before the call: heard() may say something, and go_on has to find that reading is
	 * done. */
	if (talk->n_in == wanted && wanted > LENGTH_SIZE) {
		talk->has_heard = true;
		talk->ears.heard(talk, talk->in + LENGTH_SIZE, wanted - LENGTH_SIZE,
				 talk->ears.data);
		return true;
	}
	if (talk->n_in == wanted) { /* a message of no bytes */
		give_up(talk, "it says nothing");
		return false;
	}
	result = SSL_read(talk->tls, talk->in + talk->n_in, (int)(wanted - talk->n_in));
	if (result <= 0) {
		wait_or_give_up(talk, result, "it has hung up");
		return false;
	}
	talk->n_in += (size_t)result;
	return true;
}

/* Goes on until the socket has to be waited for. Writing comes before reading, for a client
 * speaks first and a server has nothing to write until it has heard. talk may be freed on
 * return. */
static void go_on(struct talk *talk)
{
	bool more = true;

	while (more && !talk->is_over) {
		if (!talk->has_met)
			more = greet(talk);
		else if (talk->at_out < talk->n_out)
			more = write_some(talk);
		else if (!talk->has_heard)
			more = read_some(talk);
		else
			more = false;
	}
	if (talk->is_over)
		finish(talk);
}

/* The socket is ready for what was waited for. The talk may be gone on return. */
static void on_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	if (!watcher_again(loop, io, revents))
		go_on(io->data);
}

/* The time for all of it is up. Called by the loop, so no step of go_on is under way. */
static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct talk *talk = timer->data;

	(void)loop, (void)revents;
	give_up(talk, "it does not answer in time");
	finish(talk);
}

struct talk *talk_new(struct ev_loop *loop, SSL_CTX *context, int fd, bool is_client,
		      const struct talk_ears *ears)
{
	struct talk *talk = calloc(1, sizeof(*talk));
	SSL *tls = talk ? SSL_new(context) : NULL;

	if (!tls || SSL_set_fd(tls, fd) != 1) {
		SSL_free(tls);
		free(talk);
		(void)close(fd);
		return NULL;
	}
	/* Nothing is sent or read yet: the handshake begins when the socket is ready. */
	if (is_client)
		SSL_set_connect_state(tls);
	else
		SSL_set_accept_state(tls);
	talk->loop = loop;
	talk->ears = *ears;
	talk->tls = tls;
	talk->fd = fd;
	talk->is_client = is_client;
	/* A client waits for its connection, which shows as writable; a server for the first
	 * words. */
	ev_io_init(&talk->io, on_ready, fd, is_client ? EV_WRITE : EV_READ);
	ev_timer_init(&talk->patience, on_patience, USHER_TALK_S, 0.);
	talk->io.data = talk->patience.data = talk;
	ev_io_start(loop, &talk->io);
	ev_timer_start(loop, &talk->patience);
	return talk;
}

void talk_say(struct talk *talk, const void *message, size_t len)
{
	/* A length of 0 means nothing on the wire, see above. The talk is over when the callback
	 * that this is called from returns. */
	if (len == 0 || len > USHER_MESSAGE_MAX) {
		give_up(talk, "there is no room for what is to be said");
		return;
	}
	/* The loop is not touched: go_on goes on with writing when the callback returns. */
	talk->out[0] = (uint8_t)(len >> 8);
	talk->out[1] = (uint8_t)len;
	memcpy(talk->out + LENGTH_SIZE, message, len);
	talk->n_out = LENGTH_SIZE + len;
	talk->at_out = 0;
}

void talk_end(struct talk *talk)
{
	give_up(talk, NULL);
}

SSL *talk_tls(const struct talk *talk)
{
	return talk->tls;
}

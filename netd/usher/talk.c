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

#define LENGTH_SIZE 2 /* before a message */

struct talk {
	struct ev_loop *loop;
	struct talk_ears ears;
	SSL *tls;
	int fd;
	ev_io io;
	ev_timer patience;
	bool is_client, has_met, has_heard, is_over;
	const char *why; /* with is_over */
	size_t n_in, n_out, at_out;
	uint8_t in[LENGTH_SIZE + USHER_MESSAGE_MAX], out[LENGTH_SIZE + USHER_MESSAGE_MAX];
};

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

static void give_up(struct talk *talk, const char *why)
{
	talk->is_over = true;
	talk->why = why;
}

/* What OpenSSL waits for is waited for; else it is over. */
static void wait_or_give_up(struct talk *talk, int result, const char *why)
{
	int reason = errno; /* of a connection that cannot be made, too */
	int error = SSL_get_error(talk->tls, result), events;

	ERR_clear_error();
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
		give_up(talk, error == SSL_ERROR_SYSCALL && reason != 0 ? strerror(reason) : why);
		return;
	}
	events = error == SSL_ERROR_WANT_READ ? EV_READ : EV_WRITE;
	ev_io_stop(talk->loop, &talk->io);
	ev_io_set(&talk->io, talk->fd, events);
	ev_io_start(talk->loop, &talk->io);
}

/* Each true: there is more to do at once. */
static bool greet(struct talk *talk)
{
	int result;

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

static bool read_some(struct talk *talk)
{
	size_t wanted = LENGTH_SIZE;
	int result;

	if (talk->n_in >= LENGTH_SIZE)
		wanted += (size_t)talk->in[0] << 8 | talk->in[1];
	if (wanted > sizeof(talk->in)) {
		give_up(talk, "it says more than netd would");
		return false;
	}
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

static void on_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	if (!watcher_again(loop, io, revents))
		go_on(io->data);
}

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
	if (is_client)
		SSL_set_connect_state(tls);
	else
		SSL_set_accept_state(tls);
	talk->loop = loop;
	talk->ears = *ears;
	talk->tls = tls;
	talk->fd = fd;
	talk->is_client = is_client;
	ev_io_init(&talk->io, on_ready, fd, is_client ? EV_WRITE : EV_READ);
	ev_timer_init(&talk->patience, on_patience, USHER_TALK_S, 0.);
	talk->io.data = talk->patience.data = talk;
	ev_io_start(loop, &talk->io);
	ev_timer_start(loop, &talk->patience);
	return talk;
}

void talk_say(struct talk *talk, const void *message, size_t len)
{
	if (len == 0 || len > USHER_MESSAGE_MAX) {
		give_up(talk, "there is no room for what is to be said");
		return;
	}
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

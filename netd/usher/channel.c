// SPDX-License-Identifier: GPL-2.0-or-later
// channel.c - what the plumber says, and what it is told
#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "usher/usher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The plumber says two things: CONFIG with the sockets of the door, as
 * often as it likes, and a REQUEST to ask another host. This side says a REPLY to each request
 * and nothing else.
 *
 * The plumber is trusted, but not to be of the same release. Whatever does not make sense ends
 * the process: the plumber sees the channel close and starts another usher, to which it says all
 * anew, so no state has to be saved. Messages that carry keys are cleared as soon as they are
 * read. */

/* Of the process: there is one plumber, one channel and one loop. */
static struct ev_loop *its_loop;
static ev_io channel;

/* Ends the process as planned. The status is that of success, for the plumber decides whether it
 * wants another usher. The kernel closes the sockets and forgets the keys. */
static _Noreturn void end(const char *why)
{
	log_info("%s, and its usher goes", why);
	exit(EXIT_SUCCESS);
}

/* Answers request id. status: 0 or a negative errno, which travels as a positive number in what.
 * body is copied into the message. The process ends when the plumber does not take it: a reply
 * that is lost would leave its caller to wait for the deadline. */
static void reply(uint32_t id, int status, const void *body, size_t len)
{
	static uint8_t space[IPC_MSG_MAX];
	struct wire wire = wire_writer(space, sizeof(space));
	const struct ipc_call call = {
		.id = id, .what = (uint16_t)-status, .len = (uint16_t)len, .body = body
	};

	ipc_put_call(&wire, IPC_REPLY, &call);
	if (wire.err != 0 || chan_send(channel.fd, space, wire.pos, NULL, 0) < 0)
		end("netd does not read");
}

void channel_admitted(uint32_t id, const struct usher_admitted *admitted)
{
	/* Half of a message leaves room for the head of the reply, and is more than three PEM
	 * texts and the members need. */
	static uint8_t body[IPC_MSG_MAX / 2];
	struct wire wire = wire_writer(body, sizeof(body));
	static const char why[] = "what it answers is larger than netd's answers are";

	usher_msg_put_admitted(&wire, admitted);
	if (wire.err == 0)
		reply(id, 0, body, wire.pos);
	else
		reply(id, -EMSGSIZE, why, strlen(why));
	/* the private key of this host is in it */
	explicit_bzero(body, sizeof(body));
}

void channel_refused(uint32_t id, int status, const char *why)
{
	reply(id, status, why, strlen(why));
}

/* Takes a new configuration and its sockets. fds are owned by the door from then on; when the
 * message is refused the process ends, and the kernel closes them. */
static void on_config(struct wire *wire, const int *fds, size_t n_fds)
{
	/* Two of them: the door points at config for as long as it is open, so a message that
	 * turns out to be malformed may not be read into it. */
	static struct usher_config read, config;

	usher_msg_get_config(wire, &read);
	if (wire->err != 0)
		return;
	/* An upgrade may replace the programs while netd runs. A usher of another release would
	 * be started again and again, so the log says what helps. */
	if (read.version != USHER_VERSION) {
		log_error("netd is of another release than its usher: restart netd");
		exit(EXIT_FAILURE);
	}
	config = read;
	explicit_bzero(&read, sizeof(read));
	door_open(its_loop, &config, fds, n_fds);
}

/* A request with a body of struct usher_ask, or of struct usher_renew. wire->err tells of one that
 * is malformed. */
static void on_request(struct wire *wire)
{
	static struct usher_renew renew; /* large */
	struct ipc_call request = { 0 };
	struct usher_ask ask = { 0 };
	struct wire body;

	ipc_get_call(wire, &request);
	if (wire->err != 0)
		return;
	/* The body has a reader of its own: it has to fill its length exactly. */
	body = wire_reader(request.body, request.len);
	if (request.what == USHER_CALL_RENEW)
		usher_msg_get_renew(&body, &renew);
	else
		usher_msg_get_ask(&body, &ask);
	if (body.err != 0 || (request.what != USHER_CALL_ASK && request.what != USHER_CALL_RENEW))
		wire_fail(wire);
	else if (request.what == USHER_CALL_RENEW)
		ask_renew(its_loop, request.id, &renew);
	else
		ask_start(its_loop, request.id, &ask);
	/* a secret or a key is in it; whoever asks has copied what he needs */
	explicit_bzero(&ask, sizeof(ask));
	explicit_bzero(&renew, sizeof(renew));
}

/* One message for each call: the loop comes back while there is more to read. */
static void on_channel(struct ev_loop *loop, ev_io *io, int revents)
{
	static uint8_t message[IPC_MSG_MAX];
	int fds[IPC_FDS_MAX], len;
	size_t n_fds = ARRAY_SIZE(fds);
	struct wire wire;

	if (watcher_again(loop, io, revents))
		return;
	len = chan_receive(io->fd, message, sizeof(message), fds, &n_fds);
	if (len == -EAGAIN)
		return;
	/* 0: the plumber has closed its end, which is the way to stop a usher. An error says as
	 * much: nothing will come any more. */
	if (len <= 0)
		end("netd has gone");
	wire = wire_reader(message, (size_t)len);
	/* Readers note an error in wire; it is looked at once, below. */
	switch (wire_u8(&wire)) {
	case USHER_CONFIG:
		on_config(&wire, fds, n_fds);
		break;
	case IPC_REQUEST:
		on_request(&wire);
		break;
	default:
		wire_fail(&wire);
		break;
	}
	explicit_bzero(message, (size_t)len); /* keys were in it */
	if (wire.err != 0)
		end("netd says what makes no sense");
}

/* The descriptor is never closed by this file: the channel lives as long as the process. */
void channel_meet(struct ev_loop *loop, int fd)
{
	its_loop = loop;
	ev_io_init(&channel, on_channel, fd, EV_READ);
	ev_io_start(loop, &channel);
}

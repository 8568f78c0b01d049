// SPDX-License-Identifier: GPL-2.0-or-later
// channel.c - what the plumber says, and what it is told
#include "herald/herald.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"
#include "ipc/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The plumber is believed in what it asks, but what it sends is read with
 * bounds all the same, by the readers that tests/fuzz has. A message that is wrong, and the end of
 * the channel, end this process: nothing of it would be missed, and the plumber starts another.
 * What the plumber does not take waits in a backlog, whose size holds etcd back (session.c reads
 * the next page when it is empty). */

/* One message at a time, either way. There is one for all writers, for a message is copied into the
 * backlog before the next one begins. */
static uint8_t space[IPC_MSG_MAX];

/* It has gone, and its herald goes, too; or it does not take what it is told. The exit status is
 * success, for this is how each herald ends. */
static _Noreturn void end(const char *why)
{
	log_info("%s, and its herald goes", why);
	exit(EXIT_SUCCESS);
}

/* libev wants a watcher stopped while it is changed; most calls change nothing. */
static void watch(struct herald *herald)
{
	int events = EV_READ | (backlog_is_empty(&herald->backlog) ? 0 : EV_WRITE);

	if (herald->io.events == events && ev_is_active(&herald->io))
		return;
	ev_io_stop(herald->loop, &herald->io);
	ev_io_set(&herald->io, herald->channel, events);
	ev_io_start(herald->loop, &herald->io);
}

/* A plumber that has gone is seen here or where the channel is read. */
static void flush(struct herald *herald)
{
	int err = backlog_flush(&herald->backlog, herald->channel);

	if (err < 0 && err != -EAGAIN)
		end("netd has gone");
	watch(herald);
}

/* A plumber that reads nothing until HERALD_BACKLOG_MAX is full is given up. */
static void send_wire(struct herald *herald, const struct wire *wire)
{
	/* What does not fit was not made here: both ends have the same bounds. */
	if (wire->err != 0)
		log_error("a message to netd has no room");
	else if (backlog_put(&herald->backlog, wire->data, wire->pos, HERALD_BACKLOG_MAX) < 0)
		/* A plumber of this kind would have records that are old without knowing it. A new
		 * herald tells everything anew. */
		end("netd does not read");
	else
		flush(herald);
}

/* The order of these messages is the order of what happened in etcd. */
void channel_tell_record(struct herald *herald, const struct cluster_record *record)
{
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, HERALD_RECORD);
	cluster_record_put(&wire, record);
	send_wire(herald, &wire);
}

/* The record of this key is gone, or makes no sense. */
void channel_tell_key(struct herald *herald, const struct cluster_key *key)
{
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, HERALD_GONE);
	cluster_record_put_key(&wire, key);
	send_wire(herald, &wire);
}

/* For BEGIN and END, which have no body. */
void channel_tell(struct herald *herald, enum herald_type type)
{
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, (uint8_t)type);
	send_wire(herald, &wire);
}

/* The plumber shows the sentence in it, so it is whole and ends with no newline. */
void channel_tell_state(struct herald *herald, const struct herald_state *state)
{
	struct wire wire = wire_writer(space, sizeof(space));

	herald_msg_put_state(&wire, state);
	send_wire(herald, &wire);
}

/* Before the state that tells which of them is spoken to. */
void channel_tell_members(struct herald *herald, const struct herald_members *members)
{
	struct wire wire = wire_writer(space, sizeof(space));

	herald_msg_put_members(&wire, members);
	send_wire(herald, &wire);
}

/* status is 0 or a negative errno. Each request gets exactly one of these. Goes through the backlog
 * like a record: the plumber hears of an outcome after all records that were told before it. */
void channel_reply(struct herald *herald, uint32_t id, int status, const char *why)
{
	struct wire wire = wire_writer(space, sizeof(space));
	const struct ipc_call reply = { .id = id,
					.what = (uint16_t)-status,
					.len = (uint16_t)strlen(why),
					.body = (const uint8_t *)why };

	ipc_put_call(&wire, IPC_REPLY, &reply);
	send_wire(herald, &wire);
}

/* --- what it says --- */

/* This host has another certificate for the same key. Requests that are under way, and connections
 * that are open, go on with the one before; what comes next shows this one. All else has to be as
 * it was: a herald whose members or name are others is another herald. */
static void on_renewed(struct herald *herald, struct wire *wire)
{
	static struct herald_config again; /* large */

	herald_msg_get_config(wire, &again);
	if (wire->err == 0 && (strcmp(again.id, herald->config.id) != 0 ||
			       strcmp(again.key, herald->config.key) != 0))
		wire->err = -EBADMSG;
	if (wire->err == 0) {
		memcpy(herald->config.cert, again.cert, sizeof(herald->config.cert));
		http_trust(herald->http, &herald->config);
	}
	explicit_bzero(&again, sizeof(again));
}

/* Comes first. */
static void on_config(struct herald *herald, struct wire *wire)
{
	if (herald->configured) {
		on_renewed(herald, wire);
		return;
	}
	herald_msg_get_config(wire, &herald->config);
	if (wire->err != 0)
		return;
	/* The two programs were installed at different times. */
	if (herald->config.version != HERALD_VERSION) {
		log_error("netd is of another release than its herald: restart netd");
		exit(EXIT_FAILURE);
	}
	herald->configured = true;
	herald->joined = herald->config.joined;
	/* The texts stay in herald->config for the process's life. */
	http_trust(herald->http, &herald->config);
	herald->above.start(herald);
}

/* A record that this host has. It is compared with etcd as soon as that may be done. */
static void on_want(struct herald *herald, struct wire *wire)
{
	struct cluster_record record;

	/* Bytes behind the record would mean that the two ends do not agree on what was read. */
	cluster_record_get(wire, &record);
	if (wire->err == 0 && wire_left(wire) > 0)
		wire->err = -EBADMSG;
	if (wire->err == 0 && cluster_state_put(herald->wanted, &record) < 0)
		end("there is no memory for what netd wants");
	herald->above.changed(herald);
}

/* A record that this host has no more. */
static void on_unwant(struct herald *herald, struct wire *wire)
{
	struct cluster_key key;

	cluster_record_get_key(wire, &key);
	if (wire->err == 0 && wire_left(wire) > 0)
		wire->err = -EBADMSG;
	if (wire->err == 0)
		(void)cluster_state_remove(herald->wanted, &key);
	herald->above.changed(herald);
}

/* Two records of one key. wire->err tells. */
static void on_replace(struct herald *herald, uint32_t id, struct wire *body)
{
	static struct cluster_record before, after; /* too large for the stack, as two */
	char one[CLUSTER_KEY_SIZE], other[CLUSTER_KEY_SIZE];

	cluster_record_get(body, &before);
	cluster_record_get(body, &after);
	if (body->err == 0 &&
	    strcmp(cluster_key_print(&before.key, one), cluster_key_print(&after.key, other)) != 0)
		body->err = -EBADMSG;
	if (body->err == 0)
		herald->above.replace(herald, id, &before, &after);
}

/* A body that is wrong is a message that is wrong. Requests have a number, and each gets one reply.
 * What they ask for is a transaction at etcd (own.c). */
static void on_request(struct herald *herald, struct wire *wire)
{
	/* Large, and used by one request at a time. It is decoded as a whole before anything is
	 * done, so half of a list is never removed. */
	static struct herald_remove remove;
	struct cluster_record record;
	struct ipc_call request = { 0 };
	struct herald_seat seat;
	struct wire body;

	ipc_get_call(wire, &request);
	if (wire->err != 0)
		return;
	body = wire_reader(request.body, request.len);
	if (request.what == HERALD_CALL_JOIN) {
		cluster_record_get(&body, &record);
		if (body.err == 0)
			herald->above.join(herald, request.id, &record);
	} else if (request.what == HERALD_CALL_CLAIM || request.what == HERALD_CALL_RELEASE) {
		cluster_record_get(&body, &record);
		if (body.err == 0)
			herald->above.claim(herald, request.id, (enum herald_call)request.what,
					    &record);
	} else if (request.what == HERALD_CALL_REPLACE) {
		on_replace(herald, request.id, &body);
	} else if (request.what == HERALD_CALL_SEAT || request.what == HERALD_CALL_PROMOTE ||
		   request.what == HERALD_CALL_UNSEAT) {
		herald_msg_get_seat(&body, &seat);
		if (body.err == 0)
			herald->above.seat(herald, request.id, (enum herald_call)request.what,
					   &seat);
	} else if (request.what == HERALD_CALL_HEAR && request.len == 0) {
		herald->above.hear(herald, request.id);
	} else if (request.what == HERALD_CALL_REMOVE) {
		herald_msg_get_remove(&body, &remove);
		if (body.err == 0)
			herald->above.remove(herald, request.id, &remove);
	} else {
		body.err = -EBADMSG;
	}
	wire->err = body.err;
}

/* wire->err tells. Nothing is believed before the settings have come. */
static void on_message(struct herald *herald, struct wire *wire)
{
	uint8_t type = wire_u8(wire);

	/* Whom to speak to comes first. */
	if (!herald->configured && type != HERALD_CONFIG) {
		wire->err = -EBADMSG;
		return;
	}
	switch (type) {
	case HERALD_CONFIG:
		on_config(herald, wire);
		break;
	case HERALD_WANT:
		on_want(herald, wire);
		break;
	case HERALD_UNWANT:
		on_unwant(herald, wire);
		break;
	case HERALD_END:
		herald->all_told = true;
		herald->above.changed(herald);
		break;
	case IPC_REQUEST:
		on_request(herald, wire);
		break;
	default:
		wire->err = -EBADMSG;
		break;
	}
}

/* A bounded number, so that etcd's answers have their turn. */
static void read_some(struct herald *herald)
{
	/* Apart from the one that is written into. */
	static uint8_t message[IPC_MSG_MAX];

	for (int i = 0; i < CHANNEL_MESSAGES_MAX; i++) {
		size_t n_fds = 0;
		int len = chan_receive(herald->channel, message, sizeof(message), NULL, &n_fds);
		struct wire wire;

		if (len == -EAGAIN)
			return;
		/* 0 is the end of the channel (recvmsg(2)); an error cannot be repaired. */
		if (len <= 0)
			end("netd has gone");
		wire = wire_reader(message, (size_t)len);
		on_message(herald, &wire);
		if (wire.err != 0)
			end("netd says what makes no sense");
	}
}

/* An empty backlog is what a page of records may be waiting for. */
static void on_channel(struct ev_loop *loop, ev_io *io, int revents)
{
	struct herald *herald = io->data;

	if (watcher_again(loop, io, revents))
		return;
	/* Writing comes first: what is read may add to the backlog. */
	if (revents & EV_WRITE) {
		flush(herald);
		if (backlog_is_empty(&herald->backlog))
			herald->above.go_on(herald);
	}
	if (revents & EV_READ)
		read_some(herald);
}

/* The descriptor is the herald's from here on. */
void channel_meet(struct herald *herald, int fd)
{
	herald->channel = fd;
	ev_io_init(&herald->io, on_channel, fd, EV_READ);
	herald->io.data = herald;
	ev_io_start(herald->loop, &herald->io);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// resolver_peer.c - the resolver's end of the channel, for tests: its messages, and no DNS behind
#include "resolver_peer.h"

#include "base/grow.h"
#include "ipc/chan.h"
#include "ipc/msg.h"

#include <sys/socket.h>
#include <unistd.h>

struct question {
	uint32_t id, view;
};

struct resolver_peer {
	struct ev_loop *loop;
	ev_io io;
	int channel;
	struct question *questions; /* oldest first */
	size_t n_rings;		    /* IPC_LOG with a descriptor */
	size_t n_questions, room_questions;
	struct ipc_asked asked; /* of each view that it was told */
};

static void say(struct resolver_peer *peer, const struct wire *wire)
{
	assert_int_equal(wire->err, 0);
	assert_int_equal(chan_send(peer->channel, wire->data, wire->pos, NULL, 0), 0);
}

static void say_answer(struct resolver_peer *peer, uint32_t id, const uint8_t *message, size_t len)
{
	static uint8_t data[IPC_MSG_MAX];
	struct wire wire = wire_writer(data, sizeof(data));
	const struct ipc_query answer = { .id = id, .message = message, .len = (uint16_t)len };

	ipc_put_query(&wire, IPC_ANSWER, &answer);
	say(peer, &wire);
}

static void note_question(struct resolver_peer *peer, struct wire *wire)
{
	struct question *questions = grow(peer->questions, &peer->room_questions,
					  peer->n_questions + 1, sizeof(*questions));
	struct ipc_query query;

	assert_non_null(questions);
	ipc_get_query(wire, &query);
	assert_int_equal(wire->err, 0);
	peer->questions = questions;
	peer->questions[peer->n_questions++] = (struct question) { query.id, query.view };
}

/* It is asked at each beat whether it lives. */
static void say_stats(struct resolver_peer *peer)
{
	static const struct ipc_stats none;
	uint8_t data[512];
	struct wire wire = wire_writer(data, sizeof(data));

	ipc_put_stats(&wire, &none);
	say(peer, &wire);
}

/* Each has asked as often as its number says, and once in vain. */
static void note_view(struct resolver_peer *peer, struct wire *wire)
{
	struct ipc_view view = { 0 };

	ipc_get_view(wire, &view);
	assert_int_equal(wire->err, 0);
	if (peer->asked.n < IPC_ASKED_MAX)
		peer->asked.views[peer->asked.n++] = (struct ipc_asked_view) { view.number,
									       view.number, 1 };
	ipc_view_done(&view);
}

static void say_figures(struct resolver_peer *peer)
{
	static uint8_t data[IPC_MSG_MAX];
	struct wire wire = wire_writer(data, sizeof(data));
	struct ipc_figures figures = { .n_upstreams = 1 };

	ipc_put_asked(&wire, &peer->asked);
	say(peer, &wire);
	figures.dns.answers[0][3] = 7;
	figures.dns.took[0].n[1] = 7;
	figures.dns.took[0].sum_us = 500;
	(void)addr_parse("192.0.2.1", &figures.upstreams[0].addr);
	figures.upstreams[0].port = 53;
	figures.upstreams[0].n_failures = 2;
	wire = wire_writer(data, sizeof(data));
	ipc_put_figures(&wire, &figures);
	say(peer, &wire);
}

/* One message; of what it is told only what wants an answer matters here. False: there is none. */
static bool hear(struct resolver_peer *peer)
{
	static uint8_t message[IPC_MSG_MAX];
	int fds[IPC_FDS_MAX];
	size_t n_fds = IPC_FDS_MAX;
	int len = chan_receive(peer->channel, message, sizeof(message), fds, &n_fds);
	struct wire wire = wire_reader(message, len > 0 ? (size_t)len : 0);

	if (len == 0) /* the engine let go */
		ev_io_stop(peer->loop, &peer->io);
	if (len <= 0)
		return false;
	for (size_t i = 0; i < n_fds; i++)
		(void)close(fds[i]);
	switch (wire_u8(&wire)) {
	case IPC_QUERY:
	case IPC_TRACE:
		note_question(peer, &wire);
		break;
	case IPC_STATS:
		say_stats(peer);
		break;
	case IPC_VIEW:
		note_view(peer, &wire);
		break;
	case IPC_FIGURES:
		say_figures(peer);
		break;
	case IPC_LOG:
		peer->n_rings += n_fds == 1;
		break;
	}
	return true;
}

static void on_channel(struct ev_loop *loop, ev_io *io, int revents)
{
	(void)loop, (void)revents;
	while (hear(io->data))
		;
}

/* Both are read by the engine before it says anything that waits for an answer. */
static void say_hello(struct resolver_peer *peer)
{
	const struct ipc_hello hello = { .version = IPC_VERSION, .pid = (uint32_t)getpid() };
	uint8_t data[64];
	struct wire wire = wire_writer(data, sizeof(data));

	ipc_put_hello(&wire, &hello);
	say(peer, &wire);
	wire = wire_writer(data, sizeof(data));
	ipc_put_empty(&wire, IPC_READY);
	say(peer, &wire);
}

struct resolver_peer *resolver_peer_start(struct rig *rig)
{
	struct resolver_peer *peer = calloc(1, sizeof(*peer));
	int ends[2];

	assert_non_null(peer);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	peer->loop = rig->loop;
	peer->channel = ends[0];
	say_hello(peer);
	ev_io_init(&peer->io, on_channel, peer->channel, EV_READ);
	peer->io.data = peer;
	ev_io_start(peer->loop, &peer->io);
	rig_done(rig, engine_resolver_up(rig->engine, ends[1], 0, IPC_VERSION, &rig->error));
	return peer;
}

void resolver_peer_end(struct resolver_peer *peer)
{
	if (!peer)
		return;
	ev_io_stop(peer->loop, &peer->io);
	(void)close(peer->channel);
	free(peer->questions);
	free(peer);
}

size_t resolver_peer_n_rings(const struct resolver_peer *peer)
{
	return peer->n_rings;
}

size_t resolver_peer_n_questions(const struct resolver_peer *peer)
{
	return peer->n_questions;
}

uint32_t resolver_peer_view(const struct resolver_peer *peer, size_t nth)
{
	assert_true(nth < peer->n_questions);
	return peer->questions[nth].view;
}

void resolver_peer_answer(struct resolver_peer *peer, size_t nth, const uint8_t *message,
			  size_t len)
{
	assert_true(nth < peer->n_questions);
	say_answer(peer, peer->questions[nth].id, message, len);
	memmove(&peer->questions[nth], &peer->questions[nth + 1],
		(--peer->n_questions - nth) * sizeof(peer->questions[0]));
}

void resolver_peer_make_up(struct resolver_peer *peer, uint32_t id, const uint8_t *message,
			   size_t len)
{
	say_answer(peer, id, message, len);
}

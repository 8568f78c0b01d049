// SPDX-License-Identifier: GPL-2.0-or-later
// relay_tcp.c - connections from one socket to another, moved by the kernel

#include "resolver/relay.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes go from a socket into a pipe and out of it with splice(): no buffer here, and a reader that
 * is slow stops its writer through the pipe. A direction reads only into an empty pipe, so EAGAIN
 * has one meaning; when it has seen the end and the pipe is empty it ends the other side's input,
 * and the flow is over when both have. A connection may be silent for days: keep-alive finds out
 * about dead ends. */

struct side {
	struct flow *flow;
	ev_io io;
	int pipe[2]; /* holds what was read from this side */
	size_t in_pipe;
	bool end;	 /* it sends no more */
	bool passed_end; /* the other side was told so */
	bool full;	 /* it takes no more for now */
};

enum { CLIENT, TARGET, N_SIDES };

struct flow {
	struct list node;
	struct relay *relay;
	bool connected;
	struct side sides[N_SIDES];
};

static struct side *other(struct side *side)
{
	struct flow *flow = side->flow;

	return &flow->sides[side == &flow->sides[CLIENT] ? TARGET : CLIENT];
}

/* syscalls: close */
static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void flow_free(struct flow *flow)
{
	struct relays *relays = flow->relay->relays;

	for (int i = 0; i < N_SIDES; i++) {
		struct side *side = &flow->sides[i];

		ev_io_stop(relays->loop, &side->io);
		close_fd(side->io.fd);
		close_fd(side->pipe[0]);
		close_fd(side->pipe[1]);
	}
	relays->n_flows--;
	list_remove(&flow->node);
	free(flow);
}

/* Closing with unsent data or no linger tells the other end that something went wrong, which is
 * what the client would have seen without a relay between. syscalls: setsockopt */
static void flow_reset(struct flow *flow)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	for (int i = 0; i < N_SIDES; i++)
		if (flow->sides[i].io.fd >= 0) /* a failure only makes the end more polite */
			(void)setsockopt(flow->sides[i].io.fd, SOL_SOCKET, SO_LINGER, &none,
					 sizeof(none));
	flow_free(flow);
}

/* Moves what from has to say. 0, -EAGAIN-free: negative errno only when the connection is broken.
 * syscalls: splice shutdown */
static int move(struct side *from)
{
	struct side *to = other(from);
	ssize_t n = 0;

	if (from->in_pipe == 0 && !from->end) {
		n = splice(from->io.fd, NULL, from->pipe[1], NULL, RELAY_PIPE_SIZE,
			   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		from->end = n == 0;
		if (n > 0)
			from->in_pipe = (size_t)n;
		relays_moved(from->flow->relay->relays, from->in_pipe);
	}
	if (from->in_pipe > 0) {
		n = splice(from->pipe[0], NULL, to->io.fd, NULL, from->in_pipe,
			   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0)
			from->in_pipe -= (size_t)n;
	}
	to->full = from->in_pipe > 0;
	if (from->end && from->in_pipe == 0 && !from->passed_end) {
		from->passed_end = true;
		if (shutdown(to->io.fd, SHUT_WR) < 0)
			return -errno;
	}
	return 0;
}

static void watch(struct side *side)
{
	struct ev_loop *loop = side->flow->relay->relays->loop;
	int events = (side->in_pipe == 0 && !side->end ? EV_READ : 0) | (side->full ? EV_WRITE : 0);

	if (events == (side->io.events & (EV_READ | EV_WRITE)) && ev_is_active(&side->io))
		return;
	ev_io_stop(loop, &side->io);
	ev_io_modify(&side->io, events);
	if (events != 0)
		ev_io_start(loop, &side->io);
}

static void on_side(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct side *side = watcher->data;
	struct flow *flow = side->flow;
	int err = 0;

	if (watcher_again(loop, watcher, revents) || !relays_turn(flow->relay->relays))
		return;
	if ((revents & EV_READ) != 0)
		err = move(side);
	if (err == 0 && (revents & EV_WRITE) != 0)
		err = move(other(side));
	if (err < 0) {
		flow_reset(flow);
		return;
	}
	if (flow->sides[CLIENT].passed_end && flow->sides[TARGET].passed_end) {
		flow_free(flow);
		return;
	}
	watch(side);
	watch(other(side));
}

/* syscalls: getsockopt */
static void on_connected(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct side *side = watcher->data;
	struct flow *flow = side->flow;
	int err = 0;
	socklen_t len = sizeof(err);

	if (watcher_again(loop, watcher, revents))
		return;
	if (getsockopt(watcher->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 || err != 0) {
		flow_reset(flow);
		return;
	}
	ev_io_stop(loop, watcher);
	for (int i = 0; i < N_SIDES; i++) {
		ev_set_cb(&flow->sides[i].io, on_side);
		watch(&flow->sides[i]);
	}
}

/* Failures here cost comfort, not correctness. syscalls: setsockopt */
static void set_options(int client, int target)
{
	int on = 1, syn_count = RELAY_SYN_COUNT;

	(void)setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(target, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(target, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(target, IPPROTO_TCP, TCP_SYNCNT, &syn_count, sizeof(syn_count));
}

/* Returns a socket that is connecting, or negative errno. syscalls: socket connect */
static int dial(const struct ipc_relay *about, int client)
{
	struct sockaddr_storage target;
	socklen_t len = addr_to_sockaddr(&about->target, about->target_port, &target);
	_cleanup_close_ int fd = socket(target.ss_family,
					SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	set_options(client, fd);
	if (connect(fd, (const struct sockaddr *)&target, len) < 0 && errno != EINPROGRESS)
		return -errno;
	return take_fd(&fd);
}

static void side_init(struct side *side, struct flow *flow)
{
	*side = (struct side) { .flow = flow, .pipe = { -1, -1 } };
	ev_io_init(&side->io, on_connected, -1, 0);
	side->io.data = side;
}

/* syscalls: pipe2 */
static int flow_open(struct flow *flow, int client)
{
	const struct ipc_relay *about = &flow->relay->about;
	int target;

	for (int i = 0; i < N_SIDES; i++)
		if (pipe2(flow->sides[i].pipe, O_NONBLOCK | O_CLOEXEC) < 0)
			return -errno;
	target = dial(about, client);
	if (target < 0)
		return target;
	ev_io_set(&flow->sides[TARGET].io, target, EV_WRITE);
	ev_io_start(flow->relay->relays->loop, &flow->sides[TARGET].io);
	return 0;
}

static void on_client(struct acceptor *acceptor, int fd)
{
	struct relay *relay = container_of(acceptor, struct relay, acceptor);
	struct relays *relays = relay->relays;
	struct flow *flow = NULL;
	int err = -ENOSPC;

	if (relays->n_flows < RELAY_FLOWS_MAX) {
		flow = calloc(1, sizeof(*flow));
		err = -ENOMEM;
	}
	if (flow == NULL) {
		log_warn("a connection to port %u is not relayed: %s", relay->about.listen_port,
			 strerror(-err));
		(void)close(fd);
		return;
	}
	flow->relay = relay;
	list_append(&relay->flows, &flow->node);
	relays->n_flows++;
	for (int i = 0; i < N_SIDES; i++)
		side_init(&flow->sides[i], flow);
	ev_io_set(&flow->sides[CLIENT].io, fd, 0);
	err = flow_open(flow, fd);
	if (err < 0)
		flow_reset(flow);
	else
		(*relays->n_relayed)++;
}

void relay_tcp_start(struct relay *relay)
{
	acceptor_start(&relay->acceptor, relay->relays->loop, relay->fd, NULL, on_client);
}

void relay_tcp_stop(struct relay *relay)
{
	acceptor_stop(&relay->acceptor, relay->relays->loop);
	list_foreach (&relay->flows, struct flow, flow, node)
		flow_free(flow);
}

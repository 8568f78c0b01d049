// SPDX-License-Identifier: GPL-2.0-or-later
// relay_tcp.c - connections from one socket to another, moved by the kernel

#include "resolver/relay/relay_tcp.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"
#include "resolver/loop/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A flow goes through these states: accepted and kept; connecting (on_connected() is waited for);
 * moving (on_side()); over (relay_flow_end() closes it later). Any error leads to the last one. */

/* The six descriptors of a flow: the client's socket, the target's, and a pipe for each direction.
 * in_pipe is how many bytes the pipe of a side holds. */

/* Bytes go from a socket into a pipe and out of it with splice(): no buffer here, and a reader that
 * is slow stops its writer through the pipe. A direction reads only into an empty pipe, so EAGAIN
 * has one meaning; when it has seen the end and the pipe is empty it ends the other side's input,
 * and the flow is over when both have. A connection may be silent for days: keep-alive finds out
 * about dead ends.
 *
 * Should this process be killed, nothing is lost and nothing comes twice, for no byte is ever in
 * its memory: each is in a socket or in a pipe, and of all six descriptors the plumber has
 * duplicates before the first one moves. What else there is to know, a successor asks the kernel:
 * how much is in the pipes, and the end of an input is read again. As there are duplicates, closing
 * says nothing to the other ends: that is done by shutdown(), and by a disconnect where they are to
 * be told that something went wrong. */

/* A side is one socket and the pipe for what it says. flow: so that a watcher of one side finds the
 * other one. */
struct side {
	struct flow *flow;
	ev_io io;
	int pipe[2]; /* holds what was read from this side */
	size_t in_pipe;
	bool end;	 /* it sends no more */
	bool passed_end; /* the other side was told so */
	bool full;	 /* it takes no more for now */
};

/* Also the order in which descriptors are handed over. */
enum { CLIENT, TARGET, N_SIDES };

/* Freed by close_all(). */
struct flow {
	struct list node;
	struct relay_ending ending;
	struct relay *relay;
	uint32_t number;
	bool kept; /* by the plumber */
	struct side sides[N_SIDES];
};

/* The side that it talks to. A flow has two sides, so the other one is never NULL. */
static struct side *other(struct side *side)
{
	struct flow *flow = side->flow;

	return &flow->sides[side == &flow->sides[CLIENT] ? TARGET : CLIENT];
}

/* -1: there is none. syscalls: close */
static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* Of a flow that is not watched; its relay may be gone. The flow is freed. Takes flows that were
 * only prepared, too: they have no client. */
static void close_all(struct flow *flow)
{
	for (int i = 0; i < N_SIDES; i++) {
		struct side *side = &flow->sides[i];

		close_fd(side->io.fd);
		close_fd(side->pipe[0]);
		close_fd(side->pipe[1]);
	}
	free(flow);
}

/* The end of a flow that is closed slowly. Of relay_flow_end(). */
static void on_closed(struct relay_ending *ending)
{
	close_all(container_of(ending, struct flow, ending));
}

/* Both ends see the connection's end now; the descriptors are closed later (relay_flow.c). The flow
 * is off the relay's list and counts afterwards. syscalls: shutdown */
static void flow_free(struct flow *flow)
{
	struct relays *relays = flow->relay->relays;

	for (int i = 0; i < N_SIDES; i++) {
		struct side *side = &flow->sides[i];

		ev_io_stop(relays->loop, &side->io);
		if (side->io.fd >= 0)
			(void)shutdown(side->io.fd, SHUT_RDWR); /* or it was, already */
	}
	relay_flow_gone(flow->relay, flow->number, flow->kept);
	if (!flow->kept)
		relay_flow_alone(relays, false);
	flow->relay->n_flows--;
	list_remove(&flow->node);
	flow->ending.close = on_closed;
	relay_flow_end(relays, &flow->ending);
}

/* A disconnect, or no linger, tells the other end that something went wrong, which is what the
 * client would have seen without a relay between. The flow is gone afterwards. syscalls: setsockopt
 * connect */
static void flow_reset(struct flow *flow)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	for (int i = 0; i < N_SIDES; i++) {
		int fd = flow->sides[i].io.fd;

		if (fd < 0)
			continue;
		/* A failure only makes the end more polite. SO_LINGER of 0 seconds makes the close
		 * a reset. */
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		(void)connect(fd, &nobody, sizeof(nobody));
	}
	flow_free(flow);
}

/* Moves what from has to say. 0, or a negative errno when the connection is broken. One step in one
 * direction: into the pipe if that is empty, out of it, and the end. syscalls: splice shutdown */
static int move(struct side *from)
{
	struct side *to = other(from);
	ssize_t n = 0;

	/* The pipe is the only buffer. */
	if (from->in_pipe == 0 && !from->end) {
		n = splice(from->io.fd, NULL, from->pipe[1], NULL, RELAY_PIPE_SIZE,
			   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		/* The end of the input shows as a read of nothing. */
		from->end = n == 0;
		if (n > 0)
			from->in_pipe = (size_t)n;
		/* The turn of this round has a bound of bytes. */
		relay_flow_moved(from->flow->relay->relays, from->in_pipe);
	}
	if (from->in_pipe > 0) {
		n = splice(from->pipe[0], NULL, to->io.fd, NULL, from->in_pipe,
			   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0)
			from->in_pipe -= (size_t)n;
	}
	/* The other side takes no more while anything is left in the pipe. */
	to->full = from->in_pipe > 0;
	if (from->end && from->in_pipe == 0 && !from->passed_end) {
		from->passed_end = true;
		/* One that has ended both ways is told again by a successor. */
		if (shutdown(to->io.fd, SHUT_WR) < 0 && errno != ENOTCONN)
			return -errno;
	}
	return 0;
}

/* Reading waits for an empty pipe; writing is waited for when the target is full. An event that
 * nobody waits for would wake the loop again and again. */
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

/* An event of either socket may let both directions go on. Reading of this side is a move from it,
 * and writing to it is a move from the other one. */
static void on_side(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct side *side = watcher->data;
	struct flow *flow = side->flow;
	int err = 0;

	/* A round that is full passes it over; the descriptor is shown again. */
	if (watcher_again(loop, watcher, revents) || !relay_flow_turn(flow->relay->relays))
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

/* From here on on_side() is called. Both sides are watched anew, whatever they were watched for. */
static void start_moving(struct flow *flow)
{
	for (int i = 0; i < N_SIDES; i++) {
		ev_io_stop(flow->relay->relays->loop, &flow->sides[i].io);
		ev_set_cb(&flow->sides[i].io, on_side);
		watch(&flow->sides[i]);
	}
}

/* getpeername(2) fails as long as the connection is not there. syscalls: getpeername */
static bool is_connected(const struct side *side)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(side->io.fd, (struct sockaddr *)&peer, &len) == 0;
}

/* The target answered, or refused. SO_ERROR has the result of connect(2). syscalls: getsockopt */
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
	start_moving(flow);
}

/* Failures here cost comfort, not correctness. Keep-alive finds ends that are gone; TCP_SYNCNT ends
 * an attempt that nobody answers earlier than the kernel would. syscalls: setsockopt */
static void set_options(int client, int target)
{
	int on = 1, syn_count = RELAY_SYN_COUNT;

	(void)setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(target, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(target, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(target, IPPROTO_TCP, TCP_SYNCNT, &syn_count, sizeof(syn_count));
}

/* The descriptor comes later. The first watcher of a side waits for its connection. */
static void side_init(struct side *side, struct flow *flow)
{
	*side = (struct side) { .flow = flow, .pipe = { -1, -1 } };
	ev_io_init(&side->io, on_connected, -1, 0);
	side->io.data = side;
}

/* Without descriptors. NULL: out of memory. The flow belongs to nobody yet. */
static struct flow *flow_new(struct relay *relay)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (flow == NULL)
		return NULL;
	flow->relay = relay;
	list_init(&flow->node);
	for (int i = 0; i < N_SIDES; i++)
		side_init(&flow->sides[i], flow);
	return flow;
}

/* All that a flow takes but its client. NULL: there is no memory, or no descriptor. Made in
 * advance, so that nothing can fail between the accept and the keeping. The flow is the caller's;
 * nothing is watched yet. syscalls: pipe2 socket */
static struct flow *flow_prepare(struct relay *relay)
{
	struct flow *flow = flow_new(relay);
	int target;

	if (flow == NULL)
		return NULL;
	for (int i = 0; i < N_SIDES; i++)
		if (pipe2(flow->sides[i].pipe, O_NONBLOCK | O_CLOEXEC) < 0)
			goto fail;
	target = socket(relay->about.target.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (target < 0)
		goto fail;
	ev_io_set(&flow->sides[TARGET].io, target, EV_WRITE);
	return flow;
fail:
	close_all(flow);
	return NULL;
}

/* From the moment at which a connection is accepted until it is kept it would die with this
 * process: all the rest is done before. Called before each accept. There is always a "yes": without
 * a flow the client is closed. acceptor's callback before accept(2). */
static bool is_ready(struct acceptor *acceptor)
{
	struct relay *relay = container_of(acceptor, struct relay, acceptor);
	struct relays *relays = relay->relays;

	/* Prepared for another port: its descriptors are of no use to this one. */
	if (relays->ready != NULL && relays->ready->relay != relay)
		relay_tcp_settle(relays);
	if (relays->ready == NULL && relay_flow_has_room(relay))
		relays->ready = flow_prepare(relay);
	/* Said before: a kill may come when accept(2) has taken one, and not told us yet. */
	relay_flow_alone(relays, true);
	return true;
}

/* None was accepted. */
static void on_missed(struct acceptor *acceptor)
{
	relay_flow_alone(container_of(acceptor, struct relay, acceptor)->relays, false);
}

/* What was prepared and not used is given up. Called between two rounds, so that descriptors are
 * not held for nobody. */
void relay_tcp_settle(struct relays *relays)
{
	if (relays->ready != NULL)
		close_all(relays->ready);
	relays->ready = NULL;
}

/* fds are in the order in which relay_tcp_adopt() takes them. Without room in the outbox it is
 * offered again later. */
static void keep(struct flow *flow)
{
	const struct side *client = &flow->sides[CLIENT], *target = &flow->sides[TARGET];
	int fds[IPC_FLOW_FDS_TCP] = { client->io.fd,   target->io.fd,	client->pipe[0],
				      client->pipe[1], target->pipe[0], target->pipe[1] };

	flow->kept = relay_flow_keep(flow->relay, flow->number, NULL, 0, fds, ARRAY_SIZE(fds));
	if (flow->kept)
		relay_flow_alone(flow->relay->relays, false);
}

/* 0: it is connecting, or (of a flow that goes on) connected already. An attempt that is under way
 * shows in on_connected(). The kernel answers EISCONN for one that is connected already. syscalls:
 * connect */
static int dial(struct flow *flow)
{
	const struct ipc_relay *about = &flow->relay->about;
	struct side *target = &flow->sides[TARGET];
	struct sockaddr_storage addr;
	socklen_t len = addr_to_sockaddr(&about->target, about->target_port, &addr);

	set_options(flow->sides[CLIENT].io.fd, target->io.fd);
	if (connect(target->io.fd, (const struct sockaddr *)&addr, len) < 0 &&
	    errno != EINPROGRESS && errno != EALREADY && errno != EISCONN)
		return -errno;
	ev_io_start(flow->relay->relays->loop, &target->io);
	return 0;
}

/* Counted until its descriptors are closed. Behind this the flow ends by flow_free() or
 * flow_reset() alone. */
static void add(struct flow *flow, uint32_t number)
{
	flow->number = number;
	list_append(&flow->relay->flows, &flow->node);
	flow->relay->relays->n_flows++;
	flow->relay->n_flows++;
}

/* A client was accepted. fd is the flow's from here on. */
static void on_client(struct acceptor *acceptor, int fd)
{
	struct relay *relay = container_of(acceptor, struct relay, acceptor);
	struct relays *relays = relay->relays;
	struct flow *flow = take_ptr(relays->ready);

	if (flow == NULL) {
		relays->stats->flows_refused++; /* which the log tells */
		(void)close(fd);
		relay_flow_alone(relays, false);
		return;
	}
	ev_io_set(&flow->sides[CLIENT].io, fd, 0);
	add(flow, ++relays->last_flow);
	/* Kept before the first byte moves: from here on the connection survives this process. */
	keep(flow);
	/* The client gets a reset, as it would from a port where nobody listens. */
	if (dial(flow) < 0)
		flow_reset(flow);
	else
		relays->stats->relayed++;
}

/* Nothing that can fail. The listening socket is the relay's. */
void relay_tcp_start(struct relay *relay)
{
	relay->acceptor = (struct acceptor) { 0 };
}

/* The socket is the plumber's, listening already. */
void relay_tcp_listen(struct relay *relay)
{
	acceptor_start(&relay->acceptor, relay->relays->loop, relay->fd, is_ready, on_client);
	relay->acceptor.missed = on_missed;
}

/* All flows end. */
void relay_tcp_stop(struct relay *relay)
{
	acceptor_stop(&relay->acceptor, relay->relays->loop);
	relay_tcp_settle(relay->relays);
	list_foreach (&relay->flows, struct flow, flow, node)
		flow_free(flow);
}

/* --- flows that outlive the process ----------------------------------------------------------- */

/* Two sockets and four ends of pipes. The order is that of keep(). syscalls: getsockopt fstat
 * newfstatat */
static bool are_a_flow(const int *fds)
{
	struct stat status;
	int type = 0;
	socklen_t len = sizeof(type);

	for (int i = 0; i < IPC_FLOW_FDS_TCP; i++) {
		if (i < N_SIDES && (getsockopt(fds[i], SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
				    type != SOCK_STREAM))
			return false;
		if (i >= N_SIDES && (fstat(fds[i], &status) < 0 || !S_ISFIFO(status.st_mode)))
			return false;
	}
	return true;
}

/* The target's socket becomes writable, or is so: on_connected carries on. A connection that is
 * full is not writable, and connected. An error means that the descriptors are still the caller's.
 * syscalls: ioctl */
int relay_tcp_adopt(struct relay *relay, const struct ipc_flow *message, const int *fds)
{
	struct flow *flow;
	int err;

	if (!are_a_flow(fds))
		return -EPROTO;
	flow = flow_new(relay);
	if (flow == NULL)
		return -ENOMEM;
	ev_io_set(&flow->sides[CLIENT].io, fds[CLIENT], 0);
	ev_io_set(&flow->sides[TARGET].io, fds[TARGET], EV_WRITE);
	for (int i = 0; i < N_SIDES; i++) {
		struct side *side = &flow->sides[i];
		int n = 0;

		side->pipe[0] = fds[N_SIDES + 2 * i];
		side->pipe[1] = fds[N_SIDES + 2 * i + 1];
		/* What the process before had read and not yet passed on is still in the pipe. */
		if (ioctl(side->pipe[0], FIONREAD, &n) == 0)
			side->in_pipe = (size_t)n;
		other(side)->full = side->in_pipe > 0;
	}
	/* Its number is the one under which the plumber keeps it. */
	add(flow, message->number);
	flow->kept = true;
	err = dial(flow);
	if (err < 0)
		flow_reset(flow); /* with its descriptors, as of one that was accepted */
	else if (is_connected(&flow->sides[TARGET]))
		start_moving(flow);
	return 0;
}

/* Until the outbox is full; it goes on from there. */
void relay_tcp_offer(struct relay *relay)
{
	list_foreach (&relay->flows, struct flow, flow, node) {
		if (relay->relays->outbox->offers)
			return;
		if (!flow->kept)
			keep(flow);
	}
}

/* A new plumber keeps nothing yet. */
void relay_tcp_forget_kept(struct relay *relay)
{
	list_foreach (&relay->flows, struct flow, flow, node) {
		if (flow->kept)
			relay_flow_alone(relay->relays, true);
		flow->kept = false;
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
// relay_udp.c - datagrams between the clients of one socket and a target

#include "resolver/relay/relay_udp.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/watcher.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/outbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A client is known by its address. Its first datagram makes a flow: a socket
 * connected to the target, entered into a map by the client's address. Datagrams of the client go
 * out of that socket, and what comes back goes to the client from the listening socket. A flow that
 * is silent for a while ends.
 *
 * One socket of the plumber's for each published port. Packets of its clients are read one by one
 * in turns (relay_flow_turn()), so a busy port does not keep the others waiting. */

/* Each client has a socket of its own, connected to the target, so answers find their way back. The
 * listening socket may be bound to any address: the packet information of the client's first
 * datagram is sent along with every answer, which then leaves from the address the client had
 * asked. */

/* As large as the larger of the two structs. A datagram has the packet information of one family,
 * and room for both is not needed. */
union packet_info {
	char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct cmsghdr align;
};

/* used_ms is when something last passed in either direction. Freed in on_closed(), some time behind
 * flow_free(). */
struct udp_flow {
	struct list node;
	struct relay_ending ending;
	struct relay *relay;
	ev_io io;
	ev_timer idle;
	uint64_t used_ms;
	uint32_t number;
	bool kept; /* by the plumber, for a successor of this process */
	struct sockaddr_storage client;
	socklen_t client_len;
	size_t info_len;
	union packet_info info; /* last: clang thinks that its size varies */
};

/* One datagram at a time: it is sent before the next is read. */
static uint8_t datagram[RELAY_DATAGRAM_MAX];

/* The end of a flow that is closed slowly. Of relay_flow_end(): the descriptor may have a duplicate
 * that the plumber holds. syscalls: close */
static void on_closed(struct relay_ending *ending)
{
	struct udp_flow *flow = container_of(ending, struct udp_flow, ending);

	(void)close(flow->io.fd);
	free(flow);
}

/* Shut down, it takes no more answers, whoever has a duplicate, and is shown as hung up. The map no
 * longer finds it, so the client's next datagram begins another. syscalls: shutdown */
static void flow_free(struct udp_flow *flow)
{
	struct relay *relay = flow->relay;
	struct relays *relays = relay->relays;

	relay_flow_gone(relay, flow->number, flow->kept);
	ev_io_stop(relays->loop, &flow->io);
	ev_timer_stop(relays->loop, &flow->idle);
	(void)map_remove(relay->by_client, &flow->client, flow->client_len);
	(void)shutdown(flow->io.fd, SHUT_RDWR);
	relay->n_flows--;
	list_remove(&flow->node);
	flow->ending.close = on_closed;
	relay_flow_end(relays, &flow->ending);
}

/* Shut down by a resolver before us that did not live to say so. Such a socket is reported as ready
 * for good, and there is never anything to be read. Only a socket that was shut down says POLLHUP.
 * syscalls: poll ppoll */
static bool is_hung_up(int fd)
{
	struct pollfd look = { .fd = fd };

	return deadline_poll(&look, 1, 0) == 1 && (look.revents & POLLHUP);
}

/* Traffic only notes the time; the timer looks at it when it fires. So traffic never touches a
 * timer. */
static void on_idle(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct udp_flow *flow = watcher->data;
	uint64_t idle_ms = clock_ms() - flow->used_ms;

	(void)revents;
	/* The timer may fire a little early, by the loop's own clock. */
	if (idle_ms + CLOCK_SLACK_MS >= RELAY_UDP_IDLE_MS) {
		flow_free(flow);
		return;
	}
	ev_timer_set(watcher, (double)(RELAY_UDP_IDLE_MS - idle_ms) / 1000.0, 0.0);
	ev_timer_start(loop, watcher);
}

/* The answer leaves from the address that the client had asked. len: of the datagram that was read
 * last. */
static void answer_client(struct udp_flow *flow, size_t len)
{
	struct iovec iov = { .iov_base = datagram, .iov_len = len };
	struct msghdr msg = { .msg_name = &flow->client,
			      .msg_namelen = flow->client_len,
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = flow->info_len > 0 ? &flow->info : NULL,
			      .msg_controllen = flow->info_len };

	/* A client that is gone is no reason to end: the flow's time does that. */
	(void)sendmsg(flow->relay->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL); /* or it is lost */
}

/* A refusal of the target (ECONNREFUSED) ends the flow: the next datagram starts another. Some
 * answers in each turn. syscalls: recvfrom sendmsg */
static void on_target(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct udp_flow *flow = watcher->data;

	if (watcher_again(loop, watcher, revents) || !relay_flow_turn(flow->relay->relays))
		return;
	for (int i = 0; i < RELAY_BATCH; i++) {
		ssize_t len = recv(watcher->fd, datagram, sizeof(datagram), MSG_DONTWAIT);

		if (len < 0) {
			bool is_empty = errno == EAGAIN || errno == EINTR;

			/* Ready, and yet there was nothing. */
			if (!is_empty || (i == 0 && is_hung_up(watcher->fd)))
				flow_free(flow);
			return;
		}
		flow->used_ms = clock_ms();
		answer_client(flow, (size_t)len);
	}
}

/* A connected socket of its own: only the target's answers come in. syscalls: socket connect */
static int dial(const struct ipc_relay *about)
{
	struct sockaddr_storage target;
	socklen_t len = addr_to_sockaddr(&about->target, about->target_port, &target);
	_cleanup_close_ int fd = socket(target.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
					0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&target, len) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Only what says which address the datagram came to. The control messages of a datagram name the
 * address and the interface that it came to. */
static void keep_packet_info(struct udp_flow *flow, struct msghdr *msg)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(msg, cmsg)) {
		bool is_info = (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) ||
			       (cmsg->cmsg_level == IPPROTO_IPV6 &&
				cmsg->cmsg_type == IPV6_PKTINFO);

		/* Larger than the buffer: not of a kernel that is known. */
		if (!is_info || cmsg->cmsg_len > sizeof(flow->info))
			continue;
		memcpy(&flow->info, cmsg, cmsg->cmsg_len);
		flow->info_len = CMSG_SPACE(cmsg->cmsg_len - CMSG_LEN(0));
	}
}

/* What a successor must know of it: who the client is, and the packet information for answers.
 * client_len (1 byte), the address, info_len (1 byte), the packet information. Not kept, it ends
 * with this process, and the client's next datagram begins another. */
static void keep(struct udp_flow *flow)
{
	uint8_t state[IPC_FLOW_STATE_MAX];
	struct wire wire = wire_writer(state, sizeof(state));

	wire_put_u8(&wire, (uint8_t)flow->client_len);
	wire_put_bytes(&wire, &flow->client, flow->client_len);
	wire_put_u8(&wire, (uint8_t)flow->info_len);
	wire_put_bytes(&wire, &flow->info, flow->info_len);
	if (wire.err == 0)
		flow->kept = relay_flow_keep(flow->relay, flow->number, state, wire.pos,
					     &flow->io.fd, 1);
}

/* Takes fd, a socket connected to the target, over. The flow is counted and watched. On behalf of
 * flow_new() and of an adoption. */
static void flow_start(struct udp_flow *flow, int fd, uint32_t number)
{
	struct relays *relays = flow->relay->relays;

	flow->number = number;
	ev_io_init(&flow->io, on_target, fd, EV_READ);
	ev_timer_init(&flow->idle, on_idle, RELAY_UDP_IDLE_MS / 1000.0, 0.0);
	flow->io.data = flow->idle.data = flow;
	ev_io_start(relays->loop, &flow->io);
	ev_timer_start(relays->loop, &flow->idle);
	list_append(&flow->relay->flows, &flow->node);
	relays->n_flows++;
	flow->relay->n_flows++;
}

/* NULL: no memory or no descriptor; the datagram is lost. msg is that of the client's first
 * datagram. */
static struct udp_flow *flow_new(struct relay *relay, struct msghdr *msg)
{
	_cleanup_close_ int fd = dial(&relay->about);
	struct udp_flow *flow;

	if (fd < 0)
		return NULL;
	flow = calloc(1, sizeof(*flow));
	if (flow == NULL)
		return NULL;
	flow->relay = relay;
	flow->used_ms = clock_ms();
	flow->client_len = msg->msg_namelen;
	memcpy(&flow->client, msg->msg_name, msg->msg_namelen);
	keep_packet_info(flow, msg);
	if (map_set(relay->by_client, &flow->client, flow->client_len, flow) < 0) {
		free(flow);
		return NULL;
	}
	flow_start(flow, take_fd(&fd), ++relay->relays->last_flow);
	/* From here on a successor of this process can go on with it. */
	keep(flow);
	relay->relays->stats->relayed++;
	return flow;
}

/* False: the socket is shut down. A refusal is of an earlier datagram, so this one is sent again.
 * ECONNREFUSED is what a datagram before has met. syscalls: sendto */
static bool send_on(const struct udp_flow *flow, size_t len)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	return send(flow->io.fd, datagram, len, flags) >= 0 ||
	       (errno == ECONNREFUSED && send(flow->io.fd, datagram, len, flags) >= 0) ||
	       errno != EPIPE;
}

/* A datagram of a client without a flow begins one where there is room. Refused ones are counted,
 * and the client hears nothing, as of a datagram that is lost. */
static void pass_on(struct relay *relay, struct msghdr *msg, size_t len)
{
	struct udp_flow *flow = map_get(relay->by_client, msg->msg_name, msg->msg_namelen);

	if (flow == NULL && relay_flow_has_room(relay))
		flow = flow_new(relay, msg);
	if (flow == NULL) {
		relay->relays->stats->flows_refused++;
		return;
	}
	flow->used_ms = clock_ms();
	if (!send_on(flow, len)) /* the next datagram starts another */
		flow_free(flow);
}

/* Some datagrams in each turn. syscalls: recvmsg sendto */
static void on_clients(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct relay *relay = watcher->data;

	if (watcher_again(loop, watcher, revents) || !relay_flow_turn(relay->relays))
		return;
	for (int i = 0; i < RELAY_BATCH; i++) {
		struct sockaddr_storage client = { 0 };
		union packet_info info;
		struct iovec iov = { .iov_base = datagram, .iov_len = sizeof(datagram) };
		struct msghdr msg = { .msg_name = &client,
				      .msg_namelen = sizeof(client),
				      .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = &info,
				      .msg_controllen = sizeof(info) };
		ssize_t len = recvmsg(watcher->fd, &msg, MSG_DONTWAIT);

		if (len < 0)
			return;
		pass_on(relay, &msg, (size_t)len);
	}
}

/* The map is made here, and freed in relay_udp_stop(). syscalls: setsockopt */
int relay_udp_start(struct relay *relay)
{
	int on = 1;

	relay->by_client = map_new();
	if (relay->by_client == NULL)
		return -ENOMEM;
	/* One of the two fails, for the socket has one family; without it the route decides. */
	(void)setsockopt(relay->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	(void)setsockopt(relay->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	ev_io_init(&relay->udp, on_clients, relay->fd, EV_READ);
	relay->udp.data = relay;
	return 0;
}

/* Datagrams come in from here on. Separate from the start, because flows are adopted in between. */
void relay_udp_listen(struct relay *relay)
{
	ev_io_start(relay->relays->loop, &relay->udp);
}

/* All flows end. */
void relay_udp_stop(struct relay *relay)
{
	ev_io_stop(relay->relays->loop, &relay->udp);
	list_foreach (&relay->flows, struct udp_flow, flow, node)
		flow_free(flow);
	map_free(relay->by_client);
	relay->by_client = NULL;
}

/* --- flows that outlive the process ----------------------------------------------------------- */

/* The process before us wrote it, and may have been mistaken in everything. Lengths are checked
 * against the room before anything is copied. false: it cannot be used. */
static bool read_state(struct udp_flow *flow, const struct ipc_flow *message)
{
	struct wire wire = wire_reader(message->state, message->n_state);
	size_t len = wire_u8(&wire);

	if (len > sizeof(flow->client))
		return false;
	flow->client_len = (socklen_t)len;
	wire_bytes(&wire, &flow->client, len);
	len = wire_u8(&wire);
	if (len > sizeof(flow->info))
		return false;
	flow->info_len = len;
	wire_bytes(&wire, &flow->info, len);
	return wire.err == 0 && wire_left(&wire) == 0 && flow->client_len > 0;
}

/* fds[0] is the flow's on success. On failure fds are the caller's. -EPROTO: it is no flow; -EPIPE:
 * it is over. syscalls: getsockopt */
int relay_udp_adopt(struct relay *relay, const struct ipc_flow *message, const int *fds)
{
	struct udp_flow *flow;
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fds[0], SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_DGRAM)
		return -EPROTO;
	if (is_hung_up(fds[0])) /* it was over: only the word of it did not come */
		return -EPIPE;
	flow = calloc(1, sizeof(*flow));
	if (flow == NULL)
		return -ENOMEM;
	flow->relay = relay;
	flow->used_ms = clock_ms();
	if (!read_state(flow, message) ||
	    map_get(relay->by_client, &flow->client, flow->client_len) != NULL ||
	    map_set(relay->by_client, &flow->client, flow->client_len, flow) < 0) {
		free(flow);
		return -EPROTO;
	}
	/* The number stays the one under which the plumber keeps it. */
	flow_start(flow, fds[0], message->number);
	flow->kept = true;
	return 0;
}

/* Until the outbox is full; it goes on from there. */
void relay_udp_offer(struct relay *relay)
{
	list_foreach (&relay->flows, struct udp_flow, flow, node) {
		if (relay->relays->outbox->offers)
			return;
		if (!flow->kept)
			keep(flow);
	}
}

/* A new plumber keeps nothing yet. */
void relay_udp_forget_kept(struct relay *relay)
{
	list_foreach (&relay->flows, struct udp_flow, flow, node)
		flow->kept = false;
}

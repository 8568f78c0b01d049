// SPDX-License-Identifier: GPL-2.0-or-later
// listener.c - the two sockets of a view; questions over UDP

#include "resolver/listener.h"

#include "resolver/query.h"
#include "resolver/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Questions come and go in batches: a busy socket costs one receive and one send for many of them,
 * an idle one exactly one of each. Shared by all views, for they take turns. Replies stand one
 * behind the other in a space that holds a batch of the usual size and one of the longest. */
struct batch {
	struct mmsghdr in[RESOLVER_BATCH], out[RESOLVER_BATCH];
	struct iovec in_iov[RESOLVER_BATCH], out_iov[RESOLVER_BATCH];
	union peer peers[RESOLVER_BATCH];
	uint8_t queries[RESOLVER_BATCH][RESOLVER_UDP_QUERY_MAX];
	uint8_t replies[RESOLVER_BATCH * DNS_UDP_EDNS_SIZE + DNS_UDP_MAX];
};

static struct batch batch;

static void batch_prepare(void)
{
	for (size_t i = 0; i < RESOLVER_BATCH; i++) {
		batch.in_iov[i] = (struct iovec) { batch.queries[i], RESOLVER_UDP_QUERY_MAX };
		batch.in[i].msg_hdr = (struct msghdr) { .msg_name = &batch.peers[i],
							.msg_namelen = sizeof(batch.peers[i]),
							.msg_iov = &batch.in_iov[i],
							.msg_iovlen = 1 };
		batch.out[i].msg_hdr.msg_iov = &batch.out_iov[i];
		batch.out[i].msg_hdr.msg_iovlen = 1;
	}
}

/* A reply that does not go out is lost like any datagram; the others are sent. syscalls: sendmmsg
 */
static void send_batch(int fd, unsigned n)
{
	unsigned n_sent = 0;

	while (n_sent < n) {
		int sent = sendmmsg(fd, batch.out + n_sent, n - n_sent, MSG_DONTWAIT);

		n_sent += sent > 0 ? (unsigned)sent : 1;
	}
}

/* An answer from upstream. syscalls: sendto */
static void reply_later(struct request *request, const uint8_t *reply, size_t len)
{
	struct view *view = request->owner;

	if (len > 0) /* a failed send is a lost datagram */
		(void)sendto(view->udp.fd, reply, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			     &request->peer.sa, sizeof(request->peer));
}

static void answer_batch(struct view *view, unsigned n)
{
	struct asker asker = { .view = view,
			       .reply = reply_later,
			       .owner = view,
			       .owned = &view->requests,
			       .account = &view->account };
	unsigned n_out = 0;
	size_t used = 0;
	bool pending;

	for (unsigned i = 0; i < n; i++) {
		struct mmsghdr *in = &batch.in[i], *out = &batch.out[n_out];

		asker.peer = batch.peers[i];
		out->msg_hdr.msg_iov->iov_base = batch.replies + used;
		out->msg_hdr.msg_iov->iov_len =
			query_answer(view->resolver, &asker, batch.queries[i], in->msg_len,
				     batch.replies + used, DNS_UDP_MAX, &pending);
		out->msg_hdr.msg_name = in->msg_hdr.msg_name;
		out->msg_hdr.msg_namelen = in->msg_hdr.msg_namelen;
		used += out->msg_hdr.msg_iov->iov_len;
		if (out->msg_hdr.msg_iov->iov_len > 0)
			n_out++;
		if (sizeof(batch.replies) - used < DNS_UDP_MAX) { /* no room for any reply */
			send_batch(view->udp.fd, n_out);
			n_out = 0;
			used = 0;
		}
	}
	send_batch(view->udp.fd, n_out);
	for (unsigned i = 0; i < n; i++) /* the kernel has written the lengths of the addresses */
		batch.in[i].msg_hdr.msg_namelen = sizeof(batch.peers[i]);
}

/* The channel is looked at after the questions have arrived: what the plumber told us before they
 * were asked counts. syscalls: recvmmsg */
static void on_udp(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct view *view = watcher->data;
	int fd = watcher->fd;

	(void)loop, (void)revents;
	for (int i = 0; i < RESOLVER_BATCHES; i++) {
		int n = recvmmsg(fd, batch.in, RESOLVER_BATCH, MSG_DONTWAIT, NULL);

		if (n <= 0)
			return;
		channel_catch_up(view->resolver);
		if (!view->open || view->udp.fd != fd) /* closed, or replaced */
			return;
		answer_batch(view, (unsigned)n);
		if (n < RESOLVER_BATCH)
			return;
	}
}

static bool is_tcp_ready(struct acceptor *acceptor)
{
	return tcp_make_room(container_of(acceptor, struct view, tcp));
}

static bool is_tcp_spent(struct acceptor *acceptor)
{
	return tcp_make_descriptor(&container_of(acceptor, struct view, tcp)->resolver->clients);
}

static void on_tcp(struct acceptor *acceptor, int fd)
{
	tcp_client_add(container_of(acceptor, struct view, tcp), fd);
}

static bool is_socket(int fd, int type, int listening)
{
	int domain = 0, its_type = 0, its_listening = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &its_type, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &its_listening, &len) < 0)
		return false;
	return (domain == AF_INET || domain == AF_INET6) && its_type == type &&
	       its_listening == listening && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* syscalls: getsockopt fcntl */
bool listener_check(int udp, int tcp)
{
	return is_socket(udp, SOCK_DGRAM, 0) && is_socket(tcp, SOCK_STREAM, 1);
}

void listener_open(struct view *view, int udp, int tcp, int keeper)
{
	struct ev_loop *loop = view->resolver->loop;

	if (batch.in[0].msg_hdr.msg_iov == NULL)
		batch_prepare();
	view->open = true;
	view->keeper = keeper;
	ev_io_init(&view->udp, on_udp, udp, EV_READ);
	view->udp.data = view;
	ev_io_start(loop, &view->udp);
	acceptor_start(&view->tcp, loop, tcp, is_tcp_ready, on_tcp);
	view->tcp.spent = is_tcp_spent;
}

/* The netns lives as long as a socket in it, so all of them are closed. syscalls: close */
void listener_close(struct view *view)
{
	struct resolver *resolver = view->resolver;

	tcp_close_view(view); /* leaves to the view what its clients have asked */
	request_free_all(&view->requests);
	if (!view->open)
		return;
	ev_io_stop(resolver->loop, &view->udp);
	acceptor_stop(&view->tcp, resolver->loop);
	(void)close(view->udp.fd);
	(void)close(view->tcp.io.fd);
	if (view->keeper >= 0)
		(void)close(view->keeper);
	view->keeper = -1;
	view->open = false;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// listener.c - the two sockets of a view; questions over UDP

#include "resolver/listen/listener.h"

#include "resolver/ask/asking.h"
#include "resolver/listen/listening.h"
#include "resolver/listen/query.h"
#include "resolver/loop/party.h"
#include "resolver/loop/spot.h"
#include "resolver/loop/turns.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A view has a UDP socket, which is read in batches, and a listening TCP
 * socket. A turn: the batch is opened in the journal, recvmmsg(2) fills it, the channel is read so
 * that all the plumber said before counts, each question is answered or begins to wait, and
 * sendmmsg(2) sends the replies. */

/* Questions come and go in batches: a busy socket costs one receive and one send for as many of
 * them as fit a turn, an idle one exactly one of each. Shared by all views, for they take turns.
 * Replies stand one behind the other in a space that holds a batch of the usual size and one of the
 * longest. What comes is in the journal. */
struct batch {
	struct mmsghdr out[RESOLVER_BATCH];
	struct iovec in_iov[RESOLVER_BATCH], out_iov[RESOLVER_BATCH];
	uint8_t replies[RESOLVER_BATCH * DNS_UDP_EDNS_SIZE + DNS_UDP_MAX];
};

static_assert(RESOLVER_BATCH == TURN_UNITS, "a turn is as many answers of our own");

static struct batch batch;

/* What never changes is written once. */
static void batch_prepare(struct journal_batch *in)
{
	for (size_t i = 0; i < RESOLVER_BATCH; i++) {
		batch.in_iov[i] = (struct iovec) { in->queries[i], RESOLVER_UDP_QUERY_MAX };
		in->in[i].msg_hdr = (struct msghdr) { .msg_name = &in->peers[i],
						      .msg_namelen = sizeof(in->peers[i]),
						      .msg_iov = &batch.in_iov[i],
						      .msg_iovlen = 1 };
		batch.out[i].msg_hdr.msg_iov = &batch.out_iov[i];
		batch.out[i].msg_hdr.msg_iovlen = 1;
	}
}

/* A reply that does not go out is lost like any datagram; the others are sent. fd is the
 * container's socket; the replies are in batch.out. syscalls: sendmmsg */
static void send_batch(int fd, unsigned n)
{
	unsigned n_sent = 0;

	while (n_sent < n) {
		int sent = sendmmsg(fd, batch.out + n_sent, n - n_sent, MSG_DONTWAIT);

		/* An error is about the first of them: it is left out, and the others go on. */
		n_sent += sent > 0 ? (unsigned)sent : 1;
	}
}

/* An answer from upstream. The view is open: its requests are freed before it closes. syscalls:
 * sendto */
static void reply_later(struct request *request, const uint8_t *reply, size_t len)
{
	struct view *view = request->owner;

	if (len > 0) /* a failed send is a lost datagram */
		(void)sendto(view->udp.fd, reply, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			     &request->peer.sa, sizeof(request->peer));
}

/* A question over UDP has its view as its owner. */
static struct asker asker_of(struct view *view)
{
	return (struct asker) { .view = view,
				.reply = reply_later,
				.owner = view,
				.owned = &view->requests,
				.account = &view->account };
}

/* For a question of the process before this one, from the journal. syscalls: sendto */
void listener_answer(struct view *view, const union peer *peer, const uint8_t *query, size_t len)
{
	struct listening *listening = view->listening;
	struct asker asker = asker_of(view);
	bool pending;

	if (!view->open)
		return;
	noting_came(&listening->noting);
	asker.peer = *peer;
	len = query_answer(listening, &asker, query, len, listening->asking->scratch, DNS_UDP_MAX,
			   &pending);
	if (len > 0) /* a failed send is a lost datagram */
		(void)sendto(view->udp.fd, listening->asking->scratch, len,
			     MSG_DONTWAIT | MSG_NOSIGNAL, &peer->sa, sizeof(*peer));
}

/* Returns what it cost. n questions are in the journal's batch. */
static unsigned answer_batch(struct view *view, unsigned n)
{
	struct journal_batch *came = &view->listening->journal.page->batch;
	struct asker asker = asker_of(view);
	unsigned n_out = 0, cost = n;
	size_t used = 0;
	bool pending;

	/* Each reply stands behind the one before, and all are sent by one call at the end. */
	for (unsigned i = 0; i < n; i++) {
		struct mmsghdr *in = &came->in[i], *out = &batch.out[n_out];

		/* The peer is part of the question: an answer that takes time goes back to it.
		 * */
		asker.peer = came->peers[i];
		out->msg_hdr.msg_iov->iov_base = batch.replies + used;
		out->msg_hdr.msg_iov->iov_len =
			query_answer(view->listening, &asker, came->queries[i], in->msg_len,
				     batch.replies + used, DNS_UDP_MAX, &pending);
		cost += pending ? COST_ASK : 0;
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
		came->in[i].msg_hdr.msg_namelen = sizeof(came->peers[i]);
	return cost;
}

/* As many at a time as fit a turn if they cost what the last ones did. Twice as many, or fewer,
 * until a batch takes about one turn. */
static void adapt(struct view *view, unsigned n, unsigned cost)
{
	/* Fewer at once when each costs a question upstream, more when they are answered from the
	 * table: the turn stays the same length. */
	if (cost > TURN_UNITS)
		view->n_at_once = n * TURN_UNITS / cost;
	else if (n == view->n_at_once && 2 * cost <= TURN_UNITS)
		view->n_at_once *= 2;
	if (view->n_at_once == 0)
		view->n_at_once = 1;
}

/* The channel is looked at after the questions have arrived: what the plumber told us before they
 * were asked counts. It may find that the view was closed or got other sockets while the channel
 * was read. syscalls: recvmmsg */
static unsigned on_udp(struct spot *spot, uint32_t events)
{
	struct view *view = container_of(spot, struct view, udp);
	struct journal *journal = &view->listening->journal;
	int fd = spot->fd, n;
	unsigned cost = 1;

	(void)events;
	/* From here until journal_end a successor would find these questions in the batch. */
	journal_begin(journal, view);
	n = recvmmsg(fd, journal->page->batch.in, view->n_at_once, MSG_DONTWAIT, NULL);
	if (n > 0)
		view->listening->catch_up(view->listening->data);
	noting_came(&view->listening->noting);
	/* The answers would go to somebody else's socket otherwise. */
	if (n > 0 && view->open && view->udp.fd == fd) { /* neither closed nor replaced */
		cost = answer_batch(view, (unsigned)n);
		adapt(view, (unsigned)n, cost);
	}
	journal_end(journal);
	return cost;
}

/* The rest after a refusal is over. */
static void on_rested(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct view *view = watcher->data;

	/* It rested because its container was beyond its share. */
	(void)loop, (void)revents;
	spot_watch(&view->udp, EPOLLIN);
	tcp_go_on(view);
}

/* Whether one more client may be accepted. Room is made where that is possible. */
static bool is_tcp_ready(struct acceptor *acceptor)
{
	return tcp_make_room(container_of(acceptor, struct view, tcp));
}

/* No descriptor is left: perhaps a client can be closed that has nothing to say. */
static bool is_tcp_spent(struct acceptor *acceptor)
{
	struct listening *listening = container_of(acceptor, struct view, tcp)->listening;

	listening->stats->no_descriptor++;
	return tcp_make_descriptor(&listening->clients);
}

/* A client was accepted. */
static void on_tcp(struct acceptor *acceptor, int fd)
{
	struct view *view = container_of(acceptor, struct view, tcp);

	/* Accepting is charged as well: who connects all the time pays for it. */
	party_charge(view->account.party, COST_ACCEPT);
	tcp_client_add(view, fd);
}

/* Only the kernel's answers count, whatever was sent as what. */
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

/* The sockets come from the plumber, which has checked them as well. Here the mode is set, too.
 * syscalls: getsockopt fcntl */
bool listener_check(int udp, int tcp)
{
	return is_socket(udp, SOCK_DGRAM, 0) && is_socket(tcp, SOCK_STREAM, 1);
}

/* All three descriptors are the view's from here on. keeper: -1 where it is not needed. */
void listener_open(struct view *view, int udp, int tcp, int keeper)
{
	struct ev_loop *loop = view->listening->loop;

	if (batch.out[0].msg_hdr.msg_iov == NULL)
		batch_prepare(&view->listening->journal.page->batch);
	view->open = true;
	ev_init(&view->rest, on_rested);
	view->rest.data = view;
	view->keeper = keeper;
	view->n_at_once = RESOLVER_BATCH / 4; /* of what kind its questions are shows soon */
	spot_start(&view->udp, view->account.party, udp, EPOLLIN, on_udp);
	acceptor_start(&view->tcp, loop, tcp, is_tcp_ready, on_tcp);
	view->tcp.spent = is_tcp_spent;
}

/* The netns lives as long as a socket in it, so all of them are closed. Safe to call twice.
 * syscalls: close */
void listener_close(struct view *view)
{
	struct listening *listening = view->listening;

	/* Clients first, for their questions are the view's and are freed next. */
	tcp_close_view(view); /* leaves to the view what its clients have asked */
	request_free_all(&view->requests);
	if (!view->open)
		return;
	ev_timer_stop(listening->loop, &view->rest);
	spot_stop(&view->udp);
	acceptor_stop(&view->tcp, listening->loop);
	(void)close(view->udp.fd);
	(void)close(view->tcp.io.fd);
	if (view->keeper >= 0)
		(void)close(view->keeper);
	view->keeper = -1;
	view->open = false;
}

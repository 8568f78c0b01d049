// SPDX-License-Identifier: GPL-2.0-or-later
// tcp.c - clients that ask over TCP (RFC 7766)

#include "resolver/listen/tcp.h"

#include "base/buf.h"
#include "resolver/ask/asking.h"
#include "resolver/listen/listening.h"
#include "resolver/listen/query.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/job.h"
#include "resolver/loop/share.h"
#include "resolver/loop/spot.h"
#include "resolver/loop/turns.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A client is a connection with two buffers: what it has sent and is not
 * answered, and what is to be sent to it. Each question has 2 bytes of length before it, each reply
 * as well. Two bounds keep a client small: nothing is read while RESOLVER_TCP_HIGH bytes of answers
 * wait, and a client whose answers exceed RESOLVER_TCP_OUT_MAX is closed. Places are shared between
 * containers; a client that has been answered, or never asks, makes room for others. */

/* Questions are taken as they come and answered as answers come, in any order (RFC 7766, 6.2.1.1).
 * A client that does not read is not read from; one that lets forwarded answers pile up is closed.
 *
 * active_ms is when it last sent or took something. */
struct tcp_client {
	struct list node;
	struct view *view;
	struct spot spot;
	struct job more; /* questions that were read and not answered yet */
	ev_timer idle;
	struct list requests;
	struct buf in, out;
	uint64_t active_ms;
	bool asked;    /* at least once */
	bool finished; /* it will send no more */
	bool gone;
};

/* all is in the order of use, gone is what is freed between two rounds. */
void tcp_clients_init(struct tcp_clients *clients)
{
	list_init(&clients->all);
	list_init(&clients->gone);
	clients->n = 0;
}

static struct tcp_clients *clients_of(const struct tcp_client *client)
{
	return &client->view->listening->clients;
}

/* Nothing of the client may be used as if it were open afterwards; its memory stays until
 * tcp_settle(). syscalls: close */
static void client_close(struct tcp_client *client)
{
	struct listening *listening = client->view->listening;

	/* Several places end a client, and one of them may stand on it at the time. */
	if (client->gone)
		return;
	client->gone = true;
	job_cancel(&client->more);
	spot_stop(&client->spot);
	ev_timer_stop(listening->loop, &client->idle);
	/* Its questions go on. Otherwise a client that hangs up and comes again could ask
	 * without a bound. */
	request_abandon_all(&client->requests, &client->view->requests);
	(void)close(client->spot.fd);
	/* The struct stays until tcp_settle, for somebody may stand on it. */
	client->view->n_clients--;
	listening->clients.n--;
	acceptor_wake(&client->view->tcp, listening->loop);
	list_remove(&client->node);
	list_append(&listening->clients.gone, &client->node);
}

/* Not that it has ended: somebody else needs its place, or it does not read. Counted as a loss for
 * the client. */
static void drop(struct tcp_client *client)
{
	if (!client->gone)
		client->view->listening->stats->tcp_closed++;
	client_close(client);
}

/* Called between two rounds of the loop. */
void tcp_settle(struct tcp_clients *clients)
{
	list_foreach (&clients->gone, struct tcp_client, client, node) {
		list_remove(&client->node);
		buf_done(&client->in);
		buf_done(&client->out);
		free(client);
	}
}

/* All clients of one container. */
void tcp_close_view(struct view *view)
{
	struct tcp_clients *clients = &view->listening->clients;

	list_foreach (&clients->all, struct tcp_client, client, node)
		if (client->view == view)
			client_close(client);
}

/* Its rest is over: what it had sent is answered now. */
void tcp_go_on(struct view *view)
{
	struct tcp_clients *clients = &view->listening->clients;

	if (view->n_clients == 0)
		return;
	list_foreach (&clients->all, struct tcp_client, client, node)
		if (client->view == view)
			job_ready(&client->more);
}

/* Every sign of life puts the end of its patience off. */
static void touch(struct tcp_client *client)
{
	struct tcp_clients *clients = clients_of(client);

	client->active_ms = clock_ms();
	ev_timer_again(client->view->listening->loop, &client->idle);
	/* The list is in the order of use: those who have to make room are found from its front.
	 * */
	list_remove(&client->node);
	list_append(&clients->all, &client->node);
}

/* Everything it asked is answered, and taken. Then the connection may be closed without a loss (RFC
 * 7766, 6.2.3). */
static bool is_answered(const struct tcp_client *client)
{
	return client->asked && client->in.len == 0 && client->out.len == 0 &&
	       list_empty(&client->requests);
}

/* Whether more may be read. */
static bool wants_more(const struct tcp_client *client)
{
	return !client->finished && client->out.len < RESOLVER_TCP_HIGH &&
	       !job_is_ready(&client->more) && !view_rests(client->view);
}

/* Waits for what the client is expected to do next; ends it when that is nothing. Called at the end
 * of whatever was done for a client. */
static void watch(struct tcp_client *client)
{
	struct ev_loop *loop = client->view->listening->loop;
	uint32_t events = (wants_more(client) ? EPOLLIN : 0) | (client->out.len > 0 ? EPOLLOUT : 0);

	if (client->gone)
		return;
	/* Nothing more can come and nothing is owed: the connection ends from our side. */
	if (client->finished && client->out.len == 0 && list_empty(&client->requests) &&
	    !job_is_ready(&client->more) && (client->in.len == 0 || !view_rests(client->view))) {
		client_close(client);
		return;
	}
	if (is_answered(client))
		acceptor_wake(&client->view->tcp, loop);
	spot_watch(&client->spot, events);
}

/* What does not go now waits until the socket is writable. syscalls: sendto */
static void flush(struct tcp_client *client)
{
	ssize_t sent;

	if (client->gone || client->out.len == 0)
		return;
	sent = send(client->spot.fd, client->out.data, client->out.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0) {
		buf_consume(&client->out, (size_t)sent);
		touch(client);
	} else if (errno != EAGAIN && errno != EINTR) {
		client_close(client);
		return;
	}
	if (client->out.len == 0)
		buf_done(&client->out); /* an idle client holds no buffer */
}

/* The reply is in the buffer, and goes with the next flush(). */
static void put_reply(struct tcp_client *client, const uint8_t *reply, size_t len)
{
	uint8_t head[2] = { (uint8_t)(len >> 8), (uint8_t)len };

	buf_append(&client->out, head, sizeof(head));
	buf_append(&client->out, reply, len);
	/* A client that lets its answers pile up is dropped: memory is not its to take. */
	if (client->out.err < 0 || client->out.len > RESOLVER_TCP_OUT_MAX)
		drop(client);
}

/* The answer of a name server. */
static void reply_later(struct request *request, const uint8_t *reply, size_t len)
{
	struct tcp_client *client = request->owner;

	if (len > 0)
		put_reply(client, reply, len);
	flush(client);
	watch(client);
}

/* Returns what it cost. The question is in the client's buffer, and is not kept. */
static unsigned answer_one(struct tcp_client *client, const uint8_t *query, size_t len)
{
	struct listening *listening = client->view->listening;
	struct asker asker = { .view = client->view,
			       .tcp = true,
			       .reply = reply_later,
			       .owner = client,
			       .owned = &client->requests,
			       .account = &client->view->account };
	bool pending;
	size_t reply_len;

	noting_came(&listening->noting);
	reply_len = query_answer(listening, &asker, query, len, listening->asking->scratch,
				 DNS_TCP_MAX, &pending);

	if (reply_len > 0)
		put_reply(client, listening->asking->scratch, reply_len);
	return pending ? COST_ASK : 1;
}

/* Answers the complete questions at the start of in, until the answers fill the output or the turn
 * is over: then the rest has the next. Returns what it cost. Frames are 2 bytes of length and a
 * message (RFC 1035, 4.2.2). */
static unsigned answer_frames(struct tcp_client *client)
{
	const uint8_t *data = (const uint8_t *)client->in.data;
	unsigned cost = 0;
	size_t pos = 0;

	while (!client->gone && client->in.len - pos >= 2 && client->out.len < RESOLVER_TCP_HIGH &&
	       !view_rests(client->view)) {
		size_t len = (size_t)data[pos] << 8 | data[pos + 1];

		/* The rest of what was read waits for the next turn, so one client cannot have
		 * the loop to itself. */
		if (cost >= TURN_UNITS) {
			job_ready(&client->more);
			break;
		}

		/* The length is all that tells where the next question begins, so there is no
		 * way on after one that is refused. */
		if (len > RESOLVER_QUERY_MAX) {
			client_close(client);
			return cost;
		}
		if (client->in.len - pos < 2 + len)
			break;
		cost += answer_one(client, data + pos + 2, len);
		pos += 2 + len;
	}
	if (pos > 0)
		buf_consume(&client->in, pos);
	if (client->in.len == 0)
		buf_done(&client->in);
	return cost;
}

/* Never more than one read ahead of what was answered. Reading stops while there is nothing to be
 * done with what was read. syscalls: recvfrom */
static void receive(struct tcp_client *client)
{
	struct listening *listening = client->view->listening;
	uint8_t chunk[RESOLVER_QUERY_MAX];
	/* One read for each turn, and not more than a question: what is in the kernel costs us
	 * nothing. */
	ssize_t len = recv(client->spot.fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (len > 0) {
		buf_append(&client->in, chunk, (size_t)len);
		client->asked = true;
		touch(client);
		/* What the plumber said before this question came must be known when it is
		 * answered. */
		listening->catch_up(listening->data); /* may close us */
	} else if (len == 0) {
		client->finished = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		client_close(client);
	}
	if (!client->gone && client->in.err < 0)
		client_close(client);
}

/* Called after reading, and when a turn comes for what was left. */
static unsigned answer_and_flush(struct tcp_client *client)
{
	unsigned cost = 0;

	/* Room in the output lets questions go on that were read before. */
	for (size_t left = SIZE_MAX;
	     !client->gone && client->in.len < left && !job_is_ready(&client->more);) {
		left = client->in.len;
		cost += answer_frames(client);
		flush(client);
	}
	flush(client);
	watch(client);
	return cost;
}

/* One event of the client's socket. */
static unsigned on_spot(struct spot *spot, uint32_t events)
{
	struct tcp_client *client = container_of(spot, struct tcp_client, spot);

	if ((events & EPOLLIN) != 0 && wants_more(client))
		receive(client);
	return COST_RECEIVE + answer_and_flush(client);
}

/* The rest of what it has sent. */
static unsigned on_more(struct job *job)
{
	return answer_and_flush(container_of(job, struct tcp_client, more));
}

/* Silence for DNS_TCP_IDLE_MS. */
static void on_idle(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop, (void)revents;
	client_close(watcher->data);
}

/* Whoever has just connected is about to ask. It has had time to ask and has not. */
static bool is_mute(const struct tcp_client *client)
{
	return !client->asked && clock_ms() - client->active_ms >= DNS_TCP_MUTE_MS;
}

/* Whether its place may be given away. On a busy machine a question may wait in the socket while a
 * place is looked for: who has asked is not idle, though nobody has read it yet. Looked at without
 * taking the byte. syscalls: recvfrom */
static bool has_nothing_to_say(const struct tcp_client *client)
{
	char byte;

	return recv(client->spot.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/* true: one more client may come. Within its share a container need not make room. */
bool tcp_make_room(struct view *view)
{
	struct tcp_clients *clients = &view->listening->clients;
	struct tcp_client *mute = NULL;

	if (view->n_clients < share_of(DNS_TCP_CLIENTS_MAX, clients->n,
				       DNS_TCP_CLIENTS_PER_VIEW_MAX, DNS_TCP_CLIENTS_PER_VIEW_MIN))
		return true;
	/* From the least recently used on. */
	list_foreach (&clients->all, struct tcp_client, client, node) {
		if (client->view != view)
			continue;
		/* RFC 7766, 6.2.3: a server may close an idle connection. Clients connect again.
		 * */
		if (is_answered(client) && has_nothing_to_say(client)) {
			drop(client);
			return true;
		}
		if (mute == NULL && is_mute(client) && has_nothing_to_say(client))
			mute = client;
	}
	if (mute != NULL)
		drop(mute);
	return mute != NULL;
}

/* For descriptors any container's client will do. true: one was closed. */
bool tcp_make_descriptor(struct tcp_clients *clients)
{
	list_foreach (&clients->all, struct tcp_client, client, node) {
		if ((is_answered(client) || is_mute(client)) && has_nothing_to_say(client)) {
			drop(client);
			return true;
		}
	}
	return false;
}

/* fd is the client's from here on. */
void tcp_client_add(struct view *view, int fd)
{
	struct listening *listening = view->listening;
	struct tcp_client *client;

	client = calloc(1, sizeof(*client));
	/* The connection is closed and the client asks again. */
	if (client == NULL) {
		(void)close(fd);
		return;
	}
	client->view = view;
	client->active_ms = clock_ms();
	list_init(&client->requests);
	job_init(&client->more, view->account.party, on_more);
	spot_start(&client->spot, view->account.party, fd, EPOLLIN, on_spot);
	ev_timer_init(&client->idle, on_idle, 0.0, DNS_TCP_IDLE_MS / 1000.0);
	client->idle.data = client;
	list_append(&listening->clients.all, &client->node);
	view->n_clients++;
	listening->clients.n++;
	ev_timer_again(listening->loop, &client->idle);
}

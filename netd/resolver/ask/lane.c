// SPDX-License-Identifier: GPL-2.0-or-later
// lane.c - questions to one server over TCP: a c-ares channel, driven by the loop

#include "resolver/ask/lane.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"
#include "resolver/ask/source.h"
#include "resolver/loop/clock.h"

#include <ares.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* c-ares does what it does well: connecting, pieces of messages, matching. It knows one server and
 * one try; which server is asked when is decided in flight_retry.c. Datagrams are not for it: it
 * sends many questions from one socket (ask.h), and can be told otherwise since 1.20 only.
 *
 * A server may close a connection whenever it likes, and what was asked on it is asked again on
 * another (RFC 7766, 6.2.4), here and not by c-ares, which takes silence and a closed connection
 * for the same failure. A question that is lost alone is asked once more. One that is lost beside
 * or behind others is not to blame, for some servers answer so many on a connection and no more:
 * how many that were is as many as are asked at a time from then on, until as many were answered
 * and the connection goes on. So what is asked again stays in proportion to what is answered. A
 * question that gets no answer does not hold up the others: one more is let out now and then. Of
 * those that wait each party's have their turn, however many one of them has. */

/* Questions are in one of three places: waiting, lost, or with c-ares. */
struct lane {
	struct ev_loop *loop;
	ares_channel channel;
	ev_timer timer;
	struct list sockets;
	struct list waiting; /* questions c-ares does not have */
	struct list lost;    /* those to be asked again, which come before them */
	size_t n_open;	     /* questions, those in waiting included */
	size_t n_sent;	     /* those c-ares has */
	/* SIZE_MAX: as many as there are. It becomes a number when the server closes a
	 * connection. */
	size_t n_sent_max;
	size_t n_asked, n_answered; /* on this connection */
	/* c-ares is being called, and may call back. */
	bool sending;
	uint32_t zone;
	struct source *source; /* the server's */
	uint8_t family;
};

/* A socket of c-ares that the loop watches. */
struct lane_socket {
	struct list node;
	struct lane *lane;
	ev_io io;
};

static void send_waiting(struct lane *lane);

/* ares_process_fd() reads, writes and calls back for all that has come. */
static void on_socket(struct ev_loop *loop, ev_io *watcher, int revents)
{
	/* The callbacks of c-ares may free the lane_socket, so nothing of it is used afterwards. */
	const struct lane_socket *from = watcher->data;
	struct lane *lane = from->lane;
	int fd = watcher->fd;

	if (watcher_again(loop, watcher, revents))
		return;
	ares_process_fd(lane->channel, (revents & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
			(revents & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	send_waiting(lane);
}

/* A lane has a socket or two, so a list does. */
static struct lane_socket *find_socket(struct lane *lane, int fd)
{
	list_foreach (&lane->sockets, struct lane_socket, found, node)
		if (found->io.fd == fd)
			return found;
	return NULL;
}

/* The descriptor is c-ares's to close. */
static void socket_forget(struct lane_socket *gone)
{
	ev_io_stop(gone->lane->loop, &gone->io);
	list_remove(&gone->node);
	free(gone);
}

/* c-ares says what it waits for on a socket; neither means that it is about to close it. A callback
 * of c-ares. */
static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
	struct lane *lane = data;
	struct lane_socket *known = find_socket(lane, fd);
	int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);

	if (events == 0) {
		if (known != NULL)
			socket_forget(known);
		return;
	}
	/* The node is found by its descriptor, and lives until c-ares says that it closes it. */
	if (known == NULL) {
		known = calloc(1, sizeof(*known));
		if (known == NULL)
			return; /* not watched: its questions time out */
		known->lane = lane;
		list_append(&lane->sockets, &known->node);
	}
	ev_io_stop(lane->loop, &known->io);
	ev_io_init(&known->io, on_socket, fd, events);
	known->io.data = known;
	ev_io_start(lane->loop, &known->io);
}

/* Questions that the server might answer, and others before them that it does not. A lane that is
 * held up lets one more question out when the timer fires. */
static bool is_held_up(const struct lane *lane)
{
	return !(list_empty(&lane->waiting) && list_empty(&lane->lost)) && lane->n_sent > 0 &&
	       lane->n_sent >= lane->n_sent_max;
}

/* When to look again: all questions of a lane have the same timeout, so the one that is armed is
 * the first to come, or the moment when one more is let out. Those that wait while nothing is sent
 * wait for a socket from the plumber. One timer for the lane. */
static void arm_timer(struct lane *lane)
{
	struct timeval time = { 0 }, *next = NULL;
	double after_s = LANE_SOCKET_WAIT_MS / 1000.0, patience_s = DNS_FIRST_TRY_MS / 1000.0;

	if (is_held_up(lane) && ev_is_active(&lane->timer) &&
	    ev_timer_remaining(lane->loop, &lane->timer) > patience_s)
		ev_timer_stop(lane->loop, &lane->timer);
	if (ev_is_active(&lane->timer) || lane->n_open == 0)
		return;
	/* c-ares gives the time to the next timeout of its own. */
	if (lane->n_sent > 0) {
		next = ares_timeout(lane->channel, NULL, &time);
		if (next == NULL)
			return;
		after_s = (double)next->tv_sec + (double)next->tv_usec / 1e6 + 0.001;
		if (is_held_up(lane) && after_s > patience_s)
			after_s = patience_s;
	}
	ev_timer_set(&lane->timer, after_s, 0.0);
	ev_timer_start(lane->loop, &lane->timer);
}

/* c-ares looks at its timeouts when it is called without a socket. */
static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct lane *lane = watcher->data;

	(void)loop, (void)revents;
	ares_process_fd(lane->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (is_held_up(lane))
		lane->n_sent_max++;
	send_waiting(lane);
	arm_timer(lane);
}

/* Everything is given as an option: c-ares must not look for files, which are not there, nor find
 * its search order or hosts file worth a thought. USEVC: TCP only. NOCHECKRESP: every code is an
 * answer. The server here is a placeholder, for ports come by another call. */
static int open_channel(struct lane *lane)
{
	static char lookups[] = "b";
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
		   ARES_OPT_SERVERS | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST |
		   ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ | ARES_OPT_NOROTATE;
	struct in_addr placeholder = { .s_addr = htonl(INADDR_LOOPBACK) };
	struct ares_options options = {
		.flags = ARES_FLAG_USEVC | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			 ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS,
		.timeout = DNS_BUDGET_MS,
		.tries = 1,
		.ndots = 1,
		.servers = &placeholder,
		.nservers = 1,
		.lookups = lookups,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = lane,
		.ednspsz = DNS_UDP_EDNS_SIZE,
	};

#ifdef ARES_OPT_QUERY_CACHE /* 1.31 and later keep answers, which is our business */
	mask |= ARES_OPT_QUERY_CACHE;
	options.qcache_max_ttl = 0;
#endif
	return ares_init_options(&lane->channel, &options, mask);
}

/* TCP of the server's family. */
static enum ipc_socket_kind kind_of(const struct lane *lane)
{
	return ipc_socket_tcp(family_of(lane->family));
}

/* c-ares has made a socket where we are; the container's takes its place. 0, or a negative errno
 * when there is no socket of the container's. syscalls: dup3 close */
static int replace_socket(const struct lane *lane, int fd)
{
	/* The container's own socket was opened by the plumber inside; the number that c-ares
	 * knows stays the same. */
	int own = source_take(lane->source, kind_of(lane));
	int err;

	if (own < 0)
		return own;
	err = dup3(own, fd, O_CLOEXEC) < 0 ? -errno : 0;
	(void)close(own);
	return err;
}

/* c-ares has no place for a zone before 1.22, but shows each socket before it connects: bound to
 * the interface it needs none. Everybody may bind a socket that is not bound yet (Linux 5.7). A
 * callback of c-ares, between socket(2) and connect(2). -1 makes the connection fail. syscalls:
 * setsockopt */
static int on_socket_made(ares_socket_t fd, int type, void *data)
{
	struct lane *lane = data;
	int zone = (int)lane->zone;

	(void)type;
	/* The question that causes the connection is the first on it. */
	lane->n_asked = 1;
	lane->n_answered = 0;
	if (lane->source != NULL)
		return replace_socket(lane, fd) < 0 ? -1 : 0;
	if (zone != 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &zone, sizeof(zone)) < 0)
		return -1; /* the interface is gone: as good as an upstream that refuses */
	return 0;
}

/* IPv6 addresses stand in brackets before the port. */
static int set_server(struct lane *lane, const struct server_name *server)
{
	const bool six = server->addr.family == AF_INET6;
	char text[ADDR_STR_MAX + sizeof("[]:65535")];

	(void)snprintf(text, sizeof(text), "%s%s%s:%u", six ? "[" : "", ADDR_STR(&server->addr),
		       six ? "]" : "", server->port);
	ares_set_socket_configure_callback(lane->channel, on_socket_made, lane);
	return ares_set_servers_ports_csv(lane->channel, text);
}

/* NULL: no channel, and the reason is logged. */
struct lane *lane_new(struct ev_loop *loop, const struct server_name *server)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	int status;

	if (lane == NULL)
		return NULL;
	lane->loop = loop;
	lane->zone = server->zone;
	lane->source = server->source;
	lane->family = server->addr.family;
	lane->n_sent_max = SIZE_MAX;
	list_init(&lane->sockets);
	list_init(&lane->waiting);
	list_init(&lane->lost);
	ev_init(&lane->timer, on_timer);
	lane->timer.data = lane;
	status = open_channel(lane);
	if (status != ARES_SUCCESS) {
		log_error("cannot open a channel to an upstream: %s", ares_strerror(status));
		free(lane);
		return NULL;
	}
	status = set_server(lane, server);
	if (status != ARES_SUCCESS) {
		log_error("cannot use upstream %s: %s", ADDR_STR(&server->addr),
			  ares_strerror(status));
		lane_free(lane);
		return NULL;
	}
	return lane;
}

/* Codes of c-ares as errnos. ECONNREFUSED stands for every loss of a connection as well. */
static int status_to_errno(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	case ARES_ECONNREFUSED:
		return -ECONNREFUSED;
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
		return -ECANCELED;
	default:
		return -EIO;
	}
}

/* The query is the caller's again. */
static void finish(struct lane_query *query, int err, const uint8_t *answer, size_t len)
{
	query->lane->n_open--;
	query->done(query, err, answer, len);
}

/* The connection went away under it. False: it is not worth another. A question that was alone on
 * its connection is to blame when that is closed. */
static bool is_asked_again(struct lane_query *query)
{
	struct lane *lane = query->lane;

	/* As many as it answered before it closed; at least one, for otherwise nothing would be
	 * asked at all. */
	lane->n_sent_max = lane->n_answered > 0 ? lane->n_answered : 1;
	if (lane->n_asked == 1) {
		if (query->lost)
			return false;
		query->lost = true;
	}
	list_append(&lane->lost, &query->node); /* c-ares is still busy with the others */
	return true;
}

/* A callback of c-ares, for each question. answer is good only meanwhile. */
static void on_answer(void *data, int status, int timeouts, unsigned char *answer, int len)
{
	struct lane_query *query = data;
	struct lane *lane = query->lane;
	int err = status_to_errno(status);

	(void)timeouts;
	lane->n_sent--;
	if (err == -ECONNREFUSED && is_asked_again(query))
		return;
	if (err == 0 && (answer == NULL || len <= 0))
		err = -EIO;
	/* The server keeps its connection open for more than it was trusted with: twice as many
	 * may be asked. */
	if (err == 0 && ++lane->n_answered >= lane->n_sent_max)
		lane->n_sent_max *= 2;
	finish(query, err, err == 0 ? answer : NULL, err == 0 ? (size_t)len : 0);
	if (err == 0) /* before c-ares closes a connection that nobody waits on */
		send_waiting(lane);
}

/* c-ares calls on_answer() for it in any case, perhaps before it returns. */
static void send_one(struct lane *lane, struct lane_query *query)
{
	lane->n_sent++;
	lane->n_asked++; /* or it is the first of a new connection: on_socket_made */
	/* Deprecated since 1.28, for a call that takes apart and writes anew what is sent and what
	 * comes. Our messages are made and read by dns/, byte by byte; 1.18 has no other call. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	ares_send(lane->channel, query->message, (int)query->len, on_answer, query);
#pragma GCC diagnostic pop
}

/* A connection, or what one is made of. Questions wait where the container's sockets are spent,
 * until the plumber has sent some. */
static bool has_socket(const struct lane *lane)
{
	return lane->source == NULL || !list_empty(&lane->sockets) ||
	       source_has(lane->source, kind_of(lane));
}

/* The order stays. */
static void move_all(struct list *from, struct list *to)
{
	list_foreach (from, struct lane_query, query, node) {
		list_remove(&query->node);
		list_append(to, &query->node);
	}
}

/* It had its turn already, and was not to blame. Lost questions go before those that were never
 * sent. */
static void put_lost_first(struct lane *lane)
{
	if (list_empty(&lane->lost))
		return;
	move_all(&lane->waiting, &lane->lost);
	move_all(&lane->lost, &lane->waiting);
}

/* The others of its party stand behind those of the other parties from now on. So parties take
 * turns, however many questions one of them has. */
static void step_back(struct lane *lane, const void *party)
{
	struct list behind;

	list_init(&behind);
	list_foreach (&lane->waiting, struct lane_query, query, node)
		if (query->party == party) {
			list_remove(&query->node);
			list_append(&behind, &query->node);
		}
	move_all(&behind, &lane->waiting);
}

/* Sends what may be sent now. Only one of these runs at a time. */
static void send_waiting(struct lane *lane)
{
	struct lane_query *query;

	if (lane->sending) /* c-ares may call back before it returns */
		return;
	lane->sending = true;
	put_lost_first(lane);
	while (lane->n_sent < lane->n_sent_max &&
	       (query = list_first(&lane->waiting, struct lane_query, node)) != NULL) {
		/* The deadline stays what it was when the question came; being asked again does
		 * not extend it. */
		bool late = clock_ms() >= query->deadline_ms;

		if (!late && !has_socket(lane))
			break;
		list_remove(&query->node);
		if (lane->n_sent_max != SIZE_MAX) /* else they do not wait for each other */
			step_back(lane, query->party);
		if (late)
			finish(query, -ETIMEDOUT, NULL, 0);
		else
			send_one(lane, query);
		put_lost_first(lane);
	}
	lane->sending = false;
	arm_timer(lane);
}

/* message must stay until query->done was called, which may be before this returns. */
void lane_send(struct lane *lane, const uint8_t *message, size_t len, struct lane_query *query)
{
	query->lane = lane;
	query->message = message;
	query->len = len;
	query->deadline_ms = clock_ms() + DNS_BUDGET_MS;
	query->lost = false;
	lane->n_open++;
	list_append(&lane->waiting, &query->node);
	send_waiting(lane);
}

/* done is called with -ECANCELED for all that is open. */
void lane_free(struct lane *lane)
{
	if (lane == NULL)
		return;
	/* Callbacks of what is destroyed must not send anything. */
	lane->sending = true; /* not any more */
	ares_destroy(lane->channel);
	put_lost_first(lane);
	list_foreach (&lane->waiting, struct lane_query, query, node) {
		list_remove(&query->node);
		finish(query, -ECANCELED, NULL, 0);
	}
	list_foreach (&lane->sockets, struct lane_socket, left, node)
		socket_forget(left);
	ev_timer_stop(lane->loop, &lane->timer);
	free(lane);
}

/* Those that wait are counted, too. */
size_t lane_n_open(const struct lane *lane)
{
	return lane->n_open;
}

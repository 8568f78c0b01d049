// SPDX-License-Identifier: GPL-2.0-or-later
// datagram.c - one datagram to a server, from a port of its own, and what comes back to it

#include "resolver/ask/datagram.h"

#include "base/limits.h"
#include "resolver/ask/source.h"
#include "resolver/loop/job.h"
#include "resolver/loop/spot.h"
#include "resolver/loop/turns.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. Each datagram leaves from a socket of its own that is connected to the
 * server. So the kernel drops what comes from elsewhere, the port is one that nobody can guess,
 * and an answer has to match the id and the whole question besides: a forger would have to hit
 * all three, and has ASK_WRONG_MAX tries.
 *
 * Sockets of the host are made for each question. Those inside a container are the plumber's, and
 * go back to their source when the question has ended. */

/* Header, then what the question's name must be followed by: type and class. The header's twelve
 * bytes are the same in the question and its answer but for flags and counts. */
#define HEAD_LEN 12
#define FLAG_QR 0x80

/* Errors of this host, which say nothing about the server, stay; all others mean that the server
 * cannot be reached. */
static int error_of_network(int err)
{
	switch (err) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRNOTAVAIL: /* every port is taken */
	case EAGAIN:
		return -err;
	default:
		return -ECONNREFUSED;
	}
}

/* The kind of socket is UDP of the server's family. */
static enum ipc_socket_kind kind_of(const struct server_name *server)
{
	return ipc_socket_udp(family_of(server->addr.family));
}

/* A container's own server is asked from inside the container. syscalls: socket */
static int take_socket(const struct server_name *server)
{
	int fd;

	if (server->source != NULL)
		return source_take(server->source, kind_of(server));
	fd = socket(server->addr.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? error_of_network(errno) : fd;
}

/* Sockets of a source are used again. syscalls: close */
static void give_socket(struct source *source, enum ipc_socket_kind kind, int fd)
{
	if (source != NULL)
		source_give(source, kind, fd);
	else
		(void)close(fd);
}

/* A link-local server needs its interface. Everybody may bind a socket to one that is not bound yet
 * (Linux 5.7). Connecting draws the port. syscalls: setsockopt connect */
static int connect_socket(int fd, const struct server_name *server)
{
	struct sockaddr_storage to;
	socklen_t to_len = addr_to_sockaddr(&server->addr, server->port, &to);
	int zone = (int)server->zone;

	if (zone != 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &zone, sizeof(zone)) < 0)
		return -ECONNREFUSED; /* the interface is gone */
	if (connect(fd, (const struct sockaddr *)&to, to_len) < 0)
		return error_of_network(errno);
	return 0;
}

/* *ret_fd is the caller's, to be given back by give_socket(). */
static int open_socket(const struct server_name *server, int *ret_fd)
{
	int fd = take_socket(server), err;

	if (fd < 0)
		return fd;
	err = connect_socket(fd, server);
	if (err < 0) {
		give_socket(server->source, kind_of(server), fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

/* Whether the server can be reached at all. No answer of the kernel's counts as yes, except a
 * refusal. */
bool datagram_has_route(const struct server_name *server)
{
	/* An attempt to connect is the question itself: it asks the kernel for a route, and sends
	 * nothing. */
	int fd, err = open_socket(server, &fd);

	if (err == 0)
		give_socket(server->source, kind_of(server), fd);
	return err != -ECONNREFUSED;
}

/* DNS names are compared without case. */
static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Length bytes of labels are below 64, so folding the whole question changes none of them; type and
 * class have no letters that matter twice. The answer must repeat the id, be an answer, have one
 * question, and that question. */
static bool is_answer(const struct datagram *datagram, const uint8_t *answer, size_t len)
{
	const uint8_t *query = datagram->message;
	size_t end = HEAD_LEN;

	/* The name was written by us, so it ends; what the answer says is compared with it and
	 * not read by itself. */
	while (query[end] != 0)
		end += query[end] + 1u;
	/* The final zero, type and class. */
	end += 5;
	if (len < end || memcmp(answer, query, 2) != 0 || (answer[2] & FLAG_QR) == 0 ||
	    memcmp(answer + 4, query + 4, 2) != 0)
		return false;
	for (size_t i = HEAD_LEN; i < end - 4; i++)
		if (fold(answer[i]) != fold(query[i]))
			return false;
	return memcmp(answer + end - 4, query + end - 4, 4) == 0;
}

/* Closes the socket, or gives it back; done is not called. Safe to call twice. */
static void datagram_end(struct datagram *datagram)
{
	if (!spot_is_started(&datagram->spot))
		return;
	job_cancel(&datagram->late);
	spot_stop(&datagram->spot);
	ev_timer_stop(datagram->loop, &datagram->timer);
	list_remove(&datagram->busy);
	give_socket(datagram->source, datagram->kind, datagram->spot.fd);
}

/* done is called last: it may free the datagram. */
static void finish(struct datagram *datagram, int status, const uint8_t *answer, size_t len)
{
	datagram_end(datagram);
	datagram->done(datagram, status, answer, len);
}

/* Reads until an answer fits. What does not fit is counted: many wrong ones are an attack, and the
 * question goes on over TCP then. syscalls: recvfrom */
static unsigned on_readable(struct spot *spot, uint32_t events)
{
	/* Static, for the turn is over before another one reads: the loop has one thread. */
	static uint8_t answer[DNS_UDP_MAX];
	struct datagram *datagram = container_of(spot, struct datagram, spot);
	ssize_t len;

	(void)events;
	while (datagram->n_wrong < ASK_WRONG_MAX) {
		len = recv(spot->fd, answer, sizeof(answer), MSG_DONTWAIT);
		/* Nothing more now. The socket is shown again when something comes. */
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return COST_RECEIVE;
		if (len < 0) {
			finish(datagram, -ECONNREFUSED, NULL, 0);
			return COST_ANSWER;
		}
		if (is_answer(datagram, answer, (size_t)len)) {
			finish(datagram, 0, answer, (size_t)len);
			return COST_ANSWER;
		}
		datagram->n_wrong++;
	}
	finish(datagram, -EBADMSG, NULL, 0);
	return COST_ANSWER;
}

/* No answer came while anybody could still use one. */
static unsigned on_late(struct job *job)
{
	finish(container_of(job, struct datagram, late), -ETIMEDOUT, NULL, 0);
	return COST_ANSWER;
}

/* Many that were asked together are late together. The job waits for its party's turn, so that many
 * answers at once do not hold the loop. */
static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct datagram *datagram = watcher->data;

	(void)loop, (void)revents;
	job_ready(&datagram->late);
}

/* A datagram that cannot be sent now is as good as lost on the way, unless the network says no.
 * -ECONNREFUSED, or 0. syscalls: sendto */
static int send_message(const struct datagram *datagram)
{
	ssize_t sent = send(datagram->spot.fd, datagram->message, datagram->len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent < 0 && error_of_network(errno) == -ECONNREFUSED ? -ECONNREFUSED : 0;
}

/* finish frees nothing of ours: the caller's done does, and must be last. message must stay until
 * done was called. done is not called when this fails. */
int datagram_start(struct datagram *datagram, struct ev_loop *loop, struct party *party,
		   const struct server_name *server, const uint8_t *message, size_t len,
		   datagram_fn done)
{
	int fd = -1, err = open_socket(server, &fd);

	if (err < 0)
		return err;
	*datagram = (struct datagram) { .source = server->source,
					.kind = (uint8_t)kind_of(server),
					.loop = loop,
					.done = done,
					.message = message,
					.len = len };
	list_init(&datagram->busy);
	job_init(&datagram->late, party, on_late);
	spot_start(&datagram->spot, party, fd, EPOLLIN, on_readable);
	if (datagram->source != NULL)
		list_append(&datagram->source->busy, &datagram->busy);
	ev_timer_init(&datagram->timer, on_timer, DNS_BUDGET_MS / 1000.0, 0.0);
	datagram->timer.data = datagram;
	ev_timer_start(loop, &datagram->timer);
	/* A network that says no at once spares the client the wait. An ICMP error of an earlier
	 * datagram to the same server shows here. */
	err = send_message(datagram);
	if (err < 0)
		datagram_end(datagram);
	return err;
}

/* The same message from the same socket, so any of two answers does. */
void datagram_again(const struct datagram *datagram)
{
	if (spot_is_started(&datagram->spot))
		(void)send_message(datagram); /* an answer to the first is as good */
}

/* done is called with -ECANCELED. */
void datagram_cancel(struct datagram *datagram)
{
	finish(datagram, -ECANCELED, NULL, 0);
}

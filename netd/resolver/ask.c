// SPDX-License-Identifier: GPL-2.0-or-later
// ask.c - one datagram to a server, from a port of its own, and what comes back to it

#include "resolver/ask.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Header, then what the question's name must be followed by: type and class. */
#define HEAD_LEN 12
#define FLAG_QR 0x80

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

/* A link-local server needs its interface. Everybody may bind a socket to one that is not bound yet
 * (Linux 5.7). Connecting draws the port. syscalls: socket setsockopt connect close */
static int open_socket(const struct server_name *server, int *ret_fd)
{
	struct sockaddr_storage to;
	socklen_t to_len = addr_to_sockaddr(&server->addr, server->port, &to);
	int zone = (int)server->zone;
	_cleanup_close_ int fd = socket(server->addr.family,
					SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error_of_network(errno);
	if (zone != 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &zone, sizeof(zone)) < 0)
		return -ECONNREFUSED; /* the interface is gone */
	if (connect(fd, (const struct sockaddr *)&to, to_len) < 0)
		return error_of_network(errno);
	*ret_fd = take_fd(&fd);
	return 0;
}

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Length bytes of labels are below 64, so folding the whole question changes none of them; type and
 * class have no letters that matter twice. */
static bool is_answer(const struct ask *ask, const uint8_t *answer, size_t len)
{
	const uint8_t *query = ask->message;
	size_t end = HEAD_LEN;

	while (query[end] != 0)
		end += query[end] + 1u;
	end += 5;
	if (len < end || memcmp(answer, query, 2) != 0 || (answer[2] & FLAG_QR) == 0 ||
	    memcmp(answer + 4, query + 4, 2) != 0)
		return false;
	for (size_t i = HEAD_LEN; i < end - 4; i++)
		if (fold(answer[i]) != fold(query[i]))
			return false;
	return memcmp(answer + end - 4, query + end - 4, 4) == 0;
}

static void finish(struct ask *ask, int status, const uint8_t *answer, size_t len)
{
	ask_end(ask);
	ask->done(ask, status, answer, len);
}

/* syscalls: recvfrom */
static void on_readable(struct ev_loop *loop, ev_io *watcher, int revents)
{
	static uint8_t answer[DNS_UDP_MAX];
	struct ask *ask = watcher->data;
	ssize_t len;

	(void)loop, (void)revents;
	while (ask->n_wrong < ASK_WRONG_MAX) {
		len = recv(watcher->fd, answer, sizeof(answer), MSG_DONTWAIT);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len < 0) {
			finish(ask, -ECONNREFUSED, NULL, 0);
			return;
		}
		if (is_answer(ask, answer, (size_t)len)) {
			finish(ask, 0, answer, (size_t)len);
			return;
		}
		ask->n_wrong++;
	}
	finish(ask, -EBADMSG, NULL, 0);
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop, (void)revents;
	finish(watcher->data, -ETIMEDOUT, NULL, 0);
}

/* What cannot be sent now is as good as lost on the way, unless the network says no. syscalls:
 * sendto */
static int send_message(const struct ask *ask)
{
	ssize_t sent = send(ask->io.fd, ask->message, ask->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent < 0 && error_of_network(errno) == -ECONNREFUSED ? -ECONNREFUSED : 0;
}

int ask_start(struct ask *ask, struct ev_loop *loop, const struct server_name *server,
	      const uint8_t *message, size_t len, ask_fn done)
{
	int fd = -1, err = open_socket(server, &fd);

	if (err < 0)
		return err;
	*ask = (struct ask) { .loop = loop, .done = done, .message = message, .len = len };
	ev_io_init(&ask->io, on_readable, fd, EV_READ);
	ev_timer_init(&ask->timer, on_timer, DNS_BUDGET_MS / 1000.0, 0.0);
	ask->io.data = ask->timer.data = ask;
	ev_io_start(loop, &ask->io);
	ev_timer_start(loop, &ask->timer);
	err = send_message(ask);
	if (err < 0)
		ask_end(ask);
	return err;
}

void ask_again(const struct ask *ask)
{
	if (ev_is_active(&ask->io))
		(void)send_message(ask); /* an answer to the first is as good */
}

/* syscalls: close */
void ask_end(struct ask *ask)
{
	if (!ev_is_active(&ask->io))
		return;
	ev_io_stop(ask->loop, &ask->io);
	ev_timer_stop(ask->loop, &ask->timer);
	(void)close(ask->io.fd);
}

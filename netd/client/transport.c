// SPDX-License-Identifier: GPL-2.0-or-later
// transport.c - a connected stream to netd: a unix socket, or a pipe through ssh
#include "client/transport.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "client/transport_ssh.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* Theory of operation. A transport is a descriptor that reads and writes as one stream, and for ssh
 * the process behind it. ssh is started anew for each connection, and is waited for when that is
 * closed. */

/* transport->fd is set on success only. */
static int open_unix(const struct client_host *host, struct transport *transport,
		     struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return client_host_unreachable(host, errno, error);
	memcpy(address.sun_path, host->path, strlen(host->path)); /* client_host_parse checked it */
	/* A full backlog makes this wait, which is right: netd is there and busy. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return client_host_unreachable(host, errno, error);
	transport->fd = take_fd(&fd);
	return 0;
}

/* The words of a failure name the host and what may be wrong. */
int transport_open(const struct client_host *host, struct transport *ret_transport,
		   struct error *error)
{
	struct transport transport = { .fd = -1 };
	int err = host->ssh ? transport_ssh_open(host, &transport, error)
			    : open_unix(host, &transport, error);

	if (err < 0)
		return err;
	/* A limit on silence, not on the answer: each byte that comes begins it anew. */
	transport_timeout(&transport, CLIENT_TIMEOUT_S);
	*ret_transport = transport;
	return 0;
}

/* An ssh that is not waited for stays as a zombie: netd-docker opens connections as long as it
 * lives. The status as waitpid(2) gives it; -1 where it cannot be told. */
static int reap(struct transport *transport)
{
	int status = -1;

	/* A signal of the caller's own must not leave the zombie. */
	while (waitpid(transport->pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	transport->pid = 0;
	return status;
}

/* Safe to call twice. */
void transport_close(struct transport *transport)
{
	if (transport->fd >= 0)
		(void)close(transport->fd);
	transport->fd = -1;
	if (transport->pid > 0) {
		/* It may wait for a password, and then would not notice that its input has
		 * ended. */
		(void)kill(transport->pid, SIGTERM); /* it may be gone already */
		(void)reap(transport);
	}
}

/* The connection ended before a byte of an answer came. It is closed here. */
int transport_lost(struct transport *transport, const struct client_host *host, struct error *error)
{
	int status = 0;

	if (transport->pid > 0) {
		(void)close(transport->fd); /* an ssh that still runs ends when its input does */
		transport->fd = -1;
		status = reap(transport);
	}
	transport_close(transport);
	/* ssh has said on standard error what was wrong. Its status is all that is left to add. */
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return error_set(error, ERROR_UNAVAILABLE,
				 "cannot reach netd at %s: ssh ended with status %d", host->text,
				 WEXITSTATUS(status));
	return error_set(error, ERROR_UNAVAILABLE,
			 "netd at %s closed the connection without an answer", host->text);
}

/* netd closes a connection that idles for API_TIMEOUT_S, and it may be restarted. A request sent
 * into one that has ended would be lost, and whether it was done could not be known: so it is
 * looked at before. Bytes that nobody asked for mean that both sides are out of step. */
bool transport_idle(const struct transport *transport)
{
	char byte;

	return transport->fd >= 0 && recv(transport->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* For both directions. 0: no limit. */
void transport_timeout(const struct transport *transport, unsigned int seconds)
{
	const struct timeval limit = { .tv_sec = (time_t)seconds };

	/* Failing leaves a connection that waits for ever, which is no reason to give it up. */
	(void)setsockopt(transport->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(transport->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

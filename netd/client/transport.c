// SPDX-License-Identifier: GPL-2.0-or-later
// transport.c - a connected stream to netd: a unix socket, or a pipe through ssh
#include "client/transport.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static int unreachable(const struct client_host *host, int code, struct error *error)
{
	const char *hint = "";

	if (code == ENOENT || code == ECONNREFUSED)
		hint = "; is netd running?";
	else if (code == EACCES || code == EPERM)
		hint = "; root and the members of the group netd may";
	return error_set(error, ERROR_UNAVAILABLE, "cannot reach netd at %s: %s%s", host->text,
			 strerror(code), hint);
}

static int open_unix(const struct client_host *host, struct transport *transport,
		     struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return unreachable(host, errno, error);
	memcpy(address.sun_path, host->path, strlen(host->path)); /* client_host_parse checked it */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return unreachable(host, errno, error);
	transport->fd = take_fd(&fd);
	return 0;
}

/* What ssh hands to the shell over there. Single quotes stop that shell from reading the path. */
static void remote_command(const struct client_host *host, struct buf *command)
{
	buf_puts(command, "netctl ");
	if (host->path) {
		buf_puts(command, "-H 'unix://");
		for (const char *c = host->path; *c; c++)
			if (*c == '\'')
				buf_puts(command, "'\\''");
			else
				buf_append(command, c, 1);
		buf_puts(command, "' ");
	}
	buf_puts(command, "system dial-stdio");
}

static int spawn_ssh(char *const argv[], int fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int code = posix_spawn_file_actions_init(&actions);

	if (code != 0)
		return code;
	code = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (code == 0)
		code = posix_spawnp(ret_pid, "ssh", &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return code;
}

static int open_ssh(const struct client_host *host, struct transport *transport,
		    struct error *error)
{
	_cleanup_(buf_done) struct buf command = { 0 };
	const char *argv[10];
	size_t n = 0;
	int pair[2], code;
	pid_t pid = 0;

	remote_command(host, &command);
	if (command.err < 0)
		return unreachable(host, ENOMEM, error);
	argv[n++] = "ssh";
	if (host->user) {
		argv[n++] = "-l";
		argv[n++] = host->user;
	}
	if (host->port) {
		argv[n++] = "-p";
		argv[n++] = host->port;
	}
	argv[n++] = "-T";
	argv[n++] = "--";
	argv[n++] = host->name;
	argv[n++] = command.data;
	argv[n] = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return unreachable(host, errno, error);
	code = spawn_ssh((char *const *)argv, pair[1], &pid);
	(void)close(pair[1]);
	if (code != 0) {
		(void)close(pair[0]);
		return error_set(error, ERROR_UNAVAILABLE, "cannot reach netd at %s: ssh: %s",
				 host->text, strerror(code));
	}
	*transport = (struct transport) { .fd = pair[0], .pid = pid };
	return 0;
}

int transport_open(const struct client_host *host, struct transport *ret_transport,
		   struct error *error)
{
	struct transport transport = { .fd = -1 };
	int err = host->ssh ? open_ssh(host, &transport, error)
			    : open_unix(host, &transport, error);

	if (err < 0)
		return err;
	transport_timeout(&transport, CLIENT_TIMEOUT_S);
	*ret_transport = transport;
	return 0;
}

static int reap(struct transport *transport)
{
	int status = -1;

	while (waitpid(transport->pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	transport->pid = 0;
	return status;
}

void transport_close(struct transport *transport)
{
	if (transport->fd >= 0)
		(void)close(transport->fd);
	transport->fd = -1;
	if (transport->pid > 0) {
		(void)kill(transport->pid, SIGTERM); /* it may be gone already */
		(void)reap(transport);
	}
}

int transport_lost(struct transport *transport, const struct client_host *host, struct error *error)
{
	int status = 0;

	if (transport->pid > 0) {
		(void)close(transport->fd); /* an ssh that still runs ends when its input does */
		transport->fd = -1;
		status = reap(transport);
	}
	transport_close(transport);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return error_set(error, ERROR_UNAVAILABLE,
				 "cannot reach netd at %s: ssh ended with status %d", host->text,
				 WEXITSTATUS(status));
	return error_set(error, ERROR_UNAVAILABLE,
			 "netd at %s closed the connection without an answer", host->text);
}

bool transport_idle(const struct transport *transport)
{
	char byte;

	return transport->fd >= 0 && recv(transport->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

void transport_timeout(const struct transport *transport, unsigned int seconds)
{
	const struct timeval limit = { .tv_sec = (time_t)seconds };

	/* Failing leaves a connection that waits for ever, which is no reason to give it up. */
	(void)setsockopt(transport->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(transport->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

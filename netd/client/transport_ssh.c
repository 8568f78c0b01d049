// SPDX-License-Identifier: GPL-2.0-or-later
// transport_ssh.c - starts ssh, with netctl at its far end, for a daemon on another host
#include "client/transport_ssh.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. The command over there is "netctl system dial-stdio", perhaps with -H and a
 * path. Its standard input and output are the connection. ssh asks and complains on the standard
 * error, which it has from here. */

/* What ssh hands to the shell over there. Single quotes stop that shell from reading the path. A
 * quote in the path ends the quoted part, stands by itself, and begins a new one. */
static void remote_command(const struct client_host *host, struct buf *command)
{
	/* The shell over there splits this text into words, whatever the arguments of ssh were
	 * here. */
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

/* dup2 makes copies that outlive the exec, unlike the pair itself. Its standard error stays ours:
 * that is where ssh asks for a password and says why it cannot. A positive errno, as posix_spawn(3)
 * has it. */
static int spawn_ssh(char *const argv[], int fd, pid_t *ret_pid)
{
	/* posix_spawn(3) and not fork(2): the memory of the caller need not be copied. */
	posix_spawn_file_actions_t actions;
	int code = posix_spawn_file_actions_init(&actions);

	if (code != 0)
		return code;
	code = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (code == 0)
		/* The program is looked for in PATH. */
		code = posix_spawnp(ret_pid, "ssh", &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return code;
}

/* Arguments go to ssh as they are, without a shell on this side. */
int transport_ssh_open(const struct client_host *host, struct transport *ret_transport,
		       struct error *error)
{
	_cleanup_(buf_done) struct buf command = { 0 };
	const char *argv[10];
	size_t n = 0;
	int pair[2], code;
	pid_t pid = 0;

	remote_command(host, &command);
	if (command.err < 0)
		return client_host_unreachable(host, ENOMEM, error);
	argv[n++] = "ssh";
	if (host->user) {
		argv[n++] = "-l";
		argv[n++] = host->user;
	}
	if (host->port) {
		argv[n++] = "-p";
		argv[n++] = host->port;
	}
	/* A terminal over there would change line ends and echo. */
	argv[n++] = "-T";
	/* What follows is no option, whatever it begins with. */
	argv[n++] = "--";
	argv[n++] = host->name;
	argv[n++] = command.data;
	argv[n] = NULL;
	/* A pair of sockets and not two pipes: what is sent has a bound (SO_RCVTIMEO), and
	 * ended in one direction, as with a socket of netd itself. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return client_host_unreachable(host, errno, error);
	code = spawn_ssh((char *const *)argv, pair[1], &pid);
	/* Ours, or the end of ssh would never be seen on the other one. */
	(void)close(pair[1]);
	if (code != 0) {
		(void)close(pair[0]);
		return error_set(error, ERROR_UNAVAILABLE, "cannot reach netd at %s: ssh: %s",
				 host->text, strerror(code));
	}
	*ret_transport = (struct transport) { .fd = pair[0], .pid = pid };
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// tracers.c - who loads programs into the kernel, which netd itself may not
#include "plumber/tracers.h"

#include "base/cleanup.h"
#include "base/libexec.h"
#include "ipc/chan.h"
#include "kernel/caps.h"
#include "plumber/spawn.h"

#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/socket.h>

/* Theory of operation. What may load a program into the kernel may read all of its memory, and netd
 * talks to everybody. So another process keeps these rights and nothing else, takes one byte and a
 * socket from netd, and a child of it is the tracer at the other end of that socket
 * (tracer/serve.c). It is netd-explain that says there what is wanted. */

/* With no signal blocked, whatever libev has done with those of this process. Called before the
 * plumber has a loop with children, and before its filter: posix_spawn may take its time here. The
 * child inherits the rights that this process still has. */
static int start(const char *path, int theirs)
{
	char *const argv[] = { (char *)"netd-trace", (char *)"--serve", NULL };
	char *const envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	/* Nobody uses it: the process ends by itself when the socket to it is closed. */
	pid_t pid;
	int err = posix_spawn_file_actions_init(&actions);

	if (err != 0)
		return -err;
	(void)sigemptyset(&none);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	err = posix_spawn_file_actions_adddup2(&actions, theirs, SPAWN_FIRST_FD);
	if (err == 0)
		/* The socket is its only descriptor beside the standard ones. */
		err = posix_spawn_file_actions_addclosefrom_np(&actions, SPAWN_FIRST_FD + 1);
	if (err == 0)
		err = posix_spawn(&pid, path, &actions, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* Each failure leaves fd at -1, and tracers_open then says that there is none. */
void tracers_start(struct tracers *tracers)
{
	/* CAP_SYSLOG is missed less: without it names of functions have no addresses. */
	const uint64_t wanted = CAPS_BIT(CAP_BPF) | CAPS_BIT(CAP_PERFMON);
	/* Both are closed on return, but for the one that is handed over. */
	_cleanup_close_ int ours = -1, theirs = -1;
	char path[PATH_MAX];
	int ends[2];

	tracers->lacks = "netd was started without CAP_BPF and CAP_PERFMON";
	if ((caps_permitted() & wanted) != wanted)
		return;
	tracers->lacks = "netd-trace is not installed: it belongs beside netd, or into lib/netd";
	if (libexec_find("netd-trace", path, sizeof(path)) < 0)
		return;
	tracers->lacks = "netd-trace cannot be started";
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	ours = ends[0];
	theirs = ends[1];
	if (start(path, theirs) < 0)
		return;
	tracers->fd = take_fd(&ours);
	/* From here on it lacks only if that process ends. */
	tracers->lacks = "the process that loads programs into the kernel has ended; it comes back "
			 "with netd";
}

/* The plumber sends one byte and a socket, and reads nothing. If the process is gone, sending
 * fails, and there is no tracer. The channel is blocking, but a message of a byte finds room. */
int tracers_open(const struct tracers *tracers, char mode)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	int ends[2];

	if (tracers->fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	ours = ends[0];
	theirs = ends[1];
	return chan_send(tracers->fd, &mode, sizeof(mode), &theirs, 1) < 0 ? -1 : take_fd(&ours);
}

/* The process at the other end sees its channel close, and ends. */
void tracers_done(struct tracers *tracers)
{
	cleanup_close(&tracers->fd);
	tracers->fd = -1;
}

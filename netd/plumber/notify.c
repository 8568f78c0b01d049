// SPDX-License-Identifier: GPL-2.0-or-later
// notify.c - systemd's readiness protocol and socket activation (sd_notify(3), sd_listen_fds(3))
#include "plumber/notify.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

/* libsystemd does the same in more code than this; the protocol is stable by promise. Sending
 * cannot block for long: systemd reads its socket, and a datagram of this size fits. */
void notify_send(const char *state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	_cleanup_close_ int fd = -1;
	size_t len = path ? strlen(path) : 0;

	if (len == 0 || len >= sizeof(addr.sun_path))
		/* Started by hand, or with a path that no socket can have. */
		return;
	memcpy(addr.sun_path, path, len);
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0'; /* abstract */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) /* readiness is a courtesy: a lost one is systemd's timeout to report */
		(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

int notify_listen_fd(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	/* The variables are for the process that is named in them, and may have been inherited by
	 * accident. */
	if (!pid || !n || strtol(pid, NULL, 10) != getpid() || strtol(n, NULL, 10) < 1)
		return -1;
	/* systemd hands the socket over as it made it: blocking, and without CLOEXEC, so that
	 * children would inherit it. */
	if (fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) < 0 || fcntl(FIRST_FD, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	return FIRST_FD;
}

double notify_watchdog_s(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	/* A pid that is not ours: another process beats. The variables may have been inherited from
	 * a parent that is watched itself. */
	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0.;
	return (double)strtoull(usec, NULL, 10) / 1e6;
}

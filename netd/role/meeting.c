// SPDX-License-Identifier: GPL-2.0-or-later
// meeting.c - the plumber comes to a role, and nobody else does

#include "role/meeting.h"

#include "base/cleanup.h"
#include "ipc/msg.h"

#include <errno.h>
#include <sys/socket.h>

bool meeting_is_with(int fd, uid_t trusted)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == trusted);
}

int meeting_take(uid_t trusted)
{
	_cleanup_close_ int fd = accept4(IPC_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -errno;
	return meeting_is_with(fd, trusted) ? take_fd(&fd) : -EACCES;
}

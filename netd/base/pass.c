// SPDX-License-Identifier: GPL-2.0-or-later
// pass.c - a descriptor is passed to another process
#include "base/pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* The receiver gets a descriptor of its own for the same open file. The sender's stays open. */

/* The union aligns the buffer as a header wants it. flags is MSG_DONTWAIT or 0. */
int pass_descriptor(int socket_fd, int fd, int flags)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0; /* a stream passes none without one */
	struct iovec iov = { &byte, 1 };
	const struct msghdr message = { .msg_iov = &iov,
					.msg_iovlen = 1,
					.msg_control = control.data,
					.msg_controllen = sizeof(control.data) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL | flags) == 1 ? 0 : -errno;
}

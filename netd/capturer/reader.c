// SPDX-License-Identifier: GPL-2.0-or-later
// reader.c - whoever asked is told that it begins, and hands over the socket that packets go to
#include "base/deadline.h"
#include "capturer/capturer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. The control socket has two ends: this process, and netd or netctl. "101" and
 * a line break say that everything is open; then a descriptor comes with a byte, which is the
 * connection of whoever asked. Whoever is at the other end may have gone, and then nobody sends
 * anything; its end is seen as well. */

/* The descriptor that comes with a byte; negative: none came. One descriptor of this form, or none:
 * anything else is not netd's. */
static int take(int control_fd)
{
	/* Aligned as a control message must be (cmsg(3)). */
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control.data,
				  .msg_controllen = sizeof(control.data) };
	const struct cmsghdr *head;
	int fd = -1;

	if (recvmsg(control_fd, &message, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

/* The interfaces are open by now, so nothing that is sent from here on is missed. The caller
 * ignores SIGPIPE. */
int capturer_reader_take(int control_fd, unsigned int wait_ms)
{
	static const char ready[] = "101\n";
	struct pollfd readable = { .fd = control_fd, .events = POLLIN };
	int fd;

	if (write(control_fd, ready, sizeof(ready) - 1) != (ssize_t)sizeof(ready) - 1 ||
	    deadline_poll(&readable, 1, deadline_after(wait_ms)) <= 0)
		return -EPIPE;
	fd = take(control_fd);
	return fd < 0 ? -EPIPE : fd;
}

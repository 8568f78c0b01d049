// SPDX-License-Identifier: GPL-2.0-or-later
// chan.c - SOCK_SEQPACKET channel between plumber and resolver: whole messages with descriptors

#include "ipc/chan.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Theory of operation. A channel is a SOCK_SEQPACKET socket of unix(7): each message arrives whole,
 * in order, and with its descriptors (SCM_RIGHTS). Nothing here waits. A descriptor that arrives is
 * a new one of this process: each is given to the caller or closed, whatever else goes wrong, or a
 * peer could use up the descriptors of the process. */

/* Room for IPC_FDS_MAX descriptors, aligned as the kernel wants it. */
union control {
	char space[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

/* The descriptors stay the caller's, whether it succeeds or not. */
int chan_send(int channel, const void *data, size_t len, const int *fds, size_t n_fds)
{
	union control control = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	/* An empty packet would read as the end of the connection. */
	if (len == 0 || n_fds > IPC_FDS_MAX)
		return -EMSGSIZE;
	if (n_fds > 0) {
		struct cmsghdr *cmsg = &control.align;

		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		/* The kernel takes references of its own when it sends: the caller may close his at
		 * once. */
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	do
		/* A packet goes whole or not at all, so there is no rest to be sent. Nobody waits
		 * here: who is told EAGAIN decides how long the other end may be silent. */
		sent = sendmsg(channel, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Messages without descriptors, each a packet of its own. Stops at the first that is not taken;
 * only where that is the first of all is there an error to tell. */
int chan_send_many(int channel, struct iovec *messages, size_t n)
{
	struct mmsghdr packets[LINK_HELD_MAX];
	int sent;

	if (n == 0 || n > LINK_HELD_MAX)
		return -EMSGSIZE;
	memset(packets, 0, n * sizeof(packets[0]));
	for (size_t i = 0; i < n; i++) {
		packets[i].msg_hdr.msg_iov = &messages[i];
		packets[i].msg_hdr.msg_iovlen = 1;
	}
	do
		sent = sendmmsg(channel, packets, (unsigned int)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/* A socket that lingers would block close(2): the one that is closed here may be anybody's. */
void chan_close(int fd)
{
	const struct linger none = { 0 };

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)); /* or it is no socket */
	(void)close(fd);
}

/* Descriptors of a message that is thrown away. By chan_close, for they come from another
 * process. */
static void close_all(const int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		chan_close(fds[i]);
}

/* Every descriptor that arrived is either in fds or closed. Returns false when some did not fit. */
static bool collect_fds(struct msghdr *msg, int *fds, size_t room, size_t *ret_n)
{
	size_t n = 0;
	bool fit = true;

	/* All headers are walked, although one is usual: a descriptor that is left out would stay
	 * open for good. */
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(msg, cmsg)) {
		/* Other kinds have no descriptors. */
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n_here = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < n_here; i++) {
			int fd;

			/* Copied and not cast, as the data need not be aligned (cmsg(3)). */
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(fd));
			if (n < room) {
				fds[n++] = fd;
			} else {
				(void)close(fd);
				fit = false;
			}
		}
	}
	*ret_n = n;
	return fit;
}

/* 0: the other end has closed. What arrives with an error is closed here, so the caller has nothing
 * to close. */
int chan_receive_told(int channel, void *data, size_t size, int *fds, size_t *n_fds, bool *ret_lost)
{
	union control control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	size_t room = *n_fds, n;
	bool told = false;
	ssize_t len;

	*n_fds = 0;
	*ret_lost = false;
	/* When the other end had not read all, the kernel reports that first, once
	 * (net/unix/af_unix.c, unix_release_sock). What that end had said before can still be read.
	 * */
	do {
		/* CLOEXEC by the kernel: between recvmsg(2) and a fcntl(2) another thread could
		 * start a child that inherits them. */
		len = recvmsg(channel, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (len < 0 && (errno == EINTR || (errno == ECONNRESET && !told && (told = true))));
	if (len < 0)
		return -errno;
	/* Before anything is judged, so that every path below knows what it has to close. */
	bool fit = collect_fds(&msg, fds, room, &n);
	/* There was room for more, so this process has too many open (net/core/scm.c). */
	bool lost = fit && n < IPC_FDS_MAX && (msg.msg_flags & MSG_CTRUNC) != 0;

	if (!fit || (msg.msg_flags & MSG_TRUNC) != 0 ||
	    (!lost && (msg.msg_flags & MSG_CTRUNC) != 0)) {
		close_all(fds, n);
		/* A message that is cut is worth nothing, and its descriptors without it
		 * neither. */
		return (msg.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : -EPROTO;
	}
	if (lost) {
		close_all(fds, n);
		n = 0;
		/* The message itself is whole: the caller can still say whom it was about. */
		*ret_lost = true;
	}
	if (len == 0) /* the end; nobody would look at descriptors that came with it */
		close_all(fds, n);
	else
		*n_fds = n;
	return (int)len;
}

/* As chan_receive_told, for callers to whom a message without its descriptors is as good as none
 * with them. */
int chan_receive(int channel, void *data, size_t size, int *fds, size_t *n_fds)
{
	bool lost;

	return chan_receive_told(channel, data, size, fds, n_fds, &lost);
}

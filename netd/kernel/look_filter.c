// SPDX-License-Identifier: GPL-2.0-or-later
// look_filter.c - the filter of somebody's socket, by a duplicate of his descriptor
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* sock_diag(7) shows filters of packet sockets alone. The duplicate lives for one getsockopt(2),
 * and nothing is read from it or changed. pidfd_open(2) and pidfd_getfd(2) take CAP_SYS_PTRACE, or
 * the same user. -EPERM: this process may not. */
static int duplicate(const struct look_held *held)
{
	_cleanup_close_ int pid_fd = (int)syscall(SYS_pidfd_open, held->pid, 0);
	int fd;

	if (pid_fd < 0)
		return -errno;
	fd = (int)syscall(SYS_pidfd_getfd, pid_fd, held->fd, 0);
	return fd < 0 ? -errno : fd;
}

/* The number may be another file's by now. Compares the socket's inode with the one that was asked
 * about. */
static bool is_of(int fd, uint32_t inode)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_ino == inode;
}

/* The length is of instructions, and not of bytes; a short one is refused. */
static int read_filter(int fd, struct facts_filter *answer)
{
	struct sock_filter program[FACTS_FILTER_MAX];
	socklen_t n = 0;

	/* A length of 0 asks how long the filter is; nothing is copied then. */
	if (getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &n) < 0)
		return -errno;
	if (n > FACTS_FILTER_MAX)
		return -E2BIG;
	if (n > 0 && getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, program, &n) < 0)
		return -errno;
	answer->len = n * sizeof(*program);
	memcpy(answer->program, program, answer->len);
	return 0;
}

/* Answers: 0 with the program, which is empty where the socket has no filter; -ENOENT, where nobody
 * holds it; -EPERM, where it may not be asked; -ENODATA otherwise. */
void look_filter(void *data, const struct facts_space *space,
		 const struct facts_filter_asked *asked, struct facts_filter *answer)
{
	const struct look *look = data;
	struct look_place *place = look_place(data, space->key);
	const struct look_held *held;
	_cleanup_close_ int fd = -1;
	int err;

	*answer = (struct facts_filter) { .err = -ENODATA };
	if (!place || asked->inode == 0)
		return;
	/* The holder is looked for among the processes of the socket's namespace. */
	held = look_holder(data, place, space->netns, asked->inode, &err);
	if (!held) {
		/* Who may not be looked at gives no duplicate, so this says as much as nobody. */
		answer->err = err == 0 || err == -EACCES ? -ENOENT : -ENODATA;
		return;
	}
	/* Under netd's filter of system calls nobody gets a duplicate, and each attempt is logged.
	 */
	fd = look->is_netds ? -EPERM : duplicate(held);
	if (fd == -EPERM)
		answer->err = fd;
	else if (fd >= 0 && is_of(fd, asked->inode))
		answer->err = read_filter(fd, answer);
}

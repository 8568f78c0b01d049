// SPDX-License-Identifier: GPL-2.0-or-later
// netns.c - other network namespaces: open, identify, act inside, come back. The only file with
// setns(2)
#include "kernel/netns.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Theory of operation. A namespace is a descriptor that is opened once, and everything else
 * refers to it. The path is a caller's, and may name anything by the time it is opened; so the
 * kind of the file is checked on the descriptor, and the inode that comes with it is what netd
 * remembers. The inode is what tells namespaces apart: the same path with another inode is
 * another container. */

/* The process's own namespace, opened at the start. It is the only way back. */
static int self_fd = -1;
static uint64_t self_inode;

/* -ENOTTY: a file of another sort, or a namespace of another sort. Opened with O_PATH first: the
 * path is a caller's, and opening a device or a FIFO by accident would have effects. nsfs is the
 * filesystem of namespaces. Its files are opened again by /proc/self/fd, which leads to the very
 * same file. */
static int netns_open(const char *path, uint64_t *ret_inode)
{
	_cleanup_close_ int handle = open(path, O_PATH | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	char again[32];
	struct statfs fs;
	struct stat st;
	int kind;

	if (handle < 0)
		return -errno;
	if (fstatfs(handle, &fs) < 0)
		return -errno;
	/* Only nsfs has namespaces. A socket, a device or a file is refused before it is opened
	 * for reading. */
	if (fs.f_type != NSFS_MAGIC)
		return -ENOTTY;
	/* By its number and not by its path: the path may be another file by now. */
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", handle); /* fits: 14 and 11 */
	fd = open(again, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Older kernels (before 4.11) do not know the question, and say so in the same way as for a
	 * wrong file. An answer of ENOTTY there would be a namespace that cannot be told from
	 * another kind, so it counts as wrong. */
	kind = ioctl(fd, NS_GET_NSTYPE);
	if (kind < 0 && errno != ENOTTY)
		return -errno;
	if (kind != CLONE_NEWNET)
		return -ENOTTY;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_inode = st.st_ino;
	return take_fd(&fd);
}

/* It has to come before the first netns_run(). */
int netns_init(struct error *error)
{
	int fd;

	/* Once for the life of the process. Later calls have nothing to do. */
	if (self_fd >= 0)
		return 0;
	fd = netns_open("/proc/self/ns/net", &self_inode);
	if (fd < 0)
		return error_system(error, fd, "cannot open the daemon's own network namespace");
	self_fd = fd;
	return 0;
}

int netns_self_fd(void)
{
	return self_fd;
}

uint64_t netns_self_inode(void)
{
	return self_inode;
}

/* The descriptor is the caller's. The sentences are for whoever gave the path: what is wrong with
 * it and whose fault that is. */
int netns_open_path(const char *path, uint64_t *ret_inode, struct error *error)
{
	int fd = netns_open(path, ret_inode);

	/* ESRCH: a path below /proc of a process that has ended. */
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ESRCH)
		return error_because(error, ERROR_REASON_NETNS_NOT_FOUND,
				     error_set(error, ERROR_NOT_FOUND,
					       "network namespace %s does not exist", path));
	if (fd == -ENOTTY)
		return error_set(error, ERROR_INVALID, "%s is not a network namespace", path);
	if (fd == -ELOOP || fd == -ENAMETOOLONG)
		return error_set(error, ERROR_INVALID, "%.60s%s cannot be a path: %s", path,
				 strlen(path) > 60 ? "…" : "", strerror(-fd));
	if (fd == -EACCES || fd == -EPERM)
		return error_set(error, ERROR_FORBIDDEN,
				 "network namespace %s cannot be opened by netd: %s", path,
				 strerror(-fd));
	if (fd < 0)
		return error_system(error, fd, "cannot open network namespace %s", path);
	return fd;
}

/* The namespace that the process is in now. It may go elsewhere later. */
int netns_open_pid(pid_t pid, uint64_t *ret_inode, struct error *error)
{
	char path[40];
	int fd;

	if (pid <= 0)
		return error_set(error, ERROR_INVALID, "%d is not a process id", (int)pid);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid); /* fits: 14 and 10 */
	fd = netns_open(path, ret_inode);
	/* A process that has ended but is not yet waited for has no namespaces any more: -ENOENT.
	 */
	if (fd == -ENOENT || fd == -ESRCH)
		return error_because(
			error, ERROR_REASON_NETNS_NOT_FOUND,
			error_set(error, ERROR_NOT_FOUND, "no such process: %d", (int)pid));
	if (fd < 0)
		return error_system(error, fd, "cannot open the network namespace of process %d",
				    (int)pid);
	return fd;
}

/* It takes memory, which may be short for a moment. A plumber that stayed would take the
 * container's network for the host's: then it ends, and its successor takes over. setns(2) makes a
 * new nsproxy, hence the memory. */
static void leave(void)
{
	int64_t deadline_ms = deadline_after(NETNS_LEAVE_MS);

	do {
		if (setns(self_fd, CLONE_NEWNET) == 0)
			return;
	} while (deadline_pause(deadline_ms, NETNS_LEAVE_STEP_US));
	log_error("cannot leave a container's network namespace: %m");
	abort();
}

/* A new, empty network namespace that only the descriptor keeps. The thread is back when this
 * returns. */
int netns_unshare(void)
{
	uint64_t inode;
	int fd;

	if (self_fd < 0)
		return -EBADF;
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = netns_open("/proc/self/ns/net", &inode);
	/* In any case, also when the open has failed. */
	leave();
	return fd;
}

/* The function's own result, or the error of getting in. Only this thread is inside meanwhile; the
 * sockets it opens stay there for good. */
int netns_run(int netns_fd, int (*function)(void *data), void *data)
{
	int result;

	if (self_fd < 0)
		return -EBADF; /* there would be no way back */
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return -errno;
	/* Whatever it does, it leaves nothing running in there: the next line takes the thread
	 * back. */
	result = function(data);
	leave();
	return result;
}

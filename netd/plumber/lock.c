// SPDX-License-Identifier: GPL-2.0-or-later
// lock.c - one netd for each network namespace
#include "plumber/lock.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Theory of operation. Two netd in one network namespace would take each other's bridges for
 * rubbish, whatever directories and sockets they were given. The lock is an abstract socket: these
 * belong to a network namespace, and one that is bound twice is refused. It listens, so that a
 * connection tells who holds it (SO_PEERCRED).
 *
 * Anybody may bind an abstract name, and must not keep netd from starting by that: a holder that is
 * not root's is no netd, and is said and passed over. The nftables table, which has one owner,
 * stands behind this lock. The socket is never used to transport anything. Who connects learns from
 * the kernel whose it is, and the connection is closed. */
#define LOCK_NAME "netd/plumber"

/* The length is part of an abstract name (unix(7)): one byte more would be another name. */
static socklen_t lock_address(struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path + 1, LOCK_NAME, strlen(LOCK_NAME)); /* 0 first: abstract */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(LOCK_NAME));
}

static int lock_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* The descriptor; -EADDRINUSE: somebody has it. An abstract socket needs no file and no clean-up:
 * the kernel frees the name with the last descriptor. Children must not inherit it, hence
 * SOCK_CLOEXEC. */
static int try_lock(void)
{
	_cleanup_close_ int fd = lock_socket();
	struct sockaddr_un address;
	socklen_t len = lock_address(&address);

	if (fd < 0)
		return fd;
	/* Bound and listening in two steps: who finds it bound and not yet listening asks again. */
	if (bind(fd, (const struct sockaddr *)&address, len) < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	return take_fd(&fd);
}

/* -EAGAIN, -ECONNREFUSED: it does not tell. SO_PEERCRED is that of who called listen(2), so it
 * names the netd that has the lock. */
static int ask_holder(struct ucred *ret_holder)
{
	_cleanup_close_ int fd = lock_socket();
	struct sockaddr_un address;
	socklen_t len = lock_address(&address), size = sizeof(*ret_holder);

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&address, len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_holder, &size) < 0)
		return -errno;
	return 0;
}

/* A process of another pid namespace (0) is taken to live. The holder may have died between bind
 * and now, with its sockets still being closed. A pidfd tells an end also of a zombie, which
 * kill(2) would not. */
static bool has_ended(pid_t pid)
{
	_cleanup_close_ int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (pid <= 0)
		return false;
	return pidfd < 0 ? errno == ESRCH : deadline_poll(&ended, 1, DEADLINE_NOW) == 1;
}

/* A pid of 0 means that the kernel cannot express the holder's pid in this pid namespace. */
static int refuse(pid_t pid, struct error *error)
{
	static const char way_out[] =
		"stop it first, or give this one a network namespace of its own";

	if (pid > 0)
		return error_set(error, ERROR_CONFLICT,
				 "another netd, process %d, runs in this network namespace: %s",
				 pid, way_out);
	return error_set(error, ERROR_CONFLICT,
			 "another netd, of another pid namespace, runs in this network namespace: "
			 "%s",
			 way_out);
}

/* Takes the lock, or finds who has it: 0 and the descriptor, or -1 where there can be none. */
static int take(int *ret_fd, struct error *error)
{
	int64_t deadline_ms = deadline_after(LOCK_PATIENCE_MS);
	struct ucred holder = { 0 };
	int fd;

	/* The holder may be ending, or about to listen: both pass within LOCK_PATIENCE_MS. */
	do {
		fd = try_lock();
		if (fd != -EADDRINUSE)
			break;
		if (ask_holder(&holder) == 0 && !has_ended(holder.pid)) {
			/* root's, or a netd of the same user in a user namespace. Whoever else
			 * binds the name must not be able to keep netd from starting. The name is
			 * then nobody's to take, and this netd runs without the lock. */
			if (holder.uid == 0 || holder.uid == geteuid())
				return refuse(holder.pid, error);
			log_warn("process %d of user %u holds netd's lock on this network "
				 "namespace and is no netd: end it",
				 holder.pid, holder.uid);
			*ret_fd = -1;
			return 0;
		}
		/* False when LOCK_PATIENCE_MS are over. Until then a holder that was about to
		 * listen does, and one that was ending is gone. */
	} while (deadline_pause(deadline_ms, LOCK_STEP_US));
	if (fd == -EADDRINUSE) {
		log_warn("somebody holds netd's lock on this network namespace and does not "
			 "answer: it is no netd");
		fd = -1;
	} else if (fd < 0) {
		return error_system(error, fd, "cannot lock the network namespace");
	}
	*ret_fd = fd;
	return 0;
}

/* Whoever asks has been told by the connection itself. */
static void on_asked(struct ev_loop *loop, ev_io *io, int revents)
{
	struct netns_lock *lock = io->data;
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC);

	if (watcher_again(loop, io, revents))
		return;
	if (fd >= 0) {
		(void)close(fd);
		/* Without a descriptor the connection stays in the queue, and the asker has his
		 * answer from the kernel anyway. */
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		/* A level-triggered watcher would fire in each turn of the loop until there is a
		 * descriptor again. */
		ev_io_stop(loop, io);
		ev_timer_set(&lock->rest, LOCK_REST_S, 0.);
		ev_timer_start(loop, &lock->rest);
	}
}

static void on_rested(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct netns_lock *lock = timer->data;

	(void)revents;
	ev_io_start(loop, &lock->io);
}

int lock_take(struct netns_lock *lock, struct ev_loop *loop, struct error *error)
{
	int err = take(&lock->fd, error);

	if (err < 0 || lock->fd < 0)
		return err;
	ev_io_init(&lock->io, on_asked, lock->fd, EV_READ);
	lock->io.data = lock;
	ev_timer_init(&lock->rest, on_rested, 0., 0.);
	lock->rest.data = lock;
	ev_io_start(loop, &lock->io);
	return 0;
}

/* Last in take_down: from here on another netd may start, and must find nothing half taken down. */
void lock_drop(struct netns_lock *lock, struct ev_loop *loop)
{
	if (lock->fd < 0)
		return;
	ev_io_stop(loop, &lock->io);
	ev_timer_stop(loop, &lock->rest);
	(void)close(lock->fd);
	lock->fd = -1;
}

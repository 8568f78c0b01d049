// SPDX-License-Identifier: GPL-2.0-or-later
// spawn.c - a program is started while the loop goes on
#include "plumber/spawn.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "ipc/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. fork(2) copies the page tables of a plumber that has thousands of
 * containers, and posix_spawn(3) stops whoever calls it until the child has become another program:
 * on a busy machine until it gets a processor, which may be 50 ms. Either is longer than the loop
 * may be held. So a thread calls posix_spawn, one program after the other. It is the only one that
 * the plumber ever has beside itself; it has nothing of the plumber's but what it is given, and no
 * signal is for it. What the program writes to has always the same number in it.
 *
 * The plumber has a descriptor for each port that is published. A child that begins with all of
 * them has to close them, which takes it 0.4 us each: of 10,000 longer than all else that
 * netd-explain does. So the thread has a table of descriptors of its own, with nearly none in it,
 * from the start on, and what a program is to have is sent there over a socket. */

#define STACK_SIZE 65536 /* of the thread; posix_spawn brings one of its own for the child */

/* What the thread is sent, by its address, and frees. */
struct order {
	/* copies; the list ends with a NULL */
	char *path, *argv[SPAWN_ARGV_MAX];
	/* which numbers the program is to have; what was sent comes in that order */
	bool is_wanted[SPAWN_FDS_MAX];
	int fds[SPAWN_FDS_MAX]; /* the thread's, above the numbers that they get; -1: none */
};

static int orders_fd = -1; /* what the thread reads is at the other end */

/* Safe for one that was filled by half. */
static void free_order(struct order *order)
{
	if (!order)
		return;
	for (size_t i = 0; i < SPAWN_FDS_MAX; i++)
		cleanup_close(&order->fds[i]);
	for (size_t i = 0; i < SPAWN_ARGV_MAX; i++)
		free(order->argv[i]);
	free(order->path);
	free(order);
}

/* For the cleanup attribute, of an order that was not sent. */
static void free_orderp(struct order **order)
{
	free_order(*order);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* dup2 onto itself would keep CLOEXEC, and onto another's number would lose that one: so they are
 * moved up. One that cannot be is closed, and the program has to do without any of them. */
static bool take_fds(struct order *order, const int *fds, size_t n_fds)
{
	size_t n = 0;
	bool has_all = true;

	for (size_t i = 0; i < SPAWN_FDS_MAX; i++) {
		if (!order->is_wanted[i] || n == n_fds) {
			has_all &= !order->is_wanted[i];
			continue;
		}
		order->fds[i] = fcntl(fds[n], F_DUPFD_CLOEXEC, SPAWN_FIRST_FD + SPAWN_FDS_MAX);
		has_all &= order->fds[i] >= 0;
		cleanup_close(&fds[n++]);
	}
	return has_all;
}

/* One that is not started has closed what it writes to, as one that ended: that is all there is to
 * say. Runs in the thread. It allocates (posix_spawn_file_actions_init(3)), which malloc(3) allows
 * beside the loop, and touches nothing else of the process. */
static void start(const struct order *order)
{
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int err = 0;
	pid_t pid;

	/* The child must hear signals again, which the thread has blocked. */
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	/* Each gets a number that both sides know, and the rest is closed. */
	for (int i = 0; err == 0 && i < SPAWN_FDS_MAX; i++)
		err = order->fds[i] >= 0
			      ? posix_spawn_file_actions_adddup2(&actions, order->fds[i],
								 SPAWN_FIRST_FD + i)
			      : posix_spawn_file_actions_addclose(&actions, SPAWN_FIRST_FD + i);
	/* Not the lock, nor anything else that must be free when the plumber is gone. */
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(&actions,
							       SPAWN_FIRST_FD + SPAWN_FDS_MAX);
	/* A process group of its own: ^C at netd's terminal is not for it. */
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	if (err == 0)
		/* Nobody waits for this child by its number. libev's SIGCHLD handler reaps all
		 * children of the process. */
		(void)posix_spawn(&pid, order->path, &actions, &attr, order->argv, envp);
	/* Whether it was started shows at what it writes to, and nowhere else. */
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
}

/* Until the plumber ends. What it could not have all of is not started. */
static void serve(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	while (deadline_poll(&readable, 1, DEADLINE_NEVER) >= 0) {
		struct order *order = NULL;
		int fds[SPAWN_FDS_MAX];
		size_t n_fds = ARRAY_SIZE(fds);
		int len = chan_receive(fd, &order, sizeof(order), fds, &n_fds);

		if (len == -EAGAIN)
			continue;
		if (len != (int)sizeof(order))
			break;
		if (take_fds(order, fds, n_fds))
			start(order);
		free_order(order);
	}
}

/* A table of its own, that begins with the standard ones and this. Where the kernel refuses that,
 * children have more to close. */
static void *run_thread(void *data)
{
	int fd = (int)(intptr_t)data;

	if (close_range((unsigned int)fd + 1, ~0U, CLOSE_RANGE_UNSHARE) == 0)
		(void)close_range(STDERR_FILENO + 1, (unsigned int)fd - 1, 0);
	serve(fd);
	return NULL;
}

/* With all signals blocked, which a thread inherits: libev's handlers are for the loop's. The
 * thread is detached, so nobody has to join it, and its stack is small: memory that is only
 * promised still counts against limits. */
static int start_thread(int fd)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int err = pthread_attr_init(&attr);

	if (err != 0)
		return -err;
	(void)sigfillset(&all);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, &attr, run_thread, (void *)(intptr_t)fd);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return -err;
}

/* Once, at a start, before anything opens many descriptors: the thread begins with a copy of the
 * table. */
int spawn_open(void)
{
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	/* The other end stays open here, too: its number must not become another file's before the
	 * thread has a table of its own. */
	err = start_thread(ends[0]);
	if (err < 0) {
		cleanup_close(&ends[0]);
		cleanup_close(&ends[1]);
		return err;
	}
	orders_fd = ends[1];
	return 0;
}

/* --- the plumber ------------------------------------------------------------------------------ */

/* The caller's strings may be on its stack, which is gone when the thread runs. */
static int copy_words(const struct spawn *spawn, struct order *order)
{
	order->path = strdup(spawn->path);
	if (!order->path)
		return -ENOMEM;
	for (size_t i = 0; spawn->argv[i]; i++) {
		if (i + 1 >= SPAWN_ARGV_MAX)
			return -E2BIG;
		order->argv[i] = strdup(spawn->argv[i]);
		if (!order->argv[i])
			return -ENOMEM;
	}
	return 0;
}

/* Returns at once. 0: the thread has the order; the program may still not be started, which its
 * end of a pipe tells. */
int spawn_start(const struct spawn *spawn)
{
	_cleanup_(free_orderp) struct order *order = calloc(1, sizeof(*order));
	int fds[SPAWN_FDS_MAX], err;
	size_t n_fds = 0;

	if (spawn->n_fds > SPAWN_FDS_MAX)
		return -E2BIG;
	if (!order)
		return -ENOMEM;
	/* All bytes 0xff are -1: free_order() may be called from here on. */
	memset(order->fds, -1, sizeof(order->fds));
	for (size_t i = 0; i < spawn->n_fds; i++) {
		order->is_wanted[i] = spawn->fds[i] >= 0;
		if (spawn->fds[i] >= 0)
			fds[n_fds++] = spawn->fds[i];
	}
	err = copy_words(spawn, order);
	if (err == 0)
		err = chan_send(orders_fd, &order, sizeof(order), fds, n_fds);
	/* The thread owns the order now, and frees it. */
	if (err == 0)
		(void)take_ptr(order);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// spawn.c - a program is started while the loop goes on
#include "plumber/spawn.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. fork(2) copies the page tables of a plumber that has thousands of
 * containers, and posix_spawn(3) stops whoever calls it until the child has become another program:
 * on a busy machine until it gets a processor, which may be 50 ms. Either is longer than the loop
 * may be held. So a thread calls posix_spawn and ends. Such threads are the only ones that the
 * plumber ever has beside itself; they have nothing of the plumber's but what they were given, and
 * no signal is for them. What the program writes to has always the same number in it. */

#define STACK_SIZE 65536 /* of the thread; posix_spawn brings one of its own for the child */

/* What the thread is given, and frees. */
struct order {
	char *path, *argv[SPAWN_ARGV_MAX];
	/* The thread must not use the caller's numbers: the caller closes them when spawn_start has
	 * returned, and they may be other files by then. */
	int fds[SPAWN_FDS_MAX]; /* copies, above the numbers that they get; -1: not wanted */
};

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

static void free_orderp(struct order **order)
{
	free_order(*order);
}

/* dup2 onto itself would keep CLOEXEC, and onto another's number would lose that one: so they are
 * moved up. */
static int copy_fds(const struct spawn *spawn, struct order *order)
{
	for (size_t i = 0; i < spawn->n_fds; i++) {
		if (spawn->fds[i] < 0)
			continue;
		order->fds[i] = fcntl(spawn->fds[i], F_DUPFD_CLOEXEC,
				      SPAWN_FIRST_FD + SPAWN_FDS_MAX);
		if (order->fds[i] < 0)
			return -errno;
	}
	return 0;
}

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

static void *run_thread(void *data)
{
	struct order *order = data;

	start(order);
	free_order(order);
	return NULL;
}

/* With all signals blocked, which a thread inherits: libev's handlers are for the loop's. The
 * thread is detached, so nobody has to join it, and its stack is small: memory that is only
 * promised still counts against limits. */
static int start_thread(struct order *order)
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
	err = pthread_create(&thread, &attr, run_thread, order);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return -err;
}

int spawn_start(const struct spawn *spawn)
{
	_cleanup_(free_orderp) struct order *order = calloc(1, sizeof(*order));
	int err;

	if (!order)
		return -ENOMEM;
	memset(order->fds, -1, sizeof(order->fds));
	if ((err = copy_fds(spawn, order)) < 0 || (err = copy_words(spawn, order)) < 0)
		return err;
	err = start_thread(order);
	/* The thread owns the order now, and frees it. */
	if (err == 0)
		(void)take_ptr(order);
	return err;
}

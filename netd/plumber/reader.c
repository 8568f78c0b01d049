// SPDX-License-Identifier: GPL-2.0-or-later
// reader.c - the short-lived process that reads the kernel for a snapshot
#include "plumber/reader.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/engine.h"
#include "kernel/confine.h"
#include "kernel/door.h"
#include "kernel/fdkind.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Theory of operation. fork(2) copies the page tables of a plumber that has thousands of
 * containers, and posix_spawn(3) stops whoever calls it until the child has become another program:
 * on a busy machine until it gets a processor, which may be 50 ms. Either is longer than the loop
 * may be held. So a thread calls posix_spawn and ends. It is the only one that the plumber ever has
 * beside itself, it has nothing of the plumber's but what it was given, and no signal is for it.
 * What the reader writes to has always the same number in it. */

enum { FD_LINKS, FD_COUNTERS, FD_PIPE, FD_FILTER, N_FDS };
#define FIRST_FD 3
#define STACK_SIZE 65536 /* of the thread; posix_spawn brings one of its own for the child */

static const enum seen_part parts[] = { [FD_LINKS] = SEEN_LINKS, [FD_COUNTERS] = SEEN_COUNTERS };

/* What the thread is given, and frees. */
struct order {
	int fds[N_FDS]; /* copies, above the numbers that they get; -1: not wanted */
};

static void free_order(struct order *order)
{
	for (size_t i = 0; i < N_FDS; i++)
		cleanup_close(&order->fds[i]);
	free(order);
}

/* dup2 onto itself would keep CLOEXEC, and onto another's number would lose that one: so they are
 * moved up. */
static int take_order(const int *fds, struct order **ret_order)
{
	struct order *order = malloc(sizeof(*order));

	if (!order)
		return -ENOMEM;
	memset(order->fds, -1, sizeof(order->fds));
	for (size_t i = 0; i < N_FDS; i++) {
		if (fds[i] < 0)
			continue;
		order->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_FD + N_FDS);
		if (order->fds[i] < 0) {
			int err = -errno;

			free_order(order);
			return err;
		}
	}
	*ret_order = order;
	return 0;
}

/* One that is not started has closed the pipe, as one that ended: that is all there is to say. */
static void spawn(const struct order *order)
{
	char process[] = "netd-reader", option[] = READER_OPTION;
	char wants[ARRAY_SIZE(parts) + 1] = { 0 }; /* "1" for each part that is wanted, else "0" */
	char *const argv[] = { process, option, wants, NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int err = 0;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		wants[i] = order->fds[i] >= 0 ? '1' : '0';
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	/* Each gets a number that both sides know, and the rest is closed below. */
	for (int i = 0; err == 0 && i < N_FDS; i++)
		if (order->fds[i] >= 0)
			err = posix_spawn_file_actions_adddup2(&actions, order->fds[i],
							       FIRST_FD + i);
	/* Not the lock, nor anything else that must be free when the plumber is gone. */
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_FD + N_FDS);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	if (err == 0)
		(void)posix_spawn(&pid, "/proc/self/exe", &actions, &attr, argv, envp);
	/* Whether it was started shows at the pipe, and nowhere else. */
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
}

static void *run_thread(void *data)
{
	struct order *order = data;

	spawn(order);
	free_order(order);
	return NULL;
}

/* With all signals blocked, which a thread inherits: libev's handlers are for the loop's. */
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
	/* All signals are blocked while the thread is made, for it inherits that. */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, &attr, run_thread, order);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return -err;
}

/* The system call filter that the plumber has made for such children: to make it is longer than
 * what they do. Written once and sealed, and read by each. */
static int open_filter(void)
{
	static int filter_fd = -1;
	/* Sealed by confine_hand_over: a reader that is taken over cannot change it for those
	 * after it. */
	int err;

	if (filter_fd >= 0)
		return filter_fd;
	filter_fd = fdkind_new_memory("netd-filter");
	err = filter_fd < 0 ? filter_fd : confine_hand_over(filter_fd);
	if (err < 0)
		cleanup_close(&filter_fd);
	if (err < 0)
		filter_fd = -1;
	return err < 0 ? err : filter_fd;
}

int reader_start(int links_fd, int counters_fd, int pipe_fd, void *data)
{
	const int fds[N_FDS] = { links_fd, counters_fd, pipe_fd, open_filter() };
	struct order *order = NULL;
	int err = fds[FD_FILTER] < 0 ? fds[FD_FILTER] : take_order(fds, &order);

	(void)data;
	if (err == 0)
		err = start_thread(order);
	if (err < 0 && order)
		free_order(order);
	return err;
}

/* Should the plumber be stopped it has an end all the same. */
int reader_run(int argc, char **argv)
{
	const char *wants = argc > 1 ? argv[1] : "";
	pid_t pid = getpid();
	int err;

	(void)prctl(PR_SET_NAME, "(netd-reader)", 0, 0, 0);
	log_init("reader", LOG_LEVEL_INFO);
	if (strlen(wants) != ARRAY_SIZE(parts) ||
	    write(FIRST_FD + FD_PIPE, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		return 2;
	(void)alarm((unsigned int)SNAPSHOT_READER_S); /* nothing catches it */
	err = confine_take_over(FIRST_FD + FD_FILTER);
	if (err == 0)
		err = confine_walker();
	if (err < 0) {
		log_warn("the kernel is not read for a snapshot: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (wants[i] == '1')
			engine_read_kernel(&door_kernel, parts[i], FIRST_FD + (int)i);
	return 0;
}

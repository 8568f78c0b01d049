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
#include "plumber/spawn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Theory of operation. The reader is this program again, for it needs the engine's view of the
 * kernel and the same filter each time. It is told which parts are wanted and writes each into a
 * descriptor of its own (plumber/spawn.c). */

enum { FD_PIPE = ENGINE_N_READ, FD_FILTER, N_FDS };
#define FIRST_FD SPAWN_FIRST_FD
static_assert((size_t)N_FDS <= SPAWN_FDS_MAX, "it is handed all of them");

/* The system call filter that the plumber has made for such children: to make it is longer than
 * what they do. Written once and sealed, and read by each. It is open for as long as the plumber
 * runs, and each reader gets a copy of the descriptor. */
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
		/* Nothing was kept: the next snapshot tries again. */
		filter_fd = -1;
	return err < 0 ? err : filter_fd;
}

/* Has a reader started, with a file of memory for each part that is wanted. The descriptors stay
 * the caller's. */
int reader_start(const int part_fds[ENGINE_N_READ], int pipe_fd, void *data)
{
	int fds[N_FDS] = { [FD_PIPE] = pipe_fd, [FD_FILTER] = open_filter() };
	char wants[ENGINE_N_READ + 1] = { 0 }; /* "1" for each part that is wanted, else "0" */
	const char *const argv[] = { "netd-reader", READER_OPTION, wants, NULL };

	(void)data;
	for (size_t i = 0; i < ENGINE_N_READ; i++) {
		fds[i] = part_fds[i];
		wants[i] = fds[i] >= 0 ? '1' : '0';
	}
	if (fds[FD_FILTER] < 0)
		return fds[FD_FILTER];
	return spawn_start(&(struct spawn) { "/proc/self/exe", argv, fds, N_FDS });
}

/* Should the plumber be stopped it has an end all the same. What runs in the child. Its pid comes
 * first, so that the plumber can end it; then the filter, before anything of the kernel is read;
 * then one part after the other. A part that fails leaves its file empty, and the plumber shows it
 * as missing. */
int reader_run(int argc, char **argv)
{
	const char *wants = argc > 1 ? argv[1] : "";
	pid_t pid = getpid();
	int err;

	(void)prctl(PR_SET_NAME, "(netd-reader)", 0, 0, 0);
	log_init("reader", LOG_LEVEL_INFO);
	/* Started by somebody else, or the plumber does not wait any more: nobody would read what
	 * it finds. */
	if (strlen(wants) != ENGINE_N_READ ||
	    write(FIRST_FD + FD_PIPE, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		return 2;
	/* The default action of SIGALRM ends it. */
	(void)alarm((unsigned int)SNAPSHOT_READER_S); /* nothing catches it */
	err = confine_take_over(FIRST_FD + FD_FILTER);
	if (err == 0)
		err = confine_walker();
	if (err < 0) {
		log_warn("the kernel is not read for a snapshot: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ENGINE_N_READ; i++)
		if (wants[i] == '1')
			engine_read_kernel(&door_kernel, engine_read_parts[i], FIRST_FD + (int)i);
	return 0;
}

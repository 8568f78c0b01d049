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

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Theory of operation. The reader is this program again, for it needs the engine's view of the
 * kernel and the same filter each time. It is told which parts are wanted and writes each into a
 * descriptor of its own (plumber/spawn.c). */

enum { FD_LINKS, FD_COUNTERS, FD_PIPE, FD_FILTER, N_FDS };
#define FIRST_FD SPAWN_FIRST_FD

static const enum seen_part parts[] = { [FD_LINKS] = SEEN_LINKS, [FD_COUNTERS] = SEEN_COUNTERS };

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
	char wants[ARRAY_SIZE(parts) + 1] = { 0 }; /* "1" for each part that is wanted, else "0" */
	const char *const argv[] = { "netd-reader", READER_OPTION, wants, NULL };

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		wants[i] = fds[i] >= 0 ? '1' : '0';
	if (fds[FD_FILTER] < 0)
		return fds[FD_FILTER];
	return spawn_start(&(struct spawn) { "/proc/self/exe", argv, fds, N_FDS });
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

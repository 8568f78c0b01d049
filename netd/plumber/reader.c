// SPDX-License-Identifier: GPL-2.0-or-later
// reader.c - the short-lived process that reads the kernel for a snapshot
#include "plumber/reader.h"

#include "base/cleanup.h"
#include "base/libexec.h"
#include "kernel/confine.h"
#include "kernel/fdkind.h"
#include "plumber/spawn.h"

#include <assert.h>
#include <limits.h>

/* Theory of operation. The reader is a program of its own (reader/main.c). It is told which parts
 * are wanted, writes each into a descriptor of its own (plumber/spawn.c), and is to load the same
 * filter each time. */

#define PROGRAM "netd-reader"

enum { FD_PIPE = ENGINE_READER_PIPE - ENGINE_READER_PART, FD_FILTER, N_FDS };
static_assert(ENGINE_READER_PART == SPAWN_FIRST_FD, "it finds them there");
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
	const char *const argv[] = { PROGRAM, wants, NULL };
	char program[PATH_MAX];
	int err = libexec_find(PROGRAM, program, sizeof(program));

	(void)data;
	if (err < 0)
		return err;
	for (size_t i = 0; i < ENGINE_N_READ; i++) {
		fds[i] = part_fds[i];
		wants[i] = fds[i] >= 0 ? '1' : '0';
	}
	if (fds[FD_FILTER] < 0)
		return fds[FD_FILTER];
	return spawn_start(&(struct spawn) { program, argv, fds, N_FDS });
}

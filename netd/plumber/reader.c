// SPDX-License-Identifier: GPL-2.0-or-later
// reader.c - the short-lived process that reads the kernel for a snapshot
#include "plumber/reader.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/engine.h"
#include "kernel/confine.h"
#include "kernel/door.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Theory of operation. fork(2) copies the page tables of a plumber that has thousands of
 * containers: 1.5 ms and more, and each page that it writes to afterwards is copied, too.
 * posix_spawn(3) shares its memory until the program is another one, this program again, so it
 * takes as long whatever the plumber has. What the reader writes to has always the same number in
 * it. */

#define FIRST_FD 3

static const enum seen_part parts[] = { SEEN_LINKS, SEEN_COUNTERS };

/* dup2 onto itself would keep CLOEXEC, and onto another's number would lose that one: move it up.
 */
static int above_numbers(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + (int)ARRAY_SIZE(parts));

	return moved < 0 ? -errno : moved;
}

static int spawn(const int *fds, pid_t *ret_pid)
{
	char process[] = "netd-reader", option[] = READER_OPTION;
	char wants[ARRAY_SIZE(parts) + 1] = { 0 }; /* "1" for each part that is wanted, else "0" */
	char *const argv[] = { process, option, wants, NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int err = 0;

	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(parts); i++) {
		wants[i] = fds[i] >= 0 ? '1' : '0';
		if (fds[i] >= 0)
			err = posix_spawn_file_actions_adddup2(&actions, fds[i], FIRST_FD + (int)i);
	}
	/* Not the lock, nor anything else that must be free when the plumber is gone. */
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(&actions,
							       FIRST_FD + (int)ARRAY_SIZE(parts));
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	if (err == 0)
		err = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

pid_t reader_start(int links_fd, int counters_fd, void *data)
{
	const int given[ARRAY_SIZE(parts)] = { links_fd, counters_fd };
	int moved[ARRAY_SIZE(parts)] = { -1, -1 };
	pid_t pid = 0;
	int err = 0;

	(void)data;
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(parts); i++)
		if (given[i] >= 0) {
			moved[i] = above_numbers(given[i]);
			err = moved[i] < 0 ? moved[i] : 0;
		}
	if (err == 0)
		err = spawn(moved, &pid);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		cleanup_close(&moved[i]);
	return err < 0 ? err : pid;
}

/* Should the plumber be stopped it has an end all the same. */
int reader_run(int argc, char **argv)
{
	const char *wants = argc > 1 ? argv[1] : "";
	int err;

	(void)prctl(PR_SET_NAME, "(netd-reader)", 0, 0, 0);
	log_init("reader", LOG_LEVEL_INFO);
	if (strlen(wants) != ARRAY_SIZE(parts))
		return 2;
	(void)alarm((unsigned int)SNAPSHOT_READER_S); /* nothing catches it */
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

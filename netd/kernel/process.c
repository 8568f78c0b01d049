// SPDX-License-Identifier: GPL-2.0-or-later
// process.c - what the kernel says of another process, and how much this one may have
#include "kernel/process.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Theory of operation. /proc/PID/stat has a process's state and its use of the processor as one
 * line of numbers. They are parsed by pure code (model/health, model/seen), so only the reading
 * stands here. */

#define STAT_MAX 1024 /* 52 numbers and a name of at most 64 bytes */

/* The whole line, in one read: the kernel makes it at that moment. -ESRCH: there is no such
 * process. */
static int read_stat(uint32_t pid, char ret_text[static STAT_MAX])
{
	_cleanup_close_ int fd = -1;
	char path[32];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	len = read(fd, ret_text, STAT_MAX - 1);
	if (len < 0)
		return -errno;
	ret_text[len] = '\0';
	return 0;
}

/* For the watch over a process that does not answer. */
int process_look(uint32_t pid, struct pulse_look *ret_look)
{
	char text[STAT_MAX];
	int err = read_stat(pid, text);

	return err < 0 ? err : pulse_parse(text, (unsigned)sysconf(_SC_CLK_TCK), ret_look);
}

/* Its start is told in time since the boot. The wall clock may be set; then the result moves by as
 * much. */
static struct timespec boot_time(void)
{
	struct timespec now, up;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* neither can fail */
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	now.tv_sec -= up.tv_sec;
	now.tv_nsec -= up.tv_nsec;
	if (now.tv_nsec < 0) {
		now.tv_nsec += 1000000000;
		now.tv_sec--;
	}
	return now;
}

/* *ret_process is written on success only. */
int process_use(uint32_t pid, struct seen_process *ret_process)
{
	const struct seen_process_units units = {
		.ticks_per_s = (unsigned)sysconf(_SC_CLK_TCK),
		.page_bytes = (unsigned)sysconf(_SC_PAGESIZE),
		.booted = boot_time(),
	};
	struct seen_process process = { .pid = pid };
	char text[STAT_MAX], path[32];
	struct stat status;
	int err = read_stat(pid, text);

	if (err == 0)
		err = seen_process_parse(text, &units, &process);
	if (err < 0)
		return err;
	/* To count them one by one would take milliseconds of thousands. Since Linux 6.2 the size
	 * of that folder is the number of descriptors. Before it is 0. */
	(void)snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	if (stat(path, &status) == 0)
		process.n_fds = (uint64_t)status.st_size;
	*ret_process = process;
	return 0;
}

/* Raises the soft limit to the hard one, which takes no right. */
int process_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

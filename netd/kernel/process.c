// SPDX-License-Identifier: GPL-2.0-or-later
// process.c - what the kernel says of another process, and how much this one may have
#include "kernel/process.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define STAT_MAX 1024 /* 52 numbers and a name of at most 64 bytes */

int process_look(uint32_t pid, struct pulse_look *ret_look)
{
	char path[32], text[STAT_MAX];
	_cleanup_close_ int fd = -1;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	len = read(fd, text, sizeof(text) - 1);
	if (len < 0)
		return -errno;
	text[len] = '\0';
	return pulse_parse(text, (unsigned)sysconf(_SC_CLK_TCK), ret_look);
}

int process_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

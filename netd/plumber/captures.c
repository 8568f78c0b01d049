// SPDX-License-Identifier: GPL-2.0-or-later
// captures.c - how many processes capture, whichever netd has started them
#include "plumber/captures.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Theory of operation. A capture belongs to its reader, and goes on when netd is restarted. So
 * nobody can keep their number in memory: each has a place that the kernel takes back when the
 * process ends, however that is, and that the next netd finds taken. A place is the lock of a byte
 * in a file, held by an open file description (fcntl_locking(2)) that the process inherits. The
 * file is that of dirs.c: what flock(2) locks there and what is locked here do not meet, and no
 * file more can be lost or left behind. */

/* Nobody is waited for. */
static int lock_byte(int fd, off_t at)
{
	struct flock place = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &place) < 0 ? -errno : 0;
}

/* Opened anew each time: all duplicates of one description have its lock in common. */
int captures_take(const char *run_dir, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int err = -EAGAIN;

	(void)snprintf(path, sizeof(path), "%s/lock", run_dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (off_t at = 0; at < CAPTURE_AT_ONCE_MAX && err == -EAGAIN; at++)
		err = lock_byte(fd, at);
	if (err < 0)
		return err == -EAGAIN ? -EUSERS : err;
	*ret_fd = take_fd(&fd);
	return 0;
}

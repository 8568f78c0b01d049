// SPDX-License-Identifier: GPL-2.0-or-later
// look_read.c - small files, of /proc and of containers, as text
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <fcntl.h>
#include <unistd.h>

/* Reads a whole file as text. The length is the answer; what does not fit is left out. No file
 * waits: O_NONBLOCK is for a path that leads to a pipe. dir: as for openat(2). size is at least
 * 1. */
int look_read(int dir, const char *path, char *ret_text, size_t size)
{
	_cleanup_close_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	/* /proc gives a page at a time. */
	while (len < size - 1) {
		ssize_t got = read(fd, ret_text + len, size - 1 - len);

		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	ret_text[len] = '\0';
	return (int)len;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// whole.c - read(2) and write(2) until all is done: pipes and sockets may take or give a part

#include "base/whole.h"

#include <errno.h>
#include <unistd.h>

int whole_write(int fd, const void *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, (const char *)data + at, len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int whole_read(int fd, void *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, (char *)data + at, len - at);

		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int whole_read_to_end(int fd, size_t max, struct buf *out)
{
	char data[16384];
	ssize_t n;

	while (out->len <= max && (n = read(fd, data, sizeof(data))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buf_append(out, data, (size_t)n);
	}
	return out->err;
}

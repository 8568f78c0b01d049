// SPDX-License-Identifier: GPL-2.0-or-later
// links.c - the counters of the host's links, as text
#include "base/cleanup.h"
#include "explain/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A namespace of a thousand links has 130 KiB of them. */
int explain_links_read(struct buf *out)
{
	_cleanup_close_ int fd = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
	char data[4096];
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && (n = read(fd, data, sizeof(data))) > 0)
		buf_append(out, data, (size_t)n);
	return n < 0 ? -errno : out->err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// memory.c - preloaded into netd-trace by trace.bats: from some time on no array grows
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* Everything that grows asks here (base/grow.c); libraries do not. NETD_ARRAYS: how many do. */
void *reallocarray(void *array, size_t n, size_t size)
{
	static unsigned long n_asked;
	const char *allowed = getenv("NETD_ARRAYS");

	if (n_asked++ >= strtoul(allowed ? allowed : "0", NULL, 10)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(array, n * size);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// fdkind.h - what a descriptor is that somebody else has handed us, and memory to hand out
#pragma once

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* type: SOCK_STREAM or SOCK_DGRAM, of the internet. addr and port: what it is bound to; addr NULL:
 * whatever that is. */
struct fdkind_socket {
	int type;
	bool listening;
	uint64_t netns_inode;
	const struct addr *addr;
	uint16_t port;
};

/* False also where the kernel does not say. */
bool fdkind_is_socket(int fd, const struct fdkind_socket *want);
bool fdkind_is_pipe(int fd);
/* A file of memory of that size, which nobody can change the size of. */
bool fdkind_is_memory(int fd, size_t size);
/* A new, empty file of memory, which may be sealed: a descriptor (CLOEXEC) or a negative errno. */
int fdkind_new_memory(const char *name);
/* Are few left? The lowest that was free is handed out, so they lie above it. */
bool fdkind_is_scarce(int fd);

// SPDX-License-Identifier: GPL-2.0-or-later
// seen_process.h - what a process of netd's uses of the machine
#pragma once

#include "base/buf.h"

#include <stdint.h>
#include <time.h>

struct seen_process {
	const char *name; /* "netd", "resolver" */
	uint32_t pid;
	uint64_t cpu_us;
	uint64_t resident_bytes, virtual_bytes;
	uint64_t n_fds; /* 0: the kernel does not say; before 6.2 it does not */
	struct timespec started;
};

/* The machine's, which the text of /proc/PID/stat counts in. */
struct seen_process_units {
	unsigned int ticks_per_s, page_bytes;
	struct timespec booted;
};

/* Fills what the text says: all but name, pid and n_fds. 0 or -EBADMSG. */
int seen_process_parse(const char *text, const struct seen_process_units *units,
		       struct seen_process *ret_process);
/* An element of a list. */
void seen_process_write(struct buf *out, const struct seen_process *process);

// SPDX-License-Identifier: GPL-2.0-or-later
// narrow.h - what a process that looks and judges may take and do: memory, time, system calls
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Of this process and what it starts: EXPLAIN_MEMORY_MAX of addresses, EXPLAIN_S of a processor
 * unless it goes on for as long as somebody looks, no core dump; and where memory is short it is
 * the first to go, and not who started it. What cannot be set stays as it is. */
void narrow_limits(bool is_short);

/* From here on it reads files, maps memory without running it, and ends; with `looks` it enters
 * network namespaces, opens sockets that connect or speak netlink, asks which programs hang on
 * links, and has a child. Anything else fails with EPERM: no program is started, nothing mounted or
 * written to. 0 or -errno; 0
 * without a filter on a machine whose numbers are not known here, or under a sanitizer. */
int narrow_calls(bool looks);
/* From here on it reads and writes what is open, and ends: what copies packets that anybody may
 * have sent. As narrow_calls() otherwise. */
int narrow_to_copy(void);

// SPDX-License-Identifier: GPL-2.0-or-later
// meeting.h - the plumber comes to a role, and nobody else does
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Whether the other end of this unix connection is root or trusted, who started the role: tests run
 * netd without root. The socket lies in the run directory, but its mode is not trusted; the kernel
 * says whose the other end is (SO_PEERCRED, unix(7)). */
bool meeting_is_with(int fd, uid_t trusted);

/* The next connection that waits at IPC_LISTEN_FD: a descriptor of the caller's, close-on-exec and
 * non-blocking, or a negative errno. -EACCES: a stranger's, which is closed. Another one may
 * follow, so the socket is to be watched on. */
int meeting_take(uid_t trusted);

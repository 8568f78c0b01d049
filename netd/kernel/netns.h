// SPDX-License-Identifier: GPL-2.0-or-later
// netns.h - other network namespaces: open, identify, act inside, come back. The only file with
// setns(2)
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

/* Remembers the daemon's own netns; once, before anything else here. */
int netns_init(struct error *error);
int netns_self_fd(void);
/* Inode of the daemon's own netns. */
uint64_t netns_self_inode(void);

/* Opens the netns at a path, or that of a process. Errors name the path or pid and what is wrong:
 * not there, not a network namespace, no such process. Returns the descriptor; the caller closes.
 */
int netns_open_path(const char *path, uint64_t *ret_inode, struct error *error);
int netns_open_pid(pid_t pid, uint64_t *ret_inode, struct error *error);

/* A new, empty one, of which nobody else knows: it goes with its last descriptor. Takes
 * CAP_SYS_ADMIN. The descriptor, which the caller closes, or a negative errno. */
int netns_unshare(void);

/* Runs function(data) inside the netns and comes back; returns what it returned. Failing to come
 * back ends the process: it must never act in the wrong netns. */
int netns_run(int netns_fd, int (*function)(void *data), void *data);

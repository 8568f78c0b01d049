// SPDX-License-Identifier: GPL-2.0-or-later
// lock.h - one netd for each network namespace
#pragma once

#include "base/error.h"

#include <ev.h>

/* A lock on the network namespace the process is in: it goes with the process, however that ends,
 * and leaves no file. */
struct netns_lock {
	int fd; /* -1: not held */
	ev_io io;
	ev_timer rest; /* while io is stopped, for want of descriptors */
};

/* Before anything else is touched. ERROR_CONFLICT, and who holds it: another netd runs here. */
int lock_take(struct netns_lock *lock, struct ev_loop *loop, struct error *error);
void lock_drop(struct netns_lock *lock, struct ev_loop *loop);

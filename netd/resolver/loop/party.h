// SPDX-License-Identifier: GPL-2.0-or-later
// party.h - all that is done for one container, and how much of it there has been
#pragma once

#include "base/list.h"

#include <ev.h>
#include <stdbool.h>

struct turns;

/* The fields are for turns.c, job.c and spot.c, which say what is to be done for it and do it. */
struct party {
	struct list node; /* in fresh or busy */
	struct turns *turns;
	struct list jobs;
	ev_io set; /* its epoll set */
	unsigned refs;
	int credit;
	bool listed;
	bool set_ready; /* something in the set is ready */
	bool set_first; /* spots and jobs go first in turns, too */
};

/* A party with one reference. NULL: out of memory, or of descriptors. */
struct party *party_new(struct turns *turns);
struct party *party_ref(struct party *party);
/* NULL is fine. */
void party_unref(struct party *party);
/* Work was done for it outside of its turn. What it owes has a bound. */
void party_charge(struct party *party, unsigned cost);
/* It stands in line: what is done for it comes when its turn does. */
bool party_is_busy(const struct party *party);
/* It has something to do, and stands in line from now on. */
void party_wake(struct party *party);

// SPDX-License-Identifier: GPL-2.0-or-later
// spot.h - a container's descriptor, watched in its party's own epoll set
#pragma once

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct party;
struct turns;

struct spot;
/* events: EPOLLIN and EPOLLOUT, both when the descriptor is broken. Returns what it cost. */
typedef unsigned (*spot_fn)(struct spot *spot, uint32_t events);

/* A descriptor that is watched; fd is the owner's, and stays open while it is. */
struct spot {
	struct party *party; /* a reference; NULL: not started */
	spot_fn on;
	int fd;
	uint32_t events, wanted; /* 0: not watched for now */
	struct list refused;
};

/* When the kernel has no memory to watch a descriptor, it is asked again and again. */
void spot_start(struct spot *spot, struct party *party, int fd, uint32_t events, spot_fn on);
void spot_watch(struct spot *spot, uint32_t events);
/* Before fd is closed. Safe to call twice. */
void spot_stop(struct spot *spot);
static inline bool spot_is_started(const struct spot *spot)
{
	return spot->party != NULL;
}

/* For the timer of turns: those that the kernel had no memory for are offered again. True: it has
 * all of them now. */
bool spot_offer_again(struct turns *turns);

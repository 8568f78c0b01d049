// SPDX-License-Identifier: GPL-2.0-or-later
// world.h - rings, a tracer and a reader of a capture, in memory and pipes
#pragma once

#include "capturer/capturer.h"

#include <stddef.h>
#include <stdint.h>

#define WORLD_PLACES 3

struct world {
	struct capture_asked asked;
	struct capturer_places places;
	struct capturer_drops drops;
	struct compiled filter;	 /* takes everything */
	int tracer_fd;		 /* where its lines are written */
	int ours, theirs;	 /* the reader's connection */
	size_t at[WORLD_PLACES]; /* the end of what is in each first block */
	int quiet_fds[2];	 /* nothing ever comes there */
};

/* n interfaces with rings that have no packet. */
void world_init(struct world *world, size_t n);
void world_done(struct world *world);
/* A packet of that place's first block, of that time since 1970. */
void world_pass(struct world *world, size_t place, uint64_t time_ns, const char *data);
/* The kernel has handed the block over. */
void world_hand_over(struct world *world, size_t place);
/* Dropped packets are asked for, of a tracer that has answered. */
void world_drops(struct world *world);
void world_say(struct world *world, const char *line);

/* What the reader has got: packets in their order, each as "INTERFACE COMMENT;", and the comment of
 * the last statistics with one. */
struct world_read {
	char missing[256];
	char packets[512];
	size_t n_interfaces, n_statistics, len;
	uint64_t times[16];
	size_t n;
};
void world_read(struct world *world, struct world_read *ret_read);

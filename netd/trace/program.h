// SPDX-License-Identifier: GPL-2.0-or-later
// program.h - the programs that run in the kernel at its tracepoints
#pragma once

#include "base/limits.h"
#include "trace/insn.h"
#include "trace/layout.h"
#include "trace/record.h"

/* What is asked of packets. */
enum program_kind {
	PROGRAM_FLOW,	/* those of one connection, or all of a namespace */
	PROGRAM_FOLLOW, /* those of one container, wherever they go (follow.h) */
	PROGRAM_COUNT,	/* how many were dropped where, and why (count.h) */
	PROGRAM_DROPS,	/* those that are dropped, with their bytes (dropped.h) */
};

/* Values of the map netns. */
#define PROGRAM_NETNS_PASSED 1u
#define PROGRAM_NETNS_OWN 2u /* of the container that is followed */

/* Descriptors of the maps that all programs share. */
struct program_maps {
	int netns;   /* hash: inode (u32) -> u32: those asked for */
	int address; /* hash: 16 bytes -> u32: at least one of a packet's two */
	int flow;    /* array of one struct record_flow */
	int events;  /* ring buffer of struct record */
	int frames;  /* array of each processor's: a frame for each tracepoint (writer.h) */
	/* Of who follows a container: */
	int published; /* hash: struct record_end -> u32: what leads to it, on the host */
	int peer;      /* hash: 16 bytes -> u32: with whom it speaks */
	int seen;      /* LRU: address of a packet -> struct record_seen */
	int tuples;    /* LRU: struct record_tuple -> u32: its flows behind NAT */
	/* Of who counts: */
	int drops; /* hash: struct record_drop -> u64 */
	/* Of whose dropped packets have their bytes: */
	int bytes; /* array of each processor's: a struct record and PROGRAM_BYTES_SIZE less it */
};

#define PROGRAM_FRAME_SIZE 264
#define PROGRAM_BYTES_SIZE (sizeof(struct record) + TRACE_BYTES_MAX)

/* The program for that tracepoint. 0, or -errno of the assembler: a program of ours is too long. */
int program_trace(enum program_kind kind, enum layout_point point, const struct layout *layout,
		  const struct program_maps *maps, struct insns *ret_insns);

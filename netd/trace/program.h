// SPDX-License-Identifier: GPL-2.0-or-later
// program.h - the programs that run in the kernel at its tracepoints
#pragma once

#include "trace/insn.h"
#include "trace/layout.h"
#include "trace/record.h"

/* Descriptors of the maps that all programs share. */
struct program_maps {
	int netns;   /* hash: inode (u32) -> u32: those asked for */
	int address; /* hash: 16 bytes -> u32: at least one of a packet's two */
	int flow;    /* array of one struct record_flow */
	int events;  /* ring buffer of struct record */
};

/* The program for that tracepoint. 0, or -errno of the assembler: a program of ours is too long. */
int program_trace(enum layout_point point, const struct layout *layout,
		  const struct program_maps *maps, struct insns *ret_insns);

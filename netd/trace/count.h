// SPDX-License-Identifier: GPL-2.0-or-later
// count.h - how many packets the kernel threw away where, and why, counted by the kernel itself
#pragma once

#include "trace/program.h"

/* The program for kfree_skb, which counts in maps->drops what the namespaces of maps->netns lose.
 * 0, or -errno of the assembler. */
int count_program(const struct layout *layout, const struct program_maps *maps,
		  struct insns *ret_insns);

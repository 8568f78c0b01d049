// SPDX-License-Identifier: GPL-2.0-or-later
// dropped.h - what the program for dropped packets has of its own: whose they are, and their bytes
#pragma once

#include "trace/writer.h"

/* Keeps where the packet begins, which is in register 8. Before anything is read of it. */
void dropped_write_begin(const struct writer *writer);
/* Goes to ours, or on, where the packet was dropped in a namespace that is asked for as a whole
 * (PROGRAM_NETNS_OWN), or is from or to one of the addresses, or was before NAT; else to other.
 * What it was sent as is in the record. Registers 1 to 5 and 8 are used, and BYTES. */
void dropped_write_match(const struct writer *writer, insn_label ours, insn_label other);
/* The record and as many bytes of the packet as are wanted and there, into the ring. Goes to the
 * writer's other where it was told, and on where there was no room. */
void dropped_write_output(const struct writer *writer);

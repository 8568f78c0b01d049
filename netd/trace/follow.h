// SPDX-License-Identifier: GPL-2.0-or-later
// follow.h - whether a packet is one of the container that is followed, also where NAT hides it
#pragma once

#include "trace/writer.h"

/* Before all else, with the IP header at HEADER: ends the program where its addresses and its place
 * in memory tell that follow_write() would go to other, as most do. */
void follow_write_first(const struct writer *writer);

/* Behind what is read of a packet: goes to ours where it is the container's and of the kind that is
 * asked for, and else to other. Register 8 has the map's struct record_flow from then on. */
void follow_write(const struct writer *writer, insn_label ours, insn_label other);

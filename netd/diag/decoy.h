// SPDX-License-Identifier: GPL-2.0-or-later
// decoy.h - drops that mean nothing: nobody misses what the kernel throws away there
#pragma once

#include <stdbool.h>

/* reason, function: as the kernel names them, "": unknown. icmp_type: of the packet, -1: it is no
 * ICMP, or not known; is_six: of ICMPv6. */
bool decoy_is(const char *reason, const char *function, int icmp_type, bool is_six);

// SPDX-License-Identifier: GPL-2.0-or-later
// portset.h - a set of port numbers, as the kernel prints one: 8080,9000-9010
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whole, and without a heap: 8 KiB. Zeroed means empty. */
struct portset {
	uint8_t bits[(UINT16_MAX + 1) / 8];
};

/* Numbers and ranges N-M (N <= M) of 0 to 65535 between commas, in any order and overlapping; a
 * newline may follow; nothing at all is the empty set. Of len bytes, none of which need be a NUL.
 * -EINVAL: it is none of that. */
int portset_parse(const char *text, size_t len, struct portset *ret_set);
bool portset_has(const struct portset *set, uint16_t port);
/* Of the ports first to last. */
size_t portset_count(const struct portset *set, uint16_t first, uint16_t last);

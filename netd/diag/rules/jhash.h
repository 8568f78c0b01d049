// SPDX-License-Identifier: GPL-2.0-or-later
// jhash.h - the hash by which a rule chooses the same for the same client
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What `jhash` of a rule makes of these bytes, before it is brought below a modulus: lookup3 of Bob
 * Jenkins, as the kernel has it. */
uint32_t jhash_bytes(const uint8_t *bytes, size_t len, uint32_t seed);
/* A number below `below`, as the kernel makes one of a hash. */
uint32_t jhash_below(uint32_t hash, uint32_t below);

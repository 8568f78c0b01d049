// SPDX-License-Identifier: GPL-2.0-or-later
// hash.h - keyed hash: SipHash-2-4
#pragma once

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 of data under a 16-byte key (Aumasson and Bernstein, 2012). */
uint64_t hash_bytes(const uint8_t key[16], const void *data, size_t len);

/* The same under a constant key: equal in every process and after every restart, for what must be
 * stable (a generated MAC address), never for tables that strangers fill. */
uint64_t hash_stable(const void *data, size_t len);

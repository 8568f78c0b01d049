// SPDX-License-Identifier: GPL-2.0-or-later
// wire.h - bounded big-endian cursor with a sticky error, for reading and for writing
#pragma once

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* After the first failure reads give zeroes and writes do nothing; look at err once, at the end.
 * The bytes belong to the caller. A reader never writes through data. */
struct wire {
	uint8_t *data;
	size_t len; /* readable bytes, or room to write */
	size_t pos;
	int err; /* 0, -EBADMSG (read past the end), -EMSGSIZE (no room) */
};

struct wire wire_reader(const void *data, size_t len);
struct wire wire_writer(void *data, size_t size);

uint8_t wire_u8(struct wire *wire);
uint16_t wire_u16(struct wire *wire);
uint32_t wire_u32(struct wire *wire);
uint64_t wire_u64(struct wire *wire);
void wire_bytes(struct wire *wire, void *ret_bytes, size_t len);
/* A pointer to the next len bytes in place, or NULL on failure. */
const uint8_t *wire_view(struct wire *wire, size_t len);
size_t wire_left(const struct wire *wire);

void wire_put_u8(struct wire *wire, uint8_t value);
void wire_put_u16(struct wire *wire, uint16_t value);
void wire_put_u32(struct wire *wire, uint32_t value);
void wire_put_u64(struct wire *wire, uint64_t value);
void wire_put_bytes(struct wire *wire, const void *bytes, size_t len);
/* Overwrites two bytes written before. */
void wire_patch_u16(struct wire *wire, size_t pos, uint16_t value);

/* u16 length and bytes. The reader gives a NUL-terminated copy in ret (size bytes with the NUL),
 * and fails with -EBADMSG when it does not fit or holds a NUL. */
void wire_put_str(struct wire *wire, const char *text);
void wire_str(struct wire *wire, char *ret, size_t size);

/* A reader that finds no sense in what it read: err is -EBADMSG, unless something was wrong before.
 */
void wire_fail(struct wire *wire);
/* Bytes behind the last one mean that the two ends do not agree on what was read, and then on none
 * of it: -EBADMSG. */
void wire_end(struct wire *wire);
/* One byte, 0 or 1: any other value would be a second spelling of true. */
void wire_put_bool(struct wire *wire, bool value);
bool wire_bool(struct wire *wire);
/* u8 size (0: no address), which says the family, and bytes; AF_ numbers stay out of protocols. */
void wire_put_addr(struct wire *wire, const struct addr *addr);
struct addr wire_addr(struct wire *wire);
/* u8 within max; the writer refuses what the reader would, with -EMSGSIZE. The reader gives 0 after
 * an error, so that no loop runs beyond its array. */
void wire_put_count(struct wire *wire, size_t count, uint8_t max);
uint8_t wire_count(struct wire *wire, uint8_t max);

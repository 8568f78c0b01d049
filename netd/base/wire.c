// SPDX-License-Identifier: GPL-2.0-or-later
// wire.c - bounded big-endian cursor with a sticky error, for reading and for writing
#include "base/wire.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. One struct serves both ways. pos never goes beyond len: a step that would is
 * not made, and err says so from then on. Reading after an error gives zeros, writing does nothing.
 * So a decoder reads all of a message and looks at err once. Numbers are big-endian, as on the
 * wire.
 *
 * A cursor is a value: copied, it goes on by itself. */

/* The bytes are not copied and not changed: a reader has no function that writes. The cast takes
 * the const away, and only functions that put would make use of it. */
struct wire wire_reader(const void *data, size_t len)
{
	return (struct wire) { .data = (uint8_t *)data, .len = len };
}

/* size is the room. pos is how much was written. */
struct wire wire_writer(void *data, size_t size)
{
	return (struct wire) { .data = data, .len = size };
}

/* After an error nothing is left, so loops over what is left end. */
size_t wire_left(const struct wire *wire)
{
	return wire->err ? 0 : wire->len - wire->pos;
}

/* The next len bytes to read or to write, or NULL with err set to the code given. */
static uint8_t *wire_step(struct wire *wire, size_t len, int code)
{
	uint8_t *at;

	if (wire->err < 0)
		return NULL;
	/* The sum pos + len could wrap around: the difference cannot. */
	if (wire->pos > wire->len || len > wire->len - wire->pos) {
		wire->err = code;
		return NULL;
	}
	at = wire->data + wire->pos;
	wire->pos += len;
	return at;
}

/* 0 after an error. Up to eight bytes. */
static uint64_t wire_number(struct wire *wire, size_t size)
{
	const uint8_t *at = wire_step(wire, size, -EBADMSG);
	uint64_t value = 0;

	for (size_t i = 0; at && i < size; i++)
		value = value << 8 | at[i];
	return value;
}

uint8_t wire_u8(struct wire *wire)
{
	return (uint8_t)wire_number(wire, 1);
}

uint16_t wire_u16(struct wire *wire)
{
	return (uint16_t)wire_number(wire, 2);
}

uint32_t wire_u32(struct wire *wire)
{
	return (uint32_t)wire_number(wire, 4);
}

uint64_t wire_u64(struct wire *wire)
{
	return wire_number(wire, 8);
}

/* ret_bytes is filled in any case. */
void wire_bytes(struct wire *wire, void *ret_bytes, size_t len)
{
	const uint8_t *at = wire_step(wire, len, -EBADMSG);

	/* memcpy(3) and memset(3) must not be given NULL, not even with 0 bytes. */
	if (len == 0)
		return;
	if (at)
		memcpy(ret_bytes, at, len);
	else
		/* What cannot be read is zero, so that callers may look at the error once, at
		 * the end. */
		memset(ret_bytes, 0, len);
}

/* The bytes where they are, without a copy. NULL: there are not as many. */
const uint8_t *wire_view(struct wire *wire, size_t len)
{
	return wire_step(wire, len, -EBADMSG);
}

/* The last byte has the lowest bits. -EMSGSIZE: no room. */
static void wire_put_number(struct wire *wire, uint64_t value, size_t size)
{
	uint8_t *at = wire_step(wire, size, -EMSGSIZE);

	for (size_t i = size; at && i > 0; i--, value >>= 8)
		at[i - 1] = (uint8_t)value;
}

void wire_put_u8(struct wire *wire, uint8_t value)
{
	wire_put_number(wire, value, 1);
}

void wire_put_u16(struct wire *wire, uint16_t value)
{
	wire_put_number(wire, value, 2);
}

void wire_put_u32(struct wire *wire, uint32_t value)
{
	wire_put_number(wire, value, 4);
}

void wire_put_u64(struct wire *wire, uint64_t value)
{
	wire_put_number(wire, value, 8);
}

/* bytes may be NULL where len is 0. */
void wire_put_bytes(struct wire *wire, const void *bytes, size_t len)
{
	uint8_t *at = wire_step(wire, len, -EMSGSIZE);

	if (at && len > 0)
		memcpy(at, bytes, len);
}

/* For a length that is known only when what it counts was written. pos is what wire->pos was when
 * the two bytes were put. */
void wire_patch_u16(struct wire *wire, size_t pos, uint16_t value)
{
	if (wire->err < 0)
		return;
	/* Only what was written can be written again. */
	if (wire->pos < 2 || pos > wire->pos - 2) {
		wire->err = -EMSGSIZE;
		return;
	}
	wire->data[pos] = (uint8_t)(value >> 8);
	wire->data[pos + 1] = (uint8_t)value;
}

/* 2 bytes of length, and the text without its NUL. A text of more than 65,535 bytes is an error,
 * and the message is of no use then. */
void wire_put_str(struct wire *wire, const char *text)
{
	size_t len = strlen(text);

	if (len > UINT16_MAX && wire->err == 0)
		wire->err = -EMSGSIZE;
	wire_put_u16(wire, (uint16_t)len);
	wire_put_bytes(wire, text, len);
}

/* A text that does not fit is an error: half a name would be another name. */
void wire_str(struct wire *wire, char *ret, size_t size)
{
	size_t len = wire_u16(wire);
	const uint8_t *at = wire_view(wire, len);

	/* A NUL inside would cut the text: writing it again would give other bytes than were
	 * read. */
	if (at && (len >= size || memchr(at, '\0', len)))
		wire->err = -EBADMSG;
	/* A caller that goes on after an error gets an empty text, and never one without an end.
	 * */
	if (wire->err < 0 || !at)
		len = 0;
	if (len > 0)
		memcpy(ret, at, len);
	if (size > 0)
		ret[len] = '\0';
}

/* For a decoder that finds that a value makes no sense. The first error stays. */
void wire_fail(struct wire *wire)
{
	if (wire->err == 0)
		wire->err = -EBADMSG;
}

/* A message with bytes behind its end is refused: they may mean something to somebody else. */
void wire_end(struct wire *wire)
{
	if (wire->err == 0 && wire_left(wire) != 0)
		wire_fail(wire);
}

void wire_put_bool(struct wire *wire, bool value)
{
	wire_put_u8(wire, value ? 1 : 0);
}

/* Any other byte than 0 and 1 is an error, so that a message has one form. */
bool wire_bool(struct wire *wire)
{
	uint8_t value = wire_u8(wire);

	if (value > 1)
		wire_fail(wire);
	return value == 1;
}

/* One byte of length, then the address: 0, 4 or 16 bytes. */
void wire_put_addr(struct wire *wire, const struct addr *addr)
{
	uint8_t size = addr_size(addr);

	wire_put_u8(wire, size);
	wire_put_bytes(wire, addr->bytes, size);
}

/* Family 0 after an error, and for a size of 0. */
struct addr wire_addr(struct wire *wire)
{
	struct addr addr = { 0 };
	uint8_t size = wire_u8(wire);

	if (size == 4)
		addr.family = AF_INET;
	else if (size == 16)
		addr.family = AF_INET6;
	else if (size != 0)
		wire_fail(wire);
	/* A size that is refused may be larger than the array. */
	if (wire->err == 0)
		wire_bytes(wire, addr.bytes, size);
	return wire->err == 0 ? addr : (struct addr) { 0 };
}

/* The number of items that follow. The reader has the same bound. */
void wire_put_count(struct wire *wire, size_t count, uint8_t max)
{
	if (count > max && wire->err == 0)
		wire->err = -EMSGSIZE;
	wire_put_u8(wire, (uint8_t)count);
}

/* 0 after an error, so that the loop over the items does nothing. */
uint8_t wire_count(struct wire *wire, uint8_t max)
{
	uint8_t count = wire_u8(wire);

	if (count > max)
		wire_fail(wire);
	return wire->err == 0 ? count : 0;
}

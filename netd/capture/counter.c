// SPDX-License-Identifier: GPL-2.0-or-later
// counter.c - how many packets there are in a capture that comes by, and whether it came to its end
#include "capture/counter.h"

#include <string.h>

/* Theory of operation. netctl counts while it passes a capture on: a block of the file is a type (4
 * bytes), a length (4), a body and the length again. Only the types that matter are looked into. A
 * capture that came to its end has statistics for each of its interfaces; one that was cut off has
 * not. */

/* draft-ietf-opsawg-pcapng. */
enum {
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

/* A length counts all of the block. */
#define HEAD 8		  /* type and length */
#define BLOCK_SHORTEST 12 /* and the length once more */
/* Statistics have interface (4 bytes) and time (8) before their options. */
#define STATISTICS_OPTIONS 20
#define OPTION_DROPPED 5
/* An interface has its kind (2), nothing (2) and the most that is kept of a packet (4). */
#define INTERFACE_OPTIONS 16
#define OPTION_COMMENT 1

/* In the byte order of the writer, which is this machine's or one like it. */
static uint32_t read_u32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static uint16_t read_u16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Options are code (2), length (2) and a value that is padded to 4 bytes; at: where the first is.
 * NULL where there is no such option in what was kept of the block. */
static const uint8_t *find_option(const struct counter *counter, size_t at, uint16_t wanted,
				  size_t *ret_size)
{
	while (at + 4 <= counter->head_len) {
		uint16_t code = read_u16(counter->head + at),
			 size = read_u16(counter->head + at + 2);

		if (code == 0 || size > counter->head_len - at - 4)
			break;
		*ret_size = size;
		if (code == wanted)
			return counter->head + at + 4;
		at += 4 + ((size_t)size + 3) / 4 * 4;
	}
	return NULL;
}

/* 0 where it is not said. */
static uint64_t read_dropped(const struct counter *counter)
{
	uint64_t dropped = 0;
	size_t size;
	const uint8_t *value = find_option(counter, STATISTICS_OPTIONS, OPTION_DROPPED, &size);

	if (value && size == sizeof(dropped))
		memcpy(&dropped, value, sizeof(dropped));
	return dropped;
}

/* It is shown on a terminal. at: where the block's options begin. */
static void read_comment(const struct counter *counter, size_t at,
			 char ret_comment[CAPTURE_COMMENT_MAX + 1])
{
	size_t size;
	const uint8_t *value = find_option(counter, at, OPTION_COMMENT, &size);

	if (!value || size > CAPTURE_COMMENT_MAX)
		return;
	for (size_t i = 0; i < size; i++)
		ret_comment[i] = value[i] >= ' ' && value[i] <= '~' ? (char)value[i] : '?';
	ret_comment[size] = '\0';
}

/* The block is whole. */
static void end_block(struct counter *counter)
{
	uint32_t type = read_u32(counter->head);

	counter->n_packets += type == BLOCK_PACKET;
	counter->n_interfaces += type == BLOCK_INTERFACE;
	counter->n_statistics += type == BLOCK_STATISTICS;
	if (type == BLOCK_STATISTICS) {
		counter->n_dropped += read_dropped(counter);
		read_comment(counter, STATISTICS_OPTIONS, counter->missing);
	}
	if (type == BLOCK_INTERFACE)
		read_comment(counter, INTERFACE_OPTIONS, counter->comment);
	counter->head_len = 0;
}

/* A second section in one file would begin the count anew, and netd writes none. */
static void begin_block(struct counter *counter)
{
	uint32_t type = read_u32(counter->head), len = read_u32(counter->head + 4);
	bool is_first = counter->n_interfaces == 0 && counter->n_packets == 0;

	if (len < BLOCK_SHORTEST || len % 4 != 0 || (type == BLOCK_SECTION && !is_first))
		counter->is_broken = true;
	/* Of a broken block this is of no use, and nobody reads it. */
	counter->left = len - HEAD;
}

/* How much of it was used. The head may come in pieces. */
static size_t feed_head(struct counter *counter, const uint8_t *data, size_t len)
{
	size_t wanted = HEAD - counter->head_len;

	if (len > wanted)
		len = wanted;
	memcpy(counter->head + counter->head_len, data, len);
	counter->head_len += len;
	if (counter->head_len == HEAD)
		begin_block(counter);
	return len;
}

/* Of the body as much is kept as head has room for: enough for statistics without a comment, and
 * for a comment, which is the first of a block's options. */
static size_t feed_rest(struct counter *counter, const uint8_t *data, size_t len)
{
	size_t room = sizeof(counter->head) - counter->head_len;

	if (len > counter->left)
		len = counter->left;
	memcpy(counter->head + counter->head_len, data, len < room ? len : room);
	counter->head_len += len < room ? len : room;
	counter->left -= (uint32_t)len;
	if (counter->left == 0)
		end_block(counter);
	return len;
}

/* The bytes may be cut anywhere. */
void counter_feed(struct counter *counter, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	while (len > 0 && !counter->is_broken) {
		size_t used = counter->head_len < HEAD ? feed_head(counter, bytes, len)
						       : feed_rest(counter, bytes, len);

		bytes += used;
		len -= used;
	}
}

/* The head of the file alone is not complete. */
bool counter_is_complete(const struct counter *counter)
{
	return !counter->is_broken && counter->head_len == 0 && counter->n_interfaces > 0 &&
	       counter->n_statistics == counter->n_interfaces;
}

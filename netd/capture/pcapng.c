// SPDX-License-Identifier: GPL-2.0-or-later
// pcapng.c - packets as a file that Wireshark, tshark and capinfos read
#include "capture/pcapng.h"

#include "base/limits.h"

#include <string.h>

/* Theory of operation. A file is blocks: a section header, one for each interface, packets, and
 * statistics at the end. Numbers are in the byte order of this machine, which the section header's
 * magic tells a reader.
 *
 *   block   type (4), length (4), body, padding to 4 bytes, length (4)
 *   option  code (2), length (2), value, padding to 4 bytes; code 0 ends the options */

/* Numbers of draft-ietf-opsawg-pcapng. */
enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

/* Codes are those of their block: one number means different things in two of them. */
enum option_code {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_RESOLUTION = 9,
	INTERFACE_FILTER = 11,
	PACKET_FLAGS = 2,
	STATISTICS_BEGAN = 2,
	STATISTICS_ENDED = 3,
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define NANOSECONDS 9 /* of INTERFACE_RESOLUTION: 10 to the minus 9 */
#define FILTER_TEXT 0 /* of INTERFACE_FILTER: in tcpdump's language */
#define MAC_HEADER 12 /* both addresses, behind which the tag of a VLAN belongs */
#define VLAN_TAG 4

/* In the machine's byte order, as all numbers. */
static void put_u16(struct buf *buf, uint16_t value)
{
	buf_append(buf, &value, sizeof(value));
}

static void put_u32(struct buf *buf, uint32_t value)
{
	buf_append(buf, &value, sizeof(value));
}

/* Of moments the upper half comes first, whatever the byte order. The unit is said by
 * INTERFACE_RESOLUTION. In nanoseconds since the epoch. */
static void put_time(struct buf *buf, uint64_t time)
{
	put_u32(buf, (uint32_t)(time >> 32));
	put_u32(buf, (uint32_t)time);
}

/* Zeroes. len: of what was written since a boundary of 4 bytes. */
static void pad(struct buf *buf, size_t len)
{
	buf_append(buf, "\0\0\0", (4 - len % 4) % 4);
}

/* A block has its length at both ends; it is known when the block is. Returns where it began. end()
 * takes it. */
static size_t begin(struct buf *buf, enum block_type type)
{
	size_t start = buf->len;

	put_u32(buf, type);
	put_u32(buf, 0);
	return start;
}

/* The first length is written now. Where memory is short buf has an error, and nothing is
 * patched. */
static void end(struct buf *buf, size_t start)
{
	uint32_t len = (uint32_t)(buf->len - start + sizeof(len));

	put_u32(buf, len);
	if (buf->err == 0)
		memcpy(buf->data + start + sizeof(uint32_t), &len, sizeof(len));
}

/* value may be NULL where len is 0. */
static void put_option(struct buf *buf, enum option_code code, const void *value, size_t len)
{
	put_u16(buf, (uint16_t)code);
	put_u16(buf, (uint16_t)len);
	buf_append(buf, value, len);
	pad(buf, len);
}

/* Not in the middle of a character of UTF-8. A byte that begins with 10 is the middle of a
 * character. At most PCAPNG_TEXT_MAX bytes. */
static size_t text_len(const char *text)
{
	size_t len = strnlen(text, PCAPNG_TEXT_MAX + 1);

	if (len <= PCAPNG_TEXT_MAX)
		return len;
	for (len = PCAPNG_TEXT_MAX; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80; len--)
		;
	return len;
}

/* Empty texts are left out. */
static void put_text(struct buf *buf, enum option_code code, const char *text)
{
	if (text && *text)
		put_option(buf, code, text, text_len(text));
}

static void put_number(struct buf *buf, enum option_code code, uint64_t number)
{
	put_option(buf, code, &number, sizeof(number));
}

/* An option with a moment has its halves in the order of times. As a number its halves would stand
 * the other way round on most machines. */
static void put_moment(struct buf *buf, enum option_code code, uint64_t time)
{
	put_u16(buf, (uint16_t)code);
	put_u16(buf, sizeof(time));
	put_time(buf, time);
}

/* Options must have an end where there are any. Four zero bytes. */
static void put_end(struct buf *buf)
{
	put_option(buf, OPTION_END, NULL, 0);
}

/* The length of a section is not known in advance. Body: magic, version, length of the section,
 * options. */
void pcapng_put_section(struct buf *buf, const char *application)
{
	size_t start = begin(buf, BLOCK_SECTION);
	const uint64_t unknown_len = UINT64_MAX;

	put_u32(buf, BYTE_ORDER_MAGIC);
	put_u16(buf, 1); /* version 1.0 */
	put_u16(buf, 0);
	buf_append(buf, &unknown_len, sizeof(unknown_len));
	put_text(buf, SECTION_APPLICATION, application);
	put_end(buf);
	end(buf, start);
}

/* Packets refer to interfaces by their order in the file. Body: link type (2 bytes), reserved (2),
 * the most that is kept of a packet (4), options. */
void pcapng_put_interface(struct buf *buf, const struct pcapng_interface *interface)
{
	size_t start = begin(buf, BLOCK_INTERFACE);
	const uint8_t resolution = NANOSECONDS;
	/* A filter's text has one byte before it that names the language. */
	char filter[1 + PCAPNG_TEXT_MAX] = { FILTER_TEXT };

	put_u16(buf, interface->is_raw ? PCAPNG_RAW : PCAPNG_ETHERNET);
	put_u16(buf, 0);
	put_u32(buf, interface->snaplen);
	/* First, where whoever counts looks for it. */
	put_text(buf, OPTION_COMMENT, interface->comment);
	put_text(buf, INTERFACE_NAME, interface->name);
	put_text(buf, INTERFACE_DESCRIPTION, interface->description);
	put_option(buf, INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	if (interface->filter) {
		size_t len = text_len(interface->filter);

		memcpy(filter + 1, interface->filter, len);
		put_option(buf, INTERFACE_FILTER, filter, 1 + len);
	}
	put_end(buf);
	end(buf, start);
}

/* The tag is put back to where the frame had it. A frame that is shorter than its two addresses is
 * written as it is. */
static void put_data(struct buf *buf, const struct pcapng_packet *packet)
{
	size_t head = packet->tag && packet->len >= MAC_HEADER ? MAC_HEADER : 0;

	if (head) {
		buf_append(buf, packet->data, head);
		buf_append(buf, packet->tag, VLAN_TAG);
	}
	buf_append(buf, packet->data + head, packet->len - head);
}

/* len is what was kept of a packet, full_len what it had. Body: interface (4), moment (8), kept
 * length (4), full length (4), data, options. Both lengths count the tag. */
void pcapng_put_packet(struct buf *buf, const struct pcapng_packet *packet)
{
	size_t start = begin(buf, BLOCK_PACKET);
	size_t tag = packet->tag && packet->len >= MAC_HEADER ? VLAN_TAG : 0;
	/* Bits 0 and 1 of the flags are the direction, bits 2 to 4 the kind of destination. */
	uint32_t flags = (uint32_t)packet->direction | (uint32_t)packet->cast << 2;

	put_u32(buf, packet->interface);
	put_time(buf, packet->time_ns);
	put_u32(buf, (uint32_t)(packet->len + tag));
	put_u32(buf, (uint32_t)(packet->full_len + tag));
	put_data(buf, packet);
	pad(buf, packet->len + tag);
	if (flags)
		put_option(buf, PACKET_FLAGS, &flags, sizeof(flags));
	put_text(buf, OPTION_COMMENT, packet->comment);
	if (flags || packet->comment)
		put_end(buf);
	end(buf, start);
}

/* Both numbers are since the capture began. Body: interface (4), moment (8), options. */
void pcapng_put_statistics(struct buf *buf, const struct pcapng_statistics *statistics)
{
	size_t start = begin(buf, BLOCK_STATISTICS);

	put_u32(buf, statistics->interface);
	put_time(buf, statistics->time_ns);
	/* First, where whoever counts looks for it. */
	put_text(buf, OPTION_COMMENT, statistics->comment);
	put_moment(buf, STATISTICS_BEGAN, statistics->began_ns);
	put_moment(buf, STATISTICS_ENDED, statistics->time_ns);
	put_number(buf, STATISTICS_RECEIVED, statistics->received);
	if (!statistics->comment)
		put_number(buf, STATISTICS_DROPPED, statistics->dropped);
	put_end(buf);
	end(buf, start);
}

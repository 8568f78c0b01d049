// SPDX-License-Identifier: GPL-2.0-or-later
// pcapng.h - packets as a file that Wireshark, tshark and capinfos read
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Four kinds of blocks of draft-ietf-opsawg-pcapng, in the byte order of this machine: a file
 * begins with one section; each interface comes before its packets, and has the number of those
 * before it; packets follow; and at the end how many there were. Whoever reads may begin when the
 * first block is there. Each function appends whole blocks; what went wrong is in buf->err. */

/* Raw: packets begin with an IP header of either version. */
enum pcapng_link_type { PCAPNG_ETHERNET = 1, PCAPNG_RAW = 101 };

/* texts: UTF-8; those over PCAPNG_TEXT_MAX bytes are cut. */
struct pcapng_interface {
	const char *name, *description;
	const char *filter;  /* in tcpdump's language; NULL: none */
	const char *comment; /* NULL: none */
	uint32_t snaplen;
	bool is_raw; /* PCAPNG_RAW instead of PCAPNG_ETHERNET */
};

enum pcapng_direction { PCAPNG_UNKNOWN, PCAPNG_IN, PCAPNG_OUT };
enum pcapng_cast {
	PCAPNG_ANY_CAST,
	PCAPNG_UNICAST,
	PCAPNG_MULTICAST,
	PCAPNG_BROADCAST,
	PCAPNG_OTHERS
};

struct pcapng_packet {
	uint32_t interface;
	uint64_t time_ns; /* since 1970 */
	const uint8_t *data;
	size_t len;	 /* of data */
	size_t full_len; /* as it passed */
	/* Four bytes that belong behind the first twelve (the tag of a VLAN, which the kernel keeps
	 * beside the packet) and are in neither length; NULL: none. */
	const uint8_t *tag;
	enum pcapng_direction direction;
	enum pcapng_cast cast;
	const char *comment; /* NULL: none */
};

struct pcapng_statistics {
	uint32_t interface;
	uint64_t time_ns, began_ns;
	uint64_t received, dropped; /* of those received: by the kernel, for want of room */
	/* NULL; or what is missing: then nobody knows how many were dropped, and it is not said */
	const char *comment;
};

void pcapng_put_section(struct buf *buf, const char *application);
void pcapng_put_interface(struct buf *buf, const struct pcapng_interface *interface);
void pcapng_put_packet(struct buf *buf, const struct pcapng_packet *packet);
void pcapng_put_statistics(struct buf *buf, const struct pcapng_statistics *statistics);
/* What pcapng_put_packet() and pcapng_put_statistics() append at the most, besides the packet, and
 * besides the comment of statistics. */
#define PCAPNG_PACKET_ROOM 512
#define PCAPNG_STATISTICS_ROOM 128
#define PCAPNG_COMMENT_ROOM 8 /* and its length */

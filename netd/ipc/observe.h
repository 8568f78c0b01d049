// SPDX-License-Identifier: GPL-2.0-or-later
// observe.h - what the plumber and the role that serves metrics say to each other
#pragma once

#include "base/limits.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Theory of operation. The role asks, with a number of its own; the plumber answers with a snapshot
 * in pieces, behind the last report that doctor has made, or says why there is none. Each message
 * is its type and that number, and what belongs to it. One that asks again while pieces come gets
 * those of the new one, and knows them by their number. The plumber asks for a sign of life again
 * and again, and whoever hangs is replaced. Where drops are counted it hands over a socket by which
 * the role hears of them from somebody else. The end of the channel is the end of the role. */

/* The descriptor that the role inherits beside the channel's: its listening TCP socket. */
#define OBSERVE_TCP_FD 4

#define OBSERVE_VERSION 3

enum observe_type {
	OBSERVE_ASK = 1, /* of the role */
	OBSERVE_PIECE,	 /* of the plumber: bytes */
	OBSERVE_FINDING, /* of the plumber: bytes of doctor's last report, which come first */
	OBSERVE_END,	 /* of the plumber: that was all */
	OBSERVE_CANNOT,	 /* of the plumber: why, a text */
	OBSERVE_ALIVE,	 /* of the plumber: are you there? */
	OBSERVE_HERE,	 /* of the role: yes */
	OBSERVE_DROPS,	 /* of the plumber: a socket by which drops are told from now on */
};

#define OBSERVE_HEAD_LEN 5

static inline void observe_put_head(uint8_t head[OBSERVE_HEAD_LEN], enum observe_type type,
				    uint32_t number)
{
	struct wire wire = wire_writer(head, OBSERVE_HEAD_LEN);

	wire_put_u8(&wire, (uint8_t)type);
	wire_put_u32(&wire, number);
}

/* False: it is shorter than that. */
static inline bool observe_get_head(const uint8_t *message, size_t len, enum observe_type *ret_type,
				    uint32_t *ret_number)
{
	struct wire wire = wire_reader(message, len);

	*ret_type = (enum observe_type)wire_u8(&wire);
	*ret_number = wire_u32(&wire);
	return wire.err == 0;
}

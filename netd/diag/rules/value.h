// SPDX-License-Identifier: GPL-2.0-or-later
// value.h - bytes of a rule as nft(8) would write them
#pragma once

#include "base/buf.h"
#include "diag/rules/ruleset.h"

/* What a register holds, and so how what it is compared with is written. */
enum value_kind {
	VALUE_HEX,
	VALUE_NUMBER,	/* big-endian, as in headers */
	VALUE_HOST,	/* host order */
	VALUE_HOST_HEX, /* marks */
	VALUE_NAME,	/* of a link */
	VALUE_ADDRESS,
	VALUE_MAC,
	VALUE_PROTOCOL,
	VALUE_NFPROTO,
	VALUE_ETHERTYPE,
	VALUE_CT_STATE,
	VALUE_CT_STATUS,
	VALUE_CT_DIRECTION,
	VALUE_TCP_FLAGS,
	VALUE_ICMP,
	VALUE_ICMP6,
	VALUE_PKTTYPE,
	VALUE_ADDRESS_TYPE,
};

void value_print(struct buf *buf, enum value_kind kind, const uint8_t *bytes, size_t len);
/* "tcp"; NULL: it has no name. */
const char *value_protocol(uint8_t protocol);
/* The kind of what an expression loads. */
enum value_kind value_kind(const struct expr *expr, const char *name);
/* "drop", "jump other". */
void value_verdict(struct buf *buf, const struct verdict *verdict);
/* Whether bits are set in front and not behind: the length of the prefix, or -1. */
int value_prefix(const uint8_t *mask, size_t len);

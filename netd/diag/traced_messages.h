// SPDX-License-Identifier: GPL-2.0-or-later
// traced_messages.h - messages of the kernel on rules that packets meet, read for one flow
#pragma once

#include "base/limits.h"
#include "diag/rules/tlv.h"
#include "diag/traced.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACED_TABLE "netd-trace-" /* the tables that mark packets; a number follows */

/* Messages of nfnetlink as a socket gives them, of whatever origin: each() for those of the trace,
 * others are passed over. 0; -EBADMSG: a length that cannot be; or what each() returned, which ends
 * it. */
int traced_messages_each(const void *messages, size_t len,
			 int (*each)(void *data, uint8_t family, const struct tlv_set *attrs),
			 void *data);
/* What one of them says of the rule, but for whose packet it was; names that are too long are cut.
 * false: it is the end of a chain, which is no rule. */
bool traced_messages_rule(uint8_t family, const struct tlv_set *attrs,
			  struct traced_rule *ret_rule);
/* Whether it is one of those that mark the packets. */
bool traced_messages_marks(const struct traced_rule *rule);

struct traced_packet {
	uint32_t id;
	bool is_answer;
};

/* One namespace's; what is not named here begins as 0. */
struct traced_reading {
	struct traced_rules *rules; /* that are added to */
	uint64_t netns;		    /* noted with each rule */
	uint8_t protocol;	    /* IPPROTO_*; ICMP: of either family */
	uint16_t port;		    /* of who asks; the id of its echo requests */
	struct traced_packet packets[NFT_TRACE_PACKETS]; /* the last ones */
	size_t n_packets;
};

/* Of these messages those of other flows, and of the rules that only mark, are passed over. 0;
 * -EBADMSG: a length that cannot be; or -ENOMEM. What was read until then stands. */
int traced_messages_read(struct traced_reading *reading, const void *messages, size_t len);

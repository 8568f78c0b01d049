// SPDX-License-Identifier: GPL-2.0-or-later
// followed_rules.h - rules that packets of a container meet, told between the places that they pass
#pragma once

#include "base/limits.h"
#include "diag/traced.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A packet as the kernel's trace of rules has it. */
struct followed_met {
	uint32_t id;	  /* of the trace */
	bool is_ours;	  /* a table of this trace has marked it, and not somebody else's */
	uint64_t key;	  /* packet_key.h; 0: it was not told */
	uint32_t in, out; /* indexes of links; 0: none */
	struct addr from, to;
	uint16_t from_port, to_port;
	uint8_t protocol;
};

/* One namespace's; what is not named here begins as 0. */
struct followed_reading {
	struct followed_rules *rules; /* that are added to */
	uint64_t netns;
	struct followed_met met[NFT_TRACE_PACKETS]; /* the last packets */
	size_t n_met;
};

struct followed_rule {
	struct traced_rule rule;
	struct followed_met of;
	int64_t since_ms; /* when it was read */
	bool is_told;
};

/* Where a packet was last. */
struct followed_last {
	uint64_t netns, key;
	struct traced_line line;
};

struct followed_rules {
	struct followed_rule *rules; /* that wait for their place, in the order of each namespace */
	size_t n, size;
	struct followed_last last[FOLLOWED_LAST]; /* in a ring */
	size_t n_last;
	uint64_t n_lost; /* there was no room for them */
	int64_t now_ms;	 /* set by who reads */
};

/* beside: the event next to which it stands; NULL: none was seen. 0, or negative, which ends it. */
typedef int followed_rules_tell(void *data, const struct followed_rule *rule,
				const struct traced_line *beside);

/* Messages of nfnetlink (traced_messages_each()): the rules that packets of ours met. 0; -EBADMSG;
 * or -ENOMEM. */
int followed_rules_read(struct followed_reading *reading, const void *messages, size_t len);

/* Before and behind each event, in the order of time, and when all rules have been read that were
 * met until then: those that belong there are told, in their order. */
int followed_rules_before(struct followed_rules *rules, const struct traced_line *line,
			  followed_rules_tell *tell, void *data);
int followed_rules_behind(struct followed_rules *rules, const struct traced_line *line,
			  followed_rules_tell *tell, void *data);
/* Behind the last event that is known: those whose place was told, and with is_all, or where they
 * have waited for FOLLOWED_RULES_WAIT_MS, all of them. */
int followed_rules_rest(struct followed_rules *rules, bool is_all, followed_rules_tell *tell,
			void *data);
void followed_rules_done(struct followed_rules *rules);

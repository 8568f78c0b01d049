// SPDX-License-Identifier: GPL-2.0-or-later
// traced.h - what the tracer saw of a connection, beside what was read
#pragma once

#include "diag/facts.h"
#include "diag/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACED_NAME 64 /* of a table or chain; a longer one is cut, for it is only shown */

enum traced_event {
	TRACED_SENT,
	TRACED_RECEIVED,
	TRACED_DROPPED,
	TRACED_RESET,
	TRACED_ICMP,
	TRACED_N_EVENTS,
};

/* A line of netd-trace (docs/tracing.md), as far as anybody here asks. */
struct traced_line {
	enum traced_event event;
	double us;
	uint32_t id;	/* the same packet has the same, also behind NAT; 0: not told */
	uint32_t bytes; /* of the packet */
	uint64_t key;	/* by which others know it, too (packet_key.h); 0: not told */
	uint64_t netns;
	uint32_t index; /* of the link; 0: none */
	char link[17];
	struct addr from, to;
	uint16_t from_port, to_port; /* 0: it has none */
	uint8_t protocol;
	bool is_syn, is_ack, is_reset;
	char flags[32];
	char reason[48], function[64]; /* "": not known */
	int icmp_type, icmp_code;      /* -1: none */
	bool is_quoted;		       /* the ports are those of the packet that an error quotes */
};

/* A rule of nftables that matched a packet of the flow, or a policy that decided about it, as the
 * kernel tells it. */
struct traced_rule {
	uint64_t netns, handle;	   /* handle: 0 of a policy */
	uint8_t family;		   /* NFPROTO_* of the table */
	bool is_policy, is_answer; /* is_answer: the packet was one to who asked */
	int32_t verdict;	   /* NF_ACCEPT, NF_DROP, NFT_CONTINUE, NFT_JUMP … */
	char table[TRACED_NAME], chain[TRACED_NAME];
	char target[TRACED_NAME]; /* of a jump or goto; "": none */
};
struct traced_rules {
	struct traced_rule *rules;
	size_t n, size;
	char lacks[256]; /* why there are none; "": there may be */
};

/* How many packets were thrown away at a place, of `netd-trace --count`. */
struct traced_drop {
	uint64_t netns, n;
	char link[17], reason[48], function[64]; /* "": the packet has none, not known */
};

struct traced {
	bool is_ready, has_end; /* it was told what to look for; nothing comes after */
	char lacks[512];	/* why it is not ready; "": it is */
	char without[128];	/* what it cannot see on this kernel, in words; "": nothing */
	struct traced_line *lines;
	size_t n, size;
	uint64_t n_lost;
	struct traced_drop *drops; /* since has_told was cleared */
	size_t n_drops, drops_size;
	bool has_told;	      /* that were all of them */
	uint64_t n_uncounted; /* packets that are in no number, for want of room */
};

/* Takes the whole lines at the beginning of the text, and says how many bytes that were: the rest
 * may come later. A line that is none of netd-trace's is passed over. 0 or -ENOMEM. */
int traced_read(struct traced *traced, const char *text, size_t len, size_t *ret_taken);
void traced_done(struct traced *traced);
/* One more of the drops; beyond TRACE_DROPS_MAX it is passed over. 0 or -ENOMEM. */
int traced_add_drop(struct traced *traced, const struct traced_drop *drop);

/* Thrown away, and not by somebody who got a copy that was not for him, or after the end. */
bool traced_is_loss(const struct traced_line *line);

/* traced_rules.c. The same rule for the same packet again is passed over. 0 or -ENOMEM. */
int traced_rules_add(struct traced_rules *rules, const struct traced_rule *rule);
void traced_rules_done(struct traced_rules *rules);
/* What it did with the packet: "drop", "jump x", "goes on". */
void traced_rules_does(const struct traced_rule *rule, char *ret_text, size_t size);
/* What it says, as nft(8) writes it; "policy"; "": the facts do not have it. NULL: no memory. */
const char *traced_rules_say(const struct traced_rule *rule, struct facts *facts, char *text,
			     size_t size);
/* Fills the verdict's rules in the order of the way, and compares with the rule that reading
 * blames: another that dropped it is a disagreement. Where reading did not know, it is the cause.
 * Behind traced_tell(). 0 or -ENOMEM. */
int traced_rules_tell(const struct traced_rules *rules, const struct facts *facts,
		      struct diag_verdict *verdict);

/* traced_legacy.c. Says where there are rules of iptables-legacy, which no trace of rules shows.
 * What was dropped there at a hook, and by no rule of nftables, was dropped by one of them. Behind
 * traced_rules_tell(). 0 or -ENOMEM. */
int traced_legacy_tell(const struct traced *traced, const struct traced_rules *rules,
		       const struct facts *facts, struct diag_verdict *verdict);

/* What a person calls a namespace of the way. */
const char *traced_place(const struct facts *facts, const struct diag_verdict *verdict,
			 uint64_t netns);

/* Fills the verdict's trace, and decides what reading cannot know. port: of who asked. The lines
 * are sorted by that. */
void traced_tell(struct traced *traced, const struct facts *facts, uint16_t port,
		 struct diag_verdict *verdict);

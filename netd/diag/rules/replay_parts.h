// SPDX-License-Identifier: GPL-2.0-or-later
// replay_parts.h - a ruleset that is made again, as its reading and its writing share it
#pragma once

#include "diag/rules/replay.h"
#include "diag/rules/tlv.h"

#include <linux/netfilter/nf_tables.h>

enum replay_kind {
	REPLAY_CHAIN,
	REPLAY_RULE,
	REPLAY_SET,
	REPLAY_OBJECT,
	REPLAY_FLOWTABLE,
	REPLAY_N_KINDS,
};

/* What has a number in its table. */
struct replay_item {
	enum replay_kind kind;
	uint64_t handle;
	size_t at;			   /* of its message in the bytes */
	size_t run;			   /* of a rule: its chain's */
	uint32_t flags;			   /* of a set: NFT_SET_* */
	size_t first_elements, n_elements; /* of a set: its messages */
	uint32_t elements_seq;		   /* of the first of them in the last batch */
	uint32_t seq;			   /* in the last batch; 0: not in it */
	bool has_xt;			   /* a rule with matches or targets of xtables */
	bool is_refused;		   /* a rule that the kernel does not take as it is shown */
	bool is_made;			   /* in the batch that is written */
	bool wants_elements;		   /* a set whose elements are still to come there */
};

/* The rules of a chain, which stand side by side. */
struct replay_run {
	size_t first;	  /* of them */
	size_t low, high; /* the outermost that are made so far; low > high: none */
};

struct replay_table {
	uint8_t family;
	uint32_t owner;
	uint64_t handle;
	size_t at;
	char name[NFT_NAME_MAXLEN];
	char title[NFT_NAME_MAXLEN + 16]; /* "inet corp" */
	uint32_t seq;			  /* in the last batch */
	struct replay_item *items;	  /* as they were dumped */
	size_t *order;			  /* which of them comes first by its number, and so on */
	struct replay_run *runs;
	size_t *elements; /* where the messages with elements are */
	size_t n_items, n_runs, n_elements;
	size_t room_items, room_runs, room_elements;
	size_t last_set; /* that elements were read for */
	uint64_t n_spent;
};

struct replay {
	uint8_t *bytes;
	size_t len;
	struct replay_table *tables;
	size_t n_tables, room_tables;
	uint64_t n_spent; /* numbers of things that are made only to go again */
};

/* One message of nftables at that place: its type without the subsystem, family and attributes. The
 * next one's place; 0: there is none, or no whole one. */
size_t replay_message(const uint8_t *bytes, size_t len, size_t at, uint16_t *ret_type,
		      uint8_t *ret_family, struct tlv *ret_attrs);
/* "match" and "target" are how matches and targets of xtables are called. */
bool replay_is_xt(const struct tlv_set *expr);

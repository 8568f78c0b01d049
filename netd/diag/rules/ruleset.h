// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset.h - a decoded ruleset as the evaluator walks it
#pragma once

#include "diag/rules/rules.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#define RULES_BYTES 64 /* all registers together, and the longest key */
#define RULES_FIELDS 16

/* A verdict as data: of an immediate, an element, a policy. */
struct verdict {
	int32_t code;	     /* NF_*, NFT_* */
	char *name;	     /* of the chain; NULL: none */
	struct chain *chain; /* that one; NULL: there is none of that name */
};

struct data {
	uint8_t bytes[RULES_BYTES];
	size_t len;
	bool is_verdict;
	struct verdict verdict;
};

enum expr_kind {
	/* What is looked at, and compared. */
	EXPR_META,
	EXPR_PAYLOAD,
	EXPR_CT,
	EXPR_EXTHDR,
	EXPR_FIB,
	EXPR_RT,
	EXPR_BITWISE,
	EXPR_BYTEORDER,
	EXPR_CMP,
	EXPR_RANGE,
	EXPR_LOOKUP,
	EXPR_MATCH, /* of xtables */
	/* What is done. */
	EXPR_IMMEDIATE,
	EXPR_META_SET,
	EXPR_PAYLOAD_SET,
	EXPR_CT_SET,
	EXPR_NAT,
	EXPR_MASQ,
	EXPR_REDIR,
	EXPR_REJECT,
	EXPR_NOTRACK,
	EXPR_QUEUE,
	EXPR_TARGET, /* of xtables */
	/* What is known by its effect alone. */
	EXPR_NOTHING, /* counter, log: the packet goes on as it was */
	EXPR_MAYBE,   /* limit, quota: goes on or does not match */
	EXPR_LOADS,   /* numgen, hash, socket: a register holds what may not be known */
	EXPR_STRANGE, /* can match or not, and leave anything in the registers, but no more */
	EXPR_OPAQUE,  /* can do anything */
	EXPR_N_KINDS,
};

/* One expression. Which members count depends on the kind; registers are numbered as in messages.
 */
struct expr {
	struct expr *next;
	enum expr_kind kind;
	const char *name;  /* "meta", of xtables "addrtype" */
	const char *doubt; /* why it is MAYBE, LOADS, STRANGE or OPAQUE: "limit", "bitwise:
			      attribute 8" */
	uint32_t sreg, dreg;
	uint32_t op;	/* NFT_CMP_*, NFT_BITWISE_*, NFT_BYTEORDER_*, NFT_EXTHDR_OP_* */
	uint32_t key;	/* NFT_META_*, NFT_CT_*, NFT_RT_*; of fib: NFT_FIB_RESULT_* */
	uint32_t flags; /* fib, nat, lookup (NFT_LOOKUP_F_INV), exthdr */
	uint32_t base, offset, len, size; /* payload, exthdr, byteorder, bitwise, numgen, hash */
	uint8_t dir;			  /* ct: 0, 1, or 2 for none */
	struct data *data, *mask, *xor, *from, *to; /* NULL: not given */
	struct set *set;
	char *set_name;
	bool is_used_up; /* nothing behind it in its rule has an effect: whether it matches is all
			    one */
	/* nat, masq, redir: registers; 0: not given. type: NFT_NAT_*, NFT_REJECT_* */
	uint32_t type, family, addr_min, addr_max, proto_min, proto_max;
	uint8_t code; /* of reject */
	/* xtables */
	uint32_t revision;
	uint8_t *info;
	size_t info_len;
};

struct element {
	struct element *next;
	uint8_t key[RULES_BYTES], end[RULES_BYTES];
	bool has_end, is_interval_end, is_catchall,
		is_odd; /* odd: an attribute that nobody knows */
	struct data data;
	char *comment;
};

struct set {
	struct set *next;
	struct table *table;
	char *name;
	uint32_t flags, key_len, data_len, data_type, obj_type, size;
	uint8_t fields[RULES_FIELDS]; /* bytes each; 0: the end. None: one of key_len */
	struct element *elements, *last;
	bool has_elements; /* they came with the ruleset */
	bool may_refuse;   /* its elements have expressions, which may not match */
	bool is_odd;	   /* has what nobody knows */
};

struct rules_rule {
	struct rules_rule *next;
	struct chain *chain;
	uint64_t handle;
	uint32_t number; /* in its chain, from 1 */
	char *comment;
	struct expr *exprs, *last;
};

struct chain {
	struct chain *next;	 /* of its table */
	struct chain *next_base; /* of all, in order of registration */
	struct table *table;
	char *name;
	uint32_t order; /* of registration, over all tables */
	bool is_base, is_nat, is_route, is_odd;
	uint32_t hook;
	int32_t priority;
	uint32_t policy;
	char (*devices)[FACTS_IFNAME]; /* netdev: bound to these */
	bool *device_is_prefix;	       /* "eth*" */
	size_t n_devices;
	struct rules_rule *rules, *last;
	uint32_t n_rules;
};

struct object {
	struct object *next;
	struct table *table;
	char *name;
	uint32_t type; /* NFT_OBJECT_* */
};

struct table {
	struct table *next;
	uint8_t family;
	char *name;
	uint32_t flags, owner;
	bool is_odd; /* and so are its chains */
	struct chain *chains, *last_chain;
	struct set *sets;
};

struct arena {
	struct arena_item *items;
};

struct map;
struct rules {
	struct arena arena; /* everything below, but for the map */
	struct table *tables, *last_table;
	struct chain *bases, *last_base;
	struct map *by_name; /* of chains and sets */
	uint32_t n_bases;
	bool uses_ct[NFPROTO_NUMPROTO]; /* by NFPROTO_*: rules that make conntrack run */
	/* What a reading goes by. */
	struct table *table;
	struct chain *chain;
	uint8_t family;
};

/* Zeroed; freed with the ruleset. NULL: no memory. */
void *ruleset_take(struct rules *rules, size_t size);
char *ruleset_text(struct rules *rules, const char *text);
struct table *ruleset_table(const struct rules *rules, uint8_t family, const char *name);
struct chain *ruleset_chain(const struct rules *rules, const struct table *table, const char *name);
struct set *ruleset_set(const struct rules *rules, const struct table *table, const char *name);
/* Puts it where those find it. 0 or -ENOMEM. */
int ruleset_add_chain(struct rules *rules, struct chain *chain);
int ruleset_add_set(struct rules *rules, struct set *set);
/* What makes conntrack run: an expression, wherever it stands, or an object (NFT_OBJECT_*). */
void ruleset_note_flows(struct rules *rules, uint8_t family, const struct expr *expr);
void ruleset_note_object(struct rules *rules, uint8_t family, uint32_t type);
/* Follows the names, once all messages are read. */
void ruleset_link(struct rules *rules);

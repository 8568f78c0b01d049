// SPDX-License-Identifier: GPL-2.0-or-later
// dump.h - rulesets for tests, as the kernel would send them, one message after the other
#pragma once

#include "base/buf.h"
#include "diag/rules/rules.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct dump {
	struct buf buf;
	uint8_t family;
	const char *table;
	uint64_t handle;
	/* Offsets of what is being written. */
	size_t message, exprs;
};

/* An attribute of an expression; kind 0 ends a list. */
struct attr {
	char kind; /* 'u' u32, 'b' u8, 't' text, 'v' value, 'c' verdict, 'r' raw bytes */
	uint16_t type;
	uint32_t number; /* of a verdict its code */
	const void *bytes;
	size_t len; /* of bytes */
};
#define U32(type, number)                                                                          \
	{                                                                                          \
		'u', (type), (number), NULL, 0                                                     \
	}
#define U8(type, number)                                                                           \
	{                                                                                          \
		'b', (type), (number), NULL, 0                                                     \
	}
#define TEXT(type, text)                                                                           \
	{                                                                                          \
		't', (type), 0, (text), 0                                                          \
	}
#define VALUE(type, bytes)                                                                         \
	{                                                                                          \
		'v', (type), 0, (bytes), sizeof(bytes) - 1                                         \
	}
#define VERDICT(type, code, chain)                                                                 \
	{                                                                                          \
		'c', (type), (uint32_t)(code), (chain), 0                                          \
	}
#define RAW(type, bytes, len)                                                                      \
	{                                                                                          \
		'r', (type), 0, (bytes), (len)                                                     \
	}
#define EXPR(dump, name, ...)                                                                      \
	dump_expr((dump), (name), (const struct attr[]) { __VA_ARGS__, { 0 } })

void dump_table(struct dump *dump, uint8_t family, const char *name);
void dump_chain(struct dump *dump, const char *name);
/* type: "filter", "nat"; policy: NF_ACCEPT, NF_DROP. */
void dump_base(struct dump *dump, const char *name, const char *type, uint32_t hook,
	       int32_t priority, uint32_t policy);
/* Of type filter, bound to a link. */
void dump_chain_at(struct dump *dump, const char *name, uint32_t hook, const char *link);
/* Expressions follow, then dump_end(). comment NULL: none. Handles count from 1. */
void dump_rule(struct dump *dump, const char *chain, const char *comment);
void dump_expr(struct dump *dump, const char *name, const struct attr *attrs);
void dump_end(struct dump *dump);
void dump_set(struct dump *dump, const char *name, uint32_t flags, uint32_t key_len,
	      uint32_t data_len);
/* An element of it; data: 'v' or 'c' of attribute NFTA_SET_ELEM_DATA, or kind 0. end NULL: none. */
void dump_element(struct dump *dump, const char *set, const void *key, const void *end, size_t len,
		  uint32_t flags, struct attr data);

/* What rules often hold. */
void dump_port(struct dump *dump, uint8_t protocol, uint16_t port);		  /* tcp dport 80 */
void dump_compare(struct dump *dump, uint32_t op, const void *value, size_t len); /* register 1 */
void dump_verdict(struct dump *dump, int32_t code, const char *chain);

struct rules *dump_decode(struct dump *dump);
void dump_done(struct dump *dump);

/* TCP from 10.1.0.2:4000 to 10.2.0.3:80, from eth0 (2) to eth1 (3); all is known. */
struct rules_packet dump_packet(void);
/* What all base chains of forward say of it. The caller frees. */
struct rules_result dump_forward(const struct rules *rules, const struct rules_packet *packet,
				 const struct rules_ask *ask);

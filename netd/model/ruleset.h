// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset.h - netd's nftables table as data: a constant set of chains and rules, and the elements
//             that networks and ports put into its sets and maps
#pragma once

#include "base/addr.h"
#include "model/container.h"
#include "model/network.h"

#include <stddef.h>
#include <stdint.h>

/* Theory of operation: docs/architecture.md, "Firewall". Table `inet netd`. The number of rules is a
 * constant; everything that grows is an element, keyed, commented with its owner. */

#define RULESET_TABLE "netd"
#define RULESET_KEY_MAX 36  /* ifname . ifname is 32, ipv6 . proto . service is 24 */
#define RULESET_DATA_MAX 20 /* ipv6_addr . inet_service */
#define RULESET_COMMENT_MAX 127

/* The sets and maps of the table; ruleset_set_info[] describes each. */
enum ruleset_set {
	RULESET_BRIDGES,      /* set ifname: every bridge of netd */
	RULESET_INTERNAL,     /* set ifname: bridges of internal networks */
	RULESET_SAME,         /* set ifname . ifname: a bridge and itself */
	RULESET_PAIRS,        /* map ifname . ifname : verdict; same network accept, ICC off drop */
	RULESET_CLOSED4,      /* set ipv4_addr interval: subnets closed to direct access from outside */
	RULESET_CLOSED6,
	RULESET_MASQ4,        /* set ipv4_addr interval: subnets masqueraded on the way out */
	RULESET_MASQ6,
	RULESET_SELF4,        /* set ipv4_addr . ipv4_addr: containers that publish, for the hairpin */
	RULESET_SELF6,
	RULESET_OPEN4,        /* set ipv4_addr . inet_proto . inet_service: published container ports */
	RULESET_OPEN6,
	RULESET_PUBLISH4,     /* map inet_proto . inet_service : ipv4_addr . inet_service */
	RULESET_PUBLISH6,
	RULESET_PUBLISH4_AT,  /* map ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service */
	RULESET_PUBLISH6_AT,
	RULESET_N_SETS,
};

enum ruleset_field { /* datatypes of nft(8), for keys and data */
	RULESET_FIELD_NONE,
	RULESET_FIELD_IFNAME,
	RULESET_FIELD_IPV4,
	RULESET_FIELD_IPV6,
	RULESET_FIELD_PROTO,
	RULESET_FIELD_SERVICE,
	RULESET_FIELD_VERDICT,
};

struct ruleset_set_info {
	const char *name;
	enum ruleset_field key[3];
	enum ruleset_field data[2]; /* [0] NONE: a set, else a map */
	bool interval;
};

extern const struct ruleset_set_info ruleset_set_info[RULESET_N_SETS];

/* One element. key is the concatenation as the kernel wants it: each field padded to 4 bytes. For
 * interval sets key is the first and key_end the last address. */
struct ruleset_elem {
	enum ruleset_set set;
	uint8_t key[RULESET_KEY_MAX], key_end[16];
	uint8_t key_len;
	uint8_t data[RULESET_DATA_MAX];
	uint8_t data_len;
	int verdict;           /* NF_ACCEPT or NF_DROP for PAIRS */
	char comment[RULESET_COMMENT_MAX + 1];
};

/* Growable array; zeroed is empty. */
struct ruleset_elems {
	struct ruleset_elem *items;
	size_t n, size;
	int err; /* sticky -ENOMEM */
};

void ruleset_elems_done(struct ruleset_elems *elems);

/* The elements of a bridge network; none for the other drivers. */
void ruleset_add_network(struct ruleset_elems *elems, const struct network *network);

/* The elements of a published port whose target is of the host address's family; a port that only
 * the relay serves gives none. Where several ports of one container lead to one container port they
 * share elements (open, self): shared tells how the caller must count. */
void ruleset_add_port(struct ruleset_elems *elems, const struct port *port,
		      const struct container *container);

/* Keys that more than one port can need (OPEN*, SELF*) are counted by the engine so that the last
 * one out removes them. */
bool ruleset_set_is_shared(enum ruleset_set set);

/* Chains and rules, as a list of abstract expressions that kernel/nft_expr.c translates. Kept in
 * ruleset.c; kernel/nft.c walks them. */
struct ruleset_chain;
struct ruleset_rule;
extern const struct ruleset_chain ruleset_chains[];
extern const size_t ruleset_n_chains;
extern const struct ruleset_rule ruleset_rules[];
extern const size_t ruleset_n_rules;

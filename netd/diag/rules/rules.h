// SPDX-License-Identifier: GPL-2.0-or-later
// rules.h - an nftables ruleset as the kernel sent it, and what it does to one packet at one hook
#pragma once

#include "base/addr.h"
#include "diag/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. The ruleset is decoded from the kernel's raw messages, because the usual
 * library drops attributes that it does not know, and a rule that is read wrong is worse than one
 * that is not read. rules_hook() then does what the kernel does: base chains by priority, rules in
 * order, registers, jumps, NAT once a flow.
 *
 * Evaluation is three-valued. Each bit of a register is known or not, so that a rule which looks at
 * something that nobody knows (a rate, the user of a socket, an expression of tomorrow's kernel)
 * "may match". Both ways are then followed to the end of the hook. Only if they end differently is
 * the verdict RULES_UNKNOWN; the doubts say which rule and what in it, and which of them decide.
 *
 * Pure: elements of big sets, addresses of links and the FIB are asked through struct rules_ask. */

struct rules;	   /* a decoded ruleset */
struct rules_rule; /* one rule of it */

/* Messages: NFT_MSG_NEWTABLE, NEWCHAIN, NEWRULE, NEWSET, NEWSETELEM, NEWOBJ as dumped, one behind
 * the other; NLMSG_DONE is skipped, what is of no use too. Tables and chains stay in the order in
 * which they came, which is that in which they were registered. The bytes are copied. 0, -ENOMEM,
 * or -EBADMSG: they are not netlink messages of nftables. What is a message but not understood is
 * no error: the rule is there, and unknown. */
int rules_decode(const void *messages, size_t len, struct rules **ret_rules);
void rules_free(struct rules *rules);

/* What is known of a packet beside family, protocol and what a zero says by itself. */
enum rules_known {
	RULES_KNOWS_SRC = 1 << 0, /* addresses and ports: not, behind NAT that has a choice */
	RULES_KNOWS_DST = 1 << 1,
	RULES_KNOWS_SPORT = 1 << 2,
	RULES_KNOWS_DPORT = 1 << 3,
	RULES_KNOWS_MARK = 1 << 4,
	RULES_KNOWS_TCP_FLAGS = 1 << 5,
	RULES_KNOWS_ICMP = 1 << 6, /* type and code */
	RULES_KNOWS_TTL = 1 << 7,
	RULES_KNOWS_TOS = 1 << 8,
	RULES_KNOWS_LENGTH = 1 << 9,
	RULES_KNOWS_UID = 1 << 10,  /* of the socket: has_socket, uid, gid */
	RULES_KNOWS_MACS = 1 << 11, /* has_macs and, if so, both */
	RULES_KNOWS_PKTTYPE = 1 << 12,
	RULES_KNOWS_CT_MARK = 1 << 13,
	RULES_KNOWS_PHYS = 1 << 14, /* physin and physout: their absence, too */
	RULES_KNOWS_ALL = (1 << 15) - 1,
};

struct rules_link {
	int index; /* 0: no such link at this hook, all else is empty then */
	char name[FACTS_IFNAME], kind[FACTS_IFNAME];
	uint16_t type; /* ARPHRD_* */
	uint32_t group;
};

/* Of one direction; ports of ICMP are its id, or 0. */
struct rules_tuple {
	struct addr src, dst;
	uint16_t sport, dport;
};

enum rules_ct_state {
	RULES_CT_NEW,
	RULES_CT_ESTABLISHED,
	RULES_CT_RELATED,
	RULES_CT_INVALID,
	RULES_CT_UNTRACKED,
};

/* What conntrack says of the packet. Before its hook (prerouting, output, priority -200) a packet
 * has no flow; rules_hook() knows that, and fills orig and reply of a new one. */
struct rules_ct {
	enum rules_ct_state state;
	bool is_seen; /* conntrack has had it, at a hook before; in loopback and bridged packets too
		       */
	bool is_reply; /* the direction */
	struct rules_tuple orig,
		reply;	 /* reply: whom answers go to and come from, so NAT is in it */
	uint32_t status; /* IPS_*; what this flow's NAT adds is added here */
	uint32_t mark;
	uint16_t zone;
};

/* One packet at one hook. Zeroed and filled; `known` says what of it counts. */
struct rules_packet {
	uint32_t known;	  /* RULES_KNOWS_* */
	uint8_t protocol; /* IPPROTO_* */
	struct addr src, dst;
	uint16_t sport, dport;
	uint8_t tcp_flags; /* TH_SYN … */
	uint8_t icmp_type, icmp_code;
	uint16_t echo_id;
	uint8_t ttl, tos;
	uint16_t length; /* of the whole IP packet, in bytes */
	uint32_t mark;
	bool has_socket; /* sent by a socket of this namespace: meta skuid, skgid */
	uint32_t uid, gid;
	uint8_t pkttype; /* PACKET_HOST … */
	struct mac smac, dmac;
	bool has_macs;	 /* there is a link layer header at this hook */
	uint16_t arp_op; /* not 0: ARP; src and dst are the addresses that it speaks of */
	struct rules_link iif, oif; /* of what is forwarded iif is known at postrouting, too */
	/* Of family bridge: the bridge whose port iif or oif is. */
	struct rules_link ibr, obr;
	/* Of a bridged packet at a hook of IP, where iif and oif are the bridge: its ports. Index
	 * 0: there is none, or the packet is not bridged. */
	struct rules_link physin, physout;
	struct rules_ct ct;
};

/* The answer to a packet that came through: addresses as they are on the wire where it starts,
 * state established. Links, MACs, marks and lengths are the caller's to fill. */
void rules_answer(const struct rules_packet *first, struct rules_packet *ret_answer);

/* The FIB: `fib daddr type`, addrtype, `fib saddr oif`. */
struct rules_fib_asked {
	struct addr addr; /* looked up */
	struct addr from; /* the other end; family 0: not part of the question */
	int ifindex;	  /* only by this link; 0: any */
	uint32_t mark;
	bool wants_type; /* else the link */
};
struct rules_fib {
	uint8_t type; /* RTN_* */
	int oif;      /* 0: none */
	char oifname[FACTS_IFNAME];
};

/* What is asked on the way. Members may be NULL, and the whole too: then the answer is "unknown".
 * false, or NULL: unknown. */
struct rules_ask {
	/* As facts_ask_element(). */
	const struct facts_element *(*element)(void *data, const struct facts_element_asked *asked);
	bool (*fib)(void *data, const struct rules_fib_asked *asked, struct rules_fib *ret_fib);
	/* The address that a link lends: to masquerade what goes to `to` by it, or (to: family
	 * only) to redirect what came in by it. */
	bool (*address)(void *data, const struct rules_link *link, const struct addr *to,
			struct addr *ret_addr);
	/* The number below `below` that a rule draws, where any may be: by chance, by turns, or by
	 * a hash of what is not known. `which` is the same for the same place in a rule. */
	bool (*draw)(void *data, const void *which, uint32_t below, uint32_t *ret_number);
	void *data;
};

enum rules_verdict {
	RULES_ACCEPT,
	RULES_DROP,
	RULES_REJECT,
	RULES_QUEUE,   /* a program decides */
	RULES_UNKNOWN, /* see the doubts */
	RULES_N_VERDICTS,
};

/* A rule that matched, or the policy of a base chain that was reached. Strings are the ruleset's.
 */
struct rules_step {
	uint8_t family; /* NFPROTO_* of the table */
	const char *table, *chain;
	int32_t priority;	       /* of the base chain */
	uint64_t handle;	       /* 0: policy */
	const struct rules_rule *rule; /* NULL: policy */
	int32_t verdict;	       /* NF_ACCEPT, NF_DROP, NFT_CONTINUE, NFT_JUMP … */
	const char *target;	       /* of a jump or goto; NULL: none */
	const char *comment;	       /* of the rule; NULL: none */
	char element[128];	       /* comment of the element that gave the verdict; "": none */
};

/* Something that could not be known. */
struct rules_doubt {
	uint8_t family;
	const char *table, *chain;
	uint64_t handle;
	const struct rules_rule *rule;
	const char *comment;
	char what[96]; /* "match recent", "bitwise: attribute 9", "limit", "the user of the socket"
			*/
	bool decides;  /* the verdict hangs on it */
};

struct rules_result {
	enum rules_verdict verdict;
	bool is_reset;		       /* RULES_REJECT by a TCP reset */
	uint8_t icmp_type, icmp_code;  /* RULES_REJECT otherwise, of the packet's family */
	struct rules_packet packet;    /* as it leaves the hook */
	bool is_notracked;	       /* by a rule of this hook */
	bool nat_src, nat_dst;	       /* a rule of this hook chose a NAT */
	size_t nat_step, notrack_step; /* which rule did it, counted from 1; 0: none */
	struct rules_step *steps; /* in order. Where ways differ: those of the way on which what
				   * is unknown does not match */
	size_t n_steps;
	struct rules_doubt *doubts; /* of all ways, once each */
	size_t n_doubts;
};

/* All base chains of one hook. pf: NFPROTO_IPV4 or NFPROTO_IPV6 (inet's chains are among them),
 * NFPROTO_BRIDGE, NFPROTO_ARP, NFPROTO_NETDEV (chains on packet->iif for ingress, oif for egress;
 * inet's ingress too). hook: NF_INET_*, NF_BR_*, NF_ARP_*, NF_NETDEV_*. NAT: of a new flow the
 * chains are asked; to others what the flow has is done. 0, -ENOMEM, or -E2BIG: more base chains at
 * one hook than anyone has. The result is freed by rules_result_done(), and points into rules. */
int rules_hook(const struct rules *rules, uint8_t pf, unsigned int hook,
	       const struct rules_packet *packet, const struct rules_ask *ask,
	       struct rules_result *ret_result);
void rules_result_done(struct rules_result *result);

/* Whether any base chain is at that hook: for the judge to know what to skip. */
bool rules_has_hook(const struct rules *rules, uint8_t pf, unsigned int hook);
/* Whether a base chain is bound to that link's ingress, and comes before all that is not. */
bool rules_has_link(const struct rules *rules, const char *link);
/* Whether the rules make conntrack run for that family. */
bool rules_uses_conntrack(const struct rules *rules, uint8_t pf);

/* The rule as nft would print it, shortened to what fits: "tcp dport 80 drop". What cannot be
 * printed stands as its name in brackets. Returns the buffer. NULL rule: "". */
const char *rules_print(const struct rules_rule *rule, char *buffer, size_t size);
/* A rule by its handle; NULL: there is none. */
const struct rules_rule *rules_find(const struct rules *rules, uint8_t family, const char *table,
				    const char *chain, uint64_t handle);
/* The name of a table: "inet corp". */
const char *rules_family_name(uint8_t nfproto);

/* Who owns a table: the netlink port of a program (NFT_TABLE_F_OWNER), 0 for nobody. */
uint32_t rules_table_owner(const struct rules *rules, uint8_t family, const char *table);

// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset.h - netd's nftables table as data: a constant set of chains and rules, and the elements
//             that networks and ports put into its sets and maps
#pragma once

#include "base/addr.h"
#include "model/container/container.h"
#include "model/network/network.h"

#include <stddef.h>
#include <stdint.h>

/* Theory of operation: docs/architecture.md, "Firewall". Table `inet netd`. The number of rules is
 * a constant; everything that grows is an element, keyed, commented with its owner. Beside it
 * stands `bridge netd`, which sees frames, while there is a network whose containers speak with
 * their own addresses only (ruleset_guard.c). Its sets and chains are the last ones of each list.
 */

#define RULESET_TABLE "netd"
#define RULESET_KEY_MAX 40	/* ifname . ether . ipv6; ifname . ifname is 32 */
#define RULESET_DATA_MAX 20	/* ipv6_addr . inet_service */
#define RULESET_COMMENT_MAX 127 /* what nft(8) shows; of a longer name the beginning */

/* The sets and maps of the table; ruleset_set_info[] describes each. */
enum ruleset_set {
	RULESET_BRIDGES,  /* set ifname: every bridge of netd */
	RULESET_INTERNAL, /* set ifname: bridges of internal networks */
	RULESET_SAME,	  /* set ifname . ifname: a bridge and itself */
	RULESET_KIN,	  /* set ifname . ifname: two segments of a network, or one and itself */
	RULESET_PAIRS,	  /* map ifname . ifname : verdict; kin accept, ICC off drop */
	RULESET_CLOSED4,  /* set ipv4_addr interval: subnets closed to direct access from outside */
	RULESET_CLOSED6,
	RULESET_MASQ4, /* set ipv4_addr interval: subnets masqueraded on the way out */
	RULESET_MASQ6,
	RULESET_SELF4, /* set ipv4_addr . ipv4_addr: containers that publish, for the hairpin */
	RULESET_SELF6,
	RULESET_OPEN4, /* set ipv4_addr . inet_proto . inet_service: published container ports */
	RULESET_OPEN6,
	RULESET_PUBLISH4, /* map inet_proto . inet_service : ipv4_addr . inet_service */
	RULESET_PUBLISH6,
	RULESET_PUBLISH4_AT, /* the same, for one host address: ipv4_addr . inet_proto . … */
	RULESET_PUBLISH6_AT,
	RULESET_SNAT4, /* map ipv4_addr interval : ipv4_addr: subnets and what they leave with */
	RULESET_SNAT6,
	RULESET_ROUTED4, /* set ipv4_addr interval: published ports are open at these addresses */
	RULESET_ROUTED6,
	RULESET_UNPROTECTED4, /* set ipv4_addr interval: every port is open at these addresses */
	RULESET_UNPROTECTED6,
	RULESET_TRUSTED4, /* set ifname . ipv4_addr interval: as if routed, for what comes in there
			   */
	RULESET_TRUSTED6,
	RULESET_SOURCES4, /* set ifname . ipv4_addr: a bridge and an address of a container there */
	RULESET_SOURCES6,
	RULESET_BEHIND4, /* set ifname . ipv4_addr interval: what containers there may send from */
	RULESET_BEHIND6,
	RULESET_UNADDRESSED, /* set ifname: bridges whose containers others give addresses */
	RULESET_FORGED,	     /* dynamic set ifname: what was dropped there, counted */
	RULESET_FORGED4,     /* dynamic set ifname . ether_addr . ipv4_addr: who sent it as whom */
	RULESET_FORGED6,
	RULESET_STRANGERS, /* set nf_proto: families for which netd itself made the host forward */
	RULESET_TUNNELS,   /* set inet_proto . inet_service: where tunnels between hosts end */
	RULESET_HOSTS4,	   /* set ipv4_addr: hosts that may send there */
	RULESET_HOSTS6,
	/* Those of table bridge. */
	RULESET_GUARDED,   /* set ifname: ports whose containers are held to what is theirs */
	RULESET_SPEAKERS,  /* set ifname . ether_addr: a container's port and its MAC address */
	RULESET_SPEAKERS4, /* set ifname . ipv4_addr: a container's port and an address of its own
			    */
	RULESET_SPEAKERS6,
	RULESET_SPOOFED, /* dynamic set ifname: what was dropped at a port, counted */
	RULESET_N_SETS,
	RULESET_N_INET_SETS = RULESET_GUARDED,
};

/* Datatypes of nft(8), for keys and data. */
enum ruleset_field {
	RULESET_FIELD_NONE,
	RULESET_FIELD_IFNAME,
	RULESET_FIELD_IPV4,
	RULESET_FIELD_IPV6,
	RULESET_FIELD_PROTO,
	RULESET_FIELD_SERVICE,
	RULESET_FIELD_VERDICT,
	RULESET_FIELD_FAMILY, /* alone in a key: it is not padded */
	RULESET_FIELD_ETHER,
};

struct ruleset_set_info {
	const char *name;
	enum ruleset_field key[3];
	enum ruleset_field data[2]; /* [0] NONE: a set, else a map */
	bool interval;
	uint32_t n_counted; /* packets fill it, each element with a counter; at most so many; 0: not
			     */
};

extern const struct ruleset_set_info ruleset_set_info[RULESET_N_SETS];

/* One element. key is the concatenation as the kernel wants it: each field padded to 4 bytes. For
 * interval sets key is the first and key_end the last key, of the same length: what stands in front
 * of the address is the same in both. */
struct ruleset_elem {
	enum ruleset_set set;
	uint8_t key[RULESET_KEY_MAX], key_end[RULESET_KEY_MAX];
	uint8_t key_len;
	uint8_t data[RULESET_DATA_MAX];
	uint8_t data_len;
	int verdict;	     /* NF_ACCEPT or NF_DROP for PAIRS */
	const char *comment; /* not owned: the name of the network or container it is about */
};

/* Growable array; zeroed is empty. What elements are about must outlive it, for their comments. */
struct ruleset_elems {
	struct ruleset_elem *items;
	size_t n, size;
	int err;      /* sticky -ENOMEM */
	bool guarded; /* of a whole table: table bridge is there, too */
};

void ruleset_elems_done(struct ruleset_elems *elems);

/* The elements of a bridge network with all of its segments. */
void ruleset_add_network(struct ruleset_elems *elems, const struct network *network);
/* Those of one of its segments alone, which stand and fall with it: its bridge, and its way to each
 * other segment there is, and back. */
void ruleset_add_segment(struct ruleset_elems *elems, const struct network *network,
			 uint32_t number);

/* What may come in at the bridge, or where the network has anti-spoof at the port, of one endpoint
 * with the addresses of another (or the same) of its
 * container. At their own bridge alone is not enough: a container on two networks answers on either
 * with the address it was asked at. Several endpoints on one bridge share elements. */
void ruleset_add_sources(struct ruleset_elems *elems, const struct endpoint *at,
			 const struct endpoint *of);

/* A container of another host, whose packets come in at the first bridge of a network that spans
 * hosts. */
void ruleset_add_far(struct ruleset_elems *elems, const struct network *network,
		     const struct addr *addr, const char *name);

/* The elements of a published port whose target is of the host address's family; a port that only
 * the relay serves gives none. Where several ports of one container lead to one container port they
 * share elements (open, self): shared tells how the caller must count. */
void ruleset_add_port(struct ruleset_elems *elems, const struct port *port,
		      const struct container *container);

/* The element that keeps the host from becoming a router for strangers, when it was netd that
 * switched forwarding on for the family (AF_INET or AF_INET6): what comes from no bridge and goes
 * to no bridge is dropped. Bridges of others pass: their owners count on forwarding too. Not for a
 * host that forwarded before netd came. */
void ruleset_add_strangers(struct ruleset_elems *elems, uint8_t family);

/* The elements that keep frames of strangers out of the tunnels between hosts: the tunnels' port,
 * and each host that may send there. */
void ruleset_add_tunnels(struct ruleset_elems *elems);
void ruleset_add_host(struct ruleset_elems *elems, const struct addr *addr, const char *name);

/* Keys that more than one port or endpoint can need (OPEN*, SELF*, SOURCES*, SPEAKERS*) are counted
 * by the engine so that the last one out removes them. */
bool ruleset_set_is_shared(enum ruleset_set set);

/* "publish4 { tcp . 8080 : 10.1.0.2 . 80 }", as nft(8) would print it. Returns the buffer. */
#define RULESET_ELEM_STR_MAX 256
const char *ruleset_elem_print(const struct ruleset_elem *elem,
			       char buffer[static RULESET_ELEM_STR_MAX]);

/* Bytes a field takes in a key or in data: as long as its type, padded to 4. */
uint8_t ruleset_field_size(enum ruleset_field field);
/* Length of a set's key, and of its data (0 for sets and verdict maps). */
uint8_t ruleset_key_size(enum ruleset_set set);
uint8_t ruleset_data_size(enum ruleset_set set);

/* Chains and rules, as data that kernel/nft_expr.c translates. A rule is up to three matches, which
 * must all hold, and an action. */
enum ruleset_chain_id {
	RULESET_CHAIN_NONE,
	RULESET_CHAIN_USER_FORWARD, /* the administrator's: never flushed */
	RULESET_CHAIN_KNOWN,
	RULESET_CHAIN_FORGED,
	RULESET_CHAIN_STRANGE,
	RULESET_CHAIN_QUOTES,
	RULESET_CHAIN_SUSPECTS,
	RULESET_CHAIN_TUNNELLED,
	RULESET_CHAIN_SOURCES,
	RULESET_CHAIN_ARRIVING,
	RULESET_CHAIN_PASSING,
	RULESET_CHAIN_DIRECT,
	RULESET_CHAIN_PUBLISH,
	RULESET_CHAIN_PREROUTING,
	RULESET_CHAIN_OUTPUT,
	RULESET_CHAIN_POSTROUTING,
	RULESET_CHAIN_FORWARD,
	/* Those of table bridge. */
	RULESET_CHAIN_SPOOFED,
	RULESET_CHAIN_CLAIMS,
	RULESET_CHAIN_NEIGHBOURS,
	RULESET_CHAIN_FRAMES,
	RULESET_N_CHAINS,
	RULESET_N_INET_CHAINS = RULESET_CHAIN_SPOOFED,
};

struct ruleset_chain {
	const char *name;
	const char *type; /* "filter" or "nat"; NULL: not a base chain */
	int hook;	  /* NF_INET_*, or NF_BR_* */
	int priority;
	bool keep_rules; /* its rules are somebody else's */
};

/* What of a packet a rule looks at. */
enum ruleset_value {
	RULESET_VALUE_NONE,
	RULESET_VALUE_IIFNAME,
	RULESET_VALUE_OIFNAME,
	RULESET_VALUE_IP_SADDR,
	RULESET_VALUE_IP_DADDR,
	RULESET_VALUE_IP6_SADDR,
	RULESET_VALUE_IP6_DADDR,
	RULESET_VALUE_L4PROTO,
	RULESET_VALUE_DPORT,
	RULESET_VALUE_ICMP_TYPE,  /* where L4PROTO is IPPROTO_ICMP … */
	RULESET_VALUE_ICMP6_TYPE, /* … or IPPROTO_ICMPV6 */
	RULESET_VALUE_CT_ASKER,	  /* who began the connection, and who answers it */
	RULESET_VALUE_CT_ASKER6,
	RULESET_VALUE_CT_ANSWERER,
	RULESET_VALUE_CT_ANSWERER6,
	RULESET_VALUE_IIFTYPE, /* ARPHRD_* */
	RULESET_VALUE_ETHER_SADDR,
	RULESET_VALUE_WAY_BACK, /* interface by which the source is reached, when it is the one it
				 * came in on; else 0 */
	RULESET_VALUE_CT_STATE,
	RULESET_VALUE_CT_STATUS,
	RULESET_VALUE_DADDR_TYPE, /* RTN_*, by the routing table */
	RULESET_VALUE_IIFKIND,	  /* "bridge", "veth"; "" for hardware */
	RULESET_VALUE_OIFKIND,
	RULESET_VALUE_FAMILY,
	/* Of frames. */
	RULESET_VALUE_IIFGROUP, /* RTNL_GROUP_* */
	RULESET_VALUE_PROTOCOL, /* ETH_P_*, behind a VLAN's tag */
	RULESET_VALUE_ARP_MAC,	/* where PROTOCOL is ETH_P_ARP: whose address is at which MAC */
	RULESET_VALUE_ARP_ADDR,
	RULESET_VALUE_ND_TARGET, /* whom a solicitation or an advertisement is about */
	RULESET_N_VALUES,
};

enum ruleset_test {
	RULESET_TEST_NONE,
	RULESET_TEST_IN, /* the concatenated values are in set */
	RULESET_TEST_NOT_IN,
	RULESET_TEST_PREFIX, /* an address is in prefix */
	RULESET_TEST_NAME,   /* an interface's name or kind is name */
	RULESET_TEST_NOT_NAME,
	RULESET_TEST_NUMBER, /* is number */
	RULESET_TEST_NOT_NUMBER,
	RULESET_TEST_BITS, /* has one of the bits of number */
};

#define RULESET_VALUES_MAX 3

struct ruleset_match {
	enum ruleset_test test;
	enum ruleset_value value[RULESET_VALUES_MAX];
	enum ruleset_set set;
	struct prefix prefix;
	const char *name;
	uint32_t number;
};

enum ruleset_action {
	RULESET_ACTION_ACCEPT,
	RULESET_ACTION_DROP,
	RULESET_ACTION_RETURN,
	RULESET_ACTION_JUMP, /* to target */
	RULESET_ACTION_MASQUERADE,
	RULESET_ACTION_SNAT,	/* to what map set says about value; no entry: no match */
	RULESET_ACTION_DNAT,	/* to what map set says about value; no entry: no match */
	RULESET_ACTION_VERDICT, /* what verdict map set says about value */
	RULESET_ACTION_UNTRACK, /* conntrack is not to see it */
	RULESET_ACTION_COUNT,	/* one more for value in set, which has n_counted */
};

#define RULESET_MATCHES_MAX 3

struct ruleset_rule {
	enum ruleset_chain_id chain;
	struct ruleset_match match[RULESET_MATCHES_MAX];
	bool counter;
	enum ruleset_action action;
	enum ruleset_value value[RULESET_VALUES_MAX];
	enum ruleset_set set;
	enum ruleset_chain_id target;
	const char *comment;
};

/* Indexed by enum ruleset_chain_id; [0] is empty. */
extern const struct ruleset_chain ruleset_chains[];
extern const size_t ruleset_n_chains;
extern const struct ruleset_rule ruleset_rules[];
extern const size_t ruleset_n_rules;
/* Those of table bridge. */
extern const struct ruleset_rule ruleset_guard_rules[];
extern const size_t ruleset_n_guard_rules;

static inline bool ruleset_set_is_of_bridge(enum ruleset_set set)
{
	return set >= RULESET_N_INET_SETS;
}

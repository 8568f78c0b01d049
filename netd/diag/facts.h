// SPDX-License-Identifier: GPL-2.0-or-later
// facts.h - what is known when somebody asks why A does not reach B: what netd believes, what the
// kernel has, what it answered
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Theory of operation. Facts are one value: what netd believes (networks, containers), a picture of
 * each network namespace on the way (struct facts_space), and what the kernel answered to single
 * questions (struct facts_answers). The judge reads them and nothing else, so that facts which were
 * saved on one machine are judged on another without root, and a breakage that was seen once is a
 * unit test for ever.
 *
 * A picture is taken whole, for it costs half a millisecond. Questions are asked while judging,
 * because each depends on the answer to the one before: where a packet goes is asked for the
 * address that it has after NAT. facts_ask_*() look an answer up; one that is not there yet is got
 * from `ask`, and kept. Where there is no `ask` (facts from a file) the answer is "unknown",
 * which is an answer like others.
 *
 * Everything is owned by the facts, and freed by facts_done(). Numbers are the kernel's own
 * (RTN_*, NUD_*, IFF_*, IPPROTO_*, errno), so that nothing is lost by translating. */

#define FACTS_IFNAME 16
#define FACTS_WORD 32
#define FACTS_PORTS_ASKED 16 /* NAT changes the port once or twice */

/* ---- what netd believes ---- */

struct facts_service_port {
	uint8_t protocol;
	uint16_t port, target; /* at the service's address, and at a container's */
	uint16_t publish;      /* at the host; 0: nowhere */
};

/* Of another host, on a network that spans hosts: what that one has told of a container there. */
struct facts_far {
	char name[NAME_LEN_MAX + 1], host[CLUSTER_HOST_LEN_MAX + 1];
	struct addr addr[FAMILY_N]; /* family 0: none */
	struct addr tunnel;	    /* of its host, where frames for it go; family 0: not known */
	struct mac mac;
};

/* A host has not a port that the service publishes. */
struct facts_refused {
	char host[CLUSTER_HOST_LEN_MAX + 1]; /* "": this one, which is in no cluster */
	bool is_here;
	uint8_t protocol;
	uint16_t port;
	char why[256];
};

/* One address for several containers of its network. */
struct facts_service {
	char name[NAME_LEN_MAX + 1];
	struct addr addr[FAMILY_N]; /* family 0: none */
	struct facts_service_port *ports;
	size_t n_ports;
	bool knows_far; /* netd has said who of other hosts stands behind it: `far`, and there is
			 * nobody else */
	struct facts_far *far;
	size_t n_far;
	struct facts_refused *refused;
	size_t n_refused;
};

struct facts_network {
	char name[NAME_LEN_MAX + 1], id[ID_LEN + 1], driver[FACTS_WORD];
	char (*bridges)[FACTS_IFNAME]; /* one for each segment */
	size_t n_bridges;
	struct prefix subnet[FAMILY_N];
	struct addr gateway[FAMILY_N]; /* family 0: none */
	uint32_t mtu;
	bool internal, icc, masquerade[FAMILY_N];
	bool routed[FAMILY_N];		   /* its containers are reached at their own addresses */
	struct addr bridge_addr[FAMILY_N]; /* that its (first) bridge has; family 0: none, or not
					    * known */
	struct facts_service *services;
	size_t n_services;
};

struct facts_endpoint {
	char id[ID_LEN + 1]; /* "": unknown */
	char network[NAME_LEN_MAX + 1];
	char ifname[FACTS_IFNAME];	/* inside */
	char host_ifname[FACTS_IFNAME]; /* "": none */
	char bridge[FACTS_IFNAME];
	struct prefix addr[FAMILY_N];
	struct addr gateway[FAMILY_N];
	struct mac mac;
	bool default_route[FAMILY_N]; /* netd set it here */
};

struct facts_port {
	struct addr host;		 /* any: on all addresses */
	uint16_t host_port, port, count; /* a run of them: count ≥ 1 */
	uint8_t protocol;
	bool is_nat; /* netd's rules lead it; false: a relay does, or it is not known */
};

struct facts_container {
	char name[NAME_LEN_MAX + 1], id[ID_LEN + 1];
	char space[FACTS_WORD]; /* key of its namespace's picture, "" where there is none */
	uint64_t netns;		/* inode of its network namespace */
	char path[256];		/* that leads there: "/run/netns/db"; "": unknown */
	pid_t pid;		/* of its first process; 0: unknown */
	uint16_t dns_port; /* netd's resolver listens on it inside; 0: unknown, or it has none */
	bool host_mode, frozen;
	struct facts_endpoint *endpoints;
	size_t n_endpoints;
	struct facts_port *ports;
	size_t n_ports;
	char **names; /* aliases and links, by which others on its networks find it */
	size_t n_names;
	char **services; /* that it stands behind, on each of its networks where there is one */
	size_t n_services;
	bool no_resolver; /* netd answers no names there */
};

/* Something that netd put right after somebody had changed it. */
struct facts_repair {
	char time[FACTS_WORD]; /* RFC 3339, UTC */
	char what[256];	       /* "bridge blue0 of network blue was set down" */
};

/* How the host stands in its cluster (docs/cluster.md). */
struct facts_cluster {
	char state[FACTS_WORD]; /* of `netctl cluster status`; "none", and "": nobody was asked */
	char host[CLUSTER_HOST_LEN_MAX + 1];
	char why[256];	/* what is wrong with etcd; "": nothing */
	char lost[256]; /* hosts that nothing is heard of, with commas between; cut */
	uint32_t n_lost;
	bool has_certificate;
	bool certificate_is_soon;   /* it should have been renewed, or nothing renews it */
	int64_t certificate_left_s; /* until the first one ends; below 0: it has */
};

/* ---- the picture of a network namespace ---- */

struct facts_space;

struct facts_brport {  /* IFLA_BRPORT_* */
	uint8_t state; /* BR_STATE_* */
	bool isolated, locked, hairpin, flood, learning;
};

struct facts_link {
	int ifindex, master, peer; /* 0: none; peer: IFLA_LINK */
	char name[FACTS_IFNAME], kind[FACTS_IFNAME], alias[256];
	struct mac mac;
	uint32_t mtu, flags, group; /* IFF_* */
	uint8_t operstate;	    /* IF_OPER_* */
	bool has_xdp, has_tc;	    /* programs or filters that nobody here can read */
	bool is_port;		    /* brport counts */
	struct facts_brport brport;
	char manager[FACTS_WORD]; /* who else configures it: "NetworkManager"; "": nobody */
	char qdisc[FACTS_IFNAME];
	uint64_t qdisc_drops, qdisc_limit_bytes; /* limit 0: unknown */
	bool has_limit;		/* the queue is netd's limit of bandwidth; not in the document */
	uint8_t stp;		/* of a bridge: IFLA_BR_STP_STATE */
	bool nf_call[FAMILY_N]; /* of a bridge: IFLA_BR_NF_CALL_* */
	bool is_vlan_filtering;
};

struct facts_addr {
	int ifindex;
	struct prefix prefix;
	uint32_t flags; /* IFA_F_* */
};

struct facts_route {
	struct prefix dst, src;
	struct addr gateway, prefsrc;
	int ifindex;
	uint32_t table, priority, mtu;
	uint8_t type, protocol; /* RTN_*, RTPROT_* */
	uint32_t flags;		/* RTNH_F_* */
};

struct facts_rule {		/* ip rule */
	uint8_t family, action; /* FR_ACT_* */
	uint32_t priority, table;
	struct prefix src, dst; /* len 0: any */
	char iif[FACTS_IFNAME], oif[FACTS_IFNAME];
	uint32_t mark, mark_mask;
	uint32_t target;	 /* of FR_ACT_GOTO: a priority */
	int32_t suppress_prefix; /* routes of this length and shorter do not count; -1: all do */
	uint8_t tos;
	uint8_t protocol;	       /* IPPROTO_*; 0: any */
	uint16_t sport[2], dport[2];   /* from, to; 0 0: any */
	uint32_t uid[2];	       /* from, to; 0, ~0: any */
	bool is_inverted, has_unknown; /* attributes that nobody here knows */
};

struct facts_neighbour {
	int ifindex;
	struct addr addr;
	struct mac mac;
	uint16_t state; /* NUD_* */
	bool has_mac;
};

struct facts_entry { /* of a bridge; or of a tunnel, which has no master: it sends to `dst` */
	int ifindex, master;
	struct mac mac;
	struct addr dst;
	uint16_t vlan, state;
	uint8_t flags; /* NTF_* */
};

/* That listens, or takes datagrams. Where there may be too few ports to connect from (sockstat.TCP,
 * ip_local_port_range), those that are connected or wait are there, too. */
struct facts_socket {
	uint8_t protocol, state;
	struct addr addr, peer; /* peer: of a connected one */
	uint16_t port, peer_port;
	int ifindex; /* bound to a device; 0: not */
	bool v6only;
	uint32_t rqueue, wqueue; /* of a listener: waiting, and how many may */
	uint32_t uid, inode, rmem, rcvbuf, drops;
	bool is_apart; /* set by targets_set_apart(), and in no file */
};		       /* whose it is: facts_ask_owner() */

/* A sysctl or a counter: "net.ipv4.ip_forward", "net.ipv4.ip_local_port_range.from", ".to",
 * "TcpExt.ListenOverflows", "nf_conntrack.insert_failed", "sockstat.TCP.inuse", "xfrm.InPolBlock".
 */
struct facts_value {
	char name[64];
	int64_t value;
};

struct facts_policy { /* of IPsec */
	struct prefix src, dst;
	uint16_t sport, dport;		     /* 0: any */
	int ifindex;			     /* 0: any */
	uint32_t priority;		     /* the smallest is asked first */
	uint8_t protocol, direction, action; /* XFRM_POLICY_* */
	bool has_template;		     /* what passes has to be encrypted */
};

struct rules;	    /* diag/rules/rules.h */
struct facts_names; /* facts.c's own */
struct facts_published;

/* Of a host's links, which may be ten thousands, those alone are in a picture that somebody asked
 * for. `link` adds one, by its number or its name, or (0, NULL) all of them, to `space`; `down`
 * some of those that are down; those that are there stay where they are. `entry` adds that of
 * a bridge for a MAC, or all of a bridge that has VLANs. `neighbour` adds one, of the state 0 where
 * the kernel knows none. `value` adds a setting or a counter, or all of its file, once. `routes`
 * fills the list, once. `addrs` adds an address, or of "any" those of its family that a link has
 * (ifindex 0: all of them); true: all of that family are there now. NULL: all are there, or nobody
 * can be asked. */
struct facts_more {
	void (*link)(void *data, struct facts_space *space, int ifindex, const char *name);
	void (*down)(void *data, struct facts_space *space);
	void (*entry)(void *data, struct facts_space *space, const struct facts_link *bridge,
		      const struct mac *mac);
	void (*neighbour)(void *data, struct facts_space *space, int ifindex,
			  const struct addr *addr);
	void (*value)(void *data, struct facts_space *space, const char *name);
	void (*routes)(void *data, struct facts_space *space);
	bool (*addrs)(void *data, struct facts_space *space, int ifindex, const struct addr *addr);
	void *data;
	struct facts_space *space; /* this one */
};

/* As facts_more's addrs was called. */
struct facts_addrs_asked {
	int ifindex;
	struct addr addr;
};

/* What one namespace has. Parts that could not be read are named in `missing`: never take an empty
 * list for "none" without looking there. */
struct facts_space {
	char key[FACTS_WORD]; /* "host", or of a container the first 12 of its id, or "netns:N" */
	uint64_t netns;	      /* inode */
	struct facts_link *links;
	struct facts_addr *addrs;
	struct facts_route *routes;
	struct facts_rule *rules;
	struct facts_neighbour *neighbours;
	struct facts_entry *entries;
	struct facts_socket *sockets;
	struct facts_value *values;
	struct facts_policy *policies;
	size_t n_links, n_addrs, n_routes, n_rules, n_neighbours, n_entries, n_sockets, n_values,
		n_policies;
	bool has_many_sockets; /* `sockets` has those that facts_ask_sockets() was asked for, or all
				* where they turned out to be few */
	/* Netlink messages as the kernel sent them: NFT_MSG_NEWTABLE, NEWCHAIN, NEWRULE, NEWSET,
	 * and NEWSETELEM, which holds all elements of its set (in one message or several; an empty
	 * set has one without elements). A set without NEWSETELEM is large: facts_ask_element().
	 * diag/rules/ decodes them. */
	uint8_t *ruleset;
	size_t ruleset_len;
	char **legacy; /* tables of iptables-legacy: "ip filter" */
	size_t n_legacy;
	char resolv_conf[4096], hosts[16384]; /* of a container's mount namespace; "": not read */
	char **missing;			      /* "sockets: Operation not permitted" */
	size_t n_missing;
	/* No part of the picture: so many bytes of its ruleset, decoded when somebody first needed
	 * them (facts_rules()). */
	struct rules *decoded;
	size_t decoded_len;
	/* Nor this: where the container was that has the key, counted from 1, for who looks it up
	 * there first. */
	size_t container_at;
	/* Nor this: the places of `values` by their names, where there are many. */
	struct facts_names *value_names;
	/* Nor these: what facts_ask_sockets() was asked for, protocol << 16 | port. */
	uint32_t *sockets_asked;
	size_t n_sockets_asked;
	/* Nor these: which addresses were asked for. */
	struct facts_addrs_asked *addrs_asked;
	size_t n_addrs_asked;
	struct facts_more more;
};

/* ---- questions ---- */

/* RTM_GETROUTE. */
struct facts_way_asked {
	struct addr dst, src;	/* src family 0: not given */
	char iif[FACTS_IFNAME]; /* "": out of a socket of this namespace */
	uint8_t protocol;
	uint16_t sport, dport; /* 0: not given */
	uint32_t uid, mark;
};
struct facts_way {
	int err;      /* 0, or the kernel's negative errno, or -ENODATA: unknown */
	uint8_t type; /* RTN_* */
	int oif;
	struct addr gateway, prefsrc;
	uint32_t table, mtu;
	struct prefix matched; /* the entry of the FIB (RTM_F_FIB_MATCH) */
	uint8_t matched_protocol;
	uint32_t flags; /* RTNH_F_LINKDOWN … */
};

/* Who would take the packet: SOCK_DIAG_BY_FAMILY. */
struct facts_taker_asked {
	uint8_t protocol;
	struct addr src, dst;
	uint16_t sport, dport;
	int iif;
};
struct facts_taker {
	int err; /* 0; -ENOENT: nobody; -ENODATA: unknown */
	struct facts_socket socket;
};

/* One element of a set or map: NFT_MSG_GETSETELEM. */
struct facts_element_asked {
	uint8_t family; /* NFPROTO_* */
	char table[64], set[64];
	uint8_t key[64];
	size_t key_len; /* bytes, the set's own: of a concatenation each field fills whole 32-bit
			 * words, as the kernel lays registers out. 0: the element that stands for
			 * all others (catch-all), which no key finds */
};
struct facts_element {
	int err; /* 0; -ENOENT: not in it; -ENODATA: unknown */
	uint8_t data[64];
	size_t data_len; /* 0: a set, or a verdict */
	bool has_verdict;
	int32_t verdict; /* NF_*, NFT_JUMP … */
	char chain[64];	 /* where it jumps */
	char comment[128];
};

/* Who has a socket: its inode among the descriptors in /proc. Of several one that runs: only where
 * all stand still does the answer. */
struct facts_owner_asked {
	uint32_t inode;
};
struct facts_owner {
	/* 0; -ENOENT: nobody; -EACCES: somebody may not be looked at, and no other has it;
	 * -ENODATA: unknown */
	int err;
	pid_t pid;
	char process[FACTS_WORD];
	char state;	/* of /proc/PID/stat: T is stopped */
	bool is_frozen; /* with its cgroup */
};

/* Which filter a socket has: SO_GET_FILTER, of a duplicate of its descriptor. */
struct facts_filter_asked {
	uint32_t inode;
};
struct facts_filter {
	/* 0; -EACCES: it is eBPF, which nobody can read; -E2BIG: longer than there is room for;
	 * -ENOENT: nobody has the socket; -EPERM: the kernel gives no duplicate; -ENODATA: unknown
	 */
	int err;
	uint8_t program[FACTS_FILTER_MAX * 8]; /* struct sock_filter, of that machine */
	size_t len;			       /* bytes; 0: there is none */
};

/* Which process of a container listens in another network namespace than the container's. */
struct facts_elsewhere_asked {
	pid_t pid; /* of the container's first process */
	uint8_t protocol;
	uint16_t port;
};
struct facts_elsewhere {
	int err; /* 0; -ENOENT: none; -ENODATA: unknown, as of one that has the host's files */
	uint64_t netns; /* inode */
	pid_t pid;
	char process[FACTS_WORD];
};

/* What netd's resolver would tell this container of a name of outside, without asking there: its
 * cache, and the health of the servers. */
struct facts_name_asked {
	char name[256];
};
struct facts_name {
	int err;		    /* 0; -ENODATA: unknown */
	char status[FACTS_WORD];    /* "NOERROR", "NXDOMAIN"; "SERVFAIL": it is not in the cache */
	bool is_dead;		    /* all servers outside have failed lately */
	struct addr addr[FAMILY_N]; /* the first of each family; family 0: none */
};

/* One flow: IPCTNL_MSG_CT_GET by its original tuple. */
struct facts_flow_asked {
	uint8_t protocol;
	struct addr src, dst;
	uint16_t sport, dport; /* of an echo: its id, 0 */
};
struct facts_flow {
	int err; /* 0; -ENOENT: none; -ENODATA: unknown */
	uint32_t status, mark;
	struct addr reply_src, reply_dst;
	uint16_t reply_sport, reply_dport;
};

struct facts;
/* How a question is put to the kernel; NULL members, or no table at all: it cannot be. Each fills
 * the answer, err included. `space` is one of the facts' spaces. */
struct facts_ask {
	void (*way)(void *data, const struct facts_space *space,
		    const struct facts_way_asked *asked, struct facts_way *answer);
	void (*taker)(void *data, const struct facts_space *space,
		      const struct facts_taker_asked *asked, struct facts_taker *answer);
	void (*element)(void *data, const struct facts_space *space,
			const struct facts_element_asked *asked, struct facts_element *answer);
	void (*flow)(void *data, const struct facts_space *space,
		     const struct facts_flow_asked *asked, struct facts_flow *answer);
	void (*owner)(void *data, const struct facts_space *space,
		      const struct facts_owner_asked *asked, struct facts_owner *answer);
	void (*filter)(void *data, const struct facts_space *space,
		       const struct facts_filter_asked *asked, struct facts_filter *answer);
	void (*elsewhere)(void *data, const struct facts_space *space,
			  const struct facts_elsewhere_asked *asked,
			  struct facts_elsewhere *answer);
	void (*name)(void *data, const struct facts_space *space,
		     const struct facts_name_asked *asked, struct facts_name *answer);
	/* The picture of a namespace that turns out to be on the way; key as in facts_space. */
	int (*space)(void *data, struct facts *facts, const char *key);
	/* Those on a port (0: on all), into the list of a picture that has not all of its sockets.
	 */
	int (*sockets)(void *data, struct facts_space *space, uint8_t protocol, uint16_t port);
};

struct map;
struct facts_answers; /* facts.c's own: what was answered so far, by space and question */

struct facts {
	struct facts_network *networks;
	struct facts_container *containers;
	struct facts_space **spaces;
	struct facts_repair *repairs; /* the last ones, the newest first */
	struct facts_cluster cluster; /* doctor alone asks */
	size_t n_networks, n_containers, n_spaces, n_repairs;
	const char *source;    /* "netd", "records", "file" */
	char with[256];	       /* the host's ruleset is what it would be, were this file loaded */
	uint64_t generation;   /* netd's, when the facts were taken */
	bool is_moving;	       /* something changed while they were */
	char kernel[65];       /* uname -r */
	bool resolver_answers; /* netd asked its resolver for a sign of life, and got one */
	struct map *space_by_key; /* facts.c's own */
	struct facts_answers *answers;
	const struct facts_ask *ask;
	void *ask_data;
	/* What is published at a port of the host, into the containers' ports. NULL: all are there,
	 * or nobody can be asked. */
	int (*ask_ports)(void *data, struct facts *facts, uint16_t host_port);
	void *ask_ports_data;
	uint16_t ports_asked[FACTS_PORTS_ASKED];
	size_t n_ports_asked;
	struct facts_published *published; /* facts_ports.c's own; NULL: not looked for yet */
};

void facts_done(struct facts *facts);
/* What a network owns, and a container: they stand in the facts' own arrays. */
void facts_network_done(struct facts_network *network);
void facts_container_done(struct facts_container *container);
/* An empty picture of that key, the facts' own; NULL: no memory. */
struct facts_space *facts_add_space(struct facts *facts, const char *key);
/* One that came into the list in another way is found by its key from now on. 0 or -ENOMEM. */
int facts_index_space(struct facts *facts, struct facts_space *space);
/* Empties a picture, and leaves its key: it is taken anew. */
void facts_space_clear(struct facts_space *space);
/* As facts_space(), but one that is not there yet is taken. */
const struct facts_space *facts_ask_space(struct facts *facts, const char *key);
/* NULL: none. */
struct facts_space *facts_space(const struct facts *facts, const char *key);
/* One that the picture does not have yet is asked for. It stays where it is until the picture is
 * taken anew, and its settings are among the values from then on. */
const struct facts_link *facts_link(const struct facts_space *space, int ifindex);
const struct facts_link *facts_link_named(const struct facts_space *space, const char *name);
/* From now on `links` has all that there are, for whoever goes through them. */
void facts_ask_links(const struct facts_space *space);
/* Or at least those that are down, of many some: what once led to the outside is among few. */
void facts_ask_down(const struct facts_space *space);
/* The first that is this address, on whatever link; asked for where the picture does not have it
 * yet. NULL: it has none. One that comes later may move it. */
const struct facts_addr *facts_addr(const struct facts_space *space, const struct addr *addr);
/* From now on `addrs` has all of a family (AF_INET, AF_INET6) that a link has, or of ifindex 0 all
 * of all links, for whoever goes through them. */
void facts_ask_addrs(const struct facts_space *space, int ifindex, uint8_t af);
/* What a link knows of an address next to it, asked for where the picture does not have it yet.
 * NULL: nothing. One that comes later may move it. */
const struct facts_neighbour *facts_neighbour(const struct facts_space *space, int ifindex,
					      const struct addr *addr);
/* From now on `entries` has the one of that bridge, or tunnel, for that MAC, where there is one. */
void facts_ask_entry(const struct facts_space *space, const struct facts_link *bridge,
		     const struct mac *mac);
/* From now on `routes` has all that there are, for whoever looks for the reason of an answer: where
 * a packet goes the kernel says (facts_ask_way()). */
void facts_ask_routes(const struct facts_space *space);
/* A sysctl or counter, asked for where the picture does not have it yet; false: it could not be
 * read. A link whose setting it is is asked for, too. */
bool facts_value(const struct facts_space *space, const char *name, int64_t *ret_value);
/* Notes that a part could not be read: "sockets: Operation not permitted". 0 or -ENOMEM. */
int facts_missing(struct facts_space *space, const char *what, int err);
/* The same in words: "routes: more than 65536". */
int facts_missing_why(struct facts_space *space, const char *what, const char *why);
/* Why a part is missing that its namespace had no time left for. */
#define FACTS_TOOK_TOO_LONG "it took too long"
/* Whether that part is missing. */
bool facts_is_missing(const struct facts_space *space, const char *what);

/* Looked up, or else asked and kept. Never NULL: without memory an answer that says "unknown". It
 * stays where it is until facts_done(). */
const struct facts_way *facts_ask_way(struct facts *facts, const struct facts_space *space,
				      const struct facts_way_asked *asked);
const struct facts_taker *facts_ask_taker(struct facts *facts, const struct facts_space *space,
					  const struct facts_taker_asked *asked);
const struct facts_element *facts_ask_element(struct facts *facts, const struct facts_space *space,
					      const struct facts_element_asked *asked);
const struct facts_flow *facts_ask_flow(struct facts *facts, const struct facts_space *space,
					const struct facts_flow_asked *asked);
/* From now on the containers' ports have what is published at that port of the host, and the
 * pictures' sockets those on a port. */
void facts_ask_ports(struct facts *facts, uint16_t host_port);
/* The first that is published at that port of the host, and by whom; of a run each port is. addr
 * NULL: on whatever address. NULL: none, and *ret_by stays. */
const struct facts_port *facts_published(struct facts *facts, const struct addr *addr,
					 uint16_t port, uint8_t protocol,
					 const struct facts_container **ret_by);
void facts_ask_sockets(struct facts *facts, const struct facts_space *space, uint8_t protocol,
		       uint16_t port);
/* Those on all ports; what keeps them from being read is among what the picture misses. */
void facts_ask_all_sockets(struct facts *facts, const struct facts_space *space);
/* The rules of a namespace, decoded once; they are the picture's. NULL, and an error: they were not
 * read, or cannot be (-ENODATA, -EINVAL), or -ENOMEM. NULL and 0: there are none. */
const struct rules *facts_rules(struct facts *facts, const struct facts_space *space, int *ret_err);
/* Lets go of answers that hang on who asks whom, where they can be had again: for who asks about
 * more pairs than anybody can remember. Nobody may hold one. */
void facts_forget(struct facts *facts);
const struct facts_owner *facts_ask_owner(struct facts *facts, const struct facts_space *space,
					  const struct facts_owner_asked *asked);
const struct facts_filter *facts_ask_filter(struct facts *facts, const struct facts_space *space,
					    const struct facts_filter_asked *asked);
const struct facts_elsewhere *facts_ask_elsewhere(struct facts *facts,
						  const struct facts_space *space,
						  const struct facts_elsewhere_asked *asked);
const struct facts_name *facts_ask_name(struct facts *facts, const struct facts_space *space,
					const struct facts_name_asked *asked);

// SPDX-License-Identifier: GPL-2.0-or-later
// judge_world.h - a host that works, in memory, of which each test breaks one thing
#pragma once

#include "diag/facts.h"
#include "diag/verdict.h"

#include <stddef.h>
#include <stdint.h>

/* The host (192.0.2.10 on up0) has the networks blue (10.61.0.0/24 and 2001:db8:61::/64: web, db,
 * x), red (10.62.0.0/24: c) and inner (internal, 10.63.0.0/24: i). db listens on 80/tcp and 90/udp,
 * on all addresses, and publishes its 80 as 8081, on 127.0.0.1 as 8090, and as 8098 its 98, where
 * nobody listens. A container's eth0 is link 2 there; its port on the host is vNAME.
 *
 * The kernel that is asked answers from what the world has: routes by the longest prefix, rules,
 * forwarding and rp_filter as ip_route_input() does, sockets by address and port. So a test changes
 * the picture, and the answers follow. */
struct world {
	struct facts facts;
	struct facts_space *host, *web, *db, *x, *c, *i;
	int owners_err;			     /* of who asks whose a socket is */
	char state_of_db, state_of_resolver; /* of the processes, as in /proc/PID/stat */
	bool is_deaf;			     /* the kernel answers nothing */
	struct facts_elsewhere elsewhere;    /* of whichever container; pid 0: none */
};

void world_new(struct world *world);
void world_done(struct world *world);

/* What is there is found by name, and may be changed. */
struct facts_link *world_link(struct facts_space *space, const char *name);
struct facts_container *world_container(struct world *world, const char *name);
void world_set(struct facts_space *space, const char *sysctl, int64_t value);
void world_add_link(struct facts_space *space, int ifindex, const char *name, const char *kind);
void world_add_addr(struct facts_space *space, int ifindex, const char *prefix);
void world_del_addr(struct facts_space *space, const char *addr);
/* gateway "": none. */
void world_add_route(struct facts_space *space, const char *prefix, const char *gateway,
		     int ifindex, uint8_t type);
void world_del_routes(struct facts_space *space, const char *prefix); /* NULL: all */
void world_add_neighbour(struct facts_space *space, int ifindex, const char *addr, const char *mac,
			 uint16_t state);
void world_add_entry(struct facts_space *host, const char *bridge, const char *port,
		     const char *mac);
/* In its place among those there are. */
struct facts_rule *world_add_rule(struct facts_space *space, uint32_t priority, uint8_t action);
void world_add_socket(struct facts_space *space, uint8_t protocol, const char *addr, uint16_t port,
		      uint32_t inode);
void world_del_sockets(struct facts_space *space);
struct facts_socket *world_socket(struct facts_space *space, uint16_t port);
/* A table of somebody else's: one base chain, and in it one rule without conditions. verdict: NF_*,
 * or -1 for no rule and a policy of drop. */
void world_add_rules(struct facts_space *space, uint8_t family, const char *type, uint32_t hook,
		     int32_t priority, int verdict, const char *comment);

/* One that drops what comes from that port of TCP or UDP. */
void world_add_sport_drop(struct facts_space *space, uint32_t hook, uint16_t port);
/* One that drops ICMPv6 of that type. */
void world_add_icmp6_drop(struct facts_space *space, uint8_t family, uint32_t hook, uint8_t type);
/* One that drops ARP; device: of family netdev, else NULL. */
void world_add_arp_drop(struct facts_space *space, uint8_t family, uint32_t hook,
			const char *device);
/* One that drops all at that device, of family netdev. */
void world_add_device_drop(struct facts_space *space, uint32_t hook, const char *device);
/* A rule of netd's own table that drops everything: netd's are known by their comments. */
void world_add_own_drop(struct facts_space *host, uint32_t hook, const char *comment);
/* type: NFT_REJECT_*. */
void world_add_reject(struct facts_space *space, uint32_t hook, uint32_t type);
void world_add_reject_of(struct facts_space *space, const char *table, uint32_t hook,
			 uint32_t type);
/* type: NFT_NAT_*; table: "netd", or somebody else's; port 0: it stays. */
void world_add_nat(struct facts_space *space, const char *table, uint32_t hook, uint32_t type,
		   const char *to, uint16_t port);

/* Asks, and fills the verdict: "web", "db:80/tcp", "outside:192.0.2.1", "host:8081/tcp",
 * "10.61.0.3:80/tcp", "db". Done with verdict_done(). */
void world_explain(struct world *world, const char *from, const char *to,
		   struct diag_verdict *ret_verdict);
/* The code that it comes to: "" where it works; "undecided". Asserts that a hop of the verdict is
 * the cause's. */
const char *world_code(struct world *world, const char *from, const char *to);

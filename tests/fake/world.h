// SPDX-License-Identifier: GPL-2.0-or-later
// world.h - what the files of the kernel in memory share
#pragma once

#include "base/cleanup.h"
#include "tests/fake/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_netns;

struct fake_link {
	struct rtnl_link
		link; /* master, peer and what the settings say are filled in when it is read */
	struct fake_netns *netns;
	struct fake_link *master, *peer;
	struct bandwidth_bucket bucket; /* at its root; rate 0: none */
	uint64_t bucket_dropped;
	int leads_to;			    /* an index: what it receives goes there */
	bool deaf;			    /* a bridge without the entry for its own MAC */
	struct seen_traffic received, sent; /* what a test says went through */
};

struct fake_addr {
	struct fake_link *link;
	struct prefix prefix;
	bool of_bridge;
	bool no_subnet, no_local; /* somebody took the kernel's routes for it away */
	bool replaced; /* that of its subnet by one that is the same, which a watch hears of */
};

/* Set by somebody, as against those of addresses. */
struct fake_route {
	struct fake_link *link;
	struct rtnl_route route;
	uint32_t metric;
};

struct fake_setting {
	char path[96], value[32];
};

struct fake_elem {
	struct ruleset_elem elem;
	char comment[RULESET_COMMENT_MAX + 1];
};

struct fake_counted {
	enum ruleset_set set;
	struct nft_counted item;
};

struct fake_table {
	bool exists;
	const void *owner; /* a connection; NULL: nobody */
	struct fake_elem *elems;
	size_t n_elems;
	struct fake_counted *counted;
	size_t n_counted;
	char *user_rules;
};

struct fake_far {
	int tunnel;
	struct rtnl_far_entry entry;
};

struct fake_netns {
	char path[96];	/* "": the host's */
	char alias[96]; /* another path; "": none */
	pid_t pid;
	int fd; /* whose inode is that of the namespace */
	uint64_t inode;
	int last_ifindex;
	uint16_t redirect;
	const void *redirect_owner;
	bool has_services;	 /* the table inside */
	uint32_t n_transactions; /* of nf_tables, but for the redirect */
	char (*services)[160];
	size_t n_services;
	char (*ingress)[160]; /* published ports of services */
	size_t n_ingress;
	bool has_ingress;
	struct fake_link **links;
	size_t n_links;
	struct fake_addr *addrs;
	size_t n_addrs;
	struct fake_route *routes;
	size_t n_routes;
	struct fake_setting *settings;
	size_t n_settings;
	struct fake_far *far; /* containers of other hosts, by their tunnels */
	size_t n_far;
	struct fake_table table; /* inet netd */
	bool gone;
};

struct fake_reservation {
	uint8_t protocol;
	struct addr addr;
	uint16_t port;
	int peer; /* of a pair whose other end is the caller's: hung up when that is closed; -1:
		     ever */
};

struct fake_world {
	struct fake_netns **all;
	size_t n_all;
	struct fake_netns *host, *current;
	struct fake_reservation *reserved;
	size_t n_reserved;
	int n_open;	   /* connections and watches */
	char (*said)[128]; /* announcements */
	size_t n_said;
	struct rtnl_watch **watches;
	size_t n_watches;
	bool is_quiet;		   /* fake_events_hold() */
	bool lacks_ifb;		   /* fake_ifb_lack() */
	bool misses_queues;	   /* fake_queues_miss() */
	bool owns_nothing;	   /* fake_rules_share() */
	struct fake_chain *chains; /* of others, in the host's namespace */
	size_t n_chains;
	struct fake_flows *flows;
	uint16_t last_dns_port;
	unsigned n_races;   /* fake_forwarding_races() */
	const char *holder; /* fake_port_holder() */
};

extern struct fake_world *fake_world;

struct rtnl {
	struct fake_netns *netns;
};

struct nft {
	struct fake_netns *netns;
	bool own;
};

/* An item more at the end of an array, zeroed. */
#define fake_push(items, n)                                                                        \
	({                                                                                         \
		(items) = realloc((items), ((n) + 1) * sizeof(*(items)));                          \
		memset(&(items)[n], 0, sizeof(*(items)));                                          \
		&(items)[(n)++];                                                                   \
	})
#define fake_remove(items, n, i)                                                                   \
	memmove(&(items)[i], &(items)[(i) + 1], (--(n) - (i)) * sizeof(*(items)))

enum fake_call_kind { FAKE_LOOK, FAKE_CHANGE };
/* Notes a call. 0, or the error that it is to fail with. */
__attribute__((format(printf, 3, 4))) int
fake_enter(const char *operation, enum fake_call_kind kind, const char *format, ...);
/* What a call that was made to fail says. */
int fake_fails(const char *operation, int err, struct error *error);

struct fake_netns *fake_netns_at(const char *path);
void fake_netns_free(struct fake_netns *netns);

struct fake_link *fake_link_named(const struct fake_netns *netns, const char *name);
struct fake_link *fake_link_indexed(const struct fake_netns *netns, int ifindex);
/* What a reader sees of it is reckoned. */
void fake_link_fill_in(struct fake_link *link);
struct fake_link *fake_link_new(struct fake_netns *netns, const char *name, const char *kind);
void fake_link_drop(struct fake_link *link);
/* Up or down, with what the kernel makes of it. */
void fake_link_set_up(struct fake_link *link, bool up);
struct fake_addr *fake_addr_find(const struct fake_netns *netns, const struct fake_link *link,
				 const struct addr *addr);
/* Where IPv6 was switched off, its addresses go. */
void fake_links_heed_settings(struct fake_netns *netns);
void fake_links_print(const struct fake_netns *netns, FILE *out);

/* Something may be to be told. */
void fake_watches_wake(void);

/* Flows are in memory that children share, for one walks over them. */
void fake_flows_start(void);
void fake_flows_stop(void);

/* 0, -ENOENT or -EINVAL */
int fake_setting_put(struct fake_netns *netns, const char *path, const char *value);
const char *fake_setting_get(const struct fake_netns *netns, const char *path);
void fake_settings_of_link(struct fake_netns *netns, const char *name);
void fake_settings_rename(struct fake_netns *netns, const char *name, const char *to);
void fake_settings_drop(struct fake_netns *netns, const char *name);
bool fake_setting_is(const struct fake_netns *netns, const char *family, const char *ifname,
		     const char *key, const char *value);

/* services.c: of struct door_rules */
int fake_make_services(struct nft *inside, const struct nft_service *services, size_t n,
		       struct error *error);
int fake_change_services(struct nft *inside, const struct nft_service *services, size_t n,
			 struct error *error);
int fake_remove_services(struct nft *inside, struct error *error);
int fake_services_generation(struct nft *inside, uint32_t *ret_generation);
int fake_services_digest(struct nft *inside, uint64_t *ret_digest);
int fake_make_ingress(struct nft *nft, const struct nft_ingress *ports, size_t n, bool owned,
		      struct error *error);
int fake_remove_ingress(struct nft *nft, struct error *error);
int fake_ingress_digest(struct nft *nft, uint64_t *ret_digest);
void fake_services_print(struct fake_netns *netns, FILE *out);

/* shapes.c */
void fake_shape_print(const struct fake_link *link, FILE *out);

void fake_table_clear(struct fake_table *table);
void fake_table_print(const struct fake_table *table, FILE *out);

extern const struct door_links fake_links;
extern const struct door_bridges fake_bridges;
extern const struct door_tunnels fake_tunnels;
extern const struct door_veths fake_veths;
extern const struct door_shapes fake_shapes;
extern const struct door_addrs fake_addrs;
extern const struct door_routes fake_routes;
extern const struct door_inside fake_inside;
extern const struct door_link_watch fake_link_watch;
extern const struct door_rules fake_rules;
extern const struct door_rules_watch fake_rules_watch;
extern const struct door_foreign fake_foreign;
extern const struct door_netns fake_netns;
extern const struct door_settings fake_settings;
extern const struct door_flows fake_flows;
extern const struct door_announcer fake_announcer;
extern const struct door_host_ports fake_host_ports;
extern const struct door_dns_sockets fake_dns_sockets;

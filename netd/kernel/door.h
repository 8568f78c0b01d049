// SPDX-License-Identifier: GPL-2.0-or-later
// door.h - all that the engine asks of the kernel, as one table of operations
#pragma once

#include "kernel/announcer.h"
#include "kernel/conntrack.h"
#include "kernel/dnssock.h"
#include "kernel/netns.h"
#include "kernel/nft.h"
#include "kernel/nft_foreign.h"
#include "kernel/nft_ingress.h"
#include "kernel/nft_services.h"
#include "kernel/ports.h"
#include "kernel/rtnl.h"
#include "kernel/rtnl_far.h"
#include "kernel/rtnl_shape.h"
#include "kernel/rtnl_vxlan.h"
#include "kernel/sysctl.h"

/* Theory of operation. The engine decides, and this row acts: whatever the engine does to the
 * kernel, or learns from it, goes through the table that it was made with. There are two. The
 * daemon has door_kernel, whose operations are the functions of this row. Tests have one that keeps
 * links, namespaces and rules in memory (tests/fake/), notes each call, and refuses what the kernel
 * would refuse; so a test of the engine needs no privilege, and can have any call fail.
 *
 * Each operation promises what the function promises that stands behind it in door.c: the headers
 * above say what that is, and whose the results are. Handles (struct rtnl, struct nft, watches,
 * pictures of foreign chains) belong to the door that made them, and go to no other.
 *
 * What does not go through the door: what a descriptor is that somebody handed over, and files of
 * memory (fdkind.h), for no state of the kernel's is behind them; what a child gives up before it
 * begins (confine.h); whether a process lives and works (process.h, pidfd) and what becomes of
 * files (inotify), which nobody needs a privilege for. */

/* Links of the network namespace in which the connection was opened. */
struct door_links {
	int (*open)(struct rtnl **ret_rtnl, struct error *error);
	void (*close)(struct rtnl *rtnl);
	int (*all)(struct rtnl *rtnl, struct rtnl_link **ret_links, size_t *ret_n,
		   struct error *error);
	int (*counted)(struct rtnl *rtnl, struct seen_link **ret_links, size_t *ret_n,
		       struct error *error);
	int (*traffic)(struct rtnl *rtnl, struct seen_through **ret_links, size_t *ret_n,
		       struct error *error);
	int (*counted_one)(struct rtnl *rtnl, int ifindex, struct seen_link *ret_link,
			   struct error *error);
	int (*by_name)(struct rtnl *rtnl, const char *name, struct rtnl_link *ret_link,
		       struct error *error);
	int (*by_index)(struct rtnl *rtnl, int ifindex, struct rtnl_link *ret_link,
			struct error *error);
	void (*wake)(struct rtnl *rtnl, int ifindex);
	int (*rename)(struct rtnl *rtnl, int ifindex, const char *name, struct error *error);
	int (*alias)(struct rtnl *rtnl, int ifindex, const char *alias, struct error *error);
	int (*remove)(struct rtnl *rtnl, int ifindex, struct error *error);
	int (*doom)(struct rtnl *rtnl, int ifindex, struct error *error);
	int (*sweep)(struct rtnl *rtnl, struct error *error);
	int (*sweep_bridges)(struct rtnl *rtnl, struct error *error);
};

struct door_bridges {
	int (*ensure)(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int *ret_ifindex,
		      struct error *error);
	int (*restore)(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int ifindex,
		       struct error *error);
	bool (*hears)(struct rtnl *rtnl, int ifindex, const struct mac *mac);
	int (*doom)(struct rtnl *rtnl, int ifindex, const struct prefix *addr4,
		    struct error *error);
	bool (*filter)(void);
};

/* Ports of bridges that lead to other hosts. */
struct door_tunnels {
	int (*ensure)(struct rtnl *rtnl, const struct rtnl_vxlan *vxlan, int *ret_ifindex,
		      struct error *error);
	int (*put)(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars, size_t n,
		   struct error *error);
	int (*take)(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars,
		    size_t n, struct error *error);
	int (*all)(struct rtnl *rtnl, int tunnel, int bridge, struct rtnl_far_entry **ret_entries,
		   size_t *ret_n, struct error *error);
};

/* Pairs, by the end that is the host's. */
struct door_veths {
	int (*create)(struct rtnl *rtnl, const struct rtnl_veth *veth, int *ret_host_ifindex,
		      struct error *error);
	int (*repair)(struct rtnl *rtnl, const struct rtnl_veth *veth, int host_ifindex,
		      struct error *error);
	int (*set_modes)(struct rtnl *rtnl, int host_ifindex, bool isolated, bool hairpin,
			 struct error *error);
};

/* Limits of bandwidth at the host's end of a pair. */
struct door_shapes {
	int (*set)(struct rtnl *rtnl, const struct rtnl_shape *shape, int *ret_ifindex,
		   struct error *error);
	int (*look)(struct rtnl *rtnl, int host_ifindex, int turn, struct rtnl_shaped *ret_shaped,
		    struct error *error);
	int (*all)(struct rtnl *rtnl, struct rtnl_queue **ret_queues, size_t *ret_n,
		   struct error *error);
	int (*leads)(struct rtnl *rtnl, int host_ifindex, int turn, bool *ret_leads,
		     struct error *error);
	bool (*is_own)(const struct rtnl *rtnl, const struct rtnl_event *event);
};

struct door_addrs {
	int (*all)(struct rtnl *rtnl, struct rtnl_addr **ret_addrs, size_t *ret_n,
		   struct error *error);
	int (*remove)(struct rtnl *rtnl, int ifindex, const struct prefix *prefix,
		      struct error *error);
	int (*moved)(struct rtnl *rtnl, int ifindex, const struct addr *addrs, size_t n_addrs,
		     const struct mac *mac, struct error *error);
};

struct door_routes {
	int (*all)(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
		   struct error *error);
	int (*of_addrs)(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
			struct error *error);
	int (*of_host)(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
		       struct error *error);
	int (*add)(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
		   struct error *error);
	int (*remove)(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
		      struct error *error);
};

/* With a connection that was opened inside the container. */
struct door_inside {
	int (*setup)(struct rtnl *inside, const struct rtnl_inside *setup, struct error *error);
	int (*lo_up)(struct rtnl *inside, struct error *error);
	int (*set_default)(struct rtnl *inside, uint8_t family, const struct addr *gateway,
			   const char *ifname, uint32_t metric, struct error *error);
	int (*by_gateway)(struct rtnl *inside, const char *ifname, const struct prefix *addr6,
			  const struct rtnl_by_gateway *by_gateway6, struct error *error);
};

/* What somebody does to links, addresses and routes. */
struct door_link_watch {
	int (*open)(struct rtnl_watch **ret_watch, struct error *error);
	void (*close)(struct rtnl_watch *watch);
	int (*fd)(const struct rtnl_watch *watch);
	int (*read)(struct rtnl_watch *watch,
		    void (*on_event)(const struct rtnl_event *event, void *data), void *data);
};

/* netd's table; and inside a container, the redirect of its names and the way to services. */
struct door_rules {
	int (*open)(bool own, struct nft **ret_nft, struct error *error);
	void (*close)(struct nft *nft);
	bool (*is_owner)(const struct nft *nft);
	int (*reset)(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
	int (*disown)(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
	int (*remove)(struct nft *nft, struct error *error);
	int (*add)(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
	int (*take)(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
	int (*replace)(struct nft *nft, const struct ruleset_elems *elems, struct error *error);
	int (*count)(struct nft *nft, enum ruleset_set set);
	int (*counted)(struct nft *nft, enum ruleset_set set, struct nft_counted **ret_items,
		       size_t *ret_n);
	int (*load_user)(struct nft *nft, const char *rules, struct error *error);
	const char *(*probe)(struct nft *nft);
	const char *(*probe_guard)(struct nft *nft);
	int (*redirect)(struct nft *inside, uint16_t dns_port, struct error *error);
	int (*unredirect)(struct nft *inside, struct error *error);
	int (*make_services)(struct nft *inside, const struct nft_service *services, size_t n,
			     struct error *error);
	int (*change_services)(struct nft *inside, const struct nft_service *services, size_t n,
			       struct error *error);
	int (*remove_services)(struct nft *inside, struct error *error);
	int (*services_generation)(struct nft *inside, uint32_t *ret_generation);
	int (*services_digest)(struct nft *inside, uint64_t *ret_digest);
	int (*make_ingress)(struct nft *nft, const struct nft_ingress *ports, size_t n, bool owned,
			    struct error *error);
	int (*remove_ingress)(struct nft *nft, struct error *error);
	int (*ingress_digest)(struct nft *nft, uint64_t *ret_digest);
};

/* Whether somebody changes netd's table. */
struct door_rules_watch {
	int (*open)(const struct nft *own, struct nft_watch **ret_watch, struct error *error);
	void (*close)(struct nft_watch *watch);
	int (*fd)(const struct nft_watch *watch);
	bool (*read)(struct nft_watch *watch);
};

/* Chains of others in the way. */
struct door_foreign {
	int (*read)(struct nft *nft, struct nft_foreign **ret_foreign);
	void (*free)(struct nft_foreign *foreign);
	size_t (*n)(const struct nft_foreign *foreign);
	const struct nft_foreign_chain *(*chain)(const struct nft_foreign *foreign, size_t i);
	bool (*refuses)(const struct nft_foreign *foreign, size_t i, const char *from,
			const char *to);
	bool (*has_chain)(const struct nft_foreign *foreign, size_t i, const char *name);
};

struct door_netns {
	int (*open_path)(const char *path, uint64_t *ret_inode, struct error *error);
	int (*open_pid)(pid_t pid, uint64_t *ret_inode, struct error *error);
	int (*run)(int netns_fd, int (*function)(void *data), void *data);
	int (*self_fd)(void);
	uint64_t (*self_inode)(void);
};

/* sysctls, of the namespace that the caller is in. */
struct door_settings {
	int (*read)(const char *path, char *ret_value, size_t size);
	int (*write)(const char *path, const char *value, struct error *error);
};

/* What conntrack remembers. */
struct door_flows {
	bool (*any)(void);
	int (*forget)(const struct port *ports, size_t n_ports, struct error *error);
	int (*forget_others)(const struct port *ports, size_t n_ports, const struct prefix *subnets,
			     size_t n_subnets, struct error *error);
	int (*counted)(struct seen_conntrack *ret_counted, struct error *error);
};

struct door_announcer {
	int (*open)(struct error *error);
	int (*send)(int fd, int bridge, const uint8_t *frame, size_t len);
};

struct door_host_ports {
	int (*reserve)(uint8_t protocol, const struct addr *addr, uint16_t port, bool drop,
		       struct error *error);
	void (*ephemeral_range)(uint16_t *ret_first, uint16_t *ret_last);
	int (*reserved_by_host)(struct portset *ret_set);
};

struct door_dns_sockets {
	int (*open)(uint16_t port, int *ret_udp, int *ret_tcp, uint16_t *ret_port,
		    struct error *error);
};

struct door {
	struct door_links links;
	struct door_bridges bridges;
	struct door_tunnels tunnels;
	struct door_veths veths;
	struct door_shapes shapes;
	struct door_addrs addrs;
	struct door_routes routes;
	struct door_inside inside;
	struct door_link_watch link_watch;
	struct door_rules rules;
	struct door_rules_watch rules_watch;
	struct door_foreign foreign;
	struct door_netns netns;
	struct door_settings settings;
	struct door_flows flows;
	struct door_announcer announcer;
	struct door_host_ports host_ports;
	struct door_dns_sockets dns_sockets;
};

extern const struct door door_kernel;

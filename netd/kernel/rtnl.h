// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl.h - links, addresses and routes through rtnetlink (libnl-3), in one network namespace
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"
#include "base/limits.h"
#include "model/seen/seen_figures.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A rtnetlink socket of the netns in which it was opened. Requests are synchronous: the kernel
 * carries them out inside sendmsg(2) under the RTNL lock, so an asynchronous completion would win
 * nothing. Extended acknowledgements and strict checking are on; error texts carry the kernel's own
 * words where it gives some. */
struct rtnl;

int rtnl_open(struct rtnl **ret_rtnl, struct error *error);
void rtnl_close(struct rtnl *rtnl);

/* How a bridge treats a port. What a kernel does not know of is as netd wants it. */
enum rtnl_port {
	RTNL_PORT_ISOLATED = 1 << 0,
	RTNL_PORT_HAIRPIN = 1 << 1,
	RTNL_PORT_OTHER = 1 << 2, /* it does not learn or flood as it does by default, or it is
				     locked, or held up although it has a carrier */
	RTNL_PORT_FIXED = 1 << 3, /* it learns and floods nothing, and questions for neighbours
				     behind it are answered here; with a carrier it is not held
				     up: what a tunnel is to be. Only of kernels that tell all */
};

struct rtnl_link {
	int ifindex, master, peer; /* peer: IFLA_LINK or 0 */
	uint32_t mtu, group, flags;
	char name[IFNAME_LEN_MAX + 1];
	char kind[16]; /* "bridge", "veth", "" */
	struct mac mac;
	char alias[256];
	uint8_t family; /* AF_UNSPEC, or of a notification AF_BRIDGE: a port's, see below */
	uint32_t port;	/* of a bridge: enum rtnl_port */
	bool asleep;	/* up, and the kernel has not acted upon its carrier yet: it drops all */
	uint32_t vni;	/* of a VXLAN link; else 0 */
	struct addr tunnel;  /* its end on this host; family 0: any */
	bool bridge_differs; /* a bridge whose options are not those of rtnl_bridge_ensure */
	/* sysctls of the interface; answers: proxy_arp */
	bool forwards[FAMILY_N], route_localnet, answers, ipv6;
};

/* -ENOENT without touching error when there is no such link. */
int rtnl_link_by_name(struct rtnl *rtnl, const char *name, struct rtnl_link *ret_link,
		      struct error *error);
int rtnl_link_by_index(struct rtnl *rtnl, int ifindex, struct rtnl_link *ret_link,
		       struct error *error);
/* Returns once the kernel has acted upon the link's carrier: until then (`linkwatch`, a worker) it
 * sends nothing and its bridge port takes nothing. Asking for the link makes Linux 6.7 and newer do
 * it on the spot (net/core/rtnetlink.c, rtnl_getlink); an older one is waited for, 2 ms at the
 * most. */
void rtnl_link_wake(struct rtnl *rtnl, int ifindex);
/* All links; *ret_links is malloced. Repeats a dump that was interrupted. */
int rtnl_link_dump(struct rtnl *rtnl, struct rtnl_link **ret_links, size_t *ret_n,
		   struct error *error);

/* The same with what went through them, as an observer sees them. */
int rtnl_link_dump_counted(struct rtnl *rtnl, struct seen_link **ret_links, size_t *ret_n,
			   struct error *error);
/* What went through them alone (RTM_GETSTATS, Linux 4.7). *ret_links is malloced. */
int rtnl_link_dump_traffic(struct rtnl *rtnl, struct seen_through **ret_links, size_t *ret_n,
			   struct error *error);
/* One of them. -ENOENT, without a sentence: no such link. */
int rtnl_link_counted(struct rtnl *rtnl, int ifindex, struct seen_link *ret_link,
		      struct error *error);

struct rtnl_route {
	struct prefix dst;   /* len 0: default */
	struct addr gateway; /* family 0: none */
	int ifindex;
	uint32_t table;
	uint32_t mtu;	  /* of the route itself; 0: its link's */
	uint8_t protocol; /* who set it: RTPROT_… of linux/rtnetlink.h */
};

/* The kernel's own routes for addresses: of subnets (table main), and of IPv4 addresses of the host
 * (table local, a prefix of 32 bits). */
int rtnl_dump_routes_of_addrs(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
			      struct error *error);

/* Unicast routes of both families and all tables but local, on-link and via a gateway. */
int rtnl_dump_routes(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
		     struct error *error);

/* The host's own way to destinations (family 0: none) on a link, in place of another one to the
 * same. Adding what is there, and deleting what is not, is a success. */
int rtnl_host_route_add(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
			struct error *error);
int rtnl_host_route_delete(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
			   struct error *error);
/* Those there are to single addresses and, of IPv6, to blocks of SEGMENT_BLOCK_LEN; of somebody
 * else, too. */
int rtnl_host_routes(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
		     struct error *error);

struct rtnl_addr {
	int ifindex;
	struct prefix prefix; /* with host bits: the address itself */
	bool of_bridge;	      /* rtnl_bridge_ensure put it there (Linux 5.18; false before) */
};
int rtnl_dump_addrs(struct rtnl *rtnl, struct rtnl_addr **ret_addrs, size_t *ret_n,
		    struct error *error);

/* A bridge, wanted state: made when absent, else changed to be so (foreign addresses are left
 * alone). IPv6 is switched off on it unless it has a v6 address; route_localnet on; multicast
 * snooping off and flooding small; nf_call_iptables off; nothing learned of frames that no rule
 * sees. A link of that name and another kind: ERROR_CONFLICT. */
struct rtnl_bridge {
	const char *name;
	uint32_t mtu;
	struct mac mac;
	struct prefix addr[FAMILY_N]; /* gateway address with length; family 0: none */
	bool ipv6;
	bool forward; /* the families it has are forwarded to and from it */
	bool answers; /* one of several of its network: at once, for every address that the host
		       * reaches elsewhere (ARP) */
	const char *alias; /* "netd network NAME" */
};
int rtnl_bridge_ensure(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int *ret_ifindex,
		       struct error *error);
/* Takes an address off; success when it is not there. */
int rtnl_bridge_addr_delete(struct rtnl *rtnl, int ifindex, const struct prefix *prefix,
			    struct error *error);
/* What the kernel made for a bridge of itself and somebody took away: the routes of its addresses,
 * the link-local address, without which IPv6 finds no neighbour, and the entry for its MAC, without
 * which it does not hear what its ports say to it. */
int rtnl_bridge_restore(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int ifindex,
			struct error *error);
/* Whether the bridge has that entry; true where the kernel (before 5.0) cannot be asked. */
bool rtnl_bridge_hears(struct rtnl *rtnl, int ifindex, const struct mac *mac);
int rtnl_link_rename(struct rtnl *rtnl, int ifindex, const char *name, struct error *error);
int rtnl_link_alias(struct rtnl *rtnl, int ifindex, const char *alias, struct error *error);

/* Puts a bridge out of the way, to be deleted later: nobody finds it by its name or its address
 * (family 0: it has none), no packet goes through it, and it is in the group of the dying bridges.
 * Success when it is gone already. */
int rtnl_bridge_doom(struct rtnl *rtnl, int ifindex, const struct prefix *addr4,
		     struct error *error);

/* Deletes a link; success when it is gone already. */
int rtnl_link_delete(struct rtnl *rtnl, int ifindex, struct error *error);

/* A veth pair with its peer born inside netns_fd, the host end a port of the bridge, up, without
 * IPv6 (it has no addresses). It has no carrier until rtnl_inside_setup brings the peer up. Bridge
 * exhaustion: ERROR_UNAVAILABLE "bridge X is full: 1023 ports"; a name taken on either side:
 * ERROR_CONFLICT. After a failure *ret_host_ifindex, which the caller has set to 0, may say what is
 * there all the same; it, or what was made without netd's hearing of it, is among the dying unless
 * it has its alias, and goes with the next rtnl_link_sweep. */
struct rtnl_veth {
	const char *host_name;
	const char *peer_name;
	int netns_fd;
	int master; /* ifindex of the bridge; 0: none */
	const char *master_name;
	uint32_t mtu;
	uint32_t queues;   /* of both ends, each way; 0: one */
	struct mac mac;	   /* of the peer */
	bool isolated;	   /* reaches no other isolated port of the bridge */
	bool hairpin;	   /* containers that publish reach themselves through the host */
	const char *alias; /* "CONTAINER on NETWORK" */
};
int rtnl_veth_create(struct rtnl *rtnl, const struct rtnl_veth *veth, int *ret_host_ifindex,
		     struct error *error);
/* Makes the host end what rtnl_veth_create made it: a port of its bridge with its flags, up, with
 * its MTU. */
int rtnl_veth_repair(struct rtnl *rtnl, const struct rtnl_veth *veth, int host_ifindex,
		     struct error *error);
/* Sets both modes of a bridge port. */
int rtnl_veth_port_modes(struct rtnl *rtnl, int host_ifindex, bool isolated, bool hairpin,
			 struct error *error);
/* Whether this netns has IP packets within a bridge pass its IP tables (bridge-nf-call-iptables and
 * -ip6tables), whatever the bridge says. */
bool rtnl_bridges_filter(void);

/* Inside the container (rtnl opened there): the link gets its addresses, comes up (lo too), and
 * routes are set; one batch, one acknowledgement each, all in one sendmsg. On failure the link is
 * left for the caller to delete. The default route is given per family or not at all. */
struct rtnl_inside {
	const char *ifname;
	struct prefix addr[FAMILY_N];
	struct prefix more[LINK_LOCAL_MAX]; /* addresses of either family */
	size_t n_more;
	const char *sysctls;	       /* endpoint_sysctl_next(): set before the addresses are */
	struct addr gateway[FAMILY_N]; /* family 0: no default route of that family */
	uint32_t metric;	       /* of the default routes; 0: the kernel's default */
	const char *routes;	       /* more, for endpoint_route_next(); NULL: none */
	bool ipv6;		       /* false: IPv6 is switched off on the link */
	/* Who has an IPv6 address of this subnet is no neighbour: the gateway is, and the way to
	 * him. gateway family 0: he is one. */
	struct rtnl_by_gateway {
		struct prefix subnet;
		struct addr gateway;
	} by_gateway6;
};
/* Of an interface that is set up and has addr6: its subnet is reached so from now on. */
int rtnl_inside_by_gateway(struct rtnl *inside, const char *ifname, const struct prefix *addr6,
			   const struct rtnl_by_gateway *by_gateway6, struct error *error);
int rtnl_inside_setup(struct rtnl *inside, const struct rtnl_inside *setup, struct error *error);
/* Inside a container that is on no bridge: lo comes up, nothing else. */
int rtnl_inside_lo_up(struct rtnl *inside, struct error *error);
/* Replaces the default routes of the netns (after connect, disconnect): via gateway on ifname, or
 * none when family 0. Others of another metric stay. */
int rtnl_inside_default(struct rtnl *inside, uint8_t family, const struct addr *gateway,
			const char *ifname, uint32_t metric, struct error *error);

/* Whom this netns takes the addresses for (family 0: none) on a link, where it knows them at all:
 * the owner of mac, from now on. */
int rtnl_neighbour_moved(struct rtnl *rtnl, int ifindex, const struct addr *addrs, size_t n_addrs,
			 const struct mac *mac, struct error *error);

/* Moves a link to the group of the dying: cheap, no grace period. It passes traffic until it is
 * swept (rtnl_link.c says why). Success when it is gone already. */
int rtnl_link_doom(struct rtnl *rtnl, int host_ifindex, struct error *error);
/* Deletes every link of the group of the dying in one message; success when there is none. */
int rtnl_link_sweep(struct rtnl *rtnl, struct error *error);
/* The same for bridges: 20 ms and more for each, with the RTNL held throughout. */
int rtnl_link_sweep_bridges(struct rtnl *rtnl, struct error *error);

/* What somebody did to links, addresses, routes, bridge entries and forwarding; netd's own doings
 * are among it. */
enum rtnl_change {
	RTNL_CHANGE_LINK,	/* it was made or changed: link */
	RTNL_CHANGE_LINK_GONE,	/* ifindex */
	RTNL_CHANGE_PORT_GONE,	/* it left its bridge: ifindex, master */
	RTNL_CHANGE_ADDR_GONE,	/* ifindex lost the address prefix */
	RTNL_CHANGE_ROUTE_GONE, /* a route to prefix, of the kernel's own or a static one, was
				 * removed or replaced */
	RTNL_CHANGE_FDB_GONE,	/* ifindex, a bridge or a port, lost an entry that was to stay: mac
				 */
	RTNL_CHANGE_NEIGHBOUR_GONE, /* ifindex, with the address prefix, that was to stay */
	RTNL_CHANGE_QUEUE, /* ifindex: netd's own limit of bandwidth there, or a filter, was changed
			    * or removed */
	RTNL_CHANGE_NO_FORWARD, /* family: forwarding or proxy_arp was switched off, on ifindex, or
				 * everywhere: 0 */
};

struct rtnl_event {
	enum rtnl_change change;
	int ifindex, master;
	uint8_t family;
	uint32_t by; /* of RTNL_CHANGE_QUEUE: the number of the socket whose request it was; 0: none
		      */
	struct prefix prefix;
	struct mac mac;
	const struct rtnl_link *link; /* valid during the call */
};

/* Read calls on_event for each, and returns -ENOBUFS when some were lost: then dump and compare.
 * One read takes a bounded amount; the descriptor stays readable while there is more. */
struct rtnl_watch;
int rtnl_watch_open(struct rtnl_watch **ret_watch, struct error *error);
void rtnl_watch_close(struct rtnl_watch *watch);
int rtnl_watch_fd(const struct rtnl_watch *watch);
int rtnl_watch_read(struct rtnl_watch *watch,
		    void (*on_event)(const struct rtnl_event *event, void *data), void *data);

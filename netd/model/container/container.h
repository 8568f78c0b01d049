// SPDX-License-Identifier: GPL-2.0-or-later
// container.h - what is attached: a container, its endpoints, its published ports
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/list.h"
#include "model/network/network.h"

#include <string.h>
#include <sys/types.h>

/* One -p as asked for. Ranges are kept whole here and resolved one by one into struct port. */
struct port_binding {
	uint8_t protocol;	/* IPPROTO_TCP, _UDP, _SCTP */
	struct addr host_addr;	/* family 0: every address of both families */
	uint16_t host_port;	/* 0: netd picks one */
	uint16_t host_port_end; /* equal to host_port unless a range of candidates for ONE
				 * container port was given */
	uint16_t container_port;
	bool reserved; /* whoever asks holds the host port with a socket of its own, or
			* is about to: netd takes none, which would be in its way */
};

/* A published port as it exists: one family, one host port. */
struct port {
	uint8_t protocol;
	struct addr host_addr; /* 0.0.0.0 or :: for every address of the family */
	uint16_t host_port;
	uint16_t container_port;
	struct addr target; /* the endpoint's address it leads to; may be of the other family,
			     * and then only the relay serves it */
	bool reserved;	    /* by whoever asked for it: no socket of ours, so no relay */
};

/* Published at the container's own address, which its network's gateway mode lets others route to:
 * host_addr and host_port are the target and the container's port, and the host has no part in it.
 */
static inline bool port_is_routed(const struct port *port)
{
	return addr_equal(&port->host_addr, &port->target);
}

struct link {
	char *container; /* name or id as given; or an IPv4 address, which the alias then is for */
	char *alias;
};

/* One network of a container, as asked for. Strings are owned. */
struct endpoint_spec {
	char *network;				/* name or id as given */
	char network_id[ID_LEN + 1];		/* which one that was when it was asked for; "" */
	struct addr ip4, ip6;			/* family 0: netd chooses */
	struct addr link_local[LINK_LOCAL_MAX]; /* more addresses of the interface */
	size_t n_link_local;
	struct mac mac;
	bool has_mac;
	char **aliases;
	size_t n_aliases;
	struct link *links;
	size_t n_links;
	int gw_priority; /* the largest gets the default route; ties: the first given */
	char ifname[IFNAME_LEN_MAX + 1];      /* "": prefix and number */
	char host_ifname[IFNAME_LEN_MAX + 1]; /* of the end on the host; "": netd chooses */
	/* The interface is left in netd's own netns under this name: whoever asked moves, names and
	 * sets it up. "": netd does. */
	char handover[IFNAME_LEN_MAX + 1];
	/* With one of its own the interface has default routes whoever else has some; 0: it has
	 * them when it is the container's way out, and the kernel's default metric. */
	uint32_t metric;
	bool no_default_route; /* it is never a way out */
	bool answer_one;       /* org.netd.endpoint.alias-answer "one" */
	bool another;	     /* org.netd.endpoint.another "true": not refused where there is one */
	json_t *driver_opts; /* object of strings or NULL */
};

/* POST /netd/v1/containers, decoded. */
struct container_spec {
	char name[NAME_LEN_MAX + 1];
	char id[ID_LEN + 1];		     /* "": netd chooses */
	char hostname[HOSTNAME_LEN_MAX + 1]; /* "": the first 12 of id */
	char domainname[NAME_LEN_MAX + 1];
	char *netns_path; /* NULL: by pid */
	pid_t pid;	  /* 0: by path */
	bool netns_wait;  /* the path may become a netns later: NETNS_WAIT_S at the most */
	json_t *labels;	  /* object of strings, never NULL in a decoded spec */
	struct endpoint_spec *endpoints; /* in the order given: eth0, eth1, … */
	size_t n_endpoints;
	struct port_binding *ports;
	size_t n_ports;
	struct link *links; /* apply to every network of the container */
	size_t n_links;
	char **extra_hosts; /* "name:ip" or "name:host-gateway" */
	size_t n_extra_hosts;
	char **dns; /* addresses in text; n 0: the host's */
	size_t n_dns;
	char **dns_search;
	size_t n_dns_search;
	char **dns_options;
	size_t n_dns_options;
};

/* PUT /netd/v1/containers/{id}/names, decoded. */
struct names_spec {
	char id[ID_LEN + 1];		 /* "": stays */
	char name[NAME_LEN_MAX + 1];	 /* "": stays */
	struct endpoint_spec *endpoints; /* network, aliases and links of each are meant */
	size_t n_endpoints;
	bool has_dns; /* else the servers stay */
	char **dns;   /* as in container_spec */
	size_t n_dns;
};

enum endpoint_state {
	ENDPOINT_RESERVED, /* addresses claimed, intent written, kernel untouched */
	ENDPOINT_PLUMBING, /* the plan is being applied */
	ENDPOINT_UP,
	ENDPOINT_UNDOING, /* being taken down, by detach or by a failed plan */
	ENDPOINT_GONE,
	ENDPOINT_N_STATES,
};

extern const char *const endpoint_state_name[ENDPOINT_N_STATES];

/* An endpoint that exists. Owned by its container. */
struct endpoint {
	struct list in_network; /* in network->endpoints */
	char id[ID_LEN + 1];
	struct network *network;
	struct container *container;
	struct endpoint_spec spec;
	enum endpoint_state state;
	struct addr ip4, ip6;		      /* family 0: none */
	struct mac mac;			      /* as it was given */
	struct mac mac_now;		      /* as it was seen last; zero: it was not looked for */
	char ifname[IFNAME_LEN_MAX + 1];      /* inside; "": handed over, and not seen there yet */
	char host_ifname[IFNAME_LEN_MAX + 1]; /* the bridge port */
	int host_ifindex;
	bool had_carrier, lost_carrier, returned; /* its port, as notifications tell */
	uint32_t mtu; /* of both ends of its link, whatever its network's is since; 0: any */
};

/* Handed over, and not seen inside the container yet. */
static inline bool endpoint_is_to_come(const struct endpoint *endpoint)
{
	return endpoint->spec.handover[0] && !endpoint->ifname[0];
}

/* The MAC to show. */
static inline const struct mac *endpoint_mac(const struct endpoint *endpoint)
{
	static const struct mac none;
	bool seen = memcmp(&endpoint->mac_now, &none, sizeof(none)) != 0;

	return seen ? &endpoint->mac_now : &endpoint->mac;
}

/* Asserts that the transition is allowed and logs it. */
void endpoint_enter(struct endpoint *endpoint, enum endpoint_state state);

/* A container that is attached. Owned by the engine. */
struct container {
	struct container_spec spec; /* id and hostname filled in */
	struct timespec created;
	struct endpoint **endpoints; /* order of interfaces */
	size_t n_endpoints;
	struct port *ports; /* resolved */
	size_t n_ports;
	char short_id[ID_SHORT_LEN + 1]; /* written by endpoint_dns_names, which points into it */
	uint64_t netns_inode; /* of the nsfs file: tells one netns from its successor at a path */
	bool host_mode;	      /* on the network host: nothing is wired */
	uint32_t number;      /* small id for the resolver: its view */
	uint16_t dns_port;    /* port of the resolver's sockets inside; 0: no resolver */
	char *dir;	      /* <run>/containers/<id>: resolv.conf, hosts, hostname */
	void *runtime;	      /* engine's own: watches, sockets */
};

void endpoint_spec_done(struct endpoint_spec *spec);
void container_spec_done(struct container_spec *spec);
void names_spec_done(struct names_spec *spec);
int endpoint_spec_copy(const struct endpoint_spec *from, struct endpoint_spec *ret_spec);

/* The sysctls asked for, for endpoint_sysctl_next(); "": none. Borrowed. */
#define ENDPOINT_SYSCTLS "com.docker.network.endpoint.sysctls"
const char *endpoint_sysctls(const struct endpoint_spec *spec);

/* Somebody else sets interfaces and routes up in its netns: netd keeps out of the way. */
bool container_is_handed_over(const struct container *container);

/* The endpoint on a network whose interface inside has this name; "": the first. NULL: none. */
struct endpoint *container_endpoint_on(const struct container *container,
				       const struct network *network, const char *ifname);

/* The endpoint with the default route for a family: the largest gw_priority of those on a network
 * that has the family and a way out; ties go to the first. NULL: none. */
struct endpoint *container_gateway_endpoint(const struct container *container, uint8_t family);
/* The same without those that want no default route: not where published ports lead, but the way
 * out. */
struct endpoint *container_way_out(const struct container *container, uint8_t family);
/* Whether the endpoint has a default route of this family. */
bool endpoint_has_default_route(const struct endpoint *endpoint, uint8_t family);
/* The routes asked for, for endpoint_route_next(); "": none. Borrowed. */
const char *endpoint_routes(const struct endpoint_spec *spec);

/* The names an endpoint answers to on its network, in order: name, aliases, 12-character id,
 * hostname; without duplicates (compared without case). ret_names has room for ALIASES_MAX + 3
 * pointers into container and endpoint; returns how many. */
size_t endpoint_dns_names(const struct endpoint *endpoint, const char **ret_names);

/* Short container and endpoint ids as used in names: writes ID_SHORT_LEN characters and NUL. */
void id_short(const char *id, char ret_short[static ID_SHORT_LEN + 1]);

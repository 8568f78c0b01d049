// SPDX-License-Identifier: GPL-2.0-or-later
// network.h - what a network is: as asked for (network_spec) and as it exists (network)
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"
#include "base/limits.h"
#include "base/list.h"
#include "model/ipam/subnet.h"
#include "model/network/blocks.h"
#include "model/network/kind.h"
#include "model/network/network_dns.h"
#include "model/network/service.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* How the outside reaches the containers of a bridge, for one family: docs/architecture.md,
 * "Firewall". */
enum gateway_mode {
	GATEWAY_MODE_NAT,
	GATEWAY_MODE_NAT_UNPROTECTED, /* every port, at the container's own address, too */
	GATEWAY_MODE_ROUTED,	      /* published ports, at the container's own address only */
	GATEWAY_MODE_ISOLATED,	      /* no gateway at all; internal networks only */
	GATEWAY_MODE_N,
};

/* "nat", "nat-unprotected", … as in Docker's options. */
extern const char *const network_gateway_mode_name[GATEWAY_MODE_N];

/* The label of a network that is there for its containers only: whoever made it removes it behind
 * the last one, and netd when it starts and finds none. */
#define NETWORK_LABEL_TRANSIENT "io.netd.transient"

/* A network as asked for. labels and options are JSON objects of strings, never NULL in a decoded
 * spec; options keep every key as given, and the decoded meaning stands beside them. */
struct network_spec {
	char name[NAME_LEN_MAX + 1];
	char id[ID_LEN + 1];		 /* "": netd chooses */
	const struct network_kind *kind; /* of a decoded spec, never NULL */
	bool has[FAMILY_N];
	bool internal, attachable;
	struct subnet subnet[FAMILY_N]; /* prefix.addr.family 0 where not given */
	json_t *labels, *options;
	struct network_dns dns; /* Dns: netd's own; of containers without servers of their own */

	/* decoded from options; Docker's keys and netd's short ones */
	char bridge[IFNAME_LEN_MAX + 1]; /* com.docker.network.bridge.name, bridge; "": br-<id12> */
	uint32_t mtu;	 /* com.docker.network.driver.mtu, mtu; 0: the daemon's default */
	bool icc;	 /* com.docker.network.bridge.enable_icc, icc */
	bool masquerade; /* com.docker.network.bridge.enable_ip_masquerade, masquerade */
	bool answer_one; /* org.netd.network.alias-answer, alias-answer: "one" */
	/* com.docker.network.bridge.host_binding_ipv4, host-ip; …_ipv6, host-ip6 */
	struct addr host_binding[FAMILY_N];
	char ifname_prefix[IFNAME_LEN_MAX -
			   2]; /* com.docker.network.container_iface_prefix; "eth" */
	/* com.docker.network.bridge.gateway_mode_ipv4, gateway-mode; …_ipv6, gateway-mode6 */
	enum gateway_mode gateway_mode[FAMILY_N];
	/* com.docker.network.host_ipv4, snat-ip; …host_ipv6, snat-ip6: what masquerading shows;
	 * family 0: the address of the way out */
	struct addr snat[FAMILY_N];
	bool no_addresses; /* IPAM driver "null" and neither family: others give addresses there */
	bool inhibit4; /* com.docker.network.bridge.inhibit_ipv4, inhibit-ip: the bridge has none */
	/* com.docker.network.bridge.trusted_host_interfaces, trusted-interfaces: what comes in on
	 * these reaches published ports at the container's own address */
	char trusted[TRUSTED_INTERFACES_MAX][IFNAME_LEN_MAX + 1];
	size_t n_trusted;
	/* org.netd.network.sources, sources: what containers may send from besides their own
	 * addresses; none lies in another */
	struct prefix sources[SOURCES_MAX];
	size_t n_sources;
	/* org.netd.network.anti-spoof, anti-spoof: containers speak with their own MAC and
	 * addresses only, among themselves as well */
	bool anti_spoof;
	uint32_t queues; /* org.netd.network.queues, queues: of each link, each way */
	/* com.docker.network.driver.overlay.vxlanid_list, vni: its number between hosts; 0: netd
	 * chooses */
	uint32_t vni;
	bool encrypt; /* encrypted: what leaves this host for another is, or does not leave */
};

static inline bool network_has(const struct network_spec *spec, enum family family)
{
	return spec->has[family];
}

static inline enum gateway_mode network_gateway_mode(const struct network_spec *spec,
						     uint8_t family)
{
	return spec->gateway_mode[family_of(family)];
}
/* Where a container's default route leads by this network; family 0: nowhere. Its kind says it. */
struct addr network_gateway(const struct network_spec *spec, enum family family);
/* Whether the host forwards between its containers and others. */
static inline bool network_is_forwarded(const struct network_spec *spec)
{
	return spec->kind->forwarded && !spec->internal;
}
/* "EnableIPv4", "EnableIPv6": keys of requests and of what is shown. */
extern const char *const network_family_key[FAMILY_N];

/* The address its bridge has, with the length of the subnet; family 0: none. */
struct prefix network_bridge_addr(const struct network_spec *spec, uint8_t family);
/* Whether IPv6 is on at its bridge; in an isolated network containers have it, and the host not. */
bool network_bridge_has_ipv6(const struct network_spec *spec);

struct ipam_pool;

/* One bridge of a network, in which its containers are neighbours: docs/decisions/0020. */
struct segment {
	char ifname[IFNAME_LEN_MAX + 1]; /* ""; of the first, or there is none of this number */
	int ifindex;			 /* 0: none */
	uint32_t n_ports;		 /* endpoints that have their port there, or are about to */
	uint64_t forged_seen; /* what the kernel's counter of forged packets showed last */
};

/* A network that exists. Owned by the engine. */
struct network {
	struct network_spec spec; /* id, subnets, gateways, bridge and mtu are filled in */
	struct timespec created;
	bool predefined;	   /* bridge, host, none: made at start, cannot be removed */
	bool unsettled;		   /* a restore has not ended that removes or makes it */
	bool agreed;		   /* of one that spans hosts: the cluster has its record */
	bool configured[FAMILY_N]; /* the subnet of "bridge" is netd.json's */
	uint32_t number;	   /* small id for the resolver's table; unique while netd runs */
	/* By number. The first is always there, and called spec.bridge. */
	struct segment segments[SEGMENTS_MAX];
	uint32_t last_segment; /* the largest number of one that is there */
	struct blocks blocks;  /* endpoints that the host is to reach by IPv6 */
	struct ipam_pool
		*pool[FAMILY_N]; /* NULL where the family is off or the driver has no addresses */
	int tunnel;		 /* ifindex of the port that leads to other hosts; 0: none */
	struct list endpoints;	 /* struct endpoint, member in_network */
	size_t n_endpoints;
	struct service **services; /* in the order in which they were made */
	size_t n_services, size_services;
	uint64_t n_forged; /* packets dropped for their source, since netd started */
	char *warning;	   /* what its maker is told besides; NULL: nothing */
	/* What containers of other hosts see of who came by a published port of a service here;
	 * family 0: nobody is led to them so. */
	struct addr ingress[FAMILY_N];
};

static inline bool network_has_segment(const struct network *network, uint32_t number)
{
	return number == 0 || (number < SEGMENTS_MAX && network->segments[number].ifname[0]);
}

/* Numbers have gaps: a segment goes when it is empty, whatever comes after it. */
#define network_foreach_segment(network, number)                                                   \
	for (uint32_t number = 0; number <= (network)->last_segment; number++)                     \
		if (network_has_segment((network), number))

/* What its bridge is called. */
static inline const char *network_segment_name(const struct network *network, uint32_t number)
{
	return number == 0 ? network->spec.bridge : network->segments[number].ifname;
}

void network_spec_done(struct network_spec *spec);

/* What of a network may change. */
struct network_update {
	char name[NAME_LEN_MAX + 1]; /* "": stays */
	json_t *labels;		     /* NULL: stay */
	struct network_dns_change dns;
};
void network_update_done(struct network_update *update);
/* Deep copy; 0 or -ENOMEM. */
int network_spec_copy(const struct network_spec *from, struct network_spec *ret_spec);
void network_free(struct network *network);

/* Fills a spec with what holds when nothing is said: bridge, ipv4, icc, masquerade, empty maps. */
int network_spec_init(struct network_spec *spec);

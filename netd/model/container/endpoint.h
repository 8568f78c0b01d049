// SPDX-License-Identifier: GPL-2.0-or-later
// endpoint.h - one container on one network: as asked for (endpoint_spec) and as it exists
// (endpoint)
#pragma once

#include "base/addr.h"
#include "base/family.h"
#include "base/limits.h"
#include "base/list.h"
#include "model/container/bandwidth.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct container;
struct network;

struct link {
	char *container; /* name or id as given; or an IPv4 address, which the alias then is for */
	char *alias;
};

/* One network of a container, as asked for. Strings are owned. */
struct endpoint_spec {
	char *network;				/* name or id as given */
	char network_id[ID_LEN + 1];		/* which one that was when it was asked for; "" */
	struct addr ip[FAMILY_N];		/* family 0: netd chooses */
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
	bool another; /* org.netd.endpoint.another "true": not refused where there is one */
	struct bandwidth bandwidth; /* of the option BANDWIDTH_LABEL, or of the container's label */
	json_t *driver_opts;	    /* object of strings or NULL */
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
	struct list in_network;	     /* in network->endpoints */
	struct list by_port, by_mac; /* engine/state/endpoints.c; zero: in none */
	char id[ID_LEN + 1];
	struct network *network;
	struct container *container;
	struct endpoint_spec spec;
	enum endpoint_state state;
	struct addr ip[FAMILY_N];	      /* family 0: none */
	struct mac mac;			      /* as it was given */
	struct mac mac_now;		      /* as it was seen last; zero: it was not looked for */
	char ifname[IFNAME_LEN_MAX + 1];      /* inside; "": handed over, and not seen there yet */
	char host_ifname[IFNAME_LEN_MAX + 1]; /* the bridge port */
	int host_ifindex;
	uint32_t segment; /* of the network: which of its bridges the port is at */
	bool by_gateway6; /* it reaches its IPv6 subnet by the gateway: docs/decisions/0020 */
	bool had_carrier, lost_carrier, returned; /* its port, as notifications tell */
	double announced_s;  /* when its return was told to the others; the engine's clock */
	uint32_t mtu;	     /* of both ends of its link, whatever its network's is since; 0: any */
	struct list limited; /* engine/wire/shaping.c; zero: it has no limit of bandwidth */
	int turn_ifindex;    /* of the link that holds what it sends; 0: there is none */
	bool limit_told;     /* the kernel told of its limits since they were looked at */
	uint64_t spoofed_seen; /* what the kernel's counter of its spoofed frames showed last */
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

/* "IPv4Address", "IPv6Address": in IPAMConfig, and of a container that a network shows. */
extern const char *const endpoint_ip_key[FAMILY_N];

/* Asserts that the transition is allowed and logs it. */
void endpoint_enter(struct endpoint *endpoint, enum endpoint_state state);

void endpoint_spec_done(struct endpoint_spec *spec);
int endpoint_spec_copy(const struct endpoint_spec *from, struct endpoint_spec *ret_spec);
void endpoint_links_free(struct link *links, size_t n);

/* The sysctls asked for, for endpoint_sysctl_next(); "": none. Borrowed. */
#define ENDPOINT_SYSCTLS "com.docker.network.endpoint.sysctls"
const char *endpoint_sysctls(const struct endpoint_spec *spec);
/* The routes asked for, for endpoint_route_next(); "": none. Borrowed. */
const char *endpoint_routes(const struct endpoint_spec *spec);

/* Whether its network and its address lead anywhere beyond, in a family. */
bool endpoint_has_way_out(const struct endpoint *endpoint, uint8_t family);

/* The names an endpoint answers to on its network, in order: name, aliases, 12-character id,
 * hostname; without duplicates (compared without case). ret_names has room for ALIASES_MAX + 3
 * pointers into container and endpoint; returns how many. */
size_t endpoint_dns_names(const struct endpoint *endpoint, const char **ret_names);

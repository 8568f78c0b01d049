// SPDX-License-Identifier: GPL-2.0-or-later
// container.h - what is attached: a container, with its endpoints and its published ports
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/limits.h"
#include "model/container/endpoint.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"
#include "model/network/network.h"

#include <sys/types.h>

/* The bridge that the endpoint has its port at; 0: there is none. */
static inline int endpoint_bridge(const struct endpoint *endpoint)
{
	return endpoint->network->segments[endpoint->segment].ifindex;
}

static inline const char *endpoint_bridge_name(const struct endpoint *endpoint)
{
	return network_segment_name(endpoint->network, endpoint->segment);
}

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
struct container_names {
	char id[ID_LEN + 1];		 /* "": stays */
	char name[NAME_LEN_MAX + 1];	 /* "": stays */
	struct endpoint_spec *endpoints; /* network, aliases and links of each are meant */
	size_t n_endpoints;
	bool has_dns; /* else the servers stay */
	char **dns;   /* as in container_spec */
	size_t n_dns;
};

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

void container_spec_done(struct container_spec *spec);
void container_names_done(struct container_names *spec);

/* Somebody else sets interfaces and routes up in its netns: netd keeps out of the way. */
bool container_is_handed_over(const struct container *container);

/* The endpoint on a network whose interface inside has this name; "": the first. NULL: none. */
struct endpoint *container_endpoint_on(const struct container *container,
				       const struct network *network, const char *ifname);

/* The endpoint where published ports of a family lead: the largest gw_priority of those on a
 * network whose kind publishes, that has the family and a way out; ties go to the first. NULL:
 * none. */
struct endpoint *container_gateway_endpoint(const struct container *container, uint8_t family);
/* The endpoint with the default route of a family: the same of those that want one, whether ports
 * can be published there or not. */
struct endpoint *container_way_out(const struct container *container, uint8_t family);
/* The servers that its questions go to where netd knows no answer: its own, else those of its
 * networks in the order of its interfaces, as many as there is room for. None: those of netd.json,
 * or the host's. */
void container_dns(const struct container *container, struct network_dns *ret_dns);
/* Whether the endpoint has a default route of this family. */
bool container_has_default_route_at(const struct endpoint *endpoint, uint8_t family);

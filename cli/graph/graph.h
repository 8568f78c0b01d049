// SPDX-License-Identifier: GPL-2.0-or-later
// graph.h - what there is to draw: networks, who is on them, and the host's ports that lead there
#pragma once

#include "base/error.h"
#include "base/family.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The parts of a snapshot that a picture is made from. */
#define GRAPH_SNAPSHOT "/netd/v1/snapshot?parts=networks,containers,ports,links"

/* Whether packets can pass the link of a container. */
enum graph_link {
	GRAPH_LINK_NONE,    /* the network has no links, as host and none */
	GRAPH_LINK_UNKNOWN, /* the kernel was not asked, or did not answer */
	GRAPH_LINK_UP,
	GRAPH_LINK_DOWN,
	GRAPH_LINK_MISSING,
	GRAPH_N_LINKS
};

extern const char *const graph_link_name[GRAPH_N_LINKS];

/* How what leaves a subnet does so. */
enum graph_exit {
	GRAPH_EXIT_NONE,   /* internal, or isolated */
	GRAPH_EXIT_NAT,	   /* with the host's address, or leaves_with */
	GRAPH_EXIT_ROUTED, /* with its own */
};

struct graph_subnet {
	const char *subnet, *gateway, *leaves_with; /* "": none */
	enum graph_exit exit;
};

struct graph_network {
	const char *id, *name, *driver, *bridge; /* bridge: "" where it has none */
	long long mtu;
	bool internal;
	struct graph_subnet subnets[FAMILY_N];
	size_t n_subnets;
	size_t first_endpoint, n_endpoints; /* of graph.endpoints, by the names of containers */
};

struct graph_container {
	const char *id, *name;
	size_t first_port, n_ports;		/* of graph.ports */
	const struct graph_endpoint *endpoints; /* by the names of networks; then ->next */
};

struct graph_endpoint {
	struct graph_container *container;
	struct graph_network *network;
	const char *ip, *ip6, *mac, *interface, *host_interface;
	enum graph_link link;
	const struct graph_endpoint *next; /* of the same container */
};

/* Count of them in a row. */
struct graph_port {
	struct graph_container *container;
	const char *protocol, *host_ip, *target, *way;
	long long host_port, container_port, count;
	bool on_both; /* on every IPv4 address, and on every IPv6 address as well: */
	bool is_twin; /* that one, which needs no second mark */
};

/* Texts are those of the snapshot, which must be there as long as this is. All lists are sorted by
 * name, so that two pictures differ where what they show does. */
struct graph {
	const json_t *snapshot;
	struct graph_network *networks;
	struct graph_container *containers;
	struct graph_endpoint *endpoints;
	struct graph_port *ports;
	size_t n_networks, n_containers, n_endpoints, n_ports;
};

/* snapshot: as GRAPH_SNAPSHOT answers. What it says of containers and networks that it does not
 * have is left out. ERROR_INTERNAL: it lacks a part; or no memory. graph_done() in any case. */
int graph_read(const json_t *snapshot, struct graph *ret_graph, struct error *error);
void graph_done(struct graph *graph);

/* Networks that are there by themselves, and nobody is on, are not drawn: host and none. */
bool graph_is_drawn(const struct graph_network *network);
/* Whether a port is one of the host's, which lead to its container. */
bool graph_is_of_host(const struct graph_port *port);
/* Where it leads: of its container's endpoints the one with the target's address, or else the
 * first. NULL: it is on no network. */
const struct graph_endpoint *graph_end_of(const struct graph_port *port);
/* Whether nothing comes through. */
bool graph_is_broken(const struct graph_endpoint *endpoint);

// SPDX-License-Identifier: GPL-2.0-or-later
// graph_json.c - the picture as nodes and edges, for other programs
#include "cli/graph/graph_json.h"

#include <string.h>

/* Theory of operation. A node is the host, what is outside, a network, a container or a published
 * port; Id is unique among all. An edge leads From one To another. Members have the names that the
 * same thing has in GET /netd/v1/snapshot. A list that cannot be added to for lack of memory is
 * NULL from then on, which json_pack() makes NULL of the whole. */

#define HOST "host"
#define OUTSIDE "outside"

/* It takes the item over in any case. *ok stays false once it was. One flag for a whole list: it is
 * looked at when the list is made. */
static void add(json_t *list, bool *ok, json_t *item)
{
	*ok = *ok && json_array_append_new(list, item) == 0;
}

/* "" is null: there is none. A new reference, or NULL without memory. */
static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

/* The words of exits are part of the format. Without memory the list has fewer entries than there
 * are subnets. */
static json_t *subnets_of(const struct graph_network *network)
{
	static const char *const exits[] = {
		[GRAPH_EXIT_NONE] = "none",
		[GRAPH_EXIT_NAT] = "nat",
		[GRAPH_EXIT_ROUTED] = "routed",
	};
	json_t *list = json_array();
	bool ok = true;

	for (size_t i = 0; i < network->n_subnets; i++) {
		const struct graph_subnet *subnet = &network->subnets[i];

		add(list, &ok,
		    json_pack("{s:s, s:o, s:o, s:s}", "Subnet", subnet->subnet, "Gateway",
			      text_or_null(subnet->gateway), "LeavesWith",
			      text_or_null(subnet->leaves_with), "Exit", exits[subnet->exit]));
	}
	return list;
}

/* NULL without memory, which add() notes. The caller's. */
static json_t *network_node(const struct graph_network *network)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:b, s:o}", "Id", network->id, "Kind",
			 "network", "Name", network->name, "Driver", network->driver, "Bridge",
			 text_or_null(network->bridge), "Mtu", (json_int_t)network->mtu, "Internal",
			 network->internal, "Subnets", subnets_of(network));
}

/* Unique: an address and a port of a protocol lead to one container. The id is also what an edge of
 * the port begins at. */
static json_t *port_id(const struct graph_port *port)
{
	return json_sprintf("port:%s:%lld/%s", port->host_ip, port->host_port, port->protocol);
}

/* Twins are nodes of their own here: a program counts addresses, and a person does not. NULL
 * without memory. */
static json_t *port_node(const struct graph_port *port)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:I, s:I, s:s}", "Id", port_id(port), "Kind", "port",
			 "Protocol", port->protocol, "HostIp", port->host_ip, "HostPort",
			 (json_int_t)port->host_port, "Count", (json_int_t)port->count, "Way",
			 port->way);
}

/* The host and the outside are always there, so that edges have an end. NULL: out of memory. */
static json_t *nodes_of(const struct graph *graph)
{
	json_t *list = json_array();
	bool ok = true;

	add(list, &ok, json_pack("{s:s, s:s}", "Id", HOST, "Kind", HOST));
	add(list, &ok, json_pack("{s:s, s:s}", "Id", OUTSIDE, "Kind", OUTSIDE));
	for (size_t i = 0; i < graph->n_networks; i++)
		add(list, &ok, network_node(&graph->networks[i]));
	for (size_t i = 0; i < graph->n_containers; i++)
		add(list, &ok,
		    json_pack("{s:s, s:s, s:s}", "Id", graph->containers[i].id, "Kind", "container",
			      "Name", graph->containers[i].name));
	for (size_t i = 0; i < graph->n_ports; i++)
		add(list, &ok, port_node(&graph->ports[i]));
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

/* An edge carries what belongs to the meeting of a container and a network. NULL without memory. */
static json_t *endpoint_edge(const struct graph_endpoint *endpoint)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s}", "Kind", "endpoint",
			 "From", endpoint->container->id, "To", endpoint->network->id, "Ip",
			 text_or_null(endpoint->ip), "Ip6", text_or_null(endpoint->ip6), "Mac",
			 text_or_null(endpoint->mac), "Interface", endpoint->interface,
			 "HostInterface", endpoint->host_interface, "Link",
			 graph_link_name[endpoint->link]);
}

/* The edge leads from the port to its container, and says at which address. NULL without memory. */
static json_t *port_edge(const struct graph_port *port)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:I}", "Kind", "published", "From", port_id(port),
			 "To", port->container->id, "Target", text_or_null(port->target),
			 "ContainerPort", (json_int_t)port->container_port);
}

/* Each list is freed here when it is not whole; json_pack() frees the other one. NULL: out of
 * memory. */
static json_t *edges_of(const struct graph *graph)
{
	json_t *list = json_array();
	bool ok = true;

	for (size_t i = 0; i < graph->n_networks; i++)
		for (size_t j = 0; j < graph->networks[i].n_subnets; j++)
			if (graph->networks[i].subnets[j].exit != GRAPH_EXIT_NONE)
				add(list, &ok,
				    json_pack("{s:s, s:s, s:s, s:s}", "Kind", "exit", "From",
					      graph->networks[i].id, "To", OUTSIDE, "Subnet",
					      graph->networks[i].subnets[j].subnet));
	for (size_t i = 0; i < graph->n_endpoints; i++)
		add(list, &ok, endpoint_edge(&graph->endpoints[i]));
	for (size_t i = 0; i < graph->n_ports; i++)
		add(list, &ok, port_edge(&graph->ports[i]));
	if (ok)
		return list;
	json_decref(list);
	return NULL;
}

/* "O?" takes a NULL as null: a daemon that says no time is no error. The result is the caller's;
 * NULL: out of memory. Version is that of the format: it goes up when a program that reads it would
 * have to change. */
json_t *graph_json(const struct graph *graph)
{
	return json_pack("{s:i, s:O?, s:O?, s:o, s:o}", "Version", 1, "Time",
			 json_object_get(graph->snapshot, "Time"), "Generation",
			 json_object_get(graph->snapshot, "Generation"), "Nodes", nodes_of(graph),
			 "Edges", edges_of(graph));
}

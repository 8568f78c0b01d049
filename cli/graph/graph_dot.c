// SPDX-License-Identifier: GPL-2.0-or-later
// graph_dot.c - the picture in the language of Graphviz
#include "cli/graph/graph_dot.h"

#include "base/cleanup.h"
#include "cli/graph/graph_words.h"

#include <string.h>

/* Theory of operation. A container on two networks is a node in each of their clusters, for
 * Graphviz draws a node in one cluster only; a dotted line joins them. Published ports are
 * nodes of the host, and what is outside is one beside it. Every text is quoted, and all that
 * means something inside quotes is kept from doing so. In dot a cluster is a subgraph whose
 * name begins with "cluster"; nodes are made where they are first named, so all ports and
 * members stand in the host before any edge names them. */

/* Within double quotes. The backslash begins an escape in a label; graph_words_put() leaves plain
 * ASCII only. A lack of memory is noted in `out`. */
static void put_quoted(struct buf *out, const char *text)
{
	_cleanup_(buf_done) struct buf plain = { 0 };

	graph_words_put(&plain, text);
	for (const char *c = plain.data; c && *c; c++) {
		if (*c == '"' || *c == '\\')
			buf_puts(out, "\\");
		buf_append(out, c, 1);
	}
	if (plain.err < 0)
		out->err = plain.err;
}

/* A node of a container is called after its network, too. The interface is part of the name, since
 * a container may be on one network twice. The quotes are part of it, so it stands for the whole
 * name of the node. */
static void put_member(struct buf *out, const struct graph_endpoint *endpoint)
{
	buf_puts(out, "\"");
	put_quoted(out, endpoint->network->name);
	buf_puts(out, "/");
	put_quoted(out, endpoint->container->name);
	buf_puts(out, "/");
	put_quoted(out, endpoint->interface);
	buf_puts(out, "\"");
}

/* The words of a published port are unique on a host. The word "port" in front keeps it apart from
 * all other nodes. */
static void put_port(struct buf *out, const struct graph_port *port)
{
	_cleanup_(buf_done) struct buf words = { 0 };

	graph_words_published(port, &words);
	buf_puts(out, "\"port ");
	put_quoted(out, words.data ? words.data : "");
	buf_puts(out, "\"");
}

/* In a label "\n" is the end of a line. Nothing for an empty text. It stands inside of the quotes
 * of a label. */
static void put_label_line(struct buf *out, const char *text)
{
	if (!text || !*text)
		return;
	buf_puts(out, "\\n");
	put_quoted(out, text);
}

/* The words say what is broken, so that colour never stands alone. Three tabs: it stands in a
 * cluster of the host's cluster. */
static void put_node(struct buf *out, const struct graph_endpoint *endpoint)
{
	_cleanup_(buf_done) struct buf broken = { 0 };

	graph_words_broken(endpoint, &broken);
	buf_puts(out, "\t\t\t");
	put_member(out, endpoint);
	buf_puts(out, " [label=\"");
	put_quoted(out, endpoint->container->name);
	put_label_line(out, endpoint->ip);
	put_label_line(out, endpoint->ip6);
	put_label_line(out, broken.data);
	buf_puts(out, broken.data ? "\", style=dashed, color=red];\n" : "\"];\n");
}

/* The number makes the cluster's name unique, whatever the network is called. The indent is that of
 * the host's cluster, in which it stands. */
static void put_network(struct buf *out, const struct graph *graph, size_t number)
{
	const struct graph_network *network = &graph->networks[number];

	buf_printf(out, "\t\tsubgraph cluster_network_%zu {\n\t\t\tlabel=\"", number);
	put_quoted(out, network->name);
	for (size_t i = 0; i < network->n_subnets; i++) {
		_cleanup_(buf_done) struct buf words = { 0 };

		graph_words_subnet(network, &network->subnets[i], &words);
		put_label_line(out, words.data);
	}
	{
		_cleanup_(buf_done) struct buf words = { 0 };

		graph_words_bridge(network, &words);
		put_label_line(out, words.data);
	}
	buf_printf(out, "\";\n\t\t\tstyle=%s;\n", network->internal ? "dashed" : "rounded");
	/* A cluster without a node is not drawn, and an edge needs a node to begin at. */
	buf_puts(out, "\t\t\t\"network ");
	put_quoted(out, network->name);
	buf_puts(out, "\" [shape=point];\n");
	for (size_t i = 0; i < network->n_endpoints; i++)
		put_node(out, &graph->endpoints[network->first_endpoint + i]);
	buf_puts(out, "\t\t}\n");
}

/* One arrow for each subnet that has a way out: dashed, where addresses are changed on the way. */
static void put_ways(struct buf *out, const struct graph_network *network)
{
	for (size_t i = 0; i < network->n_subnets; i++) {
		const struct graph_subnet *subnet = &network->subnets[i];

		if (subnet->exit == GRAPH_EXIT_NONE)
			continue;
		buf_puts(out, "\t\"network ");
		put_quoted(out, network->name);
		buf_puts(out, "\" -> \"outside\" [label=\"");
		put_quoted(out, subnet->subnet);
		buf_printf(out, "\", style=%s];\n",
			   subnet->exit == GRAPH_EXIT_NAT ? "dashed" : "solid");
	}
}

/* The list of a container's endpoints is in order, so neighbours in it are joined. The line has no
 * arrow, for it is no way that a packet takes. */
static void put_joins(struct buf *out, const struct graph *graph)
{
	for (size_t i = 0; i < graph->n_containers; i++) {
		const struct graph_endpoint *endpoint = graph->containers[i].endpoints;

		for (; endpoint && endpoint->next; endpoint = endpoint->next) {
			buf_puts(out, "\t");
			put_member(out, endpoint);
			buf_puts(out, " -> ");
			put_member(out, endpoint->next);
			buf_puts(out, " [style=dotted, dir=none];\n");
		}
	}
}

/* It is called twice: without edges, for the nodes inside the host, and with edges, when all nodes
 * are there. A twin has the same words, and would be the same node again. The edge ends at the
 * endpoint that the port leads to. A container without endpoints has no such end, and its port is
 * left out. */
static void put_ports(struct buf *out, const struct graph *graph, bool edges)
{
	for (size_t i = 0; i < graph->n_ports; i++) {
		const struct graph_port *port = &graph->ports[i];
		const struct graph_endpoint *end = graph_end_of(port);

		if (!graph_is_of_host(port) || port->is_twin || !end)
			continue;
		buf_puts(out, edges ? "\t" : "\t\t");
		put_port(out, port);
		if (edges) {
			buf_puts(out, " -> ");
			put_member(out, end);
			buf_puts(out, " [label=\"");
			graph_words_target(port, out);
			buf_puts(out, "\"];\n\t\"outside\" -> ");
			put_port(out, port);
			buf_puts(out, ";\n");
		} else {
			_cleanup_(buf_done) struct buf words = { 0 };

			graph_words_published(port, &words);
			buf_puts(out, " [shape=cds, label=\"");
			put_quoted(out, words.data ? words.data : "");
			buf_puts(out, "\"];\n");
		}
	}
}

/* rankdir=LR: networks stand side by side and arrows go to the right. compound lets edges end at
 * clusters. The text is for dot(1). An error is noted in `out`. */
void graph_dot(const struct graph *graph, struct buf *out)
{
	buf_puts(out, "digraph netd {\n"
		      "\trankdir=LR;\n"
		      "\tcompound=true;\n"
		      "\tnode [shape=box, fontname=\"monospace\"];\n"
		      "\tgraph [fontname=\"monospace\"];\n"
		      "\tedge [fontname=\"monospace\"];\n"
		      "\t\"outside\" [shape=ellipse];\n"
		      "\tsubgraph cluster_host {\n"
		      "\t\tlabel=\"host\";\n");
	put_ports(out, graph, false);
	for (size_t i = 0; i < graph->n_networks; i++)
		if (graph_is_drawn(&graph->networks[i]))
			put_network(out, graph, i);
	buf_puts(out, "\t}\n");
	put_ports(out, graph, true);
	for (size_t i = 0; i < graph->n_networks; i++)
		if (graph_is_drawn(&graph->networks[i]))
			put_ways(out, &graph->networks[i]);
	put_joins(out, graph);
	buf_puts(out, "}\n");
}

// SPDX-License-Identifier: GPL-2.0-or-later
// graph_words.c - what stands beside networks, containers and ports in every picture of them
#include "cli/graph/graph_words.h"

#include <string.h>

/* Theory of operation. All pictures say the same in the same words, so each wording stands here
 * once. Everything that comes out of the snapshot passes graph_words_put(): it leaves printable
 * ASCII, whatever a name has in it, so that no terminal is driven by a name and a byte is a
 * column. */

/* Appends the text with every byte that does not print as one "?". */
void graph_words_put(struct buf *out, const char *text)
{
	for (; *text; text++) {
		char c = *text >= 0x20 && *text < 0x7f ? *text : '?';

		/* The bytes that go on a character of UTF-8 are part of the "?" before them. */
		if (((unsigned char)*text & 0xc0) != 0x80)
			buf_append(out, &c, 1);
	}
}

/* One port, or the first and the last of a run. `count` is at least 1. */
static void put_range(long long first, long long count, struct buf *out)
{
	buf_printf(out, "%lld", first);
	if (count > 1)
		buf_printf(out, "-%lld", first + count - 1);
}

/* "*:8080/tcp", "127.0.0.1:80-89/tcp", "[::1]:53/udp". The asterisk is every address of both
 * families. IPv6 addresses stand in brackets, before the colon of the port. */
void graph_words_published(const struct graph_port *port, struct buf *out)
{
	bool is_ipv6 = strchr(port->host_ip, ':') != NULL;

	if (port->on_both)
		buf_puts(out, "*");
	else if (is_ipv6)
		buf_puts(out, "[");
	if (!port->on_both)
		graph_words_put(out, port->host_ip);
	if (is_ipv6 && !port->on_both)
		buf_puts(out, "]");
	buf_puts(out, ":");
	put_range(port->host_port, port->count, out);
	buf_puts(out, "/");
	graph_words_put(out, port->protocol);
}

/* Only numbers: the container stands beside it. A run is shown by its first and its last port. */
void graph_words_target(const struct graph_port *port, struct buf *out)
{
	put_range(port->container_port, port->count, out);
}

/* "10.0.0.0/24 by 10.0.0.1, NAT as 192.0.2.1". What is missing in the snapshot is left out with its
 * words. */
void graph_words_subnet(const struct graph_network *network, const struct graph_subnet *subnet,
			struct buf *out)
{
	graph_words_put(out, subnet->subnet);
	if (*subnet->gateway) {
		buf_puts(out, " by ");
		graph_words_put(out, subnet->gateway);
	}
	switch (subnet->exit) {
	case GRAPH_EXIT_NONE:
		/* An internal network says so itself. */
		buf_puts(out, network->internal ? "" : ", no way out");
		break;
	case GRAPH_EXIT_NAT:
		buf_puts(out, *subnet->leaves_with ? ", NAT as " : ", NAT");
		graph_words_put(out, subnet->leaves_with);
		break;
	case GRAPH_EXIT_ROUTED:
		buf_puts(out, ", routed");
		break;
	}
}

/* Without a bridge the driver says what kind of network it is. */
void graph_words_bridge(const struct graph_network *network, struct buf *out)
{
	if (*network->bridge) {
		buf_puts(out, "bridge ");
		graph_words_put(out, network->bridge);
		buf_printf(out, ", MTU %lld", network->mtu);
	} else {
		buf_puts(out, "driver ");
		graph_words_put(out, network->driver);
	}
	buf_puts(out, network->internal ? ", internal" : "");
}

/* Other networks that the container is on; nothing where there are none. A second endpoint on the
 * same network is none of them. The names have commas between them. */
void graph_words_others(const struct graph_endpoint *endpoint, struct buf *out)
{
	const char *before = "also on ";

	for (const struct graph_endpoint *other = endpoint->container->endpoints; other;
	     other = other->next) {
		if (other->network == endpoint->network)
			continue;
		buf_puts(out, before);
		graph_words_put(out, other->network->name);
		before = ", ";
	}
}

/* Nothing where all is well, so a caller sees by the length whether something is broken. The
 * interface is that of the container. */
void graph_words_broken(const struct graph_endpoint *endpoint, struct buf *out)
{
	if (!graph_is_broken(endpoint))
		return;
	graph_words_put(out, endpoint->interface);
	buf_puts(out,
		 endpoint->link == GRAPH_LINK_DOWN ? ": its link is down" : ": its link is gone");
}

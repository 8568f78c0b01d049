// SPDX-License-Identifier: GPL-2.0-or-later
// graph_words.h - what stands beside networks, containers and ports in every picture of them
#pragma once

#include "base/buf.h"
#include "cli/graph/graph.h"

/* All append to out plain, printable ASCII: what else a text has becomes "?", for a terminal, a
 * browser or a program that draws may act on it. */
void graph_words_put(struct buf *out, const char *text);

/* "*:8080-8089/tcp", "[fd00::1]:53/udp": a port of the host, or of whoever else has the address. */
void graph_words_published(const struct graph_port *port, struct buf *out);
/* "80-89": where it leads. */
void graph_words_target(const struct graph_port *port, struct buf *out);
/* "10.61.0.0/24 by 10.61.0.1, NAT" */
void graph_words_subnet(const struct graph_network *network, const struct graph_subnet *subnet,
			struct buf *out);
/* "bridge br-171e28d97dbb, MTU 1500"; the driver, where there is no bridge. */
void graph_words_bridge(const struct graph_network *network, struct buf *out);
/* "also on blue, red"; nothing where it is on no other network. */
void graph_words_others(const struct graph_endpoint *endpoint, struct buf *out);
/* What is wrong: "eth0: its link is down"; nothing where nothing is. */
void graph_words_broken(const struct graph_endpoint *endpoint, struct buf *out);

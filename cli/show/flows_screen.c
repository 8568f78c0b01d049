// SPDX-License-Identifier: GPL-2.0-or-later
// flows_screen.c - the connections of a container, for a terminal
#include "cli/show/flows_screen.h"

#include "cli/line/cli.h"
#include "cli/show/lines.h"
#include "cli/show/traffic.h"

#include <stdio.h>
#include <string.h>

/* A line for each, in columns; what NAT changes stands below, indented. */
#define AT_PROTOCOL 5
#define AT_PEER 11
#define AT_STATE 50
#define PEER_ROOM 33
#define PORT_END 49
#define RECEIVED_END 71
#define NAT_INDENT 11

/* A number that is wider than its column pushes the next one on. */
static void put_right(struct lines *lines, size_t end, const char *text)
{
	size_t len = strlen(text);

	lines_pad(lines, len < end ? end - len : 0);
	lines_put(lines, text, LINES_PLAIN);
}

/* Writes a text that begins at a column, or one blank behind what is there. */
static void put_at(struct lines *lines, size_t column, const char *text)
{
	lines_pad(lines, column);
	lines_put(lines, text, LINES_PLAIN);
}

/* The same columns as put_flow(). */
static void put_header(struct lines *lines)
{
	lines_put(lines, "DIR", LINES_PLAIN);
	put_at(lines, AT_PROTOCOL, "PROTO");
	put_at(lines, AT_PEER, "PEER");
	put_right(lines, PORT_END, "PORT");
	put_at(lines, AT_STATE, "STATE");
	put_right(lines, RECEIVED_END, "RECEIVED");
	put_right(lines, LINES_WIDTH, "SENT");
	lines_end(lines);
}

/* Null, where the kernel does not count, is a dash. */
static void put_number(struct lines *lines, size_t end, const json_t *flow, const char *key)
{
	const json_t *value = json_object_get(flow, key);
	char text[TRAFFIC_SIZE_LEN] = "-";

	if (json_is_integer(value))
		traffic_size((double)json_integer_value(value), text);
	put_right(lines, end, text);
}

/* 0: the protocol has no ports. */
static json_int_t port_of(const json_t *flow, const char *key)
{
	return json_integer_value(json_object_get(flow, key));
}

/* The port is never cut: a name that leaves it no room is. The brackets of an IPv6 address are
 * counted in. */
static void put_peer(struct lines *lines, const json_t *flow)
{
	const char *peer = cli_str(flow, "Peer");
	char port[16] = "", cut[PEER_ROOM + 16], name[PEER_ROOM + 1];
	bool is_6 = strchr(peer, ':') != NULL;

	if (port_of(flow, "PeerPort") > 0)
		(void)snprintf(port, sizeof(port), "%s:%lld", is_6 ? "]" : "",
			       (long long)port_of(flow, "PeerPort"));
	lines_cut(peer, PEER_ROOM + 1 - strlen(port) - (is_6 && *port ? 1 : 0), name);
	(void)snprintf(cut, sizeof(cut), "%s%s%s", is_6 && *port ? "[" : "", name, port);
	put_at(lines, AT_PEER, cut);
}

/* A port of 0 is a protocol without ports. */
static void put_flow(struct lines *lines, const json_t *flow)
{
	static const char *const changes[] = { "Destination", "Source" };
	char port[16] = "-";

	lines_put(lines, cli_str(flow, "Direction"), LINES_PLAIN);
	put_at(lines, AT_PROTOCOL, cli_str(flow, "Protocol"));
	put_peer(lines, flow);
	if (port_of(flow, "Port") > 0)
		(void)snprintf(port, sizeof(port), "%lld", (long long)port_of(flow, "Port"));
	put_right(lines, PORT_END, port);
	put_at(lines, AT_STATE, cli_str(flow, "State"));
	put_number(lines, RECEIVED_END, flow, "ReceivedBytes");
	put_number(lines, LINES_WIDTH, flow, "SentBytes");
	lines_end(lines);
	for (size_t i = 0; i < 2; i++) {
		if (!*cli_str(flow, changes[i]))
			/* "192.0.2.1:80 -> 10.0.0.2:8080", as netd says it; nothing where NAT
			 * changes nothing. */
			continue;
		lines_pad(lines, NAT_INDENT);
		lines_wrap(lines, NAT_INDENT + 2, cli_str(flow, changes[i]));
		lines_end(lines);
	}
}

/* "Cut" is netd's word for a list that has a limit. */
void flows_screen(const json_t *answer, struct buf *out)
{
	const json_t *flows = json_object_get(answer, "Flows");
	struct lines lines = { .out = out };
	json_t *flow;
	size_t i;

	put_header(&lines);
	json_array_foreach (flows, i, flow)
		put_flow(&lines, flow);
	/* Without flows there is nothing that could be counted, so nothing is said of it. */
	if (json_array_size(flows) > 0 && !json_is_true(json_object_get(answer, "Counted"))) {
		lines_wrap(&lines, 0,
			   "Bytes are not counted: sysctl -w net.netfilter.nf_conntrack_acct=1 has "
			   "the kernel count those of connections that begin later.");
		lines_end(&lines);
	}
	if (json_is_true(json_object_get(answer, "Cut"))) {
		lines_wrap(&lines, 0, "There are more than are shown.");
		lines_end(&lines);
	}
}

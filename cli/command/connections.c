// SPDX-License-Identifier: GPL-2.0-or-later
// connections.c - netctl connections
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/flows_screen.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"

#include <string.h>

/* Each field has the title that it gets in a table.
 *
 * netd reads the kernel's table of connections and keeps those that have the container at one end.
 * Connections between two containers of one network do not pass the host, and are not there. */
static const struct listing_field fields[] = {
	{ "Destination", "DESTINATION" },
	{ "Direction", "DIRECTION" },
	{ "Network", "NETWORK" },
	{ "Peer", "PEER" },
	{ "PeerAddress", "PEER ADDRESS" },
	{ "PeerPort", "PEER PORT" },
	{ "Port", "PORT" },
	{ "Protocol", "PROTOCOL" },
	{ "ReceivedBytes", "RECEIVED" },
	{ "ReceivedPackets", "RECEIVED PACKETS" },
	{ "SentBytes", "SENT" },
	{ "SentPackets", "SENT PACKETS" },
	{ "Source", "SOURCE" },
	{ "State", "STATE" },
	{ "TimeoutSeconds", "TIMEOUT" },
	{ 0 },
};

/* The default table is never shown: flows_screen() stands for it. It has to be there all the same,
 * for listing_check(). */
static const struct listing listing = { .fields = fields, .table = "{{.Peer}}\t{{.State}}" };

/* Three forms: a table made for flows, a table or a template of the user's, or JSON. 0, or the
 * error is set. JSON has a line for each connection. */
static int show(const struct args *args, const json_t *answer, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	const char *format = args_text(args, "format");

	/* A table of the command's own, for what NAT changes has a line below. */
	if (format && *format && strcmp(format, "table") != 0)
		return listing_print(&listing, args, json_object_get(answer, "Flows"), error);
	flows_screen(answer, &out);
	return format_write(&out, error);
}

/* A container without connections is a success. */
static int run_connections(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *answer = NULL;
	struct error error = { 0 };

	if (listing_check(&listing, args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* The name is quoted for the path. */
	cli_path(&path, "/netd/v1/containers/", args->operands[0], "/connections");
	if (path.err < 0)
		(void)error_system(&error, path.err, "asking netd"); /* fills error */
	if (path.err < 0 || cli_call(cli, "GET", path.data, NULL, &answer, &error) < 0 ||
	    show(args, answer, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

const struct command command_connections = {
	.path = "connections",
	.operands = "CONTAINER",
	.summary = "Show a container's connections that pass the host",
	.example = "netctl connections web",
	.detail = "Fields for --format: Network Protocol Direction Peer PeerAddress PeerPort Port\n"
		  "State TimeoutSeconds Destination Source ReceivedBytes ReceivedPackets\n"
		  "SentBytes SentPackets",
	.flags = { format_flags },
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_connections,
};

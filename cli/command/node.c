// SPDX-License-Identifier: GPL-2.0-or-later
// node.c - netctl node: ls, rm (node inspect is in inspect.c)
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"
#include "cli/show/rows.h"

#include <stdio.h>

/* Theory of operation. A node is a host of the cluster, as netd's records have it: netd answers
 * from what the cluster has told it last. Nothing is asked of the other hosts. */

/* The columns that --format knows. All of them are texts. */
static const struct listing_field fields[] = {
	{ "Addresses", "ADDRESSES" },
	{ "ID", "ID" },
	{ "Name", "NAME" },
	{ "Self", "SELF" },
	{ "Status", "STATUS" },
	{ "Version", "VERSION" },
	{ 0 },
};

static const struct listing listing = {
	.fields = fields,
	.table = "{{.ID}}\t{{.Name}}\t{{.Status}}\t{{.Addresses}}\t{{.Version}}",
	.quiet_field = "ID",
	/* A host of a cluster has itself in its list. */
	.none = "this host is in no cluster: `netctl cluster init` makes one, `netctl cluster "
		"join` "
		"enters one",
};

/* A truth that is missing is false. Self is the host that answers; Alive is one that has told of
 * itself lately. */
static bool is(const json_t *node, const char *key)
{
	return json_is_true(json_object_get(node, key));
}

/* A row is made of texts only (listing.h). "lost" is a host that has not said lately that it lives.
 * NULL: out of memory, or a text that is no UTF-8; listing_run() tells it. */
static json_t *node_row(const json_t *node, bool whole_ids)
{
	_cleanup_(buf_done) struct buf addresses = { 0 };
	const json_t *address;
	size_t i;

	json_array_foreach (json_object_get(node, "Addresses"), i, address)
		buf_printf(&addresses, "%s%s", i > 0 ? "," : "", json_string_value(address));
	return json_pack("{s:s, s:s#, s:s, s:s, s:s, s:s}", "Addresses",
			 addresses.data ? addresses.data : "", "ID", cli_str(node, "Id"),
			 (int)row_id_len(cli_str(node, "Id"), whole_ids), "Name",
			 cli_str(node, "Name"), "Self", is(node, "Self") ? "true" : "false",
			 "Status", is(node, "Alive") ? "alive" : "lost", "Version",
			 cli_str(node, "Version"));
}

/* Sorted by name, so that two calls look the same. */
static int run_ls(struct cli *cli, const struct args *args)
{
	return listing_run(&listing, cli, args, "/netd/v1/nodes", node_row);
}

static const struct flag ls_flags[] = {
	{ .name = "no-trunc", .help = "Whole ids" },
	{ .name = "quiet", .letter = 'q', .help = "Only ids" },
	{ 0 },
};

const struct command command_node_ls = {
	.path = "node ls",
	.alias = "node list",
	.summary = "List the hosts of the cluster",
	.example = "netctl node ls",
	.detail = "Fields for --format: ID Name Status Addresses Version Self",
	.flags = { ls_flags, format_flags },
	.run = run_ls,
};

/* netd refuses a host that is alive, unless it is forced to. The name is printed as it was given,
 * once the host is gone. */
static int remove_one(struct cli *cli, const struct args *args, const char *name)
{
	return cli_remove(cli, "/netd/v1/nodes/", name,
			  args_switch(args, "force") ? "?force=1" : "");
}

static int run_rm(struct cli *cli, const struct args *args)
{
	return cli_each(cli, args, remove_one);
}

static const struct flag rm_flags[] = {
	{ .name = "force", .letter = 'f', .help = "Also one that is alive" },
	{ 0 },
};

const struct command command_node_rm = {
	.path = "node rm",
	.alias = "node remove",
	.operands = "NODE…",
	.noun = NOUN_NODE,
	.summary = "Remove hosts that are lost from the cluster, with all that they have written",
	.example = "netctl node rm worker1",
	.flags = { rm_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.run = run_rm,
};

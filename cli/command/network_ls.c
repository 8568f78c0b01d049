// SPDX-License-Identifier: GPL-2.0-or-later
// network_ls.c - netctl network ls
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"
#include "cli/show/rows.h"

#include <errno.h>
#include <string.h>

static const struct listing_field fields[] = {
	{ "CreatedAt", "CREATED AT" },
	{ "Driver", "DRIVER" },
	{ "ID", "NETWORK ID" },
	{ "IPv4", "IPV4" },
	{ "IPv6", "IPV6" },
	{ "Internal", "INTERNAL" },
	{ "Labels", "LABELS" },
	{ "Name", "NAME" },
	{ "Scope", "SCOPE" },
	{ 0 },
};

static const struct listing listing = {
	.fields = fields,
	.table = "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
	.quiet_field = "ID",
};

static const char *truth(const json_t *network, const char *key)
{
	return json_is_true(json_object_get(network, key)) ? "true" : "false";
}

/* Every field is a text, as docker's CLI has it. Daemons that say nothing of IPv4 have it. */
static json_t *network_row(const json_t *network, bool whole_ids)
{
	_cleanup_(buf_done) struct buf labels = { 0 };
	char created[ROW_TIME_MAX];
	const char *ipv4 = json_object_get(network, "EnableIPv4") ? truth(network, "EnableIPv4")
								  : "true";

	/* json_pack() copies all texts, so what they are made in may end with this function. */
	row_labels(json_object_get(network, "Labels"), &labels);
	row_time(cli_str(network, "Created"), created);
	return json_pack("{s:s, s:s, s:s#, s:s, s:s, s:s, s:s, s:s, s:s}", "CreatedAt", created,
			 "Driver", cli_str(network, "Driver"), "ID", cli_str(network, "Id"),
			 (int)row_id_len(cli_str(network, "Id"), whole_ids), "IPv4", ipv4, "IPv6",
			 truth(network, "EnableIPv6"), "Internal", truth(network, "Internal"),
			 "Labels", labels.data ? labels.data : "", "Name", cli_str(network, "Name"),
			 "Scope", cli_str(network, "Scope"));
}

static int run_ls(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *networks = NULL, *rows = NULL;
	struct error error = { 0 };

	buf_puts(&path, "/networks");
	/* Both are told before netd is asked: a template may name a field that is none, whatever
	 * there is to list. */
	if (listing_check(&listing, args, &error) < 0 || cli_filters(args, &path, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* Sorted by name, as docker's list is, so that two calls look the same. */
	if (path.err < 0 || cli_call(cli, "GET", path.data, NULL, &networks, &error) < 0 ||
	    rows_make(networks, network_row, args_switch(args, "no-trunc"), "Name", &rows, &error) <
		    0 ||
	    listing_print(&listing, args, rows, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

static const struct flag ls_flags[] = {
	{ .name = "filter",
	  .letter = 'f',
	  .value = "KEY=VALUE",
	  .help = "Only what matches; keys: dangling driver id label name scope type" },
	{ .name = "no-trunc", .help = "Whole ids" },
	{ .name = "quiet", .letter = 'q', .help = "Only ids" },
	{ 0 },
};

const struct command command_network_ls = {
	.path = "network ls",
	.alias = "network list",
	.summary = "List networks",
	.detail = "Fields for --format: ID Name Driver Scope IPv4 IPv6 Internal Labels CreatedAt",
	.flags = { ls_flags, format_flags },
	.run = run_ls,
};

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
#include <stdio.h>
#include <string.h>

/* One call gives the list; each network becomes a row of texts, and show/listing.c prints the rows.
 * The names of fields are those of `docker network ls`, so a format that is made for it is good
 * here. Subnets and Containers are netd's own. */
static const struct listing_field fields[] = {
	{ "Containers", "CONTAINERS" },
	{ "CreatedAt", "CREATED AT" },
	{ "Driver", "DRIVER" },
	{ "ID", "NETWORK ID" },
	{ "IPv4", "IPV4" },
	{ "IPv6", "IPV6" },
	{ "Internal", "INTERNAL" },
	{ "Labels", "LABELS" },
	{ "Name", "NAME" },
	{ "Scope", "SCOPE" },
	{ "Subnets", "SUBNETS" },
	{ 0 },
};

static const struct listing listing = {
	.fields = fields,
	/* netd's own columns behind docker's, which scripts count. */
	.table = "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}\t{{.Subnets}}\t"
		 "{{.Containers}}",
	.quiet_field = "ID",
};

/* Truths are the words that docker's templates print. A key that is missing is false. */
static const char *truth(const json_t *network, const char *key)
{
	return json_is_true(json_object_get(network, key)) ? "true" : "false";
}

/* "10.0.0.0/24,fd00::/64". Appends the subnets of both families, with commas. A network without
 * addresses leaves it empty. */
static void read_subnets(const json_t *network, struct buf *out)
{
	const json_t *configs = json_object_get(json_object_get(network, "IPAM"), "Config");
	json_t *config;
	size_t i;

	json_array_foreach (configs, i, config)
		buf_printf(out, "%s%s", out->len ? "," : "", cli_str(config, "Subnet"));
}

/* Every field is a text, as docker's CLI has it. Daemons that say nothing of IPv4 have it, and
 * Docker's own counts no containers. NULL: out of memory, or a text that is no UTF-8; rows_make()
 * tells it. */
static json_t *network_row(const json_t *network, bool whole_ids)
{
	_cleanup_(buf_done) struct buf labels = { 0 }, subnets = { 0 };
	const json_t *count = json_object_get(network, "ContainerCount");
	char created[ROW_TIME_MAX], containers[24] = "";
	const char *ipv4 = json_object_get(network, "EnableIPv4") ? truth(network, "EnableIPv4")
								  : "true";

	/* json_pack() copies all texts, so what they are made in may end with this function. */
	row_labels(json_object_get(network, "Labels"), &labels);
	row_time(cli_str(network, "Created"), created);
	read_subnets(network, &subnets);
	if (json_is_integer(count))
		(void)snprintf(containers, sizeof(containers), "%lld",
			       (long long)json_integer_value(count));
	return json_pack(
		"{s:s, s:s, s:s, s:s#, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "Containers",
		containers, "CreatedAt", created, "Driver", cli_str(network, "Driver"), "ID",
		cli_str(network, "Id"), (int)row_id_len(cli_str(network, "Id"), whole_ids), "IPv4",
		ipv4, "IPv6", truth(network, "EnableIPv6"), "Internal", truth(network, "Internal"),
		"Labels", labels.data ? labels.data : "", "Name", cli_str(network, "Name"), "Scope",
		cli_str(network, "Scope"), "Subnets", subnets.data ? subnets.data : "");
}

/* The exit code. --quiet prints ids alone, for scripts that pass them on. */
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

/* The keys of filters are Docker's. */
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
	.example = "netctl network ls --filter driver=bridge",
	.detail = "Fields for --format: ID Name Driver Scope IPv4 IPv6 Internal Labels CreatedAt\n"
		  "Subnets Containers",
	.flags = { ls_flags, format_flags },
	.run = run_ls,
};

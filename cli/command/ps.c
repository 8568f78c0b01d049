// SPDX-License-Identifier: GPL-2.0-or-later
// ps.c - netctl ps
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"
#include "cli/show/port_summary.h"
#include "cli/show/rows.h"
#include "client/calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The fields have the names that docker's own `ps` gives them, so a format that uses these is good
 * for both. Addresses is netd's own: who calls this wants to see how containers are wired. */

/* State of this file: there is none. One call gives the list, a row of texts is made of each
 * container, and show/listing.c prints the rows as a table, as JSON or by a template. */
static const struct listing_field fields[] = {
	{ "Addresses", "ADDRESSES" },
	{ "Command", "COMMAND" },
	{ "CreatedAt", "CREATED AT" },
	{ "ID", "CONTAINER ID" },
	{ "Image", "IMAGE" },
	{ "Labels", "LABELS" },
	{ "Names", "NAMES" },
	{ "Networks", "NETWORKS" },
	{ "Ports", "PORTS" },
	{ "RunningFor", "ATTACHED" },
	{ "State", "STATE" },
	{ "Status", "STATUS" },
	{ 0 },
};

/* The default table shows how containers are wired. Image, command and state are left to
 * --format. */
static const struct listing listing = {
	.fields = fields,
	.table = "{{.ID}}\t{{.Names}}\t{{.Networks}}\t{{.Addresses}}\t{{.RunningFor}}\t{{.Ports}}",
	.quiet_field = "ID",
};

/* "5 minutes ago"; the largest unit that gives at least two, as docker's lists do. */
static void age(json_int_t created, char *text, size_t size)
{
	/* The largest unit first: the first one that gives two is the one to show. */
	static const struct {
		const char *name;
		json_int_t seconds;
	} units[] = { { "weeks", 604800 },
		      { "days", 86400 },
		      { "hours", 3600 },
		      { "minutes", 60 },
		      { "seconds", 1 } };
	/* Negative where a clock was set back: "just now". */
	json_int_t seconds = (json_int_t)time(NULL) - created;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (seconds >= 2 * units[i].seconds) {
			(void)snprintf(text, size, "%lld %s ago",
				       (long long)(seconds / units[i].seconds), units[i].name);
			return;
		}
	(void)snprintf(text, size, "just now");
}

/* Appends one address of an endpoint, with a comma before it unless it is the first. */
static void add_address(struct buf *out, const json_t *endpoint, const char *key)
{
	/* Docker's API has an empty text, and not null, where an endpoint has no address of a
	 * family. */
	if (*cli_str(endpoint, key))
		buf_printf(out, "%s%s", out->len ? "," : "", cli_str(endpoint, key));
}

/* Fills both columns in one walk, so that the order of addresses is that of the networks' names
 * beside them. */
static void read_networks(const json_t *container, struct buf *names, struct buf *addresses)
{
	json_t *networks = json_object_get(json_object_get(container, "NetworkSettings"),
					   "Networks");
	const char *name;
	json_t *endpoint;

	json_object_foreach (networks, name, endpoint) {
		buf_printf(names, "%s%s", names->len ? "," : "", name);
		for (enum family family = 0; family < FAMILY_N; family++)
			add_address(addresses, endpoint, calls_family[family].address);
	}
}

/* Never NULL, also for a column that nothing was written to. */
static const char *text_of(const struct buf *buf)
{
	/* json_pack() takes no NULL, and a buffer that was never written to has no text. */
	return buf->data ? buf->data : "";
}

/* Docker's API writes a slash before a name, and may list several names of which the first is the
 * container's own. */
static const char *first_name(const json_t *container)
{
	const char *name =
		json_string_value(json_array_get(json_object_get(container, "Names"), 0));

	/* A row without a name is better than no row. */
	if (!name)
		return "";
	return *name == '/' ? name + 1 : name;
}

/* The row of one container: a new object whose values are all texts. NULL: out of memory, or a text
 * that is no UTF-8; rows_make() tells it. A lack of memory in one of the buffers shows as a column
 * that is cut, which is better than no list. */
static json_t *container_row(const json_t *container, bool whole_ids)
{
	_cleanup_(buf_done) struct buf networks = { 0 }, addresses = { 0 }, labels = { 0 };
	_cleanup_(buf_done) struct buf ports = { 0 };
	json_int_t created = json_integer_value(json_object_get(container, "Created"));
	char created_at[ROW_TIME_MAX], running_for[ROW_TIME_MAX];

	read_networks(container, &networks, &addresses);
	row_labels(json_object_get(container, "Labels"), &labels);
	port_summary(json_object_get(container, "Ports"), &ports);
	row_time_unix(created, created_at);
	age(created, running_for, sizeof(running_for));
	/* All texts are copied: the buffers end with this function. */
	return json_pack("{s:s, s:s, s:s, s:s#, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
			 "Addresses", text_of(&addresses), "Command", cli_str(container, "Command"),
			 "CreatedAt", created_at, "ID", cli_str(container, "Id"),
			 (int)row_id_len(cli_str(container, "Id"), whole_ids), "Image",
			 cli_str(container, "Image"), "Labels", text_of(&labels), "Names",
			 first_name(container), "Networks", text_of(&networks), "Ports",
			 text_of(&ports), "RunningFor", running_for, "State",
			 cli_str(container, "State"), "Status", cli_str(container, "Status"));
}

/* A list without containers is a success, as with docker. The exit code. */
static int run_ps(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *containers = NULL, *rows = NULL;
	struct error error = { 0 };

	/* Docker's API leaves out what does not run unless it is asked for all. */
	buf_puts(&path, "/containers/json?all=1");
	if (listing_check(&listing, args, &error) < 0 || cli_filters(args, &path, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* No field to sort by: the rows stay in the order of netd's answer, which has the newest
	 * first, as docker's list does. */
	if (path.err < 0 || cli_call(cli, "GET", path.data, NULL, &containers, &error) < 0 ||
	    rows_make(containers, container_row, args_switch(args, "no-trunc"), NULL, &rows,
		      &error) < 0 ||
	    listing_print(&listing, args, rows, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

/* --all changes nothing, since netd knows only containers that are attached; scripts that were
 * written for docker give it. */
static const struct flag ps_flags[] = {
	{ .name = "all",
	  .letter = 'a',
	  .help = "Accepted for docker's sake; all are shown anyway" },
	{ .name = "filter",
	  .letter = 'f',
	  .value = "KEY=VALUE",
	  .help = "Only what matches; keys: id name label network status" },
	{ .name = "no-trunc", .help = "Whole ids" },
	{ .name = "quiet", .letter = 'q', .help = "Only ids" },
	{ 0 },
};

const struct command command_ps = {
	.path = "ps",
	.summary = "List attached containers",
	.example = "netctl ps",
	.detail = "Fields for --format: ID Names Networks Addresses Ports Labels CreatedAt "
		  "RunningFor "
		  "State Status Image Command",
	.flags = { ps_flags, format_flags },
	.run = run_ps,
};

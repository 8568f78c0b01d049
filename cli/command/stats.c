// SPDX-License-Identifier: GPL-2.0-or-later
// stats.c - netctl stats
#include "cli/command/stats.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"
#include "cli/show/lost.h"
#include "cli/show/traffic_screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. Each look is a snapshot, of which netd gathers what is asked for outside of
 * its loop; rates are the difference of two of them. The first has none: it is shown at once all
 * the same, and with --no-stream it is the only one. */

/* --- looking ---------------------------------------------------------------------------------- */

/* The flags that stats and top share. */
const struct flag stats_look_flags[] = {
	{ .name = "interval",
	  .value = "SECONDS",
	  .help = "From one look to the next, 0.1 to 3600; 1 unless given" },
	{ .name = "networks", .help = "A line for each network of a container" },
	{ 0 },
};

/* The text is shown cut in the error: it may be anything. 0 and milliseconds, or the error is set.
 * The lower limit keeps netd from gathering snapshots without a pause. */
static int read_interval(const char *text, unsigned int *ret_ms, struct error *error)
{
	char *end = NULL;
	double seconds = text ? strtod(text, &end) : 1.;

	/* "nan" is no number from 0.1 to 3600 either: each comparison with it is false. */
	if (text && (end == text || *end || !(seconds >= 0.1 && seconds <= STATS_INTERVAL_MAX_S)))
		return error_set(error, ERROR_INVALID,
				 "--interval '%.32s' is no number of seconds from 0.1 to %d", text,
				 STATS_INTERVAL_MAX_S);
	*ret_ms = (unsigned int)(seconds * 1000. + .5);
	return 0;
}

/* What netctl stats and netctl top share. The texts belong to args. 0, or the error is set. It asks
 * nobody. */
int stats_look_init(struct stats_look *look, struct cli *cli, const struct args *args,
		    struct error *error)
{
	look->cli = cli;
	look->args = args;
	look->by_network = args_switch(args, "networks");
	return read_interval(args_text(args, "interval"), &look->interval_ms, error);
}

/* The look before gives the rates, and is freed only when the new one is there: after an error it
 * is still whole. 0, or the error is set. `now` belongs to the look and is freed by
 * stats_look_done(). */
int stats_look_again(struct stats_look *look, struct error *error)
{
	_cleanup_(buf_done) struct buf snapshot = { 0 };
	struct traffic traffic = { 0 };
	int err = cli_call_text(look->cli, "/netd/v1/snapshot?parts=" TRAFFIC_PARTS, &snapshot,
				error);

	if (err == 0)
		err = traffic_read(snapshot.data, snapshot.len, look->by_network, deadline_now_s(),
				   &traffic, error);
	if (err == 0)
		/* Names that no container has are an error, also when a container has gone
		 * between two looks. */
		err = traffic_choose(&traffic, look->args->operands, look->args->n_operands, error);
	if (err < 0) {
		traffic_done(&traffic);
		return err;
	}
	traffic_rate(&traffic, &look->now);
	traffic_done(&look->now);
	look->now = traffic;
	return 0;
}

/* It may be called when nothing was looked at. The look may be used again afterwards, as one that
 * has seen nothing. */
void stats_look_done(struct stats_look *look)
{
	traffic_done(&look->now);
}

/* --- showing ---------------------------------------------------------------------------------- */

/* The fields that docker's `stats` has keep its names; Received and Sent are netd's own. */
static const struct listing_field fields[] = {
	{ "ID", "CONTAINER ID" },
	{ "Name", "NAME" },
	{ "NetIO", "NET I/O" },
	{ "Networks", "NETWORKS" },
	{ "Queries", "QUERIES" },
	{ "QueriesFailed", "QUERIES FAILED" },
	{ "ReceivedBytes", "RECEIVED" },
	{ "ReceivedBytesPerSecond", "RECEIVED/S" },
	{ "ReceivedDropped", "RECEIVED DROPPED" },
	{ "ReceivedPackets", "RECEIVED PACKETS" },
	{ "ReceivedPacketsPerSecond", "RECEIVED PACKETS/S" },
	{ "SentBytes", "SENT" },
	{ "SentBytesPerSecond", "SENT/S" },
	{ "SentDropped", "SENT DROPPED" },
	{ "SentPackets", "SENT PACKETS" },
	{ "SentPacketsPerSecond", "SENT PACKETS/S" },
	{ 0 },
};

/* The default table is another one: traffic_screen() makes it, with columns of its own. */
static const struct listing listing = { .fields = fields, .table = "{{.Name}}\t{{.NetIO}}" };

/* No format, and "table", are the command's own table. "table" followed by a template is a listing
 * like any other, and is not meant here. */
static bool is_table(const struct args *args)
{
	const char *format = args_text(args, "format");

	return !format || !*format || strcmp(format, "table") == 0;
}

/* Somebody has to enter the container's namespace for it, a process for each: so it is done for
 * those that are named, and where it is asked for. A container that goes meanwhile, or has no
 * namespace of its own, has lost nothing of its own. */
static int ask_losses(const struct stats_look *look, const struct traffic_row *row,
		      json_t **ret_losses, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *answer = NULL;
	int err;

	cli_path(&path, "/netd/v1/containers/", row->id, "/losses");
	if (path.err < 0)
		return error_system(error, path.err, "asking netd");
	err = cli_ask(look->cli, "GET", path.data, NULL, &answer, error);
	if (err < 0 && error->kind != ERROR_NOT_FOUND && error->kind != ERROR_INVALID)
		return err;
	*ret_losses = lost_of(row, answer);
	return *ret_losses ? 0 : error_system(error, -ENOMEM, "reading the losses");
}

/* 0, or the error is set. Losses are there where they were asked for. */
static int add_row(const struct stats_look *look, const struct traffic_row *row, json_t *rows,
		   struct error *error)
{
	json_t *losses = NULL;
	json_auto_t *json = traffic_json(row, args_switch(look->args, "no-trunc"));
	int err = json ? 0 : error_system(error, -ENOMEM, "listing");

	if (err == 0 && args_switch(look->args, "reasons"))
		err = ask_losses(look, row, &losses, error);
	if (err == 0 && losses)
		err = cli_set(json, "Losses", losses, error);
	if (err == 0 && json_array_append(rows, json) < 0)
		err = error_system(error, -ENOMEM, "listing");
	return err;
}

/* JSON or a template of the user's: each look is a set of rows. 0, or the error is set. A value
 * that is not known is null in JSON. */
static int show_rows(const struct stats_look *look, struct error *error)
{
	json_auto_t *rows = json_array();
	int err = rows ? 0 : error_system(error, -ENOMEM, "listing");

	for (size_t i = 0; i < look->now.n && err == 0; i++)
		err = add_row(look, &look->now.rows[i], rows, error);
	return err < 0 ? err : listing_print(&listing, look->args, rows, error);
}

/* Below the table, each container's own. 0, or the error is set. */
static int put_losses(const struct stats_look *look, struct buf *out, struct error *error)
{
	int err = 0;

	for (size_t i = 0; i < look->now.n && err == 0; i++) {
		json_auto_t *losses = NULL;

		err = ask_losses(look, &look->now.rows[i], &losses, error);
		if (err == 0)
			lost_screen(look->now.rows[i].name, losses, out);
	}
	return err;
}

/* In a terminal each table takes the place of the one before; elsewhere they follow one another.
 * The clearing and the table are one write, for half a screen flickers. The control sequences move
 * the cursor to the corner and clear the screen; they are those of every terminal since the
 * VT100. */
static int show_table(const struct stats_look *look, bool is_first, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };

	if (!args_switch(look->args, "no-stream") && isatty(STDOUT_FILENO))
		buf_puts(&out, "\033[H\033[2J");
	else if (!is_first)
		buf_puts(&out, "\n");
	traffic_screen(&look->now, look->by_network, NULL, SIZE_MAX, &out);
	if (args_switch(look->args, "reasons") && put_losses(look, &out, error) < 0)
		return error->code;
	return format_write(&out, error);
}

/* 0, or the error is set. */
static int show(struct stats_look *look, bool is_first, struct error *error)
{
	int err;

	/* By name, so that a container stays on its line from look to look. */
	traffic_sort(&look->now, TRAFFIC_BY_NAME);
	err = is_table(look->args) ? show_table(look, is_first, error) : show_rows(look, error);
	/* Whoever reads this through a pipe waits for the next look, not for a full block. */
	if (err == 0 && fflush(stdout) != 0)
		err = error_system(error, -errno, "writing the output");
	return err;
}

/* An error ends it: netd that has gone is told, and not waited for. The first look has no rates. It
 * is shown all the same, so that the user does not stare at an empty screen for an interval. */
static int look_and_show(struct stats_look *look, struct error *error)
{
	bool goes_on = !args_switch(look->args, "no-stream"), is_first = true;
	int err;

	do {
		/* From look to look, however long one takes. */
		int64_t next = deadline_after(look->interval_ms);

		err = stats_look_again(look, error);
		if (err == 0)
			err = show(look, is_first, error);
		is_first = false;
		if (err == 0 && goes_on)
			(void)deadline_poll(NULL, 0, next); /* there is nothing else to wait for */
	} while (err == 0 && goes_on);
	return err;
}

/* With a terminal the command ends by Ctrl-C alone, which needs no handler: nothing is left
 * behind. */
static int run_stats(struct cli *cli, const struct args *args)
{
	struct stats_look look = { 0 };
	struct error error = { 0 };
	int status = CLI_DONE;

	if (listing_check(&listing, args, &error) < 0 ||
	    stats_look_init(&look, cli, args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (args_switch(args, "reasons") && (args->n_operands == 0 || look.by_network))
		return cli_usage(args, "--reasons looks into each container that is named: name "
				       "some, and leave --networks out");
	if (look_and_show(&look, &error) < 0)
		status = cli_fail(&error);
	stats_look_done(&look);
	return status;
}

static const struct flag stats_flags[] = {
	{ .name = "no-stream", .help = "One look, which has no rates" },
	{ .name = "no-trunc", .help = "Whole ids" },
	{ .name = "reasons", .help = "What was lost inside of those that are named, by reason" },
	{ 0 },
};

const struct command command_stats = {
	.path = "stats",
	.operands = "[CONTAINER...]",
	.summary = "Show what goes through containers' interfaces",
	.example = "netctl stats --no-stream web",
	.detail =
		"Received and sent are the container's.\n"
		"Fields for --format: ID Name Networks NetIO Queries QueriesFailed (questions to\n"
		"DNS, and those in vain), and of Received and Sent each\n"
		"Bytes, Packets, Dropped, BytesPerSecond and PacketsPerSecond: ReceivedBytes ...",
	.flags = { stats_flags, stats_look_flags, format_flags },
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_stats,
};

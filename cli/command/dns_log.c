// SPDX-License-Identifier: GPL-2.0-or-later
// dns_log.c - netctl dns log
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/line/stream.h"
#include "cli/show/format.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. netd's answer is a line for each question (docs/api.md): of a table, whose
 * columns have their widths from the beginning, or an object. There may be a hundred thousand a
 * second, and a processor that is busy here answers nobody; so both are passed on as they are. Only
 * for a template an object is read. Who reads it through a pipe gets each line as it comes. */

/* any: something was shown. It lives as long as the stream; `args` is borrowed. */
struct shown {
	const struct args *args;
	bool any;
};

/* The table, as it is without --format. */
static bool is_table(const struct args *args)
{
	const char *format = args_text(args, "format");

	return !format || !*format || strcmp(format, "table") == 0;
}

static bool is_json(const struct args *args)
{
	const char *format = args_text(args, "format");

	return format && strcmp(format, "json") == 0;
}

/* That nobody looked before we do needs no words. Netd leaves it out of a table by itself. */
static bool is_first_begun(const struct shown *shown, const char *line, size_t len)
{
	static const char end[] = "\"Event\":\"begun\"}";
	const size_t n = sizeof(end) - 1;

	return !shown->any && len >= n && memcmp(line + len - n, end, n) == 0;
}

/* It is called for each line of the stream. */
static int pass_on(const char *line, size_t len, void *data, struct error *error)
{
	struct shown *shown = data;

	(void)error;
	if (is_first_begun(shown, line, len))
		return 0;
	shown->any = true;
	/* The line's end is behind it: a line is taken out of what has one. */
	(void)fwrite(line, 1, len + 1, stdout); /* commands_main looks at ferror */
	return 0;
}

/* By a template. 0, or the error is set. */
static int show_entry(const char *line, size_t len, void *data, struct error *error)
{
	struct shown *shown = data;
	json_auto_t *entry = NULL;
	bool done;

	if (is_first_begun(shown, line, len))
		return 0;
	shown->any = true;
	entry = json_loadb(line, len, 0, NULL);
	if (!entry)
		return error_set(error, ERROR_INTERNAL, "netd sent no valid JSON");
	return format_value(shown->args, entry, &done, error);
}

/* Errors stay in the buffer, and are looked at once. --from is passed as it was typed: netd reads
 * "N" and "+N". */
static void make_path(const struct args *args, struct buf *path)
{
	const char *from = args_text(args, "from");

	buf_puts(path, "/netd/v1/dns/log?follow=");
	buf_puts(path, args_switch(args, "follow") ? "1" : "0");
	buf_puts(path, args_switch(args, "failed") ? "&failed=1" : "");
	buf_puts(path, is_table(args) ? "&table=1" : "");
	if (from)
		cli_path(path, "&from=", from, "");
	if (args->n_operands > 0)
		cli_path(path, "&name=", args->operands[0], "");
}

/* With --follow it goes on until it is interrupted or netd ends. */
static int run_log(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct shown shown = { .args = args };
	struct error error = { 0 };
	stream_line_fn show = is_table(args) || is_json(args) ? pass_on : show_entry;

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	make_path(args, &path);
	if (path.err < 0)
		(void)error_system(&error, path.err, "reading the options");
	else if (stream_lines(cli, path.data, show, &shown, &error) == 0) {
		/* On standard error, and with status 0: an empty log is no failure. */
		if (!shown.any)
			(void)fprintf(stderr,
				      "netctl: nothing is there to show: questions are noted only "
				      "while somebody looks, as --follow does\n");
		return CLI_DONE;
	}
	return cli_fail(&error);
}

/* -n is tail's letter for the same thing. */
static const struct flag log_flags[] = {
	{ .name = "follow", .letter = 'f', .help = "Go on with what is asked from now on" },
	{ .name = "from",
	  .letter = 'n',
	  .value = "N",
	  .help = "Begin with the last N of those noted, or with number N where it is +N" },
	{ .name = "failed", .help = "Only what was not answered with NOERROR" },
	{ .name = "format",
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, or a Go template such as '{{.Name}}'" },
	{ 0 },
};

const struct command command_dns_log = {
	.path = "dns log",
	.operands = "[CONTAINER]",
	.summary = "Show what containers ask the resolver, and what they are answered",
	.example = "netctl dns log --follow --failed",
	.detail =
		"Noted are the last 8191 questions, and only while somebody follows.\n"
		"Without --from, all of those are shown, or with --follow none of them.\n"
		"FROM is local (netd's own names), cache, upstream, joined (somebody else had\n"
		"asked already), hedged (another server than the first) or none (nobody to ask).\n"
		"Fields for --format: Number Time Container Name Type Class Protocol Source Code\n"
		"Nanoseconds; or Lost, or Event, for what is missing",
	.flags = { log_flags },
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_log,
};

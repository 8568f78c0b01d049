// SPDX-License-Identifier: GPL-2.0-or-later
// dns_log.c - netctl dns log
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/line/stream.h"
#include "cli/show/format.h"
#include "cli/show/lines.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. netd's answer is an object for each question (docs/api.md), with escapes
 * where a name has bytes that do not print. It is shown as it comes: columns have their widths
 * from the beginning, and what may be longer than any column, the name, comes last. Lines are
 * written as they come, so that a pipe shows each at once. */

/* Where columns begin. They count from 0. A time has 12 letters, and a name of a container is not
 * cut. */
enum { AT_WHO = 14, AT_SOURCE = 30, AT_CODE = 40, AT_TOOK = 50, AT_TYPE = 62, AT_NAME = 68 };

/* any: something was shown, so the heading was, too. It lives as long as the stream; `args` is
 * borrowed. */
struct shown {
	const struct args *args;
	bool any;
};

/* A text that runs into the next column pushes that one on; nothing is cut. column 0 begins the
 * line. */
static void put_at(struct lines *lines, size_t column, const char *text)
{
	if (column > 0)
		lines_pad(lines, column);
	lines_put(lines, text, LINES_PLAIN);
}

/* The time is UTC, as netd notes it. The columns are those of put_question(). */
static void put_heading(struct lines *lines)
{
	put_at(lines, 0, "TIME (UTC)");
	put_at(lines, AT_WHO, "CONTAINER");
	put_at(lines, AT_SOURCE, "FROM");
	put_at(lines, AT_CODE, "CODE");
	put_at(lines, AT_TOOK, "TOOK");
	put_at(lines, AT_TYPE, "TYPE");
	put_at(lines, AT_NAME, "NAME");
	lines_end(lines);
}

/* "13:45:12.123" of "2026-01-02T13:45:12.123456789Z". Only the hour is shown. The number of the
 * column fits the text exactly. An entry without a time, such as a remark, has an empty column. */
static void put_time(struct lines *lines, const json_t *entry)
{
	const char *time = strchr(cli_str(entry, "Time"), 'T');
	char text[13] = "";

	if (time)
		(void)snprintf(text, sizeof(text), "%s", time + 1);
	put_at(lines, 0, text);
}

/* What is no question: why something is missing here. Such a line stands where the gap is. NULL:
 * the entry is a question. The text is `buffer` or a constant. */
static const char *remark_of(const json_t *entry, char *buffer, size_t size)
{
	const json_t *lost = json_object_get(entry, "Lost");
	const char *event = cli_str(entry, "Event");

	/* Questions were overwritten before netd could read them. */
	if (lost) {
		(void)snprintf(buffer, size, "-- %lld questions were not read in time",
			       (long long)json_integer_value(lost));
		return buffer;
	}
	/* Noting begins when somebody looks first. */
	if (strcmp(event, "begun") == 0)
		return "-- nobody looked, and nothing was noted until here";
	if (strcmp(event, "resolver") == 0)
		return "-- another resolver process has taken over";
	return NULL;
}

/* A question has either a code or no reply; a packet that was no question has no type. The time
 * that an answer took is shown in milliseconds with three places: microseconds matter for what
 * comes from the cache. */
static void put_question(struct lines *lines, const json_t *entry)
{
	double ns = (double)json_integer_value(json_object_get(entry, "Nanoseconds"));
	const char *code = cli_str(entry, "Code"), *type = cli_str(entry, "Type");
	char took[32];

	(void)snprintf(took, sizeof(took), "%.3f ms", ns / 1e6);
	put_time(lines, entry);
	put_at(lines, AT_WHO, cli_str(entry, "Container"));
	put_at(lines, AT_SOURCE, cli_str(entry, "Source"));
	put_at(lines, AT_CODE, *code ? code : "no reply");
	put_at(lines, AT_TOOK, took);
	put_at(lines, AT_TYPE, *type ? type : "-");
	put_at(lines, AT_NAME, *type ? cli_str(entry, "Name") : "(no question)");
	lines_end(lines);
}

/* It is called for each object of the stream. An error ends the stream. 0, or the error is set.
 * `entry` is freed by the stream. */
static int show_entry(json_t *entry, void *data, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	struct lines lines = { .out = &out };
	struct shown *shown = data;
	char buffer[64];
	const char *remark = remark_of(entry, buffer, sizeof(buffer));
	bool is_first = !shown->any, done;
	int err;

	/* That nobody looked before we do needs no words. */
	if (is_first && strcmp(cli_str(entry, "Event"), "begun") == 0)
		return 0;
	shown->any = true;
	/* A format of the user's shows remarks as well, since their keys tell them. */
	err = format_value(shown->args, entry, &done, error);
	if (err < 0 || done)
		return err;
	/* A heading stands above the first line only, and not at all when nothing comes. */
	if (is_first)
		put_heading(&lines);
	if (remark)
		put_at(&lines, 0, remark);
	if (remark)
		lines_end(&lines);
	else
		put_question(&lines, entry);
	return format_write(&out, error);
}

/* Errors stay in the buffer, and are looked at once. --from is passed as it was typed: netd reads
 * "N" and "+N". */
static void make_path(const struct args *args, struct buf *path)
{
	const char *from = args_text(args, "from");

	buf_puts(path, "/netd/v1/dns/log?follow=");
	buf_puts(path, args_switch(args, "follow") ? "1" : "0");
	buf_puts(path, args_switch(args, "failed") ? "&failed=1" : "");
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

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	make_path(args, &path);
	if (path.err < 0)
		(void)error_system(&error, path.err, "reading the options");
	else if (stream_objects(cli, path.data, show_entry, &shown, &error) == 0) {
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

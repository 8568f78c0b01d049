// SPDX-License-Identifier: GPL-2.0-or-later
// events.c - netctl events
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/line/stream.h"
#include "cli/show/format.h"

#include <stdio.h>
#include <time.h>

/* Docker's stream of events: a JSON object for each, with no end of its own. Each is printed as it
 * comes, in the form that `docker events` has, or by the user's format. Filters and times are
 * netd's to judge, as they are Docker's daemon's.
 *
 * Ends the line. Attributes stand in brackets; without any there are no brackets. */
static void print_attributes(const json_t *attributes)
{
	const char *separator = " (", *key;
	json_t *value;

	json_object_foreach ((json_t *)attributes, key, value) {
		(void)printf("%s%s=%s", separator, key,
			     json_is_string(value) ? json_string_value(value) : "");
		separator = ", ";
	}
	(void)puts(json_object_size(attributes) ? ")" : "");
}

/* "2025-01-02T03:04:05.000000006Z network connect ID (container=…, name=…)". The line has no form
 * that a program could rely on; --format json has. */
static void print_event(const json_t *event)
{
	json_int_t nano = json_integer_value(json_object_get(event, "timeNano"));
	const json_t *actor = json_object_get(event, "Actor");
	time_t seconds = (time_t)(nano / 1000000000);
	char when[32] = "";
	struct tm tm;

	/* gmtime_r(3) fails for years that an int does not hold: such a line has no date, but the
	 * rest of it is still worth seeing. It is UTC, with all nine digits, so that lines sort as
	 * text. */
	if (gmtime_r(&seconds, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)printf("%s.%09lldZ %s %s %s", when, (long long)(nano % 1000000000),
		     cli_str(event, "Type"), cli_str(event, "Action"), cli_str(actor, "ID"));
	print_attributes(json_object_get(actor, "Attributes"));
}

/* It is called for each object of the stream, with the arguments as its data. An error ends the
 * stream. */
static int show_event(json_t *event, void *data, struct error *error)
{
	bool done;
	int err = format_value(data, event, &done, error);

	if (err == 0 && !done)
		print_event(event);
	return err;
}

/* 0, or the error is set. Times are passed as they were typed: netd reads all forms that Docker's
 * daemon reads. */
static int make_path(const struct args *args, struct buf *path, struct error *error)
{
	const char *since = args_text(args, "since"), *until = args_text(args, "until");

	buf_puts(path, "/events");
	if (since)
		cli_path(path, "?since=", since, "");
	if (until)
		cli_path(path, since ? "&until=" : "?until=", until, "");
	if (path->err < 0)
		return error_system(error, path->err, "reading the options");
	/* cli_filters() comes last: it looks whether there is a '?' already. */
	return cli_filters(args, path, error);
}

/* Without --until it goes on until it is interrupted or netd ends. */
static int run_events(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct error error = { 0 };

	/* A template that does not parse is told before the wait for the first event, which may be
	 * long. */
	if (make_path(args, &path, &error) < 0 || format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	/* 0: netd has ended the stream, as --until has it do. */
	if (stream_objects(cli, path.data, show_event, (void *)args, &error) == 0)
		return CLI_DONE;
	return cli_fail(&error);
}

/* The names are those of `docker events`. */
static const struct flag events_flags[] = {
	{ .name = "filter",
	  .letter = 'f',
	  .value = "KEY=VALUE",
	  .help = "Only what matches; keys: type event network container label scope" },
	{ .name = "since",
	  .value = "TIME",
	  .help = "Past ones too: Unix seconds, RFC 3339 or a duration such as 10m" },
	{ .name = "until", .value = "TIME", .help = "End then" },
	{ .name = "format",
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, or a Go template such as '{{.Action}}'" },
	{ 0 },
};

const struct command command_events = {
	.path = "events",
	.summary = "Show what happens to networks and containers, as it happens",
	.example = "netctl events --filter container=web",
	.flags = { events_flags },
	.run = run_events,
};

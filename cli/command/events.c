// SPDX-License-Identifier: GPL-2.0-or-later
// events.c - netctl events
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. The answer to GET /events is one JSON object a line and has no end of its
 * own. Pieces of it come as the socket hands them out, cut anywhere, so they gather in a buffer
 * until a line is whole. Each event is printed and flushed at once: whoever reads this through a
 * pipe waits for the next event, not for a full block. */

/* The stream as it comes in pieces, and what to do with each line of it. */
struct watcher {
	const struct args *args;
	struct buf line;
	struct error error;
};

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

/* "2025-01-02T03:04:05.000000006Z network connect ID (container=…, name=…)" */
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

static int show_line(struct watcher *watcher, const char *line, size_t len)
{
	json_auto_t *event = json_loadb(line, len, 0, NULL);
	bool done;
	int err;

	/* One line that cannot be read ends it all: what follows would be from a peer that does not
	 * speak our language. */
	if (!event)
		return error_set(&watcher->error, ERROR_INTERNAL, "netd sent no valid JSON");
	err = format_value(watcher->args, event, &done, &watcher->error);
	if (err == 0 && !done)
		print_event(event);
	/* Without this, stdio would hold lines back for a full block wherever stdout is no
	 * terminal. A reader that has gone ends the command here. */
	if (err == 0 && fflush(stdout) != 0)
		err = error_system(&watcher->error, -errno, "writing the output");
	return err;
}

/* client_stream passes on positive values as they are; our errors are in the watcher. */
static int on_data(const char *data, size_t len, void *user)
{
	struct watcher *watcher = user;
	const char *end;

	buf_append(&watcher->line, data, len);
	/* A peer that never ends a line must not fill our memory. */
	if (watcher->line.err < 0 || watcher->line.len > CLIENT_EVENT_MAX) {
		(void)error_set(&watcher->error, ERROR_INTERNAL, "an event is too large");
		return 1;
	}
	/* An empty buffer may have no data at all, and memchr(3) takes no NULL. */
	while (watcher->line.len > 0 &&
	       (end = memchr(watcher->line.data, '\n', watcher->line.len))) {
		size_t line_len = (size_t)(end - watcher->line.data);

		if (line_len > 0 && show_line(watcher, watcher->line.data, line_len) < 0)
			return 1;
		/* Also after an empty line, or it would be found again for ever. */
		buf_consume(&watcher->line, line_len + 1);
	}
	return 0;
}

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

static int run_events(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct watcher watcher = { .args = args };
	int err, status;

	/* A template that does not parse is told before the wait for the first event, which may be
	 * long. */
	if (make_path(args, &path, &watcher.error) < 0 || format_check(args, &watcher.error) < 0)
		return cli_usage(args, "%s", watcher.error.text);
	err = cli_connect(cli, &watcher.error);
	/* Not cli_call(), which reads an answer to its end. */
	if (err == 0)
		err = client_stream(cli->client, path.data, &status, NULL, on_data, &watcher,
				    &watcher.error);
	buf_done(&watcher.line);
	/* 0: netd has ended the stream, as --until has it do. */
	return err == 0 ? CLI_DONE : cli_fail(&watcher.error);
}

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
	.flags = { events_flags },
	.run = run_events,
};

// SPDX-License-Identifier: GPL-2.0-or-later
// drops.c - netctl drops
#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/command/explain_here.h"
#include "cli/line/cli.h"
#include "cli/show/explained.h"
#include "cli/show/format.h"
#include "cli/show/thrown.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Theory of operation. As with netctl trace root runs netd-explain here, and netd has it answer
 * others. A terminal shows the places of now, the worst first, in its other screen; what it
 * showed last stays in the usual one when it is left. Lines that come are of four sorts: the
 * first says that counting has begun, the others are a place, the end of an interval, and the
 * end; keys tell them. */

/* The exit status: nothing was counted. */
#define DROPS_CANNOT_LOOK 4

/* One watch. `args` is borrowed; the places are freed by thrown_places_done() once the screen was
 * left. */
struct dropping {
	const struct args *args;
	/* is_screen: the output is a terminal, and no format was asked for. has_screen: the
	 * other screen is on, and has to be left. */
	struct thrown_places places;
	/* n_left_out and n_uncounted come with the last line, and are what was not shown: drops
	 * without a meaning, and those for which the table in the kernel had no room. */
	unsigned long wanted, n_shown; /* wanted 0: without an end */
	long long n_left_out, n_uncounted;
	bool colour, is_screen, verbose, has_header, has_screen;
};

/* --- a terminal ------------------------------------------------------------------------------- */

/* Unknown, or too small for a heading and a line: nothing is cut then. It is asked anew for each
 * screen, since a window may change its size. */
static size_t rows_of_terminal(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 3)
		return SIZE_MAX;
	return size.ws_row - 1U; /* into the last line it would scroll */
}

/* It is drawn anew once an interval: the cursor goes to the top, and everything is cleared. The
 * first time switches to the other screen (1049) and hides the cursor (25), as xterm's control
 * sequences have it. 0, or the error is set: a terminal that has gone away ends the watch. */
static int show_screen(struct dropping *dropping, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	int err;

	buf_puts(&out,
		 dropping->has_screen ? "\033[H\033[2J" : "\033[?1049h\033[?25l\033[H\033[2J");
	dropping->has_screen = true;
	thrown_places_screen(&dropping->places, dropping->colour, rows_of_terminal(), &out);
	/* A place that drops nothing any more stays for a while, and then goes. */
	thrown_places_age(&dropping->places);
	err = format_write(&out, error);
	return err == 0 && fflush(stdout) != 0 ? error_system(error, -errno, "writing the output")
					       : err;
}

/* It runs on every way out, also after an error, or the terminal would stay as it is. Errors are
 * ignored, because the command is about to end anyway. */
static void leave_screen(struct dropping *dropping)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	struct error error;

	if (!dropping->has_screen)
		return;
	buf_puts(&out, "\033[?25h\033[?1049l");
	/* The whole of what was shown last, however long: the user reads it by scrolling. */
	thrown_places_screen(&dropping->places, dropping->colour, SIZE_MAX, &out);
	(void)format_write(&out, &error); /* there is nobody to tell when the terminal has gone */
	(void)fflush(stdout);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Whoever reads this by a pipe waits for the next line, not for a full block. Both a line and a
 * format end with it. It passes an earlier error through, so that callers can chain it. */
static int flush(int err, struct error *error)
{
	return err == 0 && fflush(stdout) != 0 ? error_system(error, -errno, "writing the output")
					       : err;
}

/* A line in a pipe: with a format, or as a row of the table. 0, or the error is set. A format of
 * the user's gets the line as it came. */
static int show_line(struct dropping *dropping, json_t *line, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	bool done = false;
	int err = format_value(dropping->args, line, &done, error);

	if (err < 0 || done)
		return flush(err, error);
	/* A heading with the first line, so nothing is written when nothing is dropped. */
	if (!dropping->has_header)
		thrown_header(dropping->colour, &out);
	dropping->has_header = true;
	thrown_line(line, dropping->colour, &out);
	return flush(format_write(&out, error), error);
}

/* In a terminal places are kept until the interval ends; a line is written at once. The count is of
 * places that were shown. One interval may have many of them, so the number may be reached in its
 * middle. */
static int show_place(struct dropping *dropping, json_t *line, struct error *error)
{
	int err;

	/* A decoy is a packet that the kernel drops by design, such as a copy for a link that
	 * does not want it. */
	if (json_object_get(line, "Decoy") && !dropping->verbose)
		return 0;
	if (dropping->wanted > 0 && dropping->n_shown >= dropping->wanted)
		return 0; /* they were on their way */
	if (dropping->is_screen) {
		err = thrown_places_add(&dropping->places, line);
		if (err < 0)
			return error_system(error, err, "showing drops");
	} else {
		err = show_line(dropping, line, error);
	}
	/* 1 ends the watch: as many lines as were wanted were shown. */
	return err < 0 ? err : ++dropping->n_shown == dropping->wanted;
}

/* On standard error, so that a pipe has lines alone. Without the kernel's own events netd-explain
 * counts what the links say, and that is told once, at the beginning. */
static void tell_ready(const json_t *line)
{
	const char *lacks = cli_str(line, "Lacks"), *without = cli_str(line, "Without");
	const char *of = cli_str(line, "Of");

	if (*lacks)
		(void)fprintf(stderr,
			      "netctl: %s\n"
			      "netctl: without it there are the counters of the host's links, "
			      "which do not say why\n",
			      lacks);
	if (*without)
		(void)fprintf(stderr, "netctl: %s\n", without);
	(void)fprintf(stderr, "netctl: counting drops%s%s; Ctrl-C ends it\n", *of ? " of " : "",
		      of);
}

/* It takes each line. 0: go on; 1: that is enough; or an error. It is called once for each line, in
 * its order. */
static int take(json_t *line, void *data, struct error *error)
{
	struct dropping *dropping = data;

	if (json_object_get(line, "Where"))
		return show_place(dropping, line, error);
	if (json_object_get(line, "Ready"))
		tell_ready(line);
	if (json_object_get(line, "LeftOut"))
		dropping->n_left_out = json_integer_value(json_object_get(line, "LeftOut"));
	if (json_object_get(line, "Uncounted"))
		dropping->n_uncounted = json_integer_value(json_object_get(line, "Uncounted"));
	/* Only a screen has something to do at the end of an interval. */
	return dropping->is_screen && json_object_get(line, "Interval")
		       ? show_screen(dropping, error)
		       : 0;
}

/* What was not shown is said at the end, in one line each. It stands behind the last screen, where
 * the user still sees it. */
static void tell_end(const struct dropping *dropping)
{
	if (dropping->n_left_out > 0 && !dropping->verbose)
		(void)fprintf(stderr,
			      "netctl: left out %lld drops that mean nothing, such as copies for "
			      "others (-v shows them)\n",
			      dropping->n_left_out);
	if (dropping->n_uncounted > 0)
		(void)fprintf(stderr,
			      "netctl: %lld drops are missing: they were at more places than "
			      "there is room for\n",
			      dropping->n_uncounted);
}

/* --- the question ----------------------------------------------------------------------------- */

/* CLI_DONE (0) for a watch that was ended, CLI_USAGE (2), or DROPS_CANNOT_LOOK (4). */
static int run_drops(struct cli *cli, const struct args *args)
{
	struct dropping dropping = { .args = args, .colour = explained_wants_colour() };
	struct explain_watch watch = { .take = take, .data = &dropping };
	struct explain_here asked = { .drops = true,
				      .name = args->n_operands > 0 ? args->operands[0] : NULL,
				      .watch = &watch };
	const char *format = args_text(args, "format");
	struct error error = { 0 };
	int err;

	dropping.verbose = args_switch(args, "verbose");
	/* With a format lines are written even on a terminal: a program may read them. */
	dropping.is_screen = !format && isatty(STDOUT_FILENO);
	if (format_check(args, &error) < 0 ||
	    explain_here_count(args_text(args, "count"), &dropping.wanted, &error) < 0 ||
	    explain_here_until(args_text(args, "for"), "--for", &watch.deadline_ms, &error) < 0)
		return cli_usage(args, "%s", error.text);
	err = explain_here_watch(cli, args, asked, &error);
	/* The screen is left before errors are told, or they would go with it. */
	leave_screen(&dropping);
	thrown_places_done(&dropping.places);
	if (err < 0) {
		(void)cli_fail(&error);
		return DROPS_CANNOT_LOOK;
	}
	tell_end(&dropping);
	return CLI_DONE;
}

static const struct flag drops_flags[] = {
	{ .name = "count", .value = "N", .help = "End after so many lines" },
	{ .name = "for", .value = "TIME", .help = "End after so long (30s, 2m)" },
	{ .name = "verbose",
	  .letter = 'v',
	  .help = "Drops that mean nothing, too, such as copies for others" },
	{ 0 },
};

const struct command command_drops = {
	.path = "drops",
	.operands = "[NAME]",
	.summary = "Show what the kernel throws away now, by container, reason and place",
	.example = "netctl drops web",
	.detail = "NAME is a container or a network.\n"
		  "Root on netd's host sees everything, also when netd is dead; members of netd's\n"
		  "group, and who asks another host, what netd's containers do.\n"
		  "Exit status: 0 it was ended, 2 usage, 4 cannot look",
	.flags = { drops_flags, explain_here_flags, format_flags },
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_drops,
};

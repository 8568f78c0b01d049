// SPDX-License-Identifier: GPL-2.0-or-later
// trace.c - netctl trace
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "cli/command/command.h"
#include "cli/command/explain_here.h"
#include "cli/line/cli.h"
#include "cli/show/explained.h"
#include "cli/show/followed.h"
#include "cli/show/format.h"
#include "diag/followed_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Programs in the kernel say where a container's packets come by, and its
 * own trace which rules they meet. Root runs netd-explain here, which goes with this process,
 * however that ends; for others netd has it answer. A line has a key that tells what it is:
 * "Ready" first, "Event" for each packet, rule or counter, and the numbers of the end. */

/* The exit status: nothing could be traced. */
#define TRACE_CANNOT_LOOK 4

/* look says how lines are written. n_left_out counts what was not worth a line. One trace. `args`
 * is borrowed. n_lost and lost_rules come with the last lines of the answer and tell what is
 * missing. */
struct tracing {
	const struct args *args;
	struct followed_look look;
	unsigned long wanted, n_shown, n_left_out; /* wanted 0: without an end */
	long long n_lost;
	bool is_json, lost_rules;
};

/* --- lines ------------------------------------------------------------------------------------ */

/* On standard error: standard output has lines alone. What this trace lacks is said before the
 * first, so that silence is not misread. "Of" is the container as whoever traces has found it, so
 * the user sees which one was meant. */
static void tell_ready(const json_t *line)
{
	static const char *const keys[] = { "Lacks", "Without", "RulesLack" };

	if (*cli_str(line, "Lacks"))
		(void)fprintf(stderr, "netctl: without the tracer there are rules and counters "
				      "only, and not where packets come by\n");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (*cli_str(line, keys[i]))
			(void)fprintf(stderr, "netctl: %s\n", cli_str(line, keys[i]));
	(void)fprintf(stderr, "netctl: tracing %s; Ctrl-C ends it\n", cli_str(line, "Of"));
}

/* Whoever reads this by a pipe waits for the next line, not for a full block. It passes an earlier
 * error through, so that callers can chain it. */
static int flush(int err, struct error *error)
{
	return err == 0 && fflush(stdout) != 0 ? error_system(error, -errno, "writing the output")
					       : err;
}

/* 1 ends the watch: as many as were wanted were shown. What is left out does not count. 0: go on. A
 * negative errno: the error is set, and the watch ends. */
static int show_event(struct tracing *tracing, json_t *line, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	bool done = false;
	int err = format_value(tracing->args, line, &done, error);

	if (err < 0)
		return err;
	/* followed_screen() is false for a drop that means nothing. */
	if (!done && !followed_screen(line, &tracing->look, &out)) {
		tracing->n_left_out++;
		return 0;
	}
	if (!done)
		err = format_write(&out, error);
	err = flush(err, error);
	if (err < 0)
		return err;
	return ++tracing->n_shown == tracing->wanted;
}

/* It takes each line. The numbers are kept for the end. It is the callback of explain_here_watch(),
 * called once for each whole line. */
static int take(json_t *line, void *data, struct error *error)
{
	struct tracing *tracing = data;

	/* Lines that were on their way when the watch was told to end are not shown: the user
	 * has asked for a number. */
	if (tracing->wanted > 0 && tracing->n_shown >= tracing->wanted &&
	    json_object_get(line, "Event"))
		return 0; /* they were on their way */
	if (json_object_get(line, "Event"))
		return show_event(tracing, line, error);
	if (json_object_get(line, "Lost"))
		tracing->n_lost = json_integer_value(json_object_get(line, "Lost"));
	if (json_is_true(json_object_get(line, "RulesLost")))
		tracing->lost_rules = true;
	if (json_object_get(line, "Ready"))
		tell_ready(line);
	/* JSON has every line, with those that carry no event. */
	return tracing->is_json ? flush(format_write_json(line, error), error) : 0;
}

/* What is missing is told once, at the end. It stands behind the last line, on standard error. */
static void tell_end(const struct tracing *tracing)
{
	if (tracing->n_left_out > 0)
		(void)fprintf(stderr,
			      "netctl: left out %lu drops that mean nothing, such as copies for "
			      "others (-v shows them)\n",
			      tracing->n_left_out);
	if (tracing->n_lost > 0)
		(void)fprintf(stderr,
			      "netctl: %lld packets came faster than they could be told, and are "
			      "missing\n",
			      tracing->n_lost);
	if (tracing->lost_rules)
		(void)fprintf(stderr, "netctl: rules were met faster than they could be told: some "
				      "are missing\n");
}

/* --- the question ----------------------------------------------------------------------------- */

/* Mistakes in the words are told before anybody is asked to trace. CLI_DONE (0) for a trace that
 * was ended, CLI_USAGE (2), or TRACE_CANNOT_LOOK (4). */
static int run_trace(struct cli *cli, const struct args *args)
{
	struct tracing tracing = { .args = args };
	struct explain_watch watch = { .take = take, .data = &tracing };
	const char *const *words = (const char *const *)args->operands + 1;
	struct explain_here asked = { .follow = args->operands[0],
				      .filter = words,
				      .n_filter = args->n_operands - 1,
				      .no_rules = args_switch(args, "no-rules"),
				      .watch = &watch };
	const char *format = args_text(args, "format");
	struct followed_filter filter;
	struct error error = { 0 };

	tracing.look = (struct followed_look) { .colour = explained_wants_colour(),
						.numeric = args_switch(args, "numeric"),
						.verbose = args_switch(args, "verbose") };
	tracing.is_json = format && strcmp(format, "json") == 0;
	if (format_check(args, &error) < 0 ||
	    followed_filter_read(words, asked.n_filter, &filter, &error) < 0 ||
	    explain_here_count(args_text(args, "count"), &tracing.wanted, &error) < 0 ||
	    explain_here_until(args_text(args, "for"), "--for", &watch.deadline_ms, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (explain_here_watch(cli, args, asked, &error) < 0) {
		(void)cli_fail(&error);
		return TRACE_CANNOT_LOOK;
	}
	tell_end(&tracing);
	return CLI_DONE;
}

static const struct flag trace_flags[] = {
	{ .name = "count", .value = "N", .help = "End after so many events" },
	{ .name = "for", .value = "TIME", .help = "End after so long (30s, 2m)" },
	{ .name = "no-rules", .help = "Without the rules of nftables that they meet" },
	{ .name = "numeric", .letter = 'n', .help = "Addresses instead of names" },
	{ .name = "verbose",
	  .letter = 'v',
	  .help = "Drops that mean nothing, too, such as copies for others" },
	{ 0 },
};

const struct command command_trace = {
	.path = "trace",
	.operands = "A [tcp|udp|icmp] [port N] [host NAME]",
	.summary = "Show the packets of a container as they come by, wherever they go",
	.example = "netctl trace web tcp port 80",
	.detail =
		"A is a container, pid:N or netns:PATH. The host of a filter is a container or an "
		"address, at the other end.\n"
		"Root on netd's host sees everything, also when netd is dead; members of netd's\n"
		"group, and who asks another host, what netd's containers do.\n"
		"Exit status: 0 it was ended, 2 usage, 4 cannot look",
	.flags = { trace_flags, explain_here_flags, format_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_trace,
};

// SPDX-License-Identifier: GPL-2.0-or-later
// logs.c - netctl logs: what a command of run -d wrote
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/command/run_end.h"
#include "cli/command/run_output.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* "all", as docker has it, or a number. 0, or the error is set. */
static int read_tail(const char *text, size_t *ret_n, struct error *error)
{
	char *end;
	unsigned long long n;

	*ret_n = SIZE_MAX;
	if (!text || strcmp(text, "all") == 0)
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end || *text == '-')
		return error_set(error, ERROR_INVALID, "--tail '%.32s' is no number of lines",
				 text);
	*ret_n = (size_t)n;
	return 0;
}

static int run_logs(struct cli *cli, const struct args *args)
{
	struct error error = { 0 };
	struct run run = { 0 };
	size_t n_lines;
	int err;

	if (read_tail(args_text(args, "tail"), &n_lines, &error) < 0)
		return cli_usage(args, "%s", error.text);
	err = run_end_find(cli, "logs", "has its output", args->operands[0], &run, &error);
	if (err == 0)
		err = run_output_print(&run, n_lines, args_switch(args, "follow"), &error);
	run_done(&run);
	return err < 0 ? cli_fail(&error) : CLI_DONE;
}

static const struct flag logs_flags[] = {
	{ .name = "follow", .letter = 'f', .help = "Go on with what comes, until it ends" },
	{ .name = "tail",
	  .letter = 'n',
	  .value = "N",
	  .help = "Begin with the last N lines (default: all that is kept)" },
	{ 0 },
};

const struct command command_logs = {
	.path = "logs",
	.operands = "CONTAINER",
	.summary = "Show what a command of run -d wrote",
	.example = "netctl logs --follow --tail 20 web",
	.detail = "Kept is the last MiB of it, half of that at least, until the name runs again; "
		  "of those that have ended, the 32 that ended last.",
	.flags = { logs_flags },
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_logs,
};

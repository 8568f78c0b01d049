// SPDX-License-Identifier: GPL-2.0-or-later
// update.c - netctl update
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"

/* Nothing is printed on success. What is given replaces all limits that there were. */
static int run_update(struct cli *cli, const struct args *args)
{
	const char *bandwidth = args_text(args, "bandwidth"), *network = args_text(args, "network");
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *body = json_object();
	struct error error = { 0 };

	if (!bandwidth)
		return cli_usage(args,
				 "nothing is to be changed: say --bandwidth in=RATE,out=RATE, "
				 "or --bandwidth none");
	if (cli_set(body, "Bandwidth", json_string(bandwidth), &error) < 0 ||
	    (network && cli_set(body, "Network", json_string(network), &error) < 0))
		return cli_usage(args, "%s", error.text);
	cli_path(&path, "/netd/v1/containers/", args->operands[0], "/bandwidth");
	if (path.err < 0 || cli_call(cli, "PUT", path.data, body, NULL, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

static const struct flag update_flags[] = {
	{ .name = "bandwidth",
	  .value = "LIMITS",
	  .help = "in=10mbit,out=5mbit in place of what was, as of now; none: no limits" },
	{ .name = "network",
	  .value = "NET",
	  .noun = NOUN_NETWORK,
	  .help = "On this network only; else on all of the container's" },
	{ 0 },
};

const struct command command_update = {
	.path = "update",
	.alias = "container update",
	.operands = "CONTAINER",
	.summary = "Change the limits of a container while it runs",
	.example = "netctl update --bandwidth in=10mbit,out=5mbit web",
	.flags = { update_flags },
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_update,
};

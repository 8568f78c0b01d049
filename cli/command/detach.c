// SPDX-License-Identifier: GPL-2.0-or-later
// detach.c - netctl detach
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"

/* What is not there is done, for scripts; said, for whoever mistyped. The exit code: a container
 * that is not there is told on standard error, and is no failure. */
static int detach_one(struct cli *cli, const struct args *args, const char *name)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct error error = { 0 };
	int err;

	(void)args; /* there is no flag that changes it */
	/* Without "strict" netd answers that all is well for a container it does not have, and a
	 * mistyped name would pass in silence (api/handlers/containers.c). */
	cli_path(&path, "/netd/v1/containers/", name, "?strict=true");
	err = path.err < 0 ? error_system(&error, path.err, "detaching %s", name)
			   : cli_call(cli, "DELETE", path.data, NULL, NULL, &error);
	if (err == 0)
		return CLI_DONE;
	(void)cli_fail(&error);
	return error.kind == ERROR_NOT_FOUND ? CLI_DONE : CLI_FAILED;
}

/* All names are tried, whatever becomes of one of them. */
static int run_detach(struct cli *cli, const struct args *args)
{
	return cli_each(cli, args, detach_one);
}

const struct command command_detach = {
	.path = "detach",
	.operands = "CONTAINER…",
	.summary = "Take containers off all their networks",
	.example = "netctl detach web",
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_detach,
};

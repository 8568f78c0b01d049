// SPDX-License-Identifier: GPL-2.0-or-later
// version.c - netctl version
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/members.h"

/* The client's part is shown also when there is no daemon to ask. The keys Client and Server are
 * those of `docker version`, whose templates name them. The exit code: 1 where no daemon
 * answers. */
static int run_version(struct cli *cli, const struct args *args)
{
	json_auto_t *both = json_pack("{s:{s:s}, s:n}", "Client", "Version", NETD_VERSION,
				      "Server");
	struct error error = { 0 };
	/* Server is there as null until an answer comes, so that a template finds the key in any
	 * case. */
	json_t *server;

	if (!both || format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", "/version", NULL, &server, &error) < 0) {
		/* The error comes last and is the exit code, as with docker: a script that asks for
		 * the version learns that there is no daemon. */
		(void)members_show(
			args, args_text(args, "format") ? both : json_object_get(both, "Client"));
		return cli_fail(&error);
	}
	/* The answer is taken over here, and freed with the rest. */
	if (cli_set(both, "Server", server, &error) < 0)
		return cli_fail(&error);
	return members_show(args, both);
}

const struct command command_version = {
	.path = "version",
	.summary = "Show the versions of netctl and netd",
	.example = "netctl version --format json",
	.flags = { members_flags },
	.run = run_version,
};

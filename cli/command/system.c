// SPDX-License-Identifier: GPL-2.0-or-later
// system.c - netctl system info and system dial-stdio
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/members.h"

static int run_info(struct cli *cli, const struct args *args)
{
	json_auto_t *info = NULL;
	struct error error = { 0 };

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", "/netd/v1/info", NULL, &info, &error) < 0)
		return cli_fail(&error);
	return members_show(args, info);
}

const struct command command_system_info = {
	.path = "system info",
	.summary = "Show what netd is, holds and uses",
	.flags = { members_flags },
	.run = run_info,
};

static int run_dial_stdio(struct cli *cli, const struct args *args)
{
	struct error error = { 0 };

	(void)args;
	if (cli_connect(cli, &error) < 0 || client_dial_stdio(cli->client, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

const struct command command_system_dial_stdio = {
	.path = "system dial-stdio",
	.summary = "Join standard input and output to netd's socket, for ssh://",
	.hidden = true,
	.run = run_dial_stdio,
};

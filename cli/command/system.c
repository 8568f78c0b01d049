// SPDX-License-Identifier: GPL-2.0-or-later
// system.c - netctl system info, system snapshot and system dial-stdio
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/members.h"
#include "cli/template/template_value.h"

/* Three commands that have no object of their own: what netd is, a snapshot of everything, and the
 * far end of ssh://.
 *
 * The members of the answer, one a line, or by the user's format. */
static int run_info(struct cli *cli, const struct args *args)
{
	json_auto_t *info = NULL;
	struct error error = { 0 };

	/* A template is read before netd is asked, so that a mistake in it is told in any case. */
	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", "/netd/v1/info", NULL, &info, &error) < 0)
		return cli_fail(&error);
	return members_show(args, info);
}

const struct command command_system_info = {
	.path = "system info",
	.summary = "Show what netd is, holds and uses",
	.example = "netctl system info",
	.flags = { members_flags },
	.run = run_info,
};

/* As inspect does, unless --format says how. The exit code. Numbers are printed with all digits
 * that netd has sent. */
static int print_snapshot(const struct args *args, json_t *snapshot)
{
	_cleanup_free_ char *text = NULL;
	struct error error = { 0 };
	bool done = false;

	if (format_value(args, snapshot, &done, &error) < 0)
		return cli_fail(&error);
	if (done)
		return CLI_DONE;
	text = json_dumps(snapshot, JSON_INDENT(4) | JSON_AS_WRITTEN);
	if (text)
		(void)puts(text); /* looked at in the end */
	return text ? CLI_DONE : CLI_FAILED;
}

/* Without a part the whole snapshot is asked for, which may be megabytes. */
static int run_snapshot(struct cli *cli, const struct args *args)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *snapshot = NULL;
	struct error error = { 0 };

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	buf_puts(&path, "/netd/v1/snapshot");
	/* All parts in one request: they are to be of one moment, which two requests would not be.
	 */
	for (size_t i = 0; i < args->n_operands; i++)
		/* Which parts there are is netd's to say: it refuses a name that is none. */
		cli_path(&path, i == 0 ? "?parts=" : ",", args->operands[i], "");
	if (path.err < 0)
		(void)error_system(&error, path.err, "asking for a snapshot"); /* fills error */
	if (path.err < 0 || cli_call(cli, "GET", path.data, NULL, &snapshot, &error) < 0)
		return cli_fail(&error);
	return print_snapshot(args, snapshot);
}

const struct command command_system_snapshot = {
	.path = "system snapshot",
	.operands = "[PART…]",
	.summary = "Show all that netd knows and the kernel counts, of one moment, as JSON",
	.example = "netctl system snapshot Resolver",
	.flags = { members_flags },
	.max_operands = OPERANDS_ANY,
	.run = run_snapshot,
};

/* It ends when either side closes. Nothing but the bytes of the connection may go to standard
 * output here, or the far end would read it as HTTP. */
static int run_dial_stdio(struct cli *cli, const struct args *args)
{
	struct error error = { 0 };

	/* Whoever runs this is ssh on behalf of another netctl; it takes no words but the
	 * pumped ones. There is no operand that could be read. */
	(void)args;
	/* The connection is only opened here. HTTP is spoken by the netctl at the far end. */
	if (cli_connect(cli, &error) < 0 || client_dial_stdio(cli->client, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

const struct command command_system_dial_stdio = {
	.path = "system dial-stdio",
	.summary = "Join standard input and output to netd's socket, for ssh://",
	.example = "netctl system dial-stdio",
	.hidden = true,
	.run = run_dial_stdio,
};

// SPDX-License-Identifier: GPL-2.0-or-later
// ui.c - netctl ui
#include "base/libexec.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <limits.h>
#include <netd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. The page is served by a program of its own, netd-ui: its HTTP library would
 * cost every other command the time to load it. netctl only finds that program and becomes it. */

/* The default listens on the loopback alone: the page shows all that netd knows. */
#define PROGRAM "netd-ui"
#define LISTEN "127.0.0.1:7347"

/* It returns only after a failure: on success this process is the other program, with the same
 * process id, so a signal reaches the page's server. */
static int run_ui(struct cli *cli, const struct args *args)
{
	const char *listen = args_text(args, "listen");
	/* The host goes as it was given; NULL ends the words, and the program then takes the
	 * default. */
	char *argv[] = { (char *)PROGRAM, (char *)(listen ? listen : LISTEN), (char *)cli->host,
			 NULL };
	char program[PATH_MAX];
	struct error error = { 0 };
	int err;

	/* A netd that is not there is told here, and not by an empty page. */
	if (cli_connect(cli, &error) < 0)
		return cli_fail(&error);
	err = libexec_find(PROGRAM, program, sizeof(program));
	if (err < 0) {
		(void)error_set(&error, ERROR_UNAVAILABLE,
				PROGRAM " is not installed: it belongs beside netctl, or into "
					"../lib/netd"); /* fills error */
		return cli_fail(&error);
	}
	/* It returns only where it has failed. The connection is close-on-exec. */
	(void)execv(program, argv);
	(void)error_system(&error, -errno, "cannot run %s", program); /* the same */
	return cli_fail(&error);
}

static const struct flag ui_flags[] = {
	{ .name = "listen",
	  .value = "ADDRESS:PORT",
	  .help = "Where the page is; " LISTEN " unless given, port 0 for any that is free" },
	{ 0 },
};

const struct command command_ui = {
	.path = "ui",
	.summary = "Serve the picture of graph as a page that follows what happens",
	.example = "netctl ui --listen 127.0.0.1:9980",
	.detail = "Prints the page's address with its key, and serves it until ^C.",
	.flags = { ui_flags },
	.run = run_ui,
};

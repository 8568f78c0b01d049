// SPDX-License-Identifier: GPL-2.0-or-later
// run.h - a command in a new network namespace that netd wires, as run and restart start it
#pragma once

#include "cli/line/cli.h"

#include <jansson.h>
#include <stdbool.h>

struct run_asked {
	char *const *argv;
	char *const *environment; /* NULL: netctl's own */
	const char *directory;	  /* NULL: where netctl is */
	json_t *body; /* of the request to netd, all but the pid, which is put into it */
	bool detached;
	bool forgotten;	  /* what it wrote goes with it */
	bool again;	  /* what it wrote before is kept */
	const char *told; /* printed when it runs, of a detached one; NULL: its id */
	int waits_at;	  /* run_launch's own */
};

/* The exit code of netctl: of a command in the foreground when it has ended, of a detached one when
 * it runs. What went wrong has been told. */
int run_launch(struct cli *cli, struct run_asked *asked);

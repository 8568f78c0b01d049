// SPDX-License-Identifier: GPL-2.0-or-later
// explain_watch.h - netd-explain run by netctl for what goes on: a line for each thing that happens
#pragma once

#include "base/error.h"
#include "cli/line/cli.h"

#include <jansson.h>
#include <stdint.h>

struct explain_watch {
	/* 0: go on; 1: that was enough; negative with the sentence. */
	int (*take)(json_t *line, void *data, struct error *error);
	void *data;
	int64_t deadline_ms; /* when it is enough; DEADLINE_NEVER */
	/* Of netd's answer: until when it was asked for. What ends before that broke off. */
	int64_t netd_ends_ms;
};

/* Runs the program, whose standard input is closed when it is enough, or somebody presses Ctrl-C;
 * the lines until then, and the last ones, are taken. 0, or negative: what it refuses, in its own
 * words, or that it ended by itself. */
int explain_watch_hear(const char *program, char *const argv[], const struct explain_watch *watch,
		       struct error *error);

/* The same of netd's answer to that path, for who is not root here, or asks another host. Of its
 * last words those are missing that come when somebody has pressed Ctrl-C. ERROR_UNAVAILABLE: netd
 * has ended before. */
int explain_watch_ask(struct cli *cli, const char *path, const struct explain_watch *watch,
		      struct error *error);

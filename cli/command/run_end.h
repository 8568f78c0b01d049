// SPDX-License-Identifier: GPL-2.0-or-later
// run_end.h - finding a command of run -d, and ending it with all that it has started
#pragma once

#include "cli/command/runs.h"

/* By the name or the id of its container, whether that is attached still or not. 0; or the error is
 * set, and where somebody else runs the container it says so: what is "stops", for a sentence. */
int run_end_find(struct cli *cli, const char *command, const char *what, const char *ref,
		 struct run *ret_run, struct error *error);

/* Whether netd's answer is about the container of that name or whole id, and not about one whose id
 * only begins so. */
bool run_end_is_meant(const json_t *container, const char *ref);

/* By its name ("TERM", "SIGTERM", in either case) or number; -EINVAL with the error set. */
int run_end_signal(const char *text, int *ret_signal, struct error *error);

/* Sends the signal, and SIGKILL after timeout_s (below 0: never) to a command that runs still. When
 * it has ended what is left of its session is killed, and its container detached. Of one that has
 * ended already, which is no error, those who are left are sent the signal, and killed as late. */
int run_end(struct cli *cli, const struct run *run, int signal, int timeout_s, struct error *error);

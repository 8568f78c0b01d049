// SPDX-License-Identifier: GPL-2.0-or-later
// run_output.h - what a command of run -d wrote last: two files, of which the older one goes
#pragma once

#include "base/error.h"
#include "cli/command/runs.h"

#include <stdbool.h>
#include <stddef.h>

/* --- writing --- */

struct output {
	int folder; /* the run's: borrowed */
	int fd;	    /* -1: none is open */
	size_t len; /* of the file that is written to */
};

void run_output_open(struct output *output, int folder);
/* What cannot be written is lost, and what comes later is tried again: the command is not held up.
 */
void run_output_add(struct output *output, const void *data, size_t len);
void run_output_close(struct output *output);

/* --- reading --- */

/* To standard output: the last n_lines of it (SIZE_MAX: all that is kept), and with follow what
 * comes, until the command has ended. 0, or the error is set. */
int run_output_print(const struct run *run, size_t n_lines, bool follow, struct error *error);

/* Where the last n lines of a text begin. A last line needs no newline. */
size_t run_output_tail(const char *text, size_t len, size_t n);

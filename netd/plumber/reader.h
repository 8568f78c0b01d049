// SPDX-License-Identifier: GPL-2.0-or-later
// reader.h - the short-lived process that reads the kernel for a snapshot
#pragma once

#include <sys/types.h>

#define READER_OPTION "--read-kernel" /* what tells the program that it is one */

/* engine_reader_host.start: without a word of the parent's memory, so it costs the loop no more
 * where that is large. */
pid_t reader_start(int links_fd, int counters_fd, void *data);
/* main() of that process. */
int reader_run(int argc, char **argv);

// SPDX-License-Identifier: GPL-2.0-or-later
// reader.h - the short-lived process that reads the kernel for a snapshot
#pragma once

#include "engine/engine.h"

#define READER_OPTION "--read-kernel" /* what tells the program that it is one */

/* engine_reader_host.start */
int reader_start(const int part_fds[ENGINE_N_READ], int pipe_fd, void *data);
/* main() of that process. */
int reader_run(int argc, char **argv);

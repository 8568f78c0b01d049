// SPDX-License-Identifier: GPL-2.0-or-later
// reader.h - the short-lived process that reads the kernel for a snapshot
#pragma once

#include "engine/engine.h"

/* engine_reader_host.start. -ENOENT: the program is not installed. */
int reader_start(const int part_fds[ENGINE_N_READ], int pipe_fd, void *data);

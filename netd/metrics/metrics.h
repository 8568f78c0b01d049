// SPDX-License-Identifier: GPL-2.0-or-later
// metrics.h - the process that serves metrics over HTTP
#pragma once

/* Runs it; the rest is in role/run.h. It has a listening TCP socket at OBSERVE_TCP_FD, and ends
 * with the plumber's connection: its successor binds the port anew. */
int metrics_run(int argc, char **argv);

// SPDX-License-Identifier: GPL-2.0-or-later
// plumber.h - the privileged process: builds it, runs it, takes it down
#pragma once

/* netd's command line; returns the exit status: 0, 1 failed, 2 usage. */
int plumber_run(int argc, char **argv);

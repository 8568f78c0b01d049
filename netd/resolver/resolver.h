// SPDX-License-Identifier: GPL-2.0-or-later
// resolver.h - the process that answers names: entry point
#pragma once

/* Runs the role of that name (role/run.h): takes the same, and returns its exit status. */
int resolver_run(int argc, char **argv);

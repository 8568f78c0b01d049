// SPDX-License-Identifier: GPL-2.0-or-later
// resolver.h - the process that answers names: entry point
#pragma once

/* Runs the resolver until a signal ends it. argv[0] is the program, options follow: `--user NAME`
 * (what to become when started as root), `--log-level LEVEL`. Descriptor 3 is the listening
 * SOCK_SEQPACKET socket of the channel. Returns the exit status: 1 when the process cannot be set
 * up (and said so), 2 for bad usage. */
int resolver_run(int argc, char **argv);

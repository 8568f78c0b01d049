// SPDX-License-Identifier: GPL-2.0-or-later
// commands.h - the table of subcommands, and netctl itself
#pragma once

#include "cli/command/command.h"

/* All of them, in the order of help; ends with NULL. */
extern const struct command *const commands[];

/* Runs netctl with all of its commands; returns an exit code and leaves stdout flushed. */
int commands_main(int argc, char **argv);

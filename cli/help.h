// SPDX-License-Identifier: GPL-2.0-or-later
// help.h - help, made from the tables of commands and flags
#pragma once

#include "cli/line/args.h"

#include <stdio.h>

/* One command; a group ("network"); or, with group "", everything. */
void help_command(FILE *out, const struct command *command);
void help_group(FILE *out, const struct command *const *commands, const char *group);

// SPDX-License-Identifier: GPL-2.0-or-later
// help.h - help and completion scripts, made from the tables of commands and flags
#pragma once

#include "cli/args.h"

#include <stdio.h>

/* One command; a group ("network"); or, with group "", everything. */
void help_command(FILE *out, const struct command *command);
void help_group(FILE *out, const struct command *const *commands, const char *group);

/* The script that `netctl completion SHELL` prints. */
void completion_bash(FILE *out, const struct command *const *commands);
void completion_zsh(FILE *out, const struct command *const *commands);

// SPDX-License-Identifier: GPL-2.0-or-later
// completion_fish.h - the completion script of fish, made from the tables of commands and flags
#pragma once

#include "cli/line/args.h"

#include <stdio.h>

/* The script that `netctl completion fish` prints. Errors of `out` are the caller's to look for. */
void completion_fish_print(FILE *out, const struct command *const *list);

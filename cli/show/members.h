// SPDX-License-Identifier: GPL-2.0-or-later
// members.h - a JSON object as lines of "Key: value"
#pragma once

#include "cli/line/args.h"

#include <jansson.h>

extern const struct flag members_flags[]; /* -f, --format */

/* Prints the value as --format says, and else a line for each member, with what has parts below it
 * and further in. Returns the exit code. */
int members_show(const struct args *args, json_t *value);

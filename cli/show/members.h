// SPDX-License-Identifier: GPL-2.0-or-later
// members.h - a JSON object as lines of "Key: value"
#pragma once

#include "base/buf.h"
#include "cli/line/args.h"

#include <jansson.h>

extern const struct flag members_flags[]; /* -f, --format */

/* Prints the value as --format says, and else a line for each member, with what has parts below it
 * and further in. Returns the exit code. */
int members_show(const struct args *args, json_t *value);
/* The same, with lines that are broken where they are longer than 80 columns. */
int members_show_wrapped(const struct args *args, json_t *value);
/* Its lines. */
void members_screen(const json_t *object, struct buf *out);

// SPDX-License-Identifier: GPL-2.0-or-later
// format.h - what --format asks for, of one value
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "cli/line/args.h"

#include <jansson.h>
#include <stdbool.h>

extern const struct flag format_flags[]; /* --format */

/* For commands that show one JSON value: *ret_done tells that --format said how, and it is printed.
 */
int format_value(const struct args *args, json_t *value, bool *ret_done, struct error *error);

/* The --format of a command whose values are free-form: only parsed. */
int format_check(const struct args *args, struct error *error);

/* Writes on stdout, whose state is looked at in the end. out: an error met while it was filled is
 * returned. */
int format_write(const struct buf *out, struct error *error);
/* One compact line. */
int format_write_json(const json_t *value, struct error *error);

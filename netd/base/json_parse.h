// SPDX-License-Identifier: GPL-2.0-or-later
// json_parse.h - JSON of strangers and of netd's own records, with bounds
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* Text to JSON with the bounds of limits.h; an empty body is an empty object. Errors in Docker's
 * words: "invalid JSON: …", "unexpected content after JSON". ERROR_TOO_LARGE: more values than
 * JSON_VALUES_MAX. */
int json_parse_body(const char *text, size_t len, json_t **ret_json, struct error *error);
/* The same for what netd wrote itself, however long: a range of ports takes a line to
 * ask for and a megabyte to write down port by port. */
int json_parse_record(const char *text, size_t len, json_t **ret_json, struct error *error);

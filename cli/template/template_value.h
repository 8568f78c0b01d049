// SPDX-License-Identifier: GPL-2.0-or-later
// template_value.h - the values of a template: what they print as, and whether they are true
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <float.h>
#include <jansson.h>
#include <stdbool.h>

/* For json_dumps: fractions come out with the digits they came in with, which are less than a
 * double keeps. Otherwise jansson writes 17. */
#define JSON_AS_WRITTEN JSON_REAL_PRECISION(DBL_DIG)

/* As Go prints a value with %v; bounded only by what the value holds. */
void template_value_print(const json_t *value, struct buf *out);
bool template_value_is_true(const json_t *value);
/* The keys of an object, sorted as Go ranges over a map; malloced, n of json_object_size. */
const char **template_value_keys(const json_t *object);

/* For functions. Fills error and gives NULL. */
json_t *template_value_refuse(struct error *error, const char *what);
/* The text as a value; NULL with error filled when that cannot be. */
json_t *template_value_text(struct buf *buf, struct error *error);

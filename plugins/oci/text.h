// SPDX-License-Identifier: GPL-2.0-or-later
// text.h - lists written in one annotation
#pragma once

#include <jansson.h>

/* The words between commas and white space as an array of strings; text may be NULL. New reference,
 * NULL: out of memory. */
json_t *oci_list(const char *text);

// SPDX-License-Identifier: GPL-2.0-or-later
// text.h - bounded reading, and lists written in one annotation
#pragma once

#include "base/buf.h"

#include <jansson.h>

/* Reads to the end, or a little more than a decoder takes, so that it can refuse what is too much.
 * 0 or a negative errno. */
int oci_read_all(int fd, struct buf *text);

/* The words between commas and white space as an array of strings; text may be NULL. New reference,
 * NULL: out of memory. */
json_t *oci_list(const char *text);

// SPDX-License-Identifier: GPL-2.0-or-later
// json_write.h - JSON written by jansson, all of it or nothing
#pragma once

#include <jansson.h>
#include <stddef.h>

/* As json_dumps: a text of the caller's to free. NULL: json is NULL or cannot be written, or for
 * lack of memory. */
char *json_write(const json_t *json, size_t flags);

// SPDX-License-Identifier: GPL-2.0-or-later
// json_write.h - JSON written by jansson, all of it or nothing
#pragma once

#include <jansson.h>
#include <stddef.h>

/* As json_dumps: a text of the caller's to free. NULL: json is NULL or cannot be written, or for
 * lack of memory. */
char *json_write(const json_t *json, size_t flags);

/* A string of text that may be any bytes: jansson refuses what is no UTF-8, and a name in it must
 * not cost the whole answer. Each byte that belongs to no character becomes "?". A new reference;
 * null for NULL. NULL: no memory. */
json_t *json_text(const char *text);

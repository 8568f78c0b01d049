// SPDX-License-Identifier: GPL-2.0-or-later
// json_read.h - JSON read by jansson, whatever becomes of memory meanwhile
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* As json_loadb. NULL with *ret_no_memory: for lack of memory, and why says nothing. */
json_t *json_read(const char *text, size_t len, size_t flags, json_error_t *ret_why,
		  bool *ret_no_memory);
/* Text of our own: NULL for lack of memory. */
json_t *json_read_text(const char *text);

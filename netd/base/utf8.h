// SPDX-License-Identifier: GPL-2.0-or-later
// utf8.h - which bytes are characters of UTF-8 (RFC 3629), for text of unknown origin
#pragma once

#include <stddef.h>

/* Bytes of the character that begins at text, of which left may be read; 0: none does, also where
 * left ends within it. In front of a NUL no more than that is read, so what has one needs no count:
 * left is SIZE_MAX then. */
size_t utf8_len(const char *text, size_t left);

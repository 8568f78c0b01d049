// SPDX-License-Identifier: GPL-2.0-or-later
// utf8.h - which bytes are characters of UTF-8 (RFC 3629), for text of unknown origin
#pragma once

#include <stddef.h>

/* Bytes of the character that begins at text, of which left may be read; 0: none does, also where
 * left ends within it. In front of a NUL no more than that is read, so what has one needs no count:
 * left is SIZE_MAX then. */
size_t utf8_len(const char *text, size_t left);

/* How many of the first len bytes are printable ASCII that JSON takes in a string as it stands: no
 * quote, no backslash, no control character. Most texts are that as a whole, and are looked at in
 * steps of eight bytes. */
size_t utf8_plain_len(const char *text, size_t len);

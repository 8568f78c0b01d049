// SPDX-License-Identifier: GPL-2.0-or-later
// seen_text.h - JSON written as text, piece by piece, without a tree in between
#pragma once

#include "base/addr.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Each writes a member: "," unless it is the first of its object, the key, and the value. Whether
 * it is the first is seen at the last byte that was written. Keys are constants that need no
 * escape. */
void seen_text_string(struct buf *out, const char *key, const char *value); /* NULL: null */
void seen_text_number(struct buf *out, const char *key, uint64_t value);
void seen_text_bool(struct buf *out, const char *key, bool value);
/* Milliseconds with three places; what is below 0 is 0. */
void seen_text_ms(struct buf *out, const char *key, double seconds);
/* RFC 3339, UTC, with nanoseconds. */
void seen_text_time(struct buf *out, const char *key, const struct timespec *when);
/* null for no address. */
void seen_text_addr(struct buf *out, const char *key, const struct addr *addr);
void seen_text_mac(struct buf *out, const char *key, const struct mac *mac);
/* The key alone: a value follows. */
void seen_text_key(struct buf *out, const char *key);

/* A comma, unless an object or a list has just begun, or nothing is there yet. */
void seen_text_comma(struct buf *out);
/* A value alone: the text in quotes. What is no UTF-8 becomes U+FFFD, byte by byte: JSON is UTF-8,
 * and an alias of a link may be anything. */
void seen_text_value(struct buf *out, const char *text);

// SPDX-License-Identifier: GPL-2.0-or-later
// base64.h - bytes as text and back (RFC 4648, section 4, with padding)
#pragma once

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

void base64_write(struct buf *out, const void *data, size_t len);
/* How many bytes a text of len characters stands for at the most. */
size_t base64_room(size_t len);
/* Into `ret_data`, which has that room. Strict: no space, whole groups, zero bits behind the last
 * byte. 0 or -EINVAL. */
int base64_read(const char *text, size_t len, uint8_t *ret_data, size_t *ret_len);

// SPDX-License-Identifier: GPL-2.0-or-later
// buf.h - growable output buffer with a sticky error
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty and valid. data is NUL-terminated after any append that succeeded. */
struct buf {
	char *data;
	size_t len, size;
	int err; /* 0 or -ENOMEM; appends after it do nothing */
};

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_puts(struct buf *buf, const char *text);
/* As %llu would, of which thousands cost more than all else. */
void buf_put_number(struct buf *buf, uint64_t number);
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *buf, const char *format, ...);
/* Drops the first len bytes. */
void buf_consume(struct buf *buf, size_t len);
void buf_done(struct buf *buf);

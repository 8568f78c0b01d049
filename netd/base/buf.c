// SPDX-License-Identifier: GPL-2.0-or-later
// buf.c - growable output buffer with a sticky error
#include "base/buf.h"

#include "base/grow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A buffer that is all zero is empty and needs no beginning. Once something
 * did not go in, err stays set and nothing more goes in: whoever builds a text looks at err once,
 * at its end. The text always has a NUL behind it, which is not counted in len. */

#define BUF_SIZE_FIRST 256 /* most replies and lines fit without a second allocation */

/* Room for len more bytes and the NUL. On failure err is set, and what is in the buffer stays as it
 * was. */
static int buf_reserve(struct buf *buf, size_t len)
{
	/* It may wrap around; the check below is what keeps it from being used then. */
	size_t wanted = buf->len + len + 1;
	char *data;

	if (buf->err < 0)
		/* The first error stays: a text with a gap must not look whole. */
		return buf->err;
	/* Mostly: texts are put together of a few bytes each. */
	if (len < buf->size - buf->len)
		return 0;
	if (len >= SIZE_MAX / 4 || buf->len >= SIZE_MAX / 4)
		return buf->err = -ENOMEM;
	/* The array doubles, so that many small additions cost little. */
	data = grow(buf->data, &buf->size, wanted < BUF_SIZE_FIRST ? BUF_SIZE_FIRST : wanted, 1);
	if (!data)
		return buf->err = -ENOMEM;
	buf->data = data;
	return 0;
}

/* data may be NULL where len is 0. */
void buf_append(struct buf *buf, const void *data, size_t len)
{
	if (buf_reserve(buf, len) < 0)
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

/* Faster than buf_printf(), for texts that have thousands of numbers. */
void buf_put_number(struct buf *buf, uint64_t number)
{
	char digits[20]; /* of 18446744073709551615 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_append(buf, digits + at, sizeof(digits) - at);
}

/* The format is checked by the compiler at each call. */
void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int len;

	/* Without any room there would be no place for the first try. */
	if (buf_reserve(buf, 1) < 0)
		return;
	va_start(args, format);
	/* Most texts fit, so the first try is often the only one; the second needs arguments of its
	 * own (stdarg(3)). */
	va_copy(again, args);
	len = vsnprintf(buf->data + buf->len, buf->size - buf->len, format, args);
	if (len < 0)
		buf->err =
			-ENOMEM; /* the only failure left: libc found no memory to convert with */
	else if ((size_t)len >= buf->size - buf->len && buf_reserve(buf, (size_t)len) == 0)
		(void)vsnprintf(buf->data + buf->len, buf->size - buf->len, format, again);
	va_end(again);
	va_end(args);
	/* After an error the length stays, and the text ends where it was whole. */
	if (buf->err == 0)
		buf->len += (size_t)len;
	buf->data[buf->len] = '\0';
}

/* Takes bytes off the beginning, after they were sent. More than there are is as good as all. */
void buf_consume(struct buf *buf, size_t len)
{
	if (len > buf->len)
		len = buf->len;
	if (len == 0)
		return;
	memmove(buf->data, buf->data + len, buf->len - len + 1); /* and the NUL */
	buf->len -= len;
}

/* The buffer may be used again. */
void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf) { 0 };
}

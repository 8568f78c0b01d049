// SPDX-License-Identifier: GPL-2.0-or-later
// error.c - one sentence for the person who asked, with the class that decides status and exit code
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int code;
	int http_status;
} kind_info[ERROR_N_KINDS] = {
	[ERROR_INVALID] = { -EINVAL, 400 },	[ERROR_FORBIDDEN] = { -EPERM, 403 },
	[ERROR_NOT_FOUND] = { -ENOENT, 404 },	[ERROR_CONFLICT] = { -EEXIST, 409 },
	[ERROR_INTERNAL] = { -EIO, 500 },	[ERROR_NOT_IMPLEMENTED] = { -EOPNOTSUPP, 501 },
	[ERROR_UNAVAILABLE] = { -ENOSPC, 503 }, [ERROR_TOO_LARGE] = { -E2BIG, 413 },
};

int error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
	va_list args;

	if (error) {
		error->code = kind_info[kind].code;
		error->kind = kind;
		va_start(args, format);
		(void)vsnprintf(error->text, sizeof(error->text), format, args); /* cut is fine */
		va_end(args);
	}
	return kind_info[kind].code;
}

int error_system(struct error *error, int code, const char *format, ...)
{
	va_list args;
	int len;

	if (error) {
		error->code = code;
		error->kind = ERROR_INTERNAL;
		va_start(args, format);
		len = vsnprintf(error->text, sizeof(error->text), format, args);
		va_end(args);
		if (len >= 0 && (size_t)len < sizeof(error->text))
			(void)snprintf(error->text + len, sizeof(error->text) - (size_t)len, ": %s",
				       strerror(-code));
	}
	return code;
}

void error_prefix(struct error *error, const char *format, ...)
{
	char old[ERROR_TEXT_MAX];
	va_list args;
	int len;

	if (!error)
		return;
	memcpy(old, error->text, sizeof(old));
	va_start(args, format);
	len = vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(error->text))
		return;
	/* The old text is as long as the buffer, so its end may have to go. */
	(void)snprintf(error->text + len, sizeof(error->text) - (size_t)len, ": %.*s",
		       (int)sizeof(error->text) - len, old);
}

int error_http_status(enum error_kind kind)
{
	return kind_info[kind].http_status;
}

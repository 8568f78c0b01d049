// SPDX-License-Identifier: GPL-2.0-or-later
// error.h - one sentence for the person who asked, with the class that decides status and exit code
#pragma once

#define ERROR_TEXT_MAX 512

/* The class of a failure as the caller sees it; api/ turns it into an HTTP status. */
enum error_kind {
	ERROR_INVALID,	       /* the request makes no sense: 400, -EINVAL */
	ERROR_FORBIDDEN,       /* understood and refused: 403, -EPERM */
	ERROR_NOT_FOUND,       /* the object named is not there: 404, -ENOENT */
	ERROR_CONFLICT,	       /* something else holds it: 409, -EEXIST */
	ERROR_TOO_LARGE,       /* more than is taken in one request: 413, -E2BIG */
	ERROR_INTERNAL,	       /* the kernel, the store or netd itself: 500, -EIO */
	ERROR_NOT_IMPLEMENTED, /* 501, -EOPNOTSUPP */
	ERROR_UNAVAILABLE,     /* full, for now: 503, -ENOSPC */
	ERROR_N_KINDS,
};

/* A plain value: no heap, copied freely. Zeroed means "no error". */
struct error {
	int code; /* negative errno */
	enum error_kind kind;
	char text[ERROR_TEXT_MAX];
};

/* Fills error (which may be NULL) and returns the negative errno of its kind. A text that is too
 * long is cut at ERROR_TEXT_MAX. */
__attribute__((format(printf, 3, 4))) int error_set(struct error *error, enum error_kind kind,
						    const char *format, ...);

/* As error_set with ERROR_INTERNAL, keeping code (negative errno) and ending in ": <strerror>". */
__attribute__((format(printf, 3, 4))) int error_system(struct error *error, int code,
						       const char *format, ...);

/* Puts "<prefix>: " before the text that is there. */
__attribute__((format(printf, 2, 3))) void error_prefix(struct error *error, const char *format,
							...);

/* HTTP status of a kind. */
int error_http_status(enum error_kind kind);

// SPDX-License-Identifier: GPL-2.0-or-later
// error.h - one sentence for the person who asked, with the class that decides status and exit code
#pragma once

#include <stdbool.h>

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

/* What exactly it was, for a caller who has to do something about it: words change, these do not.
 * The API sends them as "code"; where there is none, the kind. */
enum error_reason {
	ERROR_REASON_NONE,
	ERROR_REASON_NETWORK_NOT_FOUND,
	ERROR_REASON_CONTAINER_NOT_FOUND,
	ERROR_REASON_NETNS_NOT_FOUND,
	ERROR_REASON_CONTAINER_IN_USE, /* the name or the id of a container */
	ERROR_REASON_NETWORK_EXISTS,   /* the name or the id of a network */
	ERROR_REASON_NETNS_IN_USE,
	ERROR_REASON_ADDRESS_IN_USE,
	ERROR_REASON_ADDRESS_AWAITED, /* of a network that spans hosts: this host has asked for more
				       */
	ERROR_REASON_PORT_IN_USE,
	ERROR_REASON_CONNECTED, /* to this network already */
	ERROR_REASON_RECORDS,	/* of no use until somebody has decided: netd does not start */
	ERROR_N_REASONS,
};

/* A plain value: no heap, copied freely. Zeroed means "no error". */
struct error {
	int code; /* negative errno */
	enum error_kind kind;
	enum error_reason reason;
	char text[ERROR_TEXT_MAX];
};

/* Fills error (which may be NULL) and returns the negative errno of its kind. A text that is too
 * long is cut at ERROR_TEXT_MAX. */
__attribute__((format(printf, 3, 4))) int error_set(struct error *error, enum error_kind kind,
						    const char *format, ...);

/* As error_set with ERROR_INTERNAL, keeping code (negative errno) and ending in ": <strerror>". */
__attribute__((format(printf, 3, 4))) int error_system(struct error *error, int code,
						       const char *format, ...);

/* Whether the same may succeed in a moment: memory, descriptors, an answer that did not come. Not
 * for errors of error_set, whose code is their kind's. */
bool error_is_passing(int err);

/* Puts "<prefix>: " before the text that is there. */
__attribute__((format(printf, 2, 3))) void error_prefix(struct error *error, const char *format,
							...);

/* Puts more behind it. What does not fit is cut. */
__attribute__((format(printf, 2, 3))) void error_append(struct error *error, const char *format,
							...);

/* After error_set: the reason. Returns err. */
int error_because(struct error *error, enum error_reason reason, int err);
/* "network-not-found"; without a reason that of the kind: "not-found". */
const char *error_word(const struct error *error);
/* The reason of that word, or none. */
enum error_reason error_reason_find(const char *word);

/* HTTP status of a kind. */
int error_http_status(enum error_kind kind);

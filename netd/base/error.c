// SPDX-License-Identifier: GPL-2.0-or-later
// error.c - one sentence for the person who asked, with the class that decides status and exit code
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. An error is a sentence for a person, a kind that decides about the HTTP
 * status and the exit code, and a reason where a program wants to know more. Functions return a
 * negative errno as well; the errno of a kind is one that no system call of the caller's is
 * mistaken for. An error that is NULL means that nobody wants the words. */

/* The words are part of the API, as are the reasons' below. */
static const struct {
	int code;
	int http_status;
	const char *word;
} kind_info[ERROR_N_KINDS] = {
	[ERROR_INVALID] = { -EINVAL, 400, "invalid" },
	[ERROR_FORBIDDEN] = { -EPERM, 403, "forbidden" },
	[ERROR_NOT_FOUND] = { -ENOENT, 404, "not-found" },
	[ERROR_CONFLICT] = { -EEXIST, 409, "conflict" },
	[ERROR_INTERNAL] = { -EIO, 500, "internal" },
	[ERROR_NOT_IMPLEMENTED] = { -EOPNOTSUPP, 501, "not-implemented" },
	[ERROR_UNAVAILABLE] = { -ENOSPC, 503, "unavailable" },
	[ERROR_TOO_LARGE] = { -E2BIG, 413, "too-large" },
};

static const char *const reason_word[ERROR_N_REASONS] = {
	[ERROR_REASON_NONE] = "",
	[ERROR_REASON_NETWORK_NOT_FOUND] = "network-not-found",
	[ERROR_REASON_CONTAINER_NOT_FOUND] = "container-not-found",
	[ERROR_REASON_NETNS_NOT_FOUND] = "netns-not-found",
	[ERROR_REASON_CONTAINER_IN_USE] = "container-in-use",
	[ERROR_REASON_NETWORK_EXISTS] = "network-exists",
	[ERROR_REASON_NETNS_IN_USE] = "netns-in-use",
	[ERROR_REASON_ADDRESS_IN_USE] = "address-in-use",
	[ERROR_REASON_ADDRESS_AWAITED] = "address-awaited",
	[ERROR_REASON_PORT_IN_USE] = "port-in-use",
	[ERROR_REASON_CONNECTED] = "connected",
	[ERROR_REASON_RECORDS] = "records",
};

/* Returns the errno of the kind, so that it can stand in a return statement. */
int error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
	va_list args;

	/* The sentence may be of no interest to the caller, the code always is: it is returned
	 * without an error, too. */
	if (error) {
		error->code = kind_info[kind].code;
		error->kind = kind;
		error->reason = ERROR_REASON_NONE;
		va_start(args, format);
		(void)vsnprintf(error->text, sizeof(error->text), format, args); /* cut is fine */
		va_end(args);
	}
	return kind_info[kind].code;
}

/* For failures of the system: the sentence ends with the errno's text, and the kind is
 * "internal". */
int error_system(struct error *error, int code, const char *format, ...)
{
	va_list args;
	int len;

	if (error) {
		error->code = code;
		error->kind = ERROR_INTERNAL;
		error->reason = ERROR_REASON_NONE;
		va_start(args, format);
		len = vsnprintf(error->text, sizeof(error->text), format, args);
		va_end(args);
		/* A sentence that was cut has no room for its reason. */
		if (len >= 0 && (size_t)len < sizeof(error->text))
			(void)snprintf(error->text + len, sizeof(error->text) - (size_t)len, ": %s",
				       strerror(-code));
	}
	return code;
}

/* Whether the same may succeed in a moment. */
bool error_is_passing(int err)
{
	/* EPROTO is what the senders of netlink requests say when no answer came. */
	static const int passing[] = { ENOMEM, ENOBUFS, EMFILE, ENFILE, EINTR, EAGAIN, EPROTO };

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (err == -passing[i])
			return true;
	return false;
}

/* Puts the object in front of a sentence of somebody who did not know it. */
void error_prefix(struct error *error, const char *format, ...)
{
	char old[ERROR_TEXT_MAX];
	va_list args;
	int len;

	if (!error)
		return;
	/* The text is source and target of what follows, and vsnprintf(3) forbids that they
	 * overlap. */
	memcpy(old, error->text, sizeof(old));
	va_start(args, format);
	len = vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	/* The prefix alone fills it. It says which object was meant, and is worth more than the
	 * rest. */
	if (len < 0 || (size_t)len >= sizeof(error->text))
		return;
	/* The old text is as long as the buffer, so its end may have to go. */
	(void)snprintf(error->text + len, sizeof(error->text) - (size_t)len, ": %.*s",
		       (int)sizeof(error->text) - len, old);
}

void error_append(struct error *error, const char *format, ...)
{
	size_t len = strlen(error->text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error->text + len, sizeof(error->text) - len, format, args);
	va_end(args);
}

/* Adds the reason and gives err back, so that calls can be nested. */
int error_because(struct error *error, enum error_reason reason, int err)
{
	if (error)
		error->reason = reason;
	return err;
}

const char *error_word(const struct error *error)
{
	/* The reason is the narrower of the two: a caller who knows the kinds only has the HTTP
	 * status for it. */
	return error->reason ? reason_word[error->reason] : kind_info[error->kind].word;
}

/* ERROR_REASON_NONE: the word is unknown, for example one of a newer netd. */
enum error_reason error_reason_find(const char *word)
{
	/* From 1: the empty word is no reason, and is not to be found. */
	for (int reason = 1; reason < ERROR_N_REASONS; reason++)
		if (strcmp(word, reason_word[reason]) == 0)
			return (enum error_reason)reason;
	return ERROR_REASON_NONE;
}

int error_http_status(enum error_kind kind)
{
	return kind_info[kind].http_status;
}

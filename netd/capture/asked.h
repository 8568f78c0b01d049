// SPDX-License-Identifier: GPL-2.0-or-later
// asked.h - what is to be captured: the question, as a stranger's text and decoded
#pragma once

#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same keys stand in the query of GET /netd/v1/capture, in the operands of netd-capture
 * ("count=5"), and are the flags of netctl capture. Zeroed, and with a snaplen, nothing is asked.
 */
struct capture_asked {
	char name[CAPTURE_NAME_MAX + 1];     /* of a container or a network, or an id */
	bool both;			     /* inside, and at the host's end */
	bool loopback;			     /* lo inside, too */
	bool drops;			     /* what the kernel throws away of it, too */
	uint64_t count, bytes;		     /* packets; of the file; 0: without an end */
	uint64_t for_ms;		     /* 0: without an end */
	uint32_t snaplen;		     /* of a packet at the most */
	char filter[CAPTURE_FILTER_MAX + 1]; /* in tcpdump's language; "": everything */
};

/* The keys, NULL behind the last; each has one value. */
extern const char *const capture_asked_keys[];

void capture_asked_init(struct capture_asked *asked);
/* One of them. ERROR_INVALID: what is wrong with the value, in a sentence that names key. */
int capture_asked_set(struct capture_asked *asked, const char *key, const char *value,
		      struct error *error);
/* "key=value", as words of a command line. */
#define CAPTURE_KEYS 9
struct capture_words {
	size_t n;
	char *list[CAPTURE_KEYS];
	char text[CAPTURE_NAME_MAX + CAPTURE_FILTER_MAX + CAPTURE_KEYS * 40];
};
/* What differs from capture_asked_init(); read again by capture_asked_take() it is the same. */
void capture_asked_words(const struct capture_asked *asked, struct capture_words *ret_words);
/* One such word. */
int capture_asked_take(struct capture_asked *asked, const char *word, struct error *error);
/* When all are set: whether they fit together. ERROR_INVALID. */
int capture_asked_check(const struct capture_asked *asked, struct error *error);

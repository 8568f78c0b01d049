// SPDX-License-Identifier: GPL-2.0-or-later
// words.h - what a host that wants to join a cluster and the one that lets it in say to each other
#pragma once

#include "base/wire.h"
#include "ipc/usher_msg.h"

#include <stdint.h>

/* Theory of operation. Over TLS, whose server shows the cluster's authority: the joiner believes it
 * by the digest that is in its token, and not before that says its secret. One message each way,
 * behind its length of two bytes. What comes is a stranger's, and enters through the readers below
 * alone (tests/fuzz/fuzz_usher_words.c). */

#define USHER_WORDS_VERSION 2

struct usher_request {
	char secret[CLUSTER_SECRET_LEN + 1];
	uint16_t key_len;
	uint8_t key[USHER_KEY_MAX]; /* public, as DER: SubjectPublicKeyInfo of RFC 5280 */
};

struct usher_answer {
	char why[HERALD_WHY_LEN_MAX + 1]; /* a sentence; "": it is let in, with what follows */
	char cert[USHER_PEM_MAX + 1];
	/* What it may run a member of etcd with, at the address that its connection came from;
	 * none, and "": it may not. */
	struct addr serves;
	char serving[USHER_PEM_MAX + 1];
	struct usher_members members;
};

/* Writers append to wire (wire->err tells); readers take a whole message, and fail with -EBADMSG on
 * anything but that. A sentence that was read has nothing in it but printable ASCII. */
void usher_words_put_request(struct wire *wire, const struct usher_request *request);
void usher_words_get_request(struct wire *wire, struct usher_request *ret_request);
void usher_words_put_answer(struct wire *wire, const struct usher_answer *answer);
void usher_words_get_answer(struct wire *wire, struct usher_answer *ret_answer);

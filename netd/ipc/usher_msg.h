// SPDX-License-Identifier: GPL-2.0-or-later
// usher_msg.h - what the plumber and the usher, who lets hosts into a cluster, say to each other
#pragma once

#include "base/addr.h"
#include "base/limits.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. On the host that has the key of the cluster's authority the plumber says who
 * is let in and by what (CONFIG, with the sockets to listen on, as often as it changes): the usher
 * decides by itself, and the plumber hears nothing of who comes. On a host that joins it is asked
 * to ask for that elsewhere (a REQUEST of ipc/calls.h with struct usher_ask), and says what came of
 * it: struct usher_admitted, or an errno and a sentence. A host that is in asks in the same way for
 * another certificate, and shows the one that it has (struct usher_renew). Bytes of strangers come
 * no further than the usher (usher/words.h). The end of the channel is its end. */

#define USHER_VERSION 3

/* Above those of ipc/msg.h, and others than the herald's and the keeper's. */
enum usher_type {
	USHER_CONFIG = 112,
};

enum usher_call {
	USHER_CALL_ASK = 1,
	USHER_CALL_RENEW,
};

struct usher_members {
	uint8_t n;
	char urls[CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1];
};

struct usher_config {
	uint32_t version;
	char ca[CLUSTER_PEM_LEN_MAX + 1], ca_key[CLUSTER_PEM_LEN_MAX + 1];
	char cert[CLUSTER_PEM_LEN_MAX + 1], key[CLUSTER_PEM_LEN_MAX + 1]; /* this host's */
	char secret[CLUSTER_SECRET_LEN + 1];
	uint64_t expires; /* of the wall clock, in seconds */
	uint8_t n_old;	  /* secrets that are good no more */
	char old[CLUSTER_OLD_SECRETS][CLUSTER_SECRET_LEN + 1];
	struct usher_members members; /* that who comes in is told */
	uint32_t valid_s;	      /* for how long what is signed is good */
	/* Certificates that nobody is to be let in by (model/cluster/cluster_certificate.h). */
	uint16_t n_revoked;
	char revoked[CLUSTER_REVOKED_MAX][CLUSTER_SERIAL_LEN_MAX + 1];
};

/* This host has a certificate of the authority in ca, and asks there for another one for its key.
 */
struct usher_renew {
	char ca[CLUSTER_PEM_LEN_MAX + 1], cert[CLUSTER_PEM_LEN_MAX + 1],
		key[CLUSTER_PEM_LEN_MAX + 1];
	struct addr addr;
	uint16_t port;
};

struct usher_ask {
	char digest[CLUSTER_DIGEST_LEN + 1], secret[CLUSTER_SECRET_LEN + 1];
	struct addr addr;
	uint16_t port;
};

struct usher_admitted {
	struct addr own; /* of this host, by which it has reached the other */
	char ca[CLUSTER_PEM_LEN_MAX + 1], cert[CLUSTER_PEM_LEN_MAX + 1],
		key[CLUSTER_PEM_LEN_MAX + 1];
	/* For a member of etcd of this host's, by the address that the other side saw; none, and
	 * "": it is to run none. The key is the same. */
	struct addr serves;
	char serving[CLUSTER_PEM_LEN_MAX + 1];
	struct usher_members members;
};

/* Writers append to wire (wire->err tells); readers expect the type consumed, and fail with
 * -EBADMSG on anything but an exact body. */
void usher_msg_put_config(struct wire *wire, const struct usher_config *config);
void usher_msg_get_config(struct wire *wire, struct usher_config *ret_config);
/* These are the bodies of a request and of its reply, and have no type before them. */
void usher_msg_put_ask(struct wire *wire, const struct usher_ask *ask);
void usher_msg_get_ask(struct wire *wire, struct usher_ask *ret_ask);
void usher_msg_put_renew(struct wire *wire, const struct usher_renew *renew);
void usher_msg_get_renew(struct wire *wire, struct usher_renew *ret_renew);
void usher_msg_put_admitted(struct wire *wire, const struct usher_admitted *admitted);
void usher_msg_get_admitted(struct wire *wire, struct usher_admitted *ret_admitted);
/* A part of these, and of what hosts say to each other (usher/words.h): at least one. */
void usher_msg_put_members(struct wire *wire, const struct usher_members *members);
void usher_msg_get_members(struct wire *wire, struct usher_members *ret_members);

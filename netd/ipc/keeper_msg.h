// SPDX-License-Identifier: GPL-2.0-or-later
// keeper_msg.h - what the plumber and the keeper, who runs netd's own etcd, say to each other
#pragma once

#include "base/addr.h"
#include "base/family.h"
#include "base/limits.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Theory of operation. The plumber says what etcd is to be (CONFIG). Without certificates in it the
 * cluster is new: the keeper forgets what there was, makes an authority and what this host is
 * trusted by, and tells it (MADE); the plumber keeps it and says it the next time. Behind each
 * CONFIG comes which certificates are revoked (REVOKED), and then it is done. The keeper runs etcd
 * until it is told otherwise, whatever becomes of the plumber, and tells whenever that has changed
 * (STATE). WIPE ends etcd and removes all that it has; the end of the channel says that it is done.
 * Everything here is netd's own: no stranger's byte comes to either. */

#define KEEPER_VERSION 2

/* Above those of ipc/msg.h, and others than the herald's. */
enum keeper_type {
	KEEPER_CONFIG = 96, /* plumber */
	KEEPER_WIPE,	    /* plumber */
	KEEPER_MADE,	    /* keeper */
	KEEPER_STATE,	    /* keeper */
	KEEPER_REVOKED,	    /* plumber */
};

/* Where distributions and administrators have etcd. */
#define KEEPER_ETCD_PLACES                                                                         \
	{                                                                                          \
		"/usr/bin/etcd", "/usr/local/bin/etcd"                                             \
	}

/* Of one host, as PEM. */
struct keeper_trust {
	char ca[CLUSTER_PEM_LEN_MAX + 1], cert[CLUSTER_PEM_LEN_MAX + 1],
		key[CLUSTER_PEM_LEN_MAX + 1];
};

struct keeper_config {
	uint32_t version;
	char host[CLUSTER_HOST_LEN_MAX + 1]; /* what this member is called */
	char id[ID_LEN + 1];	     /* of this host; members of another cluster have others */
	struct addr addrs[FAMILY_N]; /* where it listens; family 0: none */
	/* The members that this one is added to, and itself, as etcd's option has them:
	 * name=URL,...; "": it begins as the only one of a new cluster. Its data says more, once
	 * there is some. */
	char seat[CLUSTER_SEAT_LEN_MAX + 1];
	struct keeper_trust trust; /* all "": to be made */
};

/* Certificates that etcd is to refuse, by their numbers (model/cluster/cluster_certificate.h). When
 * they have become others, etcd is started again, for connections that are open stay so else; of
 * several members this one after so many. */
struct keeper_revoked {
	uint8_t turn;
	size_t n;
	char serials[CLUSTER_REVOKED_MAX][CLUSTER_SERIAL_LEN_MAX + 1];
};

struct keeper_made {
	struct keeper_trust trust;
	char ca_key[CLUSTER_PEM_LEN_MAX + 1];
	char digest[CLUSTER_DIGEST_LEN + 1]; /* of the authority's public key */
};

struct keeper_state {
	uint32_t pid;			  /* etcd's; 0: it does not run */
	char why[HERALD_WHY_LEN_MAX + 1]; /* a sentence about what does not work; "": all does */
};

/* Writers append to wire (wire->err tells); readers expect the type consumed, and fail with
 * -EBADMSG on anything but an exact body. */
void keeper_msg_put_config(struct wire *wire, const struct keeper_config *config);
void keeper_msg_get_config(struct wire *wire, struct keeper_config *ret_config);
void keeper_msg_put_revoked(struct wire *wire, const struct keeper_revoked *revoked);
void keeper_msg_get_revoked(struct wire *wire, struct keeper_revoked *ret_revoked);
void keeper_msg_put_made(struct wire *wire, const struct keeper_made *made);
void keeper_msg_get_made(struct wire *wire, struct keeper_made *ret_made);
void keeper_msg_put_state(struct wire *wire, const struct keeper_state *state);
void keeper_msg_get_state(struct wire *wire, struct keeper_state *ret_state);

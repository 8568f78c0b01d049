// SPDX-License-Identifier: GPL-2.0-or-later
// herald_msg.h - what the plumber and the herald, who speaks to etcd, say to each other
#pragma once

#include "base/family.h"
#include "base/limits.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. The plumber says once whom the herald speaks to and as who (CONFIG), and
 * which records this host has (WANT, UNWANT): the herald sees to it that etcd has these and no
 * others of this host. The herald tells all records there are (BEGIN, RECORD …, END; what was not
 * told between the two is gone), and then what changes (RECORD, GONE). With STATE it says how far
 * that can be relied on. What has an outcome is asked for by a REQUEST and answered by a REPLY
 * (ipc/calls.h), whose `what` is one of enum herald_call, or an errno with a sentence as its body.
 *
 * Records and keys follow the type as model/cluster/cluster_record.h spells them. Bytes of
 * strangers come no further than the herald: the plumber reads its spelling, and hangs up when that
 * is wrong. The end of the channel is the end of the herald. */

#define HERALD_VERSION 4

/* Above those of ipc/msg.h, for REQUEST and REPLY are that's. */
enum herald_type {
	HERALD_CONFIG = 64, /* plumber: first of all, and once */
	HERALD_WANT,	    /* plumber: a record of this host */
	HERALD_UNWANT,	    /* plumber: a key of this host */
	HERALD_BEGIN,
	HERALD_RECORD,
	HERALD_GONE,
	HERALD_END,
	HERALD_STATE,
	HERALD_MEMBERS, /* of an etcd of netd's own: all there are, when they have changed */
};

enum herald_call {
	HERALD_CALL_JOIN = 1, /* a record: this host's, which nobody may have written before */
	HERALD_CALL_REMOVE,   /* struct herald_remove: another host, or this one */
	HERALD_CALL_CLAIM,    /* a record that nobody may have written before: a network, a block */
	/* struct herald_seat: a host's member of etcd. It is added, as one that only learns; the
	 * answer is what it begins beside (struct keeper_config). It has learnt all, and is one
	 * like the others. It is removed; -EBUSY: it is the only one. */
	HERALD_CALL_SEAT,
	HERALD_CALL_PROMOTE,
	HERALD_CALL_UNSEAT,
	/* Two records of one key: what etcd has to have, and what it has from then on; -EEXIST: it
	 * has another, or none. */
	HERALD_CALL_REPLACE,
	/* a record that is to go, if it says this still: another host may have written another one
	 * under its key since. -EBUSY: it is another one, or none. */
	HERALD_CALL_RELEASE,
	/* nothing: it is answered when all has been told that etcd had of networks when it was
	 * asked. -EAGAIN: etcd is not spoken to, or stops to be. */
	HERALD_CALL_HEAR,
};

struct herald_config {
	uint32_t version;
	bool follows; /* members that come and go are found, and told */
	bool joined;  /* this host's record was written once: if it is gone somebody removed it */
	char host[CLUSTER_HOST_LEN_MAX + 1];
	char id[ID_LEN + 1];
	uint8_t n_members;
	char members[CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1];
	char ca[CLUSTER_PEM_LEN_MAX + 1], cert[CLUSTER_PEM_LEN_MAX + 1],
		key[CLUSTER_PEM_LEN_MAX + 1];
};

enum herald_standing {
	HERALD_TRYING,	/* no member answers: what was told may be old */
	HERALD_FRESH,	/* what changes is told at once */
	HERALD_REMOVED, /* this host's record is gone: nothing of it is written any more */
	HERALD_N_STANDINGS,
};

struct herald_state {
	enum herald_standing standing;
	uint64_t revision;		  /* of etcd's store, as last told */
	uint8_t member;			  /* of herald_config.members, that is spoken to */
	bool refused;			  /* trying: all members say no, and would again */
	char why[HERALD_WHY_LEN_MAX + 1]; /* a sentence about what does not work; "": all does */
};

struct herald_member {
	char id[HERALD_MEMBER_ID_LEN_MAX + 1]; /* etcd's: a number */
	char name[CLUSTER_HOST_LEN_MAX + 1];   /* "": it has not been started yet */
	char peer[CLUSTER_URL_LEN_MAX + 1];    /* where others reach it; the first */
	bool learner;			       /* it only learns, and has no voice */
	uint8_t n_urls;			       /* where clients do */
	char urls[FAMILY_N][CLUSTER_URL_LEN_MAX + 1];
};

/* n 0: they are not known. */
struct herald_members {
	uint8_t n;
	struct herald_member all[CLUSTER_MEMBERS_MAX];
};

struct herald_seat {
	char host[CLUSTER_HOST_LEN_MAX + 1]; /* what the member is called */
	char peer[CLUSTER_URL_LEN_MAX + 1];  /* where others reach it; "": its name is enough */
};

/* A host that has joined under that name since, with another id, stays: -EEXIST. Certificates that
 * the record of another host than this one names are revoked with it. */
struct herald_remove {
	char host[CLUSTER_HOST_LEN_MAX + 1];
	char id[ID_LEN + 1];
	bool force; /* although it is alive */
	/* Keys of blocks that are its (where it has no name, this host's): those that are another
	 * host's by now stay. More of them come first, in requests of their own without `last`. */
	bool last;
	uint8_t n_keys;
	char keys[HERALD_REMOVE_KEYS_MAX][HERALD_KEY_LEN_MAX + 1];
};

/* Writers append to wire (wire->err tells); readers expect the type consumed, and fail with
 * -EBADMSG on anything but an exact body. */
void herald_msg_put_config(struct wire *wire, const struct herald_config *config);
void herald_msg_get_config(struct wire *wire, struct herald_config *ret_config);
void herald_msg_put_state(struct wire *wire, const struct herald_state *state);
void herald_msg_get_state(struct wire *wire, struct herald_state *ret_state);
/* Seats and removals are the bodies of requests, and have no type before them. */
void herald_msg_put_members(struct wire *wire, const struct herald_members *members);
void herald_msg_get_members(struct wire *wire, struct herald_members *ret_members);
void herald_msg_put_seat(struct wire *wire, const struct herald_seat *seat);
void herald_msg_get_seat(struct wire *wire, struct herald_seat *ret_seat);
void herald_msg_put_remove(struct wire *wire, const struct herald_remove *remove);
void herald_msg_get_remove(struct wire *wire, struct herald_remove *ret_remove);

/* Of members that have a voice, and run: where clients reach them, as many as there is room for. */
uint8_t herald_members_urls(const struct herald_members *members,
			    char ret_urls[static CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1]);
/* How many have a voice. */
unsigned herald_members_voters(const struct herald_members *members);
/* A host's own: by its name, or, where it has not been started, by where others reach it. NULL: it
 * has none. */
const struct herald_member *herald_members_find(const struct herald_members *members,
						const struct herald_seat *seat);

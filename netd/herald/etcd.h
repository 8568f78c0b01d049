// SPDX-License-Identifier: GPL-2.0-or-later
// etcd.h - the words of etcd's JSON gateway: what is asked, and what comes back
#pragma once

#include "base/buf.h"
#include "base/json_span.h"
#include "base/limits.h"
#include "ipc/herald_msg.h"
#include "model/cluster/cluster_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. etcd's gateway takes and gives JSON over HTTP, keys and values in base64 and
 * numbers of 64 bits as strings. What is asked is written here piece by piece; what comes back is a
 * stranger's, and enters through etcd_answer_read and etcd_answer_next alone (tests/fuzz). */

#define ETCD_RANGE "/v3/kv/range"
#define ETCD_TXN "/v3/kv/txn"
#define ETCD_WATCH "/v3/watch"
#define ETCD_GRANT "/v3/lease/grant"
#define ETCD_RENEW "/v3/lease/keepalive"
#define ETCD_LEFT "/v3/lease/timetolive"
#define ETCD_REVOKE "/v3/lease/revoke"
#define ETCD_MEMBER_LIST "/v3/cluster/member/list"
#define ETCD_MEMBER_ADD "/v3/cluster/member/add"
#define ETCD_MEMBER_PROMOTE "/v3/cluster/member/promote"
#define ETCD_MEMBER_REMOVE "/v3/cluster/member/remove"

/* All of netd's keys behind `after` (none: NULL, 0), as they were at a revision (0: now), limit of
 * them. */
void etcd_ask_range(struct buf *out, const char *after, size_t len, int64_t revision,
		    unsigned limit);
/* One key alone, as it is now. */
void etcd_ask_key(struct buf *out, const struct cluster_key *key);
/* The network that was written last from this revision on, as of now and all members: its key
 * alone. */
void etcd_ask_newest(struct buf *out, int64_t revision);
/* What happens to them from this revision on. */
void etcd_ask_watch(struct buf *out, int64_t revision);
void etcd_ask_grant(struct buf *out, unsigned ttl_s);
/* It is to be renewed, to be ended, or what is left of it to be said: the path tells. */
void etcd_ask_renew(struct buf *out, int64_t lease);
/* Who is alive, and by which lease. */
void etcd_ask_alive(struct buf *out);

/* All members; another one, that only learns; and what becomes of one, by its number. */
void etcd_ask_members(struct buf *out);
void etcd_ask_add(struct buf *out, const char *peer);
void etcd_ask_member(struct buf *out, const char *id);

/* A transaction: all of it is done if all that it expects is so. Zeroed is empty. */
struct etcd_txn {
	struct buf expected, done;
	unsigned n; /* operations */
};
void etcd_txn_expect(struct etcd_txn *txn, const struct cluster_key *key, bool present);
/* It is as it was at this revision (struct etcd_item); 0: it is not there. */
void etcd_txn_expect_at(struct etcd_txn *txn, const struct cluster_key *key, int64_t revision);
/* It is there, and is this record. */
void etcd_txn_expect_same(struct etcd_txn *txn, const struct cluster_record *record);
/* lease 0: it stays. */
void etcd_txn_put(struct etcd_txn *txn, const struct cluster_record *record, int64_t lease);
void etcd_txn_delete(struct etcd_txn *txn, const struct cluster_key *key);
/* If it is this record, as netd spells it; all else of the transaction is done in any case. */
void etcd_txn_delete_same(struct etcd_txn *txn, const struct cluster_record *record);
/* All endpoints of a host. */
void etcd_txn_delete_ends(struct etcd_txn *txn, const char *host);
/* The request; the transaction is empty then. out->err tells. */
void etcd_txn_finish(struct etcd_txn *txn, struct buf *out);

/* One answer, or one line of a watch. Valid as long as the text. */
struct etcd_answer {
	int64_t revision;	  /* of the store; 0: it does not say */
	bool succeeded;		  /* a transaction: what it expected was so */
	bool more;		  /* a range: there is more than the limit */
	bool created;		  /* a watch: it has begun */
	bool canceled;		  /* a watch: it has ended */
	int64_t compact_revision; /* with it: what is before this is not known any more */
	int64_t term;		  /* elections that there were; 0: it does not say */
	int64_t lease, ttl_s;	  /* ttl_s 0: it is over */
	int64_t granted_s;	  /* what is left: of so many, rounded down; ttl_s -1: it is over */
	char why[HERALD_WHY_LEN_MAX + 1]; /* etcd refuses, in its own words; "": it does not */
	bool unavailable;		  /* and another member, or the same in a while, may not */
	struct json_span items, item;
	struct json_span members;
};

/* 0, or -EBADMSG: these are not etcd's words. */
int etcd_answer_read(const char *text, size_t len, struct etcd_answer *ret_answer);

/* The members in an answer. 0, or -EBADMSG: there are none, or one makes no sense, or they are too
 * many. URLs that cannot be asked are passed over. */
int etcd_answer_members(const struct etcd_answer *answer, struct herald_members *ret_members);

enum etcd_item_kind {
	ETCD_FOREIGN, /* no key of netd's */
	ETCD_RECORD,
	ETCD_WRONG, /* a key, and no record that makes sense: as good as none */
	ETCD_GONE,
};

/* A record that was found or has changed. */
struct etcd_item {
	enum etcd_item_kind kind;
	char name[CLUSTER_KEY_SIZE]; /* the key as text, cut */
	size_t name_len;
	int64_t revision;	      /* at which it was written last */
	int64_t lease;		      /* on which it hangs; 0: none */
	struct cluster_key key;	      /* unless it is foreign */
	struct cluster_record record; /* of ETCD_RECORD */
};

/* The next one of a range's or a watch's answer; false: that was the last. */
bool etcd_answer_next(struct etcd_answer *answer, struct etcd_item *ret_item);

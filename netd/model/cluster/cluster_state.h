// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_state.h - all records of a cluster, or one host's, and how two such states differ
#pragma once

#include "model/cluster/cluster_record.h"

#include <stdbool.h>
#include <stddef.h>

/* Records by their keys. They are kept as bytes, some 100 each, for there may be as many as
 * CLUSTER_RECORDS_MAX. */
struct cluster_state;

enum cluster_change {
	CLUSTER_SAME,
	CLUSTER_ADDED,
	CLUSTER_CHANGED,
	CLUSTER_REMOVED,
};

/* -ENOMEM */
int cluster_state_new(struct cluster_state **ret_state);
void cluster_state_free(struct cluster_state *state);
size_t cluster_state_count(const struct cluster_state *state);

/* A record is so. What that changed, or -ENOMEM, or -ENOSPC: there are as many as there may be;
 * nothing has changed then. */
int cluster_state_put(struct cluster_state *state, const struct cluster_record *record);
/* A record is not there (any more). CLUSTER_REMOVED, or CLUSTER_SAME: it was not. */
enum cluster_change cluster_state_remove(struct cluster_state *state,
					 const struct cluster_key *key);
/* False: it is not there. */
bool cluster_state_get(const struct cluster_state *state, const struct cluster_key *key,
		       struct cluster_record *ret_record);
bool cluster_state_has(const struct cluster_state *state, const struct cluster_key *key);
/* One of the kind after the other, in no order: *cursor is 0 at first; false: that was the last.
 * The state must not change meanwhile. Records of other kinds cost nothing. */
bool cluster_state_next(const struct cluster_state *state, enum cluster_kind kind, size_t *cursor,
			struct cluster_record *ret_record);

/* All records are about to be told (put) again, as after a watch that missed some. */
void cluster_state_begin(struct cluster_state *state);
/* All have been: those that were not told since cluster_state_begin are removed, and gone hears of
 * each behind its removal. gone may be NULL. */
typedef void (*cluster_state_gone)(const struct cluster_key *key, void *data);
int cluster_state_end(struct cluster_state *state, cluster_state_gone gone, void *data);

/* What makes before into after: each record that is added, changed (both as it is after) or removed
 * (its key; the rest is not to be looked at). An error of differs ends it, and is returned. */
typedef int (*cluster_state_differs)(enum cluster_change change,
				     const struct cluster_record *record, void *data);
int cluster_state_compare(const struct cluster_state *before, const struct cluster_state *after,
			  cluster_state_differs differs, void *data);

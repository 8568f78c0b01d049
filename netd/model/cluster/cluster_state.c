// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_state.c - all records of a cluster, or one host's, and how two such states differ
#include "model/cluster/cluster_state.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A state is the records of a cluster by their keys, each packed as bytes.
 * Packed they are small, and equal records are equal bytes, so "has it changed" is a comparison
 * of memory.
 *
 * When all records are told anew (after the herald has been elsewhere), each telling has a
 * number. Whatever is not told with the present number is left over from before, and goes at
 * the end. */

/* A map finds a record by its key's text, and the order in it is nobody's. There is one of each
 * kind: whoever looks for the few networks, hosts or services does not walk over the thousands of
 * containers. */
struct cluster_state {
	struct map *records[CLUSTER_N_KINDS]; /* key as text -> struct entry */
	unsigned telling;		      /* grows with each cluster_state_begin */
};

/* The room behind it is as long as the record's bytes. An entry is one allocation. It is replaced
 * as a whole when its record changes. */
struct entry {
	unsigned told; /* in this telling */
	size_t len;
	uint8_t bytes[]; /* cluster_record_put */
};

/* An empty state; -ENOMEM leaves *ret_state as it was. The state is the caller's to free. */
int cluster_state_new(struct cluster_state **ret_state)
{
	_cleanup_free_ struct cluster_state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	for (size_t kind = 0; kind < CLUSTER_N_KINDS; kind++) {
		state->records[kind] = map_new();
		if (!state->records[kind]) {
			cluster_state_free(take_ptr(state));
			return -ENOMEM;
		}
	}
	*ret_state = take_ptr(state);
	return 0;
}

/* The entries are the state's, the keys the map's. NULL is accepted. */
void cluster_state_free(struct cluster_state *state)
{
	void *entry;

	for (size_t kind = 0; state && kind < CLUSTER_N_KINDS && state->records[kind]; kind++) {
		size_t cursor = 0;

		while ((entry = map_next(state->records[kind], &cursor, NULL, NULL)) != NULL)
			free(entry);
		map_free(state->records[kind]);
	}
	free(state);
}

/* How many records there are, of all kinds. */
size_t cluster_state_count(const struct cluster_state *state)
{
	size_t n = 0;

	for (size_t kind = 0; kind < CLUSTER_N_KINDS; kind++)
		n += map_count(state->records[kind]);
	return n;
}

/* Packing a record twice gives the same bytes, since it has one spelling. */
static bool same(const struct entry *entry, const uint8_t *bytes, size_t len)
{
	return entry->len == len && memcmp(entry->bytes, bytes, len) == 0;
}

/* Returns CLUSTER_SAME, _CHANGED or _ADDED, or a negative error. bytes: one for the process, as it
 * has one thread. The record is copied. On an error the state is as it was. */
int cluster_state_put(struct cluster_state *state, const struct cluster_record *record)
{
	static uint8_t bytes[CLUSTER_PACKED_MAX]; /* too large for the stack of every caller */
	struct wire wire = wire_writer(bytes, sizeof(bytes));
	const char *key = cluster_key_print(&record->key, (char[CLUSTER_KEY_SIZE]) { 0 });
	_cleanup_free_ struct entry *entry = NULL;
	struct map *records = state->records[record->key.kind];
	struct entry *before = map_get_str(records, key);

	cluster_record_put(&wire, record);
	if (wire.err != 0)
		return wire.err;
	/* The same bytes again: it only counts as told. */
	if (before && same(before, bytes, wire.pos)) {
		before->told = state->telling;
		return CLUSTER_SAME;
	}
	/* A cluster cannot grow without a bound: a host that writes too much must not take all
	 * memory of others. */
	if (!before && cluster_state_count(state) >= CLUSTER_RECORDS_MAX)
		return -ENOSPC;
	entry = malloc(sizeof(*entry) + wire.pos);
	if (!entry)
		return -ENOMEM;
	entry->told = state->telling;
	entry->len = wire.pos;
	memcpy(entry->bytes, bytes, wire.pos);
	/* The map has the new entry before the old one is freed. */
	if (map_set_str(records, key, entry) < 0)
		return -ENOMEM;
	(void)take_ptr(entry);
	/* NULL the first time, which free(3) takes. */
	free(before);
	return before ? CLUSTER_CHANGED : CLUSTER_ADDED;
}

/* One that is not there is no change. */
enum cluster_change cluster_state_remove(struct cluster_state *state, const struct cluster_key *key)
{
	void *entry = map_remove_str(state->records[key->kind],
				     cluster_key_print(key, (char[CLUSTER_KEY_SIZE]) { 0 }));

	free(entry);
	return entry ? CLUSTER_REMOVED : CLUSTER_SAME;
}

static const struct entry *find(const struct cluster_state *state, const struct cluster_key *key)
{
	return map_get_str(state->records[key->kind],
			   cluster_key_print(key, (char[CLUSTER_KEY_SIZE]) { 0 }));
}

/* A failure here could only be a fault of the writer. false: the entry is passed over. */
static bool unpack(const struct entry *entry, struct cluster_record *ret_record)
{
	struct wire wire = wire_reader(entry->bytes, entry->len);

	cluster_record_get(&wire, ret_record);
	return wire.err == 0; /* it was written here, and is sound if its writer was */
}

/* false: there is none. The record is a copy, and stays good when the state changes. */
bool cluster_state_get(const struct cluster_state *state, const struct cluster_key *key,
		       struct cluster_record *ret_record)
{
	const struct entry *entry = find(state, key);

	return entry && unpack(entry, ret_record);
}

/* Cheaper than cluster_state_get(), as nothing is unpacked. */
bool cluster_state_has(const struct cluster_state *state, const struct cluster_key *key)
{
	return find(state, key) != NULL;
}

/* The cursor is the map's. The record is unpacked into the caller's, and stays good when the state
 * changes. Begin with *cursor 0. The state must not change meanwhile. */
bool cluster_state_next(const struct cluster_state *state, enum cluster_kind kind, size_t *cursor,
			struct cluster_record *ret_record)
{
	const struct entry *entry;

	while ((entry = map_next(state->records[kind], cursor, NULL, NULL)) != NULL)
		if (unpack(entry, ret_record))
			return true;
	return false;
}

/* Until cluster_state_end() all is in the state: what was told before and what is told now. A
 * telling that is not ended takes nothing away. */
void cluster_state_begin(struct cluster_state *state)
{
	state->telling++;
}

/* A map must not change while it is walked, and entries may go: so those that were not told are
 * counted first, and then copied. */
static size_t count_untold(const struct cluster_state *state)
{
	const struct entry *entry;
	size_t n = 0;

	for (size_t kind = 0; kind < CLUSTER_N_KINDS; kind++) {
		size_t cursor = 0;

		while ((entry = map_next(state->records[kind], &cursor, NULL, NULL)) != NULL)
			n += entry->told != state->telling;
	}
	return n;
}

/* How many were written: at most as many as count_untold has found. */
static size_t copy_untold(const struct cluster_state *state, struct cluster_key *ret_keys)
{
	const struct entry *entry;
	const void *key;
	size_t n = 0, len;

	for (size_t kind = 0; kind < CLUSTER_N_KINDS; kind++) {
		size_t cursor = 0;

		while ((entry = map_next(state->records[kind], &cursor, &key, &len)) != NULL)
			if (entry->told != state->telling &&
			    cluster_key_parse(key, len, &ret_keys[n]) == 0)
				n++;
	}
	return n;
}

/* First all keys are collected, and then removed. On -ENOMEM nothing has been removed, and the next
 * telling tries again. 0, or -ENOMEM. gone may be NULL; it is called once for each key, after the
 * record has gone. */
int cluster_state_end(struct cluster_state *state, cluster_state_gone gone, void *data)
{
	_cleanup_free_ struct cluster_key *keys = NULL;
	size_t n = count_untold(state);

	keys = n > 0 ? malloc(n * sizeof(*keys)) : NULL;
	if (n > 0 && !keys)
		return -ENOMEM;
	n = n > 0 ? copy_untold(state, keys) : 0;
	for (size_t i = 0; i < n; i++) {
		(void)cluster_state_remove(state, &keys[i]);
		if (gone)
			gone(&keys[i], data);
	}
	return 0;
}

/* One record that is after; what both have alike is passed over. 0 where there is nothing to tell,
 * or what differs() has returned. */
static int compare_one(const struct map *before, const char *key, size_t len,
		       const struct entry *after, cluster_state_differs differs, void *data)
{
	const struct entry *was = map_get(before, key, len);
	struct cluster_record record;

	if ((was && same(was, after->bytes, after->len)) || !unpack(after, &record))
		return 0;
	return differs(was ? CLUSTER_CHANGED : CLUSTER_ADDED, &record, data);
}

/* Two walks: what is new or other, and what has gone. */
static int compare_kind(const struct map *before, const struct map *after,
			cluster_state_differs differs, void *data)
{
	const struct entry *entry;
	size_t cursor = 0, len;
	const void *key;
	int err = 0;

	while (err == 0 && (entry = map_next(after, &cursor, &key, &len)) != NULL)
		err = compare_one(before, key, len, entry, differs, data);
	cursor = 0;
	while (err == 0 && (entry = map_next(before, &cursor, &key, &len)) != NULL) {
		struct cluster_record record;

		if (!map_get(after, key, len) && unpack(entry, &record))
			err = differs(CLUSTER_REMOVED, &record, data);
	}
	return err;
}

/* An error of differs() ends it. 0, or what differs() has returned. The record that it gets is the
 * new one, and for one that has gone the old one. */
int cluster_state_compare(const struct cluster_state *before, const struct cluster_state *after,
			  cluster_state_differs differs, void *data)
{
	int err = 0;

	for (size_t kind = 0; err == 0 && kind < CLUSTER_N_KINDS; kind++)
		err = compare_kind(before->records[kind], after->records[kind], differs, data);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// replay.c - a ruleset that was read, taken apart into what is made again one by one, and put back
#include "diag/rules/replay.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "diag/rules/replay_parts.h"
#include "diag/rules/rules.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A ruleset that was read is to be made again elsewhere, in such a way
 * that nft(8) finds the same names and the same numbers there (decision 25). So the messages
 * are taken apart into tables, and in each table into items (chains, rules, sets, objects,
 * flowtables) with the number that the kernel gave them. Sorted by that number they are in the
 * order in which they came to be, and in that order replay_write.c makes them again.
 *
 * What was not made as it is (rules with matches of xtables, rules that were refused) is
 * remembered. replay_restore() puts the original message back in its place when the result is
 * read, if its table is still the one that was made.
 *
 * Unlike decode.c this is strict: a message that is not understood ends it with -EBADMSG,
 * because a ruleset that was made by half would give wrong answers. */

/* Returns where the next message begins; 0: there is none that is whole. The message's
 * attributes are left in place, as a part of bytes. */
size_t replay_message(const uint8_t *bytes, size_t len, size_t at, uint16_t *ret_type,
		      uint8_t *ret_family, struct tlv *ret_attrs)
{
	/* Both heads are copied out: bytes need not be aligned. */
	const size_t before = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);
	struct nlmsghdr head;
	struct nfgenmsg gen;
	size_t whole;

	/* Subtractions only, which cannot overflow: lengths come from a file. */
	if (at > len || len - at < before)
		return 0;
	memcpy(&head, bytes + at, sizeof(head));
	if (head.nlmsg_len < before || head.nlmsg_len > len - at ||
	    head.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return 0;
	memcpy(&gen, bytes + at + sizeof(head), sizeof(gen));
	*ret_type = head.nlmsg_type & 0xff;
	*ret_family = gen.nfgen_family;
	*ret_attrs = (struct tlv) { .data = bytes + at + before, .len = head.nlmsg_len - before };
	/* Messages are padded to four bytes, but for the last. */
	whole = NLMSG_ALIGN((size_t)head.nlmsg_len);
	return at + (whole < len - at ? whole : len - at);
}

/* NULL: none of that name. */
static struct replay_table *find_table(const struct replay *replay, uint8_t family,
				       const char *name)
{
	/* The last one first: what belongs to a table comes behind it. */
	for (size_t i = replay->n_tables; i-- > 0;) {
		struct replay_table *table = &replay->tables[i];

		if (table->family == family && strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

/* ---- reading ---- */

/* Where the reading is, and the chain of the rule before. */
struct reading {
	struct replay *replay;
	/* of the message that is read, in the bytes of replay */
	size_t at;
	uint8_t family;
	/* of that message; they point into the bytes of replay */
	struct tlv_set attrs;
	char chain[NFT_NAME_MAXLEN]; /* of the rule before, and its table */
	const struct replay_table *chain_table;
};

/* A table has a number of its own, and maybe an owner. The title is limited to what a sentence
 * has room for. */
static int read_table(struct reading *reading)
{
	struct replay *replay = reading->replay;
	struct replay_table *tables = grow(replay->tables, &replay->room_tables,
					   replay->n_tables + 1, sizeof(*tables));
	struct replay_table *table;

	if (!tables)
		return -ENOMEM;
	/* Kept at once: the memory that was there before is gone. */
	replay->tables = tables;
	table = &tables[replay->n_tables];
	*table = (struct replay_table) { .family = reading->family, .at = reading->at };
	if (!tlv_text(&reading->attrs, NFTA_TABLE_NAME, table->name, sizeof(table->name)) ||
	    !tlv_u64(&reading->attrs, NFTA_TABLE_HANDLE, &table->handle) ||
	    !tlv_u32_if(&reading->attrs, NFTA_TABLE_OWNER, &table->owner))
		return -EBADMSG;
	/* For sentences: "inet corp". */
	(void)snprintf(table->title, sizeof(table->title), "%s %s",
		       rules_family_name(table->family), table->name);
	/* Counted when all of it was read: a table with an error is no table. */
	replay->n_tables++;
	return 0;
}

/* NULL: *ret_err says why. The table's name is attribute 1 of all of them. */
static struct replay_table *table_of(const struct reading *reading, int *ret_err)
{
	char name[NFT_NAME_MAXLEN];
	struct replay_table *table = NULL;

	if (tlv_text(&reading->attrs, 1, name, sizeof(name)))
		table = find_table(reading->replay, reading->family, name);
	*ret_err = table ? 0 : -EBADMSG;
	return table;
}

/* An item of any kind. handle: which attribute has its number. Handles of all kinds are from
 * one counter of the table. */
static struct replay_item *add_item(struct replay_table *table, const struct reading *reading,
				    enum replay_kind kind, unsigned int handle, int *ret_err)
{
	struct replay_item item = { .kind = kind, .at = reading->at }, *items;

	/* Set ahead of each step, as what its failure means. */
	*ret_err = -EBADMSG;
	/* Numbers begin with 1, and the kernel has 64 bits for them. */
	if (!tlv_u64(&reading->attrs, handle, &item.handle) || item.handle == 0)
		return NULL;
	*ret_err = -ENOMEM;
	items = grow(table->items, &table->room_items, table->n_items + 1, sizeof(*items));
	if (!items)
		return NULL;
	*ret_err = 0;
	table->items = items;
	/* The pointer is good until the next item is added. */
	items += table->n_items++;
	*items = item;
	return items;
}

/* Matches and targets of xtables are expressions with these names. Their bytes are of the
 * running kernel, and cannot be sent back as they were read. */
bool replay_is_xt(const struct tlv_set *expr)
{
	char name[8];

	return tlv_text(expr, NFTA_EXPR_NAME, name, sizeof(name)) &&
	       (strcmp(name, "match") == 0 || strcmp(name, "target") == 0);
}

/* Any of its expressions is enough. Such a rule is made without them, and put back when the
 * result is read. */
static bool has_xt(const struct tlv_set *rule)
{
	struct tlv list = rule->of[NFTA_RULE_EXPRESSIONS], item;
	uint16_t type;

	while (tlv_next(&list, &item, &type)) {
		struct tlv_set expr;

		tlv_read(item, &expr);
		if (replay_is_xt(&expr))
			return true;
	}
	return false;
}

/* Rules come chain by chain, in the order in which they are looked at. A run is one chain's
 * rules. It says which rules must stand next to each other. Two rules of one chain may have
 * been made with long times between them. */
static int find_run(struct reading *reading, struct replay_table *table, size_t *ret_run)
{
	struct replay_run *runs;
	char chain[NFT_NAME_MAXLEN];

	if (!tlv_text(&reading->attrs, NFTA_RULE_CHAIN, chain, sizeof(chain)))
		return -EBADMSG;
	/* Another chain than the rule before has: a run begins. A chain whose rules come in two
	 * parts has two runs, and each keeps its own order. */
	if (reading->chain_table != table || strcmp(reading->chain, chain) != 0) {
		runs = grow(table->runs, &table->room_runs, table->n_runs + 1, sizeof(*runs));
		if (!runs)
			return -ENOMEM;
		table->runs = runs;
		runs[table->n_runs++] = (struct replay_run) { .first = table->n_items };
		memcpy(reading->chain, chain, sizeof(chain));
		reading->chain_table = table;
	}
	*ret_run = table->n_runs - 1;
	return 0;
}

/* The place within its run is the place of the rule in its chain. The run is noted with the
 * item. */
static int read_rule(struct reading *reading, struct replay_table *table)
{
	struct replay_item *item;
	size_t run = 0;
	/* The run first: a new one begins at the item that is about to be added. */
	int err = find_run(reading, table, &run);

	if (err < 0)
		return err;
	item = add_item(table, reading, REPLAY_RULE, NFTA_RULE_HANDLE, &err);
	if (!item)
		return err;
	item->run = run;
	item->has_xt = has_xt(&reading->attrs);
	return 0;
}

/* Flags of the set decide how its elements are sent. A set without flags is a plain one. */
static int read_set(const struct reading *reading, struct replay_table *table)
{
	int err;
	struct replay_item *item = add_item(table, reading, REPLAY_SET, NFTA_SET_HANDLE, &err);

	if (!item)
		return err;
	return tlv_u32_if(&reading->attrs, NFTA_SET_FLAGS, &item->flags) ? 0 : -EBADMSG;
}

/* The name is read from the message again: it is not worth keeping for each. Few sets have
 * elements in messages of their own. */
static bool is_set(const struct replay *replay, const struct replay_item *item, const char *name)
{
	struct tlv attrs = { 0 };
	struct tlv_set set;
	uint16_t type = 0;
	uint8_t family = 0;
	char own[NFT_NAME_MAXLEN];

	if (item->kind != REPLAY_SET)
		return false;
	(void)replay_message(replay->bytes, replay->len, item->at, &type, &family, &attrs);
	tlv_read(attrs, &set);
	return tlv_text(&set, NFTA_SET_NAME, own, sizeof(own)) && strcmp(own, name) == 0;
}

/* Those of a set come one behind the other. NULL: it is not among the sets. The search begins
 * at the last one found. So the search seldom goes further than one step. */
static struct replay_item *find_set(const struct reading *reading, struct replay_table *table)
{
	char name[NFT_NAME_MAXLEN];

	if (!tlv_text(&reading->attrs, NFTA_SET_ELEM_LIST_SET, name, sizeof(name)))
		return NULL;
	/* Without items the loop does not begin, so nothing is divided by zero. */
	for (size_t i = 0; i < table->n_items; i++) {
		struct replay_item *item = &table->items[(table->last_set + i) % table->n_items];

		if (!is_set(reading->replay, item, name))
			continue;
		table->last_set = (size_t)(item - table->items);
		return item;
	}
	return NULL;
}

/* Elements of a set may come in several messages, but one behind the other. Their offsets are
 * kept in a list of the table, of which a set has a part. */
static int read_elements(const struct reading *reading, struct replay_table *table)
{
	struct replay_item *set = find_set(reading, table);
	size_t *elements;

	if (!set)
		return -EBADMSG;
	elements = grow(table->elements, &table->room_elements, table->n_elements + 1,
			sizeof(*elements));
	if (!elements)
		return -ENOMEM;
	table->elements = elements;
	if (set->n_elements == 0)
		set->first_elements = table->n_elements;
	/* Another set's elements in between would mix both up. */
	if (set->first_elements + set->n_elements++ != table->n_elements)
		return -EBADMSG;
	elements[table->n_elements++] = reading->at;
	return 0;
}

/* A message of the dump. Every message but a table's names the table that it is of. */
static int read_message(struct reading *reading, uint16_t type)
{
	struct replay_table *table;
	int err;

	if (reading->attrs.is_broken)
		return -EBADMSG;
	if (type == NFT_MSG_NEWTABLE)
		return read_table(reading);
	table = table_of(reading, &err);
	if (!table)
		return err;
	switch (type) {
	case NFT_MSG_NEWCHAIN:
		/* The item needs nothing more; err says whether there is one. */
		(void)add_item(table, reading, REPLAY_CHAIN, NFTA_CHAIN_HANDLE, &err);
		return err;
	case NFT_MSG_NEWOBJ:
		(void)add_item(table, reading, REPLAY_OBJECT, NFTA_OBJ_HANDLE, &err);
		return err;
	case NFT_MSG_NEWFLOWTABLE:
		(void)add_item(table, reading, REPLAY_FLOWTABLE, NFTA_FLOWTABLE_HANDLE, &err);
		return err;
	case NFT_MSG_NEWSET:
		return read_set(reading, table);
	case NFT_MSG_NEWSETELEM:
		return read_elements(reading, table);
	case NFT_MSG_NEWRULE:
		return read_rule(reading, table);
	/* A kind of thing that nobody here knows cannot be made again. */
	default:
		return -EBADMSG;
	}
}

/* Handles are unique within a table. So the order is a total one. */
static int by_handle(const void *a, const void *b, void *data)
{
	const struct replay_item *items = data;
	uint64_t one = items[*(const size_t *)a].handle, other = items[*(const size_t *)b].handle;

	return one < other ? -1 : one > other;
}

/* The order is a list of indexes, for the items themselves stay in the order of the dump. */
static int sort_items(struct replay_table *table)
{
	table->order = calloc(table->n_items + 1, sizeof(*table->order));
	if (!table->order)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_items; i++)
		table->order[i] = i;
	qsort_r(table->order, table->n_items, sizeof(*table->order), by_handle, table->items);
	return 0;
}

/* All messages, then the order of each table. A message that is cut off ends it. */
static int read_all(struct replay *replay)
{
	struct reading reading = { .replay = replay };
	size_t next = 0;
	int err = 0;

	while (err == 0 && reading.at < replay->len) {
		struct tlv attrs = { 0 };
		uint16_t type = 0;

		next = replay_message(replay->bytes, replay->len, reading.at, &type,
				      &reading.family, &attrs);
		if (next == 0)
			return -EBADMSG;
		tlv_read(attrs, &reading.attrs);
		err = read_message(&reading, type);
		reading.at = next;
	}
	for (size_t i = 0; err == 0 && i < replay->n_tables; i++)
		err = sort_items(&replay->tables[i]);
	return err;
}

/* For the cleanup attribute, of a replay that is only half read. */
static void replay_freep(struct replay **replay)
{
	replay_free(*replay);
}

/* The bytes are copied: items point into them by offset. The caller may free its own. -EBADMSG:
 * not all of it is understood. */
int replay_new(const void *messages, size_t len, struct replay **ret_replay)
{
	_cleanup_(replay_freep) struct replay *replay = calloc(1, sizeof(*replay));
	int err;

	if (!replay)
		return -ENOMEM;
	/* malloc(0) may be NULL, which is no want of memory. */
	replay->bytes = malloc(len ? len : 1);
	if (!replay->bytes)
		return -ENOMEM;
	if (len)
		memcpy(replay->bytes, messages, len);
	replay->len = len;
	err = read_all(replay);
	if (err == 0)
		*ret_replay = take_ptr(replay);
	return err;
}

/* Accepts NULL, and one whose reading ended in the middle. */
void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	for (size_t i = 0; i < replay->n_tables; i++) {
		free(replay->tables[i].items);
		free(replay->tables[i].order);
		free(replay->tables[i].runs);
		free(replay->tables[i].elements);
	}
	free(replay->tables);
	free(replay->bytes);
	free(replay);
}

/* Tables are named by their index from here on, below this number. */
size_t replay_n_tables(const struct replay *replay)
{
	return replay->n_tables;
}

/* The netlink port of who owned it on the host; 0: nobody. */
uint32_t replay_owner(const struct replay *replay, size_t table)
{
	return replay->tables[table].owner;
}

/* Family and name, for a sentence. It lives as long as the replay. */
const char *replay_name(const struct replay *replay, size_t table)
{
	return replay->tables[table].title;
}

/* ---- putting back ---- */

/* The original of a rule that stands for another one. NULL: the rule is its own. The order is
 * by handle, so it is searched by halves. */
static const struct replay_item *stood_for(const struct replay_table *table, uint64_t handle)
{
	size_t low = 0, high = table->n_items;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->items[table->order[middle]].handle < handle)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < table->n_items) {
		const struct replay_item *item = &table->items[table->order[low]];

		if (item->handle == handle && (item->has_xt || item->is_refused))
			return item;
	}
	return NULL;
}

/* A table that was deleted and made anew has another number, and nothing of the old one. Sets
 * stands[] for a table that is the one that was made. Such a table's rules are shown as they
 * are. */
static void note_table(const struct replay *replay, uint8_t family, const struct tlv_set *attrs,
		       bool *stands)
{
	const struct replay_table *table;
	char name[NFT_NAME_MAXLEN];
	uint64_t handle = 0;

	if (!tlv_text(attrs, NFTA_TABLE_NAME, name, sizeof(name)) ||
	    !tlv_u64(attrs, NFTA_TABLE_HANDLE, &handle))
		return;
	table = find_table(replay, family, name);
	if (table && table->handle == handle)
		stands[table - replay->tables] = true;
}

/* The original message of a rule that was read from the copy. NULL: what was read stays as it
 * is, because the rule is its own, or its table is not the one that was made. */
static const struct replay_item *original(const struct replay *replay, uint8_t family,
					  const struct tlv_set *attrs, const bool *stands)
{
	const struct replay_table *table;
	char name[NFT_NAME_MAXLEN];
	uint64_t handle = 0;

	if (!tlv_text(attrs, NFTA_RULE_TABLE, name, sizeof(name)) ||
	    !tlv_u64(attrs, NFTA_RULE_HANDLE, &handle))
		return NULL;
	table = find_table(replay, family, name);
	return table && stands[table - replay->tables] ? stood_for(table, handle) : NULL;
}

/* A message with its padding, as far as there is any. */
static void put_message(const uint8_t *bytes, size_t len, size_t at, struct buf *out)
{
	struct nlmsghdr head;
	size_t whole;

	memcpy(&head, bytes + at, sizeof(head));
	whole = NLMSG_ALIGN((size_t)head.nlmsg_len);
	buf_append(out, bytes + at, whole < len - at ? whole : len - at);
}

/* Each table that is in what was read, and is the one that was made. */
static void note_tables(const struct replay *replay, const uint8_t *bytes, size_t len, bool *stands)
{
	struct tlv attrs = { 0 };
	struct tlv_set set;
	uint16_t type = 0;
	uint8_t family = 0;
	size_t next;

	for (size_t at = 0; at < len; at = next) {
		next = replay_message(bytes, len, at, &type, &family, &attrs);
		if (next == 0)
			return;
		tlv_read(attrs, &set);
		if (type == NFT_MSG_NEWTABLE)
			note_table(replay, family, &set, stands);
	}
}

/* Whether a table is, in what was read, the one that was made: of the same name and number.
 * Without memory nothing is claimed to stand. */
bool replay_stands(const struct replay *replay, size_t table, const void *messages, size_t len)
{
	_cleanup_free_ bool *stands = calloc(replay->n_tables + 1, sizeof(*stands));

	if (!stands)
		return false;
	note_tables(replay, messages, len, stands);
	return stands[table];
}

/* Messages of the result are copied one by one, and exchanged where a rule only stood for
 * another. */
int replay_restore(const struct replay *replay, const void *messages, size_t len, struct buf *out)
{
	_cleanup_free_ bool *stands = calloc(replay->n_tables + 1, sizeof(*stands));
	const uint8_t *bytes = messages;
	size_t next;

	if (!stands)
		return -ENOMEM;
	note_tables(replay, bytes, len, stands);
	for (size_t at = 0; at < len; at = next) {
		const struct replay_item *item = NULL;
		struct tlv attrs = { 0 };
		struct tlv_set set;
		uint16_t type = 0;
		uint8_t family = 0;

		next = replay_message(bytes, len, at, &type, &family, &attrs);
		if (next == 0)
			break; /* what is no message is nothing to the judge either */
		tlv_read(attrs, &set);
		/* Only rules are made in another form than they had. */
		if (type == NFT_MSG_NEWRULE)
			item = original(replay, family, &set, stands);
		if (item)
			put_message(replay->bytes, replay->len, item->at, out);
		else
			put_message(bytes, len, at, out);
	}
	return out->err;
}

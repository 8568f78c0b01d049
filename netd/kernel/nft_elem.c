// SPDX-License-Identifier: GPL-2.0-or-later
// nft_elem.c - elements of the table's sets and maps to netlink messages, and a refusal back to its
// element
#include "kernel/nft_batch.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* Elements go into messages of many: the list is one attribute, whose length has 16 bits. */
#define ELEMS_PER_MESSAGE 400
/* A bound for any element, so that what is put is never looked at again. */
#define ELEM_ROOM 176 /* of one without comment: headers, two keys of 32, data of 20, flags */
#define LIST_MAX 60000

/* NFTA_SET_ELEM_KEY, _KEY_END and _DATA all hold a nest with NFTA_DATA_VALUE. */
static void put_bytes(struct nlmsghdr *nlh, uint16_t type, const void *data, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, data);
	mnl_attr_nest_end(nlh, nest);
}

/* Theory of operation. An element of the model (model/rules/ruleset_elem.h) is a set, a key,
 * maybe an end of an interval, maybe data, and a comment. Elements of one set go into messages of
 * many, for each message costs the kernel a look-up of table and set. A message's list is one
 * attribute with a length of 16 bits, hence LIST_MAX. A refusal names an offset in its message,
 * and elem_at counts back to the element that lies there. */

/* The type-length-value format in which nft(8) keeps comments. type (1 byte), length (1 byte, with
 * the NUL), text, NUL. The kernel keeps it and does not look. */
static void put_comment(struct nlmsghdr *nlh, const char *comment)
{
	uint8_t udata[2 + RULESET_COMMENT_MAX + 1];
	/* Cut and not refused: a comment is for people, and nothing depends on it. */
	size_t len = strnlen(comment, RULESET_COMMENT_MAX);

	if (len == 0)
		return;
	udata[0] = NFTNL_UDATA_SET_ELEM_COMMENT;
	udata[1] = (uint8_t)(len + 1);
	memcpy(udata + 2, comment, len);
	udata[2 + len] = '\0';
	mnl_attr_put(nlh, NFTA_SET_ELEM_USERDATA, 3 + len, udata);
}

/* A set has no data, a map has bytes, and a map of verdicts has a code in two nests. */
static void put_data(struct nlmsghdr *nlh, const struct ruleset_elem *elem)
{
	enum ruleset_field field = ruleset_set_info[elem->set].data[0];

	if (field == RULESET_FIELD_NONE)
		return;
	if (field != RULESET_FIELD_VERDICT) {
		put_bytes(nlh, NFTA_SET_ELEM_DATA, elem->data, elem->data_len);
		return;
	}

	struct nlattr *data = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
	struct nlattr *verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl((uint32_t)elem->verdict));
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, data);
}

/* Whether the interval is one of the last field behind others: the kernel takes one element with
 * two keys then. */
static bool is_concatenated(enum ruleset_set set)
{
	return ruleset_set_info[set].interval && ruleset_set_info[set].key[1] != RULESET_FIELD_NONE;
}

/* An interval is two elements, its first address and the one after its last; one that reaches the
 * end of the address space has no end. */
static void put_interval_end(struct nlmsghdr *nlh, const struct ruleset_elem *elem)
{
	uint8_t after[sizeof(elem->key_end)];
	int i = elem->key_len - 1;

	memcpy(after, elem->key_end, sizeof(after));
	/* The address after the last one, with the carry from byte to byte. */
	while (i >= 0 && ++after[i] == 0)
		i--;
	/* 0 came out in all bytes: there is no address after the last. */
	if (i < 0)
		return;

	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);

	mnl_attr_put_u32(nlh, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
	put_bytes(nlh, NFTA_SET_ELEM_KEY, after, elem->key_len);
	mnl_attr_nest_end(nlh, nest);
}

/* A whole element. An interval of a single field is two elements in a row. */
static void put_elem(struct nlmsghdr *nlh, const struct ruleset_elem *elem, bool add)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);

	put_bytes(nlh, NFTA_SET_ELEM_KEY, elem->key, elem->key_len);
	if (is_concatenated(elem->set))
		put_bytes(nlh, NFTA_SET_ELEM_KEY_END, elem->key_end, elem->key_len);
	/* A deletion goes by the key alone, and data in it would have to be the same. */
	if (add) {
		put_data(nlh, elem);
		put_comment(nlh, elem->comment);
	}
	mnl_attr_nest_end(nlh, nest);
	/* Behind the element: the kernel takes a start and the end that follows it as one
	 * interval. */
	if (ruleset_set_info[elem->set].interval && !is_concatenated(elem->set))
		put_interval_end(nlh, elem);
}

/* What an element takes at the most, counted generously. */
static size_t elem_room(const struct ruleset_elem *elem)
{
	return ELEM_ROOM + strnlen(elem->comment, RULESET_COMMENT_MAX) + 1;
}

/* The message that is being filled. */
struct message {
	struct nlmsghdr *nlh;
	struct nlattr *list;
	size_t left; /* room in the list */
};

/* The table of that family has it. */
static uint8_t family_of_set(enum ruleset_set set)
{
	return ruleset_set_is_of_bridge(set) ? NFPROTO_BRIDGE : NFPROTO_INET;
}

/* Begins a message with room for n elements, or for as many as fit. The note remembers the first
 * element and, later, how many: so a refusal can be counted back. */
static bool message_start(struct nft_batch *batch, const char *table,
			  const struct ruleset_elem *first, size_t n, bool add, struct message *ret)
{
	const char *set = ruleset_set_info[first->set].name;
	/* Small changes take small messages: most are a few elements of one container. */
	size_t room = n < ELEMS_PER_MESSAGE ? n * (ELEM_ROOM + RULESET_COMMENT_MAX + 1) : LIST_MAX;

	if (room > LIST_MAX)
		room = LIST_MAX;
	ret->nlh = nft_batch_add(batch, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
				 add ? NLM_F_CREATE : 0, family_of_set(first->set), room + 256,
				 "elements", set);
	if (!ret->nlh)
		return false;
	batch->notes[batch->n_notes - 1].elems = first;
	mnl_attr_put_strz(ret->nlh, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(ret->nlh, NFTA_SET_ELEM_LIST_SET, set);
	ret->list = mnl_attr_nest_start(ret->nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	ret->left = room;
	return true;
}

/* Elements of one set, in their order. n_left is how many of the set there are, which ends the walk
 * early in a long list. */
static void append_set(struct nft_batch *batch, const char *table,
		       const struct ruleset_elems *elems, enum ruleset_set set, size_t n_left,
		       bool add)
{
	struct message message = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < elems->n && n_left > 0; i++) {
		const struct ruleset_elem *elem = &elems->items[i];

		if (elem->set != set)
			continue;
		/* It is full. The next one begins with this element. */
		if (message.nlh && (n == ELEMS_PER_MESSAGE || message.left < elem_room(elem))) {
			mnl_attr_nest_end(message.nlh, message.list);
			message.nlh = NULL;
		}
		if (!message.nlh) {
			if (!message_start(batch, table, elem, n_left, add, &message))
				return;
			n = 0;
		}
		put_elem(message.nlh, elem, add);
		message.left -= elem_room(elem);
		/* The message grows, and its note with it. */
		batch->notes[batch->n_notes - 1].n_elems = ++n;
		n_left--;
	}
	if (message.nlh)
		mnl_attr_nest_end(message.nlh, message.list);
}

/* The sets are gone through one after the other, so that a message has elements of one set. */
void nft_elem_append(struct nft_batch *batch, const char *table, const struct ruleset_elems *elems,
		     bool add)
{
	size_t n_of[RULESET_N_SETS] = { 0 };

	/* The error waits in the batch until it is committed. */
	if (elems->err < 0)
		batch->err = elems->err;
	for (size_t i = 0; i < elems->n; i++)
		n_of[elems->items[i].set]++;
	for (size_t set = 0; set < RULESET_N_SETS; set++)
		append_set(batch, table, elems, (enum ruleset_set)set, n_of[set], add);
}

/* Asks for the element with this key. An interval is asked for by its first key. */
void nft_elem_append_get(struct nft_batch *batch, const char *table,
			 const struct ruleset_elem *elem)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_GETSETELEM, 0, family_of_set(elem->set),
					     2 * ELEM_ROOM, "element", NULL);
	struct nlattr *list;

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, ruleset_set_info[elem->set].name);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	put_elem(nlh, elem, false);
	mnl_attr_nest_end(nlh, list);
}

/* All elements of a set. The caller sends it as a dump. */
int nft_elem_append_dump(struct nft_batch *batch, const char *table, enum ruleset_set set)
{
	struct nlmsghdr *nlh = nft_batch_add(batch, NFT_MSG_GETSETELEM, 0, family_of_set(set),
					     2 * ELEM_ROOM, "set", NULL);

	if (!nlh)
		return -ENOMEM;
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, ruleset_set_info[set].name);
	return 0;
}

/* Which element of the message holds the attribute at an offset; -1: none. The offset is the
 * kernel's (NLMSGERR_ATTR_OFFS), from the message's beginning. It points at an attribute inside the
 * element, mostly its key. */
static int elem_at(const struct nlmsghdr *nlh, uint32_t offset)
{
	const struct nlattr *list = NULL, *attr, *elem;
	int index = -1;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_LIST_ELEMENTS)
			list = attr;
	}
	if (!list)
		return -1;
	mnl_attr_for_each_nested(elem, list)
	{
		const struct nlattr *first = mnl_attr_get_payload(elem);
		size_t start = (size_t)((const char *)elem - (const char *)nlh);

		/* An end has its flags before its key, a start has none. */
		if (mnl_attr_get_type(first) != NFTA_SET_ELEM_FLAGS)
			index++; /* else the end of an interval, which belongs to its start */
		if (offset >= start && offset < start + MNL_ALIGN(elem->nla_len))
			return index;
	}
	return -1;
}

/* NULL: the refusal is not about one element. The result points into the caller's list. */
const struct ruleset_elem *nft_elem_refused(const struct nft_batch *batch,
					    const struct nft_refusal *refusal)
{
	const struct nft_note *note = refusal->note;
	const struct ruleset_elem *elem;
	int index;

	if (!note || !note->elems)
		return NULL;
	/* A message of one element needs no counting, so a kernel that gives no offset is no
	 * problem there. */
	index = note->n_elems == 1
			? 0
			: elem_at((const void *)(batch->data + note->offset), refusal->attr_offset);
	if (index < 0 || (size_t)index >= note->n_elems)
		return NULL;
	/* The message holds those of one set, in order. */
	for (elem = note->elems; index > 0; index--) {
		do
			elem++;
		while (elem->set != note->elems->set);
	}
	return elem;
}

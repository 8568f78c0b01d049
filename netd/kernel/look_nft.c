// SPDX-License-Identifier: GPL-2.0-or-later
// look_nft.c - the nftables ruleset of a namespace as the kernel sends it, and single elements of
// its sets
#include "base/buf.h"
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A ruleset is kept as the kernel's own messages, one behind the other, and
 * parsed by the judge (diag/rules): tables, chains, objects, sets with their elements, rules. Each
 * is one dump of its type. Elements are dumped for each set, and only where there are few: larger
 * sets are asked for one element at a time, when a packet's key is known. The number of the
 * generation (NFT_MSG_GETGEN) is asked for before and after, because the dumps are not one
 * moment. */

#define ATTR_N 64 /* more than any NFTA_*_MAX of these */
/* Of NFTNL_UDATA_SET_ELEM_COMMENT. */
#define USERDATA_COMMENT                                                                           \
	0 /* nft's own: the type of a comment among what it keeps with an element */

/* Of linux/netfilter/nf_tables.h since 6.16. Without it a set is counted by starting its dump. */
#define SET_COUNT 20

/* A request of nftables begins with struct nfgenmsg. The version and the family stand there. The
 * type has the subsystem in its upper byte (nfnetlink). */
static struct nlmsghdr *nft_request(struct look *look, uint16_t type, uint16_t flags,
				    uint8_t family)
{
	struct nfgenmsg *nfg;
	struct nlmsghdr *nlh = look_ask_for(look, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
					    flags, sizeof(*nfg), &nfg);

	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/* ---- the ruleset ---- */

/* A message is kept whole, with its header. LOOK_RULESET_MAX bounds what a host may cost. */
static int keep(const struct nlmsghdr *nlh, void *data)
{
	struct buf *ruleset = data;

	/* The bound is of the whole ruleset. */
	if (ruleset->len + nlh->nlmsg_len > LOOK_RULESET_MAX)
		return -E2BIG;
	buf_append(ruleset, nlh, nlh->nlmsg_len);
	return ruleset->err;
}

/* All objects of one type, of all families. */
static int dump(struct look_shot *shot, uint16_t type, struct buf *ruleset)
{
	return look_talk(shot->look, shot->place, LOOK_RULESET,
			 nft_request(shot->look, type, NLM_F_DUMP, AF_UNSPEC), keep, ruleset);
}

/* Elements of one set as they come: all of them, or none where there are many. max: more than that,
 * and nothing of the set is kept. */
struct gathering {
	struct buf *ruleset;
	size_t n, max;
};

/* Counts the elements before it keeps them, so the bound holds for a set and not for a message. */
static int keep_elements(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[ATTR_N], *attr;
	struct gathering *gathering = data;

	look_attrs(nlh, sizeof(struct nfgenmsg), attrs, ATTR_N);
	if (attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		mnl_attr_for_each_nested(attr, attrs[NFTA_SET_ELEM_LIST_ELEMENTS]) gathering->n++;
	if (gathering->n > gathering->max)
		return -E2BIG;
	return keep(nlh, gathering->ruleset);
}

/* That a set has no element is said by a message without any. Without it the judge could not tell
 * an empty set from one that is too large to dump. The kernel sends no message at all for an empty
 * set. */
static int keep_empty(struct look *look, uint8_t family, const char *table, const char *set,
		      struct buf *ruleset)
{
	struct nlmsghdr *nlh = nft_request(look, NFT_MSG_NEWSETELEM, 0, family);

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	return keep(nlh, ruleset);
}

/* One set's elements, behind the sets themselves. Nothing is kept of a set that has too many. set
 * is the set's own message, which is in ruleset as well. */
static int dump_elements(struct look_shot *shot, const struct nlmsghdr *set, size_t max,
			 struct buf *ruleset)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(set);
	struct gathering gathering = { .ruleset = ruleset, .max = max };
	char table[NFT_NAME_MAXLEN], name[NFT_NAME_MAXLEN];
	uint8_t family = nfg->nfgen_family;
	const struct nlattr *attrs[ATTR_N];
	size_t before = ruleset->len;
	struct nlmsghdr *nlh;
	int err;

	look_attrs(set, sizeof(*nfg), attrs, ATTR_N);
	/* A kernel that tells the number spares the dump. Network order, as all numbers of
	 * nftables. 0 where the kernel does not tell. */
	if (ntohl(look_u32(attrs[SET_COUNT])) > max)
		return 0;
	look_text(attrs[NFTA_SET_TABLE], table, sizeof(table));
	look_text(attrs[NFTA_SET_NAME], name, sizeof(name));
	if (attrs[SET_COUNT] && look_u32(attrs[SET_COUNT]) == 0)
		return keep_empty(shot->look, family, table, name, ruleset);
	nlh = nft_request(shot->look, NFT_MSG_GETSETELEM, NLM_F_DUMP, family);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, name);
	err = look_talk(shot->look, shot->place, LOOK_RULESET, nlh, keep_elements, &gathering);
	/* The set turned out to be too large. What was kept of it is taken back. */
	if (err == -E2BIG && gathering.n > max) {
		ruleset->len = before;
		return 0;
	}
	if (err == -ENOENT)
		return -EINTR; /* it has gone since it was listed */
	if (err == 0 && ruleset->len == before)
		err = keep_empty(shot->look, family, table, name, ruleset);
	return err;
}

/* A set's message is copied first, because elements are appended to the same buffer while it is
 * read. at is the first set's place, and end is behind the last one. */
static int dump_sets(struct look_shot *shot, size_t max, struct buf *ruleset)
{
	size_t at = ruleset->len, end;
	int err = dump(shot, NFT_MSG_GETSET, ruleset);

	/* By place and not by pointer: the buffer moves while elements are put behind the sets. */
	for (end = ruleset->len; err == 0 && at < end;) {
		_Alignas(struct nlmsghdr) uint8_t set[LOOK_REQUEST_SIZE];
		struct nlmsghdr head;

		memcpy(&head, ruleset->data + at, sizeof(head));
		/* A set's message that is larger than any is left without elements. */
		if (head.nlmsg_len <= sizeof(set)) {
			memcpy(set, ruleset->data + at, head.nlmsg_len);
			err = dump_elements(shot, (const struct nlmsghdr *)set, max, ruleset);
		}
		at += NLMSG_ALIGN(head.nlmsg_len);
	}
	return err;
}

/* The number is kept in network order: it is only compared. data is the number. */
static int read_generation(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[ATTR_N];

	look_attrs(nlh, sizeof(struct nfgenmsg), attrs, ATTR_N);
	*(uint32_t *)data = look_u32(attrs[NFTA_GEN_ID]);
	return 0;
}

/* -EINVAL or -EOPNOTSUPP: this kernel is without nftables. */
static int generation_of(struct look_shot *shot, uint32_t *ret_generation)
{
	return look_talk(shot->look, shot->place, LOOK_RULESET,
			 nft_request(shot->look, NFT_MSG_GETGEN, 0, AF_UNSPEC), read_generation,
			 ret_generation);
}

/* The dumps come one after the other and end with the first that fails. */
static int dump_types(struct look_shot *shot, const uint16_t *types, size_t n, struct buf *ruleset)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++)
		err = dump(shot, types[i], ruleset);
	return err;
}

/* With max elements of a set at the most. Rules come last, for they refer to all others. Order:
 * what is referred to comes before what refers to it. */
static int dump_all(struct look_shot *shot, size_t max, struct buf *ruleset)
{
	static const uint16_t types[] = { NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETOBJ };
	int err = dump_types(shot, types, ARRAY_SIZE(types), ruleset);

	if (err == 0)
		err = dump_sets(shot, max, ruleset);
	return err == 0 ? dump(shot, NFT_MSG_GETRULE, ruleset) : err;
}

/* The part "ruleset". *shot keeps the generation, so that a later part can see whether it
 * stands. */
int look_ruleset(struct look_shot *shot)
{
	struct buf ruleset = { 0 };
	int err = generation_of(shot, &shot->generation);

	/* nfnetlink's answer when nobody serves nftables: then there are no rules. */
	if (err == -EINVAL || err == -EOPNOTSUPP)
		return 0;
	if (err == 0)
		err = dump_all(shot, LOOK_ELEMENTS_MAX, &ruleset);
	if (err < 0) {
		buf_done(&ruleset); /* half a ruleset would be taken for a whole one */
		/* And none for one without rules. Another try begins without this note. */
		if (err == -EINTR &&
		    facts_missing_why(shot->space, "ruleset", "it changes while it is read") < 0)
			return -ENOMEM;
		return err;
	}
	shot->space->ruleset = (uint8_t *)ruleset.data;
	shot->space->ruleset_len = ruleset.len;
	return 0;
}

/* The same part once more, behind all others: -EINTR says that the rules have changed since. 0: the
 * number is the same as at the beginning. */
int look_ruleset_stands(struct look_shot *shot)
{
	uint32_t now = shot->generation;
	int err;

	/* There is no nftables here, or it has not been asked. */
	if (shot->generation == 0)
		return 0;
	err = generation_of(shot, &now);
	return err == 0 && now != shot->generation ? -EINTR : err;
}

/* Everything, for somebody who makes the ruleset again elsewhere (look_scratch.c): flow tables
 * belong to it, and no set is left out for its size. */
static int dump_whole(struct look_shot *shot, struct buf *out)
{
	static const uint16_t types[] = { NFT_MSG_GETFLOWTABLE };
	int err = generation_of(shot, &shot->generation);

	if (err == -EINVAL || err == -EOPNOTSUPP)
		return 0; /* as look_ruleset() has it */
	if (err == 0)
		err = dump_all(shot, SIZE_MAX, out);
	if (err == 0)
		err = dump_types(shot, types, ARRAY_SIZE(types), out);
	return err == 0 ? look_ruleset_stands(shot) : err;
}

/* The caller owns out. -EINTR: it changed at each try. */
int look_ruleset_whole(struct look *look, const char *key, struct buf *out)
{
	struct look_shot shot = { .look = look, .place = look_place(look, key) };
	int err = shot.place ? look_open(shot.place) : -ENOENT;

	for (int tries = 0; err == 0 && tries < LOOK_TRIES; tries++) {
		/* What a try before has kept is of no use. */
		out->len = 0;
		err = dump_whole(&shot, out);
		if (err != -EINTR)
			return err;
		err = 0;
	}
	return err < 0 ? err : -EINTR;
}

/* ---- one element ---- */

/* Userdata is a row of type (1 byte), length (1 byte) and bytes. The kernel keeps it and looks at
 * none of it, so lengths are checked. "" where there is none. */
static void read_comment(const struct nlattr *userdata, char *ret_comment, size_t size)
{
	const uint8_t *bytes = userdata ? mnl_attr_get_payload(userdata) : NULL;
	size_t left = userdata ? mnl_attr_get_payload_len(userdata) : 0;

	ret_comment[0] = '\0';
	while (left >= 2 && (size_t)bytes[1] + 2 <= left) {
		size_t len = bytes[1];

		if (bytes[0] == USERDATA_COMMENT) {
			len = len < size - 1 ? len : size - 1;
			memcpy(ret_comment, bytes + 2, len);
			ret_comment[len] = '\0';
			return;
		}
		left -= len + 2;
		bytes += len + 2;
	}
}

/* NFTA_DATA_VALUE is plain bytes; NFTA_DATA_VERDICT has a code, and the chain's name where it
 * jumps. A map's data may be either. The code of a verdict may be negative: NFT_JUMP and the like
 * are. */
static void read_data(const struct nlattr *data, struct facts_element *element)
{
	const struct nlattr *attrs[ATTR_N], *verdict[ATTR_N];
	size_t len;

	look_nested(data, attrs, ATTR_N);
	if (attrs[NFTA_DATA_VALUE]) {
		len = mnl_attr_get_payload_len(attrs[NFTA_DATA_VALUE]);
		element->data_len = len < sizeof(element->data) ? len : sizeof(element->data);
		memcpy(element->data, mnl_attr_get_payload(attrs[NFTA_DATA_VALUE]),
		       element->data_len);
	}
	if (!attrs[NFTA_DATA_VERDICT])
		return;
	look_nested(attrs[NFTA_DATA_VERDICT], verdict, ATTR_N);
	element->has_verdict = true;
	element->verdict = (int32_t)ntohl(look_u32(verdict[NFTA_VERDICT_CODE]));
	look_text(verdict[NFTA_VERDICT_CHAIN], element->chain, sizeof(element->chain));
}

/* The answer to a question for one element has a list of one: NFTA_SET_ELEM_LIST_ELEMENTS {
 * NFTA_LIST_ELEM { NFTA_SET_ELEM_KEY, _DATA, _USERDATA } } *answer is filled, and its err is set by
 * the caller. */
static int read_element(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[ATTR_N], *elements[ATTR_N], *element[ATTR_N];
	struct facts_element *answer = data;

	look_attrs(nlh, sizeof(struct nfgenmsg), attrs, ATTR_N);
	look_nested(attrs[NFTA_SET_ELEM_LIST_ELEMENTS], elements, ATTR_N);
	if (!elements[NFTA_LIST_ELEM])
		return -ENOENT;
	look_nested(elements[NFTA_LIST_ELEM], element, ATTR_N);
	read_data(element[NFTA_SET_ELEM_DATA], answer);
	read_comment(element[NFTA_SET_ELEM_USERDATA], answer->comment, sizeof(answer->comment));
	return 0;
}

/* The kernel looks the key up as a packet would: it finds the interval that holds it. An empty key
 * asks for the element that stands for all others. 0, or the kernel's errno. */
static int ask_element(struct look *look, struct look_place *place,
		       const struct facts_element_asked *asked, struct facts_element *answer)
{
	struct nlmsghdr *nlh = nft_request(look, NFT_MSG_GETSETELEM, 0, asked->family);
	struct nlattr *elements, *element, *nest;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, asked->table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, asked->set);
	elements = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	if (asked->key_len > 0) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
		mnl_attr_put(nlh, NFTA_DATA_VALUE, asked->key_len, asked->key);
		mnl_attr_nest_end(nlh, nest);
	} else {
		mnl_attr_put_u32(nlh, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_CATCHALL));
	}
	mnl_attr_nest_end(nlh, element);
	mnl_attr_nest_end(nlh, elements);
	return look_talk(look, place, LOOK_RULESET, nlh, read_element, answer);
}

/* -ENOENT: the set has no such element, which is an answer. -ENODATA: it could not be asked. */
void look_element(void *data, const struct facts_space *space,
		  const struct facts_element_asked *asked, struct facts_element *answer)
{
	struct look_place *place = look_place(data, space->key);

	*answer = (struct facts_element) { .err = -ENODATA };
	/* Longer than any key: no set has it. */
	if (!place || look_open(place) < 0 || asked->key_len > sizeof(asked->key))
		return;
	answer->err = ask_element(data, place, asked, answer);
	/* A kernel before 5.13 knows no element that stands for all others. */
	if (answer->err == -EINVAL && asked->key_len == 0)
		answer->err = -ENOENT;
}

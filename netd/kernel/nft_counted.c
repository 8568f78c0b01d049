// SPDX-License-Identifier: GPL-2.0-or-later
// nft_counted.c - sets that packets fill: their elements and how often each was met
#include "kernel/nft.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/limits.h"
#include "kernel/nft_batch.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. These sets are filled by the kernel (dynset), with a counter in each
 * element. A dump of a set that grows meanwhile is interrupted and begun again; what is counted
 * between two dumps is in the next one.
 *
 * A set of that kind is a bound on what packets can make netd remember. The kernel takes no more
 * than its size, and drops elements some time after their last packet.
 *
 * Elements of a dump:
 *
 *   NFTA_SET_ELEM_LIST_ELEMENTS
 *     NFTA_LIST_ELEM                 one for each element
 *       NFTA_SET_ELEM_KEY
 *         NFTA_DATA_VALUE            the key's bytes
 *       NFTA_SET_ELEM_EXPR           the counter, with NFTA_EXPR_DATA */

/* items is owned; key_size is of all keys of the set. */
struct counted_list {
	struct nft_counted *items;
	size_t n, size;
	size_t key_size;
};

/* An expression of kind counter: { NFTA_EXPR_NAME, NFTA_EXPR_DATA { NFTA_COUNTER_PACKETS } }. The
 * counter has NFTA_COUNTER_BYTES as well, which nobody reads. Without a counter packets stays 0. */
static void read_counter(const struct nlattr *expr, struct nft_counted *counted)
{
	const struct nlattr *attr, *data;

	mnl_attr_for_each_nested(attr, expr)
	{
		if (mnl_attr_get_type(attr) != NFTA_EXPR_DATA)
			continue;
		mnl_attr_for_each_nested(
			data, attr) if (mnl_attr_get_type(data) == NFTA_COUNTER_PACKETS &&
					mnl_attr_get_payload_len(data) == sizeof(uint64_t))
			counted->packets = be64toh(mnl_attr_get_u64(data));
	}
}

/* A key of another length is not ours. false: counted has no key. */
static bool read_key(const struct nlattr *attr, size_t key_size, struct nft_counted *counted)
{
	const struct nlattr *value;

	mnl_attr_for_each_nested(value, attr)
	{
		if (mnl_attr_get_type(value) != NFTA_DATA_VALUE ||
		    mnl_attr_get_payload_len(value) != key_size)
			continue;
		memcpy(counted->key, mnl_attr_get_payload(value), key_size);
		return true;
	}
	return false;
}

/* An element is a nest of NFTA_SET_ELEM_KEY, its counter as an expression, and times. -ENOMEM ends
 * the dump. */
static int add_elem(struct counted_list *list, const struct nlattr *elem)
{
	struct nft_counted counted = { 0 };
	const struct nlattr *attr;
	bool has_key = false;

	mnl_attr_for_each_nested(attr, elem)
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_KEY)
			has_key = read_key(attr, list->key_size, &counted);
		else if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_EXPR)
			read_counter(attr, &counted);
	}
	/* An interval's end, or an element of another kernel's making: neither has a key of our
	 * length. */
	if (!has_key)
		return 0;
	struct nft_counted *items = grow(list->items, &list->size, list->n + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	list->items[list->n++] = counted;
	return 0;
}

/* One message of the dump, which holds many elements. */
static int add_elems(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *elem;
	struct counted_list *list = data;
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(elem, attr)
		{
			err = add_elem(list, elem);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

/* *ret_items is the caller's to free. -EINTR: the set changed at each try. */
int nft_counted(struct nft *nft, enum ruleset_set set, struct nft_counted **ret_items,
		size_t *ret_n)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	struct counted_list list = { .key_size = ruleset_key_size(set) };
	int err = -EINTR;

	for (int i = 0; i < NFT_DUMP_TRIES && err == -EINTR; i++) {
		nft_batch_clear(&request);
		err = nft_elem_append_dump(&request, RULESET_TABLE, set);
		/* What an interrupted dump has left is not counted twice. The memory is kept for
		 * the next try. */
		list.n = 0;
		if (err == 0)
			err = nft_batch_ask(nft, &request, NLM_F_DUMP, add_elems, &list);
	}
	if (err < 0) {
		free(list.items);
		return err;
	}
	*ret_items = list.items;
	*ret_n = list.n;
	return 0;
}

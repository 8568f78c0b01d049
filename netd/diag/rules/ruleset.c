// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset.c - the memory of a decoded ruleset, and its chains and sets by name
#include "diag/rules/ruleset.h"

#include "base/map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A ruleset has one life: it is made by rules_decode, looked at, and freed
 * as a whole. So its pieces are never freed by themselves, and a failure in the middle of
 * decoding has nothing to undo. They point at each other freely, and nothing outside may keep a
 * pointer longer than the ruleset.
 *
 * Names are looked up while it is decoded, for rules name chains and sets, and each message its
 * table. All names come from the kernel or from a file, and a name is unique within its table
 * and kind only. */

/* A ruleset is made once and freed whole, so each piece hangs on the one before. */
struct arena_item {
	struct arena_item *next;
	/* aligned for any type; the size is that of who asked */
	max_align_t bytes[];
};

/* Memory that is freed with the ruleset, zeroed and aligned for anything. NULL: there is none. */
void *ruleset_take(struct rules *rules, size_t size)
{
	struct arena_item *item = calloc(1, sizeof(*item) + size);

	if (!item)
		return NULL;
	item->next = rules->arena.items;
	rules->arena.items = item;
	return item->bytes;
}

/* A copy of a text, with the ruleset's life. */
char *ruleset_text(struct rules *rules, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = ruleset_take(rules, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

/* The pieces hang in a list and are freed in any order. */
void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	map_free(rules->by_name);
	for (struct arena_item *item = rules->arena.items, *next; item; item = next) {
		next = item->next;
		free(item);
	}
	free(rules);
}

/* A host has a handful of tables, so they are walked. Chains and sets may be thousands, and
 * have a map. */
struct table *ruleset_table(const struct rules *rules, uint8_t family, const char *name)
{
	for (struct table *table = rules->tables; table; table = table->next)
		if (table->family == family && strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

/* A chain and a set may have one name, so the key says which it is. The table is its address. */
struct name_key {
	/* two tables of one name and different families are two addresses */
	const struct table *table;
	char what;
	/* the key ends with the name: what is behind it is not compared */
	char name[NFT_NAME_MAXLEN];
};

/* The struct is cleared first: padding is a part of the key. */
static size_t make_key(const struct table *table, char what, const char *name,
		       struct name_key *ret_key)
{
	size_t len = strnlen(name, sizeof(ret_key->name));

	memset(ret_key, 0, sizeof(*ret_key));
	ret_key->table = table;
	ret_key->what = what;
	memcpy(ret_key->name, name, len);
	return offsetof(struct name_key, name) + len;
}

/* A chain or a set, as what says. NULL: there is none of that name. */
static void *find(const struct rules *rules, const struct table *table, char what, const char *name)
{
	struct name_key key;
	size_t len = make_key(table, what, name, &key);

	return map_get(rules->by_name, &key, len);
}

/* The value stays the ruleset's. 0 or -ENOMEM. Callers have made sure that the name is free. */
static int add(struct rules *rules, const struct table *table, char what, const char *name,
	       void *value)
{
	struct name_key key;
	size_t len = make_key(table, what, name, &key);

	return map_set(rules->by_name, &key, len, value);
}

/* 'c' and 's' keep chains and sets apart. */
struct chain *ruleset_chain(const struct rules *rules, const struct table *table, const char *name)
{
	return find(rules, table, 'c', name);
}

/* Anonymous sets have names, too, which the kernel has made. */
struct set *ruleset_set(const struct rules *rules, const struct table *table, const char *name)
{
	return find(rules, table, 's', name);
}

/* After its name is set, and before any rule that jumps to it is linked. */
int ruleset_add_chain(struct rules *rules, struct chain *chain)
{
	return add(rules, chain->table, 'c', chain->name, chain);
}

int ruleset_add_set(struct rules *rules, struct set *set)
{
	return add(rules, set->table, 's', set->name, set);
}

/* Names of families as nft(8) prints them. */
const char *rules_family_name(uint8_t nfproto)
{
	switch (nfproto) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_NETDEV:
		return "netdev";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_IPV6:
		return "ip6";
	default:
		return "?";
	}
}

/* Handles are unique in a table, and chains are short. */
const struct rules_rule *rules_find(const struct rules *rules, uint8_t family,
				    const char *table_name, const char *chain_name, uint64_t handle)
{
	const struct table *table = ruleset_table(rules, family, table_name);
	const struct chain *chain = table ? ruleset_chain(rules, table, chain_name) : NULL;
	/* A name that is not there, at any level, is NULL: the ruleset may have changed since. */
	const struct rules_rule *rule = chain ? chain->rules : NULL;

	while (rule && rule->handle != handle)
		rule = rule->next;
	return rule;
}

/* Only with the flag the number is an owner's. */
uint32_t rules_table_owner(const struct rules *rules, uint8_t family, const char *name)
{
	const struct table *table = ruleset_table(rules, family, name);

	return table && table->flags & NFT_TABLE_F_OWNER ? table->owner : 0;
}

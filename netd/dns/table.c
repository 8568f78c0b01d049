// SPDX-License-Identifier: GPL-2.0-or-later
// table.c - which names exist on which network, and who may see them
#include "dns/table.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "dns/name.h"
#include "dns/table_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Theory of operation. The table maps a name on a network to addresses, and an address to its
 * canonical name. Both are open hash tables; an entry is one block with its text behind it. Each
 * record counts how often it was added, for two containers may share a name and address for a
 * moment while one replaces the other.
 *
 * A plumber that connects anew tells everything again: sync_begin sets all counts to 0 and leaves
 * the records as they are, so names are answered meanwhile; what has not been counted again at
 * sync_end goes.
 *
 * Records refer to their network by its number, and a network knows none of them. So a network is
 * renamed by its own entry alone, and its end takes a walk over all names. */

/* NULL: out of memory, or no random key. */
struct dns_table *dns_table_new(void)
{
	_cleanup_free_ struct dns_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	/* The names come from containers. With a key of its own nobody can choose names that all
	 * fall into one run of slots. */
	if (getrandom(table->key, sizeof(table->key), 0) != (ssize_t)sizeof(table->key))
		return NULL;
	return take_ptr(table);
}

/* For the sweep over all items. always_dead() and the like are asked about each item; true takes it
 * out of the table. */
static bool always_dead(void *item, const void *data)
{
	(void)data;
	free(item);
	return true;
}

/* Takes NULL. Names and reverses point to nothing else. */
void dns_table_free(struct dns_table *table)
{
	if (!table)
		return;
	hash_table_sweep(&table->names, always_dead, NULL);
	hash_table_sweep(&table->reverses, always_dead, NULL);
	hash_table_done(&table->names);
	hash_table_done(&table->reverses);
	for (size_t i = 0; i < table->n_networks; i++)
		free(table->networks[i]);
	free((void *)table->networks);
	free(table);
}

/* A name on two networks counts twice. */
size_t dns_table_n_names(const struct dns_table *table)
{
	return table->names.count;
}

size_t dns_table_n_networks(const struct dns_table *table)
{
	return table->n_networks;
}

/* Copies text folded; returns its length, 0 when DNS cannot spell it. ret_folded is lower case as
 * DNS compares: the letters of ASCII alone (RFC 4343). */
static uint8_t fold_text(const char *text, char ret_folded[static NAME_LEN_MAX + 1])
{
	struct dns_name name;
	size_t len;

	/* The rules for names stand in one place: what the wire form refuses, no query can ask
	 * for. */
	if (dns_name_from_text(text, &name) < 0)
		return 0;
	len = name.len - 2u; /* without the first length byte and the root */
	for (size_t i = 0; i < len; i++)
		ret_folded[i] = (char)dns_fold((uint8_t)text[i]);
	ret_folded[len] = '\0';
	return (uint8_t)len;
}

/* NULL: the name has no such address. */
static struct dns_table_record *find_record(struct dns_table_name *name, const struct addr *addr)
{
	for (size_t i = 0; i < name->n_records; i++)
		if (addr_equal(&name->records[i].addr, addr))
			return &name->records[i];
	return NULL;
}

/* --- networks --- */

/* One more than there are: the array is moved by one below. Networks are few, so an array that is
 * sorted by their numbers does. Called before anything else changes. */
static int make_room(struct dns_table *table)
{
	struct dns_table_network **networks = (struct dns_table_network **)grow(
		(void *)table->networks, &table->room, table->n_networks + 1, sizeof(*networks));

	if (!networks)
		return -ENOMEM;
	table->networks = networks;
	return 0;
}

/* A network that is known gets the new name and kind. A name that DNS cannot spell leaves it
 * without a zone: its containers are found by their names alone. */
int dns_table_network(struct dns_table *table, uint32_t network, const char *name, bool internal)
{
	char folded[NAME_LEN_MAX + 1] = { 0 };
	uint8_t len = fold_text(name, folded);
	size_t at = dns_table_network_place(table, network);

	if (network == 0)
		return -EINVAL;
	/* Room comes first: when it fails nothing was changed. */
	if (make_room(table) < 0)
		return -ENOMEM;
	struct dns_table_network *new = malloc(sizeof(*new) + len + 1u);

	if (!new)
		return -ENOMEM;
	/* kept: what is told now outlives the sync that may be under way. */
	*new = (struct dns_table_network) {
		.number = network, .internal = internal, .kept = true, .len = len
	};
	memcpy(new->name, folded, len + 1u);
	/* The number is taken when the network gets another name. Its records stay, for they
	 * hold the number and not the name. */
	if (at < table->n_networks && table->networks[at]->number == network) {
		free(table->networks[at]);
	} else {
		/* The array stays sorted, because every query looks networks up by bisection. */
		memmove((void *)(table->networks + at + 1), (void *)(table->networks + at),
			(table->n_networks - at) * sizeof(void *));
		table->n_networks++;
	}
	table->networks[at] = new;
	return 0;
}

/* Whether the network has no way outside. One that is not known has none to say. The answer decides
 * whether questions of its containers may leave for other servers. */
bool dns_table_internal(const struct dns_table *table, uint32_t network)
{
	const struct dns_table_network *found = dns_table_find_network(table, network);

	return found && found->internal;
}

/* A callback of a sweep: frees what belongs to the network. */
static bool name_of_network(void *item, const void *data)
{
	struct dns_table_name *name = item;
	bool dead = name->network == *(const uint32_t *)data;

	if (dead)
		free(name);
	return dead;
}

/* As name_of_network(). */
static bool reverse_of_network(void *item, const void *data)
{
	struct dns_table_reverse *reverse = item;
	bool dead = reverse->network == *(const uint32_t *)data;

	if (dead)
		free(reverse);
	return dead;
}

/* at is its place in the array. */
static void drop_network(struct dns_table *table, size_t at)
{
	free(table->networks[at]);
	table->n_networks--;
	memmove((void *)(table->networks + at), (void *)(table->networks + at + 1),
		(table->n_networks - at) * sizeof(void *));
}

/* All names of a network go with it. The table is walked twice, which is rare: a network ends
 * seldom. */
void dns_table_network_gone(struct dns_table *table, uint32_t network)
{
	if (!dns_table_find_network(table, network))
		return;
	hash_table_sweep(&table->names, name_of_network, &network);
	hash_table_sweep(&table->reverses, reverse_of_network, &network);
	drop_network(table, dns_table_network_place(table, network));
}

/* --- adding and removing --- */

/* A name with room for one record, which is what most names need. The text stands behind the
 * records, in the same block. *ret_name is the table's. */
static int new_name(struct dns_table *table, uint64_t hash, uint32_t network, const char *text,
		    uint8_t len, struct dns_table_name **ret_name)
{
	_cleanup_free_ struct dns_table_name *name =
		calloc(1, sizeof(*name) + sizeof(struct dns_table_record) + len);

	if (!name)
		return -ENOMEM;
	*name = (struct dns_table_name) { .network = network, .room = 1, .len = len };
	memcpy(dns_table_name_text(name), text, len);
	/* The table takes the name only on success, so it is freed here otherwise. */
	if (hash_table_add(&table->names, hash, name) < 0)
		return -ENOMEM;
	*ret_name = take_ptr(name);
	return 0;
}

/* Room for one more record; the block may move. *name_in_slot is the pointer in the table: it must
 * be written back when the block has moved. */
static int grow_name(struct dns_table_name **name_in_slot)
{
	struct dns_table_name *name = *name_in_slot;
	size_t room = name->room * (size_t)2;

	if (name->n_records < name->room)
		return 0;
	/* The counters in the block have 16 bits. */
	if (name->room == UINT16_MAX)
		return -ENOSPC;
	if (room > UINT16_MAX)
		room = UINT16_MAX;
	/* The old block is still in the table on failure, and nothing has changed. */
	name = realloc(name, sizeof(*name) + room * sizeof(struct dns_table_record) + name->len);
	if (!name)
		return -ENOMEM;
	/* The text stands behind the room for records, so it moves when the room grows. */
	memmove(&name->records[room], dns_table_name_text(name), name->len);
	name->room = (uint16_t)room;
	*name_in_slot = name;
	return 0;
}

/* text is folded. The record is counted once more where it is there. */
static int add_record(struct dns_table *table, uint32_t network, const char *text, uint8_t len,
		      const struct addr *addr)
{
	/* The network is part of the hash: one name on many networks falls into many slots. */
	uint64_t hash = dns_table_mix(dns_table_hash_name(table, text, len), network);
	size_t at = dns_table_find_name(table, hash, network, text, len);
	struct dns_table_name *name;
	int err;

	if (at == HASH_TABLE_END) {
		err = new_name(table, hash, network, text, len, &name);
	} else {
		struct dns_table_record *record = find_record(table->names.slots[at].item, addr);

		if (record) {
			if (record->refs == UINT16_MAX)
				return -ENOSPC;
			/* A container may have one name twice. Each removal takes one of these
			 * away. */
			record->refs++;
			return 0;
		}
		name = table->names.slots[at].item;
		err = grow_name(&name);
		if (err == 0)
			table->names.slots[at].item = name;
	}
	if (err < 0)
		return err;
	/* Room was made above, so this cannot fail. */
	name->records[name->n_records++] = (struct dns_table_record) { .addr = *addr, .refs = 1 };
	return 0;
}

/* Of an address that has several names each has an entry; the first that is found is answered. */
static int add_reverse(struct dns_table *table, uint32_t network, const char *text, uint8_t len,
		       const struct addr *addr)
{
	uint64_t hash = dns_table_mix(dns_table_hash_addr(table, addr), network);
	/* The name is part of the key, so that each removal finds its own. */
	size_t at = dns_table_find_reverse(table, hash, network, addr, text, len);

	if (at != HASH_TABLE_END) {
		struct dns_table_reverse *reverse = table->reverses.slots[at].item;

		if (reverse->refs == UINT16_MAX)
			return -ENOSPC;
		reverse->refs++;
		return 0;
	}
	_cleanup_free_ struct dns_table_reverse *new = malloc(sizeof(*new) + len);

	if (!new)
		return -ENOMEM;
	*new = (struct dns_table_reverse) {
		.network = network, .addr = *addr, .refs = 1, .len = len
	};
	memcpy(new->name, text, len);
	if (hash_table_add(&table->reverses, hash, new) < 0)
		return -ENOMEM;
	(void)take_ptr(new);
	return 0;
}

/* The block is freed, and the slot is closed. */
static void free_name_at(struct dns_table *table, size_t at)
{
	struct dns_table_name *name = table->names.slots[at].item;

	hash_table_remove(&table->names, at);
	free(name);
}

/* What is not there is removed as wanted. */
static void remove_record(struct dns_table *table, uint32_t network, const char *text, uint8_t len,
			  const struct addr *addr)
{
	uint64_t hash = dns_table_mix(dns_table_hash_name(table, text, len), network);
	size_t at = dns_table_find_name(table, hash, network, text, len);
	struct dns_table_record *record;
	struct dns_table_name *name;

	if (at == HASH_TABLE_END)
		return;
	name = table->names.slots[at].item;
	record = find_record(name, addr);
	/* refs 0: another holder may not have been added again yet; sync_end decides. A record at 0
	 * is what sync_begin() has left: it goes at the end if nobody adds it. */
	if (!record || record->refs == 0 || --record->refs > 0)
		return;
	/* The order of the records does not matter: answers are given in a random one. The last
	 * record takes the place of the one that goes. */
	*record = name->records[--name->n_records];
	if (name->n_records == 0)
		free_name_at(table, at);
}

/* As remove_record() does. */
static void remove_reverse(struct dns_table *table, uint32_t network, const char *text, uint8_t len,
			   const struct addr *addr)
{
	size_t at = dns_table_find_reverse(table,
					   dns_table_mix(dns_table_hash_addr(table, addr), network),
					   network, addr, text, len);
	struct dns_table_reverse *reverse;

	if (at == HASH_TABLE_END)
		return;
	reverse = table->reverses.slots[at].item;
	if (reverse->refs == 0 || --reverse->refs > 0)
		return;
	hash_table_remove(&table->reverses, at);
	free(reverse);
}

/* canonical: the name is the one that the address is answered with. An error leaves the table as it
 * was. */
int dns_table_add(struct dns_table *table, uint32_t network, const char *name,
		  const struct addr *addr, bool canonical)
{
	char folded[NAME_LEN_MAX + 1];
	uint8_t len = fold_text(name, folded);
	struct dns_table_network *owner = dns_table_find_network(table, network);
	int err;

	if (!owner)
		return -ENOENT;
	if (len == 0 || !addr_is_set(addr))
		return -EINVAL;
	err = add_record(table, network, folded, len, addr);
	if (err < 0)
		return err;
	/* Without canonical the address leads back to another name, or to none. */
	if (canonical)
		err = add_reverse(table, network, folded, len, addr);
	/* A name without its reverse would be half an addition, and the caller is promised that
	 * nothing has changed. */
	if (err < 0)
		remove_record(table, network, folded, len, addr);
	else
		owner->kept = true;
	return err;
}

/* Each removal undoes one addition. */
void dns_table_remove(struct dns_table *table, uint32_t network, const char *name,
		      const struct addr *addr, bool canonical)
{
	char folded[NAME_LEN_MAX + 1];
	uint8_t len = fold_text(name, folded);

	if (len == 0)
		return;
	if (canonical) /* first: addr may be one that a lookup gave */
		remove_reverse(table, network, folded, len, addr);
	remove_record(table, network, folded, len, addr);
}

/* Containers of that network get one address in an answer, drawn anew for each question. */
void dns_table_answer_one(struct dns_table *table, uint32_t network, bool one)
{
	struct dns_table_network *found = dns_table_find_network(table, network);

	if (found)
		found->answer_one = one;
}

/* The same for one record of one name. Either of the two flags is enough. Nothing is kept for a
 * record that is not there. */
void dns_table_name_answer_one(struct dns_table *table, uint32_t network, const char *name,
			       const struct addr *addr, bool one)
{
	char folded[NAME_LEN_MAX + 1];
	uint8_t len = fold_text(name, folded);
	uint64_t hash = dns_table_mix(dns_table_hash_name(table, folded, len), network);
	size_t at = len > 0 ? dns_table_find_name(table, hash, network, folded, len)
			    : HASH_TABLE_END;
	struct dns_table_record *record;

	if (at == HASH_TABLE_END)
		return;
	record = find_record(table->names.slots[at].item, addr);
	if (record)
		record->answer_one = one;
}

/* --- mark and sweep --- */

/* refs 0 is the mark: told before, and not yet again. */

/* The plumber tells all it knows when it connects anew. Until it is through both the old and the
 * new names are answered. */

static bool mark_name(void *item, const void *data)
{
	struct dns_table_name *name = item;

	(void)data;
	/* A record with no count still answers: the resolver goes on with the old names until it
	 * has heard all new ones. */
	for (size_t i = 0; i < name->n_records; i++)
		name->records[i].refs = 0;
	return false;
}

static bool mark_reverse(void *item, const void *data)
{
	struct dns_table_reverse *reverse = item;

	(void)data;
	reverse->refs = 0;
	return false;
}

/* All counts to 0, nothing removed. */
void dns_table_sync_begin(struct dns_table *table)
{
	hash_table_sweep(&table->names, mark_name, NULL);
	hash_table_sweep(&table->reverses, mark_reverse, NULL);
	/* Networks that are told again are made anew, with kept. */
	for (size_t i = 0; i < table->n_networks; i++)
		table->networks[i]->kept = false;
	table->syncing = true;
}

/* Records with a count move up; a name without any goes. The records' order may change. */
static bool sweep_name(void *item, const void *data)
{
	struct dns_table_name *name = item;
	uint16_t kept = 0;

	(void)data;
	for (size_t i = 0; i < name->n_records; i++)
		if (name->records[i].refs > 0)
			name->records[kept++] = name->records[i];
	name->n_records = kept;
	if (kept == 0)
		free(name);
	return kept == 0;
}

/* As sweep_name(). */
static bool sweep_reverse(void *item, const void *data)
{
	struct dns_table_reverse *reverse = item;
	bool dead = reverse->refs == 0;

	(void)data;
	if (dead)
		free(reverse);
	return dead;
}

/* A network that has names was kept when they were added, so none is left without its network. */
void dns_table_sync_end(struct dns_table *table)
{
	if (!table->syncing)
		return;
	table->syncing = false;
	hash_table_sweep(&table->names, sweep_name, NULL);
	hash_table_sweep(&table->reverses, sweep_reverse, NULL);
	/* From the last to the first, because each drop moves those behind it. The names of these
	 * networks went above, for nobody had told them. */
	for (size_t i = table->n_networks; i-- > 0;)
		if (!table->networks[i]->kept)
			drop_network(table, i);
}

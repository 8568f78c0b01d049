// SPDX-License-Identifier: GPL-2.0-or-later
// far_way.c - the way to containers of other hosts: entries of the kernel, elements of the table
#include "engine/wire/wire.h"

#include "base/log.h"
#include "base/map.h"
#include "model/ipam/ipam.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. What is there of a container of another host is noted in its object: `at`
 * is where its frames go. Two things may be shared. Those of another host that are not at its first
 * bridge have its own MAC address, so an entry for a MAC stays until the last has gone (far->macs).
 * And an address that moves to another host may be told of there before it is gone here: who came
 * last has it, and only he takes it along (far->addrs). */

/* Order of things. An end is entered in this order: counts and owners here, elements of the table,
 * entries in the kernel. It is taken out in the opposite order of what others would notice:
 * elements and entries, and the counts before both, since they say what may be taken. A failure in
 * the middle leaves counts that are right, and the comparison repairs the kernel from them. */

/* --- what is shared --------------------------------------------------------------------------- */

/* A MAC address means something on one network alone. */
struct mac_key {
	const struct network *network;
	struct mac mac;
};

static void mac_key(const struct network *network, const struct mac *mac, struct mac_key *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key)); /* padding counts: it is a key */
	ret_key->network = network;
	ret_key->mac = *mac;
}

bool far_way_has_mac(const struct engine *engine, const struct network *network,
		     const struct mac *mac)
{
	struct mac_key key;

	mac_key(network, mac, &key);
	return map_get(engine->far->macs, &key, sizeof(key)) != NULL;
}

bool far_way_has_addr(const struct engine *engine, const struct network *network,
		      const struct addr *addr)
{
	return far_owner(engine->far, network, addr) != NULL;
}

/* One user more, or (by -1) less. Returns how many there are then; -ENOMEM. */
static int count_mac(struct engine *engine, const struct network *network, const struct mac *mac,
		     int by)
{
	struct mac_key key;
	intptr_t n;

	mac_key(network, mac, &key);
	n = (intptr_t)map_get(engine->far->macs, &key, sizeof(key)) + by;
	if (n <= 0) {
		(void)map_remove(engine->far->macs, &key, sizeof(key));
		return 0;
	}
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): a count lives in the map's value */
	return map_set(engine->far->macs, &key, sizeof(key), (void *)n) < 0 ? -ENOMEM : (int)n;
}

/* Takes over the addresses, also from an end that has them still. The former owner notices when it
 * goes: it takes no address along that is not its own. */
static int own(struct engine *engine, const struct network *network, struct far_end *end)
{
	int err = 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		if (addr_is_set(&end->ip[family]))
			err = far_own(engine->far, network, &end->ip[family], end);
	return err;
}

/* --- what is put and taken -------------------------------------------------------------------- */

/* Where its frames are to go; family 0: nowhere. The answer follows from what is known here, and is
 * compared with end->at, what was done last. */
static struct addr way_of(const struct engine *engine, const struct network *network,
			  const struct far_end *end)
{
	static const struct addr nowhere;

	/* It is on its way out, or there is no tunnel yet. */
	if (end->gone || !network->tunnel)
		return nowhere;
	/* A container of this host has the address, or the host itself: its own comes first. */
	for (enum family family = 0; family < FAMILY_N; family++)
		if (network->pool[family] && addr_is_set(&end->ip[family]) &&
		    ipam_holder(network->pool[family], &end->ip[family]))
			return nowhere;
	/* A tunnel is of one family, this host's. */
	return end->host->tunnel[family_of(engine->far->tunnel.family)];
}

/* What the kernel is told when it goes: nothing that others need. Undoes what enter did, and says
 * in ret_far what of it the kernel is to forget. A MAC entry is named only when its last user goes;
 * an address only by its owner. */
static void leave(struct engine *engine, const struct network *network, struct far_end *end,
		  struct rtnl_far *ret_far)
{
	*ret_far = (struct rtnl_far) { .mac = end->mac };
	if (count_mac(engine, network, &end->mac, -1) == 0)
		ret_far->host = end->at;
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (!addr_is_set(&end->ip[family]) ||
		    far_owner(engine->far, network, &end->ip[family]) != end)
			continue;
		far_disown(engine->far, network, &end->ip[family]);
		/* A container of this host may have it by now, and is the host's neighbour. */
		if (!network->pool[family] || !ipam_holder(network->pool[family], &end->ip[family]))
			ret_far->addr[family] = end->ip[family];
	}
	end->at = (struct addr) { 0 };
}

/* Takes out each of these ends whose way has changed or ended. Ends that stay as they are cost
 * nothing. At most FAR_TURN ends at a time: the arrays are on the stack. */
static void take(struct engine *engine, struct network *network, struct far_end *const *ends,
		 size_t n)
{
	struct rtnl_far fars[FAR_TURN];
	struct far_end *admitted[FAR_TURN];
	size_t n_fars = 0, n_admitted = 0;
	struct error error;

	for (size_t i = 0; i < n; i++) {
		const struct addr way = way_of(engine, network, ends[i]);

		if (!addr_is_set(&ends[i]->at) || addr_equal(&ends[i]->at, &way))
			continue;
		if (ends[i]->admitted)
			admitted[n_admitted++] = ends[i];
		leave(engine, network, ends[i], &fars[n_fars++]);
	}
	if (n_fars == 0)
		return;
	/* The elements first: from now on nothing that comes from these addresses is let
	 * through. */
	rules_far_expel(engine, network, admitted, n_admitted);
	if (network->tunnel &&
	    engine->door->tunnels.take(engine->rtnl, network->tunnel, network->segments[0].ifindex,
				       fars, n_fars, &error) < 0) {
		log_warn("network %s: %s; it is tried again", network->spec.name, error.text);
		later_resync(engine); /* what is left over is found there */
	}
}

/* It is in the kernel from now on; what that needs here is there before. Notes the end, and says in
 * ret_far what the kernel is to be told. */
static int enter(struct engine *engine, const struct network *network, struct far_end *end,
		 const struct addr *way, struct rtnl_far *ret_far)
{
	if (count_mac(engine, network, &end->mac, 1) < 0)
		return -ENOMEM;
	if (own(engine, network, end) < 0) {
		struct rtnl_far ignored;

		leave(engine, network, end, &ignored);
		return -ENOMEM;
	}
	*ret_far = (struct rtnl_far) { .mac = end->mac, .host = *way };
	memcpy(ret_far->addr, end->ip, sizeof(ret_far->addr));
	end->at = *way;
	return 0;
}

/* Enters those of the ends that have a way and are not entered yet. All of them or none: a turn
 * that fails is put again as a whole, which does no harm where a part was done. */
static int put(struct engine *engine, struct network *network, struct far_end *const *ends,
	       size_t n, struct error *error)
{
	struct far_end *entered[FAR_TURN];
	struct rtnl_far fars[FAR_TURN];
	size_t n_fars = 0;
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		const struct addr way = way_of(engine, network, ends[i]);

		if (!addr_is_set(&way) || addr_is_set(&ends[i]->at))
			continue;
		err = enter(engine, network, ends[i], &way, &fars[n_fars]);
		if (err == 0)
			entered[n_fars++] = ends[i];
	}
	if (err < 0)
		(void)error_system(error, err, "cannot lead to a container of another host");
	/* The table first: what comes from them is not refused by then. */
	if (err == 0 && n_fars > 0)
		err = rules_far_admit(engine, network, entered, n_fars, error);
	if (err == 0 && n_fars > 0)
		err = engine->door->tunnels.put(engine->rtnl, network->tunnel,
						network->segments[0].ifindex, fars, n_fars, error);
	for (size_t i = 0; err < 0 && i < n_fars; i++)
		leave(engine, network, entered[i], &fars[i]); /* and is put again, whole */
	return err;
}

/* Taken before put: an end whose host has changed is both. */
int far_way_change(struct engine *engine, struct network *network, struct far_end *const *ends,
		   size_t n, struct error *error)
{
	take(engine, network, ends, n);
	return put(engine, network, ends, n, error);
}

/* All ends of a network become unknown to the kernel. They stay in the list, and are due again when
 * the network has a tunnel. */
void far_way_forget(struct engine *engine, struct network *network)
{
	struct rtnl_far ignored;

	list_foreach (&engine->far->all, struct far_end, end, in_all) {
		struct far_end *one[] = { end };

		if (strcmp(end->net, network->spec.id) != 0)
			continue;
		if (end->admitted)
			rules_far_expel(engine, network, one, 1);
		if (addr_is_set(&end->at))
			leave(engine, network, end, &ignored); /* the links go, with all entries */
		end->named = 0;				       /* so does the network's name */
	}
}

/* --- what is there ---------------------------------------------------------------------------- */

/* What the kernel should have and what it has, as keys of bytes; the value says which of them. */
#define WANTED 1
#define SEEN 2

static void entry_key(enum rtnl_far_part part, const struct mac *mac, const struct addr *addr,
		      struct rtnl_far_entry *ret_key)
{
	memset(ret_key, 0, sizeof(*ret_key)); /* padding counts: it is a key */
	ret_key->part = part;
	ret_key->mac = *mac;
	if (addr)
		ret_key->addr = *addr;
}

static int note(struct map *entries, const struct rtnl_far_entry *key, uintptr_t what)
{
	uintptr_t had = (uintptr_t)map_get(entries, key, sizeof(*key));

	/* NOLINTNEXTLINE(performance-no-int-to-ptr): two bits live in the map's value */
	return map_set(entries, key, sizeof(*key), (void *)(had | what));
}

/* The three entries of an end: where the tunnel leads a MAC, by which port the bridge reaches it,
 * and who has an address. */
static int note_end(struct map *entries, const struct engine *engine, const struct network *network,
		    const struct far_end *end)
{
	struct rtnl_far_entry key;
	int err;

	entry_key(RTNL_FAR_TUNNEL, &end->mac, &end->at, &key);
	err = note(entries, &key, WANTED);
	entry_key(RTNL_FAR_PORT, &end->mac, NULL, &key);
	if (err == 0)
		err = note(entries, &key, WANTED);
	for (enum family family = 0; err == 0 && family < FAMILY_N; family++) {
		if (!addr_is_set(&end->ip[family]) ||
		    far_owner(engine->far, network, &end->ip[family]) != end)
			continue;
		entry_key(RTNL_FAR_NEIGHBOUR, &end->mac, &end->ip[family], &key);
		err = note(entries, &key, WANTED);
	}
	return err;
}

/* All entries, wanted or seen. NULL: that cannot be known now. It lists all entries of the network,
 * which is why it is done by the comparison only, and not at each notification. */
static struct map *compare(const struct engine *engine, const struct network *network)
{
	struct map *entries = map_new();
	struct rtnl_far_entry *items = NULL;
	struct error error;
	size_t n = 0;
	int err = entries ? engine->door->tunnels.all(engine->rtnl, network->tunnel,
						      network->segments[0].ifindex, &items, &n,
						      &error)
			  : -ENOMEM;

	list_foreach (&engine->far->all, const struct far_end, end, in_all)
		if (err == 0 && addr_is_set(&end->at) && strcmp(end->net, network->spec.id) == 0)
			err = note_end(entries, engine, network, end);
	for (size_t i = 0; err == 0 && i < n; i++) {
		struct rtnl_far_entry key;

		entry_key(items[i].part, &items[i].mac, &items[i].addr, &key);
		err = note(entries, &key, SEEN);
	}
	free(items);
	if (err == 0)
		return entries;
	map_free(entries);
	return NULL;
}

/* The first difference is enough: one repair mends all of them. */
const char *far_way_differs(const struct engine *engine, const struct network *network)
{
	struct map *entries = compare(engine, network);
	const char *what = NULL;
	size_t cursor = 0;
	uintptr_t found;

	while (entries && !what && (found = (uintptr_t)map_next(entries, &cursor, NULL, NULL))) {
		if (found == WANTED)
			what = "lost the way to containers of other hosts";
		/* Until all is told nobody knows whether one is left over. */
		else if (found == SEEN && engine->far->whole)
			what = "leads to containers of other hosts that are gone";
	}
	map_free(entries);
	return what;
}

/* What is there and should not be, by the message that takes it. */
static void take_surplus(struct engine *engine, const struct network *network,
			 const struct rtnl_far_entry *entry)
{
	static const struct mac none;
	struct rtnl_far far = { .mac = entry->mac };
	struct error error;

	if (entry->part == RTNL_FAR_NEIGHBOUR)
		far.addr[family_of(entry->addr.family)] = entry->addr;
	else
		/* Of a MAC that is wanted the right entry is put behind this. */
		far.host = entry->part == RTNL_FAR_TUNNEL ? entry->addr : engine->far->tunnel;
	if (memcmp(&far.mac, &none, sizeof(none)) != 0 &&
	    engine->door->tunnels.take(engine->rtnl, network->tunnel, network->segments[0].ifindex,
				       &far, 1, &error) < 0)
		log_warn("network %s: %s", network->spec.name, error.text);
}

/* Only when every host has told what it has (far->whole). Before that an entry of a netd before may
 * be right. */
static void drop_surplus(struct engine *engine, const struct network *network)
{
	struct map *entries = compare(engine, network);
	const void *key;
	size_t cursor = 0, len;
	uintptr_t found;

	while (entries && (found = (uintptr_t)map_next(entries, &cursor, &key, &len)))
		if (found == SEEN && len == sizeof(struct rtnl_far_entry))
			take_surplus(engine, network, key);
	map_free(entries);
}

/* Puts every entry that is wanted, in batches. Putting one that is there changes nothing, so
 * nothing has to be compared first. */
int far_way_restore(struct engine *engine, struct network *network, struct error *error)
{
	struct rtnl_far fars[FAR_TURN];
	size_t n = 0;
	int err = 0;

	if (engine->far->whole)
		drop_surplus(engine, network);
	list_foreach (&engine->far->all, const struct far_end, end, in_all) {
		if (err < 0 || !addr_is_set(&end->at) || strcmp(end->net, network->spec.id) != 0)
			continue;
		fars[n] = (struct rtnl_far) { .mac = end->mac, .host = end->at };
		for (enum family family = 0; family < FAMILY_N; family++)
			if (far_owner(engine->far, network, &end->ip[family]) == end)
				fars[n].addr[family] = end->ip[family];
		if (++n < FAR_TURN)
			continue;
		err = engine->door->tunnels.put(engine->rtnl, network->tunnel,
						network->segments[0].ifindex, fars, n, error);
		n = 0;
	}
	if (err == 0 && n > 0)
		err = engine->door->tunnels.put(engine->rtnl, network->tunnel,
						network->segments[0].ifindex, fars, n, error);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// rules_far.c - what other hosts and their containers put into the nftables table
#include "engine/wire/rules_far.h"

#include "engine/wire/wire.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

/* Who has put it in, to whoever reads `nft list`. */
#define LEFT "before this netd"

/* What other hosts need in the table: their addresses among those that may send into tunnels, their
 * containers' addresses among the sources of a network. All of it is noted in the objects
 * (admitted), so a table that is made anew has it. */

/* The elements of one container of another host. A container may have an address of either family,
 * or of both. */
static void far_elems(struct ruleset_elems *elems, const struct network *network,
		      const struct far_end *end)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		ruleset_add_far(elems, network, &end->ip[family], end->names[0]);
}

/* Never fails for the kernel's sake: what is noted comes with the next table. */
int rules_far_admit(struct engine *engine, const struct network *network,
		    struct far_end *const *ends, size_t n, struct error *error)
{
	struct ruleset_elems elems = { 0 };
	int err;

	for (size_t i = 0; i < n; i++)
		far_elems(&elems, network, ends[i]);
	/* Two containers may need the same element, so each element has a count, and goes with the
	 * last of them. */
	err = elems.err < 0 ? elems.err : rules_shared_count(engine, &elems, true);
	if (err < 0)
		(void)error_system(error, err, "cannot let containers of other hosts in");
	else if (elems.n > 0)
		err = engine->door->rules.add(engine->nft, &elems, error);
	/* They are counted, and a table that is made anew is made of what is counted. */
	for (size_t i = 0; i < n; i++)
		ends[i]->admitted = true;
	if (err < 0)
		rules_repair_soon(engine);
	ruleset_elems_done(&elems);
	return 0;
}

/* The inverse. The note goes first. */
void rules_far_expel(struct engine *engine, const struct network *network,
		     struct far_end *const *ends, size_t n)
{
	struct ruleset_elems elems = { 0 };
	struct error error = { 0 };

	for (size_t i = 0; i < n; i++) {
		far_elems(&elems, network, ends[i]);
		ends[i]->admitted = false;
	}
	(void)rules_shared_count(engine, &elems, false); /* unref cannot fail */
	if (elems.err < 0 ||
	    (elems.n > 0 && engine->door->rules.take(engine->nft, &elems, &error) < 0))
		rules_repair_soon(engine); /* as in rules_unpublish */
	ruleset_elems_done(&elems);
}

/* One transaction; ends the list of elements. */
static int change(struct engine *engine, struct ruleset_elems *elems, bool add, struct error *error)
{
	int err = elems->err;

	if (err < 0)
		/* The sentence is the caller's; the table follows by itself. */
		(void)error_system(error, err, "cannot guard the tunnels");
	else if (elems->n > 0)
		err = add ? engine->door->rules.add(engine->nft, elems, error)
			  : engine->door->rules.take(engine->nft, elems, error);
	if (err < 0) /* the table is made anew of what is noted */
		rules_repair_soon(engine);
	ruleset_elems_done(elems);
	return err;
}

/* The guard of the tunnels' port. It is there before the first tunnel is. */
int rules_tunnels(struct engine *engine, bool add, struct error *error)
{
	struct ruleset_elems elems = { 0 };

	ruleset_add_tunnels(&elems);
	return change(engine, &elems, add, error);
}

/* A family without an address adds nothing. */
static void host_elems(struct ruleset_elems *elems, const struct far_host *host)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		ruleset_add_host(elems, &host->tunnel[family], host->name);
}

/* A host that is let in, or not any more. Telling it twice changes nothing. */
int rules_host(struct engine *engine, struct far_host *host, bool add, struct error *error)
{
	struct ruleset_elems elems = { 0 };

	/* The note says what the table has, or is to have. */
	if (host->admitted == add)
		return 0;
	host_elems(&elems, host);
	host->admitted = add;
	return change(engine, &elems, add, error);
}

/* Each address once: there are many containers on a host. */
static void left_host(struct ruleset_elems *elems, struct map *seen, const struct addr *addr)
{
	if (map_get(seen, addr, sizeof(*addr)))
		return;
	if (map_set(seen, addr, sizeof(*addr), seen) < 0)
		elems->err = -ENOMEM;
	ruleset_add_host(elems, addr, LEFT);
}

/* The kernel's entries of one network, as an earlier netd has left them. */
static void left_elems(const struct engine *engine, const struct network *network,
		       struct ruleset_elems *elems, struct map *seen)
{
	struct rtnl_far_entry *entries = NULL;
	struct error error;
	size_t n = 0;

	if (engine->door->tunnels.all(engine->rtnl, network->tunnel, network->segments[0].ifindex,
				      &entries, &n, &error) < 0)
		log_warn("network %s: %s", network->spec.name, error.text);
	for (size_t i = 0; i < n; i++) {
		if (entries[i].part == RTNL_FAR_NEIGHBOUR)
			ruleset_add_far(elems, network, &entries[i].addr, LEFT);
		else if (entries[i].part == RTNL_FAR_TUNNEL)
			left_host(elems, seen, &entries[i].addr);
	}
	engine->far->lets_in = engine->far->lets_in || n > 0;
	free(entries);
}

/* A netd that starts is told of other hosts when etcd answers, which may take long. Until then
 * those are let in to whom the kernel's entries lead: packets go on. */
static void all_left(const struct engine *engine, struct ruleset_elems *elems)
{
	struct map *seen = map_new();

	if (!seen)
		elems->err = -ENOMEM;
	for (size_t i = 0; seen && i < engine->n_networks; i++)
		if (engine->networks[i]->tunnel)
			left_elems(engine, engine->networks[i], elems, seen);
	map_free(seen);
}

/* For a table that is made anew. */
void rules_far_all(const struct engine *engine, struct ruleset_elems *elems)
{
	const struct far *far = engine->far;
	const struct far_host *host;
	size_t cursor = 0;

	if (addr_is_set(&far->tunnel))
		ruleset_add_tunnels(elems);
	while ((host = map_next(far->hosts, &cursor, NULL, NULL)))
		if (host->admitted)
			host_elems(elems, host);
	list_foreach (&far->all, const struct far_end, end, in_all) {
		/* A network that is not here has no elements. */
		const struct network *network = map_get_str(engine->network_by_id, end->net);

		if (network && end->admitted)
			far_elems(elems, network, end);
	}
	if (addr_is_set(&far->tunnel) && !far->entered)
		all_left(engine, elems);
}

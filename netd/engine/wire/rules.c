// SPDX-License-Identifier: GPL-2.0-or-later
// rules.c - what networks and ports put into the nftables table
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Shared elements. Several ports of a container may lead to one container port: they share its
 * "open" and "self" elements, as endpoints on one bridge share their sources, which are in the
 * kernel once and counted here. A key of the count map is the set's number and the element's key;
 * the count itself is kept in the pointer. */

struct shared_key {
	uint8_t bytes[1 + RULESET_KEY_MAX];
	size_t len;
};

static struct shared_key shared_key(const struct ruleset_elem *elem)
{
	struct shared_key key = { .len = 1U + elem->key_len };

	key.bytes[0] = (uint8_t)elem->set;
	memcpy(key.bytes + 1, elem->key, elem->key_len);
	return key;
}

/* Counts one user more; *ret_first: it was the first. */
static int shared_ref(struct engine *engine, const struct ruleset_elem *elem, bool *ret_first)
{
	struct shared_key key = shared_key(elem);
	/* Absent is NULL, which is a count of 0: no element of its own is needed for that. */
	uintptr_t count = (uintptr_t)map_get(engine->wire->shared, key.bytes, key.len);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): a count lives in the map's value */
	int err = map_set(engine->wire->shared, key.bytes, key.len, (void *)(count + 1));

	*ret_first = count == 0;
	return err;
}

/* Counts one user less; true: it was the last. */
static bool shared_unref(struct engine *engine, const struct ruleset_elem *elem)
{
	struct shared_key key = shared_key(elem);
	uintptr_t count = (uintptr_t)map_get(engine->wire->shared, key.bytes, key.len);

	if (count <= 1) {
		(void)map_remove(engine->wire->shared, key.bytes,
				 key.len); /* the value is a count */
		return count == 1;
	}
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): replaces an entry, which cannot fail */
	(void)map_set(engine->wire->shared, key.bytes, key.len, (void *)(count - 1));
	return false;
}

size_t rules_n_shared(const struct engine *engine, enum ruleset_set set)
{
	const void *key;
	size_t cursor = 0, n = 0;

	while (map_next(engine->wire->shared, &cursor, &key, NULL))
		n += *(const uint8_t *)key == set;
	return n;
}

/* Drops from elems what others still need (ref false), or what is there already (ref true). On
 * failure counts are too high, and elements stay until the table is made anew. */
static int count_shared(struct engine *engine, struct ruleset_elems *elems, bool ref)
{
	/* The elements are packed in place. What is dropped belongs to nobody but the list, and
	 * is freed with it. */
	size_t kept = 0;

	for (size_t i = 0; i < elems->n; i++) {
		bool keep = true;

		if (ruleset_set_is_shared(elems->items[i].set)) {
			if (!ref)
				keep = shared_unref(engine, &elems->items[i]);
			else if (shared_ref(engine, &elems->items[i], &keep) < 0)
				return -ENOMEM;
		}
		if (keep && kept != i)
			elems->items[kept] = elems->items[i];
		kept += keep;
	}
	elems->n = kept;
	return 0;
}

/* The elements of a container, from its port or endpoint `first` on. */
typedef void (*fill_fn)(struct ruleset_elems *elems, const struct container *container,
			size_t first);

static void port_elems(struct ruleset_elems *elems, const struct container *container, size_t first)
{
	for (size_t i = first; i < container->n_ports; i++)
		ruleset_add_port(elems, &container->ports[i], container);
}

void rules_repair_soon(struct engine *engine)
{
	engine->wire->rules_drifted = true;
	later_resync(engine);
}

/* What of a container's sources has to do with endpoints[first..n): they at the bridges of all, and
 * all at theirs. */
static void source_elems(struct ruleset_elems *elems, const struct container *container,
			 size_t first)
{
	/* A pair of endpoints is taken once when either of them is new: both orders, for each
	 * speaks at the bridge of the other. */
	for (size_t i = 0; i < container->n_endpoints; i++)
		for (size_t k = i < first ? first : 0; k < container->n_endpoints; k++)
			builder_sources(runtime_of(container)->engine, elems,
					container->endpoints[i], container->endpoints[k]);
}

/* What put_in counted, when the kernel refused it. */
static void uncount(struct engine *engine, const struct container *container, size_t first,
		    fill_fn fill)
{
	struct ruleset_elems elems = { 0 };

	/* The same elements in the same order: fill depends on nothing but the container. */
	fill(&elems, container, first);
	if (elems.err < 0)
		rules_repair_soon(engine);	   /* which counts anew */
	(void)count_shared(engine, &elems, false); /* unref cannot fail */
	ruleset_elems_done(&elems);
}

/* `what` cannot be done, the error says then. */
static int put_in(struct engine *engine, const struct container *container, size_t first,
		  fill_fn fill, const char *what, struct error *error)
{
	/* Counting comes before the kernel, so that two users of one element send it once. It is
	 * taken back when the kernel refuses. EEXIST is a refusal: the transaction changed
	 * nothing. With any other failure nobody knows whether it did, and the comparison finds
	 * out. */
	struct ruleset_elems elems = { 0 };
	int err;

	fill(&elems, container, first);
	err = elems.err;
	if (err == 0)
		err = count_shared(engine, &elems, true);
	if (err < 0) {
		(void)error_system(error, err, "cannot %s", what);
		/* An element that is counted and not there would be missed by the next one that
		 * shares it: all are counted anew. */
		rules_repair_soon(engine);
	} else if (elems.n > 0) {
		err = engine->door->rules.add(engine->nft, &elems, error);
		if (err < 0)
			uncount(engine, container, first, fill);
		if (err < 0 && err != -EEXIST) /* not a refusal: it may be done all the same */
			rules_repair_soon(engine);
	}
	ruleset_elems_done(&elems);
	return err;
}

static int admit(struct engine *engine, const struct container *container, size_t first,
		 struct error *error)
{
	int err = put_in(engine, container, first, source_elems, "let its addresses in", error);

	/* The number is noted on success only: rules_expel takes back no more than what was let
	 * in. */
	if (err == 0)
		runtime_of(container)->n_admitted = container->n_endpoints;
	return err;
}

static int publish(struct engine *engine, const struct container *container, size_t first,
		   struct error *error)
{
	return put_in(engine, container, first, port_elems, "publish ports", error);
}

int rules_rebuild(struct engine *engine, struct error *error)
{
	int err = rules_reset(engine, error);

	if (err == 0 && engine->wire->has_user_rules)
		err = rules_user_load(engine, error);
	return err;
}

/* Where the table has no owner somebody may have flushed it a moment ago, and the repair is yet to
 * come: a change that finds no table does not wait for it. */
static int rebuild_flushed(struct engine *engine, struct error *error)
{
	int err;

	log_warn("table " RULESET_TABLE " is not there: making it again");
	err = rules_rebuild(engine, error);
	if (err < 0)
		rules_repair_soon(engine);
	return err;
}

/* What is attached already has its elements in a new table, those of this plan among them. */
static bool is_in_new_table(const struct engine *engine, const struct container *container)
{
	return map_get_str(engine->container_by_id, container->spec.id) == container;
}

int rules_publish(struct engine *engine, const struct container *container, size_t first,
		  struct error *error)
{
	int err = publish(engine, container, first, error);

	/* ENOENT means that the table is gone, not that an element is. A new table is made of
	 * everything the engine knows; a container that is not among it yet adds its own. */
	if (err != -ENOENT)
		return err;
	err = rebuild_flushed(engine, error);
	if (err < 0 || is_in_new_table(engine, container))
		return err;
	err = admit(engine, container, 0, error);
	return err < 0 ? err : publish(engine, container, first, error);
}

int rules_admit(struct engine *engine, const struct container *container, size_t first,
		struct error *error)
{
	int err = admit(engine, container, first, error);

	if (err != -ENOENT)
		return err;
	err = rebuild_flushed(engine, error);
	if (err < 0 || is_in_new_table(engine, container))
		return err;
	return admit(engine, container, first, error);
}

void rules_expel(struct engine *engine, const struct container *container, size_t first)
{
	struct container_runtime *runtime = runtime_of(container);
	struct ruleset_elems elems = { 0 };
	struct error error = { 0 };

	if (runtime->n_admitted <= first)
		return; /* never came so far */
	source_elems(&elems, container, first);
	/* The counts fall in any case. When the kernel did not do its part, the table is made
	 * anew from the counts that are right. */
	(void)count_shared(engine, &elems, false); /* unref cannot fail */
	if (elems.err < 0 ||
	    (elems.n > 0 && engine->door->rules.take(engine->nft, &elems, &error) < 0)) {
		/* As in rules_unpublish. */
		log_warn("addresses of %s: %s; rebuilding the table", container->spec.name,
			 error.text);
		rules_repair_soon(engine);
	}
	ruleset_elems_done(&elems);
	runtime->n_admitted = first;
}

void rules_unpublish(struct engine *engine, const struct container *container, size_t first)
{
	struct ruleset_elems elems = { 0 };
	struct error error = { 0 };

	port_elems(&elems, container, first);
	(void)count_shared(engine, &elems, false); /* unref cannot fail */
	if (elems.err < 0 ||
	    (elems.n > 0 && engine->door->rules.take(engine->nft, &elems, &error) < 0)) {
		/* Somebody changed the table under us: make it whole. */
		log_warn("ports of %s: %s; rebuilding the table", container->spec.name, error.text);
		rules_repair_soon(engine);
	}
	ruleset_elems_done(&elems);
}

/* What there is of a network, which the engine knows already when it comes: a new table has it. */
static int put_or_take(struct engine *engine, const struct network *network,
		       const struct ruleset_elems *elems, bool add, struct error *error)
{
	/* Elements of a network are not shared with others, so they need no counting. */
	int err = elems->err;

	if (err < 0)
		(void)error_system(error, err, "cannot make the rules of network %s",
				   network->spec.name);
	if (err == 0 && elems->n > 0)
		err = add ? engine->door->rules.add(engine->nft, elems, error)
			  : engine->door->rules.take(engine->nft, elems, error);
	/* EEXIST: the name or subnet is in the set already, and the caller refuses the network
	 * for it. */
	if (err == -ENOENT && add)
		err = rebuild_flushed(engine, error);
	else if (err < 0 && err != -EEXIST)
		rules_repair_soon(engine);
	return err;
}

int rules_network(struct engine *engine, const struct network *network, bool add,
		  struct error *error)
{
	struct ruleset_elems elems = { 0 };
	int err;

	builder_elems(engine, &elems, network);
	err = put_or_take(engine, network, &elems, add, error);
	ruleset_elems_done(&elems);
	return err;
}

int rules_segment(struct engine *engine, const struct network *network, uint32_t number, bool add,
		  struct error *error)
{
	struct ruleset_elems elems = { 0 };
	int err;

	ruleset_add_segment(&elems, network, number);
	err = put_or_take(engine, network, &elems, add, error);
	ruleset_elems_done(&elems);
	return err;
}

/* --- other hosts ------------------------------------------------------------------------------ */

static void far_elems(struct ruleset_elems *elems, const struct network *network,
		      const struct far_end *end)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		ruleset_add_far(elems, network, &end->ip[family], end->names[0]);
}

int rules_far_admit(struct engine *engine, const struct network *network,
		    struct far_end *const *ends, size_t n, struct error *error)
{
	struct ruleset_elems elems = { 0 };
	int err;

	for (size_t i = 0; i < n; i++)
		far_elems(&elems, network, ends[i]);
	err = elems.err < 0 ? elems.err : count_shared(engine, &elems, true);
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

void rules_far_expel(struct engine *engine, const struct network *network,
		     struct far_end *const *ends, size_t n)
{
	struct ruleset_elems elems = { 0 };
	struct error error = { 0 };

	for (size_t i = 0; i < n; i++) {
		far_elems(&elems, network, ends[i]);
		ends[i]->admitted = false;
	}
	(void)count_shared(engine, &elems, false); /* unref cannot fail */
	if (elems.err < 0 ||
	    (elems.n > 0 && engine->door->rules.take(engine->nft, &elems, &error) < 0))
		rules_repair_soon(engine); /* as in rules_unpublish */
	ruleset_elems_done(&elems);
}

static int change(struct engine *engine, struct ruleset_elems *elems, bool add, struct error *error)
{
	int err = elems->err;

	if (err < 0)
		(void)error_system(error, err, "cannot guard the tunnels");
	else if (elems->n > 0)
		err = add ? engine->door->rules.add(engine->nft, elems, error)
			  : engine->door->rules.take(engine->nft, elems, error);
	if (err < 0) /* the table is made anew of what is noted */
		rules_repair_soon(engine);
	ruleset_elems_done(elems);
	return err;
}

int rules_tunnels(struct engine *engine, bool add, struct error *error)
{
	struct ruleset_elems elems = { 0 };

	ruleset_add_tunnels(&elems);
	return change(engine, &elems, add, error);
}

static void host_elems(struct ruleset_elems *elems, const struct far_host *host)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		ruleset_add_host(elems, &host->tunnel[family], host->name);
}

int rules_host(struct engine *engine, struct far_host *host, bool add, struct error *error)
{
	struct ruleset_elems elems = { 0 };

	if (host->admitted == add)
		return 0;
	host_elems(&elems, host);
	host->admitted = add;
	return change(engine, &elems, add, error);
}

/* All of them. */
static void cluster_elems(const struct engine *engine, struct ruleset_elems *elems)
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
		const struct network *network = map_get_str(engine->network_by_id, end->net);

		if (network && end->admitted)
			far_elems(elems, network, end);
	}
}

/* --- other names ------------------------------------------------------------------------------ */

/* Comments only. The elements stay the same, so no packet notices, and a failure is repaired by
 * making the table anew. */
static void replace(struct engine *engine, const struct ruleset_elems *elems)
{
	struct error error = { 0 };

	if (elems->err == 0 &&
	    (elems->n == 0 || engine->door->rules.replace(engine->nft, elems, &error) == 0))
		return;
	log_warn("the comments of rules are not right yet: %s",
		 elems->err < 0 ? strerror(-elems->err) : error.text);
	rules_repair_soon(engine);
}

void rules_relabel_network(struct engine *engine, const struct network *network)
{
	struct ruleset_elems elems = { 0 };

	builder_elems(engine, &elems, network);
	replace(engine, &elems);
	ruleset_elems_done(&elems);
}

/* Shared elements are there once. */
static void drop_repeated(struct ruleset_elems *elems)
{
	struct map *seen = map_new();
	size_t kept = 0;

	for (size_t i = 0; seen && i < elems->n; i++) {
		struct shared_key key = shared_key(&elems->items[i]);

		/* The first one stays. Its comment is as good as that of the others. */
		if (map_get(seen, key.bytes, key.len))
			continue;
		if (map_set(seen, key.bytes, key.len, elems) < 0)
			elems->err = -ENOMEM;
		elems->items[kept++] = elems->items[i];
	}
	elems->n = kept;
	if (!seen)
		elems->err = -ENOMEM;
	map_free(seen);
}

void rules_relabel_container(struct engine *engine, const struct container *container)
{
	struct ruleset_elems elems = { 0 };

	port_elems(&elems, container, 0);
	source_elems(&elems, container, 0);
	drop_repeated(&elems);
	replace(engine, &elems);
	ruleset_elems_done(&elems);
}

static int forget_counts(struct engine *engine)
{
	/* A fresh map first: without memory for it the old counts stay, which are too high at
	 * worst. */
	struct map *fresh = map_new();

	if (!fresh)
		return -ENOMEM;
	map_free(engine->wire->shared);
	engine->wire->shared = fresh;
	return 0;
}

/* The elements of everything there is, counted anew. */
static int all_elems(struct engine *engine, struct ruleset_elems *elems)
{
	for (size_t i = 0; i < engine->n_networks; i++)
		builder_elems(engine, elems, engine->networks[i]);
	for (size_t i = 0; i < engine->n_containers; i++) {
		source_elems(elems, engine->containers[i], 0);
		port_elems(elems, engine->containers[i], 0);
	}
	cluster_elems(engine, elems);
	if (forwarding_is_ours(engine, AF_INET))
		ruleset_add_strangers(elems, AF_INET);
	if (forwarding_is_ours(engine, AF_INET6))
		ruleset_add_strangers(elems, AF_INET6);
	if (elems->err < 0)
		return elems->err;
	return forget_counts(engine) < 0 ? -ENOMEM : count_shared(engine, elems, true);
}

/* A table that its owner left prints, by an nft(8) as old as 1.0.6, with flags that have no name:
 * as a file that cannot be loaded, and a host that loads it when it boots has no firewall. The
 * administrator's rules would be missing for a moment, and nobody is to come through in it: then it
 * is left so. */
void rules_disown(struct engine *engine)
{
	struct ruleset_elems elems = { 0 };
	struct error error;

	if (engine->wire->has_user_rules || !engine->door->rules.is_owner(engine->nft))
		return;
	if (all_elems(engine, &elems) == 0 &&
	    engine->door->rules.disown(engine->nft, &elems, &error) < 0)
		log_warn("%s", error.text);
	ruleset_elems_done(&elems);
}

int rules_reset(struct engine *engine, struct error *error)
{
	struct ruleset_elems elems = { 0 };
	int err = all_elems(engine, &elems);

	if (err < 0)
		(void)error_system(error, err, "cannot make table " RULESET_TABLE);
	else
		err = engine->door->rules.reset(engine->nft, &elems, error);
	/* A change that failed may have left fewer. */
	for (size_t i = 0; err == 0 && i < engine->n_containers; i++) {
		struct container_runtime *runtime = runtime_of(engine->containers[i]);

		runtime->n_published = engine->containers[i]->n_ports;
		runtime->n_admitted = engine->containers[i]->n_endpoints;
	}
	ruleset_elems_done(&elems);
	return err;
}

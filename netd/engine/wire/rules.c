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

/* Theory of operation. The rules of the table never change (model/rules/ruleset.c). What networks,
 * containers and ports need are elements of its sets: a change adds them in one transaction and
 * takes them back in one. Elements that several have are counted (rules_shared.c) and sent once.
 * When a transaction fails in a way that leaves its outcome unknown, the whole table is made anew
 * from what the engine knows, by the comparison that rules_repair_soon starts. The table can always
 * be made from the engine's objects, so nothing about it is recorded. */

/* The elements of a container, from its port or endpoint `first` on. */
typedef void (*fill_fn)(struct ruleset_elems *elems, const struct container *container,
			size_t first);

/* An element names its container in a comment, for whoever reads `nft list`. */
static void port_elems(struct ruleset_elems *elems, const struct container *container, size_t first)
{
	for (size_t i = first; i < container->n_ports; i++)
		ruleset_add_port(elems, &container->ports[i], container);
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
		rules_repair_soon(engine);		 /* which counts anew */
	(void)rules_shared_count(engine, &elems, false); /* unref cannot fail */
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
		err = rules_shared_count(engine, &elems, true);
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

/* Lets the addresses of endpoints[first..n) be sources. */
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

/* Ports from first on lead to the container from now on. */
static int publish(struct engine *engine, const struct container *container, size_t first,
		   struct error *error)
{
	return put_in(engine, container, first, port_elems, "publish ports", error);
}

/* The user's rules are in a chain of the same table, and go with it: they are loaded again. */
int rules_rebuild(struct engine *engine, struct error *error)
{
	int err = rules_reset(engine, error);

	if (err == 0 && engine->wire->has_user_rules)
		err = rules_user_load(engine, error);
	return err;
}

/* Where the table has no owner somebody may have flushed it a moment ago, and the repair is yet to
 * come: a change that finds no table does not wait for it. Called within a change. The change goes
 * on when the table is there again. */
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

/* -EEXIST is the kernel's word that an element is there: a place is published twice, and the caller
 * says which. */
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

/* As rules_publish, for sources. */
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

/* The inverse of rules_admit. It cannot fail, for a detach cannot. */
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
	(void)rules_shared_count(engine, &elems, false); /* unref cannot fail */
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

/* The inverse of rules_publish, with the same promise. */
void rules_unpublish(struct engine *engine, const struct container *container, size_t first)
{
	struct ruleset_elems elems = { 0 };
	struct error error = { 0 };

	port_elems(&elems, container, first);
	(void)rules_shared_count(engine, &elems, false); /* unref cannot fail */
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

/* All that a network needs in the table, or its end. */
int rules_network(struct engine *engine, const struct network *network, bool add,
		  struct error *error)
{
	struct ruleset_elems elems = { 0 };
	int err;

	/* The first that needs the table of frames: it is made with all that there is. */
	if (add && network->spec.anti_spoof && !engine->wire->guarded) {
		err = rules_rebuild(engine, error);
		if (err < 0)
			rules_repair_soon(engine); /* it may be done all the same */
		return err;
	}
	builder_elems(engine, &elems, network);
	err = put_or_take(engine, network, &elems, add, error);
	ruleset_elems_done(&elems);
	return err;
}

static const struct network *first_guarded(const struct engine *engine)
{
	for (size_t i = 0; i < engine->n_networks; i++)
		if (engine->networks[i]->spec.anti_spoof)
			return engine->networks[i];
	return NULL;
}

/* A network is refused before anything of it is made. */
int rules_check_guard(struct engine *engine, const struct network_spec *spec, struct error *error)
{
	const char *lacks = NULL;

	if (spec->anti_spoof && !engine->wire->guarded)
		lacks = engine->door->rules.probe_guard(engine->nft);
	return lacks ? error_set(error, ERROR_NOT_IMPLEMENTED,
				 "network %s cannot have anti-spoof on this host: %s", spec->name,
				 lacks)
		     : 0;
}

/* The table of frames goes with the last network that needed it: nobody else's frames are to be
 * looked at. */
void rules_unguard(struct engine *engine)
{
	struct error error;

	if (!engine->wire->guarded || first_guarded(engine))
		return;
	if (rules_reset(engine, &error) == 0)
		return;
	log_warn("%s; it is tried again", error.text);
	rules_repair_soon(engine);
}

/* One segment more, or one less: its name in the sets of bridges, and its pairs with the others. */
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

void rules_relabel_container(struct engine *engine, const struct container *container)
{
	struct ruleset_elems elems = { 0 };

	port_elems(&elems, container, 0);
	source_elems(&elems, container, 0);
	rules_shared_once(&elems);
	replace(engine, &elems);
	ruleset_elems_done(&elems);
}

/* The elements of everything there is, counted anew. The counts are made anew as well, so both are
 * right together. */
static int all_elems(struct engine *engine, struct ruleset_elems *elems)
{
	for (size_t i = 0; i < engine->n_networks; i++)
		builder_elems(engine, elems, engine->networks[i]);
	for (size_t i = 0; i < engine->n_containers; i++) {
		source_elems(elems, engine->containers[i], 0);
		port_elems(elems, engine->containers[i], 0);
	}
	rules_far_all(engine, elems);
	elems->guarded = first_guarded(engine) != NULL;
	if (forwarding_is_ours(engine, AF_INET))
		ruleset_add_strangers(elems, AF_INET);
	if (forwarding_is_ours(engine, AF_INET6))
		ruleset_add_strangers(elems, AF_INET6);
	if (elems->err < 0)
		return elems->err;
	/* Without memory for the count the table is not made: it could not be kept right
	 * afterwards. */
	return rules_shared_forget(engine) < 0 ? -ENOMEM : rules_shared_count(engine, elems, true);
}

/* A table that its owner left prints, by an nft(8) as old as 1.0.6, with flags that have no name:
 * as a file that cannot be loaded, and a host that loads it when it boots has no firewall. The
 * administrator's rules would be missing for a moment, and nobody is to come through in it: then it
 * is left so. */
void rules_disown(struct engine *engine)
{
	struct ruleset_elems elems = { 0 };
	struct error error;

	/* A table that nobody owns has no such flags. */
	if (engine->wire->has_user_rules || !engine->door->rules.is_owner(engine->nft))
		return;
	if (all_elems(engine, &elems) == 0 &&
	    engine->door->rules.disown(engine->nft, &elems, &error) < 0)
		log_warn("%s", error.text);
	ruleset_elems_done(&elems);
}

/* The kernel may be another one than that on which the network was made. */
static int explain_guard(struct engine *engine, int err, struct error *error)
{
	const struct network *network = first_guarded(engine);
	const char *lacks = network ? engine->door->rules.probe_guard(engine->nft) : NULL;

	return lacks ? error_set(error, ERROR_NOT_IMPLEMENTED, "network %s has anti-spoof: %s",
				 network->spec.name, lacks)
		     : err;
}

/* Replaces the table in one transaction. No packet sees a moment without rules. */
int rules_reset(struct engine *engine, struct error *error)
{
	struct ruleset_elems elems = { 0 };
	int err = all_elems(engine, &elems);

	if (err < 0)
		(void)error_system(error, err, "cannot make table " RULESET_TABLE);
	else
		err = engine->door->rules.reset(engine->nft, &elems, error);
	if (err == 0)
		engine->wire->guarded = elems.guarded;
	else if (elems.guarded && err != -EPERM)
		err = explain_guard(engine, err, error);
	/* A change that failed may have left fewer. */
	for (size_t i = 0; err == 0 && i < engine->n_containers; i++) {
		struct container_runtime *runtime = runtime_of(engine->containers[i]);

		runtime->n_published = engine->containers[i]->n_ports;
		runtime->n_admitted = engine->containers[i]->n_endpoints;
	}
	ruleset_elems_done(&elems);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// engine.c - the engine's life and death
#include "engine/engine.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/log.h"
#include "engine/change/networks.h"
#include "engine/keep/keep.h"
#include "engine/see/see.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Theory of operation. An engine is made of rooms (state, tell, wire, plan, change, keep, see),
 * each with a struct of its own in one allocation. A room calls those below it; where one below
 * has to cause something above, it calls through engine->above. engine_new starts all of it or
 * leaves the host as it was. engine_free ends netd's part and leaves in the kernel what
 * containers need. */

/* The host's resolv.conf has other servers now. */
static void on_host_dns_change(void *data)
{
	names_config(data);
}

static int make_tables(struct engine *engine)
{
	/* All of them or none: engine_free copes with those that are missing. */
	struct map **maps[] = { &engine->network_by_id,	     &engine->network_by_name,
				&engine->container_by_id,    &engine->container_by_name,
				&engine->container_by_netns, &engine->wire->shared,
				&engine->wire->inotify_dirs, &engine->wire->doomed,
				&engine->wire->forged_told };

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		*maps[i] = map_new();
		if (!*maps[i])
			return -ENOMEM;
	}
	return 0;
}

/* Also for what the store found before anybody listened. */
static void log_note(const char *note)
{
	log_warn("%s", note);
}

/* The order of a start. The store first, for everything is decided by it. The records are
 * compared with what runs before anything is changed (coherence), and what the kernel has is
 * noted (start_note), so that a failure from there on takes back only what this start added. The
 * watches begin before the first change, so none is missed. Networks come before containers,
 * containers before the rules: the table is made once, with all elements, in one transaction in
 * which no packet sees half of it. The administrator's rules are loaded last, into that table. */

static int start(struct engine *engine, struct error *error)
{
	int err = store_open(engine->state_dir, engine->run_dir, &engine->store, error);

	if (err < 0)
		return err;
	/* From here on the store can say by itself that it owes something, also during the
	 * start. */
	store_watch_debt(engine->store, later_store_owes, engine);
	store_watch_notes(engine->store, log_note);
	/* How many records the store had to repair when it was opened. */
	engine_count(engine, GUARD_HEALED_RECORDS, store_n_healed(engine->store));
	err = engine->door->links.open(&engine->rtnl, error);
	if (err == 0)
		err = coherence_check(engine, error);
	if (err == 0)
		announce_start(engine);
	if (err == 0)
		err = engine->door->rules.open(true, &engine->nft, error);
	if (err == 0)
		err = start_note(engine, error);
	if (err == 0)
		err = hostdns_open(engine->loop, "/etc/resolv.conf", on_host_dns_change, engine,
				   &engine->tell->hostdns, error);
	if (err == 0)
		err = watch_start(engine, error);
	if (err == 0)
		err = networks_start(engine, error);
	if (err == 0)
		err = recover_containers(engine, error);
	if (err == 0)
		err = rules_reset(engine, error);
	if (err == 0)
		err = rules_user_load(engine, error);
	/* From here on nothing fails the start. What was left over from before is cleared up. */
	if (err == 0) {
		forged_begin(engine);
		networks_drop_transient(engine);
		networks_finish_prune(engine);
		services_start(engine);
		overflow_start(engine);
		flows_recover(engine, engine->keep->broken_off);
		start_drop_old_addrs(engine);
		forwarding_release(engine); /* of networks that did not come back */
	}
	return err;
}

/* Who does what rooms below only cause. Here alone a room below is connected with one above it. */
static const struct engine_above above = {
	.detach = engine_detach,
	.resync = watch_resync,
	.pay = pay_debts,
	.look = await_tick,
	.compare = resync_compare,
	.may_go_on = ports_ahead_may_go_on,
	.go_on = ports_ahead_turn,
	.came = see_came,
	.changed = see_changed,
	.goes = see_goes,
	.resolver_counted = see_resolver_counted,
	.resolver_asked = see_resolver_asked,
	.resolver_figures = see_resolver_figures,
};

/* The engine and what its rooms have of it. One allocation for the engine and all rooms, so that
 * they live and die together. */
struct house {
	struct engine engine; /* the first: who has it has the house */
	struct engine_tell tell;
	struct engine_wire wire;
	struct engine_plan plan;
	struct engine_change change;
	struct engine_keep keep;
	struct engine_see see;
};

static struct engine *build_house(void)
{
	struct house *house = calloc(1, sizeof(*house));

	if (!house)
		return NULL;
	house->engine.tell = &house->tell;
	house->engine.wire = &house->wire;
	house->engine.plan = &house->plan;
	house->engine.change = &house->change;
	house->engine.keep = &house->keep;
	house->engine.see = &house->see;
	return &house->engine;
}

/* Takes everything that its options say by copy, but for loop, door and config, which have to
 * outlive it. */
int engine_new(const struct engine_options *options, struct engine **ret_engine,
	       struct error *error)
{
	struct engine *engine = build_house();
	int err;

	if (!engine)
		return error_system(error, -ENOMEM, "cannot start");
	/* The counters come first, for everything below may count. */
	guard_start(engine);
	engine->loop = options->loop;
	engine->door = options->door;
	engine->config = options->config;
	/* Set before the start, in which rooms below call it. */
	engine->above = &above;
	later_start(engine);
	see_start(engine, &options->reader_host);
	engine->keep->resolver_host = options->resolver_host;
	/* -1, for engine_free closes what is open, at whatever point a start has failed. */
	engine->wire->inotify_fd = -1;
	engine->wire->announcer = -1;
	engine->wire->builders = builder_rows;
	list_init(&engine->subscribers);
	queries_start(engine);
	list_init(&engine->tell->flows);
	engine->tell->journal = -1;
	engine->tell->noted = -1;
	list_init(&engine->plan->leftovers);
	endpoints_start(engine);
	services_turns_start(engine);
	ingress_start(engine);
	list_init(&engine->wire->aheads);
	list_init(&engine->wire->waiters);
	list_init(&engine->wire->limited);
	engine->run_dir = strdup(options->run_dir);
	engine->state_dir = strdup(options->state_dir);
	engine->wire->rules_dir = strdup(options->rules_dir);
	/* One message for all: there is only one reason, and it is memory. */
	if (!engine->run_dir || !engine->state_dir || !engine->wire->rules_dir ||
	    make_tables(engine) < 0 || outlive_start(engine) < 0 || hosts_start(engine) < 0)
		err = error_system(error, -ENOMEM, "cannot start");
	else
		err = start(engine, error);
	if (err < 0) {
		/* While there is still everything that the undo needs. */
		engine_undo_start(engine);
		engine_free(engine);
		return err;
	}
	/* After the start, for these only look: none of them changes what the start made. What this
	 * kernel cannot do becomes a warning (warnings.c). */
	engine->keep->kernel_lacks = engine->door->rules.probe(engine->nft);
	engine->wire->firewalld = firewalld_new(engine);
	warnings_log(engine);
	/* Folders of containers that did not come back. */
	files_remove_strangers(engine);
	*ret_engine = engine;
	return 0;
}

/* The objects were freed before. */
static void free_tables(struct engine *engine)
{
	map_free(engine->network_by_id);
	map_free(engine->network_by_name);
	map_free(engine->container_by_id);
	map_free(engine->container_by_name);
	map_free(engine->container_by_netns);
	map_free(engine->wire->shared);
	map_free(engine->wire->inotify_dirs);
	map_free(engine->wire->doomed);
	map_free(engine->wire->forged_told);
	free(engine->networks);
	free(engine->containers);
}

/* Kernel objects stay: what runs goes on without netd. */
void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	/* In this order: who reads or waits is told first; what watches ends before what it
	 * watches; objects go before the tables that hold them; the sockets and the store last,
	 * for all of the above may still need them. */
	see_stop(engine);
	hosts_stop(engine);
	firewalld_free(engine->wire->firewalld);
	watch_stop(engine);
	later_stop(engine);
	forget_stop(engine);
	flows_done(engine);
	turns_stop(engine);
	services_turns_stop(engine);
	ingress_stop(engine);
	queries_fail(engine, QUERIES_STOPPED);
	backup_abandon(engine);
	events_done(engine);
	for (size_t i = 0; i < engine->n_containers; i++)
		container_free(engine->containers[i]);
	for (size_t i = 0; i < engine->n_networks; i++)
		network_free(engine->networks[i]);
	resolver_link_free(engine->tell->link);
	outlive_done(engine);
	noted_done(engine);
	hostdns_close(engine->tell->hostdns);
	engine->door->rules.close(engine->nft);
	cleanup_close(&engine->wire->announcer);
	engine->door->links.close(engine->rtnl);
	store_close(engine->store);
	start_forget(engine);
	free_tables(engine);
	far_free(engine->far);
	free(engine->run_dir);
	free(engine->state_dir);
	free(engine->wire->rules_dir);
	free(engine);
}

/* An orderly stop, before engine_free. What is left to the host is put into a state in which it can
 * live without netd. */
void engine_leave(struct engine *engine)
{
	forwarding_leave(engine);
	ingress_leave(engine);
	rules_disown(engine);
}

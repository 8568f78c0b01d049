// SPDX-License-Identifier: GPL-2.0-or-later
// steps_record.c - the record of a container in the store
#include "engine/plan/plan.h"
#include "engine/plan/steps.h"

#include "base/log.h"
#include "model/ipam/ipam.h"

#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/log.h"
#include "model/show/spec_json.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Theory of operation. The store has a row for the container, one for each endpoint and some for
 * its ports (ports_record.c). Each function here is one transaction: the record is before the
 * change or after it, and never in between. What the record says decides what a start does.
 *
 * The container's row has "up" or not. Without it the row is an intent: nobody was told that the
 * attach had succeeded, and the next start undoes it. An endpoint that is connected later cannot
 * use that word, for its container is up; so its position says it (STORE_INTENT): without a
 * position it is an intent. The same word serves a disconnect: the endpoint becomes an intent
 * first, and is taken down then. */

static int record_container(struct engine *engine, const struct container *container,
			    struct error *error)
{
	struct store_container row = {
		.id = container->spec.id,
		.name = container->spec.name,
		/* The request as it was asked, with nothing filled in: a start asks for it again
		 * through the same decoder, and an attach that is repeated is compared with it. */
		.body = runtime_of(container)->asked,
		.hostname = container->spec.hostname,
		.netns_inode = container->netns_inode,
		.dns_port = container->dns_port,
		.created_s = container->created.tv_sec,
		.created_ns = container->created.tv_nsec,
	};

	return store_container_put(engine->store, &row, error);
}

/* NULL: out of memory. */
static json_t *settings_of(const struct endpoint *endpoint)
{
	json_t *json = spec_json_endpoint(&endpoint->spec);

	/* The container's own settings know no segment; a start needs it to find the bridge. */
	if (json && endpoint->segment > 0 &&
	    json_object_set_new(json, ENDPOINT_SEGMENT, json_integer(endpoint->segment)) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* position: the order in which networks were connected, or STORE_INTENT. */
static int record_endpoint(struct engine *engine, const struct endpoint *endpoint, int64_t position,
			   struct error *error)
{
	json_t *json = settings_of(endpoint);
	_cleanup_free_ char *settings = json ? json_write(json, JSON_COMPACT) : NULL;
	struct store_endpoint row = {
		.id = endpoint->id,
		.container = endpoint->container->spec.id,
		.network = endpoint->network->spec.id,
		.settings = settings,
		.ip = { ADDR_STR(&endpoint->ip[FAMILY_4]), ADDR_STR(&endpoint->ip[FAMILY_6]) },
		.mac = MAC_STR(&endpoint->mac),
		.ifname = endpoint->ifname,
		.host_ifname = endpoint->host_ifname,
		.position = position,
	};

	json_decref(json);
	/* Checked here, for both the JSON and its text may have failed. */
	if (!settings)
		return error_system(error, -ENOMEM, "cannot record an endpoint");
	return store_endpoint_put(engine->store, &row, error);
}

/* Rows of earlier changes have earlier positions, whatever was removed in between: the records are
 * as old as the machine's uptime at the most. */
static int64_t first_position(void)
{
	struct timespec now;

	/* Seconds since the boot, which the records never outlive. The wall clock could be set
	 * back between two changes, and the order of networks would change with it. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

/* From index first on; those before it are in the record and do not change. */
static int record_endpoints(struct engine *engine, const struct container *container, size_t first,
			    bool intent, struct error *error)
{
	int64_t position = first_position();
	int err = 0;

	/* One call shares one moment; the index keeps the order within it. */
	for (size_t i = first; err == 0 && i < container->n_endpoints; i++)
		err = record_endpoint(engine, container->endpoints[i],
				      intent ? STORE_INTENT : position + (int64_t)i, error);
	return err;
}

/* Within the transaction of the caller. */
static int record_ports(const struct plan *plan, struct error *error)
{
	struct container *container = plan->container;

	/* alone: nothing else of the record changes, so the new rows are added and the old ones
	 * stay. Otherwise parked ports became real ones, or lost their place, and the runs are
	 * written anew. */
	bool alone = plan->reopens ? container->n_ports == plan->first_port
				   : runtime_of(container)->n_parked == 0;

	if (alone)
		return ports_record(plan->engine, container, plan->first_port, first_position(),
				    error);
	ports_unpark_published(container);
	return ports_record_anew(plan->engine, container, container->ports, first_position(),
				 error);
}

/* The intent, before the kernel is touched. A record of the same id that could not be removed is
 * replaced in the same transaction: two would meet in one key. */
int plan_record(struct plan *plan, struct error *error)
{
	struct engine *engine = plan->engine;
	const char *id = plan->container->spec.id;
	bool replaces = plan->whole && forget_is_pending(engine, id);
	int err = store_begin(engine->store, error);

	if (err == 0 && replaces)
		err = store_container_delete(engine->store, id, error);
	if (err == 0 && plan->whole)
		err = record_container(engine, plan->container, error);
	if (err == 0)
		err = record_endpoints(engine, plan->container, plan->first_endpoint, !plan->whole,
				       error);
	if (err == 0)
		err = record_ports(plan, error);
	err = store_end(engine->store, err, error);
	/* The old record is gone with this commit, and so is the debt to remove it. */
	if (err == 0 && replaces)
		forget_done(engine, id);
	return err;
}

/* A warning and no error, for the container is up. */
static void keep_one(struct engine *engine, const struct endpoint *endpoint,
		     const struct ipam_pool *pool, const struct addr *addr)
{
	const char *name = endpoint->container->spec.name;
	struct error error;

	/* Kept means asked for by hand. Others are remembered only until the next boot. */
	if (pool && addr_is_set(addr) && ipam_is_kept(pool, addr) &&
	    store_kept_put(engine->store, endpoint->network->spec.id, ADDR_STR(addr), name,
			   &error) < 0)
		/* The attach stands. What may be lost is the address after the next boot. */
		log_warn("address %s is not kept for %s over a reboot: %s", ADDR_STR(addr), name,
			 error.text);
}

/* What was asked for by hand is known after a reboot, too, before its container is there. One that
 * is known already is not written. */
static void keep_by_hand(struct engine *engine, const struct container *container, size_t first)
{
	for (size_t i = first; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		for (enum family family = 0; family < FAMILY_N; family++)
			keep_one(engine, endpoint, endpoint->network->pool[family],
				 &endpoint->ip[family]);
	}
}

/* One commit turns the intent into a promise. It is written before the reply, and a netd that is
 * killed after it keeps the container. */
static int record_up(struct plan *plan, struct error *error)
{
	struct store *store = plan->engine->store;
	const struct container *container = plan->container;
	int err;

	if (plan->whole)
		return store_container_up(store, container->spec.id, container->dns_port, error);
	err = store_begin(store, error);
	if (err == 0)
		err = record_endpoints(plan->engine, container, plan->first_endpoint, false, error);
	/* A network after none has brought the resolver's port. */
	if (err == 0)
		err = store_container_up(store, container->spec.id, container->dns_port, error);
	return store_end(store, err, error);
}

/* What is kept over a reboot is written after the commit and outside of it: its failure must not
 * undo an attach. */
int plan_record_up(struct plan *plan, struct error *error)
{
	int err = record_up(plan, error);

	if (err == 0)
		keep_by_hand(plan->engine, plan->container, plan->first_endpoint);
	return err;
}

/* For a rename, and for a container whose namespace has come (await.c): nothing is made, so no
 * intent comes first. */
int plan_record_again(struct engine *engine, struct container *container, const char *former,
		      struct error *error)
{
	int err = store_begin(engine->store, error);

	if (err == 0 && strcmp(former, container->spec.id) != 0)
		err = store_container_move(engine->store, former, container->spec.id, error);
	if (err == 0)
		err = record_container(engine, container, error);
	if (err == 0)
		err = record_endpoints(engine, container, 0, false, error);
	if (err == 0)
		err = store_container_up(engine->store, container->spec.id, container->dns_port,
					 error);
	err = store_end(engine->store, err, error);
	if (err == 0)
		keep_by_hand(engine, container, 0);
	return err;
}

/* The next container of this name gets the same addresses, if they are still free. */
static void remember_addresses(struct engine *engine, const struct endpoint *endpoint)
{
	/* The name decides about the memory, not the id: a container that is made anew has
	 * another id. */
	const char *network = endpoint->network->spec.id, *name = endpoint->container->spec.name;

	/* A forgotten lease costs a container its old address, nothing more. */
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (addr_is_set(&endpoint->ip[family]))
			(void)store_lease_remember(engine->store, network,
						   ADDR_STR(&endpoint->ip[family]), name, NULL);
	}
}

/* In one transaction: an endpoint that is going (NULL: none is), and with anew all ports that the
 * container has from then on. */
static int record_anew(struct engine *engine, const struct endpoint *going,
		       const struct container *container, bool anew, const struct port *ports,
		       struct error *error)
{
	int err = store_begin(engine->store, error);

	if (err == 0 && going)
		err = record_endpoint(engine, going, STORE_INTENT, error);
	if (err == 0 && anew)
		err = ports_record_anew(engine, container, ports, first_position(), error);
	return store_end(engine->store, err, error);
}

/* Written before a disconnect touches the kernel. */
int plan_record_going(struct engine *engine, const struct endpoint *endpoint,
		      const struct port *ports, struct error *error)
{
	return record_anew(engine, endpoint, endpoint->container, ports != NULL, ports, error);
}

/* For ports that became parked, became real again, or went. */
int plan_record_ports(struct engine *engine, const struct container *container, struct error *error)
{
	return record_anew(engine, NULL, container, true, container->ports, error);
}

/* Removes the record of what the plan is about. */
int plan_forget(struct plan *plan, struct error *error)
{
	struct store *store = plan->engine->store;
	const struct container *container = plan->container;
	int err = store_begin(store, error);

	if (err == 0 && !plan->whole && !plan->reopens) /* those are parked again */
		err = ports_record_forget(plan->engine, container, plan->first_port, error);
	plan_foreach(plan, endpoint)
	{
		if (err == 0 && !plan->whole)
			err = store_endpoint_delete(store, container->spec.id, endpoint->id, error);
		/* Inside the transaction: the memory of the address and the end of its record are
		 * one. */
		remember_addresses(plan->engine, endpoint);
	}
	if (err == 0 && plan->whole)
		err = store_container_delete(store, container->spec.id, error);
	return store_end(store, err, error);
}

/* Pays a debt (OWED_RECORD): whatever the store has of the container, and it may be old by several
 * changes, is replaced by what is true now. */
int plan_record_whole(struct engine *engine, const struct container *container, struct error *error)
{
	struct store *store = engine->store;
	int err = store_begin(store, error);

	if (err == 0)
		err = store_container_delete(store, container->spec.id, error);
	if (err == 0)
		err = record_container(engine, container, error);
	if (err == 0)
		err = record_endpoints(engine, container, 0, false, error);
	if (err == 0)
		err = ports_record_anew(engine, container, container->ports, first_position(),
					error);
	if (err == 0)
		err = store_container_up(store, container->spec.id, container->dns_port, error);
	return store_end(store, err, error);
}

/* The store does not take it now. It is tried again each second. */
static void owe_record(const struct plan *plan, const struct error *error)
{
	log_error("container %s: %s; it is tried again", plan->container->spec.name, error->text);
	later_owe(plan->engine, plan->container, OWED_RECORD);
}

/* Cannot fail, since it is an undo. */
void plan_undo_record(struct plan *plan)
{
	const struct container *container = plan->container;
	struct error error = { 0 };

	if (plan_forget(plan, &error) == 0)
		return;
	/* Two kinds of debt. A whole container is known by its id alone from now on; one that
	 * stays has a runtime that says what it owes. */
	if (plan->whole)
		forget_later(plan->engine, container, &error);
	else /* a network that went is an intent in the record: a start that comes first drops it */
		owe_record(plan, &error);
}

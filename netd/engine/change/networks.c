// SPDX-License-Identifier: GPL-2.0-or-later
// networks.c - networks: made, kept, removed
#include "engine/change/networks.h"
#include "engine/change/change.h"

#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/log.h"
#include "engine/state/going.h"
#include "model/ipam/ipam.h"
#include "model/network/network_check.h"
#include "model/network/network_options.h"
#include "model/show/service_json.h"
#include "model/show/spec_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. A network is made in this order: memory, the host's forwarding, bridges,
 * tables, rules, record, names. It can be refused until it is recorded, and then everything is
 * taken back in the opposite order. It is removed in this order: record, then the rest. So a
 * network that is in the record is made again by a start, and what the record does not know is
 * swept. */

int networks_check_no_restore(const struct engine *engine, struct error *error)
{
	/* A restore decides about all networks at once. A change in between would be undone by
	 * it, or be lost. */
	return engine->change->restore
		       ? error_set(error, ERROR_UNAVAILABLE,
				   "networks are being restored from a backup: try again "
				   "when that is done")
		       : 0;
}

/* In memory alone, with a copy of the spec. The caller frees it with network_free until the tables
 * have it. */
int networks_new(const struct network_spec *spec, struct network **ret_network, struct error *error)
{
	struct network *network = calloc(1, sizeof(*network));

	if (!network || network_spec_copy(spec, &network->spec) < 0) {
		free(network);
		return error_system(error, -ENOMEM, "cannot create network %s", spec->name);
	}
	/* Never NULL: the lists of a network that has no container are walked as any other. */
	list_init(&network->endpoints);
	(void)clock_gettime(CLOCK_REALTIME, &network->created);
	*ret_network = network;
	return 0;
}

/* One pool for each family of addresses. A network that spans hosts gives addresses out of this
 * host's blocks only: its pool is fenced, and has none before the first block is opened. */
static int make_pools(struct network *network, struct error *error)
{
	int err = 0;

	if (!network->spec.kind->addressed)
		return 0;
	for (enum family family = 0; family < FAMILY_N; family++) {
		/* A network that comes back after a failed restore has its pools still, with all
		 * they remember. */
		if (err == 0 && network_has(&network->spec, family) && !network->pool[family])
			err = ipam_pool_new(&network->spec.subnet[family], &network->pool[family]);
		if (err == 0 && network->pool[family] && network->spec.kind->spans)
			ipam_fence(network->pool[family]);
	}
	return err < 0 ? error_system(error, err, "cannot create network %s", network->spec.name)
		       : 0;
}

/* NULL: out of memory. The row is the request that would make the same network. Only what no
 * request can say is added: that subnets came from netd.json. */
static json_t *row_of(const struct network *network)
{
	json_t *json = spec_json_network(&network->spec);

	if (json && (network->configured[FAMILY_4] || network->configured[FAMILY_6]) &&
	    json_object_set_new(json, NETWORK_CONFIGURED,
				json_pack("{s:b, s:b}", "IPv4", network->configured[FAMILY_4],
					  "IPv6", network->configured[FAMILY_6])) < 0) {
		json_decref(json);
		/* json_object_set_new has freed the value. The row is useless without it: a start
		 * would take the network's subnets for its own choice. */
		return NULL;
	}
	if (json && network->n_services > 0 &&
	    json_object_set_new(json, NETWORK_SERVICES, service_json_record(network)) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* The text of the row. The same network always gives the same text; backup.c compares it. */
char *networks_body(const struct network *network)
{
	json_t *json = row_of(network);
	char *body = json ? json_write(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return body;
}

/* The same, with what this host knows of the cluster: a network or a service that has gone from
 * there while no netd was here is told from one that has not come there yet. */
static char *kept_body(const struct network *network)
{
	json_t *json = row_of(network), *names = json_array();
	char *body = NULL;
	int err = 0;

	for (size_t i = 0; i < network->n_services; i++)
		if (network->services[i]->agreed)
			err |= json_array_append_new(names,
						     json_string(network->services[i]->spec.name));
	if (network->agreed || json_array_size(names) > 0)
		err |= json_object_set(json, NETWORK_AGREED, names);
	if (json && err == 0)
		body = json_write(json, JSON_COMPACT);
	json_decref(names);
	json_decref(json);
	return body;
}

/* Writes the record, or writes it again. */
int networks_keep(struct engine *engine, const struct network *network, struct error *error)
{
	_cleanup_free_ char *body = kept_body(network);
	struct store_network row = {
		.id = network->spec.id,
		.name = network->spec.name,
		.body = body,
		.created_s = network->created.tv_sec,
		.created_ns = network->created.tv_nsec,
	};

	if (!body)
		return error_system(error, -ENOMEM, "cannot keep network %s", network->spec.name);
	if (engine->booting && store_is_read_only(engine->store))
		return 0; /* it goes on with what there is, as a start without room does */
	return store_network_put(engine->store, &row, error);
}

/* A start leaves what it found, for containers hang on it: of a network that it goes on without,
 * the bridge is a stray one and removed with those. The undo of making, for what is in the
 * kernel. */
static void take_back(struct engine *engine, struct network *network)
{
	if (engine->booting) {
		settings_unwatch(engine, network);
		return;
	}
	builder_unmake(engine, network);
	forwarding_release(engine);
}

/* The kernel comes before the store: a bridge without a row is swept at the next start by its
 * alias. Makes the network. keeps: it is recorded as well; a start has the record already, and a
 * restore writes all records at once. */
static int build(struct engine *engine, struct network *network, bool keeps, struct error *error)
{
	int err = make_pools(network, error);

	/* Nothing but memory so far: network_free takes the pools along. */
	if (err < 0)
		return err;
	/* Before the bridge: the first interface that forwards IPv6 costs the host all routes that
	 * it was told of by routers, unless accept_ra says otherwise by then. The switch
	 * is the host's and is shared by all networks, so it is put back only when no network needs
	 * it (forwarding_release). */
	forwarding_ensure(engine, network);
	err = builder_make(engine, network, error);
	if (err < 0) {
		sweep_left(engine); /* it may be half made */
		if (!engine->booting)
			forwarding_release(engine);
		return err;
	}
	if (tables_add_network(engine, network) < 0) {
		take_back(engine, network);
		return error_system(error, -ENOMEM, "cannot create network %s", network->spec.name);
	}
	/* While booting the table is made once, with everything that is there then. */
	if (!engine->booting)
		err = rules_network(engine, network, true, error);
	if (err == 0 && keeps)
		err = networks_keep(engine, network, error);
	if (err < 0) {
		/* In the opposite order, and what is not there is no failure. */
		if (!engine->booting)
			(void)rules_network(engine, network, false, NULL); /* may not be there */
		tables_drop_network(engine, network);
		if (!engine->booting)
			rules_unguard(engine);
		take_back(engine, network);
		return err;
	}
	/* Blocks may have been told of before the network was here. */
	if (network->spec.kind->spans) {
		far_blocks_open_all(engine, network);
		far_changed(engine->far);
	}
	/* After everything else: who asks the resolver finds a network that works. */
	names_network(engine, network, false);
	names_services(engine, network, false); /* of one that was out for a while */
	names_flush(engine);
	firewalld_follow(engine->wire->firewalld);
	return 0;
}

/* For a network that is new. */
int networks_bring_up(struct engine *engine, struct network *network, struct error *error)
{
	return build(engine, network, true, error);
}

/* For one that is recorded already, or will be by the caller. */
int networks_make(struct engine *engine, struct network *network, struct error *error)
{
	return build(engine, network, false, error);
}

/* "default" is how Docker's command line calls the network bridge; as a network's own name it
 * could not be reached. */
bool networks_is_predefined(const char *name)
{
	return kind_has_predefined(name) || strcmp(name, "default") == 0;
}

/* Everything that can be refused without looking at the host. The words are Docker's where Docker
 * has them. */
static int check_new(struct engine *engine, const struct network_spec *spec, struct error *error)
{
	if (networks_is_predefined(spec->name))
		return error_set(error, ERROR_FORBIDDEN,
				 "operation is not permitted on predefined %s network ",
				 spec->name);
	if (map_get_str(engine->network_by_name, spec->name))
		return error_because(error, ERROR_REASON_NETWORK_EXISTS,
				     error_set(error, ERROR_CONFLICT,
					       "network with name %s already exists", spec->name));
	if (spec->kind->single)
		return error_set(error, ERROR_FORBIDDEN,
				 "only one instance of \"%s\" network is allowed",
				 spec->kind->name);
	/* The bound is in the words, for whoever meets it has to remove something. */
	if (engine->n_networks >= NETWORKS_MAX)
		return error_set(error, ERROR_UNAVAILABLE,
				 "there are %zu networks and netd keeps no more than %d",
				 engine->n_networks, NETWORKS_MAX);
	if (spec->id[0] && map_get_str(engine->network_by_id, spec->id))
		return error_because(error, ERROR_REASON_NETWORK_EXISTS,
				     error_set(error, ERROR_CONFLICT,
					       "network with id %s already exists", spec->id));
	return 0;
}

/* On failure nothing is left. On success *ret_network is the engine's. */
int engine_network_create(struct engine *engine, const struct network_spec *spec,
			  struct network **ret_network, struct error *error)
{
	_cleanup_(taken_done) struct taken taken = { 0 };
	struct network *network = NULL;
	int err = networks_check_no_restore(engine, error);

	if (err == 0)
		err = check_new(engine, spec, error);
	if (err == 0)
		err = network_options_check(spec, error);
	if (err == 0)
		err = rules_check_guard(engine, spec, error);
	if (err == 0)
		err = networks_new(spec, &network, error);
	/* One call may have failed before the network was made. err is set then. */
	if (!network)
		return err;
	if (!network->spec.id[0])
		tables_random_id(network->spec.id);
	/* Before its record is written, of which it is a part. */
	network->agreed = far_agrees(engine->far, &network->spec);
	/* Subnets before the check: the check is about what the network will be, with all that
	 * was left to choose. */
	err = subnets_settle(engine, &network->spec, &taken, error);
	if (err == 0)
		err = network_check_spec(&network->spec, error);
	if (err == 0)
		err = builder_settle(engine, &network->spec, taken_host_routes(&taken), error);
	if (err == 0)
		err = networks_bring_up(engine, network, error);
	if (err < 0) {
		network_free(network);
		return err;
	}
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "network-create", .network = network->spec.name }),
		  "event=network-create name=%s id=%.12s bridge=%s", network->spec.name,
		  network->spec.id, network->spec.bridge);
	/* Said after the fact: the network is made, and the caller may want to know that it hides
	 * something of the host. */
	network->warning = subnets_warning(engine, &taken, network);
	events_network(engine, "create", network, NULL);
	*ret_network = network;
	return 0;
}

/* The sentence is Docker's, and names some of the containers. */
static int refuse_active(const struct network *network, struct error *error)
{
	char list[ERROR_TEXT_MAX] = "";
	size_t len = 0;

	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
		/* Some are named; the sentence would be cut in the middle of one otherwise. */
		if (len < sizeof(list) - 64)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
						"%sname:\"%.40s\" id:\"%.12s\"", len ? ", " : "",
						endpoint->container->spec.name, endpoint->id);
	return error_set(error, ERROR_FORBIDDEN,
			 "error while removing network: network %s has active endpoints (%s)",
			 network->spec.name, list);
}

/* Takes the network out of the kernel, the tables and the resolver. It cannot fail. The object
 * stays, for the caller to free or to make again. */
void networks_unmake(struct engine *engine, struct network *network)
{
	/* Not refused by now, whatever fails: the table is made anew. */
	if (rules_network(engine, network, false, NULL) < 0)
		rules_repair_soon(engine);
	/* The resolver forgets the name while its bridge is still there, so nobody is sent to an
	 * address that is gone. */
	names_services(engine, network, true);
	names_network(engine, network, true);
	names_flush(engine);
	builder_unmake(engine, network);
	tables_drop_network(engine, network);
	rules_unguard(engine);
	if (network->spec.kind->spans)
		far_changed(engine->far);
	forwarding_release(engine);
	firewalld_follow(engine->wire->firewalld);
}

/* The very end of a network that was unmade. Frees it. */
void networks_bury(struct engine *engine, struct network *network)
{
	/* Nobody will have these addresses again. A memory that stays is dropped with the next
	 * boot. */
	(void)store_lease_forget_network(engine->store, network->spec.id, NULL);
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "network-remove", .network = network->spec.name }),
		  "event=network-remove name=%s id=%.12s", network->spec.name, network->spec.id);
	events_network(engine, "destroy", network, NULL);
	network_free(network);
}

/* Nobody is attached to it: the caller has looked. */
int networks_remove(struct engine *engine, struct network *network, struct error *error)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_NET, network->spec.name);
	int err = networks_record_going(engine, network, error);

	if (err < 0)
		return err;
	/* The record before the rest, for it may fail: then the network stays as it is. */
	err = store_network_remove(engine->store, network->spec.id, error);
	if (err < 0) {
		if (network->agreed)
			going_forget(engine, &key);
		return err;
	}
	/* From here on it is gone for good; what the kernel refuses a resync repairs. */
	networks_unmake(engine, network);
	networks_bury(engine, network);
	return 0;
}

/* A dead container whose end nobody told us blocks nobody (moby#17217). */
void networks_detach_dead(struct engine *engine, struct network *network)
{
	bool again = true;

	while (again) {
		again = false;
		list_foreach (&network->endpoints, struct endpoint, endpoint, in_network) {
			if (!alive_is_dead(endpoint->container))
				continue;
			again = engine_detach(engine, endpoint->container->spec.id, NULL) == 0;
			break; /* the list has changed */
		}
	}
}

/* Containers that are dead are detached first, so that only the living keep a network. */
int networks_remove_unused(struct engine *engine, struct network *network, struct error *error)
{
	int err = networks_check_no_restore(engine, error);

	if (err < 0)
		return err;
	if (network->predefined)
		return error_set(error, ERROR_FORBIDDEN,
				 "%s is a pre-defined network and cannot be removed",
				 network->spec.name);
	networks_detach_dead(engine, network);
	if (network->n_endpoints > 0)
		return refuse_active(network, error);
	if (network->n_services > 0)
		return error_set(error, ERROR_FORBIDDEN,
				 "error while removing network: network %s has services (%.64s): "
				 "remove these first, with `netctl service rm`",
				 network->spec.name, network->services[0]->spec.name);
	return networks_remove(engine, network, error);
}

/* It would be gone from all hosts, and those that have containers on it would bring it back. */
static int refuse_far(const struct engine *engine, const struct network *network,
		      struct error *error)
{
	const struct far_end *end = far_on(engine->far, network->spec.id);

	return !end ? 0
		    : error_set(error, ERROR_FORBIDDEN,
				"error while removing network: network %s has containers on other "
				"hosts (%.40s on %s): detach these first, or remove a host that "
				"is lost with `netctl node rm`",
				network->spec.name, end->names[0], end->host->name);
}

int engine_network_remove(struct engine *engine, const char *ref, struct error *error)
{
	struct network *network;
	int err = engine_network_find(engine, ref, &network, error);

	if (err == 0 && network->n_endpoints == 0)
		err = refuse_far(engine, network, error);
	return err < 0 ? err : networks_remove_unused(engine, network, error);
}

/* Networks that a caller has made for the time of one container go when nobody is on them at a
 * start. */
void networks_drop_transient(struct engine *engine)
{
	/* From the end, for removal shortens the array. */
	for (size_t i = engine->n_networks; i-- > 0;) {
		struct network *network = engine->networks[i];
		struct error error;

		if (network->n_endpoints > 0 || network->predefined || network->n_services > 0 ||
		    !json_object_get(network->spec.labels, NETWORK_LABEL_TRANSIENT))
			continue;
		if (networks_remove(engine, network, &error) < 0)
			log_warn("network %s stays: %s", network->spec.name, error.text);
	}
}

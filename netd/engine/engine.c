// SPDX-License-Identifier: GPL-2.0-or-later
// engine.c - the engine's own life, its tables of networks and containers, and looking them up
#include "engine/engine.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/log.h"
#include "engine/change/networks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void engine_random_id(char ret_id[static ID_LEN + 1])
{
	uint8_t bytes[ID_LEN / 2];

	/* Fails before the kernel's pool is ready only, and then waits: not after boot. */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
}

static void table_drop(void **table, size_t *n, const void *item)
{
	for (size_t i = 0; i < *n; i++) {
		if (table[i] != item)
			continue;
		memmove(&table[i], &table[i + 1], (*n - i - 1) * sizeof(*table));
		(*n)--;
		return;
	}
}

int engine_add_network(struct engine *engine, struct network *network)
{
	struct network **networks =
		(struct network **)grow((void *)engine->networks, &engine->size_networks,
					engine->n_networks + 1, sizeof(*networks));
	int err;

	if (!networks)
		return -ENOMEM;
	engine->networks = networks;
	err = map_set_str(engine->network_by_id, network->spec.id, network);
	if (err == 0)
		err = map_set_str(engine->network_by_name, network->spec.name, network);
	if (err < 0) {
		(void)map_remove_str(engine->network_by_id,
				     network->spec.id); /* may not be there */
		return err;
	}
	network->number = ++engine->last_number;
	engine->networks[engine->n_networks++] = network;
	return 0;
}

void engine_drop_network(struct engine *engine, struct network *network)
{
	(void)map_remove_str(engine->network_by_id, network->spec.id); /* the entry is network */
	(void)map_remove_str(engine->network_by_name, network->spec.name);
	table_drop((void **)engine->networks, &engine->n_networks, network);
}

int engine_add_container(struct engine *engine, struct container *container)
{
	struct container **containers =
		(struct container **)grow((void *)engine->containers, &engine->size_containers,
					  engine->n_containers + 1, sizeof(*containers));
	int err;

	if (!containers)
		return -ENOMEM;
	engine->containers = containers;
	err = map_set_str(engine->container_by_id, container->spec.id, container);
	if (err == 0)
		err = map_set_str(engine->container_by_name, container->spec.name, container);
	if (err == 0 && !container->host_mode && !container_is_awaited(container))
		err = map_set(engine->container_by_netns, &container->netns_inode,
			      sizeof(container->netns_inode), container);
	if (err < 0) {
		engine_drop_container(engine, container);
		return err;
	}
	engine->containers[engine->n_containers++] = container;
	return 0;
}

/* One that never entered may have the name of one that did. */
static void drop_entry(struct map *map, const void *key, size_t key_len,
		       const struct container *container)
{
	if (map_get(map, key, key_len) == container)
		(void)map_remove(map, key, key_len); /* the entry is container */
}

void engine_drop_container(struct engine *engine, struct container *container)
{
	const struct container_spec *spec = &container->spec;

	drop_entry(engine->container_by_id, spec->id, strlen(spec->id), container);
	drop_entry(engine->container_by_name, spec->name, strlen(spec->name), container);
	drop_entry(engine->container_by_netns, &container->netns_inode,
		   sizeof(container->netns_inode), container);
	table_drop((void **)engine->containers, &engine->n_containers, container);
}

struct container *container_new(struct engine *engine)
{
	struct container *container = calloc(1, sizeof(*container));
	struct container_runtime *runtime = calloc(1, sizeof(*runtime));
	struct leftover *leftover = forget_prepare();

	/* What its end takes: that must not fail. */
	if (!container || !runtime || !leftover || sweep_room(engine) < 0) {
		free(container);
		free(runtime);
		free(leftover);
		return NULL;
	}
	runtime->leftover = leftover;
	runtime->engine = engine;
	runtime->container = container;
	runtime->awaited_since = engine_now_s();
	runtime->pidfd = runtime->udp_fd = runtime->tcp_fd = -1;
	container->runtime = runtime;
	container->number = ++engine->last_number;
	return container;
}

void container_free(struct container *container)
{
	struct container_runtime *runtime;

	if (!container)
		return;
	runtime = runtime_of(container);
	for (size_t i = 0; i < container->n_endpoints; i++) {
		endpoint_spec_done(&container->endpoints[i]->spec);
		free(container->endpoints[i]);
	}
	free(container->endpoints);
	for (size_t i = 0; runtime->fds && i < container->n_ports; i++)
		cleanup_close(&runtime->fds[i]);
	free(container->ports);
	container_spec_done(&container->spec);
	free(container->dir);
	free(runtime->asked);
	free(runtime->fds);
	free(runtime->relays);
	free(runtime->parked);
	free(runtime->leftover);
	runtime->engine->door->rules.close(runtime->inside);
	cleanup_close(&runtime->udp_fd);
	cleanup_close(&runtime->tcp_fd);
	free(runtime);
	free(container);
}

static void on_host_dns_change(void *data)
{
	names_config(data);
}

static int make_tables(struct engine *engine)
{
	struct map **maps[] = { &engine->network_by_id,	     &engine->network_by_name,
				&engine->container_by_id,    &engine->container_by_name,
				&engine->container_by_netns, &engine->shared,
				&engine->inotify_dirs,	     &engine->doomed,
				&engine->forged_told };

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		*maps[i] = map_new();
		if (!*maps[i])
			return -ENOMEM;
	}
	return 0;
}

static void log_note(const char *note)
{
	log_warn("%s", note);
}

static int start(struct engine *engine, struct error *error)
{
	int err = store_open(engine->state_dir, engine->run_dir, &engine->store, error);

	if (err < 0)
		return err;
	store_watch_debt(engine->store, forget_store_owes, engine);
	store_watch_notes(engine->store, log_note);
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
				   &engine->hostdns, error);
	if (err == 0)
		err = watch_start(engine, error);
	if (err == 0)
		err = networks_start(engine, error);
	if (err == 0)
		err = recover_containers(engine, error);
	if (err == 0)
		err = rules_reset(engine, error);
	if (err == 0)
		err = rules_load_user(engine, error);
	if (err == 0) {
		forged_begin(engine);
		networks_drop_transient(engine);
		networks_finish_prune(engine);
		flows_recover(engine, engine->broken_off);
		start_drop_old_addrs(engine);
		forwarding_release(engine); /* of networks that did not come back */
	}
	return err;
}

int engine_new(const struct engine_options *options, struct engine **ret_engine,
	       struct error *error)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int err;

	if (!engine)
		return error_system(error, -ENOMEM, "cannot start");
	guard_start(engine);
	engine->loop = options->loop;
	engine->door = options->door;
	engine->config = options->config;
	engine->resolver_host = options->resolver_host;
	engine->inotify_fd = -1;
	engine->announcer = -1;
	list_init(&engine->subscribers);
	list_init(&engine->queries);
	list_init(&engine->flows);
	engine->journal = -1;
	list_init(&engine->leftovers);
	list_init(&engine->aheads);
	list_init(&engine->waiters);
	engine->run_dir = strdup(options->run_dir);
	engine->state_dir = strdup(options->state_dir);
	engine->rules_dir = strdup(options->rules_dir);
	if (!engine->run_dir || !engine->state_dir || !engine->rules_dir ||
	    make_tables(engine) < 0 || keep_start(engine) < 0)
		err = error_system(error, -ENOMEM, "cannot start");
	else
		err = start(engine, error);
	if (err < 0) {
		engine_undo_start(engine);
		engine_free(engine);
		return err;
	}
	engine->kernel_lacks = engine->door->rules.probe(engine->nft);
	engine->firewalld = firewalld_new(engine);
	warnings_log(engine);
	files_remove_strangers(engine);
	*ret_engine = engine;
	return 0;
}

static void free_tables(struct engine *engine)
{
	map_free(engine->network_by_id);
	map_free(engine->network_by_name);
	map_free(engine->container_by_id);
	map_free(engine->container_by_name);
	map_free(engine->container_by_netns);
	map_free(engine->shared);
	map_free(engine->inotify_dirs);
	map_free(engine->doomed);
	map_free(engine->forged_told);
	free(engine->networks);
	free(engine->containers);
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	firewalld_free(engine->firewalld);
	watch_stop(engine);
	forget_stop(engine);
	flows_done(engine);
	turns_stop(engine);
	queries_fail(engine, "netd is stopping");
	restore_abandon(engine);
	events_done(engine);
	for (size_t i = 0; i < engine->n_containers; i++)
		container_free(engine->containers[i]);
	for (size_t i = 0; i < engine->n_networks; i++)
		network_free(engine->networks[i]);
	resolver_link_free(engine->link);
	keep_done(engine);
	hostdns_close(engine->hostdns);
	engine->door->rules.close(engine->nft);
	cleanup_close(&engine->announcer);
	engine->door->links.close(engine->rtnl);
	store_close(engine->store);
	start_forget(engine);
	free_tables(engine);
	free(engine->run_dir);
	free(engine->state_dir);
	free(engine->rules_dir);
	free(engine);
}

const struct config *engine_config(const struct engine *engine)
{
	return engine->config;
}

uint32_t engine_resolver_pid(const struct engine *engine)
{
	return engine->link ? resolver_link_pid(engine->link) : 0;
}

struct network *const *engine_networks(struct engine *engine, size_t *ret_n)
{
	*ret_n = engine->n_networks;
	return engine->networks;
}

struct container *const *engine_containers(struct engine *engine, size_t *ret_n)
{
	*ret_n = engine->n_containers;
	return engine->containers;
}

static bool is_prefix_of_id(const char *ref, const char *id)
{
	return *ref && strncmp(ref, id, strlen(ref)) == 0;
}

int engine_network_find(struct engine *engine, const char *ref, struct network **ret_network,
			struct error *error)
{
	struct network *found = map_get_str(engine->network_by_id, ref);
	size_t n = 0;

	if (!found)
		found = map_get_str(engine->network_by_name, ref);
	if (!found && strcmp(ref, "default") == 0) /* as Docker's CLI calls it */
		found = map_get_str(engine->network_by_name, "bridge");
	for (size_t i = 0; !found && i < engine->n_networks; i++)
		n += is_prefix_of_id(ref, engine->networks[i]->spec.id);
	if (n > 1)
		return error_set(error, ERROR_INVALID,
				 "%zu matches found based on ID prefix: network %s is ambiguous", n,
				 ref);
	for (size_t i = 0; n == 1 && i < engine->n_networks; i++)
		if (is_prefix_of_id(ref, engine->networks[i]->spec.id))
			found = engine->networks[i];
	if (!found)
		return error_because(
			error, ERROR_REASON_NETWORK_NOT_FOUND,
			error_set(error, ERROR_NOT_FOUND, "network %s not found", ref));
	*ret_network = found;
	return 0;
}

int engine_network_find_at(struct engine *engine, const char *ref, struct network **ret_network,
			   const char **ret_ifname, struct error *error)
{
	const char *at = strchr(ref, '@');
	char name[NAME_LEN_MAX + 1];

	*ret_ifname = at ? at + 1 : "";
	if (!at || at - ref > NAME_LEN_MAX)
		return engine_network_find(engine, ref, ret_network, error);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(at - ref), ref);
	return engine_network_find(engine, name, ret_network, error);
}

int engine_container_find(struct engine *engine, const char *ref, struct container **ret_container,
			  struct error *error)
{
	const char *name = *ref == '/' ? ref + 1 : ref; /* Docker shows names with a slash */
	struct container *found = map_get_str(engine->container_by_id, name);
	size_t n = 0;

	if (!found)
		found = map_get_str(engine->container_by_name, name);
	for (size_t i = 0; !found && i < engine->n_containers; i++)
		n += is_prefix_of_id(name, engine->containers[i]->spec.id);
	if (n > 1)
		return error_set(error, ERROR_INVALID,
				 "Multiple IDs found with provided prefix: %s", name);
	for (size_t i = 0; n == 1 && i < engine->n_containers; i++)
		if (is_prefix_of_id(name, engine->containers[i]->spec.id))
			found = engine->containers[i];
	if (!found)
		return error_because(
			error, ERROR_REASON_CONTAINER_NOT_FOUND,
			error_set(error, ERROR_NOT_FOUND, "No such container: %s", name));
	*ret_container = found;
	return 0;
}

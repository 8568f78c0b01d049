// SPDX-License-Identifier: GPL-2.0-or-later
// tables.c - the tables of networks and containers: who enters, who leaves, who is found
#include "engine/state/state.h"

#include "base/grow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Theory of operation. A network is in an array, in the order in which it was made, and in two
 * maps; a container is in an array and three maps. An object enters all of them or none. The
 * arrays are walked for lists, which need an order that stays, and the maps answer the look-ups
 * of each request. Nothing here is copied: the tables point to objects of the caller's, who frees
 * them after he has dropped them from the tables.
 *
 * An observer (engine/see) is told when an object came or goes, so that a snapshot which is being
 * gathered never shows one that is freed. */

/* 32 bytes as hexadecimal digits, as Docker's ids. */
void tables_random_id(char ret_id[static ID_LEN + 1])
{
	uint8_t bytes[ID_LEN / 2];

	/* Fails before the kernel's pool is ready only, and then waits: not after boot. */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
}

/* One that is not in it changes nothing. */
static void table_drop(void **table, size_t *n, const void *item)
{
	/* The order stays, for it is the order in which lists show objects. Removing one is a
	 * move of pointers. */
	for (size_t i = 0; i < *n; i++) {
		if (table[i] != item)
			continue;
		memmove(&table[i], &table[i + 1], (*n - i - 1) * sizeof(*table));
		(*n)--;
		return;
	}
}

/* Room in the array first, so that only the maps can fail after it. */
int tables_add_network(struct engine *engine, struct network *network)
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
		/* The name was not entered, so only the id has to go. The caller still owns the
		 * network. */
		(void)map_remove_str(engine->network_by_id,
				     network->spec.id); /* may not be there */
		return err;
	}
	/* Numbers are never used twice in the life of one netd. The resolver knows networks by
	 * them, and a late message about an old one must not hit a new one. */
	network->number = ++engine->last_number;
	engine->networks[engine->n_networks++] = network;
	engine->above->came(engine, network);
	return 0;
}

/* The object is the caller's afterwards. */
void tables_drop_network(struct engine *engine, struct network *network)
{
	(void)map_remove_str(engine->network_by_id, network->spec.id); /* the entry is network */
	(void)map_remove_str(engine->network_by_name, network->spec.name);
	table_drop((void **)engine->networks, &engine->n_networks, network);
	engine->above->goes(engine, network);
}

/* As tables_add_network, with a third map: whose a namespace is. */
int tables_add_container(struct engine *engine, struct container *container)
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
	/* The map says whose a namespace is. The host's is no container's, and one that is
	 * awaited has none yet. */
	if (err == 0 && !container->host_mode && !container_is_awaited(container))
		err = map_set(engine->container_by_netns, &container->netns_inode,
			      sizeof(container->netns_inode), container);
	/* It takes out what has been entered, whichever of the maps that is. */
	if (err < 0) {
		tables_drop_container(engine, container);
		return err;
	}
	engine->containers[engine->n_containers++] = container;
	engine->above->came(engine, container);
	return 0;
}

/* One that never entered may have the name of one that did. Only an entry of this container's own
 * goes. */
static void drop_entry(struct map *map, const void *key, size_t key_len,
		       const struct container *container)
{
	if (map_get(map, key, key_len) == container)
		(void)map_remove(map, key, key_len); /* the entry is container */
}

/* Safe for one that is in none of the tables, or in some. */
void tables_drop_container(struct engine *engine, struct container *container)
{
	const struct container_spec *spec = &container->spec;

	drop_entry(engine->container_by_id, spec->id, strlen(spec->id), container);
	drop_entry(engine->container_by_name, spec->name, strlen(spec->name), container);
	drop_entry(engine->container_by_netns, &container->netns_inode,
		   sizeof(container->netns_inode), container);
	table_drop((void **)engine->containers, &engine->n_containers, container);
	engine->above->goes(engine, container);
}

const struct config *engine_config(const struct engine *engine)
{
	return engine->config;
}

/* The array is the engine's, and good until the next change. */
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

/* An empty text begins every id, and is nobody's. */
static bool is_prefix_of_id(const char *ref, const char *id)
{
	return *ref && strncmp(ref, id, strlen(ref)) == 0;
}

/* By a whole id, a name, or the beginning of an id, in this order. */
int engine_network_find(struct engine *engine, const char *ref, struct network **ret_network,
			struct error *error)
{
	/* Docker's order: a full id wins over a name, and a name over the beginning of an id. A
	 * network may have a name that is the beginning of another one's id. */
	struct network *found = map_get_str(engine->network_by_id, ref);
	size_t n = 0;

	if (!found)
		found = map_get_str(engine->network_by_name, ref);
	if (!found && strcmp(ref, "default") == 0) /* as Docker's CLI calls it */
		found = map_get_str(engine->network_by_name, "bridge");
	/* Only counted at first. Two that match are a mistake of the caller's, and picking one
	 * would hit the wrong network. */
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

/* NETWORK@INTERFACE names one of several endpoints on a network. ret_ifname points into ref. */
int engine_network_find_at(struct engine *engine, const char *ref, struct network **ret_network,
			   const char **ret_ifname, struct error *error)
{
	const char *at = strchr(ref, '@');
	char name[NAME_LEN_MAX + 1];

	*ret_ifname = at ? at + 1 : "";
	/* A name that is too long belongs to no network; the look-up below says so in its usual
	 * words. */
	if (!at || at - ref > NAME_LEN_MAX)
		return engine_network_find(engine, ref, ret_network, error);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(at - ref), ref);
	return engine_network_find(engine, name, ret_network, error);
}

/* As engine_network_find; a name may have a slash before it. */
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

/* Any segment's bridge. NULL: it is none of netd's. */
struct network *tables_find_bridge(const struct engine *engine, int ifindex, uint32_t *ret_number)
{
	/* An index of 0 is that of a bridge that could not be made; two of those must not be
	 * taken for the same one. */
	for (size_t i = 0; ifindex > 0 && i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		network_foreach_segment(network, number)
		{
			if (network->segments[number].ifindex != ifindex)
				continue;
			*ret_number = number;
			return network;
		}
	}
	return NULL;
}

/* For links that look like netd's by their alias. */
bool tables_own_bridge(const struct engine *engine, int ifindex)
{
	uint32_t number;

	return tables_find_bridge(engine, ifindex, &number) != NULL;
}

/* As tables_own_bridge. 0 is the tunnel of a network that has none. */
bool tables_own_tunnel(const struct engine *engine, int ifindex)
{
	for (size_t i = 0; ifindex > 0 && i < engine->n_networks; i++)
		if (engine->networks[i]->tunnel == ifindex)
			return true;
	return false;
}

/* By the number that the resolver knows the container by. */
struct container *tables_find_view(const struct engine *engine, uint32_t number)
{
	for (size_t i = 0; i < engine->n_containers; i++)
		if (engine->containers[i]->number == number && engine->containers[i]->dns_port != 0)
			return engine->containers[i];
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// pool.c - the IPAM driver: subnets and addresses, all of them netd's
#include "base/cleanup.h"
#include "base/family.h"
#include "base/limits.h"
#include "base/log.h"
#include "plugins/docker/plugin.h"

#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Calls of one docker network create, in their order:
 *
 *   RequestPool              a subnet: try_pool() has netd choose and check it
 *   RequestAddress (gateway) the gateway that netd chose with it
 *   CreateNetwork            the network itself (network.c); the pool is forgotten
 *   ReleasePool              instead, where Docker gives up
 *
 * And for each container later: RequestAddress without a type, and CreateEndpoint. */

/* Docker asks for a subnet, then for the gateway's address in it, then for the network, all within
 * one call of its own. What it was given is kept in memory until the network comes or Docker gives
 * up, so that another call is not given the same. netd cannot hold it for us: to Docker a bridge
 * with an address of the subnet means that the subnet is taken, and it asks for another one. */

/* Entries that are too old count as not there: Docker died or gave up without a word. NULL: none. A
 * free place has family 0, which is no prefix of a request. */
static struct plugin_pool *find_pool(struct plugin *plugin, const struct prefix *prefix)
{
	for (size_t i = 0; i < PLUGIN_POOLS_MAX; i++)
		if (prefix_equal(&plugin->pools[i].prefix, prefix) &&
		    plugin_clock() - plugin->pools[i].since <= DOCKER_POOL_AGE_S)
			return &plugin->pools[i];
	return NULL;
}

static void keep_pool(struct plugin *plugin, const struct plugin_pool *pool)
{
	/* A ring needs no freeing: more networks at once than it has places lose the oldest. */
	plugin->pools[plugin->next_pool] = *pool;
	plugin->pools[plugin->next_pool].since = plugin_clock();
	plugin->next_pool = (plugin->next_pool + 1) % PLUGIN_POOLS_MAX;
}

static const char *subnet_of(const json_t *config)
{
	return calls_text(config, "Subnet");
}

/* The network of netd's with this subnet, a new reference. -ENOENT: no network has it. */
int pool_network(struct client *netd, const struct prefix *subnet, json_t **ret_network,
		 struct error *error)
{
	json_auto_t *networks = NULL;
	json_t *network, *config;
	struct prefix prefix;
	size_t i, k;
	int err = calls_json(netd, "GET", "/networks", NULL, &networks, error);

	if (err < 0)
		return err;
	json_array_foreach (networks, i, network)
		json_array_foreach (json_object_get(json_object_get(network, "IPAM"), "Config"), k,
				    config)
			if (prefix_parse(subnet_of(config), &prefix) == 0 &&
			    prefix_equal(&prefix, subnet)) {
				*ret_network = json_incref(network);
				return 0;
			}
	return error_set(error, ERROR_NOT_FOUND, "netd has no network with subnet %s",
			 PREFIX_STR(subnet));
}

/* "docker-", 16 hexadecimal digits of seconds at most, 8 of nanoseconds, and the NUL. */
#define UNIQUE_NAME_SIZE 40

/* For a network or a holder that is there for a moment. One thread makes all of these names, so
 * the clock tells them apart. */
static void unique_name(char ret_name[static UNIQUE_NAME_SIZE])
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(ret_name, UNIQUE_NAME_SIZE, "docker-%llx%08lx",
		       (unsigned long long)now.tv_sec, now.tv_nsec);
}

/* A new reference, NULL without memory. The network is internal: nothing is to go through it. */
static json_t *pool_body(const struct docker_request *request, const char *name)
{
	json_t *config = json_object(), *body;
	int err = 0;

	if (addr_is_set(&request->pool.addr))
		err |= json_object_set_new(config, "Subnet",
					   json_string(PREFIX_STR(&request->pool)));
	if (addr_is_set(&request->sub_pool.addr))
		err |= json_object_set_new(config, "IPRange",
					   json_string(PREFIX_STR(&request->sub_pool)));
	body = json_pack("{s:s, s:b, s:b, s:b, s:{s:s}, s:{s:[o]}}", "Name", name, "Internal", 1,
			 "EnableIPv4", !request->ipv6, "EnableIPv6", request->ipv6, "Labels",
			 NETD_LABEL_RUNTIME, "docker", "IPAM", "Config", config);
	if (body && err == 0)
		return body;
	json_decref(body);
	return NULL;
}

/* The subnet netd gave, and the gateway. Both are in the network's IPAM.Config, as netd shows
 * it. */
static int settled(struct client *netd, const char *name, struct plugin_pool *ret_pool,
		   struct error *error)
{
	json_auto_t *network = NULL;
	const json_t *config;
	int err = calls_network(netd, name, &network, error);

	/* By name: choose_pool() made the name, so nothing has to be read from the answer to the
	 * creation. */
	if (err < 0)
		return err;
	config = json_array_get(json_object_get(json_object_get(network, "IPAM"), "Config"), 0);
	if (prefix_parse(subnet_of(config), &ret_pool->prefix) < 0 ||
	    addr_parse(calls_text(config, "Gateway"), &ret_pool->gateway) < 0)
		return error_set(error, ERROR_INTERNAL, "netd gave no subnet");
	return 0;
}

/* A network for a moment: netd checks what was asked for, and chooses what was not. The network
 * stays, and choose_pool() removes it. It stays also where this fails behind the creation. */
static int try_pool(struct client *netd, const struct docker_request *request, const char *name,
		    struct plugin_pool *ret_pool, struct error *error)
{
	json_auto_t *body = pool_body(request, name);
	int err = body ? calls_network_create(netd, body, error)
		       : error_system(error, -ENOMEM, "cannot ask for a subnet");

	return err < 0 ? err : settled(netd, name, ret_pool, error);
}

/* *ret_pool gets the subnet and the gateway; the range is the caller's. */
static int choose_pool(struct plugin *plugin, struct client *netd,
		       const struct docker_request *request, struct plugin_pool *ret_pool,
		       struct error *error)
{
	/* One name for each try, as all of them are removed together at the end. */
	char names[DOCKER_POOL_TRIES][UNIQUE_NAME_SIZE];
	bool taken = true;
	size_t n = 0;
	int err = 0;

	/* Each try takes a subnet that the next one then cannot get. */
	while (taken && err == 0 && n < DOCKER_POOL_TRIES) {
		unique_name(names[n]);
		err = try_pool(netd, request, names[n++], ret_pool, error);
		/* Another network that is being made may have been given the same subnet a
		 * moment ago: netd holds none of them. Who asked for one by name gets what he asked
		 * for. */
		taken = err == 0 && !*request->pool_text && find_pool(plugin, &ret_pool->prefix);
	}
	/* All of them stay until one was found: netd would choose the same subnet again. */
	while (n-- > 0) {
		struct error ignored; /* the one that failed is not there */

		/* One that stays behind is seen in the list of networks, by its name. */
		(void)calls_network_remove(netd, names[n], &ignored);
	}
	if (err == 0 && taken)
		return error_set(error, ERROR_UNAVAILABLE,
				 "%d networks are being made, wait for them", DOCKER_POOL_TRIES);
	return err;
}

/* The subnet and the gateway of the network that is named, of the family that is asked for. Docker
 * looks at the host's interfaces for a subnet that it was not told, finds the network's own, and
 * asks for another one without end: so it has to be told. */
static int share_pool(struct client *netd, const struct docker_request *request,
		      struct plugin_pool *ret_pool, struct error *error)
{
	json_auto_t *network = NULL;
	json_t *config;
	size_t i;
	int err = calls_network(netd, request->shared, &network, error);

	if (err < 0)
		return err;
	if (addr_is_set(&request->sub_pool.addr))
		return error_set(error, ERROR_INVALID,
				 "network %s is there in netd, which gives its addresses: leave "
				 "out --ip-range",
				 request->shared);
	json_array_foreach (json_object_get(json_object_get(network, "IPAM"), "Config"), i, config)
		if (prefix_parse(subnet_of(config), &ret_pool->prefix) == 0 &&
		    (ret_pool->prefix.addr.family == AF_INET6) == request->ipv6 &&
		    addr_parse(calls_text(config, "Gateway"), &ret_pool->gateway) == 0) {
			ret_pool->is_shared = true;
			if (prefix_equal(&ret_pool->prefix, &request->pool))
				return 0;
			return error_set(error, ERROR_INVALID,
					 "network %s is %s in netd: say so, with --subnet %s",
					 request->shared, subnet_of(config), subnet_of(config));
		}
	return error_set(error, ERROR_INVALID, "network %s has no %s in netd", request->shared,
			 family_name(request->ipv6 ? FAMILY_6 : FAMILY_4));
}

/* The pool's id is its text, so later calls need no table to find it by. */
int pool_request(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		 struct error *error)
{
	struct plugin_pool pool = { .range = request->sub_pool };
	char text[PREFIX_STR_MAX];
	struct client *netd;
	int err = plugin_netd(plugin, &netd, error);

	if (err == 0)
		err = *request->shared ? share_pool(netd, request, &pool, error)
				       : choose_pool(plugin, netd, request, &pool, error);
	if (err < 0)
		return err;
	/* Kept also if it was asked for by number: the gateway has to be known for the next
	 * call. */
	keep_pool(plugin, &pool);
	(void)prefix_print(&pool.prefix, text);
	*ret_answer = json_pack("{s:s, s:s, s:{}}", "PoolID", text, "Pool", text, "Data");
	return 0;
}

void pool_release(struct plugin *plugin, const struct prefix *prefix)
{
	struct plugin_pool *pool = find_pool(plugin, prefix);

	if (pool)
		*pool = (struct plugin_pool) { 0 };
}

bool pool_is_shared(struct plugin *plugin, const struct prefix *prefix)
{
	const struct plugin_pool *pool = find_pool(plugin, prefix);

	return pool && pool->is_shared;
}

struct prefix pool_range(struct plugin *plugin, const struct prefix *prefix)
{
	const struct plugin_pool *pool = find_pool(plugin, prefix);

	return pool ? pool->range : (struct prefix) { 0 };
}

/* --- addresses -------------------------------------------------------------------------------- */

/* The gateway's address is known from the pool. All others are netd's to give. */

/* The claim is for the attach that follows. *ret_address is netd's answer, which has the form of
 * Docker's. */
static int any_address(struct client *netd, const json_t *network, const struct prefix *pool,
		       json_t **ret_address, struct error *error)
{
	char path[ID_LEN + 64], holder[UNIQUE_NAME_SIZE];
	json_auto_t *body = NULL;

	/* The holder is a word that is nobody's: the claim is let go when no attach comes. */
	unique_name(holder);
	(void)snprintf(path, sizeof(path), "/netd/v1/networks/%.64s/addresses",
		       calls_text(network, "Id"));
	body = json_pack("{s:s, s:b}", "Holder", holder, "IPv6", pool->addr.family == AF_INET6);
	if (!body)
		return error_system(error, -ENOMEM, "cannot ask for an address");
	return calls_json(netd, "POST", path, body, ret_address, error);
}

/* The answer has the length of the subnet behind the address. */
static json_t *address_answer(const struct addr *addr, const struct prefix *pool)
{
	struct prefix address = { *addr, pool->len };

	return json_pack("{s:s, s:{}}", "Address", PREFIX_STR(&address), "Data");
}

/* The address is netd's to give, and is claimed by the attach. An address asked for by number is
 * looked at then too. */
int pool_address_request(struct plugin *plugin, const struct docker_request *request,
			 json_t **ret_answer, struct error *error)
{
	/* NULL after the network was made: the pool is forgotten then. */
	const struct plugin_pool *pool = find_pool(plugin, &request->pool);
	json_auto_t *network = NULL;
	struct client *netd;
	int err;

	if (addr_is_set(&request->address)) {
		if (!prefix_contains(&request->pool, &request->address))
			return error_set(error, ERROR_INVALID, "address %s is not in subnet %s",
					 ADDR_STR(&request->address), PREFIX_STR(&request->pool));
		*ret_answer = address_answer(&request->address, &request->pool);
		return 0;
	}
	/* The address may be asked for before the network is there, so netd cannot be asked. */
	if (request->is_gateway) {
		/* The pool was in the memory of the former process. netd has no network of it yet
		 * that could say the gateway. */
		if (!pool)
			return error_set(error, ERROR_CONFLICT,
					 "netd-docker was started while the network was being "
					 "made: make it again");
		*ret_answer = address_answer(&pool->gateway, &request->pool);
		return 0;
	}
	if ((err = plugin_netd(plugin, &netd, error)) < 0 ||
	    (err = pool_network(netd, &request->pool, &network, error)) < 0)
		return err;
	return any_address(netd, network, &request->pool, ret_answer, error);
}

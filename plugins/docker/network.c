// SPDX-License-Identifier: GPL-2.0-or-later
// network.c - CreateNetwork and DeleteNetwork, and the names of networks
#include "base/cleanup.h"
#include "base/log.h"
#include "plugins/docker/plugin.h"

#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* The driver protocol has no name of a network, only its id. So a network gets a name made of the
 * id and a label (LABEL_UNNAMED), and loses both as soon as Docker tells the name. Docker tells it
 * only when its own call has ended. The plugin asks again from time to time until then (main.c). */

/* "10.1.0.9/16" to "10.1.0.9". Auxiliary addresses come with the length of the subnet, and netd
 * takes them without. NULL: no text. */
static json_t *without_length(const json_t *text)
{
	const char *address = json_string_value(text);

	return address ? json_stringn(address, strcspn(address, "/")) : NULL;
}

/* 0, or other than 0 without memory. */
static int add_config(json_t *configs, const struct docker_pool *pool, const struct prefix *range)
{
	json_t *config, *aux, *value;
	const char *name;
	int err = 0;

	/* Docker sends an empty pool for a family that the network does not have. */
	if (!addr_is_set(&pool->pool.addr))
		return 0;
	config = json_pack("{s:s}", "Subnet", PREFIX_STR(&pool->pool));
	if (addr_is_set(&pool->gateway))
		err |= json_object_set_new(config, "Gateway",
					   json_string(ADDR_STR(&pool->gateway)));
	if (addr_is_set(&range->addr))
		err |= json_object_set_new(config, "IPRange", json_string(PREFIX_STR(range)));
	if (json_object_size(pool->aux) > 0) {
		aux = json_object();
		json_object_foreach ((json_t *)pool->aux, name, value)
			err |= json_object_set_new(aux, name, without_length(value));
		err |= json_object_set_new(config, "AuxiliaryAddresses", aux);
	}
	return err | json_array_append_new(configs, config);
}

/* A new reference, NULL without memory. */
json_t *network_body(const struct docker_request *request, const struct prefix ranges[FAMILY_N])
{
	json_t *configs = json_array(), *body;
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		err |= add_config(configs, &request->pools[family], &ranges[family]);
	body = json_pack("{s:o, s:s, s:b, s:b, s:b, s:{s:s, s:s}, s:{s:o}}", "Name",
			 json_sprintf("docker-%.12s", request->network), "Id", request->network,
			 "Internal", request->internal, "EnableIPv4",
			 /* EnableIPv4 is true without any pool, so that netd chooses a subnet. */
			 addr_is_set(&request->pools[FAMILY_4].pool.addr) || !request->ipv6,
			 "EnableIPv6", request->ipv6, "Labels", NETD_LABEL_RUNTIME, "docker",
			 LABEL_UNNAMED, "1", "IPAM", "Config", configs);
	/* The -o options go to netd unchanged, and netd judges them. */
	if (json_object_size(request->options) > 0)
		err |= json_object_set(body, "Options", (json_t *)request->options);
	if (body && err == 0)
		return body;
	json_decref(body);
	return NULL;
}

/* Whether it is a network that netd has already: then there is nothing to make. */
static bool is_shared(struct plugin *plugin, const struct docker_request *request)
{
	bool shared = false;

	for (enum family family = 0; family < FAMILY_N; family++)
		shared |= addr_is_set(&request->pools[family].pool.addr) &&
			  pool_is_shared(plugin, &request->pools[family].pool);
	return shared;
}

/* On failure nothing is left of the network in netd. */
int network_create(struct plugin *plugin, const struct docker_request *request, struct error *error)
{
	struct prefix ranges[FAMILY_N];
	json_auto_t *body = NULL;
	struct client *netd;
	int err = plugin_netd(plugin, &netd, error);

	if (err < 0)
		return err;
	if (is_shared(plugin, request)) {
		for (enum family family = 0; family < FAMILY_N; family++)
			pool_release(plugin, &request->pools[family].pool);
		return 0;
	}
	/* The range was said at RequestPool, and CreateNetwork does not repeat it. */
	for (enum family family = 0; family < FAMILY_N; family++)
		ranges[family] = pool_range(plugin, &request->pools[family].pool);
	body = network_body(request, ranges);
	if (!body)
		return error_system(error, -ENOMEM, "cannot create a network");
	err = calls_network_create(netd, body, error);
	/* A refusal releases them, too: they were kept for this network alone. */
	for (enum family family = 0; family < FAMILY_N; family++)
		pool_release(plugin, &request->pools[family].pool);
	/* The follower gives it its name as soon as Docker knows the network. */
	plugin->unnamed |= err == 0;
	return err;
}

/* A repeated call finds nothing, and that is no failure; nor does one for a network that others
 * have made, which stays: netd does not know Docker's id for it. */
int network_delete(struct plugin *plugin, const struct docker_request *request, struct error *error)
{
	struct client *netd;
	int err = plugin_netd(plugin, &netd, error);

	if (err == 0)
		err = calls_network_remove(netd, request->network, error);
	return err == -ENOENT ? 0 : err; /* the code of ERROR_NOT_FOUND: it is gone, as wished */
}

/* --- names ------------------------------------------------------------------------------------ */

/* Naming is put off and repeated, never waited for. */

/* name is NULL: the network keeps the one that it has. A new reference, NULL without memory. */
json_t *network_naming(const json_t *network, const char *name)
{
	json_t *labels = json_deep_copy(json_object_get(network, "Labels"));

	/* A deep copy: the answer of netd's belongs to the caller. */
	(void)json_object_del(labels, LABEL_UNNAMED); /* may not be there */
	return json_pack("{s:s*, s:o}", "Name", name, "Labels", labels);
}

/* The label and the name change in one request, so a network without the label has its name. */
static int update(struct client *netd, const json_t *network, const char *name, struct error *error)
{
	char path[ID_LEN + sizeof("/netd/v1/networks/")];
	json_auto_t *body = network_naming(network, name);

	if (!body)
		return error_system(error, -ENOMEM, "cannot name network %s", name);
	(void)snprintf(path, sizeof(path), "/netd/v1/networks/%.64s", calls_text(network, "Id"));
	return calls_json(netd, "PUT", path, body, NULL, error);
}

/* A name that netd cannot give leaves the first one. A name may be taken by a network of netd's
 * own, or not be one that netd allows. The result is that of the last request. */
static int rename_network(struct client *netd, const json_t *network, const char *name,
			  struct error *error)
{
	int err = update(netd, network, name, error);

	/* netd that is away says nothing about the name, so the next round tries again. */
	if (err == 0 || error->kind == ERROR_UNAVAILABLE)
		return err;
	log_warn("network %s of Docker is called %s here: %s", name, calls_text(network, "Name"),
		 error->text);
	/* The update without a name only takes the label away, so that nobody asks for it again. */
	return update(netd, network, NULL, error);
}

/* 0: named, or no hope; -EAGAIN: Docker does not have it yet. network is an entry of netd's
 * list. */
static int name_one(struct plugin *plugin, const json_t *network)
{
	char path[ID_LEN + sizeof("/networks/")];
	struct client *engine, *netd;
	json_auto_t *docker = NULL;
	struct error error;
	int err;

	(void)snprintf(path, sizeof(path), "/networks/%.64s", calls_text(network, "Id"));
	if (plugin_netd(plugin, &netd, &error) < 0 || plugin_engine(plugin, &engine, &error) < 0)
		return -EAGAIN;
	err = calls_json(engine, "GET", path, NULL, &docker, &error);
	plugin_judge(&plugin->engine, err);
	if (err < 0)
		return -EAGAIN;
	/* A network that cannot be named works all the same, and asking again would not help. */
	if (rename_network(netd, network, calls_text(docker, "Name"), &error) < 0)
		log_error("network %s: %s", calls_text(docker, "Name"), error.text);
	return 0;
}

/* Called before anybody is on a network, and from the main loop while unnamed is true. One that
 * Docker does not have is asked for again each time. */
void network_name_all(struct plugin *plugin)
{
	json_auto_t *networks = NULL;
	struct client *netd;
	struct error error;
	json_t *network;
	size_t i;
	bool unnamed = false;
	int err;

	/* Whether there are any is remembered, so nothing is lost when netd is away. */
	if (plugin_netd(plugin, &netd, &error) < 0)
		return;
	/* The filter is {"label":["…"]}, escaped for the path. */
	err = calls_json(netd, "GET",
			 "/networks?filters=%7B%22label%22%3A%5B%22" LABEL_UNNAMED "%22%5D%7D",
			 NULL, &networks, &error);
	plugin_judge(&plugin->netd, err);
	if (err < 0)
		return;
	json_array_foreach (networks, i, network)
		unnamed |= name_one(plugin, network) < 0;
	/* Set only after netd's list was read: what it says is complete. */
	plugin->unnamed = unnamed;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// networks.c - networks: made, chosen a subnet for, kept, removed
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"
#include "kernel/sysctl.h"
#include "model/ipam.h"
#include "model/request.h"
#include "model/spec_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A route this short is a default route in disguise (0.0.0.0/1, as VPNs set them), not somebody's
 * network: libnetwork#779. */
#define ROUTE_MIN_LEN 8

/* Name of the bridge of the network "bridge", and the gateway address it has unless configured. */
#define DEFAULT_BRIDGE "netd0"
#define DEFAULT_BIP "172.17.0.1/16"

static bool is_own_bridge(const struct engine *engine, int ifindex)
{
	for (size_t i = 0; i < engine->n_networks; i++)
		if (ifindex != 0 && engine->networks[i]->ifindex == ifindex)
			return true;
	return false;
}

/* What a new subnet must keep clear of. */
struct taken {
	struct prefix *prefixes;
	size_t n;
	struct rtnl_route *routes; /* of the host, foreign ones first n_routes */
	size_t n_routes;
};

static void taken_done(struct taken *taken)
{
	free(taken->prefixes);
	free(taken->routes);
}

static void take_network(struct taken *taken, const struct network *network)
{
	if (addr_is_set(&network->spec.subnet4.prefix.addr))
		taken->prefixes[taken->n++] = network->spec.subnet4.prefix;
	if (addr_is_set(&network->spec.subnet6.prefix.addr))
		taken->prefixes[taken->n++] = network->spec.subnet6.prefix;
}

static bool route_counts(const struct engine *engine, const struct rtnl_route *route)
{
	return route->dst.len >= ROUTE_MIN_LEN && !is_own_bridge(engine, route->ifindex) &&
	       !addr_is_link_local(&route->dst.addr) && !addr_is_multicast(&route->dst.addr);
}

static int taken_collect(struct engine *engine, struct taken *ret_taken, struct error *error)
{
	const struct hostdns_conf *dns = hostdns_conf(engine->hostdns);
	struct taken taken = { 0 };
	size_t n_routes = 0;
	int err = rtnl_routes(engine->rtnl, &taken.routes, &n_routes, error);

	if (err < 0)
		return err;
	taken.prefixes = calloc(2 * engine->n_networks + n_routes + dns->n_servers + 1,
				sizeof(*taken.prefixes));
	if (!taken.prefixes) {
		taken_done(&taken);
		return error_system(error, -ENOMEM, "cannot choose a subnet");
	}
	for (size_t i = 0; i < engine->n_networks; i++)
		take_network(&taken, engine->networks[i]);
	for (size_t i = 0; i < n_routes; i++) {
		if (!route_counts(engine, &taken.routes[i]))
			continue;
		taken.routes[taken.n_routes++] = taken.routes[i];
		taken.prefixes[taken.n++] = taken.routes[i].dst;
	}
	/* A name server reached by the default route would be hidden by a subnet around it. */
	for (size_t i = 0; i < dns->n_servers; i++)
		if (!addr_is_loopback(&dns->servers[i]))
			taken.prefixes[taken.n++] = (struct prefix){ dns->servers[i],
								     addr_bits(&dns->servers[i]) };
	*ret_taken = taken;
	return 0;
}

static int overlaps_network(struct engine *engine, const struct prefix *prefix, struct error *error)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *other = &engine->networks[i]->spec;
		const struct prefix *theirs = prefix->addr.family == AF_INET
						      ? &other->subnet4.prefix
						      : &other->subnet6.prefix;

		if (addr_is_set(&theirs->addr) && prefix_overlaps(prefix, theirs))
			return error_set(error, ERROR_FORBIDDEN,
					 "invalid pool request: Pool overlaps with other one on "
					 "this address space: subnet %s overlaps %s of network %s",
					 PREFIX_STR(prefix), PREFIX_STR(theirs), other->name);
	}
	return 0;
}

static int overlaps_route(const struct taken *taken, const struct prefix *prefix,
			  struct error *error)
{
	for (size_t i = 0; i < taken->n_routes; i++) {
		const struct rtnl_route *route = &taken->routes[i];

		if (!prefix_overlaps(prefix, &route->dst))
			continue;
		return error_set(error, ERROR_FORBIDDEN,
				 "invalid pool request: subnet %s overlaps the host's route %s%s%s "
				 "dev %s: choose another subnet, or none and netd finds a free one",
				 PREFIX_STR(prefix), PREFIX_STR(&route->dst),
				 addr_is_set(&route->gateway) ? " via " : "",
				 ADDR_STR(&route->gateway), route->ifname);
	}
	return 0;
}

static int choose_prefix(struct engine *engine, uint8_t family, const struct taken *taken,
			 struct subnet *subnet, struct error *error)
{
	const struct config *config = engine->config;
	struct ipam_base ula = { engine->ula, 64 };
	const struct ipam_base *bases = config->bases;
	size_t n = config->n_bases;
	int err;

	if (n == 0)
		bases = ipam_default_bases(&n);
	err = ipam_choose_subnet(bases, n, family, subnet->prefix.len, taken->prefixes, taken->n,
				 &subnet->prefix, error);
	/* The built-in or configured pools may have no IPv6: this host's own ULA prefix has. */
	if (err < 0 && family == AF_INET6)
		err = ipam_choose_subnet(&ula, 1, family, subnet->prefix.len, taken->prefixes,
					 taken->n, &subnet->prefix, error);
	return err;
}

/* Gives one family of a spec its prefix and gateway. A prefix of address zero asks for a size. */
static int settle_subnet(struct engine *engine, uint8_t family, struct subnet *subnet,
			 const struct taken *taken, struct error *error)
{
	bool given = addr_is_set(&subnet->prefix.addr) && !addr_is_any(&subnet->prefix.addr);
	int err;

	if (!given) {
		err = choose_prefix(engine, family, taken, subnet, error);
		if (err < 0)
			return err;
	} else {
		err = overlaps_network(engine, &subnet->prefix, error);
		if (err == 0)
			err = overlaps_route(taken, &subnet->prefix, error);
		if (err < 0)
			return err;
	}
	if (addr_is_set(&subnet->gateway))
		return 0;
	return subnet_choose_gateway(subnet, error);
}

static int settle_subnets(struct engine *engine, struct network_spec *spec, struct error *error)
{
	struct taken taken;
	int err;

	if (spec->driver != NETWORK_DRIVER_BRIDGE)
		return 0;
	err = taken_collect(engine, &taken, error);
	if (err < 0)
		return err;
	if (spec->ipv4)
		err = settle_subnet(engine, AF_INET, &spec->subnet4, &taken, error);
	if (err == 0 && spec->ipv6)
		err = settle_subnet(engine, AF_INET6, &spec->subnet6, &taken, error);
	taken_done(&taken);
	return err;
}

static uint32_t mtu_of_uplink(struct engine *engine)
{
	struct rtnl_route *routes = NULL;
	struct rtnl_link link;
	size_t n = 0;
	uint32_t mtu = 1500;

	if (rtnl_routes(engine->rtnl, &routes, &n, NULL) < 0)
		return mtu;
	for (size_t i = 0; i < n; i++)
		if (routes[i].dst.len == 0 &&
		    rtnl_link_by_name(engine->rtnl, routes[i].ifname, &link, NULL) == 0) {
			mtu = link.mtu;
			break;
		}
	free(routes);
	return mtu < 65535 ? mtu : 65535;
}

static int settle_bridge(struct engine *engine, struct network_spec *spec, struct error *error)
{
	struct rtnl_link link;

	if (spec->driver != NETWORK_DRIVER_BRIDGE)
		return 0;
	if (!spec->bridge[0])
		(void)snprintf(spec->bridge, sizeof(spec->bridge), "br-%.12s", spec->id);
	if (spec->mtu == 0)
		spec->mtu = engine->config->mtu ? engine->config->mtu : mtu_of_uplink(engine);
	for (size_t i = 0; i < engine->n_networks; i++)
		if (strcmp(engine->networks[i]->spec.bridge, spec->bridge) == 0)
			return error_set(error, ERROR_FORBIDDEN,
					 "cannot create network %.12s (%s): conflicts with network "
					 "%s: networks have same bridge name",
					 spec->id, spec->bridge, engine->networks[i]->spec.name);
	if (rtnl_link_by_name(engine->rtnl, spec->bridge, &link, NULL) == 0 &&
	    strncmp(link.alias, "netd network ", 13) != 0)
		return error_set(error, ERROR_CONFLICT,
				 "interface %s exists already and is not netd's: choose another "
				 "bridge name, or remove it with `ip link del %s`",
				 spec->bridge, spec->bridge);
	return 0;
}

int networks_bridge_ensure(struct engine *engine, struct network *network, struct error *error)
{
	const struct network_spec *spec = &network->spec;
	char alias[NAME_LEN_MAX + 32];
	struct rtnl_bridge bridge = {
		.name = spec->bridge,
		.mtu = spec->mtu,
		.mac = mac_from_text(spec->id),
		.ipv6 = spec->ipv6,
		.alias = alias,
	};

	if (spec->driver != NETWORK_DRIVER_BRIDGE)
		return 0;
	(void)snprintf(alias, sizeof(alias), "netd network %s", spec->name);
	if (spec->ipv4)
		bridge.addr4 = (struct prefix){ spec->subnet4.gateway, spec->subnet4.prefix.len };
	if (spec->ipv6)
		bridge.addr6 = (struct prefix){ spec->subnet6.gateway, spec->subnet6.prefix.len };
	return rtnl_bridge_ensure(engine->rtnl, &bridge, &network->ifindex, error);
}

/* Containers reach beyond their bridge only when the host forwards. IPv6 forwarding makes the kernel
 * ignore router advertisements on its uplinks unless told otherwise (accept_ra 2). */
static void switch_forwarding_on(struct engine *engine, const struct network_spec *spec)
{
	struct error error;

	if (!engine->config->ip_forward || spec->driver != NETWORK_DRIVER_BRIDGE || spec->internal)
		return;
	if (spec->ipv4 && sysctl_write("net/ipv4/ip_forward", "1", &error) < 0)
		log_warn("%s", error.text);
	if (spec->ipv6 && sysctl_write("net/ipv6/conf/all/forwarding", "1", &error) < 0)
		log_warn("%s", error.text);
}

static int network_new(const struct network_spec *spec, struct network **ret_network,
		       struct error *error)
{
	struct network *network = calloc(1, sizeof(*network));

	if (!network || network_spec_copy(spec, &network->spec) < 0) {
		free(network);
		return error_system(error, -ENOMEM, "cannot create network %s", spec->name);
	}
	list_init(&network->endpoints);
	(void)clock_gettime(CLOCK_REALTIME, &network->created);
	*ret_network = network;
	return 0;
}

static int make_pools(struct network *network, struct error *error)
{
	int err = 0;

	if (network->spec.driver != NETWORK_DRIVER_BRIDGE)
		return 0;
	if (network->spec.ipv4)
		err = ipam_pool_new(&network->spec.subnet4, &network->pool4);
	if (err == 0 && network->spec.ipv6)
		err = ipam_pool_new(&network->spec.subnet6, &network->pool6);
	return err < 0 ? error_system(error, err, "cannot create network %s", network->spec.name)
		       : 0;
}

static int keep_network(struct engine *engine, const struct network *network, struct error *error)
{
	json_t *json = spec_json_network(&network->spec);
	_cleanup_free_ char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct store_network row = {
		.id = network->spec.id,
		.name = network->spec.name,
		.body = body,
		.created_s = network->created.tv_sec,
		.created_ns = network->created.tv_nsec,
	};

	json_decref(json);
	if (!body)
		return error_system(error, -ENOMEM, "cannot keep network %s", network->spec.name);
	return store_network_put(engine->store, &row, error);
}

static void unmake_bridge(struct engine *engine, struct network *network)
{
	struct error error;

	if (network->ifindex == 0)
		return;
	if (rtnl_link_delete(engine->rtnl, network->ifindex, &error) < 0)
		log_warn("%s", error.text);
	network->ifindex = 0;
}

/* Everything from the settled spec on; what was done is undone when a later step fails. The kernel
 * comes before the store: a bridge without a row is swept at the next start by its alias. */
static int bring_up(struct engine *engine, struct network *network, struct error *error)
{
	int err = make_pools(network, error);

	if (err == 0)
		err = networks_bridge_ensure(engine, network, error);
	if (err < 0)
		return err;
	switch_forwarding_on(engine, &network->spec);
	if (engine_add_network(engine, network) < 0) {
		unmake_bridge(engine, network);
		return error_system(error, -ENOMEM, "cannot create network %s",
				    network->spec.name);
	}
	if (!engine->booting)
		err = rules_network(engine, network, true, error);
	if (err == 0)
		err = keep_network(engine, network, error);
	if (err < 0) {
		if (!engine->booting)
			(void)rules_network(engine, network, false, NULL); /* may not be there */
		engine_drop_network(engine, network);
		unmake_bridge(engine, network);
		return err;
	}
	names_network(engine, network, false);
	names_flush(engine);
	return 0;
}

static bool name_is_predefined(const char *name)
{
	return strcmp(name, "bridge") == 0 || strcmp(name, "host") == 0 ||
	       strcmp(name, "none") == 0 || strcmp(name, "default") == 0;
}

static int check_new(struct engine *engine, const struct network_spec *spec, struct error *error)
{
	if (name_is_predefined(spec->name))
		return error_set(error, ERROR_FORBIDDEN,
				 "operation is not permitted on predefined %s network ",
				 spec->name);
	if (map_get_str(engine->network_by_name, spec->name))
		return error_set(error, ERROR_CONFLICT, "network with name %s already exists",
				 spec->name);
	if (spec->driver != NETWORK_DRIVER_BRIDGE)
		return error_set(error, ERROR_FORBIDDEN,
				 "only one instance of \"%s\" network is allowed",
				 network_driver_name[spec->driver]);
	if (engine->n_networks >= NETWORKS_MAX)
		return error_set(error, ERROR_UNAVAILABLE,
				 "there are %zu networks and netd keeps no more than %d",
				 engine->n_networks, NETWORKS_MAX);
	if (spec->id[0] && map_get_str(engine->network_by_id, spec->id))
		return error_set(error, ERROR_CONFLICT, "network with id %s already exists",
				 spec->id);
	return 0;
}

int engine_network_create(struct engine *engine, const struct network_spec *spec,
			  struct network **ret_network, struct error *error)
{
	struct network *network;
	int err = check_new(engine, spec, error);

	if (err == 0)
		err = network_new(spec, &network, error);
	if (err < 0)
		return err;
	if (!network->spec.id[0])
		engine_random_id(network->spec.id);
	err = settle_subnets(engine, &network->spec, error);
	if (err == 0)
		err = network_spec_check(&network->spec, error);
	if (err == 0)
		err = settle_bridge(engine, &network->spec, error);
	if (err == 0)
		err = bring_up(engine, network, error);
	if (err < 0) {
		network_free(network);
		return err;
	}
	log_info("event=network-create name=%s id=%.12s bridge=%s", network->spec.name,
		 network->spec.id, network->spec.bridge);
	events_network(engine, "create", network, NULL);
	*ret_network = network;
	return 0;
}

static int refuse_active(const struct network *network, struct error *error)
{
	char list[ERROR_TEXT_MAX] = "";
	size_t len = 0;

	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
		if (len < sizeof(list) - 64)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
						"%sname:\"%.40s\" id:\"%.12s\"", len ? ", " : "",
						endpoint->container->spec.name, endpoint->id);
	return error_set(error, ERROR_FORBIDDEN,
			 "error while removing network: network %s has active endpoints (%s)",
			 network->spec.name, list);
}

static int remove_network(struct engine *engine, struct network *network, struct error *error)
{
	int err = store_network_delete(engine->store, network->spec.id, error);

	if (err < 0)
		return err;
	/* From here on it is gone for good; what the kernel refuses is repaired at the next resync. */
	(void)store_lease_forget_network(engine->store, network->spec.id, NULL);
	(void)rules_network(engine, network, false, NULL);
	names_network(engine, network, true);
	names_flush(engine);
	unmake_bridge(engine, network);
	engine_drop_network(engine, network);
	log_info("event=network-remove name=%s id=%.12s", network->spec.name, network->spec.id);
	events_network(engine, "destroy", network, NULL);
	network_free(network);
	return 0;
}

/* A dead container whose end nobody told us blocks nobody (moby#17217). */
static void detach_dead(struct engine *engine, struct network *network)
{
	bool again = true;

	while (again) {
		again = false;
		list_foreach (&network->endpoints, struct endpoint, endpoint, in_network) {
			if (!watch_container_is_dead(endpoint->container))
				continue;
			again = engine_detach(engine, endpoint->container->spec.id, NULL) == 0;
			break; /* the list has changed */
		}
	}
}

int engine_network_remove(struct engine *engine, const char *ref, struct error *error)
{
	struct network *network;
	int err = engine_network_find(engine, ref, &network, error);

	if (err < 0)
		return err;
	if (network->predefined)
		return error_set(error, ERROR_FORBIDDEN,
				 "%s is a pre-defined network and cannot be removed",
				 network->spec.name);
	detach_dead(engine, network);
	if (network->n_endpoints > 0)
		return refuse_active(network, error);
	return remove_network(engine, network, error);
}

int engine_network_prune(struct engine *engine, const struct filters *filters, json_t **ret_names,
			 struct error *error)
{
	json_t *names = json_array();
	time_t now = time(NULL);
	int err = names ? 0 : error_system(error, -ENOMEM, "cannot prune networks");

	for (size_t i = engine->n_networks; err == 0 && i-- > 0;) {
		struct network *network = engine->networks[i];

		if (network->predefined || network->n_endpoints > 0 ||
		    !filters_match_network(filters, network, now))
			continue;
		(void)json_array_insert_new(names, 0, json_string(network->spec.name));
		err = remove_network(engine, network, error);
	}
	if (err < 0) {
		json_decref(names);
		return err;
	}
	events_network(engine, "prune", NULL, NULL);
	*ret_names = names;
	return 0;
}

/* --- start ------------------------------------------------------------------------------------ */

static int load_lease(const char *addr_text, const char *holder, void *data, struct error *error)
{
	const struct network *network = data;
	struct addr addr;

	(void)error;
	if (addr_parse(addr_text, &addr) < 0)
		return 0;
	if (addr.family == AF_INET && network->pool4)
		ipam_remember(network->pool4, &addr, holder);
	if (addr.family == AF_INET6 && network->pool6)
		ipam_remember(network->pool6, &addr, holder);
	return 0;
}

/* The network "bridge" as netd.json wants it. */
static int spec_of_bridge(const struct config *config, struct network_spec *spec,
			  struct error *error)
{
	struct prefix bip4 = config->bip4;

	if (!addr_is_set(&bip4.addr) && prefix_parse(DEFAULT_BIP, &bip4) < 0)
		return -EINVAL;
	(void)snprintf(spec->bridge, sizeof(spec->bridge), "%s", DEFAULT_BRIDGE);
	spec->subnet4.gateway = bip4.addr;
	spec->subnet4.prefix = (struct prefix){ prefix_first(&bip4), bip4.len };
	spec->subnet4.range = config->fixed4;
	spec->ipv6 = config->ipv6;
	if (addr_is_set(&config->bip6.addr)) {
		spec->subnet6.gateway = config->bip6.addr;
		spec->subnet6.prefix =
			(struct prefix){ prefix_first(&config->bip6), config->bip6.len };
	} else if (addr_is_set(&config->fixed6.addr)) {
		spec->subnet6.prefix = config->fixed6;
	}
	spec->icc = config->icc;
	spec->masquerade = config->ip_masq;
	spec->mtu = config->mtu;
	spec->host_binding4 = config->default_bind4;
	json_object_set_new(spec->options, "com.docker.network.bridge.default_bridge",
			    json_string("true"));
	json_object_set_new(spec->options, "com.docker.network.bridge.enable_icc",
			    json_string(config->icc ? "true" : "false"));
	json_object_set_new(spec->options, "com.docker.network.bridge.enable_ip_masquerade",
			    json_string(config->ip_masq ? "true" : "false"));
	json_object_set_new(spec->options, "com.docker.network.bridge.host_binding_ipv4",
			    json_string(addr_is_set(&config->default_bind4)
						? ADDR_STR(&config->default_bind4)
						: "0.0.0.0"));
	json_object_set_new(spec->options, "com.docker.network.bridge.name",
			    json_string(DEFAULT_BRIDGE));
	if (spec->ipv6 && addr_is_set(&spec->subnet6.prefix.addr) &&
	    !addr_is_set(&spec->subnet6.gateway))
		return subnet_choose_gateway(&spec->subnet6, error);
	return 0;
}

struct kept {
	char id[ID_LEN + 1];
	char name[NAME_LEN_MAX + 1];
	char *body;
	struct timespec created;
};

struct kept_list {
	struct kept *items;
	size_t n;
};

static int keep_row(const struct store_network *row, void *data, struct error *error)
{
	struct kept_list *list = data;
	struct kept *items = realloc(list->items, (list->n + 1) * sizeof(*items));

	if (!items)
		return error_system(error, -ENOMEM, "cannot load the networks");
	list->items = items;
	items += list->n;
	*items = (struct kept){ .created = { row->created_s, row->created_ns } };
	(void)snprintf(items->id, sizeof(items->id), "%s", row->id);
	(void)snprintf(items->name, sizeof(items->name), "%s", row->name);
	items->body = strdup(row->body);
	if (!items->body)
		return error_system(error, -ENOMEM, "cannot load the networks");
	list->n++;
	return 0;
}

static void kept_list_done(struct kept_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].body);
	free(list->items);
}

static const struct kept *kept_find(const struct kept_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static int start_predefined(struct engine *engine, const struct kept_list *list,
			    enum network_driver driver, const char *name, struct error *error)
{
	const struct kept *kept = kept_find(list, name);
	struct network_spec spec;
	struct network *network = NULL;
	int err = network_spec_init(&spec);

	if (err < 0)
		return error_system(error, err, "cannot create network %s", name);
	(void)snprintf(spec.name, sizeof(spec.name), "%s", name);
	spec.driver = driver;
	if (driver == NETWORK_DRIVER_BRIDGE)
		err = spec_of_bridge(engine->config, &spec, error);
	if (err == 0)
		err = network_new(&spec, &network, error);
	network_spec_done(&spec);
	if (err < 0 || !network)
		return err;
	network->predefined = true;
	if (kept) {
		memcpy(network->spec.id, kept->id, sizeof(kept->id));
		network->created = kept->created;
	} else {
		engine_random_id(network->spec.id);
	}
	if (driver == NETWORK_DRIVER_BRIDGE) {
		err = 0;
		if (network->spec.ipv6 && !addr_is_set(&network->spec.subnet6.prefix.addr))
			err = settle_subnets(engine, &network->spec, error);
		if (err == 0 && network->spec.mtu == 0)
			network->spec.mtu = mtu_of_uplink(engine);
		if (err == 0) {
			char mtu[16];

			(void)snprintf(mtu, sizeof(mtu), "%u", network->spec.mtu);
			(void)json_object_set_new(network->spec.options,
						  "com.docker.network.driver.mtu",
						  json_string(mtu));
		}
	}
	if (err == 0)
		err = bring_up(engine, network, error);
	if (err < 0) {
		network_free(network);
		return err;
	}
	return store_leases_each(engine->store, network->spec.id, load_lease, network, error);
}

/* A network that cannot be made again (its bridge's name was taken meanwhile) is kept in the store,
 * logged, and tried at the next start: netd itself starts. */
static int start_kept(struct engine *engine, const struct kept *kept, struct error *error)
{
	struct network_spec spec;
	struct network *network;
	struct error why;
	json_t *body;
	int err = request_parse(kept->body, strlen(kept->body), &body, &why);

	if (err == 0) {
		err = request_network_create(body, &spec, &why);
		json_decref(body);
	}
	if (err < 0) {
		log_error("network %s cannot be loaded: %s", kept->name, why.text);
		return 0;
	}
	err = network_new(&spec, &network, error);
	network_spec_done(&spec);
	if (err < 0)
		return err;
	memcpy(network->spec.id, kept->id, sizeof(kept->id));
	network->created = kept->created;
	err = settle_bridge(engine, &network->spec, &why);
	if (err == 0)
		err = bring_up(engine, network, &why);
	if (err < 0) {
		log_error("network %s cannot be made again: %s", kept->name, why.text);
		network_free(network);
		return 0;
	}
	return store_leases_each(engine->store, network->spec.id, load_lease, network, error);
}

/* A /48 of fd00::/8 that stays the same on this machine (RFC 4193, 3.2.2 asks for such a hash). */
static void choose_ula(struct engine *engine)
{
	char machine[64] = "netd";
	FILE *file = fopen("/etc/machine-id", "re");
	uint64_t hash;

	if (file) {
		if (!fgets(machine, sizeof(machine), file))
			machine[0] = '\0';
		(void)fclose(file); /* read only */
	}
	hash = hash_stable(machine, strlen(machine));
	engine->ula = (struct prefix){ .addr = { .family = AF_INET6 }, .len = 48 };
	engine->ula.addr.bytes[0] = 0xfd;
	for (int i = 1; i < 6; i++, hash >>= 8)
		engine->ula.addr.bytes[i] = (uint8_t)hash;
}

/* Bridges that carry our alias and belong to no network: a crash between kernel and store. */
static void remove_stray_bridges(struct engine *engine)
{
	struct rtnl_link *links;
	size_t n;

	if (rtnl_links(engine->rtnl, &links, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (strncmp(links[i].alias, "netd network ", 13) != 0 ||
		    strcmp(links[i].kind, "bridge") != 0 ||
		    is_own_bridge(engine, links[i].ifindex))
			continue;
		log_info("removing bridge %s of a network that does not exist", links[i].name);
		(void)rtnl_link_delete(engine->rtnl, links[i].ifindex, NULL);
	}
	free(links);
}

int networks_start(struct engine *engine, struct error *error)
{
	struct kept_list list = { 0 };
	int err = store_networks_each(engine->store, keep_row, &list, error);

	choose_ula(engine);
	engine->booting = true;
	if (err == 0)
		err = start_predefined(engine, &list, NETWORK_DRIVER_BRIDGE, "bridge", error);
	if (err == 0)
		err = start_predefined(engine, &list, NETWORK_DRIVER_HOST, "host", error);
	if (err == 0)
		err = start_predefined(engine, &list, NETWORK_DRIVER_NULL, "none", error);
	for (size_t i = 0; err == 0 && i < list.n; i++)
		if (!name_is_predefined(list.items[i].name))
			err = start_kept(engine, &list.items[i], error);
	engine->booting = false;
	kept_list_done(&list);
	if (err == 0)
		remove_stray_bridges(engine);
	return err;
}

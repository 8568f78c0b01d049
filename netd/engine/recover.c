// SPDX-License-Identifier: GPL-2.0-or-later
// recover.c - after a crash or a foreign hand: what the store says against what the kernel has
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"
#include "kernel/netns.h"
#include "model/ipam.h"
#include "model/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A record without `up` is a plan that had not ended: its caller never got an
 * answer, so it is undone. A record with `up` is a promise: if its netns still lives, it is loaded
 * with the addresses and ports it had, links that are missing are made again, and the ruleset and
 * the names are built from what was loaded. The kernel's own objects were never touched in between,
 * so traffic has not noticed. The same comparison repairs drift while netd runs (engine_resync). */

struct row {
	struct container_spec spec;
	bool up;
	uint64_t netns_inode;
	uint16_t dns_port;
	struct timespec created;
	json_t *asked;
};

struct rows {
	struct row *items;
	size_t n;
};

static int decode_row(const struct store_container *from, struct row *row, struct error *error)
{
	json_t *body;
	int err = request_parse(from->body, strlen(from->body), &body, error);

	if (err < 0)
		return err;
	err = request_container(body, &row->spec, error);
	if (err < 0) {
		json_decref(body);
		return err;
	}
	row->asked = body;
	row->up = from->up;
	row->netns_inode = from->netns_inode;
	row->dns_port = from->dns_port;
	row->created = (struct timespec) { from->created_s, from->created_ns };
	(void)snprintf(row->spec.id, sizeof(row->spec.id), "%s", from->id);
	(void)snprintf(row->spec.hostname, sizeof(row->spec.hostname), "%s", from->hostname);
	return 0;
}

static int keep_row(const struct store_container *from, void *data, struct error *error)
{
	struct rows *rows = data;
	struct row *items = realloc(rows->items, (rows->n + 1) * sizeof(*items));
	struct error why;

	if (!items)
		return error_system(error, -ENOMEM, "cannot load the containers");
	rows->items = items;
	items[rows->n] = (struct row) { 0 };
	if (decode_row(from, &items[rows->n], &why) < 0)
		log_error("container %s cannot be loaded: %s", from->name, why.text);
	else
		rows->n++;
	return 0;
}

/* --- one container ---------------------------------------------------------------------------- */

static int restore_address(struct ipam_pool *pool, const char *text, const char *holder,
			   struct addr *ret_addr, struct error *error)
{
	struct addr addr;
	int err;

	if (!*text)
		return 0;
	if (!pool || addr_parse(text, &addr) < 0)
		return error_set(error, ERROR_INTERNAL, "address %s is of no pool", text);
	err = ipam_claim(pool, &addr, holder, error);
	if (err == 0)
		*ret_addr = addr;
	return err;
}

static int restore_fields(struct engine *engine, struct endpoint *endpoint,
			  const struct store_endpoint *row, struct error *error)
{
	struct network *network = endpoint->network;
	const char *holder = endpoint->container->spec.name;
	struct rtnl_link link;
	int err;

	(void)snprintf(endpoint->id, sizeof(endpoint->id), "%s", row->id);
	(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "%s", row->ifname);
	(void)snprintf(endpoint->host_ifname, sizeof(endpoint->host_ifname), "%s",
		       row->host_ifname);
	list_append(&network->endpoints, &endpoint->in_network);
	network->n_endpoints++;
	if (mac_parse(row->mac, &endpoint->mac) < 0 && network->ifindex)
		return error_set(error, ERROR_INTERNAL, "bad MAC address %s", row->mac);
	if (rtnl_link_by_name(engine->rtnl, endpoint->host_ifname, &link, NULL) == 0)
		endpoint->host_ifindex = link.ifindex;
	err = restore_address(network->pool4, row->ip4, holder, &endpoint->ip4, error);
	if (err == 0)
		err = restore_address(network->pool6, row->ip6, holder, &endpoint->ip6, error);
	return err;
}

static int restore_endpoint(const struct store_endpoint *row, void *data, struct error *error)
{
	struct container *container = data;
	struct engine *engine = runtime_of(container)->engine;
	struct network *network = map_get_str(engine->network_by_id, row->network);
	struct endpoint **endpoints, *endpoint;
	json_t *settings;
	int err;

	if (!network)
		return error_set(error, ERROR_INTERNAL, "its network %.12s is gone", row->network);
	endpoints = realloc(container->endpoints,
			    (container->n_endpoints + 1) * sizeof(*endpoints));
	if (!endpoints)
		return error_system(error, -ENOMEM, "cannot load an endpoint");
	container->endpoints = endpoints;
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return error_system(error, -ENOMEM, "cannot load an endpoint");
	endpoint->container = container;
	endpoint->network = network;
	endpoints[container->n_endpoints++] = endpoint;
	container->host_mode |= network->spec.driver == NETWORK_DRIVER_HOST;
	err = request_parse(row->settings, strlen(row->settings), &settings, error);
	if (err < 0)
		return err;
	err = request_endpoint(network->spec.name, settings, &endpoint->spec, error);
	json_decref(settings);
	if (err == 0)
		err = restore_fields(engine, endpoint, row, error);
	if (err == 0) {
		endpoint_enter(endpoint, ENDPOINT_PLUMBING);
		endpoint_enter(endpoint, ENDPOINT_UP);
	}
	return err;
}

static int restore_port(const struct store_port *row, void *data, struct error *error)
{
	struct port port = {
		.protocol = (uint8_t)row->protocol,
		.host_port = (uint16_t)row->host_port,
		.container_port = (uint16_t)row->container_port,
	};

	if (addr_parse(row->host_addr, &port.host_addr) < 0 ||
	    addr_parse(row->target, &port.target) < 0 || ports_restore(data, &port) < 0)
		return error_set(error, ERROR_INTERNAL, "port %d cannot be loaded", row->host_port);
	return 0;
}

static int restore(struct engine *engine, struct row *row, struct container *container,
		   struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	int err;

	container->spec = row->spec;
	row->spec = (struct container_spec) { 0 };
	container->netns_inode = row->netns_inode;
	container->dns_port = row->dns_port;
	container->created = row->created;
	runtime->asked = take_ptr(row->asked);
	if (asprintf(&container->dir, "%s/containers/%s", engine->run_dir, container->spec.id) <
	    0) {
		container->dir = NULL;
		return error_system(error, -ENOMEM, "cannot load container %s",
				    container->spec.name);
	}
	err = store_endpoints_each(engine->store, container->spec.id, restore_endpoint, container,
				   error);
	if (err == 0)
		err = store_ports_each(engine->store, container->spec.id, restore_port, container,
				       error);
	runtime->n_published = container->n_ports;
	return err;
}

/* The redirect's table belonged to the former process: take it over, or make it again. */
static int readopt_inside(void *data)
{
	struct container *container = data;
	struct container_runtime *runtime = runtime_of(container);
	int err = nft_open(true, &runtime->inside, NULL);

	if (err == 0)
		err = nft_dns_redirect(runtime->inside, container->dns_port, NULL);
	return err;
}

static int revive(struct engine *engine, struct container *container, struct error *error)
{
	uint64_t inode = 0;
	_cleanup_close_ int netns_fd = -1;
	int err;

	if (container_is_awaited(container)) {
		await_start(engine);
		return engine_add_container(engine, container);
	}
	netns_fd = inside_open_netns(container, &inode, error);
	if (netns_fd < 0)
		return netns_fd;
	if (inode != container->netns_inode)
		return error_set(error, ERROR_NOT_FOUND, "its network namespace ended");
	err = watch_container(engine, container, error);
	if (err == 0 && container->dns_port && netns_run(netns_fd, readopt_inside, container) < 0)
		log_warn("container %s: the redirect of port 53 could not be checked",
			 container->spec.name);
	if (err == 0)
		err = engine_add_container(engine, container);
	return err;
}

static void recover_one(struct engine *engine, struct row *row)
{
	struct container *container = container_new(engine);
	struct error error = { 0 };
	bool up = row->up;
	int err;

	if (!container) {
		log_error("out of memory: a container is not loaded");
		return;
	}
	err = restore(engine, row, container, &error);
	if (err == 0 && up)
		err = revive(engine, container, &error);
	if (err == 0 && up)
		return;
	log_info("container %s is taken down: %s", container->spec.name,
		 up ? error.text : "its attach had not ended");
	/* The table is built anew in a moment: nothing of it is in there to be removed. */
	runtime_of(container)->n_published = 0;
	engine_take_down(engine, container);
	container_free(container);
}

int recover_containers(struct engine *engine, struct error *error)
{
	struct rows rows = { 0 };
	int err = store_containers_each(engine->store, keep_row, &rows, error);

	(void)rtnl_sweep(engine->rtnl, NULL); /* what a crash left between mark and sweep */
	engine->booting = true;
	for (size_t i = 0; err == 0 && i < rows.n; i++)
		recover_one(engine, &rows.items[i]);
	engine->booting = false;
	for (size_t i = 0; i < rows.n; i++) {
		container_spec_done(&rows.items[i].spec);
		json_decref(rows.items[i].asked);
	}
	free(rows.items);
	if (err == 0)
		recover_links(engine);
	return err;
}

/* --- comparing ------------------------------------------------------------------------------- */

static void report(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void report(json_t *list, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut is fine */
	va_end(args);
	log_warn("%s", text);
	if (list)
		(void)json_array_append_new(list, json_string(text)); /* the log has it */
}

static const struct rtnl_link *find_link(const struct rtnl_link *links, size_t n, int ifindex,
					 const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex == ifindex && strcmp(links[i].name, name) == 0)
			return &links[i];
	return NULL;
}

static int resync_bridges(struct engine *engine, const struct rtnl_link *links, size_t n, bool dry,
			  json_t *list, struct error *error)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		if (network->spec.driver != NETWORK_DRIVER_BRIDGE)
			continue;
		if (!find_link(links, n, network->ifindex, network->spec.bridge))
			report(list, "bridge %s of network %s is missing", network->spec.bridge,
			       network->spec.name);
		else if (!engine->links_drifted)
			continue;
		if (!dry) /* addresses and settings too */
			err = networks_bridge_ensure(engine, network, error);
	}
	return err;
}

static bool links_are_right(const struct container *container, const struct rtnl_link *links,
			    size_t n)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];
		const struct rtnl_link *link;

		if (endpoint->network->spec.driver != NETWORK_DRIVER_BRIDGE)
			continue;
		link = find_link(links, n, endpoint->host_ifindex, endpoint->host_ifname);
		if (!link || link->master != endpoint->network->ifindex)
			return false;
	}
	return true;
}

static void resync_containers(struct engine *engine, const struct rtnl_link *links, size_t n,
			      bool dry, json_t *list)
{
	struct error error;

	for (size_t i = engine->n_containers; i-- > 0;) {
		struct container *container;

		if (i >= engine->n_containers)
			continue;
		container = engine->containers[i];
		if (container_is_awaited(container) || links_are_right(container, links, n))
			continue;
		if (watch_container_is_dead(container))
			continue; /* its watch takes it down */
		report(list, "container %s lost a link or its bridge", container->spec.name);
		if (!dry && engine_repair_links(engine, container, &error) < 0)
			report(list, "container %s cannot be repaired: %s", container->spec.name,
			       error.text);
	}
}

static int resync_links(struct engine *engine, bool dry, json_t *list, struct error *error)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;
	int err = rtnl_links(engine->rtnl, &links, &n, error);

	if (err == 0)
		err = resync_bridges(engine, links, n, dry, list, error);
	free(links);
	if (err == 0)
		err = rtnl_links(engine->rtnl, &links, &n, error);
	if (err < 0)
		return err;
	resync_containers(engine, links, n, dry, list);
	free(links);
	return 0;
}

void recover_links(struct engine *engine)
{
	struct error error;

	if (resync_links(engine, false, NULL, &error) < 0)
		log_error("%s", error.text);
}

static size_t wanted_elements(struct engine *engine, enum ruleset_set set,
			      const struct ruleset_elems *elems)
{
	size_t n = 0;

	(void)engine;
	for (size_t i = 0; i < elems->n; i++)
		n += elems->items[i].set == set;
	return n;
}

/* Element counts of the maps in which each element is one port: cheap to ask for, and a table that
 * was flushed, deleted or edited shows in them. */
static bool rules_are_right(struct engine *engine, json_t *list)
{
	static const enum ruleset_set sets[] = { RULESET_BRIDGES, RULESET_PUBLISH4,
						 RULESET_PUBLISH4_AT, RULESET_PUBLISH6,
						 RULESET_PUBLISH6_AT };
	struct ruleset_elems elems = { 0 };
	bool right = true;

	for (size_t i = 0; i < engine->n_networks; i++)
		ruleset_add_network(&elems, engine->networks[i]);
	for (size_t i = 0; i < engine->n_containers; i++)
		for (size_t k = 0; k < engine->containers[i]->n_ports; k++)
			ruleset_add_port(&elems, &engine->containers[i]->ports[k],
					 engine->containers[i]);
	for (size_t i = 0; elems.err == 0 && i < ARRAY_SIZE(sets); i++) {
		int present = nft_elems_count(engine->nft, sets[i]);
		size_t wanted = wanted_elements(engine, sets[i], &elems);

		if (present == (int)wanted)
			continue;
		right = false;
		report(list, "set %s holds %d elements, %zu are wanted",
		       ruleset_set_info[sets[i]].name, present < 0 ? 0 : present, wanted);
	}
	ruleset_elems_done(&elems);
	return right;
}

int engine_resync(struct engine *engine, bool dry, json_t **ret_report, struct error *error)
{
	json_t *list = json_array();
	bool drifted = engine->rules_drifted || !rules_are_right(engine, list);
	int err = resync_links(engine, dry, list, error);

	if (err == 0 && drifted && !dry) {
		err = rules_reset(engine, error);
		if (err == 0 && engine->has_user_rules)
			err = rules_load_user(engine, error);
	}
	if (!dry) {
		engine->rules_drifted = engine->links_drifted = false;
		engine->n_repairs++;
	}
	if (err == 0 && ret_report)
		*ret_report = json_incref(list);
	json_decref(list);
	return err;
}

json_t *engine_info(struct engine *engine)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:b, s:b, s:s, s:s}", "Networks",
		(json_int_t)engine->n_networks, "Containers", (json_int_t)engine->n_containers,
		"ResolverPid", (json_int_t)engine_resolver_pid(engine), "Repairs",
		(json_int_t)engine->n_repairs, "TableOwned", nft_is_owner(engine->nft), "UserRules",
		engine->has_user_rules, "RunDir", engine->run_dir, "StateDir", engine->state_dir);
}

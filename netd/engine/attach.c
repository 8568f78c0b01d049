// SPDX-License-Identifier: GPL-2.0-or-later
// attach.c - attach, detach, connect, disconnect, ports: plans of steps, each with its inverse
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"
#include "kernel/conntrack.h"
#include "kernel/netns.h"
#include "model/ipam.h"
#include "model/ports.h"
#include "model/spec_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. A change to a container is a list of steps. They are applied in order; when one
 * fails, it and those before it are undone in reverse. Every undo copes with a step that was done by
 * half or not at all, which makes the same list, undone from its end, the way to take a container
 * down: detach has no code of its own. The record in the store is written before the kernel is touched
 * and removed after the kernel is clean, so a crash anywhere leaves a record that says what to look
 * for (recover.c). */

/* What one plan is about: endpoints and ports of a container from an index on. */
struct wiring {
	struct engine *engine;
	struct container *container;
	size_t first_endpoint, first_port;
	const struct port_binding *bindings;
	size_t n_bindings;
	int netns_fd;
	bool whole; /* the container itself comes or goes */
};

struct step {
	const char *name;
	int (*apply)(struct wiring *wiring, struct error *error);
	void (*undo)(struct wiring *wiring);
};

static void undo_steps(struct wiring *wiring, const struct step *steps, size_t n)
{
	while (n-- > 0) {
		log_debug("container %s: undo %s", wiring->container->spec.name, steps[n].name);
		steps[n].undo(wiring);
	}
}

static int apply_steps(struct wiring *wiring, const struct step *steps, size_t n,
		       struct error *error)
{
	for (size_t i = 0; i < n; i++) {
		int err;

		log_debug("container %s: %s", wiring->container->spec.name, steps[i].name);
		err = steps[i].apply(wiring, error);
		if (err < 0) {
			undo_steps(wiring, steps, i + 1);
			return err;
		}
	}
	return 0;
}

#define wiring_foreach(wiring, endpoint)                                                           \
	for (size_t endpoint##_i = (wiring)->first_endpoint;                                       \
	     endpoint##_i < (wiring)->container->n_endpoints; endpoint##_i++)                      \
		for (struct endpoint *endpoint = (wiring)->container->endpoints[endpoint##_i];     \
		     endpoint; endpoint = NULL)

static bool is_wired(const struct endpoint *endpoint)
{
	return endpoint->network->spec.driver == NETWORK_DRIVER_BRIDGE;
}

/* --- addresses -------------------------------------------------------------------------------- */

static int claim_one(struct endpoint *endpoint, struct ipam_pool *pool, const struct addr *asked,
		     struct addr *ret_addr, struct error *error)
{
	const char *holder = endpoint->container->spec.name;
	int err;

	if (addr_is_set(asked)) {
		err = ipam_claim(pool, asked, holder, error);
		if (err == 0)
			*ret_addr = *asked;
	} else {
		err = ipam_alloc(pool, holder, ret_addr, error);
	}
	if (err < 0)
		error_prefix(error, "network %s", endpoint->network->spec.name);
	return err;
}

static int claim_endpoint(struct endpoint *endpoint, struct error *error)
{
	struct network *network = endpoint->network;
	char text[2 * NAME_LEN_MAX + 2];
	int err = 0;

	list_append(&network->endpoints, &endpoint->in_network);
	network->n_endpoints++;
	if (!is_wired(endpoint))
		return 0;
	if (addr_is_set(&endpoint->spec.ip4) && !network->pool4)
		return error_set(error, ERROR_INVALID, "network %s has no IPv4 subnet for %s",
				 network->spec.name, ADDR_STR(&endpoint->spec.ip4));
	if (addr_is_set(&endpoint->spec.ip6) && !network->pool6)
		return error_set(error, ERROR_INVALID, "network %s has no IPv6 subnet for %s",
				 network->spec.name, ADDR_STR(&endpoint->spec.ip6));
	if (network->pool4)
		err = claim_one(endpoint, network->pool4, &endpoint->spec.ip4, &endpoint->ip4,
				error);
	if (err == 0 && network->pool6)
		err = claim_one(endpoint, network->pool6, &endpoint->spec.ip6, &endpoint->ip6,
				error);
	/* Made of both names: the same container gets the same MAC on the same network, always. */
	(void)snprintf(text, sizeof(text), "%s/%s", endpoint->container->spec.name,
		       network->spec.name);
	endpoint->mac = endpoint->spec.has_mac ? endpoint->spec.mac : mac_from_text(text);
	return err;
}

static int claim(struct wiring *wiring, struct error *error)
{
	wiring_foreach (wiring, endpoint) {
		int err = claim_endpoint(endpoint, error);

		if (err < 0)
			return err;
		watch_sweep_addr(wiring->engine, endpoint->network, &endpoint->ip4);
		watch_sweep_addr(wiring->engine, endpoint->network, &endpoint->ip6);
	}
	return 0;
}

static void release_endpoint(struct endpoint *endpoint)
{
	struct network *network = endpoint->network;

	if (!endpoint->in_network.next || list_empty(&endpoint->in_network))
		return; /* never claimed */
	list_remove(&endpoint->in_network);
	network->n_endpoints--;
	if (network->pool4 && addr_is_set(&endpoint->ip4))
		ipam_release(network->pool4, &endpoint->ip4);
	if (network->pool6 && addr_is_set(&endpoint->ip6))
		ipam_release(network->pool6, &endpoint->ip6);
}

static void undo_claim(struct wiring *wiring)
{
	wiring_foreach (wiring, endpoint) {
		release_endpoint(endpoint);
		endpoint_enter(endpoint, ENDPOINT_GONE);
	}
}

/* --- host ports ------------------------------------------------------------------------------- */

static int reserve(struct wiring *wiring, struct error *error)
{
	return ports_resolve(wiring->engine, wiring->container, wiring->bindings,
			     wiring->n_bindings, error);
}

static void undo_reserve(struct wiring *wiring)
{
	ports_release(wiring->engine, wiring->container, wiring->first_port);
}

/* --- the record ------------------------------------------------------------------------------- */

static int record_container(struct engine *engine, const struct container *container,
			    struct error *error)
{
	_cleanup_free_ char *body = json_dumps(runtime_of(container)->asked, JSON_COMPACT);
	struct store_container row = {
		.id = container->spec.id,
		.name = container->spec.name,
		.body = body,
		.hostname = container->spec.hostname,
		.netns_inode = container->netns_inode,
		.dns_port = container->dns_port,
		.created_s = container->created.tv_sec,
		.created_ns = container->created.tv_nsec,
	};

	if (!body)
		return error_system(error, -ENOMEM, "cannot record container %s", row.name);
	return store_container_put(engine->store, &row, error);
}

static int record_endpoint(struct engine *engine, const struct endpoint *endpoint, size_t position,
			   struct error *error)
{
	json_t *json = spec_json_endpoint(&endpoint->spec);
	_cleanup_free_ char *settings = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct store_endpoint row = {
		.id = endpoint->id,
		.container = endpoint->container->spec.id,
		.network = endpoint->network->spec.id,
		.settings = settings,
		.ip4 = ADDR_STR(&endpoint->ip4),
		.ip6 = ADDR_STR(&endpoint->ip6),
		.mac = MAC_STR(&endpoint->mac),
		.ifname = endpoint->ifname,
		.host_ifname = endpoint->host_ifname,
		.position = (int)position,
	};

	json_decref(json);
	if (!settings)
		return error_system(error, -ENOMEM, "cannot record an endpoint");
	return store_endpoint_put(engine->store, &row, error);
}

static struct store_port port_row(const struct container *container, const struct port *port,
				  char host_addr[static ADDR_STR_MAX],
				  char target[static ADDR_STR_MAX])
{
	return (struct store_port){
		.container = container->spec.id,
		.protocol = port->protocol,
		.host_addr = addr_print(&port->host_addr, host_addr),
		.host_port = port->host_port,
		.container_port = port->container_port,
		.target = addr_print(&port->target, target),
	};
}

static int record_ports(struct wiring *wiring, struct error *error)
{
	const struct container *container = wiring->container;
	char host_addr[ADDR_STR_MAX], target[ADDR_STR_MAX];
	int err = 0;

	for (size_t i = wiring->first_port; err == 0 && i < container->n_ports; i++) {
		struct store_port row = port_row(container, &container->ports[i], host_addr, target);

		err = store_port_put(wiring->engine->store, &row, error);
	}
	return err;
}

static int record(struct wiring *wiring, struct error *error)
{
	struct engine *engine = wiring->engine;
	int err = store_begin(engine->store, error);

	if (err == 0 && wiring->whole)
		err = record_container(engine, wiring->container, error);
	for (size_t i = wiring->first_endpoint; err == 0 && i < wiring->container->n_endpoints; i++)
		err = record_endpoint(engine, wiring->container->endpoints[i], i, error);
	if (err == 0)
		err = record_ports(wiring, error);
	if (err == 0)
		err = store_commit(engine->store, error);
	if (err < 0)
		store_rollback(engine->store);
	return err;
}

static void remember_addresses(struct engine *engine, const struct endpoint *endpoint)
{
	const char *network = endpoint->network->spec.id, *name = endpoint->container->spec.name;

	/* A forgotten lease costs a container its old address, nothing more. */
	if (addr_is_set(&endpoint->ip4))
		(void)store_lease_remember(engine->store, network, ADDR_STR(&endpoint->ip4), name,
					   NULL);
	if (addr_is_set(&endpoint->ip6))
		(void)store_lease_remember(engine->store, network, ADDR_STR(&endpoint->ip6), name,
					   NULL);
}

static void undo_record(struct wiring *wiring)
{
	struct store *store = wiring->engine->store;
	const struct container *container = wiring->container;
	char host_addr[ADDR_STR_MAX], target[ADDR_STR_MAX];
	struct error error = { 0 };
	int err = store_begin(store, &error);

	for (size_t i = wiring->first_port; err == 0 && !wiring->whole && i < container->n_ports;
	     i++) {
		struct store_port row = port_row(container, &container->ports[i], host_addr, target);

		err = store_port_delete(store, &row, &error);
	}
	wiring_foreach (wiring, endpoint) {
		if (err == 0 && !wiring->whole)
			err = store_endpoint_delete(store, container->spec.id, endpoint->id,
						    &error);
		remember_addresses(wiring->engine, endpoint);
	}
	if (err == 0 && wiring->whole)
		err = store_container_delete(store, container->spec.id, &error);
	if (err == 0)
		err = store_commit(store, &error);
	if (err < 0) {
		store_rollback(store);
		log_error("container %s: %s", container->spec.name, error.text);
	}
}

/* --- links ------------------------------------------------------------------------------------ */

static int make_link(struct engine *engine, struct endpoint *endpoint, int netns_fd, bool publishes,
		     struct error *error)
{
	const struct network *network = endpoint->network;
	char alias[256];
	struct rtnl_veth veth = {
		.host_name = endpoint->host_ifname,
		.peer_name = endpoint->ifname,
		.netns_fd = netns_fd,
		.master = network->ifindex,
		.master_name = network->spec.bridge,
		.mtu = network->spec.mtu,
		.mac = endpoint->mac,
		.isolated = !network->spec.icc,
		.hairpin = publishes,
		.alias = alias,
	};

	(void)snprintf(alias, sizeof(alias), "%.120s on %.120s", endpoint->container->spec.name,
		       network->spec.name);
	return rtnl_veth_create(engine->rtnl, &veth, &endpoint->host_ifindex, error);
}

static int links(struct wiring *wiring, struct error *error)
{
	wiring_foreach (wiring, endpoint) {
		int err = 0;

		endpoint_enter(endpoint, ENDPOINT_PLUMBING);
		if (is_wired(endpoint))
			err = make_link(wiring->engine, endpoint, wiring->netns_fd,
					wiring->container->n_ports > 0, error);
		if (err < 0) {
			error_prefix(error, "container %s on network %s",
				     endpoint->container->spec.name, endpoint->network->spec.name);
			return err;
		}
	}
	return 0;
}

static void undo_links(struct wiring *wiring)
{
	struct error error;

	wiring_foreach (wiring, endpoint) {
		if (endpoint->state == ENDPOINT_PLUMBING || endpoint->state == ENDPOINT_UP)
			endpoint_enter(endpoint, ENDPOINT_UNDOING);
		if (endpoint->host_ifindex == 0)
			continue;
		/* The link may have gone with its netns already. */
		if (rtnl_link_doom(wiring->engine->rtnl, endpoint->host_ifindex, &error) < 0)
			log_debug("%s: %s", endpoint->host_ifname, error.text);
		else
			watch_doomed(wiring->engine, endpoint);
		endpoint->host_ifindex = 0;
	}
}

/* --- inside ----------------------------------------------------------------------------------- */

static int inside(struct wiring *wiring, struct error *error)
{
	struct container *container = wiring->container;
	int err = 0;

	if (container->host_mode)
		return 0;
	err = inside_setup(wiring->engine, container, wiring->netns_fd, wiring->first_endpoint,
			   error);
	/* A second network with a higher priority takes the default route over. */
	if (err == 0 && !wiring->whole)
		err = inside_default_routes(container, wiring->netns_fd, error);
	return err;
}

static void undo_inside(struct wiring *wiring)
{
	struct container_runtime *runtime = runtime_of(wiring->container);
	struct error error;

	if (!wiring->whole || !runtime->inside)
		return;
	if (nft_dns_redirect_remove(runtime->inside, &error) < 0)
		log_debug("container %s: %s", wiring->container->spec.name, error.text);
	watch_close_later(wiring->engine, runtime->inside);
	runtime->inside = NULL;
}

/* --- publishing ------------------------------------------------------------------------------- */

static int publish(struct wiring *wiring, struct error *error)
{
	struct container *container = wiring->container;
	int err = rules_publish(wiring->engine, container, wiring->first_port, error);

	if (err == 0) {
		/* An old flow to the port would go on to where it led before: moby#8795. */
		(void)conntrack_forget(container->ports + wiring->first_port,
				       container->n_ports - wiring->first_port, NULL);
		runtime_of(container)->n_published = container->n_ports;
	}
	return err;
}

static void undo_publish(struct wiring *wiring)
{
	struct container *container = wiring->container;
	struct container_runtime *runtime = runtime_of(container);

	if (runtime->n_published <= wiring->first_port)
		return; /* publish failed, and took back what it did */
	rules_unpublish(wiring->engine, container, wiring->first_port);
	(void)conntrack_forget(container->ports + wiring->first_port,
			       container->n_ports - wiring->first_port, NULL);
	runtime->n_published = wiring->first_port;
}

/* --- files and names -------------------------------------------------------------------------- */

static int files(struct wiring *wiring, struct error *error)
{
	return files_write(wiring->engine, wiring->container, error);
}

static void undo_files(struct wiring *wiring)
{
	if (wiring->whole)
		files_remove(wiring->engine, wiring->container);
}

static int names(struct wiring *wiring, struct error *error)
{
	(void)error;
	names_view(wiring->engine, wiring->container);
	wiring_foreach (wiring, endpoint)
		names_endpoint(wiring->engine, endpoint, false);
	names_relays(wiring->engine, wiring->container, wiring->first_port);
	names_flush(wiring->engine);
	return 0;
}

static void undo_names(struct wiring *wiring)
{
	wiring_foreach (wiring, endpoint)
		names_endpoint(wiring->engine, endpoint, true);
	if (wiring->whole)
		names_view_gone(wiring->engine, wiring->container);
	names_flush(wiring->engine);
}

/* --- the end ---------------------------------------------------------------------------------- */

static int finish(struct wiring *wiring, struct error *error)
{
	int err = 0;

	if (wiring->whole)
		err = watch_container(wiring->engine, wiring->container, error);
	if (err == 0 && wiring->whole)
		err = engine_add_container(wiring->engine, wiring->container);
	if (err == 0 && wiring->whole)
		err = store_container_up(wiring->engine->store, wiring->container->spec.id,
					 wiring->container->dns_port, error);
	if (err < 0)
		return err;
	wiring_foreach (wiring, endpoint) {
		endpoint_enter(endpoint, ENDPOINT_UP);
		events_network(wiring->engine, "connect", endpoint->network, wiring->container);
	}
	return 0;
}

static void undo_finish(struct wiring *wiring)
{
	if (wiring->whole) {
		watch_container_stop(wiring->engine, wiring->container);
		engine_drop_container(wiring->engine, wiring->container);
	}
	wiring_foreach (wiring, endpoint)
		if (endpoint->state == ENDPOINT_UP)
			events_network(wiring->engine, "disconnect", endpoint->network,
				       wiring->container);
}

static const struct step attach_steps[] = {
	{ "claim addresses", claim, undo_claim },
	{ "reserve host ports", reserve, undo_reserve },
	{ "record the intent", record, undo_record },
	{ "make links", links, undo_links },
	{ "set up inside", inside, undo_inside },
	{ "publish ports", publish, undo_publish },
	{ "write files", files, undo_files },
	{ "tell the names", names, undo_names },
	{ "finish", finish, undo_finish },
};

static const struct step port_steps[] = {
	{ "reserve host ports", reserve, undo_reserve },
	{ "record the intent", record, undo_record },
	{ "publish ports", publish, undo_publish },
	{ "tell the names", names, undo_names },
};

/* --- attach ----------------------------------------------------------------------------------- */

/* The spec moves into the container; engine_attach gives it back when the attach fails. */
static int take_spec(struct container_spec *from, struct container *container, struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);

	runtime->asked = spec_json_container(from);
	if (!runtime->asked)
		return error_system(error, -ENOMEM, "cannot attach %s", from->name);
	container->spec = *from;
	*from = (struct container_spec){ 0 };
	if (!container->spec.id[0])
		engine_random_id(container->spec.id);
	if (!container->spec.hostname[0])
		(void)snprintf(container->spec.hostname, sizeof(container->spec.hostname), "%.*s",
			       ID_SHORT_LEN, container->spec.id);
	(void)clock_gettime(CLOCK_REALTIME, &container->created);
	return 0;
}

static bool ifname_is_taken(const struct container *container, const char *ifname)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i]->ifname, ifname) == 0)
			return true;
	return false;
}

static int choose_ifname(const struct container *container, struct endpoint *endpoint,
			 struct error *error)
{
	const char *prefix = endpoint->network->spec.ifname_prefix;

	if (endpoint->spec.ifname[0]) {
		memcpy(endpoint->ifname, endpoint->spec.ifname, sizeof(endpoint->ifname));
		if (ifname_is_taken(container, endpoint->ifname))
			return error_set(error, ERROR_INVALID,
					 "interface name %s is given to two networks of container %s",
					 endpoint->ifname, container->spec.name);
		return 0;
	}
	for (unsigned int i = 0; i <= NETWORKS_PER_CONTAINER_MAX; i++) {
		(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "%s%u",
			       prefix[0] ? prefix : "eth", i);
		if (!ifname_is_taken(container, endpoint->ifname))
			break;
	}
	return 0;
}

static int refuse_mixed(const struct container *container, const struct network *network,
			struct error *error)
{
	const struct network *first =
		container->n_endpoints > 0 ? container->endpoints[0]->network : network;

	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i]->network == network)
			return error_set(error, ERROR_FORBIDDEN,
					 "endpoint with name %s already exists in network %s",
					 container->spec.name, network->spec.name);
	if (container->n_endpoints >= NETWORKS_PER_CONTAINER_MAX)
		return error_set(error, ERROR_INVALID, "container %s is on %d networks, the most "
						       "there can be",
				 container->spec.name, NETWORKS_PER_CONTAINER_MAX);
	if (first != network && (first->spec.driver == NETWORK_DRIVER_HOST ||
				 network->spec.driver == NETWORK_DRIVER_HOST))
		return error_set(error, ERROR_INVALID,
				 "container %s cannot be on the host network and on another one",
				 container->spec.name);
	if (first != network && (first->spec.driver == NETWORK_DRIVER_NULL ||
				 network->spec.driver == NETWORK_DRIVER_NULL))
		return error_set(error, ERROR_INVALID,
				 "container cannot be connected to multiple networks with one of "
				 "the networks in private (none) mode");
	return 0;
}

static int add_endpoint(struct engine *engine, struct container *container,
			const struct endpoint_spec *spec, struct error *error)
{
	struct endpoint **endpoints, *endpoint;
	struct network *network;
	int err = engine_network_find(engine, spec->network, &network, error);

	if (err == 0)
		err = refuse_mixed(container, network, error);
	if (err < 0)
		return err;
	endpoints = realloc(container->endpoints,
			    (container->n_endpoints + 1) * sizeof(*endpoints));
	if (!endpoints)
		return error_system(error, -ENOMEM, "cannot attach %s", container->spec.name);
	container->endpoints = endpoints;
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint || endpoint_spec_copy(spec, &endpoint->spec) < 0) {
		free(endpoint);
		return error_system(error, -ENOMEM, "cannot attach %s", container->spec.name);
	}
	endpoint->network = network;
	endpoint->container = container;
	engine_random_id(endpoint->id);
	(void)snprintf(endpoint->host_ifname, sizeof(endpoint->host_ifname), "nd%.12s",
		       endpoint->id);
	err = choose_ifname(container, endpoint, error);
	endpoints[container->n_endpoints++] = endpoint;
	container->host_mode |= network->spec.driver == NETWORK_DRIVER_HOST;
	return err;
}

static void drop_endpoints(struct container *container, size_t first)
{
	while (container->n_endpoints > first) {
		struct endpoint *endpoint = container->endpoints[--container->n_endpoints];

		endpoint_spec_done(&endpoint->spec);
		free(endpoint);
	}
}

/* Attached already? 1: the same way; 0: not at all; else the conflict. What is dead makes room. */
static int find_former(struct engine *engine, const struct container_spec *spec,
		       struct container **ret_container, struct error *error)
{
	struct container *former = map_get_str(engine->container_by_name, spec->name);
	json_t *asked;
	int same;

	if (!former && spec->id[0])
		former = map_get_str(engine->container_by_id, spec->id);
	if (!former)
		return 0;
	if (watch_container_is_dead(former)) {
		int err = engine_detach(engine, former->spec.id, error);

		return err < 0 ? err : 0;
	}
	asked = spec_json_container(spec);
	same = json_equal(asked, runtime_of(former)->asked);
	json_decref(asked);
	if (same) {
		*ret_container = former;
		return 1;
	}
	return error_set(error, ERROR_CONFLICT,
			 "%s %s is in use by container %s (%.12s), which is attached in another way: "
			 "detach it first (`netctl detach %s`), or choose another",
			 strcmp(former->spec.name, spec->name) == 0 ? "the name" : "the id",
			 strcmp(former->spec.name, spec->name) == 0 ? spec->name : spec->id,
			 former->spec.name, former->spec.id, former->spec.name);
}

/* Which netns may be wired: host mode wants ours, everything else another one that is nobody's. */
static int check_netns(struct engine *engine, const struct container *container,
		       struct error *error)
{
	const char *where = container->spec.netns_path ? container->spec.netns_path : "";
	bool own = container->netns_inode == netns_self_inode();
	struct container *other;

	if (container->host_mode && !own)
		return error_set(error, ERROR_INVALID,
				 "container %s: on network host nothing is wired, so its network "
				 "namespace must be the host's own, and %s%s is another",
				 container->spec.name, where,
				 *where ? "" : "that of its process");
	if (container->host_mode)
		return 0;
	if (own)
		return error_set(error, ERROR_INVALID,
				 "container %s: its network namespace is the host's own: only the "
				 "network host allows that",
				 container->spec.name);
	other = map_get(engine->container_by_netns, &container->netns_inode,
			sizeof(container->netns_inode));
	if (other && watch_container_is_dead(other))
		return engine_detach(engine, other->spec.id, error);
	if (other)
		return error_set(error, ERROR_CONFLICT,
				 "container %s: its network namespace belongs to container %s "
				 "already",
				 container->spec.name, other->spec.name);
	return 0;
}

static int attach_new(struct engine *engine, struct container *container, struct error *error)
{
	const struct container_spec *spec = &container->spec;
	_cleanup_close_ int netns_fd = -1;
	struct wiring wiring = {
		.engine = engine,
		.container = container,
		.bindings = spec->ports,
		.n_bindings = spec->n_ports,
		.whole = true,
	};
	int err = 0;

	for (size_t i = 0; err == 0 && i < spec->n_endpoints; i++)
		err = add_endpoint(engine, container, &spec->endpoints[i], error);
	if (err < 0)
		return err;
	netns_fd = inside_open_netns(container, &container->netns_inode, error);
	if (netns_fd < 0) {
		error_prefix(error, "container %s", spec->name);
		return netns_fd;
	}
	err = check_netns(engine, container, error);
	if (err < 0)
		return err;
	/* What was detached from this netns a moment ago may still be in it. */
	watch_sweep_netns(engine, container->netns_inode);
	wiring.netns_fd = netns_fd;
	return apply_steps(&wiring, attach_steps, ARRAY_SIZE(attach_steps), error);
}

int engine_attach(struct engine *engine, struct container_spec *spec,
		  struct container **ret_container, bool *ret_created, struct error *error)
{
	struct container *container = NULL;
	int err = find_former(engine, spec, &container, error);

	if (err != 0) {
		if (err < 0)
			return err;
		*ret_container = container;
		*ret_created = false;
		return 0;
	}
	container = container_new(engine);
	if (!container)
		return error_system(error, -ENOMEM, "cannot attach %s", spec->name);
	err = take_spec(spec, container, error);
	if (err == 0)
		err = attach_new(engine, container, error);
	if (err < 0) {
		if (container->spec.name[0])
			*spec = container->spec;
		container->spec = (struct container_spec){ 0 };
		container_free(container);
		return err;
	}
	log_info("event=attach name=%s id=%.12s networks=%zu ports=%zu", container->spec.name,
		 container->spec.id, container->n_endpoints, container->n_ports);
	events_container(engine, "start", container);
	*ret_container = container;
	*ret_created = true;
	return 0;
}

static int open_alive(struct container *container, struct error *error)
{
	uint64_t inode = 0;
	int fd = inside_open_netns(container, &inode, error);

	if (fd >= 0 && inode != container->netns_inode) {
		(void)close(fd);
		return error_set(error, ERROR_NOT_FOUND,
				 "container %s: its network namespace is gone",
				 container->spec.name);
	}
	return fd;
}

void engine_take_down(struct engine *engine, struct container *container)
{
	struct wiring wiring = { .engine = engine, .container = container, .whole = true };

	undo_steps(&wiring, attach_steps, ARRAY_SIZE(attach_steps));
}

int engine_repair_links(struct engine *engine, struct container *container, struct error *error)
{
	_cleanup_close_ int netns_fd = open_alive(container, error);
	bool publishes = container->n_ports > 0;
	int err = 0;

	if (netns_fd < 0)
		return netns_fd;
	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];

		if (!is_wired(endpoint))
			continue;
		/* What is left of the pair (a port without its bridge) goes first. */
		if (endpoint->host_ifindex)
			err = rtnl_link_delete(engine->rtnl, endpoint->host_ifindex, error);
		endpoint->host_ifindex = 0;
		if (err == 0)
			err = make_link(engine, endpoint, netns_fd, publishes, error);
	}
	if (err == 0)
		err = inside_setup(engine, container, netns_fd, 0, error);
	return err;
}

int engine_detach(struct engine *engine, const char *ref, struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	engine_take_down(engine, container);
	log_info("event=detach name=%s id=%.12s", container->spec.name, container->spec.id);
	events_container(engine, "die", container);
	container_free(container);
	return 0;
}

/* --- connect and disconnect ------------------------------------------------------------------- */

/* After an endpoint went: default routes, view and files are those of the rest. */
static void settle(struct engine *engine, struct container *container)
{
	struct error error;
	_cleanup_close_ int netns_fd = open_alive(container, &error);

	if (netns_fd >= 0 && inside_default_routes(container, netns_fd, &error) < 0)
		log_warn("container %s: %s", container->spec.name, error.text);
	names_view(engine, container);
	names_flush(engine);
	if (files_write(engine, container, &error) < 0)
		log_warn("container %s: %s", container->spec.name, error.text);
}

int engine_connect(struct engine *engine, const char *ref, const struct endpoint_spec *spec,
		   struct error *error)
{
	struct wiring wiring = { .engine = engine };
	struct container *container;
	struct network *network;
	_cleanup_close_ int netns_fd = -1;
	int err = engine_network_find(engine, spec->network, &network, error);

	if (err == 0)
		err = engine_container_find(engine, ref, &container, error);
	if (err < 0)
		return err;
	if (network->spec.driver == NETWORK_DRIVER_HOST || container->host_mode)
		return error_set(error, ERROR_INVALID,
				 "cannot connect container to host network - container must be "
				 "created in host network mode");
	netns_fd = open_alive(container, error);
	if (netns_fd < 0)
		return netns_fd;
	watch_sweep_netns(engine, container->netns_inode);
	wiring.container = container;
	wiring.first_endpoint = container->n_endpoints;
	wiring.first_port = container->n_ports;
	wiring.netns_fd = netns_fd;
	err = add_endpoint(engine, container, spec, error);
	if (err == 0)
		err = apply_steps(&wiring, attach_steps, ARRAY_SIZE(attach_steps), error);
	if (err < 0) {
		drop_endpoints(container, wiring.first_endpoint);
		settle(engine, container);
		return err;
	}
	log_info("event=connect name=%s network=%s", container->spec.name, network->spec.name);
	return 0;
}

static bool targets(const struct port *port, const struct endpoint *endpoint)
{
	return addr_equal(&port->target, &endpoint->ip4) ||
	       addr_equal(&port->target, &endpoint->ip6);
}

/* Ports that led to an endpoint which goes away lead to the container's next way in, or end. Ports
 * that end are moved behind the others and unwound like any plan. */
static void retarget(struct wiring *wiring, const struct endpoint *gone)
{
	struct container *container = wiring->container;
	struct wiring all = {
		.engine = wiring->engine,
		.container = container,
		.first_endpoint = container->n_endpoints,
	};
	struct error error;
	bool any = false;

	for (size_t i = 0; i < container->n_ports; i++)
		any |= targets(&container->ports[i], gone);
	if (!any)
		return;
	undo_publish(&all);
	for (size_t i = 0; i < container->n_ports;) {
		if (!targets(&container->ports[i], gone) ||
		    ports_retarget(container, &container->ports[i])) {
			i++;
			continue;
		}
		ports_move_last(container, i);
		all.first_port = container->n_ports - 1;
		undo_record(&all);
		undo_reserve(&all);
	}
	all.first_port = 0;
	if (record(&all, &error) < 0 || publish(&all, &error) < 0)
		log_error("container %s: %s", container->spec.name, error.text);
	names_relays(wiring->engine, container, 0);
}

static void move_endpoint_last(struct container *container, size_t i)
{
	struct endpoint *endpoint = container->endpoints[i];

	memmove(&container->endpoints[i], &container->endpoints[i + 1],
		(container->n_endpoints - i - 1) * sizeof(container->endpoints[0]));
	container->endpoints[container->n_endpoints - 1] = endpoint;
}

static void disconnect(struct engine *engine, struct container *container, size_t i)
{
	struct wiring wiring = { .engine = engine, .container = container };
	struct endpoint *endpoint = container->endpoints[i];

	move_endpoint_last(container, i);
	container->n_endpoints--;
	retarget(&wiring, endpoint);
	container->n_endpoints++;
	wiring.first_endpoint = container->n_endpoints - 1;
	wiring.first_port = container->n_ports;
	undo_steps(&wiring, attach_steps, ARRAY_SIZE(attach_steps));
	drop_endpoints(container, container->n_endpoints - 1);
	/* The container lives on and looks: its interface is gone when the caller hears so. */
	watch_sweep_netns(engine, container->netns_inode);
	settle(engine, container);
}

int engine_disconnect(struct engine *engine, const char *network_ref, const char *ref, bool force,
		      struct error *error)
{
	struct container *container;
	struct network *network;
	int err = engine_network_find(engine, network_ref, &network, error);

	if (err == 0)
		err = engine_container_find(engine, ref, &container, error);
	if (err < 0)
		return force && err == -ENOENT ? 0 : err;
	if (container->host_mode)
		return error_set(error, ERROR_INVALID,
				 "cannot disconnect container from host network - container was "
				 "created in host network mode");
	for (size_t i = 0; i < container->n_endpoints; i++) {
		if (container->endpoints[i]->network != network)
			continue;
		disconnect(engine, container, i);
		log_info("event=disconnect name=%s network=%s", container->spec.name,
			 network->spec.name);
		return 0;
	}
	if (force)
		return 0;
	return error_set(error, ERROR_INTERNAL, "container %s is not connected to network %s",
			 container->spec.name, network->spec.name);
}

/* --- ports of a running container ------------------------------------------------------------- */

/* A container's first published port makes its bridge ports reflect: it may reach itself through the
 * host's address. */
static void switch_hairpin(struct engine *engine, const struct container *container)
{
	struct error error;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		int ifindex = container->endpoints[i]->host_ifindex;

		if (ifindex && rtnl_port_hairpin(engine->rtnl, ifindex, container->n_ports > 0,
						 &error) < 0)
			log_warn("container %s: %s", container->spec.name, error.text);
	}
}

int engine_ports_add(struct engine *engine, const char *ref, const struct port_binding *bindings,
		     size_t n_bindings, struct error *error)
{
	struct wiring wiring = {
		.engine = engine,
		.bindings = bindings,
		.n_bindings = n_bindings,
	};
	struct container *container;
	size_t before;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	before = container->n_ports;
	wiring.container = container;
	wiring.first_endpoint = container->n_endpoints;
	wiring.first_port = before;
	err = apply_steps(&wiring, port_steps, ARRAY_SIZE(port_steps), error);
	if (err == 0 && before == 0)
		switch_hairpin(engine, container);
	return err;
}

static bool binding_covers(const struct port_binding *binding, const struct port *port)
{
	if (binding->protocol != port->protocol || binding->container_port != port->container_port)
		return false;
	if (binding->host_port && (port->host_port < binding->host_port ||
				   port->host_port > binding->host_port_end))
		return false;
	return !addr_is_set(&binding->host_addr) ||
	       addr_equal(&binding->host_addr, &port->host_addr);
}

/* Moves the ports a binding covers behind the others. Returns how many. */
static size_t gather(struct container *container, const struct port_binding *binding,
		     size_t n_gathered)
{
	size_t n = 0;

	for (size_t i = 0; i < container->n_ports - n_gathered - n;) {
		if (!binding_covers(binding, &container->ports[i])) {
			i++;
			continue;
		}
		ports_move_last(container, i);
		n++;
	}
	return n;
}

int engine_ports_remove(struct engine *engine, const char *ref,
			const struct port_binding *bindings, size_t n_bindings, struct error *error)
{
	struct wiring wiring = { .engine = engine };
	struct container *container;
	size_t n_gone = 0;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n_bindings; i++) {
		size_t n = gather(container, &bindings[i], n_gone);

		if (n == 0)
			return error_set(error, ERROR_NOT_FOUND,
					 "container %s does not publish %u/%s there: see `netctl "
					 "port ls %s`",
					 container->spec.name, bindings[i].container_port,
					 protocol_name(bindings[i].protocol), container->spec.name);
		n_gone += n;
	}
	wiring.container = container;
	wiring.first_endpoint = container->n_endpoints;
	wiring.first_port = container->n_ports - n_gone;
	undo_steps(&wiring, port_steps, ARRAY_SIZE(port_steps));
	names_flush(engine);
	if (container->n_ports == 0)
		switch_hairpin(engine, container);
	return 0;
}

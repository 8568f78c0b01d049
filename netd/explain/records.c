// SPDX-License-Identifier: GPL-2.0-or-later
// records.c - what netd has made, from its records: for when it is dead, or does not answer
#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_parse.h"
#include "diag/belief.h"
#include "explain/explain.h"
#include "model/container/port.h"
#include "model/network/segment.h"
#include "model/network/service.h"
#include "model/request/request.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. Opening the records may write to them: what one of two lacks is made
 * again from the other. So they are copied first, to a file system of memory that is mounted
 * over their folder in a mount namespace of this process alone. Nobody else sees it, and it
 * goes with the process, however that ends. What is read is then what netd itself would start
 * with. Containers carry their networks by id, so networks are read first. Endpoints and ports
 * are read for each container, in the order of positions. */

struct reading {
	struct facts *facts;
	struct store *store;
	/* How many entries there is room for; grow() keeps it. Those of endpoints and ports are
	 * of the present container, and begin anew with each. */
	size_t room_networks, room_containers;
	struct facts_container *container; /* whose endpoints and ports are read */
	size_t room_endpoints, room_ports;
	bool is_mounted; /* the copy's file system */
};

static int no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot read netd's records");
}

/* --- the copy --------------------------------------------------------------------------------- */

static int copy_bytes(int from, int to)
{
	char data[65536];
	ssize_t n;

	/* A file that netd writes meanwhile is read as far as it goes: the store's own checks
	 * find out what is whole. A short write on a file system of memory means that it is
	 * full. */
	while ((n = read(from, data, sizeof(data))) > 0)
		if (write(to, data, (size_t)n) != n)
			return -EIO;
	return n < 0 ? -errno : 0;
}

/* One that is not there is none: a journal may be, or the database. O_NOFOLLOW: in a folder of
 * root's no link is expected. PATH_MAX is of the folder; the name adds its own. */
static int copy_file(int dir_fd, const char *name, const char *to_dir)
{
	_cleanup_close_ int from = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_close_ int to = -1;
	char path[PATH_MAX + NAME_MAX];

	if (from < 0)
		return errno == ENOENT ? 0 : -errno;
	(void)snprintf(path, sizeof(path), "%s/%s", to_dir, name);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return to < 0 ? -errno : copy_bytes(from, to);
}

/* A half is the records of networks, or those of containers: a journal and a database, of which
 * each can make up for the other. */
static int copy_half(int dir_fd, const char *base, const char *to_dir)
{
	static const char *const ends[] = { ".journal", ".db", ".db-wal" };
	int err = mkdir(to_dir, 0700) < 0 ? -errno : 0;

	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(ends); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%s", base, ends[i]);
		err = copy_file(dir_fd, name, to_dir);
	}
	return err;
}

/* MS_PRIVATE first: without it the mount would be propagated to the host's namespace, over the
 * folder that netd writes to. */
static int mount_memory(const char *dir)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
		return -errno;
	return 0;
}

static int open_copy(const struct explain_options *options, struct reading *reading,
		     struct error *error)
{
	/* The descriptors are opened before the mount, which hides the folder that they lead to. */
	_cleanup_close_ int run_fd = open(options->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int state_fd = open(options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char run[PATH_MAX], state[PATH_MAX];
	int err;

	if (run_fd < 0 || state_fd < 0)
		return error_system(error, -errno, "cannot read netd's records in %s",
				    run_fd < 0 ? options->run_dir : options->state_dir);
	err = mount_memory(options->run_dir);
	if (err < 0)
		return error_system(error, err, "cannot copy netd's records, which takes root");
	reading->is_mounted = true;
	(void)snprintf(run, sizeof(run), "%s/run", options->run_dir);
	(void)snprintf(state, sizeof(state), "%s/state", options->run_dir);
	err = copy_half(run_fd, "run", run);
	if (err == 0)
		err = copy_half(state_fd, "networks", state);
	if (err < 0)
		(void)error_system(error, err, "cannot copy netd's records");
	else
		err = store_open(state, run, &reading->store, error);
	return err;
}

/* --- networks --------------------------------------------------------------------------------- */

/* It fills what a snapshot says of a network, by the same rules: masquerading is off where a
 * gateway is routed, whatever is set. */
static int fill_network(const struct network_spec *spec, struct facts_network *network)
{
	(void)snprintf(network->driver, sizeof(network->driver), "%s", spec->kind->name);
	network->mtu = spec->mtu;
	network->internal = spec->internal;
	network->icc = spec->icc;
	for (enum family family = 0; family < FAMILY_N; family++) {
		enum gateway_mode mode = spec->gateway_mode[family];

		network->subnet[family] = spec->subnet[family].prefix;
		network->gateway[family] = spec->subnet[family].gateway;
		network->masquerade[family] = spec->masquerade && mode != GATEWAY_MODE_ROUTED;
		network->routed[family] = mode == GATEWAY_MODE_ROUTED ||
					  mode == GATEWAY_MODE_NAT_UNPROTECTED;
		network->bridge_addr[family] = network_bridge_addr(spec, family_af(family)).addr;
	}
	/* A kind without bridges has nothing on the host that could be looked at by name. */
	if (!spec->kind->bridged)
		return 0;
	network->bridges = calloc(1, sizeof(*network->bridges));
	if (!network->bridges)
		return -ENOMEM;
	network->n_bridges = 1;
	/* A name that the user chose, or one of the id, as the plumber makes it. A network with
	 * segments has more bridges; which are known to the kernel alone. */
	if (spec->bridge[0])
		(void)snprintf(network->bridges[0], FACTS_IFNAME, "%s", spec->bridge);
	else
		(void)snprintf(network->bridges[0], FACTS_IFNAME, "br-%.*s", ID_SHORT_LEN,
			       network->id);
	return 0;
}

/* A service that makes no sense is left out, as the engine leaves it out. */
static int add_service(struct facts_network *network, const json_t *record)
{
	size_t room = network->n_services; /* for one more each time: they are few */
	struct facts_service *items;
	struct service_spec spec;

	if (request_service(record, &spec, NULL) < 0)
		return 0;
	items = grow(network->services, &room, network->n_services + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	network->services = items;
	items += network->n_services;
	*items = (struct facts_service) { 0 };
	memcpy(items->name, spec.name, sizeof(items->name));
	memcpy(items->addr, spec.ip, sizeof(items->addr));
	items->ports = calloc(spec.n_ports + 1, sizeof(*items->ports));
	if (!items->ports)
		return -ENOMEM;
	for (size_t i = 0; i < spec.n_ports; i++)
		items->ports[i] =
			(struct facts_service_port) { spec.ports[i].protocol, spec.ports[i].port,
						      spec.ports[i].target, spec.ports[i].publish };
	items->n_ports = spec.n_ports;
	network->n_services++;
	return 0;
}

static int add_services(struct facts_network *network, const json_t *body)
{
	const json_t *record;
	size_t i;
	int err = 0;

	json_array_foreach (json_object_get(body, NETWORK_SERVICES), i, record)
		if (err == 0)
			err = add_service(network, record);
	return err;
}

/* A record that cannot be read fails the whole: a network that is left out would make its
 * containers look lost. */
static int on_network(const struct store_network *row, void *data, struct error *error)
{
	struct reading *reading = data;
	struct facts *facts = reading->facts;
	struct facts_network *items = grow(facts->networks, &reading->room_networks,
					   facts->n_networks + 1, sizeof(*items));
	struct network_spec spec;
	json_auto_t *body = NULL;
	int err;

	if (!items)
		return no_memory(error);
	facts->networks = items;
	items += facts->n_networks;
	/* It is counted when it is filled, and belief_done() frees what is counted. */
	*items = (struct facts_network) { 0 };
	err = json_parse_record(row->body, strlen(row->body), &body, error);
	if (err == 0)
		err = request_network_create(body, &spec, error);
	if (err < 0) {
		error_prefix(error, "network %s", row->name);
		return err;
	}
	(void)snprintf(items->name, sizeof(items->name), "%s", row->name);
	(void)snprintf(items->id, sizeof(items->id), "%s", row->id);
	err = fill_network(&spec, items);
	if (err == 0)
		err = add_services(items, body);
	network_spec_done(&spec);
	/* The half that was filled belongs to the facts now, even when it lacks its bridges. */
	facts->n_networks++;
	return err < 0 ? no_memory(error) : 0;
}

/* --- containers ------------------------------------------------------------------------------- */

/* The services that its label names. */
static int add_named(struct facts_container *container, const struct container_spec *spec)
{
	const char *rest = service_label(spec->labels);
	char name[NAME_LEN_MAX + 1];
	int err = 0;

	while (err == 0 && service_next_named(&rest, name))
		err = belief_add_service(container, name);
	return err;
}

/* spec is the request that was recorded; everything that netd chose afterwards is in the row. */
static int on_container(const struct store_container *row, void *data, struct error *error)
{
	struct reading *reading = data;
	struct facts *facts = reading->facts;
	struct facts_container *items = grow(facts->containers, &reading->room_containers,
					     facts->n_containers + 1, sizeof(*items));
	struct container_spec spec = { 0 };
	json_auto_t *body = NULL;
	int err;

	if (!items)
		return no_memory(error);
	facts->containers = items;
	items += facts->n_containers;
	if (!row->up) /* an attach that had not ended: nobody was told that it is there */
		return 0;
	/* no_resolver: netd keeps no port for it, so nothing answers at the container's
	 * resolver address. */
	*items = (struct facts_container) { .netns = row->netns_inode,
					    .no_resolver = row->dns_port == 0 };
	err = json_parse_record(row->body, strlen(row->body), &body, error);
	if (err == 0)
		err = request_container(body, &spec, error);
	if (err < 0) {
		error_prefix(error, "container %s", row->name);
		return err;
	}
	(void)snprintf(items->name, sizeof(items->name), "%s", row->name);
	(void)snprintf(items->id, sizeof(items->id), "%s", row->id);
	items->pid = spec.pid;
	if (spec.netns_path)
		/* A path was given by who attached it; a process has its own below /proc. */
		(void)snprintf(items->path, sizeof(items->path), "%s", spec.netns_path);
	else if (spec.pid > 0)
		(void)snprintf(items->path, sizeof(items->path), "/proc/%d/ns/net", (int)spec.pid);
	err = add_named(items, &spec);
	container_spec_done(&spec);
	facts->n_containers++;
	/* The hostname is one more name that neighbours can ask for. */
	if (err < 0 || belief_add_name(items, row->name) < 0 ||
	    (row->hostname[0] && belief_add_name(items, row->hostname) < 0))
		return no_memory(error);
	return 0;
}

/* A network may have gone with its endpoints left behind; NULL then. */
static const struct facts_network *network_of(const struct facts *facts, const char *id)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		if (strcmp(facts->networks[i].id, id) == 0)
			return &facts->networks[i];
	return NULL;
}

/* An alias that is no string is left out, as the engine leaves it out. */
static int add_aliases(struct facts_container *container, const json_t *settings)
{
	const json_t *aliases = json_object_get(settings, "Aliases");
	int err = 0;

	for (size_t i = 0; err == 0 && i < json_array_size(aliases); i++) {
		const char *alias = json_string_value(json_array_get(aliases, i));

		err = alias ? belief_add_name(container, alias) : 0;
	}
	return err;
}

/* Those that an option of the connection names. */
static int add_served(struct facts_container *container, const struct facts_network *network,
		      const json_t *settings)
{
	const char *rest = service_label(json_object_get(settings, "DriverOpts"));
	char name[NAME_LEN_MAX + 1];
	int err = 0;

	while (err == 0 && service_next_named(&rest, name))
		err = belief_add_served(container, network, name);
	return err;
}

static void fill_endpoint(const struct store_endpoint *row, const struct facts_network *network,
			  struct facts_endpoint *endpoint)
{
	*endpoint = (struct facts_endpoint) { 0 };
	(void)snprintf(endpoint->id, sizeof(endpoint->id), "%s", row->id);
	(void)snprintf(endpoint->network, sizeof(endpoint->network), "%s",
		       network ? network->name : row->network);
	(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "%s", row->ifname);
	(void)snprintf(endpoint->host_ifname, sizeof(endpoint->host_ifname), "%s",
		       row->host_ifname);
	/* mac_parse() fails for an empty text, and the address stays zero: a host's link has
	 * none of netd's. */
	(void)mac_parse(row->mac, &endpoint->mac); /* a host's has none */
	for (enum family family = 0; family < FAMILY_N; family++) {
		struct prefix *addr = &endpoint->addr[family];

		/* Without the network nobody knows its prefix length, and an address without
		 * one would lead astray. */
		if (addr_parse(row->ip[family], &addr->addr) < 0 || !network)
			continue;
		addr->len = network->subnet[family].len;
		endpoint->gateway[family] = network->gateway[family];
	}
}

static int on_endpoint(const struct store_endpoint *row, void *data, struct error *error)
{
	struct reading *reading = data;
	struct facts_container *container = reading->container;
	const struct facts_network *network = network_of(reading->facts, row->network);
	struct facts_endpoint *items;
	json_auto_t *settings = NULL;

	/* The row is an intent: the endpoint is not made yet. */
	if (row->position == STORE_INTENT)
		return 0;
	items = grow(container->endpoints, &reading->room_endpoints, container->n_endpoints + 1,
		     sizeof(*items));
	if (!items)
		return no_memory(error);
	container->endpoints = items;
	items += container->n_endpoints++;
	fill_endpoint(row, network, items);
	/* The host driver has no endpoint of its own; the container lives in the host's
	 * namespace. */
	container->host_mode |= network && strcmp(network->driver, "host") == 0;
	if (json_parse_record(row->settings, strlen(row->settings), &settings, NULL) < 0)
		return 0; /* aliases and a segment are all that is lost */
	/* Which of several bridges it is at the kernel knows. A segment's bridge is known to
	 * the kernel alone. */
	if (network && network->n_bridges == 1 && !json_object_get(settings, ENDPOINT_SEGMENT))
		memcpy(items->bridge, network->bridges[0], FACTS_IFNAME);
	return add_aliases(container, settings) < 0 || add_served(container, network, settings) < 0
		       ? no_memory(error)
		       : 0;
}

/* As a snapshot says it. Ports that are held for somebody are in no record, and are as others.
 * A port is done by NAT when it has a target and needs no process of netd's that relays it. */
static bool is_nat(const struct store_port *row, const struct addr *host_addr)
{
	struct port port = { .protocol = (uint8_t)row->protocol,
			     .host_addr = *host_addr,
			     .host_port = (uint16_t)row->host_port,
			     .container_port = (uint16_t)row->container_port };

	return row->target && addr_parse(row->target, &port.target) == 0 &&
	       addr_is_set(&port.target) && !port_is_routed(&port) && !port_needs_relay(&port);
}

static int on_port(const struct store_port *row, void *data, struct error *error)
{
	struct reading *reading = data;
	struct facts_container *container = reading->container;
	struct facts_port *items = grow(container->ports, &reading->room_ports,
					container->n_ports + 1, sizeof(*items));

	if (!items)
		return no_memory(error);
	container->ports = items;
	items += container->n_ports;
	*items = (struct facts_port) { .host_port = (uint16_t)row->host_port,
				       .port = (uint16_t)row->container_port,
				       .count = (uint16_t)row->n,
				       .protocol = (uint8_t)row->protocol };
	/* A host address that cannot be read leaves the port out; it is unknown, and not
	 * "nowhere". */
	if (addr_parse(row->host_addr, &items->host) < 0)
		return 0;
	items->is_nat = is_nat(row, &items->host);
	container->n_ports++;
	return 0;
}

static int read_all(struct reading *reading, struct error *error)
{
	struct facts *facts = reading->facts;
	int err = store_networks_each(reading->store, on_network, reading, error);

	if (err == 0)
		err = store_containers_each(reading->store, on_container, reading, error);
	for (size_t i = 0; err == 0 && i < facts->n_containers; i++) {
		const char *id = facts->containers[i].id;

		reading->container = &facts->containers[i];
		reading->room_endpoints = reading->room_ports = 0;
		err = store_endpoints_each(reading->store, id, on_endpoint, reading, error);
		if (err == 0)
			err = store_ports_each(reading->store, id, on_port, reading, error);
		/* The key is made when the container is whole: two that share a namespace get
		 * the same one. */
		belief_space_key(&facts->containers[i]);
	}
	return err;
}

int explain_records(const struct explain_options *options, struct facts *facts, struct error *error)
{
	struct reading reading = { .facts = facts };
	struct store_figures state, run;
	int err = open_copy(options, &reading, error);

	if (err == 0)
		err = read_all(&reading, error);
	if (err == 0) {
		/* The generation says which state of netd's this is, as a snapshot says it. */
		store_figures(reading.store, &state, &run);
		facts->generation = run.generation;
		facts->source = "records";
	} else {
		belief_done(facts);
	}
	store_close(reading.store);
	if (reading.is_mounted)
		(void)umount2(options->run_dir, MNT_DETACH); /* it goes with this process anyway */
	return err;
}

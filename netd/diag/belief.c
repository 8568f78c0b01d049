// SPDX-License-Identifier: GPL-2.0-or-later
// belief.c - what netd believes there is, from its snapshot into the facts
#include "diag/belief.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_parse.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. The text is netd's own, and yet it is read like a stranger's: whoever
 * diagnoses may be older or newer than the daemon, and a file of facts may come from anybody. What
 * is not there is left empty, what has another type than it must have is an error, and keys that
 * nobody here knows are passed over. */

struct reading {
	struct facts *facts;
	struct error *error;
};

/* Ports of one container follow one another. */
struct reading_ports {
	size_t at;   /* whose was the last one */
	size_t room; /* of its ports */
};

/* --- members ---------------------------------------------------------------------------------- */

static int bad_member(const struct reading *reading, const char *key, const char *wanted)
{
	return error_set(reading->error, ERROR_INVALID, "the snapshot's %s is not %s", key, wanted);
}

/* NULL: it is not there, or null. */
static const json_t *member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

static int read_text(const struct reading *reading, const json_t *object, const char *key,
		     char *ret_text, size_t size)
{
	const json_t *value = member(object, key);

	if (value && !json_is_string(value))
		return bad_member(reading, key, "a string");
	if (value && json_string_length(value) >= size)
		return bad_member(reading, key, "as short as it must be");
	(void)snprintf(ret_text, size, "%s", value ? json_string_value(value) : "");
	return 0;
}

static int read_number(const struct reading *reading, const json_t *object, const char *key,
		       int64_t max, int64_t *ret_number)
{
	const json_t *value = member(object, key);

	if (value && !json_is_integer(value))
		return bad_member(reading, key, "a whole number");
	*ret_number = value ? json_integer_value(value) : 0;
	if (*ret_number < 0 || *ret_number > max)
		return bad_member(reading, key, "a number that may be");
	return 0;
}

static int read_bool(const struct reading *reading, const json_t *object, const char *key,
		     bool *ret_value)
{
	const json_t *value = member(object, key);

	if (value && !json_is_boolean(value))
		return bad_member(reading, key, "true or false");
	*ret_value = json_is_true(value);
	return 0;
}

static int read_addr(const struct reading *reading, const json_t *object, const char *key,
		     struct addr *ret_addr)
{
	const json_t *value = member(object, key);

	*ret_addr = (struct addr) { 0 };
	if (value && (!json_is_string(value) || addr_parse(json_string_value(value), ret_addr) < 0))
		return bad_member(reading, key, "an address");
	return 0;
}

/* A list of objects; *ret_n 0 where there is none. */
static int read_list(const struct reading *reading, const json_t *object, const char *key,
		     size_t each, void **ret_items, size_t *ret_n)
{
	const json_t *list = member(object, key);

	*ret_items = NULL;
	*ret_n = 0;
	if (list && !json_is_array(list))
		return bad_member(reading, key, "a list");
	if (json_array_size(list) == 0)
		return 0;
	*ret_items = calloc(json_array_size(list), each);
	if (!*ret_items)
		return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	*ret_n = json_array_size(list);
	return 0;
}

/* --- networks --------------------------------------------------------------------------------- */

static int read_subnet(const struct reading *reading, const json_t *json,
		       struct facts_network *network)
{
	const json_t *text = member(json, "Subnet");
	char mode[FACTS_WORD];
	struct prefix prefix;
	enum family family;

	if (!json_is_string(text) || prefix_parse(json_string_value(text), &prefix) < 0)
		return bad_member(reading, "Subnet", "a subnet");
	family = family_of(prefix.addr.family);
	network->subnet[family] = prefix;
	if (read_text(reading, json, "GatewayMode", mode, sizeof(mode)) < 0)
		return -EINVAL;
	network->routed[family] = strcmp(mode, "routed") == 0 ||
				  strcmp(mode, "nat-unprotected") == 0;
	network->masquerade[family] = network->masquerade[family] && strcmp(mode, "routed") != 0;
	if (read_addr(reading, json, "BridgeAddress", &network->bridge_addr[family]) < 0)
		return -EINVAL;
	return read_addr(reading, json, "Gateway", &network->gateway[family]);
}

static int read_segments(const struct reading *reading, const json_t *json,
			 struct facts_network *network)
{
	const json_t *list = member(json, "Segments");
	char first[FACTS_IFNAME];
	size_t n = json_array_size(list);

	if (read_text(reading, json, "Bridge", first, sizeof(first)) < 0)
		return -EINVAL;
	if (n == 0 && !first[0])
		return 0;
	network->bridges = calloc(n > 0 ? n : 1, sizeof(*network->bridges));
	if (!network->bridges)
		return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	network->n_bridges = n > 0 ? n : 1;
	if (n == 0)
		memcpy(network->bridges[0], first, sizeof(first));
	for (size_t i = 0; i < n; i++)
		if (read_text(reading, json_array_get(list, i), "Bridge", network->bridges[i],
			      FACTS_IFNAME) < 0)
			return -EINVAL;
	return 0;
}

static int read_network(const struct reading *reading, const json_t *json,
			struct facts_network *network)
{
	const json_t *subnets = member(json, "Subnets");
	int64_t mtu = 0;
	bool masquerade = false;

	if (read_text(reading, json, "Name", network->name, sizeof(network->name)) < 0 ||
	    read_text(reading, json, "Id", network->id, sizeof(network->id)) < 0 ||
	    read_text(reading, json, "Driver", network->driver, sizeof(network->driver)) < 0 ||
	    read_number(reading, json, "Mtu", UINT32_MAX, &mtu) < 0 ||
	    read_bool(reading, json, "Internal", &network->internal) < 0 ||
	    read_bool(reading, json, "Icc", &network->icc) < 0 ||
	    read_bool(reading, json, "Masquerade", &masquerade) < 0)
		return -EINVAL;
	network->mtu = (uint32_t)mtu;
	for (enum family family = 0; family < FAMILY_N; family++)
		network->masquerade[family] = masquerade;
	for (size_t i = 0; i < json_array_size(subnets); i++)
		if (read_subnet(reading, json_array_get(subnets, i), network) < 0)
			return -EINVAL;
	return read_segments(reading, json, network);
}

static const struct facts_network *network_of_id(const struct facts *facts, const char *id)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		if (strcmp(facts->networks[i].id, id) == 0)
			return &facts->networks[i];
	return NULL;
}

/* --- containers ------------------------------------------------------------------------------- */

int belief_add_name(struct facts_container *container, const char *name)
{
	size_t room = container->n_names; /* they are few */
	char **names;

	for (size_t i = 0; i < container->n_names; i++)
		if (strcasecmp(container->names[i], name) == 0)
			return 0;
	names = grow(container->names, &room, container->n_names + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	container->names = names;
	names[container->n_names] = strdup(name);
	if (!names[container->n_names])
		return -ENOMEM;
	container->n_names++;
	return 0;
}

void belief_space_key(struct facts_container *container)
{
	if (container->host_mode)
		(void)snprintf(container->space, sizeof(container->space), "host");
	else
		(void)snprintf(container->space, sizeof(container->space), "%.*s", ID_SHORT_LEN,
			       container->id);
}

static int read_endpoint_addr(const struct reading *reading, const json_t *json, const char *key,
			      enum family family, const struct facts_network *network,
			      struct facts_endpoint *endpoint)
{
	struct prefix *addr = &endpoint->addr[family];

	if (read_addr(reading, json, key, &addr->addr) < 0)
		return -EINVAL;
	if (!addr_is_set(&addr->addr) || !network)
		return 0;
	addr->len = network->subnet[family].len;
	endpoint->gateway[family] = network->gateway[family];
	return 0;
}

static int read_endpoint(const struct reading *reading, const json_t *json,
			 struct facts_container *container, struct facts_endpoint *endpoint)
{
	const struct facts_network *network;
	const json_t *names = member(json, "Names"), *mac = member(json, "Mac");
	char id[ID_LEN + 1];

	if (read_text(reading, json, "Network", id, sizeof(id)) < 0)
		return -EINVAL;
	network = network_of_id(reading->facts, id);
	(void)snprintf(endpoint->network, sizeof(endpoint->network), "%s",
		       network ? network->name : id);
	/* With several bridges only the kernel knows which one the port is at. */
	if (network && network->n_bridges == 1)
		memcpy(endpoint->bridge, network->bridges[0], FACTS_IFNAME);
	if (read_text(reading, json, "Interface", endpoint->ifname, FACTS_IFNAME) < 0 ||
	    read_text(reading, json, "HostInterface", endpoint->host_ifname, FACTS_IFNAME) < 0 ||
	    read_endpoint_addr(reading, json, "Ip", FAMILY_4, network, endpoint) < 0 ||
	    read_endpoint_addr(reading, json, "Ip6", FAMILY_6, network, endpoint) < 0)
		return -EINVAL;
	if (mac && (!json_is_string(mac) || mac_parse(json_string_value(mac), &endpoint->mac) < 0))
		return bad_member(reading, "Mac", "a MAC address");
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (!name)
			return bad_member(reading, "Names", "a list of strings");
		if (belief_add_name(container, name) < 0)
			return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	}
	return 0;
}

static int read_netns(const struct reading *reading, const json_t *json,
		      struct facts_container *container)
{
	int64_t pid = 0, inode = 0, dns_port = 0;

	if (read_number(reading, json, "Pid", INT32_MAX, &pid) < 0 ||
	    read_number(reading, json, "NetnsInode", INT64_MAX, &inode) < 0 ||
	    read_number(reading, json, "DnsPort", UINT16_MAX, &dns_port) < 0 ||
	    read_bool(reading, json, "HostNetwork", &container->host_mode) < 0 ||
	    read_text(reading, json, "NetnsPath", container->path, sizeof(container->path)) < 0)
		return -EINVAL;
	container->pid = (pid_t)pid;
	container->netns = (uint64_t)inode;
	container->dns_port = (uint16_t)dns_port;
	if (!container->path[0] && pid > 0)
		(void)snprintf(container->path, sizeof(container->path), "/proc/%d/ns/net",
			       (int)pid);
	return 0;
}

static int read_container(const struct reading *reading, const json_t *json,
			  struct facts_container *container)
{
	const json_t *list = member(json, "Endpoints");
	void *items;

	if (read_text(reading, json, "Name", container->name, sizeof(container->name)) < 0 ||
	    read_text(reading, json, "Id", container->id, sizeof(container->id)) < 0 ||
	    read_netns(reading, json, container) < 0)
		return -EINVAL;
	container->no_resolver = member(json, "DnsPort") && container->dns_port == 0;
	belief_space_key(container);
	if (read_list(reading, json, "Endpoints", sizeof(*container->endpoints), &items,
		      &container->n_endpoints) < 0)
		return -EINVAL;
	container->endpoints = items;
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (read_endpoint(reading, json_array_get(list, i), container,
				  &container->endpoints[i]) < 0)
			return -EINVAL;
	return 0;
}

/* --- ports ------------------------------------------------------------------------------------ */

static uint8_t protocol_of(const char *name)
{
	if (strcmp(name, "tcp") == 0)
		return IPPROTO_TCP;
	if (strcmp(name, "udp") == 0)
		return IPPROTO_UDP;
	return strcmp(name, "sctp") == 0 ? IPPROTO_SCTP : 0;
}

/* The last one that was asked for is tried first. NULL: it went while the snapshot was gathered. */
static struct facts_container *container_of_id(struct facts *facts, const char *id,
					       struct reading_ports *ports)
{
	for (size_t i = 0; i < facts->n_containers; i++) {
		size_t at = ((ports->at == SIZE_MAX ? 0 : ports->at) + i) % facts->n_containers;

		if (strcmp(facts->containers[at].id, id) != 0)
			continue;
		if (at != ports->at)
			ports->room = facts->containers[at].n_ports;
		ports->at = at;
		return &facts->containers[at];
	}
	return NULL;
}

static bool has_port(const struct facts_container *container, const struct facts_port *port)
{
	for (size_t i = 0; i < container->n_ports; i++)
		if (container->ports[i].host_port == port->host_port &&
		    container->ports[i].protocol == port->protocol &&
		    addr_equal(&container->ports[i].host, &port->host))
			return true;
	return false;
}

/* is_more: some are there already, and may come again. */
static int read_port(const struct reading *reading, const json_t *json, bool is_more,
		     struct reading_ports *ports)
{
	char id[ID_LEN + 1], protocol[FACTS_WORD], way[FACTS_WORD];
	int64_t host_port = 0, container_port = 0, count = 0;
	struct facts_port port = { 0 }, *items;
	struct facts_container *container;

	if (read_text(reading, json, "Container", id, sizeof(id)) < 0 ||
	    read_text(reading, json, "Protocol", protocol, sizeof(protocol)) < 0 ||
	    read_text(reading, json, "Way", way, sizeof(way)) < 0 ||
	    read_addr(reading, json, "HostIp", &port.host) < 0 ||
	    read_number(reading, json, "HostPort", UINT16_MAX, &host_port) < 0 ||
	    read_number(reading, json, "ContainerPort", UINT16_MAX, &container_port) < 0 ||
	    read_number(reading, json, "Count", UINT16_MAX, &count) < 0)
		return -EINVAL;
	container = container_of_id(reading->facts, id, ports);
	if (!container)
		return 0;
	port.host_port = (uint16_t)host_port;
	port.port = (uint16_t)container_port;
	port.count = (uint16_t)(count > 0 ? count : 1);
	port.protocol = protocol_of(protocol);
	port.is_nat = strcmp(way, "nat") == 0;
	if (is_more && has_port(container, &port))
		return 0;
	items = grow(container->ports, &ports->room, container->n_ports + 1, sizeof(*items));
	if (!items)
		return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	container->ports = items;
	items[container->n_ports++] = port;
	return 0;
}

/* --- repairs ---------------------------------------------------------------------------------- */

/* A sentence may be longer than a person reads: its beginning says what it was. */
static int read_repairs(const struct reading *reading, const json_t *daemon)
{
	struct facts *facts = reading->facts;
	void *items;

	if (read_list(reading, daemon, "Repaired", sizeof(*facts->repairs), &items,
		      &facts->n_repairs) < 0)
		return -EINVAL;
	facts->repairs = items;
	for (size_t i = 0; i < facts->n_repairs; i++) {
		struct facts_repair *repair = &facts->repairs[i];
		const json_t *json = json_array_get(member(daemon, "Repaired"), i);
		const char *what = json_string_value(member(json, "What"));

		if (!what)
			return bad_member(reading, "What", "a string");
		(void)snprintf(repair->what, sizeof(repair->what), "%s", what);
		if (read_text(reading, json, "Time", repair->time, sizeof(repair->time)) < 0)
			return -EINVAL;
	}
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

void belief_done(struct facts *facts)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		free(facts->networks[i].bridges);
	for (size_t i = 0; i < facts->n_containers; i++) {
		struct facts_container *container = &facts->containers[i];

		for (size_t k = 0; k < container->n_names; k++)
			free(container->names[k]);
		free(container->names);
		free(container->endpoints);
		free(container->ports);
	}
	free(facts->networks);
	free(facts->containers);
	free(facts->repairs);
	facts->networks = NULL;
	facts->containers = NULL;
	facts->repairs = NULL;
	facts->n_networks = facts->n_containers = facts->n_repairs = 0;
}

static int read_all(const struct reading *reading, const json_t *json)
{
	const json_t *generation = member(json, "Generation"), *ports = member(json, "Ports");
	const json_t *resolver = member(json, "Resolver");
	struct facts *facts = reading->facts;
	struct reading_ports last = { 0 };
	int64_t run = 0;
	void *items = NULL;

	if (read_number(reading, generation, "Run", INT64_MAX, &run) < 0 ||
	    read_bool(reading, json, "Moving", &facts->is_moving) < 0 ||
	    read_list(reading, json, "Networks", sizeof(*facts->networks), &items,
		      &facts->n_networks) < 0)
		return -EINVAL;
	facts->networks = items;
	facts->generation = (uint64_t)run;
	facts->resolver_answers = resolver != NULL;
	for (size_t i = 0; i < facts->n_networks; i++)
		if (read_network(reading, json_array_get(member(json, "Networks"), i),
				 &facts->networks[i]) < 0)
			return -EINVAL;
	if (read_list(reading, json, "Containers", sizeof(*facts->containers), &items,
		      &facts->n_containers) < 0)
		return -EINVAL;
	facts->containers = items;
	for (size_t i = 0; i < facts->n_containers; i++)
		if (read_container(reading, json_array_get(member(json, "Containers"), i),
				   &facts->containers[i]) < 0)
			return -EINVAL;
	for (size_t i = 0; i < json_array_size(ports); i++)
		if (read_port(reading, json_array_get(ports, i), false, &last) < 0)
			return -EINVAL;
	return read_repairs(reading, member(json, "Daemon"));
}

int belief_read_ports(const char *text, size_t len, struct facts *facts, struct error *error)
{
	struct error own = { 0 };
	const struct reading reading = { facts, error ? error : &own };
	struct reading_ports last = { .at = SIZE_MAX };
	json_auto_t *json = NULL;
	const json_t *ports;
	int err = json_parse_record(text, len, &json, reading.error);

	ports = member(json, "Ports");
	for (size_t i = 0; err == 0 && i < json_array_size(ports); i++)
		if (read_port(&reading, json_array_get(ports, i), true, &last) < 0)
			err = reading.error->code;
	return err;
}

int belief_read(const char *text, size_t len, struct facts *facts, struct error *error)
{
	struct error own = { 0 };
	const struct reading reading = { facts, error ? error : &own };
	json_auto_t *json = NULL;
	int err = json_parse_record(text, len, &json, reading.error);

	if (err < 0)
		return err;
	if (read_all(&reading, json) == 0)
		return 0;
	belief_done(facts);
	return reading.error->code;
}

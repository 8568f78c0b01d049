// SPDX-License-Identifier: GPL-2.0-or-later
// belief.c - what netd believes there is, from its snapshot into the facts
#include "diag/belief.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_span.h"
#include "base/limits.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. The text is netd's own, and yet it is read like a stranger's: whoever
 * diagnoses may be older or newer than the daemon, and a file of facts may come from anybody. What
 * is not there is left empty, what has another type than it must have is an error, and keys that
 * nobody here knows are passed over. It is read for each question, of hundreds of containers, so no
 * tree is made of it: the members of an object that are wanted are found at once, as places in the
 * text. */

/* What the reading functions share. error is never NULL: belief_read() lends one of its own if
 * the caller has none. */
struct reading {
	struct facts *facts;
	struct error *error;
};

/* The snapshot writes the ports of one container one behind the other. Where the last one was
 * found is where the next one is looked for first. */
struct reading_ports {
	size_t at;   /* whose was the last one */
	size_t room; /* of its ports */
};

/* --- members ---------------------------------------------------------------------------------- */

/* No object of the snapshot has more keys that are wanted here. MEMBERS() checks it while
 * compiling. */
#define MEMBERS_MAX 12

/* The members of one object that are wanted, in the order of the keys. A value that is not
 * there has .at NULL; every reader below takes that for "left empty". */
struct members {
	/* for sentences about a member that is wrong */
	const char *const *keys;
	struct json_span values[MEMBERS_MAX];
};

/* The keys' number comes from the array itself, so nobody can pass a wrong one. */
#define MEMBERS(object, keys)                                                                      \
	({                                                                                         \
		_Static_assert(ARRAY_SIZE(keys) <= MEMBERS_MAX, "room for all");                   \
		members_of(object, keys, ARRAY_SIZE(keys));                                        \
	})

/* What is null is as what is not there. */
static struct members members_of(const struct json_span *object, const char *const *keys, size_t n)
{
	struct members members = { .keys = keys };

	json_span_members(object, keys, n, members.values);
	for (size_t i = 0; i < n; i++)
		if (json_span_kind(&members.values[i]) == JSON_SPAN_NULL)
			members.values[i] = (struct json_span) { 0 };
	return members;
}

/* The sentence for a member that is there and is not what it must be. Always a negative error
 * code, for the caller to return. */
static int bad_member(const struct reading *reading, const char *key, const char *wanted)
{
	return error_set(reading->error, ERROR_INVALID, "the snapshot's %s is not %s", key, wanted);
}

/* A text that is too long is an error and is not cut: a name that was cut might be the name of
 * somebody else. */
static int read_text(const struct reading *reading, const struct members *members, size_t i,
		     char *ret_text, size_t size)
{
	const struct json_span *value = &members->values[i];

	/* What is not there is the empty text. */
	ret_text[0] = '\0';
	if (value->at && json_span_kind(value) != JSON_SPAN_STRING)
		return bad_member(reading, members->keys[i], "a string");
	if (json_span_text(value, ret_text, size) >= size)
		return bad_member(reading, members->keys[i], "as short as it must be");
	return 0;
}

/* Numbers are counts, ports, ids of processes: none of them may be negative. max is what the
 * member that it goes to can hold. */
static int read_number(const struct reading *reading, const struct members *members, size_t i,
		       int64_t max, int64_t *ret_number)
{
	const struct json_span *value = &members->values[i];

	/* What is not there is 0. */
	*ret_number = 0;
	if (value->at && !json_span_integer(value, ret_number))
		return bad_member(reading, members->keys[i], "a whole number");
	if (*ret_number < 0 || *ret_number > max)
		return bad_member(reading, members->keys[i], "a number that may be");
	return 0;
}

/* A member that is left out is false. */
static int read_bool(const struct reading *reading, const struct members *members, size_t i,
		     bool *ret_value)
{
	const struct json_span *value = &members->values[i];

	if (value->at && json_span_kind(value) != JSON_SPAN_BOOL)
		return bad_member(reading, members->keys[i], "true or false");
	*ret_value = json_span_is_true(value);
	return 0;
}

/* Longer than any address, prefix or MAC address is. */
#define SHORT_TEXT 64

/* false: it is no string, or too long for what it is to be. */
static bool read_short(const struct json_span *value, char ret_text[SHORT_TEXT])
{
	return json_span_kind(value) == JSON_SPAN_STRING &&
	       json_span_text(value, ret_text, SHORT_TEXT) < SHORT_TEXT;
}

/* A member that is left out is the address of family 0, which stands for "none" everywhere in
 * the facts. */
static int read_addr(const struct reading *reading, const struct members *members, size_t i,
		     struct addr *ret_addr)
{
	const struct json_span *value = &members->values[i];
	char text[SHORT_TEXT];

	*ret_addr = (struct addr) { 0 };
	if (value->at && (!read_short(value, text) || addr_parse(text, ret_addr) < 0))
		return bad_member(reading, members->keys[i], "an address");
	return 0;
}

/* Memory for a list of objects of `each` bytes, zeroed; the caller fills it and owns it. *ret_n
 * is 0 where there is no list or an empty one. */
static int read_list(const struct reading *reading, const struct members *members, size_t i,
		     size_t each, void **ret_items, size_t *ret_n)
{
	const struct json_span *list = &members->values[i];
	size_t n = json_span_count(list);

	*ret_items = NULL;
	*ret_n = 0;
	if (list->at && json_span_kind(list) != JSON_SPAN_ARRAY)
		return bad_member(reading, members->keys[i], "a list");
	/* An empty list needs no memory: calloc(0) may return NULL, which would look like "no
	 * memory". */
	if (n == 0)
		return 0;
	*ret_items = calloc(n, each);
	if (!*ret_items)
		return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	*ret_n = n;
	return 0;
}

/* 0: a protocol that is not known here. Such a port stays in the list, and no packet matches it. */
static uint8_t protocol_of(const char *name)
{
	if (strcmp(name, "tcp") == 0)
		return IPPROTO_TCP;
	if (strcmp(name, "udp") == 0)
		return IPPROTO_UDP;
	return strcmp(name, "sctp") == 0 ? IPPROTO_SCTP : 0;
}

/* --- networks --------------------------------------------------------------------------------- */

/* Each enum below numbers the keys of the table behind it, which are spelled as in the snapshot. */
enum { SUBNET_PREFIX, SUBNET_MODE, SUBNET_BRIDGE_ADDR, SUBNET_GATEWAY };
static const char *const subnet_keys[] = {
	[SUBNET_PREFIX] = "Subnet",
	[SUBNET_MODE] = "GatewayMode",
	[SUBNET_BRIDGE_ADDR] = "BridgeAddress",
	[SUBNET_GATEWAY] = "Gateway",
};

/* One subnet of a network goes where its family is. A network has one of each family at the
 * most. */
static int read_subnet(const struct reading *reading, const struct json_span *json,
		       struct facts_network *network)
{
	const struct members members = MEMBERS(json, subnet_keys);
	char mode[FACTS_WORD], text[SHORT_TEXT];
	struct prefix prefix;
	enum family family;

	/* A subnet that does not parse leaves nothing to judge by, so here it is an error that
	 * it is missing. */
	if (!read_short(&members.values[SUBNET_PREFIX], text) || prefix_parse(text, &prefix) < 0)
		return bad_member(reading, "Subnet", "a subnet");
	/* A second subnet of a family would take the place of the first; netd makes none. */
	family = family_of(prefix.addr.family);
	network->subnet[family] = prefix;
	if (read_text(reading, &members, SUBNET_MODE, mode, sizeof(mode)) < 0)
		return -EINVAL;
	/* Both modes let others reach containers at their own addresses: "routed" without NAT,
	 * "nat-unprotected" beside it. */
	network->routed[family] = strcmp(mode, "routed") == 0 ||
				  strcmp(mode, "nat-unprotected") == 0;
	/* Masquerade was set for the whole network before; in a routed subnet nothing is
	 * translated. */
	network->masquerade[family] = network->masquerade[family] && strcmp(mode, "routed") != 0;
	if (read_addr(reading, &members, SUBNET_BRIDGE_ADDR, &network->bridge_addr[family]) < 0)
		return -EINVAL;
	return read_addr(reading, &members, SUBNET_GATEWAY, &network->gateway[family]);
}

enum {
	NETWORK_NAME,
	NETWORK_ID,
	NETWORK_DRIVER,
	NETWORK_MTU,
	NETWORK_INTERNAL,
	NETWORK_ICC,
	NETWORK_MASQUERADE,
	NETWORK_BRIDGE,
	NETWORK_SEGMENTS,
	NETWORK_SUBNETS,
	NETWORK_SERVICES
};
static const char *const network_keys[] = {
	[NETWORK_NAME] = "Name",
	[NETWORK_ID] = "Id",
	[NETWORK_DRIVER] = "Driver",
	[NETWORK_MTU] = "Mtu",
	[NETWORK_INTERNAL] = "Internal",
	[NETWORK_ICC] = "Icc",
	[NETWORK_MASQUERADE] = "Masquerade",
	[NETWORK_BRIDGE] = "Bridge",
	[NETWORK_SEGMENTS] = "Segments",
	[NETWORK_SUBNETS] = "Subnets",
	[NETWORK_SERVICES] = "Services",
};

/* The bridges of a network. Old snapshots, and networks of one bridge, have "Bridge" alone; a
 * network in segments has a list of all its bridges, the first one included. */
static int read_segments(const struct reading *reading, const struct members *members,
			 struct facts_network *network)
{
	static const char *const keys[] = { "Bridge" };
	const struct json_span *list = &members->values[NETWORK_SEGMENTS];
	struct json_span item = { 0 };
	char first[FACTS_IFNAME];
	size_t n = json_span_count(list);

	if (read_text(reading, members, NETWORK_BRIDGE, first, sizeof(first)) < 0)
		return -EINVAL;
	/* A network of the host's or of none has no bridge. */
	if (n == 0 && !first[0])
		return 0;
	network->bridges = calloc(n > 0 ? n : 1, sizeof(*network->bridges));
	if (!network->bridges)
		return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	/* The count is set with the memory, so that all of it is freed whatever follows. */
	network->n_bridges = n > 0 ? n : 1;
	if (n == 0)
		memcpy(network->bridges[0], first, sizeof(first));
	for (size_t i = 0; json_span_next(list, &item); i++) {
		const struct members segment = MEMBERS(&item, keys);

		if (read_text(reading, &segment, 0, network->bridges[i], FACTS_IFNAME) < 0)
			return -EINVAL;
	}
	return 0;
}

enum { SERVICE_NAME, SERVICE_IP4, SERVICE_IP6, SERVICE_PORTS };
static const char *const service_keys[] = {
	[SERVICE_NAME] = "Name",
	[SERVICE_IP4] = "Ip",
	[SERVICE_IP6] = "Ip6",
	[SERVICE_PORTS] = "Ports",
};

enum { SERVED_PROTOCOL, SERVED_PORT, SERVED_TARGET, SERVED_PUBLISH };
static const char *const served_keys[] = {
	[SERVED_PROTOCOL] = "Protocol",
	[SERVED_PORT] = "Port",
	[SERVED_TARGET] = "Target",
	[SERVED_PUBLISH] = "Publish",
};

static int read_served(const struct reading *reading, const struct json_span *json,
		       struct facts_service_port *port)
{
	const struct members members = MEMBERS(json, served_keys);
	char protocol[FACTS_WORD];
	int64_t number = 0, target = 0, publish = 0;

	if (read_text(reading, &members, SERVED_PROTOCOL, protocol, sizeof(protocol)) < 0 ||
	    read_number(reading, &members, SERVED_PORT, UINT16_MAX, &number) < 0 ||
	    read_number(reading, &members, SERVED_TARGET, UINT16_MAX, &target) < 0 ||
	    read_number(reading, &members, SERVED_PUBLISH, UINT16_MAX, &publish) < 0)
		return -EINVAL;
	port->protocol = protocol_of(protocol);
	port->port = (uint16_t)number;
	port->target = (uint16_t)target;
	port->publish = (uint16_t)publish;
	return 0;
}

/* Its ports are its own, and freed with the network. */
static int read_service(const struct reading *reading, const struct json_span *json,
			struct facts_service *service)
{
	const struct members members = MEMBERS(json, service_keys);
	struct json_span item = { 0 };
	void *items;

	if (read_text(reading, &members, SERVICE_NAME, service->name, sizeof(service->name)) < 0 ||
	    read_addr(reading, &members, SERVICE_IP4, &service->addr[FAMILY_4]) < 0 ||
	    read_addr(reading, &members, SERVICE_IP6, &service->addr[FAMILY_6]) < 0 ||
	    read_list(reading, &members, SERVICE_PORTS, sizeof(*service->ports), &items,
		      &service->n_ports) < 0)
		return -EINVAL;
	service->ports = items;
	for (size_t i = 0; json_span_next(&members.values[SERVICE_PORTS], &item); i++)
		if (read_served(reading, &item, &service->ports[i]) < 0)
			return -EINVAL;
	return 0;
}

static int read_services(const struct reading *reading, const struct members *members,
			 struct facts_network *network)
{
	struct json_span item = { 0 };
	void *items;

	if (read_list(reading, members, NETWORK_SERVICES, sizeof(*network->services), &items,
		      &network->n_services) < 0)
		return -EINVAL;
	network->services = items;
	for (size_t i = 0; json_span_next(&members->values[NETWORK_SERVICES], &item); i++)
		if (read_service(reading, &item, &network->services[i]) < 0)
			return -EINVAL;
	return 0;
}

/* One network. The order matters: the subnets look at masquerade, which is set first. */
static int read_network(const struct reading *reading, const struct json_span *json,
			struct facts_network *network)
{
	const struct members members = MEMBERS(json, network_keys);
	struct json_span subnet = { 0 };
	int64_t mtu = 0;
	bool masquerade = false;

	if (read_text(reading, &members, NETWORK_NAME, network->name, sizeof(network->name)) < 0 ||
	    read_text(reading, &members, NETWORK_ID, network->id, sizeof(network->id)) < 0 ||
	    read_text(reading, &members, NETWORK_DRIVER, network->driver, sizeof(network->driver)) <
		    0 ||
	    read_number(reading, &members, NETWORK_MTU, UINT32_MAX, &mtu) < 0 ||
	    read_bool(reading, &members, NETWORK_INTERNAL, &network->internal) < 0 ||
	    read_bool(reading, &members, NETWORK_ICC, &network->icc) < 0 ||
	    read_bool(reading, &members, NETWORK_MASQUERADE, &masquerade) < 0)
		/* The sentence is in reading->error already; the code is read from there. */
		return -EINVAL;
	/* Bounded by read_number() above, as all casts of numbers here. */
	network->mtu = (uint32_t)mtu;
	for (enum family family = 0; family < FAMILY_N; family++)
		network->masquerade[family] = masquerade;
	while (json_span_next(&members.values[NETWORK_SUBNETS], &subnet))
		if (read_subnet(reading, &subnet, network) < 0)
			return -EINVAL;
	if (read_services(reading, &members, network) < 0)
		return -EINVAL;
	return read_segments(reading, &members, network);
}

/* Networks are named by id in the text, as objects of a snapshot name each other. NULL: it went
 * while the snapshot was gathered. */
static const struct facts_network *network_of_id(const struct facts *facts, const char *id)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		if (strcmp(facts->networks[i].id, id) == 0)
			return &facts->networks[i];
	return NULL;
}

/* --- containers ------------------------------------------------------------------------------- */

/* One that is there already is passed over. Names are compared as DNS compares them, without regard
 * to case: netd's resolver does the same. */
static int add_text(char ***texts, size_t *n, const char *text)
{
	size_t room = *n; /* they are few */
	char **items;

	for (size_t i = 0; i < *n; i++)
		if (strcasecmp((*texts)[i], text) == 0)
			return 0;
	items = grow(*texts, &room, *n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	*texts = items;
	items[*n] = strdup(text);
	if (!items[*n])
		return -ENOMEM;
	/* The count goes up last, so that belief_done() never frees a text that is not there. */
	(*n)++;
	return 0;
}

/* A name by which others mean the container. 0 or -ENOMEM. */
int belief_add_name(struct facts_container *container, const char *name)
{
	return add_text(&container->names, &container->n_names, name);
}

int belief_add_service(struct facts_container *container, const char *name)
{
	return add_text(&container->services, &container->n_services, name);
}

/* The key of the picture of its namespace: the beginning of its id, or "host". */
void belief_space_key(struct facts_container *container)
{
	/* All containers on the host's network share one picture, the host's. */
	if (container->host_mode)
		(void)snprintf(container->space, sizeof(container->space), "host");
	else
		(void)snprintf(container->space, sizeof(container->space), "%.*s", ID_SHORT_LEN,
			       container->id);
}

enum {
	ENDPOINT_ID,
	ENDPOINT_NETWORK,
	ENDPOINT_NAMES,
	ENDPOINT_MAC,
	ENDPOINT_IFNAME,
	ENDPOINT_HOST_IFNAME,
	ENDPOINT_SERVICES,
	ENDPOINT_IP4,
	ENDPOINT_IP6
};
static const char *const endpoint_keys[] = {
	[ENDPOINT_ID] = "Id",
	[ENDPOINT_NETWORK] = "Network",
	[ENDPOINT_NAMES] = "Names",
	[ENDPOINT_MAC] = "Mac",
	[ENDPOINT_IFNAME] = "Interface",
	[ENDPOINT_HOST_IFNAME] = "HostInterface",
	[ENDPOINT_SERVICES] = "Services",
	[ENDPOINT_IP4] = "Ip",
	[ENDPOINT_IP6] = "Ip6",
};

/* The length of the prefix and the gateway are the network's, so the snapshot does not repeat
 * them for each endpoint. */
static int read_endpoint_addr(const struct reading *reading, const struct members *members,
			      size_t i, enum family family, const struct facts_network *network,
			      struct facts_endpoint *endpoint)
{
	struct prefix *addr = &endpoint->addr[family];

	if (read_addr(reading, members, i, &addr->addr) < 0)
		return -EINVAL;
	/* A network that is gone leaves the bare address. That is enough to know the container
	 * by. */
	if (!addr_is_set(&addr->addr) || !network)
		return 0;
	addr->len = network->subnet[family].len;
	endpoint->gateway[family] = network->gateway[family];
	return 0;
}

static int read_names(const struct reading *reading, const struct json_span *list, const char *key,
		      int (*add)(struct facts_container *container, const char *name),
		      struct facts_container *container)
{
	struct json_span item = { 0 };
	char name[NAME_LEN_MAX + 1];

	while (json_span_next(list, &item)) {
		if (json_span_kind(&item) != JSON_SPAN_STRING)
			return bad_member(reading, key, "a list of strings");
		if (json_span_text(&item, name, sizeof(name)) >= sizeof(name))
			return bad_member(reading, key, "as short as it must be");
		if (add(container, name) < 0)
			return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	}
	return 0;
}

/* Whether a service of the network is called so. */
static bool has_service(const struct facts_network *network, const char *name)
{
	for (size_t i = 0; network && i < network->n_services; i++)
		if (strcmp(network->services[i].name, name) == 0)
			return true;
	return false;
}

/* One that the connection to a network names, and not the container. A name is one service's on the
 * whole host, so it is enough that the container is known to stand behind it. */
int belief_add_served(struct facts_container *container, const struct facts_network *network,
		      const char *name)
{
	return has_service(network, name) ? belief_add_service(container, name) : 0;
}

/* What is wrong with the list is said of it as a container's. */
static int read_endpoint_services(const struct reading *reading, const struct json_span *list,
				  const struct facts_network *network,
				  struct facts_container *container)
{
	struct facts_container named = { 0 };
	int err = read_names(reading, list, "Services", belief_add_service, &named);

	for (size_t i = 0; err == 0 && i < named.n_services; i++)
		if (belief_add_served(container, network, named.services[i]) < 0)
			err = error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	facts_container_done(&named);
	return err;
}

/* One link of a container: on which network it is, how it is called on both sides, what netd
 * gave it. */
static int read_endpoint(const struct reading *reading, const struct json_span *json,
			 struct facts_container *container, struct facts_endpoint *endpoint)
{
	const struct members members = MEMBERS(json, endpoint_keys);
	const struct json_span *mac = &members.values[ENDPOINT_MAC];
	const struct facts_network *network;
	char id[ID_LEN + 1], text[SHORT_TEXT];

	if (read_text(reading, &members, ENDPOINT_NETWORK, id, sizeof(id)) < 0)
		return -EINVAL;
	network = network_of_id(reading->facts, id);
	/* An id that nobody has stays as it is. It is no name of any network, so that nothing
	 * is taken for shared. */
	(void)snprintf(endpoint->network, sizeof(endpoint->network), "%s",
		       network ? network->name : id);
	/* With several bridges only the kernel knows which one the port is at. */
	if (network && network->n_bridges == 1)
		memcpy(endpoint->bridge, network->bridges[0], FACTS_IFNAME);
	if (read_text(reading, &members, ENDPOINT_ID, endpoint->id, sizeof(endpoint->id)) < 0 ||
	    read_text(reading, &members, ENDPOINT_IFNAME, endpoint->ifname, FACTS_IFNAME) < 0 ||
	    read_text(reading, &members, ENDPOINT_HOST_IFNAME, endpoint->host_ifname,
		      FACTS_IFNAME) < 0 ||
	    read_endpoint_addr(reading, &members, ENDPOINT_IP4, FAMILY_4, network, endpoint) < 0 ||
	    read_endpoint_addr(reading, &members, ENDPOINT_IP6, FAMILY_6, network, endpoint) < 0 ||
	    read_endpoint_services(reading, &members.values[ENDPOINT_SERVICES], network,
				   container) < 0)
		return -EINVAL;
	if (mac->at && (!read_short(mac, text) || mac_parse(text, &endpoint->mac) < 0))
		return bad_member(reading, "Mac", "a MAC address");
	/* Aliases and links of an endpoint become names of the container: who asks for it by any of
	 * them means it. */
	return read_names(reading, &members.values[ENDPOINT_NAMES], "Names", belief_add_name,
			  container);
}

enum {
	CONTAINER_NAME,
	CONTAINER_ID,
	CONTAINER_PID,
	CONTAINER_INODE,
	CONTAINER_DNS_PORT,
	CONTAINER_HOST_MODE,
	CONTAINER_PATH,
	CONTAINER_SERVICES,
	CONTAINER_ENDPOINTS
};
static const char *const container_keys[] = {
	[CONTAINER_NAME] = "Name",
	[CONTAINER_ID] = "Id",
	[CONTAINER_PID] = "Pid",
	[CONTAINER_INODE] = "NetnsInode",
	[CONTAINER_DNS_PORT] = "DnsPort",
	[CONTAINER_HOST_MODE] = "HostNetwork",
	[CONTAINER_PATH] = "NetnsPath",
	[CONTAINER_SERVICES] = "Services",
	[CONTAINER_ENDPOINTS] = "Endpoints",
};

/* Where the container's namespace is found, and what netd's resolver has there. */
static int read_netns(const struct reading *reading, const struct members *members,
		      struct facts_container *container)
{
	int64_t pid = 0, inode = 0, dns_port = 0;

	if (read_number(reading, members, CONTAINER_PID, INT32_MAX, &pid) < 0 ||
	    read_number(reading, members, CONTAINER_INODE, INT64_MAX, &inode) < 0 ||
	    read_number(reading, members, CONTAINER_DNS_PORT, UINT16_MAX, &dns_port) < 0 ||
	    read_bool(reading, members, CONTAINER_HOST_MODE, &container->host_mode) < 0 ||
	    read_text(reading, members, CONTAINER_PATH, container->path, sizeof(container->path)) <
		    0)
		return -EINVAL;
	container->pid = (pid_t)pid;
	container->netns = (uint64_t)inode;
	container->dns_port = (uint16_t)dns_port;
	/* The snapshot names a path where somebody gave one. Else the first process leads
	 * there, as long as it lives. */
	if (!container->path[0] && pid > 0)
		(void)snprintf(container->path, sizeof(container->path), "/proc/%d/ns/net",
			       (int)pid);
	return 0;
}

/* One container with its endpoints. The order of the steps: its namespace says what its picture
 * is called. */
static int read_container(const struct reading *reading, const struct json_span *json,
			  struct facts_container *container)
{
	const struct members members = MEMBERS(json, container_keys);
	struct json_span item = { 0 };
	void *items;

	if (read_text(reading, &members, CONTAINER_NAME, container->name, sizeof(container->name)) <
		    0 ||
	    read_text(reading, &members, CONTAINER_ID, container->id, sizeof(container->id)) < 0 ||
	    read_netns(reading, &members, container) < 0)
		return -EINVAL;
	/* A port of 0 was written: netd serves no names there. A port that is left out says
	 * only that it is not known. */
	container->no_resolver = members.values[CONTAINER_DNS_PORT].at && container->dns_port == 0;
	belief_space_key(container);
	if (read_names(reading, &members.values[CONTAINER_SERVICES], "Services", belief_add_service,
		       container) < 0)
		return -EINVAL;
	if (read_list(reading, &members, CONTAINER_ENDPOINTS, sizeof(*container->endpoints), &items,
		      &container->n_endpoints) < 0)
		return -EINVAL;
	/* Owned from here on, also when an endpoint turns out to be wrong. */
	container->endpoints = items;
	/* An endpoint that fails leaves those before it in place; belief_done() frees all of
	 * them. */
	for (size_t i = 0; json_span_next(&members.values[CONTAINER_ENDPOINTS], &item); i++)
		if (read_endpoint(reading, &item, container, &container->endpoints[i]) < 0)
			return -EINVAL;
	return 0;
}

/* --- ports ------------------------------------------------------------------------------------ */

/* A container by its id. The one that the last port had is tried first, then those behind it,
 * all around, so reading is linear in the usual order. NULL: it went while the snapshot was
 * gathered. */
static struct facts_container *container_of_id(struct facts *facts, const char *id,
					       struct reading_ports *ports)
{
	for (size_t i = 0; i < facts->n_containers; i++) {
		size_t at = ((ports->at == SIZE_MAX ? 0 : ports->at) + i) % facts->n_containers;

		if (strcmp(facts->containers[at].id, id) != 0)
			continue;
		/* The room of its list is not remembered beside it. Taking what it has for the
		 * room costs one more growing and is always right. */
		if (at != ports->at)
			ports->room = facts->containers[at].n_ports;
		ports->at = at;
		return &facts->containers[at];
	}
	return NULL;
}

/* A run is the same when it begins at the same place: netd never tells two runs that overlap. */
static bool has_port(const struct facts_container *container, const struct facts_port *port)
{
	for (size_t i = 0; i < container->n_ports; i++)
		if (container->ports[i].host_port == port->host_port &&
		    container->ports[i].protocol == port->protocol &&
		    addr_equal(&container->ports[i].host, &port->host))
			return true;
	return false;
}

enum {
	PORT_CONTAINER,
	PORT_PROTOCOL,
	PORT_WAY,
	PORT_HOST_IP,
	PORT_HOST_PORT,
	PORT_CONTAINER_PORT,
	PORT_COUNT
};
static const char *const port_keys[] = {
	[PORT_CONTAINER] = "Container",
	[PORT_PROTOCOL] = "Protocol",
	[PORT_WAY] = "Way",
	[PORT_HOST_IP] = "HostIp",
	[PORT_HOST_PORT] = "HostPort",
	[PORT_CONTAINER_PORT] = "ContainerPort",
	[PORT_COUNT] = "Count",
};

/* One run of published ports. is_more: some are there already, and may come again, because netd
 * was asked for ports by number. */
static int read_port(const struct reading *reading, const struct json_span *json, bool is_more,
		     struct reading_ports *ports)
{
	const struct members members = MEMBERS(json, port_keys);
	char id[ID_LEN + 1], protocol[FACTS_WORD], way[FACTS_WORD];
	int64_t host_port = 0, container_port = 0, count = 0;
	struct facts_port port = { 0 }, *items;
	struct facts_container *container;

	if (read_text(reading, &members, PORT_CONTAINER, id, sizeof(id)) < 0 ||
	    read_text(reading, &members, PORT_PROTOCOL, protocol, sizeof(protocol)) < 0 ||
	    read_text(reading, &members, PORT_WAY, way, sizeof(way)) < 0 ||
	    read_addr(reading, &members, PORT_HOST_IP, &port.host) < 0 ||
	    read_number(reading, &members, PORT_HOST_PORT, UINT16_MAX, &host_port) < 0 ||
	    read_number(reading, &members, PORT_CONTAINER_PORT, UINT16_MAX, &container_port) < 0 ||
	    read_number(reading, &members, PORT_COUNT, UINT16_MAX, &count) < 0)
		return -EINVAL;
	/* Whose it is comes after the checks: text that is wrong is an error even if its
	 * container has gone. */
	container = container_of_id(reading->facts, id, ports);
	if (!container)
		return 0;
	port.host_port = (uint16_t)host_port;
	port.port = (uint16_t)container_port;
	/* A count that is missing means one port. */
	port.count = (uint16_t)(count > 0 ? count : 1);
	port.protocol = protocol_of(protocol);
	port.is_nat = strcmp(way, "nat") == 0;
	/* Only then can one come twice, and the look costs a walk over the list. */
	if (is_more && has_port(container, &port))
		return 0;
	/* The room grows by a factor, so thousands of ports are copied a few times only. */
	items = grow(container->ports, &ports->room, container->n_ports + 1, sizeof(*items));
	if (!items)
		return error_system(reading->error, -ENOMEM, "cannot read the snapshot");
	container->ports = items;
	items[container->n_ports++] = port;
	return 0;
}

/* --- repairs ---------------------------------------------------------------------------------- */

/* Repairs are sentences for a person. One may be longer than the room here: it is cut, for its
 * beginning says what it was. */
enum { REPAIR_TIME, REPAIR_WHAT };
static const char *const repair_keys[] = {
	[REPAIR_TIME] = "Time",
	[REPAIR_WHAT] = "What",
};

/* What netd has put right lately, the newest first, as the snapshot has it. */
static int read_repairs(const struct reading *reading, const struct json_span *daemon)
{
	static const char *const keys[] = { "Repaired" };
	const struct members members = MEMBERS(daemon, keys);
	struct facts *facts = reading->facts;
	struct json_span item = { 0 };
	void *items;

	/* A snapshot of an older netd has none, which is an empty list. */
	if (read_list(reading, &members, 0, sizeof(*facts->repairs), &items, &facts->n_repairs) < 0)
		return -EINVAL;
	facts->repairs = items;
	for (size_t i = 0; json_span_next(&members.values[0], &item); i++) {
		struct facts_repair *repair = &facts->repairs[i];
		const struct members one = MEMBERS(&item, repair_keys);
		const struct json_span *what = &one.values[REPAIR_WHAT];

		if (json_span_kind(what) != JSON_SPAN_STRING)
			return bad_member(reading, "What", "a string");
		(void)json_span_text(what, repair->what, sizeof(repair->what)); /* or cut */
		if (read_text(reading, &one, REPAIR_TIME, repair->time, sizeof(repair->time)) < 0)
			return -EINVAL;
	}
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Everything that belief_read() takes memory for. It may be called at any moment of the
 * reading: what was not read is NULL and counts 0. */
void belief_done(struct facts *facts)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		facts_network_done(&facts->networks[i]);
	for (size_t i = 0; i < facts->n_containers; i++)
		facts_container_done(&facts->containers[i]);
	free(facts->networks);
	free(facts->containers);
	free(facts->repairs);
	facts->networks = NULL;
	facts->containers = NULL;
	facts->repairs = NULL;
	facts->n_networks = facts->n_containers = facts->n_repairs = 0;
}

enum {
	SNAPSHOT_GENERATION,
	SNAPSHOT_MOVING,
	SNAPSHOT_NETWORKS,
	SNAPSHOT_CONTAINERS,
	SNAPSHOT_PORTS,
	SNAPSHOT_RESOLVER,
	SNAPSHOT_DAEMON
};
static const char *const snapshot_keys[] = {
	[SNAPSHOT_GENERATION] = "Generation", [SNAPSHOT_MOVING] = "Moving",
	[SNAPSHOT_NETWORKS] = "Networks",     [SNAPSHOT_CONTAINERS] = "Containers",
	[SNAPSHOT_PORTS] = "Ports",	      [SNAPSHOT_RESOLVER] = "Resolver",
	[SNAPSHOT_DAEMON] = "Daemon",
};

/* Generation.Run, and what stands in the head by itself. */
static int read_head(const struct reading *reading, const struct members *members)
{
	static const char *const keys[] = { "Run" };
	const struct members generation = MEMBERS(&members->values[SNAPSHOT_GENERATION], keys);
	bool is_moving = false;
	int64_t run = 0;

	if (read_number(reading, &generation, 0, INT64_MAX, &run) < 0 ||
	    read_bool(reading, members, SNAPSHOT_MOVING, &is_moving) < 0)
		return -EINVAL;
	/* Whoever took the pictures may have set it, too: either of the two makes the whole
	 * uncertain. */
	reading->facts->is_moving |= is_moving; /* so may pictures have been */
	reading->facts->generation = (uint64_t)run;
	/* That the part is there at all says it: netd leaves it out where its resolver did not
	 * answer. */
	reading->facts->resolver_answers = members->values[SNAPSHOT_RESOLVER].at;
	return 0;
}

/* The document from the top. Networks come first, for endpoints look up their subnets and
 * gateways there, and containers come before the ports that name them. */
static int read_all(const struct reading *reading, const struct json_span *json)
{
	const struct members members = MEMBERS(json, snapshot_keys);
	const struct json_span *values = members.values;
	struct facts *facts = reading->facts;
	struct json_span item = { 0 };
	struct reading_ports last = { 0 };
	void *items = NULL;

	if (read_head(reading, &members) < 0 ||
	    read_list(reading, &members, SNAPSHOT_NETWORKS, sizeof(*facts->networks), &items,
		      &facts->n_networks) < 0)
		return -EINVAL;
	facts->networks = items;
	/* The list has as many items as were counted, for both go over the same text. */
	for (size_t i = 0; json_span_next(&values[SNAPSHOT_NETWORKS], &item); i++)
		if (read_network(reading, &item, &facts->networks[i]) < 0)
			return -EINVAL;
	if (read_list(reading, &members, SNAPSHOT_CONTAINERS, sizeof(*facts->containers), &items,
		      &facts->n_containers) < 0)
		return -EINVAL;
	facts->containers = items;
	/* A cleared span begins a walk at the first item of a list. */
	item = (struct json_span) { 0 };
	for (size_t i = 0; json_span_next(&values[SNAPSHOT_CONTAINERS], &item); i++)
		if (read_container(reading, &item, &facts->containers[i]) < 0)
			return -EINVAL;
	item = (struct json_span) { 0 };
	while (json_span_next(&values[SNAPSHOT_PORTS], &item))
		if (read_port(reading, &item, false, &last) < 0)
			return -EINVAL;
	return read_repairs(reading, &values[SNAPSHOT_DAEMON]);
}

/* The whole text is checked once. From then on the spans in it can be walked without looking
 * for its end. */
static int check(const struct reading *reading, const char *text, size_t len,
		 struct json_span *ret_json)
{
	int err = json_span_check(text, len, ret_json, reading->error);

	if (err == 0 && json_span_kind(ret_json) != JSON_SPAN_OBJECT)
		return error_set(reading->error, ERROR_INVALID,
				 "invalid JSON: an object is wanted");
	return err;
}

/* SIZE_MAX makes the first search begin at the front, and makes any place that is found differ
 * from it, so that the list's room is set. */
int belief_read_ports(const char *text, size_t len, struct facts *facts, struct error *error)
{
	static const char *const keys[] = { "Ports" };
	/* Readers always write a sentence, and take the code of it from there. */
	struct error own = { 0 };
	const struct reading reading = { facts, error ? error : &own };
	struct reading_ports last = { .at = SIZE_MAX };
	struct json_span json, item = { 0 };
	struct members members;
	int err = check(&reading, text, len, &json);

	if (err < 0)
		return err;
	members = MEMBERS(&json, keys);
	while (err == 0 && json_span_next(&members.values[0], &item))
		if (read_port(&reading, &item, true, &last) < 0)
			err = reading.error->code;
	return err;
}

/* What was read is given back when anything is wrong: facts with half of a belief would be
 * judged as if the rest did not exist. */
int belief_read(const char *text, size_t len, struct facts *facts, struct error *error)
{
	struct error own = { 0 };
	const struct reading reading = { facts, error ? error : &own };
	struct json_span json;
	int err = check(&reading, text, len, &json);

	if (err < 0)
		return err;
	if (read_all(&reading, &json) == 0)
		return 0;
	belief_done(facts);
	return reading.error->code;
}

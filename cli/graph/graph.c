// SPDX-License-Identifier: GPL-2.0-or-later
// graph.c - what there is to draw: networks, who is on them, and the host's ports that lead there
#include "cli/graph/graph.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Each list of the snapshot becomes an array, which is sorted before
 * anything points into it. Containers and networks are found by their ids in lists of pointers
 * that are sorted by id; a name may change, and an id is what the snapshot refers to. Endpoints
 * are made last, in the order of networks and names. Texts are not copied: they belong to the
 * snapshot. What is missing in it is an empty text, a 0 or false, and is drawn as "none"; a
 * part that is missing as a whole is an error. */

const char *const graph_link_name[GRAPH_N_LINKS] = {
	[GRAPH_LINK_NONE] = "none", [GRAPH_LINK_UNKNOWN] = "unknown", [GRAPH_LINK_UP] = "up",
	[GRAPH_LINK_DOWN] = "down", [GRAPH_LINK_MISSING] = "missing",
};

/* Things by a text of theirs; sorted. */
struct entry {
	const char *key;
	void *value;
};

/* Sorted by key; the values belong to the graph, or to the snapshot. An index is made once and
 * searched many times, so a snapshot of n things costs n times log n and not n times n. */
struct index {
	struct entry *entries;
	size_t n;
};

/* The indexes are needed while the graph is made, and freed afterwards. has_links: the kernel was
 * asked. The graph belongs to the caller of graph_read(); the three indexes end with that
 * function. */
struct reading {
	struct graph *graph;
	struct index networks, containers, links;
	bool has_links;
};

/* Never NULL, so that everything behind this compares and prints texts without a check. The text is
 * the snapshot's. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A number that is missing is 0, and a text in its place is, too. */
static long long number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* A truth that is missing is false, as an older netd leaves it out. */
static bool truth_of(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* --- finding ---------------------------------------------------------------------------------- */

/* Ids are in no order that people see, so bytes are compared. For qsort(3) and bsearch(3). */
static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* qsort(3) must not be given an array that is not there. */
static void index_sort(struct index *index)
{
	if (index->n > 0)
		qsort(index->entries, index->n, sizeof(*index->entries), compare_entries);
}

/* NULL: there is none. bsearch(3) must not be given an array that is not there, which the check
 * rules out. Of two entries with one key either may be found; ids are unique. */
static void *index_find(const struct index *index, const char *key)
{
	const struct entry wanted = { .key = key };
	struct entry *found = index->n == 0 ? NULL
					    : bsearch(&wanted, index->entries, index->n,
						      sizeof(*index->entries), compare_entries);

	return found ? found->value : NULL;
}

/* As large as a list, and one more, so that there is no array of nothing. Zeroed, and the caller's
 * to free. NULL means that there is no memory, and nothing else. */
static void *array_of(size_t n, size_t size)
{
	return calloc(n + 1, size);
}

/* --- networks and containers ------------------------------------------------------------------ */

/* How packets of a subnet leave, from what the network is set to. An internal network and an
 * isolated gateway have no way out; routed packets keep their addresses; without masquerading they
 * do so as well, unless an address was given for them. The words of the gateway mode are those of
 * the snapshot. */
static enum graph_exit exit_of(const json_t *network, const json_t *subnet)
{
	const char *mode = text_of(subnet, "GatewayMode");
	bool masquerades = truth_of(network, "Masquerade");

	if (truth_of(network, "Internal") || strcmp(mode, "isolated") == 0)
		return GRAPH_EXIT_NONE;
	if (strcmp(mode, "routed") == 0 || (!masquerades && !*text_of(subnet, "LeavesWith")))
		return GRAPH_EXIT_ROUTED;
	return GRAPH_EXIT_NAT;
}

/* The list has one subnet for each family at the most; more are not drawn. All texts stay the
 * snapshot's, which lives longer than the graph. */
static void read_network(const json_t *from, struct graph_network *network)
{
	const json_t *subnets = json_object_get(from, "Subnets");

	*network = (struct graph_network) {
		.id = text_of(from, "Id"),
		.name = text_of(from, "Name"),
		.driver = text_of(from, "Driver"),
		.bridge = text_of(from, "Bridge"),
		.mtu = number_of(from, "Mtu"),
		.internal = truth_of(from, "Internal"),
	};
	for (size_t i = 0; i < json_array_size(subnets) && i < FAMILY_N; i++) {
		const json_t *subnet = json_array_get(subnets, i);

		network->subnets[network->n_subnets++] = (struct graph_subnet) {
			.subnet = text_of(subnet, "Subnet"),
			.gateway = text_of(subnet, "Gateway"),
			.leaves_with = text_of(subnet, "LeavesWith"),
			.exit = exit_of(from, subnet),
		};
	}
}

/* As people count: a-2 before a-10. Ids decide where names do not, so that the order is always the
 * same. strverscmp(3) compares numbers within a text by their value. Below 0, 0 or above 0, as
 * strcmp(3). */
static int compare_named(const char *name, const char *id, const char *other, const char *other_id)
{
	int by_name = strverscmp(name, other);

	return by_name != 0 ? by_name : strcmp(id, other_id);
}

/* The order of boxes in every picture. */
static int compare_networks(const void *a, const void *b)
{
	const struct graph_network *x = a, *y = b;

	return compare_named(x->name, x->id, y->name, y->id);
}

/* The order of containers within a network. */
static int compare_containers(const void *a, const void *b)
{
	const struct graph_container *x = a, *y = b;

	return compare_named(x->name, x->id, y->name, y->id);
}

/* The index is made when the array has its order. 0 or -ENOMEM; what was made is freed by
 * graph_done() and graph_read(). */
static int read_networks(struct reading *reading, const json_t *list)
{
	struct graph *graph = reading->graph;
	size_t n = json_array_size(list);

	graph->networks = array_of(n, sizeof(*graph->networks));
	reading->networks.entries = array_of(n, sizeof(struct entry));
	if (!graph->networks || !reading->networks.entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		read_network(json_array_get(list, i), &graph->networks[i]);
	graph->n_networks = n;
	/* Sorted first: an index points into the array. */
	qsort(graph->networks, n, sizeof(*graph->networks), compare_networks);
	for (size_t i = 0; i < n; i++)
		reading->networks.entries[i] = (struct entry) { graph->networks[i].id,
								&graph->networks[i] };
	reading->networks.n = n;
	index_sort(&reading->networks);
	return 0;
}

/* The same for containers. Their endpoints and ports come later. 0 or -ENOMEM. */
static int read_containers(struct reading *reading, const json_t *list)
{
	struct graph *graph = reading->graph;
	size_t n = json_array_size(list);

	graph->containers = array_of(n, sizeof(*graph->containers));
	reading->containers.entries = array_of(n, sizeof(struct entry));
	if (!graph->containers || !reading->containers.entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		graph->containers[i] = (struct graph_container) {
			.id = text_of(json_array_get(list, i), "Id"),
			.name = text_of(json_array_get(list, i), "Name"),
		};
	graph->n_containers = n;
	qsort(graph->containers, n, sizeof(*graph->containers), compare_containers);
	for (size_t i = 0; i < n; i++)
		reading->containers.entries[i] = (struct entry) { graph->containers[i].id,
								  &graph->containers[i] };
	reading->containers.n = n;
	index_sort(&reading->containers);
	return 0;
}

/* --- links and endpoints ---------------------------------------------------------------------- */

/* A link is kept as the snapshot has it: only a few of many are asked about. 0 or -ENOMEM. A
 * snapshot without the list is no error: the links are then unknown. */
static int read_links(struct reading *reading, const json_t *list)
{
	size_t n = json_array_size(list);

	reading->has_links = json_is_array(list);
	reading->links.entries = array_of(n, sizeof(struct entry));
	if (!reading->links.entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		json_t *link = json_array_get(list, i);

		reading->links.entries[i] = (struct entry) { text_of(link, "Name"), link };
	}
	reading->links.n = n;
	index_sort(&reading->links);
	return 0;
}

/* What is known of a link in four steps: the network has none; nobody asked; it is not in the
 * kernel; it is up or down. "Running" is what the kernel says of the carrier. A link that is up
 * without a carrier counts as down, since no packet passes it. */
static enum graph_link link_of(const struct reading *reading, const struct graph_network *network,
			       const char *host_interface)
{
	const json_t *link;

	if (!*network->bridge)
		return GRAPH_LINK_NONE;
	if (!reading->has_links)
		return GRAPH_LINK_UNKNOWN;
	link = index_find(&reading->links, host_interface);
	if (!link)
		return GRAPH_LINK_MISSING;
	return truth_of(link, "Up") && truth_of(link, "Running") ? GRAPH_LINK_UP : GRAPH_LINK_DOWN;
}

/* Networks and containers are sorted by name, so pointers into their arrays compare as names do. So
 * the endpoints of one network stand together, which is what first_endpoint and n_endpoints rely
 * on. */
static int compare_endpoints(const void *a, const void *b)
{
	const struct graph_endpoint *x = a, *y = b;

	if (x->network != y->network)
		return x->network < y->network ? -1 : 1;
	if (x->container != y->container)
		return x->container < y->container ? -1 : 1;
	return strcmp(x->interface, y->interface);
}

/* An endpoint whose network has gone meanwhile is left out. The array has room: all endpoints were
 * counted before. */
static void read_endpoints_of(struct reading *reading, const json_t *container)
{
	const json_t *list = json_object_get(container, "Endpoints");
	struct graph *graph = reading->graph;
	struct graph_container *owner = index_find(&reading->containers, text_of(container, "Id"));

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *from = json_array_get(list, i);
		struct graph_network *network = index_find(&reading->networks,
							   text_of(from, "Network"));

		if (!network)
			continue;
		graph->endpoints[graph->n_endpoints++] = (struct graph_endpoint) {
			.container = owner,
			.network = network,
			.ip = text_of(from, "Ip"),
			.ip6 = text_of(from, "Ip6"),
			.mac = text_of(from, "Mac"),
			.interface = text_of(from, "Interface"),
			.host_interface = text_of(from, "HostInterface"),
			.link = link_of(reading, network, text_of(from, "HostInterface")),
		};
	}
}

/* Once they are sorted, which moves them. From the last to the first: so the number that stays is
 * the lowest, and each list, which is added to at its head, ends up in order. Each endpoint is in
 * two lists then: a run of the array by its network, and a chain by its container. */
static void join_endpoints(struct graph *graph)
{
	for (size_t i = graph->n_endpoints; i-- > 0;) {
		struct graph_endpoint *endpoint = &graph->endpoints[i];

		endpoint->network->first_endpoint = i;
		endpoint->network->n_endpoints++;
		endpoint->next = endpoint->container->endpoints;
		endpoint->container->endpoints = endpoint;
	}
}

/* All endpoints of all containers are counted for one array. 0 or -ENOMEM. An order that is always
 * the same makes pictures that can be compared. */
static int read_endpoints(struct reading *reading, const json_t *containers)
{
	struct graph *graph = reading->graph;
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(containers); i++)
		n += json_array_size(json_object_get(json_array_get(containers, i), "Endpoints"));
	graph->endpoints = array_of(n, sizeof(*graph->endpoints));
	if (!graph->endpoints)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(containers); i++)
		read_endpoints_of(reading, json_array_get(containers, i));
	qsort(graph->endpoints, graph->n_endpoints, sizeof(*graph->endpoints), compare_endpoints);
	join_endpoints(graph);
	return 0;
}

/* --- ports ------------------------------------------------------------------------------------ */

/* A difference could overflow, so the numbers are compared. */
static int compare_numbers(long long a, long long b)
{
	return a < b ? -1 : a > b;
}

/* All but the address. Two runs that are equal in this are one to whoever draws, on two addresses.
 * Below 0, 0 or above 0. */
static int compare_runs(const struct graph_port *x, const struct graph_port *y)
{
	int by = x->container == y->container ? 0 : x->container < y->container ? -1 : 1;

	by = by != 0 ? by : compare_numbers(x->host_port, y->host_port);
	by = by != 0 ? by : strcmp(x->protocol, y->protocol);
	by = by != 0 ? by : compare_numbers(x->container_port, y->container_port);
	by = by != 0 ? by : compare_numbers(x->count, y->count);
	/* Ports of the host and others with the same numbers are not mixed. */
	return by != 0 ? by : compare_numbers(graph_is_of_host(x), graph_is_of_host(y));
}

/* By container, port and protocol, so that runs that are alike stand beside each other. For
 * qsort(3). */
static int compare_ports(const void *a, const void *b)
{
	const struct graph_port *x = a, *y = b;
	int by = compare_runs(x, y);

	return by != 0 ? by : strcmp(x->host_ip, y->host_ip);
}

/* "0.0.0.0" stands before "::", and whatever is between them is of an address of its own. The order
 * of texts has "0" before ":", which is what makes this work. A port that is published on every
 * address has two entries in the snapshot, one for each family. A person sees one port, so the
 * second is marked as a twin and passed over by whoever draws for people. */
static void mark_twins(struct graph *graph)
{
	struct graph_port *any = NULL;

	for (size_t i = 0; i < graph->n_ports; i++) {
		struct graph_port *port = &graph->ports[i];

		if (any && compare_runs(any, port) != 0)
			any = NULL;
		if (strcmp(port->host_ip, "0.0.0.0") == 0)
			any = port;
		else if (any && strcmp(port->host_ip, "::") == 0)
			/* "::" alone is no twin: its IPv4 half is not published. */
			any->on_both = port->is_twin = true;
	}
}

/* What is no run of ports is not drawn: netd has none of them, and sums must not overflow. false:
 * the entry is passed over. */
static bool is_run(const json_t *from)
{
	long long host = number_of(from, "HostPort"), inside = number_of(from, "ContainerPort");
	long long count = number_of(from, "Count");

	return host >= 0 && inside >= 0 && host <= UINT16_MAX && inside <= UINT16_MAX &&
	       count > 0 && count <= UINT16_MAX + 1;
}

/* The ports of a container are a run of the sorted array. 0 or -ENOMEM. */
static int read_ports(struct reading *reading, const json_t *list)
{
	struct graph *graph = reading->graph;

	graph->ports = array_of(json_array_size(list), sizeof(*graph->ports));
	if (!graph->ports)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *from = json_array_get(list, i);
		struct graph_container *container = index_find(&reading->containers,
							       text_of(from, "Container"));

		/* A container that has gone meanwhile has no ports to draw. */
		if (!container || !is_run(from))
			continue;
		container->n_ports++;
		graph->ports[graph->n_ports++] = (struct graph_port) {
			.container = container,
			.protocol = text_of(from, "Protocol"),
			.host_ip = text_of(from, "HostIp"),
			.target = text_of(from, "Target"),
			.way = text_of(from, "Way"),
			.host_port = number_of(from, "HostPort"),
			.container_port = number_of(from, "ContainerPort"),
			.count = number_of(from, "Count"),
		};
	}
	qsort(graph->ports, graph->n_ports, sizeof(*graph->ports), compare_ports);
	mark_twins(graph);
	/* From the last, as above. A container without ports has n_ports 0, and its first_port
	 * means nothing. */
	for (size_t i = graph->n_ports; i-- > 0;)
		graph->ports[i].container->first_port = i;
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Each step needs the indexes of those before. 0 or -ENOMEM. The order is that of the comment
 * above; nothing is undone here. */
static int read_all(struct reading *reading, const json_t *snapshot)
{
	const json_t *containers = json_object_get(snapshot, "Containers");
	int err = read_networks(reading, json_object_get(snapshot, "Networks"));

	if (err == 0)
		err = read_containers(reading, containers);
	if (err == 0)
		err = read_links(reading, json_object_get(snapshot, "Links"));
	if (err == 0)
		err = read_endpoints(reading, containers);
	return err < 0 ? err : read_ports(reading, json_object_get(snapshot, "Ports"));
}

/* 0, or the error is set. The snapshot must outlive the graph. */
int graph_read(const json_t *snapshot, struct graph *ret_graph, struct error *error)
{
	/* Links are no part that must be there: without them the picture says "unknown". */
	static const char *const parts[] = { "Networks", "Containers", "Ports" };
	struct reading reading = { .graph = ret_graph };
	int err;

	/* The caller calls graph_done() in any case, so all is set from here on. */
	*ret_graph = (struct graph) { .snapshot = snapshot };
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!json_is_array(json_object_get(snapshot, parts[i])))
			return error_set(error, ERROR_INTERNAL, "netd's snapshot has no %s",
					 parts[i]);
	err = read_all(&reading, snapshot);
	free(reading.networks.entries);
	free(reading.containers.entries);
	free(reading.links.entries);
	return err < 0 ? error_system(error, err, "reading netd's snapshot") : 0;
}

/* It copes with a graph that was made in part. */
void graph_done(struct graph *graph)
{
	free(graph->networks);
	free(graph->containers);
	free(graph->endpoints);
	free(graph->ports);
	*graph = (struct graph) { 0 };
}

/* A network that the user has made is drawn, even when it is empty. The networks host and none are
 * on every host, and tell nothing while they are empty. */
bool graph_is_drawn(const struct graph_network *network)
{
	return network->n_endpoints > 0 ||
	       (strcmp(network->driver, "host") != 0 && strcmp(network->driver, "null") != 0);
}

/* By address translation or by a relay. Any other way does not pass a port of the host. Such ports
 * are drawn at the host's edge. */
bool graph_is_of_host(const struct graph_port *port)
{
	return strcmp(port->way, "nat") == 0 || strcmp(port->way, "relay") == 0;
}

/* A target that no endpoint has is stale; the first endpoint is a better place than none. NULL: the
 * container has no endpoint at all. */
const struct graph_endpoint *graph_end_of(const struct graph_port *port)
{
	const struct graph_endpoint *first = port->container->endpoints;

	for (const struct graph_endpoint *at = first; at && *port->target; at = at->next)
		if (strcmp(at->ip, port->target) == 0 || strcmp(at->ip6, port->target) == 0)
			return at;
	return first;
}

/* A link that nobody knows is not broken. Broken links are drawn with a cross. */
bool graph_is_broken(const struct graph_endpoint *endpoint)
{
	return endpoint->link == GRAPH_LINK_DOWN || endpoint->link == GRAPH_LINK_MISSING;
}

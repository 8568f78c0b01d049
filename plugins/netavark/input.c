// SPDX-License-Identifier: GPL-2.0-or-later
// input.c - what Podman writes to netavark's stdin for setup and teardown, decoded
#include "plugins/netavark/input.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/limits.h"
#include "client/calls.h"
#include "model/text/field.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. Every text and array of an input points into its json, which input owns:
 * nothing is copied but what has another form here (addresses, the container's id). Podman 4 and 5
 * send the networks as an object by name, Podman 6 as an array in the order of the interfaces. Both
 * end in one array in that order. What netd cannot do is noted and not refused here, for teardown
 * reads the same request and must succeed also for what setup refused.
 *
 * The request of setup and teardown, as far as it is read:
 *
 *   container_id, container_name, container_hostname, dns_servers
 *   port_mappings   an array (ports.c)
 *   networks        how the container is on each network: interface_name, static_ips, static_mac,
 *                   aliases, options; by name, or with the member "name"
 *   network_info    by name, what each network is: id, driver, subnets, options, labels and so on
 *
 * A network is in both of the last two, and one struct input_network has what both say. */

/* May be called twice. */
void input_done(struct input *input)
{
	free(input->networks);
	json_decref(input->json);
	*input = (struct input) { 0 };
}

/* --- values ----------------------------------------------------------------------------------- */

/* -EINVAL with a sentence that names the place of the field. Nothing else is touched on failure. */

/* Untouched where the field is absent or "". */
static int read_addr(const struct field_scope *scope, const char *key, struct addr *ret_addr)
{
	const char *text = "";
	int err = field_text(scope, key, &text);

	if (err < 0 || !*text)
		return err;
	return addr_parse(text, ret_addr) < 0 ? field_error(scope, key, "must be an IP address")
					      : 0;
}

/* An array of strings that is looked at in place. *ret_array stays as it is where the field is
 * absent: NULL from the beginning. */
static int read_strings(const struct field_scope *scope, const char *key, size_t max,
			const json_t **ret_array)
{
	const json_t *array = NULL;
	size_t i;
	json_t *text;
	int err = field_array(scope, key, max, &array);

	if (err < 0)
		return err;
	json_array_foreach ((json_t *)array, i, text)
		if (!json_is_string(text))
			return field_error(scope, key, "must be an array of strings");
	*ret_array = array;
	return 0;
}

/* As read_strings(), for an object whose members are strings. */
static int read_string_map(const struct field_scope *scope, const char *key,
			   const json_t **ret_object)
{
	struct field_scope map;
	const char *name;
	json_t *value;
	int err = field_object(scope, key, &map);

	if (err < 0)
		return err;
	json_object_foreach ((json_t *)map.object, name, value)
		if (!json_is_string(value))
			return field_error(&map, name, "must be a string");
	*ret_object = map.object;
	return 0;
}

/* --- a network -------------------------------------------------------------------------------- */

/* Puts the subnet into its family's place. A second one of the family is only noted. */
static int decode_subnet(const struct field_scope *scope, struct input_network *network)
{
	struct input_subnet subnet = { 0 }, *place;
	struct field_scope lease;
	const char *text = "";
	int err = field_text(scope, "subnet", &text);

	if (err < 0)
		return err;
	if (prefix_parse(text, &subnet.prefix) < 0)
		return field_error(scope, "subnet", "must be a subnet such as 10.89.0.0/24");
	subnet.prefix.addr = prefix_first(&subnet.prefix);
	if ((err = read_addr(scope, "gateway", &subnet.gateway)) < 0 ||
	    (err = field_object(scope, "lease_range", &lease)) < 0 ||
	    (err = read_addr(&lease, "start_ip", &subnet.lease_first)) < 0 ||
	    (err = read_addr(&lease, "end_ip", &subnet.lease_last)) < 0)
		return err;
	place = &network->subnet[family_of(subnet.prefix.addr.family)];
	/* Noted and refused later, with a sentence about the network: teardown must read such a
	 * request, too. */
	network->more_subnets |= addr_is_set(&place->prefix.addr);
	if (!addr_is_set(&place->prefix.addr))
		*place = subnet;
	return 0;
}

/* The bound protects against an absurd array; more than two are refused later anyway. */
static int decode_subnets(const struct field_scope *scope, struct input_network *network)
{
	const json_t *subnets = NULL;
	struct field_scope element;
	int err = field_array(scope, "subnets", NETAVARK_SUBNETS_MAX, &subnets);

	for (size_t i = 0; err == 0 && i < json_array_size(subnets); i++) {
		err = field_element(scope, "subnets", subnets, i, &element);
		if (err == 0)
			err = decode_subnet(&element, network);
	}
	return err;
}

/* network_info[NAME]: what "podman network inspect" shows. SIZE_MAX: the size of the request
 * bounds these. */
static int decode_info(const struct field_scope *scope, struct input_network *network)
{
	struct field_scope ipam;
	int err;

	if ((err = field_text(scope, "id", &network->id)) < 0 ||
	    (err = field_text(scope, "driver", &network->driver)) < 0 ||
	    (err = field_text(scope, "network_interface", &network->interface)) < 0 ||
	    (err = field_bool(scope, "internal", &network->internal)) < 0 ||
	    (err = field_bool(scope, "dns_enabled", &network->dns_enabled)) < 0 ||
	    (err = field_object(scope, "ipam_options", &ipam)) < 0 ||
	    (err = field_text(&ipam, "driver", &network->ipam)) < 0 ||
	    (err = read_string_map(scope, "labels", &network->labels)) < 0 ||
	    (err = read_string_map(scope, "options", &network->options)) < 0 ||
	    (err = field_array(scope, "routes", SIZE_MAX, &network->routes)) < 0 ||
	    (err = read_strings(scope, "network_dns_servers", SIZE_MAX, &network->dns_servers)) < 0)
		return err;
	return decode_subnets(scope, network);
}

/* The addresses that Podman's IPAM has chosen for this start. */
static int decode_ips(const struct field_scope *scope, struct input_network *network)
{
	const json_t *ips = NULL;
	size_t i;
	json_t *text;
	int err = read_strings(scope, "static_ips", NETAVARK_SUBNETS_MAX, &ips);

	if (err < 0)
		return err;
	json_array_foreach ((json_t *)ips, i, text) {
		struct addr addr, *place;

		if (addr_parse(json_string_value(text), &addr) < 0)
			return field_error(scope, "static_ips", "must hold IP addresses");
		place = &network->ip[family_of(addr.family)];
		/* The first one counts; network_check() refuses the rest with a sentence. */
		network->more_ips |= addr_is_set(place);
		if (!addr_is_set(place))
			*place = addr;
	}
	return 0;
}

/* networks[NAME]: how the container is to be on it. */
static int decode_endpoint(const struct field_scope *scope, struct input_network *network)
{
	int err;

	if ((err = field_text(scope, "interface_name", &network->ifname)) < 0 ||
	    (err = field_text(scope, "static_mac", &network->mac)) < 0 ||
	    (err = read_strings(scope, "aliases", SIZE_MAX, &network->aliases)) < 0 ||
	    (err = read_string_map(scope, "options", &network->endpoint_options)) < 0)
		return err;
	return decode_ips(scope, network);
}

/* info: the scope of network_info. The entry is valid, with "" for texts, even after a failure. */
static int decode_network(const struct field_scope *info, const char *name,
			  const struct field_scope *endpoint, struct input_network *network)
{
	struct field_scope scope;
	int err = field_object(info, name, &scope);

	/* Every text is "" before the first thing that can fail, so that an error leaves a valid
	 * input. */
	*network = (struct input_network) { .name = name,
					    .id = "",
					    .driver = "",
					    .ipam = "",
					    .interface = "",
					    .ifname = "",
					    .mac = "" };
	/* Behind the assignment, since look_for_metrics() reads every entry. */
	if (err < 0)
		return err;
	if (!*name)
		return field_error(endpoint, "name", "is required");
	if (!scope.object)
		return field_error(info, name, "is required: the container is to be on it");
	err = decode_info(&scope, network);
	return err < 0 ? err : decode_endpoint(endpoint, network);
}

/* --- the networks ----------------------------------------------------------------------------- */

/* The order decides which interface is eth0, and netd makes interfaces in the order of its
 * request. */

/* ethN: N; SIZE_MAX: a name that somebody chose. For the sorting only; a number too large for the
 * type is as good as any. */
static size_t number_of(const struct input_network *network)
{
	if (strncmp(network->ifname, "eth", 3) != 0 || !network->ifname[3] ||
	    strspn(network->ifname + 3, "0123456789") != strlen(network->ifname + 3))
		return SIZE_MAX;
	return strtoul(network->ifname + 3, NULL, 10); /* IFNAMSIZ bounds it in the kernel */
}

/* The numbers of the interfaces are the order; a map has none. */
static int compare_networks(const void *left, const void *right)
{
	const struct input_network *a = left, *b = right;
	size_t number_a = number_of(a), number_b = number_of(b);

	/* Names that somebody chose come after the numbers, in the order of their bytes: the same
	 * at each start. */
	if (number_a != number_b)
		return number_a < number_b ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* map: the member networks, whose entries are read through a scope, for the sentences. */
static int decode_map(const struct field_scope *body, const struct field_scope *info,
		      const json_t *map, struct input *input)
{
	struct field_scope networks, endpoint;
	const char *name;
	json_t *value;
	int err = field_object(body, "networks", &networks);

	/* n_networks counts an entry before it is decoded, so a failure leaves the last one half
	 * filled. */
	json_object_foreach ((json_t *)map, name, value) {
		if (err == 0)
			err = field_object(&networks, name, &endpoint);
		if (err == 0)
			err = decode_network(info, name, &endpoint,
					     &input->networks[input->n_networks++]);
	}
	if (err == 0)
		qsort(input->networks, input->n_networks, sizeof(*input->networks),
		      compare_networks);
	return err;
}

/* The array has the order already. */
static int decode_array(const struct field_scope *body, const struct field_scope *info,
			const json_t *array, struct input *input)
{
	struct field_scope endpoint;
	int err = 0;

	for (size_t i = 0; err == 0 && i < json_array_size(array); i++) {
		const char *name = "";

		err = field_element(body, "networks", array, i, &endpoint);
		if (err == 0)
			err = field_text(&endpoint, "name", &name);
		if (err == 0)
			err = decode_network(info, name, &endpoint,
					     &input->networks[input->n_networks++]);
	}
	return err;
}

/* Then each of them has a default route of its own. with_metric is the same for all networks of a
 * request. */
static void look_for_metrics(struct input *input)
{
	bool any = false;

	for (size_t i = 0; i < input->n_networks; i++)
		any |= json_object_get(input->networks[i].options, "metric") ||
		       json_object_get(input->networks[i].endpoint_options, "metric");
	for (size_t i = 0; i < input->n_networks; i++)
		input->networks[i].with_metric = any;
}

/* Allocates the array for all entries at once; input owns it, on failure as well. */
static int decode_networks(const struct field_scope *body, struct input *input)
{
	const json_t *networks = json_object_get(body->object, "networks");
	bool array = json_is_array(networks);
	size_t n = array ? json_array_size(networks) : json_object_size(networks);
	struct field_scope info;
	int err = field_object(body, "network_info", &info);

	if (err < 0)
		return err;
	if (!array && !json_is_object(networks))
		return field_error(body, "networks", "must be an object or an array of objects");
	/* Podman calls no helper for a container without a network. */
	if (n == 0 || n > NETWORKS_PER_CONTAINER_MAX)
		return error_set(body->error, ERROR_INVALID,
				 "networks has %zu entries, 1 to %d are wanted", n,
				 NETWORKS_PER_CONTAINER_MAX);
	input->networks = calloc(n, sizeof(*input->networks));
	if (!input->networks)
		return field_no_memory(body->error);
	err = array ? decode_array(body, &info, networks, input)
		    : decode_map(body, &info, networks, input);
	/* Harmless after an error: entries that were not decoded have no options. */
	look_for_metrics(input);
	return err;
}

/* Podman's ids have netd's form; Buildah (`podman build`, `buildah run`) sends a name. Equal names
 * give equal ids, so a teardown finds what the setup made. */
static void take_id(const char *text, char ret_id[static ID_LEN + 1])
{
	if (calls_is_id(text))
		memcpy(ret_id, text, ID_LEN + 1);
	else
		calls_make_id("podman", text, ret_id);
}

/* The container's own part, then the networks. */
static int decode_container(const struct field_scope *body, struct input *input)
{
	const char *id = "";
	int err;

	if ((err = field_text(body, "container_id", &id)) < 0 ||
	    (err = field_text(body, "container_name", &input->name)) < 0 ||
	    (err = field_text(body, "container_hostname", &input->hostname)) < 0 ||
	    (err = field_array(body, "port_mappings", PORTS_PER_CONTAINER_MAX, &input->ports)) <
		    0 ||
	    (err = read_strings(body, "dns_servers", SIZE_MAX, &input->dns_servers)) < 0)
		return err;
	if (!*id)
		return field_error(body, "container_id", "must be an id or a name");
	take_id(id, input->id);
	return decode_networks(body, input);
}

/* *ret_input is set on success only. */
int input_decode(const char *text, size_t len, struct input *ret_input, struct error *error)
{
	struct input input = { .name = "", .hostname = "" };
	struct field_scope body;
	int err = json_parse_body(text, len, &input.json, error);

	if (err < 0)
		return err;
	err = field_scope_init(input.json, "", error, &body);
	if (err == 0)
		err = decode_container(&body, &input);
	if (err < 0) {
		input_done(&input);
		return err;
	}
	*ret_input = input;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// create_check.c - a network that Podman 6 wants to have made: whether its containers could start
#include "plugins/netavark/create_check.h"

#include "base/limits.h"
#include "client/calls.h"
#include "model/container/endpoint_route.h"
#include "plugins/netavark/network.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. Podman stores the network when create succeeds, and would meet a mistake
 * only at the first start of a container. So what setup would refuse is refused here, with the same
 * functions where they exist (network_check_options()).
 *
 * Checks only, and completes nothing. What the network has is judged as setup would judge it, with
 * a sentence in Podman's or netavark's words. */

/* --- subnets ---------------------------------------------------------------------------------- */

/* *ret_addr stays as it is where the field is absent. what: the word in the sentence. */
static int read_inside(const struct field_scope *scope, const char *key, const char *what,
		       const struct prefix *prefix, struct addr *ret_addr)
{
	const char *text = "";
	struct addr addr;
	int err = field_text(scope, key, &text);

	if (err < 0 || !*text)
		return err;
	if (addr_parse(text, &addr) < 0)
		return field_error(scope, key, "must be an IP address");
	if (!prefix_contains(prefix, &addr))
		return error_set(scope->error, ERROR_INVALID, "%s %s not in subnet %s", what, text,
				 PREFIX_STR(prefix));
	*ret_addr = addr;
	return 0;
}

/* *ret_gateway stays as it is where there is none. */
int create_check_subnet(const struct field_scope *subnet, const struct prefix *prefix,
			struct addr *ret_gateway)
{
	struct field_scope range;
	struct addr first = { 0 }, last = { 0 };
	int err;

	if ((err = read_inside(subnet, "gateway", "gateway", prefix, ret_gateway)) < 0 ||
	    (err = field_object(subnet, "lease_range", &range)) < 0 ||
	    (err = read_inside(&range, "start_ip", "lease range start_ip", prefix, &first)) < 0 ||
	    (err = read_inside(&range, "end_ip", "lease range end_ip", prefix, &last)) < 0)
		return err;
	/* One of the two may be absent: the range is open at that end. */
	if (addr_is_set(&first) && addr_is_set(&last) && addr_compare(&first, &last) > 0)
		return error_set(subnet->error, ERROR_INVALID,
				 "lease range start_ip %s must not be behind end_ip %s",
				 ADDR_STR(&first), ADDR_STR(&last));
	return 0;
}

/* --- routes ----------------------------------------------------------------------------------- */

/* The words of ip-route(8) that netd has. */
static bool is_route_type(const char *text)
{
	for (int type = 0; type < ENDPOINT_ROUTE_N_TYPES; type++)
		if (strcmp(text, endpoint_route_type_name[type]) == 0)
			return true;
	return false;
}

/* Elements are {"destination", "gateway", "metric", "route_type"}. */
static int check_route(const struct field_scope *route)
{
	const char *destination = "", *gateway = "", *type = "unicast";
	struct prefix prefix;
	struct addr addr = { 0 }, first;
	json_int_t metric = 0;
	int err;

	if ((err = field_text(route, "destination", &destination)) < 0 ||
	    (err = field_text(route, "gateway", &gateway)) < 0 ||
	    (err = field_text(route, "route_type", &type)) < 0 ||
	    (err = field_integer(route, "metric", 0, UINT32_MAX, &metric)) < 0)
		return err;
	if (prefix_parse(destination, &prefix) < 0)
		return field_error(route, "destination", "must be a subnet");
	/* The kernel refuses host bits in the destination of an IPv4 route (EINVAL), and the
	 * start would fail. */
	first = prefix_first(&prefix);
	if (!addr_equal(&first, &prefix.addr))
		return field_error(route, "destination", "must be a subnet, not an address in one");
	if (*type && !is_route_type(type))
		return field_error(route, "route_type",
				   "must be unicast, blackhole, unreachable or prohibit");
	if (*gateway && (addr_parse(gateway, &addr) < 0 || addr.family != prefix.addr.family))
		return field_error(route, "gateway",
				   "must be an address of the destination's family");
	/* Every type but unicast drops the packets, and so has nowhere to send them. "" is unicast
	 * as well. */
	if ((!*type || strcmp(type, "unicast") == 0) != (*gateway != '\0'))
		return error_set(route->error, ERROR_INVALID,
				 *gateway ? "route %s must not have a gateway for type %s"
					  : "route %s requires a gateway for type unicast",
				 destination, type);
	return 0;
}

/* The limit is netd's for the routes of one endpoint. */
static int check_routes(const struct field_scope *network)
{
	const json_t *routes = NULL;
	struct field_scope route;
	int err = field_array(network, "routes", ROUTES_PER_ENDPOINT_MAX, &routes);

	for (size_t i = 0; err == 0 && i < json_array_size(routes); i++) {
		err = field_element(network, "routes", routes, i, &route);
		if (err == 0)
			err = check_route(&route);
	}
	return err;
}

/* --- the rest --------------------------------------------------------------------------------- */

/* 0, or negative with the error filled. */

/* An id need not be there. */
static int check_id(const struct field_scope *network)
{
	const char *id = "";
	int err = field_text(network, "id", &id);

	if (err == 0 && *id &&
	    (strlen(id) != ID_LEN || strspn(id, "0123456789abcdefABCDEF") != ID_LEN))
		return field_error(network, "id", "must be 64 hexadecimal digits");
	return err;
}

/* Servers without names on the network would never be asked. */
static int check_dns(const struct field_scope *network)
{
	const json_t *servers = NULL;
	bool dns = false;
	struct addr addr;
	size_t i;
	json_t *server;
	int err;

	if ((err = field_bool(network, "dns_enabled", &dns)) < 0 ||
	    (err = field_array(network, "network_dns_servers", DNS_SERVERS_MAX, &servers)) < 0)
		return err;
	json_array_foreach ((json_t *)servers, i, server)
		if (!json_is_string(server) || addr_parse(json_string_value(server), &addr) < 0)
			return field_error(network, "network_dns_servers",
					   "must hold IP addresses");
	if (json_array_size(servers) > 0 && !dns)
		return field_error(network, "network_dns_servers",
				   "cannot be set: DNS is not enabled for the network");
	return 0;
}

/* labels and options are objects of strings. */
static int check_strings(const struct field_scope *network, const char *key)
{
	json_t *copy = NULL;
	int err = field_string_map(network, key, &copy);

	/* Only whether it is valid matters here; the copy is thrown away. */
	json_decref(copy);
	return err;
}

int create_check(const struct field_scope *network)
{
	struct input_network options = { 0 };
	const char *name = "";
	int err;

	if ((err = field_text(network, "name", &name)) < 0 || (err = check_id(network)) < 0 ||
	    (err = check_strings(network, "labels")) < 0 ||
	    (err = check_strings(network, "options")) < 0 || (err = check_dns(network)) < 0 ||
	    (err = check_routes(network)) < 0)
		return err;
	/* A network without anything but its options: network_check_options() reads no more. Names,
	 * labels and the rest stay "" or NULL. */
	options.name = name;
	options.options = json_object_get(network->object, "options");
	return network_check_options(&options, network->error);
}

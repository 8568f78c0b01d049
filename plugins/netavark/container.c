// SPDX-License-Identifier: GPL-2.0-or-later
// container.c - a container of Podman's as netd is asked to attach it, and its status as Podman
// reads it
#include "plugins/netavark/container.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "client/calls.h"
#include "model/text/field.h"
#include "model/text/name.h"
#include "plugins/netavark/network.h"

#include <netd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SEARCH_DOMAIN "dns.podman" /* netd knows it: dns/table_lookup.c */
#define METRIC_DEFAULT 100 /* netavark's; the smaller one wins, in netd the larger priority */
#define METRIC_MAX 1000000000
/* Below every metric: where published ports lead if no other network has a way in. Metrics go up to
 * METRIC_MAX, so priorities of networks with a way out go down to about -10^9. */
#define PRIORITY_NONE (-2000000000)

/* Theory of operation. Podman has chosen everything before it calls: addresses, the interface's
 * name, aliases. This file turns it into the body of netd's attach (container_settings(),
 * container_body()), tells from netd's answer whether netd did as was asked
 * (container_is_as_asked()), and writes the status that Podman stores and shows
 * (container_status()). Where Podman has no opinion the field is left out, and netd chooses. */

/* --- names ------------------------------------------------------------------------------------ */

/* Functions that return int give 0, or other than 0 without memory, unless they have an error to
 * fill. Objects are new references, NULL without memory. */

/* Adds the name unless it is there or there is no room. */
static int add_name(json_t *names, const char *name)
{
	size_t i;
	json_t *other;

	if (json_array_size(names) >= ALIASES_MAX)
		return 0; /* what Podman adds itself (the short id) comes last, and netd has it */
	/* Names are compared as DNS does it: two that differ in case are one. */
	json_array_foreach (names, i, other)
		if (strcasecmp(json_string_value(other), name) == 0)
			return 0;
	return json_array_append_new(names, json_string(name));
}

/* A name that nobody can ask for is no reason to stop a start. */
static bool is_alias(const char *text)
{
	return name_is_word(text, NAME_LEN_MAX) && !strchr(text, ',');
}

static json_t *aliases_of(const struct input_network *network)
{
	json_t *names = json_array(), *alias;
	size_t i;
	int err = 0;

	/* Elements are strings: the decoder has looked. */
	json_array_foreach ((json_t *)network->aliases, i, alias)
		if (is_alias(json_string_value(alias)))
			err |= add_name(names, json_string_value(alias));
	if (err == 0)
		return names;
	json_decref(names);
	return NULL;
}

/* --- one network ------------------------------------------------------------------------------ */

/* *ret_metric is METRIC_DEFAULT where nothing is said. 0 is a metric as well. */
static int read_metric(const struct input_network *network, json_int_t *ret_metric,
		       struct error *error)
{
	const char *text = network_option(network, "metric");
	json_int_t metric = 0;

	/* strtol(3) would take signs and blanks. */
	for (const char *c = text; *c; c++) {
		/* The bound is checked at each digit, so nothing can overflow. */
		if (*c < '0' || *c > '9' || (metric = metric * 10 + (*c - '0')) > METRIC_MAX)
			return error_set(
				error, ERROR_INVALID,
				"network %s: option metric is \"%s\": a number up to %d is "
				"wanted",
				network->name, text, METRIC_MAX);
	}
	*ret_metric = *text ? metric : METRIC_DEFAULT;
	return 0;
}

/* {destination, gateway, metric, route_type} as an item of the driver option. The form is netd's:
 * "TYPE DESTINATION via GATEWAY metric N", and routes separated by commas. */
static int put_route(struct buf *text, const struct input_network *network, const json_t *route,
		     struct error *error)
{
	const char *destination = calls_text(route, "destination");
	const char *gateway = calls_text(route, "gateway"), *type = calls_text(route, "route_type");
	const json_t *metric = json_object_get(route, "metric");

	/* The option separates routes by commas and words by spaces, so neither may be in a
	 * word. */
	if (!*destination || strpbrk(destination, ", ") || strpbrk(gateway, ", ") ||
	    strpbrk(type, ", "))
		return error_set(error, ERROR_INVALID,
				 "network %s: a route of its is without a destination, or no route",
				 network->name);
	buf_printf(text, "%s%s%s%s%s%s metric %" JSON_INTEGER_FORMAT, text->len > 0 ? "," : "",
		   type, *type ? " " : "", destination, *gateway ? " via " : "", gateway,
		   json_is_integer(metric) && json_integer_value(metric) > 0
			   ? json_integer_value(metric)
			   : METRIC_DEFAULT);
	return 0;
}

/* Sets the driver option to all routes of the network, or leaves it out. */
static int add_routes(const struct input_network *network, json_t *opts, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	size_t i;
	json_t *route;
	int err = 0;

	json_array_foreach ((json_t *)network->routes, i, route)
		if (err == 0)
			err = put_route(&text, network, route, error);
	if (err == 0 && text.len > 0 &&
	    (text.err < 0 ||
	     json_object_set_new(opts, NETD_OPTION_ROUTES, json_string(text.data)) != 0))
		err = field_no_memory(error);
	return err;
}

/* A metric is the route's, and tells which network is the way out: netd takes the largest priority.
 *
 * The priority is the metric turned round: what is smaller there is larger here. */
static int add_default_route(const struct input_network *network, json_t *settings, json_t *opts,
			     struct error *error)
{
	bool none = network_option_is_true(network, "no_default_route");
	json_int_t metric = METRIC_DEFAULT;
	int err = read_metric(network, &metric, error);

	if (err < 0)
		return err;
	if (none)
		err = json_object_set_new(opts, NETD_OPTION_DEFAULT_ROUTE, json_string("false"));
	/* netd gives the interface a default route of its own with this metric. Without metrics in
	 * the request one of the networks has the only default route. */
	else if (network->with_metric && metric > 0)
		err = json_object_set_new(opts, NETD_OPTION_METRIC,
					  json_sprintf("%" JSON_INTEGER_FORMAT, metric));
	if (err == 0 && (none || metric != METRIC_DEFAULT))
		err = json_object_set_new(
			settings, "GwPriority",
			json_integer(none ? PRIORITY_NONE : METRIC_DEFAULT - metric));
	return err != 0 ? field_no_memory(error) : 0;
}

/* The addresses that Podman has chosen. Where there are none (IPAM "none") the object is empty. */
static json_t *ipam_of(const struct input_network *network)
{
	json_t *ipam = json_object();
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&network->ip[family]))
			err |= json_object_set_new(ipam, calls_family[family].asked,
						   json_string(ADDR_STR(&network->ip[family])));
	if (err == 0)
		return ipam;
	json_decref(ipam);
	return NULL;
}

/* *ret_settings is the caller's. */
int container_settings(const struct input_network *network, json_t **ret_settings,
		       struct error *error)
{
	const char *host_ifname = network_option(network, "host_interface_name");
	json_auto_t *settings = NULL, *opts = json_object();
	int err;

	settings = json_pack("{s:o, s:o}", "Aliases", aliases_of(network), "IPAMConfig",
			     /* aliases_of() and ipam_of() may be NULL; json_pack() then fails as a
			      * whole. */
			     ipam_of(network));
	err = settings && opts ? 0 : field_no_memory(error);
	if (err == 0)
		err = add_default_route(network, settings, opts, error);
	if (err == 0)
		err = add_routes(network, opts, error);
	if (err < 0)
		return err;
	if (*network->ifname)
		err |= json_object_set_new(opts, NETD_OPTION_IFNAME, json_string(network->ifname));
	if (*host_ifname)
		err |= json_object_set_new(opts, NETD_OPTION_HOST_IFNAME, json_string(host_ifname));
	if (json_object_size(opts) > 0)
		err |= json_object_set(settings, "DriverOpts", opts);
	if (*network->mac)
		err |= json_object_set_new(settings, "MacAddress", json_string(network->mac));
	if (err != 0)
		return field_no_memory(error);
	*ret_settings = take_ptr(settings);
	return 0;
}

/* --- the container ---------------------------------------------------------------------------- */

/* The first failure ends it, with its own sentence. */
static int add_endpoints(const struct input *input, json_t *networks, struct error *error)
{
	for (size_t i = 0; i < input->n_networks; i++) {
		json_t *settings = NULL;
		int err = container_settings(&input->networks[i], &settings, error);

		if (err < 0)
			return err;
		/* The array keeps the order of the interfaces. An object would lose it. */
		if (json_object_set_new(settings, "Name", json_string(input->networks[i].name)) !=
			    0 ||
		    json_array_append(networks, settings) != 0)
			err = field_no_memory(error);
		json_decref(settings);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Podman's --dns, else what the networks say, as far as netd has room. Servers of several networks
 * are put in a row, in the order of the interfaces. */
static json_t *servers_of(const struct input *input)
{
	json_t *servers = json_array(), *server;
	size_t k;
	int err = 0;

	json_array_foreach ((json_t *)input->dns_servers, k, server)
		if (k < DNS_SERVERS_MAX)
			err |= json_array_append(servers, server);
	for (size_t i = 0; i < input->n_networks && json_array_size(input->dns_servers) == 0; i++)
		json_array_foreach ((json_t *)input->networks[i].dns_servers, k, server)
			if (json_array_size(servers) < DNS_SERVERS_MAX)
				err |= json_array_append(servers, server);
	if (err == 0)
		return servers;
	json_decref(servers);
	return NULL;
}

static bool is_hostname(const char *text)
{
	return *text && strlen(text) <= HOSTNAME_LEN_MAX && name_check("host", text, NULL) == 0;
}

/* *ret_body is the caller's. bindings is that of ports_bindings(). */
int container_body(const struct input *input, const char *netns, const json_t *bindings,
		   json_t **ret_body, struct error *error)
{
	json_auto_t *networks = json_array(), *servers = servers_of(input), *body = NULL;
	int err = add_endpoints(input, networks, error);

	if (err < 0)
		return err;
	body = json_pack("{s:s, s:s, s:s, s:O, s:O, s:{s:s}}", "Id", input->id, "Name", input->name,
			 "NetnsPath", netns, "Networks", networks, "PortBindings", bindings,
			 "Labels", CONTAINER_LABEL, "podman");
	if (json_array_size(servers) > 0)
		err |= json_object_set(body, "Dns", servers);
	/* The label tells an update of the network's servers that these are the container's own
	 * (update.c). */
	if (json_array_size(input->dns_servers) > 0)
		err |= json_object_set_new(json_object_get(body, "Labels"), DNS_LABEL,
					   json_string(DNS_OWN));
	/* The name of a host may be anything to Podman; one that is no host name is left out
	 * instead of refused. */
	if (is_hostname(input->hostname))
		err |= json_object_set_new(body, "Hostname", json_string(input->hostname));
	if (!body || !servers || err != 0)
		return field_no_memory(error);
	*ret_body = take_ptr(body);
	return 0;
}

/* --- a container that is there ---------------------------------------------------------------- */

/* From netd's answer back to Podman: whether it is what was asked for, and the status. */

/* By exact name. NULL: it is not on it. Borrowed. */
const json_t *container_find(const json_t *container, const char *network)
{
	/* The container is one of netd's own answers, in Docker's form. */
	const json_t *all = json_object_get(container, "NetworkSettings");

	return json_object_get(json_object_get(all, "Networks"), network);
}

/* Podman's choice of address, length and gateway against what the endpoint has. */
static bool family_is_as_asked(const struct input_network *network, enum family family,
			       const json_t *settings)
{
	const struct calls_family *keys = &calls_family[family];
	const struct addr *asked = &network->ip[family];
	const struct input_subnet *subnet = &network->subnet[family];
	const char *gateway = calls_text(settings, keys->gateway);

	if (strcmp(calls_text(settings, keys->address), ADDR_STR(asked)) != 0)
		return false;
	/* Neither has an address of this family. */
	if (!addr_is_set(asked))
		return true;
	/* An internal network shows none. */
	if (!network->internal && addr_is_set(&subnet->gateway) &&
	    strcmp(gateway, ADDR_STR(&subnet->gateway)) != 0)
		return false;
	return json_integer_value(json_object_get(settings, keys->prefix_len)) ==
	       subnet->prefix.len;
}

bool container_is_as_asked(const struct input_network *network, const json_t *settings)
{
	/* Nothing was asked for: its addresses are netd's choice. */
	if (network->spans)
		return true;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (!family_is_as_asked(network, family, settings))
			return false;
	return true;
}

/* 0, or other than 0 without memory. */
static int add_status_subnet(json_t *subnets, const json_t *settings,
			     const struct calls_family *keys)
{
	const char *address = calls_text(settings, keys->address);
	const char *gateway = calls_text(settings, keys->gateway);
	json_int_t len = json_integer_value(json_object_get(settings, keys->prefix_len));
	json_t *subnet;
	int err;

	/* A family without an address has no line in the status. */
	if (!*address)
		return 0;
	subnet = json_pack("{s:o}", "ipnet",
			   json_sprintf("%s/%" JSON_INTEGER_FORMAT, address, len));
	err = json_array_append_new(subnets, subnet);
	if (err == 0 && *gateway)
		err = json_object_set_new(subnet, "gateway", json_string(gateway));
	return err;
}

/* A new reference, NULL without memory. settings may be NULL: then the status has no address. */
static json_t *network_status(const struct input_network *network, const json_t *settings)
{
	json_auto_t *subnets = json_array();
	json_t *status;
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		err |= add_status_subnet(subnets, settings, &calls_family[family]);
	/* The form is netavark's: {"interfaces": {IFNAME: {"mac_address", "subnets": [...]}},
	 * ...}. */
	status = json_pack("{s:[], s:[], s:{s:{s:s, s:O}}}", "dns_search_domains", "dns_server_ips",
			   "interfaces", network->ifname, "mac_address",
			   calls_text(settings, "MacAddress"), "subnets", subnets);
	/* Podman writes these into resolv.conf of the container. */
	if (network_has_names(network)) {
		err |= json_object_set_new(status, "dns_search_domains",
					   json_pack("[s]", SEARCH_DOMAIN));
		err |= json_object_set_new(status, "dns_server_ips",
					   json_pack("[s]", NETD_DNS_ADDRESS));
	}
	if (err == 0)
		return status;
	json_decref(status);
	return NULL;
}

/* An object of one status for each network, by its name. A new reference, NULL without memory. */
json_t *container_status(const struct input *input, const json_t *container)
{
	json_t *status = json_object();
	int err = 0;

	for (size_t i = 0; i < input->n_networks; i++) {
		const struct input_network *network = &input->networks[i];
		const json_t *settings = container_find(container, network->name);

		err |= json_object_set_new(status, network->name,
					   network_status(network, settings));
	}
	if (err == 0)
		return status;
	json_decref(status);
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// spec_json.c - what was asked for, written as the API request that would ask for it again
#include "model/show/spec_json.h"

#include "base/cleanup.h"
#include "base/json_write.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"
#include "model/show/docker_json_parts.h"

#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Records of networks and containers are requests: what was asked for is
 * written as the body of the call that would ask for it again, with the ids that were drawn. So
 * a start reads its records by the readers of requests, and a key that is new there is kept by
 * itself. */

/* jansson's _new setters take the value even when they fail, and refuse a NULL value, so one
 * failure anywhere shows in the returned flags and nothing leaks. What was not asked for is left
 * out: the request then says the same, and is short. Not 0: out of memory; so do all set functions
 * of this file. */
static int set_addr(json_t *object, const char *key, const struct addr *addr)
{
	if (!addr_is_set(addr))
		return 0;
	return json_object_set_new(object, key, json_string(ADDR_STR(addr)));
}

/* "" is nothing. NULL is nothing, too. */
static int set_text(json_t *object, const char *key, const char *text)
{
	return text && *text ? json_object_set_new(object, key, json_string(text)) : 0;
}

/* A list of none is left out. */
static int set_strings(json_t *object, const char *key, char *const *strings, size_t n)
{
	json_t *array;
	int err = 0;

	if (n == 0)
		return 0;
	array = json_array();
	for (size_t i = 0; i < n; i++)
		err |= json_array_append_new(array, json_string(strings[i]));
	return err | json_object_set_new(object, key, array);
}

/* As request_links.c reads them. A link has both of its names in any case, so it is read as the
 * same link. */
static int set_links(json_t *object, const struct link *links, size_t n)
{
	json_t *array;
	int err = 0;

	if (n == 0)
		return 0;
	array = json_array();
	for (size_t i = 0; i < n; i++)
		err |= json_array_append_new(
			array, json_sprintf("%s:%s", links[i].container, links[i].alias));
	return err | json_object_set_new(object, "Links", array);
}

/* NULL: no memory. It takes the object. */
static json_t *whole_or_nothing(json_t *object, int err)
{
	if (err == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* The array is there even where it is empty; the caller leaves it out then. */
json_t *spec_json_link_local(const struct endpoint_spec *spec)
{
	json_t *array = json_array();
	int err = 0;

	for (size_t i = 0; i < spec->n_link_local; i++)
		err |= json_array_append_new(array, json_string(ADDR_STR(&spec->link_local[i])));
	return whole_or_nothing(array, err);
}

/* One network's settings, as Docker's EndpointSettings. The interface's name is an option of the
 * driver in Docker's API, so it goes among those. The result is the caller's; NULL: out of
 * memory. */
json_t *spec_json_endpoint(const struct endpoint_spec *spec)
{
	json_t *object = json_object(), *ipam = json_object();
	/* A copy, since the interface's name is added. */
	json_t *opts = spec->driver_opts ? json_deep_copy(spec->driver_opts) : json_object();
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		err |= set_addr(ipam, endpoint_ip_key[family], &spec->ip[family]);
	if (spec->n_link_local > 0)
		err |= json_object_set_new(ipam, "LinkLocalIPs", spec_json_link_local(spec));
	if (json_object_size(ipam) > 0)
		err |= json_object_set(object, "IPAMConfig", ipam);
	json_decref(ipam);
	if (spec->has_mac)
		err |= json_object_set_new(object, "MacAddress", json_string(MAC_STR(&spec->mac)));
	err |= set_strings(object, "Aliases", spec->aliases, spec->n_aliases);
	err |= set_links(object, spec->links, spec->n_links);
	if (spec->gw_priority != 0)
		err |= json_object_set_new(object, "GwPriority", json_integer(spec->gw_priority));
	err |= set_text(opts, NETD_OPTION_IFNAME, spec->ifname);
	if (json_object_size(opts) > 0)
		err |= json_object_set(object, "DriverOpts", opts);
	json_decref(opts);
	return whole_or_nothing(object, err);
}

/* {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]} Ports of one container port stand in one list,
 * in the order in which they were asked for. A new object, or NULL. */
static json_t *port_bindings(const struct port_binding *ports, size_t n)
{
	json_t *object = json_object();
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		const struct port_binding *port = &ports[i];
		json_t *binding = json_object(), *array;
		char key[32], host[16] = "";

		(void)snprintf(key, sizeof(key), "%u/%s", port->container_port,
			       port_protocol_name(port->protocol));
		/* A range is one free port of it. */
		if (port->host_port_end > port->host_port)
			(void)snprintf(host, sizeof(host), "%u-%u", port->host_port,
				       port->host_port_end);
		else if (port->host_port)
			(void)snprintf(host, sizeof(host), "%u", port->host_port);
		err |= json_object_set_new(binding, "HostIp",
					   json_string(ADDR_STR(&port->host_addr)));
		err |= json_object_set_new(binding, "HostPort", json_string(host));
		if (port->reserved)
			err |= json_object_set_new(binding, "Reserved", json_true());
		array = json_object_get(object, key);
		if (!array) {
			array = json_array();
			err |= json_object_set_new(object, key, array);
		}
		err |= json_array_append_new(array, binding);
	}
	return whole_or_nothing(object, err);
}

/* Records are stored in this form, so whoever reads it goes through the same decoder as a request.
 * The networks are a list here, since a container may be on one twice. The result is the caller's;
 * NULL: out of memory. */
json_t *spec_json_container(const struct container_spec *spec)
{
	json_t *object = json_object(), *networks = json_array();
	int err = 0;

	err |= set_text(object, "Name", spec->name);
	err |= set_text(object, "Id", spec->id);
	err |= set_text(object, "Hostname", spec->hostname);
	err |= set_text(object, "Domainname", spec->domainname);
	err |= set_text(object, "NetnsPath", spec->netns_path);
	if (spec->netns_wait)
		err |= json_object_set_new(object, "NetnsWait", json_true());
	if (spec->pid)
		err |= json_object_set_new(object, "Pid", json_integer(spec->pid));
	if (spec->labels && json_object_size(spec->labels) > 0)
		err |= json_object_set_new(object, "Labels", json_deep_copy(spec->labels));
	for (size_t i = 0; i < spec->n_endpoints; i++) {
		json_t *settings = spec_json_endpoint(&spec->endpoints[i]);

		err |= set_text(settings, "Name", spec->endpoints[i].network);
		err |= set_text(settings, "NetworkID", spec->endpoints[i].network_id);
		err |= json_array_append_new(networks, settings);
	}
	err |= json_object_set_new(object, "Networks", networks);
	if (spec->n_ports)
		err |= json_object_set_new(object, "PortBindings",
					   port_bindings(spec->ports, spec->n_ports));
	err |= set_links(object, spec->links, spec->n_links);
	err |= set_strings(object, "ExtraHosts", spec->extra_hosts, spec->n_extra_hosts);
	err |= set_strings(object, "Dns", spec->dns, spec->n_dns);
	err |= set_strings(object, "DnsSearch", spec->dns_search, spec->n_dns_search);
	err |= set_strings(object, "DnsOptions", spec->dns_options, spec->n_dns_options);
	return whole_or_nothing(object, err);
}

/* Of thousands of ports no tree is made (docker_json_ports.c). JSON_SORT_KEYS makes equal requests
 * equal texts, so that records can be compared as bytes. The text is the caller's to free; NULL:
 * out of memory. */
char *spec_json_container_text(const struct container_spec *spec)
{
	struct container_spec rest = *spec;
	_cleanup_free_ char *text = NULL;
	struct buf whole = { 0 };
	json_t *json;

	rest.n_ports = 0;
	json = spec_json_container(&rest);
	text = json_write(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	if (!text || spec->n_ports == 0)
		/* All of the text was jansson's. */
		return take_ptr(text);
	/* In front of the brace that ends it: in order this key is the last. */
	buf_append(&whole, text, strlen(text) - 1);
	buf_puts(&whole, ",\"PortBindings\":");
	if (docker_json_bindings_sorted(spec, &whole) < 0)
		whole.err = -ENOMEM;
	buf_puts(&whole, "}");
	if (whole.err < 0)
		buf_done(&whole);
	return whole.data;
}

/* A family that was not asked for has no entry. AuxiliaryAddresses are by name, as they were given.
 * Not 0: out of memory. */
static int append_subnet(json_t *array, const struct subnet *subnet)
{
	json_t *object, *aux;
	int err = 0;

	if (!addr_is_set(&subnet->prefix.addr))
		return 0;
	object = json_object();
	err |= json_object_set_new(object, "Subnet", json_string(PREFIX_STR(&subnet->prefix)));
	if (addr_is_set(&subnet->range.addr))
		err |= json_object_set_new(object, "IPRange",
					   json_string(PREFIX_STR(&subnet->range)));
	err |= set_addr(object, "Gateway", &subnet->gateway);
	if (subnet->n_aux) {
		aux = json_object();
		for (size_t i = 0; i < subnet->n_aux; i++)
			err |= set_addr(aux, subnet->aux[i].name, &subnet->aux[i].addr);
		err |= json_object_set_new(object, "AuxiliaryAddresses", aux);
	}
	return err | json_array_append_new(array, object);
}

json_t *spec_json_dns(const struct network_dns *dns)
{
	json_t *array = json_array();
	int err = 0;

	for (size_t i = 0; i < dns->n; i++)
		err |= json_array_append_new(array, json_string(ADDR_STR(&dns->servers[i])));
	return whole_or_nothing(array, err);
}

/* As POST /networks/create takes it. The predefined keys are there in any case, so that a default
 * that changes later does not change what was made. The result is the caller's; NULL: out of
 * memory. */
json_t *spec_json_network(const struct network_spec *spec)
{
	json_t *object = json_object(), *ipam = json_object(), *configs = json_array();
	int err = 0;

	err |= set_text(object, "Name", spec->name);
	err |= set_text(object, "Driver", spec->kind->name);
	for (enum family family = 0; family < FAMILY_N; family++)
		err |= json_object_set_new(object, network_family_key[family],
					   json_boolean(spec->has[family]));
	err |= json_object_set_new(object, "Internal", json_boolean(spec->internal));
	err |= json_object_set_new(object, "Attachable", json_boolean(spec->attachable));
	for (enum family family = 0; family < FAMILY_N; family++)
		err |= append_subnet(configs, &spec->subnet[family]);
	if (spec->no_addresses)
		err |= set_text(ipam, "Driver", "null");
	err |= json_object_set_new(ipam, "Config", configs);
	err |= json_object_set_new(object, "IPAM", ipam);
	err |= json_object_set_new(object, "Labels", json_deep_copy(spec->labels));
	err |= json_object_set_new(object, "Options", json_deep_copy(spec->options));
	if (spec->dns.n > 0)
		err |= json_object_set_new(object, "Dns", spec_json_dns(&spec->dns));
	return whole_or_nothing(object, err);
}

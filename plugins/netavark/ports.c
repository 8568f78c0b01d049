// SPDX-License-Identifier: GPL-2.0-or-later
// ports.c - Podman's port mappings as PortBindings
#include "plugins/netavark/ports.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "client/calls.h"
#include "model/container/port.h"
#include "model/text/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Podman gives a mapping for a range of ports: host_port, container_port and range count from the
 * first. PortBindings have one entry for each port. Podman itself (conmon) holds the host's ports
 * that it has published, so that no other program takes them. */

/* range: how many ports, from these on. */
struct mapping {
	json_int_t host_port, container_port, range;
	uint8_t protocol;
	struct addr host_addr; /* family 0: every address */
};

/* An empty text is "every address", as is none. */
static int decode_host_addr(const struct field_scope *scope, struct mapping *mapping)
{
	const char *text = "";
	int err = field_text(scope, "host_ip", &text);

	if (err < 0 || !*text)
		return err;
	if (addr_parse(text, &mapping->host_addr) < 0)
		return field_error(scope, "host_ip", "must be an IP address");
	return 0;
}

/* protocol is tcp where Podman says nothing. */
static int decode_mapping(const struct field_scope *scope, struct mapping *mapping)
{
	const char *protocol = "tcp";
	int err;

	if ((err = field_integer(scope, "host_port", 1, UINT16_MAX, &mapping->host_port)) < 0 ||
	    (err = field_integer(scope, "container_port", 1, UINT16_MAX,
				 &mapping->container_port)) < 0 ||
	    (err = field_integer(scope, "range", 0, UINT16_MAX, &mapping->range)) < 0 ||
	    (err = field_text(scope, "protocol", &protocol)) < 0)
		return err;
	/* 0 is what an absent field leaves. */
	if (mapping->container_port == 0 || mapping->host_port == 0)
		return field_error(scope, mapping->host_port ? "container_port" : "host_port",
				   "is required");
	/* 0, or nothing, is a single port. */
	if (mapping->range == 0)
		mapping->range = 1;
	/* Both ends are looked at: netd would take a number that has wrapped around. */
	if (mapping->container_port + mapping->range - 1 > UINT16_MAX ||
	    mapping->host_port + mapping->range - 1 > UINT16_MAX)
		return field_error(scope, "range", "goes beyond port 65535");
	if (port_protocol_parse(protocol, &mapping->protocol) < 0)
		return field_error(scope, "protocol", "must be tcp, udp or sctp");
	return decode_host_addr(scope, mapping);
}

/* bindings is {"80/tcp": [...]}. offset: within the range. Returns 0, or other than 0 without
 * memory. */
static int add_binding(json_t *bindings, const struct mapping *mapping, const char *host_ip,
		       int offset, bool reserved)
{
	char key[16], host_port[8];
	json_t *list, *binding;
	int err = 0;

	/* The key is that of Docker's API, and netd takes a body in its form. */
	(void)snprintf(key, sizeof(key), "%d/%s", (int)mapping->container_port + offset,
		       port_protocol_name(mapping->protocol));
	(void)snprintf(host_port, sizeof(host_port), "%d", (int)mapping->host_port + offset);
	list = json_object_get(bindings, key);
	if (!list) {
		list = json_array();
		err |= json_object_set_new(bindings, key, list);
	}
	binding = json_pack("{s:s, s:s}", "HostIp", host_ip, "HostPort", host_port);
	/* Reserved: Podman (conmon) holds the port already, so netd must not bind it itself, only
	 * lead to it. */
	if (reserved)
		err |= json_object_set_new(binding, "Reserved", json_true());
	return err == 0 ? json_array_append_new(list, binding) : -1;
}

/* Which address families a packet may come in by. Of all networks of the container together. */
struct ways_in {
	bool any, four, host_has_ipv6;
};

/* Returns 0, or other than 0 without memory. */
static int add_mapping(json_t *bindings, const struct mapping *mapping, const struct ways_in *ways)
{
	const char *host_ip = ADDR_STR(&mapping->host_addr);
	/* Podman holds no SCTP port. */
	bool relayed = mapping->protocol != IPPROTO_SCTP;
	int err = 0;

	for (int i = 0; err == 0 && i < mapping->range; i++) {
		/* A single address is one family's, and nothing is to be decided. */
		if (*host_ip || !relayed) {
			err = add_binding(bindings, mapping, host_ip, i, relayed);
			continue;
		}
		/* A relay could lead from IPv4 to a container that has none, if Podman did not hold
		 * the port. IPv4 is Podman's socket, and IPv6 is netd's own. */
		if (ways->four)
			err |= add_binding(bindings, mapping, "0.0.0.0", i, true);
		if (ways->host_has_ipv6)
			err |= add_binding(bindings, mapping, "::", i, false);
	}
	return err;
}

/* Internal networks count for nothing: nobody comes in through them. */
static struct ways_in find_ways_in(const struct input *input, bool host_has_ipv6)
{
	struct ways_in ways = { .host_has_ipv6 = host_has_ipv6 };

	for (size_t i = 0; i < input->n_networks; i++) {
		const struct input_network *network = &input->networks[i];

		ways.any |= !network->internal;
		ways.four |= !network->internal &&
			     (network->spans_four || addr_is_set(&network->ip[FAMILY_4]));
	}
	return ways;
}

/* bindings is filled, and is the caller's on failure as well. */
static int build(const struct input *input, const struct ways_in *ways, json_t *bindings,
		 struct error *error)
{
	struct field_scope body, element;
	size_t n_ports = 0;
	int err = field_scope_init(input->json, "", error, &body);

	for (size_t i = 0; err == 0 && i < json_array_size(input->ports); i++) {
		struct mapping mapping = { 0 };

		err = field_element(&body, "port_mappings", input->ports, i, &element);
		if (err == 0)
			err = decode_mapping(&element, &mapping);
		if (err < 0)
			return err;
		/* Counted before anything is added, so a range cannot grow past the bound. */
		n_ports += (size_t)mapping.range;
		if (n_ports > PORTS_PER_CONTAINER_MAX)
			return error_set(error, ERROR_INVALID,
					 "port_mappings has %zu ports, a container can publish %d",
					 n_ports, PORTS_PER_CONTAINER_MAX);
		if (add_mapping(bindings, &mapping, ways) != 0)
			return field_no_memory(error);
	}
	return err;
}

/* *ret_bindings is the caller's. */
int ports_bindings(const struct input *input, bool host_has_ipv6, json_t **ret_bindings,
		   struct error *error)
{
	struct ways_in ways = find_ways_in(input, host_has_ipv6);
	json_auto_t *bindings = json_object();
	int err = 0;

	if (!bindings)
		return field_no_memory(error);
	if (ways.any)
		err = build(input, &ways, bindings, error);
	if (err == 0)
		*ret_bindings = take_ptr(bindings);
	return err;
}

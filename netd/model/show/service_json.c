// SPDX-License-Identifier: GPL-2.0-or-later
// service_json.c - a service as it is recorded and shown
#include "model/show/service_json.h"

#include "base/protocol.h"
#include "model/container/container.h"
#include "model/show/docker_json_parts.h"

/* Theory of operation. A record is the request that would ask for the same service again, with the
 * addresses that were chosen. What is shown is that, and who stands behind the service now. A
 * failure is want of memory and nothing else: it is gathered in `err`, and looked at in the end. */

/* One of the ports. NULL: out of memory. */
static json_t *port_json(const struct service_port *port)
{
	json_t *object = json_pack("{s:s, s:i, s:i}", "Protocol", protocol_name(port->protocol),
				   "Port", port->port, "Target", port->target);
	int err = 0;

	if (port->publish != 0)
		err = json_object_set_new(object, "Publish", json_integer(port->publish));
	return docker_json_whole(object, err);
}

/* A family without an address has no key. */
static int set_addrs(json_t *object, const struct addr addrs[static FAMILY_N])
{
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&addrs[family]))
			err |= json_object_set_new(object, endpoint_ip_key[family],
						   json_string(ADDR_STR(&addrs[family])));
	return err;
}

json_t *service_json_spec(const struct service_spec *spec)
{
	json_t *object = json_object(), *ports = json_array();
	int err = json_object_set_new(object, "Name", json_string(spec->name));

	if (spec->network[0])
		err |= json_object_set_new(object, "Network", json_string(spec->network));
	err |= set_addrs(object, spec->ip);
	err |= json_object_set_new(object, "Affinity",
				   json_string(spec->affinity ? "client" : "none"));
	for (size_t i = 0; i < spec->n_ports; i++)
		err |= json_array_append_new(ports, port_json(&spec->ports[i]));
	err |= json_object_set_new(object, "Ports", ports);
	return docker_json_whole(object, err);
}

json_t *service_json_record(const struct network *network)
{
	json_t *array = json_array();
	int err = 0;

	for (size_t i = 0; i < network->n_services; i++)
		err |= json_array_append_new(array, service_json_spec(&network->services[i]->spec));
	return docker_json_whole(array, err);
}

/* Who is at this address of the service's network. */
static bool is_backend(const struct service *service, const struct endpoint *endpoint)
{
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct service_backends *backends = &service->backends[family];

		for (size_t i = 0; i < backends->n; i++)
			if (addr_equal(&backends->items[i], &endpoint->ip[family]))
				return true;
	}
	return false;
}

json_t *service_json_backend(const char *id, const char *name,
			     const struct addr addrs[static FAMILY_N], const char *host)
{
	json_t *object = json_pack("{s:s, s:s}", "Container", id, "Name", name);
	int err = object ? set_addrs(object, addrs) : -1;

	if (host)
		err |= json_object_set_new(object, "Host", json_string(host));
	return docker_json_whole(object, err);
}

static json_t *backend_json(const struct endpoint *endpoint)
{
	return service_json_backend(endpoint->container->spec.id, endpoint->container->spec.name,
				    endpoint->ip, NULL);
}

json_t *service_json(const struct service *service)
{
	const struct network *network = service->network;
	json_t *object = service_json_spec(&service->spec), *backends = json_array();
	int err = 0;

	if (!object) {
		json_decref(backends);
		return NULL;
	}
	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
		if (is_backend(service, endpoint))
			err |= json_array_append_new(backends, backend_json(endpoint));
	err |= json_object_set_new(object, "Network", json_string(network->spec.name));
	err |= json_object_set_new(object, "NetworkID", json_string(network->spec.id));
	err |= json_object_set_new(object, "Backends", backends);
	return docker_json_whole(object, err);
}

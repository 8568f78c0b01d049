// SPDX-License-Identifier: GPL-2.0-or-later
// docker_json.c - networks as Docker's API shows them, and what containers share with them
#include "model/show/docker_json.h"

#include "model/ipam/ipam.h"
#include "model/show/docker_json_parts.h"
#include "model/show/spec_json.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. jansson's _new setters take over the value even when they fail and fail
 * on a NULL value, so a failure anywhere is a lasting flag and nothing leaks: errors are summed
 * up and looked at once, in docker_json_whole. The keys, their order and their types are those
 * of Docker's Engine API, for clients that were generated from its description refuse a null
 * where they want a text. Keys that are netd's own come behind. */

/* It takes the value, which may be NULL where memory was lacking. NULL: out of memory. The value is
 * freed then. */
json_t *docker_json_whole(json_t *value, int err)
{
	if (err == 0)
		return value;
	json_decref(value);
	return NULL;
}

/* Docker has an empty text where there is none, and not null. Not 0: out of memory, or a text that
 * is no UTF-8. */
int docker_json_set_text(json_t *object, const char *key, const char *text)
{
	return json_object_set_new(object, key, json_string(text ? text : ""));
}

/* A copy, since the answer outlives what it shows. NULL is an empty map. */
int docker_json_set_copy(json_t *object, const char *key, const json_t *map)
{
	return json_object_set_new(object, key, map ? json_deep_copy(map) : json_object());
}

/* "10.0.0.2/24", "" for no address. An address of an endpoint, with the length of its network's
 * prefix. Not 0: out of memory. */
static int docker_json_set_prefix(json_t *object, const char *key, const struct addr *addr,
				  const struct subnet *subnet)
{
	struct prefix prefix = { .addr = *addr, .len = subnet->prefix.len };

	if (!addr_is_set(addr))
		return docker_json_set_text(object, key, "");
	return docker_json_set_text(object, key, PREFIX_STR(&prefix));
}

/* RFC 3339 with nine digits, in UTC, as Go prints a time. */
void docker_json_time(const struct timespec *when, char ret_text[static 40])
{
	struct tm tm;
	size_t len;

	ret_text[0] = '\0';
	/* A year that no int holds: it is shown as none. */
	if (!gmtime_r(&when->tv_sec, &tm))
		return;
	len = strftime(ret_text, 28, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(ret_text + len, 40 - len, ".%09ldZ", when->tv_nsec);
}

/* Not 0: out of memory. */
int docker_json_set_time(json_t *object, const char *key, const struct timespec *when)
{
	char text[40];

	docker_json_time(when, text);
	return docker_json_set_text(object, key, text);
}

/* What was asked for of a subnet, and the gateway that was chosen. The driver's own choice of a
 * range is not shown, as it was not asked for. A new object, or NULL. */
static json_t *subnet_config(const struct subnet *subnet)
{
	json_t *config = json_object(), *aux;
	int err = docker_json_set_text(config, "Subnet", PREFIX_STR(&subnet->prefix));

	if (addr_is_set(&subnet->range.addr))
		err |= docker_json_set_text(config, "IPRange", PREFIX_STR(&subnet->range));
	if (addr_is_set(&subnet->gateway))
		err |= docker_json_set_text(config, "Gateway", ADDR_STR(&subnet->gateway));
	/* Docker leaves the key out where there is none. */
	if (subnet->n_aux > 0) {
		aux = json_object();
		for (size_t i = 0; i < subnet->n_aux; i++)
			err |= docker_json_set_text(aux, subnet->aux[i].name,
						    ADDR_STR(&subnet->aux[i].addr));
		err |= json_object_set_new(config, "AuxiliaryAddresses", aux);
	}
	return docker_json_whole(config, err);
}

/* Docker shows the driver and the subnets, and an object of options that is always empty. A new
 * object, or NULL. Options are empty, since netd takes none. */
static json_t *ipam(const struct network_spec *spec)
{
	json_t *object = json_object(), *configs = json_array();
	/* "null" is the driver of networks without addresses. */
	int err = docker_json_set_text(object, "Driver", spec->no_addresses ? "null" : "default");

	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct subnet *subnet = &spec->subnet[family];

		if (addr_is_set(&subnet->prefix.addr))
			err |= json_array_append_new(configs, subnet_config(subnet));
	}
	err |= json_object_set_new(object, "Options", json_object());
	err |= json_object_set_new(object, "Config", configs);
	return docker_json_whole(object, err);
}

/* An endpoint that others can reach, or will in a moment. One that is being removed is neither. The
 * list of containers on a network and the number of them ask the same question. */
static bool is_up(const struct endpoint *endpoint)
{
	return endpoint->state == ENDPOINT_UP || endpoint->state == ENDPOINT_PLUMBING;
}

/* A container as its network shows it. A new object, or NULL. An address is shown with the length
 * of its subnet. */
static json_t *attachment(const struct network_spec *network, const struct endpoint *endpoint)
{
	/* A container's endpoint is shown with the addresses that it has now. */
	json_t *object = json_object();
	int err = 0;

	err |= docker_json_set_text(object, "Name", endpoint->container->spec.name);
	err |= docker_json_set_text(object, "EndpointID", endpoint->id);
	err |= docker_json_set_text(object, "MacAddress", MAC_STR(endpoint_mac(endpoint)));
	for (enum family family = 0; family < FAMILY_N; family++)
		err |= docker_json_set_prefix(object, endpoint_ip_key[family],
					      &endpoint->ip[family], &network->subnet[family]);
	return docker_json_whole(object, err);
}

/* By the id of the container. A new object, or NULL. Docker's clients look a container up by its
 * whole id. */
static json_t *attachments(const struct network *network)
{
	json_t *object = json_object();
	int err = 0;

	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network) {
		const char *key = endpoint->container->spec.id;
		/* Room for the two letters and an id. */
		char other[sizeof("ep-") + ID_LEN];

		/* One that is not made yet, or is being unmade, would be shown with addresses that
		 * do not answer. */
		if (!is_up(endpoint))
			continue;
		if (json_object_get(object, key)) { /* as Docker's where it has no container's id */
			(void)snprintf(other, sizeof(other), "ep-%s", endpoint->id);
			key = other;
		}
		err |= json_object_set_new(object, key, attachment(&network->spec, endpoint));
	}
	return docker_json_whole(object, err);
}

/* jansson's integers are signed: what is more is shown as the most. Such a number is one of an IPv6
 * subnet. A new number, or NULL without memory. */
static json_t *count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* How full a subnet is. A network without a pool has no numbers. It is NULL for a family that the
 * network has not. Not 0: out of memory. Docker's clients compute from both numbers how full a
 * subnet is. */
static int set_usage(json_t *subnets, const struct subnet *subnet, const struct ipam_pool *pool)
{
	json_t *usage;
	uint64_t used, available;
	int err = 0;

	if (!pool)
		return 0;
	ipam_usage(pool, &used, &available);
	usage = json_object();
	/* Docker counts what cannot be had, too; neither number is near the end of 64 bits. */
	err |= json_object_set_new(usage, "IPsInUse", count(used + ipam_unusable(pool)));
	err |= json_object_set_new(usage, "DynamicIPsAvailable", count(available));
	return err | json_object_set_new(subnets, PREFIX_STR(&subnet->prefix), usage);
}

/* How full each bridge is. Only networks with several bridges have this list. A new array, or
 * NULL. */
static json_t *segments(const struct network *network)
{
	json_t *list = json_array(), *object;
	int err = 0;

	network_foreach_segment(network, number)
	{
		object = json_object();
		err |= json_object_set_new(object, "Number", count(number));
		err |= docker_json_set_text(object, "Bridge",
					    network_segment_name(network, number));
		err |= json_object_set_new(object, "PortsInUse",
					   count(network->segments[number].n_ports));
		err |= json_array_append_new(list, object);
	}
	return docker_json_whole(list, err);
}

/* What inspect shows beyond the request: use, forged packets, segments. It is gathered when it is
 * asked for, and is not part of the record. A new object, or NULL. */
static json_t *status(const struct network *network)
{
	json_t *object = json_object(), *ipam_status = json_object(), *subnets = json_object();
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		err |= set_usage(subnets, &network->spec.subnet[family], network->pool[family]);
	err |= json_object_set_new(ipam_status, "Subnets", subnets);
	err |= json_object_set_new(object, "IPAM", ipam_status);
	if (network->n_forged > 0)
		err |= json_object_set_new(object, "ForgedPackets", count(network->n_forged));
	if (network->last_segment > 0) /* nearly every network has one, and shows what it did */
		err |= json_object_set_new(object, "Segments", segments(network));
	return docker_json_whole(object, err);
}

/* Whether it is the first of its container's that are up on this network: there may be several.
 * Docker counts containers, and not their interfaces. false also for an endpoint that is not up
 * itself. */
static bool is_first_up(const struct endpoint *endpoint)
{
	const struct container *container = endpoint->container;
	size_t i = 0;

	while (i < container->n_endpoints &&
	       (container->endpoints[i]->network != endpoint->network ||
		!is_up(container->endpoints[i])))
		i++;
	return i < container->n_endpoints && container->endpoints[i] == endpoint;
}

/* Of a container with several interfaces only one counts. */
static size_t count_containers(const struct network *network)
{
	size_t n = 0;

	list_foreach (&network->endpoints, const struct endpoint, endpoint, in_network)
		n += is_first_up(endpoint);
	return n;
}

/* detail: for inspect; a list shows less. The result is the caller's; NULL: out of memory. */
json_t *docker_json_network(const struct network *network, bool detail)
{
	const struct network_spec *spec = &network->spec;
	json_t *object = json_object(), *from = json_object();
	/* An empty name: the network is made from no other. */
	int err = docker_json_set_text(from, "Network", "");

	err |= docker_json_set_text(object, "Name", spec->name);
	err |= docker_json_set_text(object, "Id", spec->id);
	err |= docker_json_set_time(object, "Created", &network->created);
	err |= docker_json_set_text(object, "Scope", kind_scope(spec->kind));
	err |= docker_json_set_text(object, "Driver", spec->kind->name);
	for (enum family family = 0; family < FAMILY_N; family++)
		err |= json_object_set_new(object, network_family_key[family],
					   json_boolean(spec->has[family]));
	err |= json_object_set_new(object, "IPAM", ipam(spec));
	err |= json_object_set_new(object, "Internal", json_boolean(spec->internal));
	err |= json_object_set_new(object, "Attachable", json_boolean(spec->attachable));
	/* netd has no swarm, and no networks that are only a configuration; Docker's clients
	 * want the keys. */
	err |= json_object_set_new(object, "Ingress", json_false());
	err |= json_object_set_new(object, "ConfigFrom", from);
	err |= json_object_set_new(object, "ConfigOnly", json_false());
	/* A list shows how many there are, which Docker's does not. */
	if (detail)
		err |= json_object_set_new(object, "Containers", attachments(network));
	else
		err |= json_object_set_new(object, "ContainerCount",
					   count(count_containers(network)));
	err |= docker_json_set_copy(object, "Options", spec->options);
	err |= docker_json_set_copy(object, "Labels", spec->labels);
	if (spec->dns.n > 0) /* netd's own: without servers the answer is Docker's */
		err |= json_object_set_new(object, "Dns", spec_json_dns(&spec->dns));
	if (detail)
		err |= json_object_set_new(object, "Status", status(network));
	return docker_json_whole(object, err);
}

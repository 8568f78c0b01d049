// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_service.c - a service of a network that spans hosts, as its record in etcd says it
#include "model/cluster/cluster_service.h"

#include "base/cleanup.h"
#include "model/text/name.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A service has a record of its own, by its name, which all hosts share: so
 * one name is one service's on all of them. It holds what hosts must have in common, the addresses
 * among it: whoever makes the service takes them from his own blocks, and the others go by the
 * record. Who stands behind it is not in it: each container's record names its services. */

static_assert((int)CLUSTER_PORTS_MAX == (int)SERVICE_PORTS_MAX, "a record holds all ports");

void cluster_service_record(const struct service_spec *spec, const char *net,
			    struct cluster_record *ret_record)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_SVC, spec->name);
	struct cluster_svc *svc = &ret_record->svc;

	cluster_record_init(ret_record, &key);
	(void)snprintf(svc->net, sizeof(svc->net), "%s", net); /* an id */
	memcpy(svc->addrs, spec->ip, sizeof(svc->addrs));
	svc->affinity = spec->affinity;
	svc->n_ports = spec->n_ports;
	for (size_t i = 0; i < spec->n_ports; i++)
		svc->ports[i] = (struct cluster_port) { .protocol = spec->ports[i].protocol,
							.port = spec->ports[i].port,
							.target = spec->ports[i].target,
							.publish = spec->ports[i].publish };
}

/* Two elements of one key would be refused by the kernel, in each container. */
static bool has_port(const struct service_spec *spec, const struct cluster_port *port)
{
	for (size_t i = 0; i < spec->n_ports; i++)
		if (spec->ports[i].protocol == port->protocol && spec->ports[i].port == port->port)
			return true;
	return false;
}

/* What a record may say and a request may not. */
static int check(const struct cluster_record *record, struct error *error)
{
	if (strlen(SERVICE_TASKS) + strlen(record->key.name) > NAME_LEN_MAX)
		return error_set(error, ERROR_INVALID, "the name of service %.40s… is too long",
				 record->key.name);
	if (record->svc.n_ports == 0)
		return error_set(error, ERROR_INVALID, "service %s has no port", record->key.name);
	return 0;
}

int cluster_service_spec(const struct cluster_record *record, struct service_spec *ret_spec,
			 struct error *error)
{
	struct service_spec spec = { .affinity = record->svc.affinity };
	int err = check(record, error);

	if (err < 0)
		return err;
	(void)snprintf(spec.name, sizeof(spec.name), "%s", record->key.name);
	memcpy(spec.ip, record->svc.addrs, sizeof(spec.ip));
	for (size_t i = 0; i < record->svc.n_ports; i++) {
		const struct cluster_port *port = &record->svc.ports[i];

		if (has_port(&spec, port))
			return error_set(error, ERROR_INVALID, "service %s has a port %u twice",
					 spec.name, port->port);
		if (service_published(&spec, port->protocol, port->publish))
			return error_set(error, ERROR_INVALID, "service %s publishes port %u twice",
					 spec.name, port->publish);
		spec.ports[spec.n_ports++] = (struct service_port) { port->protocol, port->port,
								     port->target, port->publish };
	}
	*ret_spec = spec;
	return 0;
}

static bool is_port(const struct cluster_port *a, const struct service_port *b)
{
	return a->protocol == b->protocol && a->port == b->port && a->target == b->target &&
	       a->publish == b->publish;
}

/* Member by member: what a newer netd may add is nothing to this one. */
bool cluster_service_is(const struct cluster_record *record, const struct service_spec *spec,
			const char *net)
{
	const struct cluster_svc *svc = &record->svc;

	if (strcmp(record->key.name, spec->name) != 0 || strcmp(svc->net, net) != 0 ||
	    svc->affinity != spec->affinity || svc->n_ports != spec->n_ports)
		return false;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (!addr_equal(&svc->addrs[family], &spec->ip[family]))
			return false;
	for (size_t i = 0; i < svc->n_ports; i++)
		if (!is_port(&svc->ports[i], &spec->ports[i]))
			return false;
	return true;
}

/* A part of the label that no service can be called would make the whole record wrong, and other
 * hosts would not see the container. */
bool cluster_service_named(const json_t *labels, struct cluster_end *end)
{
	const char *rest = json_string_value(json_object_get(labels, SERVICE_LABEL));

	end->n_services = 0;
	while (rest && *rest) {
		char name[NAME_LEN_MAX + 1];
		size_t part = strcspn(rest, ",");

		(void)snprintf(name, sizeof(name), "%.*s", (int)(part <= NAME_LEN_MAX ? part : 0),
			       rest);
		rest += part;
		rest += *rest == ',';
		if (name_check("service", name, NULL) < 0)
			continue;
		if (end->n_services == CLUSTER_SERVICES_MAX)
			return false;
		memcpy(end->services[end->n_services++], name, strlen(name) + 1);
	}
	return true;
}

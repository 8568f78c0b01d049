// SPDX-License-Identifier: GPL-2.0-or-later
// service.c - the life of a service, and who stands behind it
#include "model/network/service.h"

#include "base/grow.h"
#include "model/network/network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A service has a name, addresses of its network and ports. Who stands behind
 * it is known by addresses alone, one array for each family: the kernel draws a number below their
 * count and looks the address up by it, so they are numbered without gaps. */

bool service_is_published(const struct service_spec *spec)
{
	for (size_t i = 0; i < spec->n_ports; i++)
		if (spec->ports[i].publish != 0)
			return true;
	return false;
}

const struct service_port *service_published(const struct service_spec *spec, uint8_t protocol,
					     uint16_t port)
{
	for (size_t i = 0; port != 0 && i < spec->n_ports; i++)
		if (spec->ports[i].protocol == protocol && spec->ports[i].publish == port)
			return &spec->ports[i];
	return NULL;
}

/* The network frees those that it has. */
struct service *service_new(struct network *network, const struct service_spec *spec)
{
	struct service *service = calloc(1, sizeof(*service));

	if (!service)
		return NULL;
	service->network = network;
	service->spec = *spec;
	return service;
}

void service_free(struct service *service)
{
	if (!service)
		return;
	for (enum family family = 0; family < FAMILY_N; family++)
		free(service->backends[family].items);
	free(service);
}

/* In the order in which they were made, which is that of the record. */
int service_add(struct service *service)
{
	struct network *network = service->network;
	struct service **services = grow(network->services, &network->size_services,
					 network->n_services + 1, sizeof(struct service *));

	if (!services)
		return -ENOMEM;
	network->services = services;
	network->services[network->n_services++] = service;
	return 0;
}

void service_drop(struct service *service)
{
	struct network *network = service->network;

	for (size_t i = 0; i < network->n_services; i++) {
		if (network->services[i] != service)
			continue;
		network->n_services--;
		memmove(&network->services[i], &network->services[i + 1],
			(network->n_services - i) * sizeof(struct service *));
		return;
	}
}

struct service *service_find(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->n_services; i++)
		if (strcmp(network->services[i]->spec.name, name) == 0)
			return network->services[i];
	return NULL;
}

const char *service_label(const json_t *labels)
{
	return json_string_value(json_object_get(labels, SERVICE_LABEL));
}

/* No name is empty, or longer. */
bool service_next_named(const char **rest, char ret_name[static NAME_LEN_MAX + 1])
{
	while (*rest && **rest) {
		const char *part = *rest;
		size_t len = strcspn(part, ",");

		*rest = part + len + (part[len] == ',');
		if (len == 0 || len > NAME_LEN_MAX)
			continue;
		memcpy(ret_name, part, len);
		ret_name[len] = '\0';
		return true;
	}
	return false;
}

/* The label is a list with commas. Blanks count: a name has none, so a part with one names no
 * service. */
bool service_is_named(const json_t *labels, const char *name)
{
	const char *rest = service_label(labels);
	char named[NAME_LEN_MAX + 1];

	while (service_next_named(&rest, named))
		if (strcmp(named, name) == 0)
			return true;
	return false;
}

/* Where the address stands; the number of all when it is not there. */
static size_t place_of(const struct service_backends *backends, const struct addr *addr)
{
	size_t i = 0;

	while (i < backends->n && !addr_equal(&backends->items[i], addr))
		i++;
	return i;
}

int service_join(struct service *service, const struct addr *addr)
{
	struct service_backends *backends = &service->backends[family_of(addr->family)];
	struct addr *items;

	if (place_of(backends, addr) < backends->n)
		return 0;
	if (backends->n == SERVICE_BACKENDS_MAX)
		return -ENOSPC;
	items = grow(backends->items, &backends->size, backends->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	backends->items = items;
	backends->items[backends->n++] = *addr;
	return 1;
}

bool service_leave(struct service *service, const struct addr *addr)
{
	struct service_backends *backends = &service->backends[family_of(addr->family)];
	size_t i = place_of(backends, addr);

	if (i == backends->n)
		return false;
	backends->items[i] = backends->items[--backends->n];
	return true;
}

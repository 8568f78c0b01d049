// SPDX-License-Identifier: GPL-2.0-or-later
// services.c - who of other hosts stands behind services, and which host lacks a port of theirs
#include "client/calls.h"
#include "client/client.h"
#include "explain/explain.h"

#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A snapshot has what is of this host. What others have told of themselves is
 * asked for by one call more, and only where it may matter: where there are services that span
 * hosts, or that publish a port. A netd of before knows less of it: what it does not say stays
 * unknown. */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Family 0 where there is none, or none that could be read. */
static struct addr addr_of(const json_t *object, const char *key)
{
	struct addr addr = { 0 };

	if (addr_parse(text_of(object, key), &addr) < 0)
		addr = (struct addr) { 0 };
	return addr;
}

static bool matters(const struct facts *facts)
{
	for (size_t i = 0; i < facts->n_networks; i++) {
		const struct facts_network *network = &facts->networks[i];

		if (network->n_services > 0 && strcmp(network->driver, "overlay") == 0)
			return true;
		for (size_t k = 0; k < network->n_services; k++)
			for (size_t m = 0; m < network->services[k].n_ports; m++)
				if (network->services[k].ports[m].publish != 0)
					return true;
	}
	return false;
}

static struct facts_service *find(const struct facts *facts, const char *network, const char *name)
{
	for (size_t i = 0; i < facts->n_networks; i++)
		for (size_t k = 0; k < facts->networks[i].n_services; k++)
			if (strcmp(facts->networks[i].id, network) == 0 &&
			    strcmp(facts->networks[i].services[k].name, name) == 0)
				return &facts->networks[i].services[k];
	return NULL;
}

/* Without memory for all of them it is not known who there is. */
static void fill_far(const json_t *backends, struct facts_service *service)
{
	service->far = calloc(json_array_size(backends) + 1, sizeof(*service->far));
	service->knows_far = service->far != NULL;
	for (size_t i = 0; service->far && i < json_array_size(backends); i++) {
		const json_t *backend = json_array_get(backends, i);
		struct facts_far *far = &service->far[service->n_far];

		if (!text_of(backend, "Host")[0])
			continue; /* of this host: a container of the snapshot */
		(void)snprintf(far->name, sizeof(far->name), "%s", text_of(backend, "Name"));
		(void)snprintf(far->host, sizeof(far->host), "%s", text_of(backend, "Host"));
		far->addr[FAMILY_4] = addr_of(backend, "IPv4Address");
		far->addr[FAMILY_6] = addr_of(backend, "IPv6Address");
		far->tunnel = addr_of(backend, "HostAddress");
		if (mac_parse(text_of(backend, "MacAddress"), &far->mac) < 0)
			far->mac = (struct mac) { 0 };
		service->n_far++;
	}
}

static void fill_refused(const json_t *list, struct facts_service *service)
{
	service->refused = calloc(json_array_size(list) + 1, sizeof(*service->refused));
	for (size_t i = 0; service->refused && i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct facts_refused *refused = &service->refused[service->n_refused++];

		(void)snprintf(refused->host, sizeof(refused->host), "%s", text_of(item, "Host"));
		(void)snprintf(refused->why, sizeof(refused->why), "%s", text_of(item, "Why"));
		refused->is_here = json_is_true(json_object_get(item, "Here"));
		refused->protocol = strcmp(text_of(item, "Protocol"), "udp") == 0 ? IPPROTO_UDP
										  : IPPROTO_TCP;
		refused->port = (uint16_t)json_integer_value(json_object_get(item, "Port"));
	}
}

void explain_services(struct client *client, struct facts *facts)
{
	json_auto_t *list = NULL;
	struct error error = { 0 };

	if (!matters(facts) ||
	    calls_json(client, "GET", "/netd/v1/services", NULL, &list, &error) < 0)
		return;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *json = json_array_get(list, i);
		struct facts_service *service = find(facts, text_of(json, "NetworkID"),
						     text_of(json, "Name"));

		if (!service || service->far)
			continue; /* it came meanwhile, or somebody says it twice */
		fill_far(json_object_get(json, "Backends"), service);
		fill_refused(json_object_get(json, "Unpublished"), service);
	}
}

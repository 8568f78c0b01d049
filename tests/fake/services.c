// SPDX-License-Identifier: GPL-2.0-or-later
// services.c - the kernel in memory: where connections to services are led inside containers
#include "tests/fake/world.h"

#include "base/hash.h"

#include <string.h>

/* A line of text for each element that the kernel would have: what is printed is what there is. */

static size_t find(const struct fake_netns *netns, const char *line)
{
	size_t i = 0;

	while (i < netns->n_services && strcmp(netns->services[i], line) != 0)
		i++;
	return i;
}

static int put(struct fake_netns *netns, const char *line)
{
	if (find(netns, line) < netns->n_services)
		return -EEXIST;
	(void)snprintf(*fake_push(netns->services, netns->n_services), sizeof(*netns->services),
		       "%s", line);
	return 0;
}

static int take(struct fake_netns *netns, const char *line)
{
	size_t i = find(netns, line);

	if (i == netns->n_services)
		return -ENOENT;
	fake_remove(netns->services, netns->n_services, i);
	return 0;
}

/* "10.1.0.9 80/6 0 10.1.0.2:8080", and "10.1.0.9" for the service itself. */
static int enter_backend(struct fake_netns *netns, const struct nft_service *service,
			 const struct service_port *port, size_t i, bool add)
{
	const struct addr *to = add ? &service->now[i] : &service->was[i];
	char line[sizeof(*netns->services)];

	(void)snprintf(line, sizeof(line), "%s %u/%u %zu %s:%u", ADDR_STR(&service->addr),
		       port->port, port->protocol, i, ADDR_STR(to), port->target);
	return add ? put(netns, line) : take(netns, line);
}

static int enter(struct fake_netns *netns, const struct nft_service *service)
{
	int err = 0;

	if (service->was_there && !service->is_there)
		err = take(netns, ADDR_STR(&service->addr));
	else if (!service->was_there && service->is_there)
		err = put(netns, ADDR_STR(&service->addr));
	for (size_t p = 0; p < service->n_ports; p++) {
		for (size_t i = 0; i < service->n_was && err == 0; i++)
			err = enter_backend(netns, service, &service->ports[p], i, false);
		for (size_t i = 0; i < service->n_now && err == 0; i++)
			err = enter_backend(netns, service, &service->ports[p], i, true);
	}
	return err;
}

int fake_make_services(struct nft *inside, const struct nft_service *services, size_t n,
		       struct error *error)
{
	int err = fake_enter("rules.make_services", FAKE_CHANGE, "%zu", n);

	if (err < 0)
		return error_system(error, err, "leading to services");
	inside->netns->n_services = 0;
	inside->netns->has_services = true;
	inside->netns->n_transactions++;
	for (size_t i = 0; i < n && err == 0; i++)
		err = enter(inside->netns, &services[i]);
	return err < 0 ? error_system(error, err, "leading to services") : 0;
}

int fake_change_services(struct nft *inside, const struct nft_service *services, size_t n,
			 struct error *error)
{
	int err = fake_enter("rules.change_services", FAKE_CHANGE, "%zu", n);

	if (err == 0 && !inside->netns->has_services)
		err = -ENOENT;
	if (err == 0)
		inside->netns->n_transactions++;
	for (size_t i = 0; i < n && err == 0; i++)
		err = enter(inside->netns, &services[i]);
	return err < 0 ? error_system(error, err, "leading to services") : 0;
}

int fake_remove_services(struct nft *inside, struct error *error)
{
	int err = fake_enter("rules.remove_services", FAKE_CHANGE, " ");

	if (err < 0)
		return error_system(error, err, "leading to services");
	inside->netns->n_services = 0;
	inside->netns->has_services = false;
	inside->netns->n_transactions++;
	return 0;
}

int fake_services_generation(struct nft *inside, uint32_t *ret_generation)
{
	*ret_generation = inside->netns->n_transactions;
	return fake_enter("rules.services_generation", FAKE_LOOK, " ");
}

int fake_services_digest(struct nft *inside, uint64_t *ret_digest)
{
	*ret_digest = inside->netns->has_services;
	for (size_t i = 0; i < inside->netns->n_services; i++)
		*ret_digest += hash_stable(inside->netns->services[i],
					   strlen(inside->netns->services[i]));
	return fake_enter("rules.services_digest", FAKE_LOOK, " ");
}

/* "8080/6 0 10.1.0.2:80 as 10.1.0.9", and "8080/6" for the port itself. */
int fake_make_ingress(struct nft *nft, const struct nft_ingress *ports, size_t n, bool owned,
		      struct error *error)
{
	int err = fake_enter("rules.make_ingress", FAKE_CHANGE, "%zu%s", n, owned ? "" : " left");

	if (err < 0)
		return error_system(error, err, "leading published ports");
	nft->netns->n_ingress = 0;
	nft->netns->has_ingress = true;
	for (size_t p = 0; p < n; p++) {
		char line[sizeof(*nft->netns->ingress)];

		(void)snprintf(*fake_push(nft->netns->ingress, nft->netns->n_ingress), sizeof(line),
			       "%u/%u %s", ports[p].port, ports[p].protocol,
			       ports[p].family == FAMILY_6 ? "6" : "4");
		for (size_t i = 0; i < ports[p].n; i++) {
			const struct nft_ingress_backend *to = &ports[p].backends[i];

			(void)snprintf(line, sizeof(line), "%u/%u %zu %s:%u%s%s", ports[p].port,
				       ports[p].protocol, i, ADDR_STR(&to->addr), ports[p].target,
				       addr_is_set(&to->source) ? " as " : "",
				       addr_is_set(&to->source) ? ADDR_STR(&to->source) : "");
			(void)snprintf(*fake_push(nft->netns->ingress, nft->netns->n_ingress),
				       sizeof(line), "%s", line);
		}
	}
	return 0;
}

int fake_remove_ingress(struct nft *nft, struct error *error)
{
	int err = fake_enter("rules.remove_ingress", FAKE_CHANGE, " ");

	if (err < 0)
		return error_system(error, err, "leading published ports");
	nft->netns->n_ingress = 0;
	nft->netns->has_ingress = false;
	return 0;
}

int fake_ingress_digest(struct nft *nft, uint64_t *ret_digest)
{
	*ret_digest = nft->netns->has_ingress;
	for (size_t i = 0; i < nft->netns->n_ingress; i++)
		*ret_digest += hash_stable(nft->netns->ingress[i], strlen(nft->netns->ingress[i]));
	return fake_enter("rules.ingress_digest", FAKE_LOOK, " ");
}

bool fake_ingress_leads(const char *line)
{
	const struct fake_netns *host = fake_netns_at("");

	for (size_t i = 0; i < host->n_ingress; i++)
		if (strcmp(host->ingress[i], line) == 0)
			return true;
	return false;
}

size_t fake_n_ingress(void)
{
	return fake_netns_at("")->n_ingress;
}

void fake_ingress_lose(void)
{
	struct fake_netns *host = fake_netns_at("");

	host->n_ingress = 0;
	host->has_ingress = false;
}

void fake_services_lose(const char *path)
{
	struct fake_netns *netns = fake_netns_at(path);

	netns->n_services = 0;
	netns->has_services = false;
	netns->n_transactions++;
}

void fake_services_edit(const char *path, const char *line)
{
	struct fake_netns *netns = fake_netns_at(path);

	if (take(netns, line) < 0)
		(void)put(netns, line);
	netns->n_transactions++;
}

void fake_netns_change(const char *path)
{
	fake_netns_at(path)->n_transactions++;
}

bool fake_leads(const char *netns, const char *line)
{
	const struct fake_netns *found = fake_netns_at(netns);

	return find(found, line) < found->n_services;
}

size_t fake_n_led(const char *netns)
{
	return fake_netns_at(netns)->n_services;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

void fake_services_print(struct fake_netns *netns, FILE *out)
{
	if (netns->n_services > 0)
		qsort(netns->services, netns->n_services, sizeof(*netns->services), by_text);
	for (size_t i = 0; i < netns->n_services; i++)
		fprintf(out, "  %s\n", netns->services[i]);
	for (size_t i = 0; i < netns->n_ingress; i++)
		fprintf(out, "  ingress %s\n", netns->ingress[i]);
}

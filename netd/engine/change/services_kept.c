// SPDX-License-Identifier: GPL-2.0-or-later
// services_kept.c - services as they are asked for, and as their networks' records keep them
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/log.h"
#include "model/ipam/ipam.h"
#include "model/request/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A service is a part of its network: it stands in the network's record, goes
 * into backups with it, and keeps it from being removed. It is made in this order: addresses,
 * record, tables inside containers, names; so one that a netd has been killed over is there at the
 * next start. It goes in the order record, names, tables, addresses. */

#define HOLDER_SIZE (sizeof("service ") + NAME_LEN_MAX)

/* Who has its addresses, as IPAM is told. No container is called so, for a name has no blank. */
static const char *holder_of(const struct service_spec *spec, char holder[static HOLDER_SIZE])
{
	(void)snprintf(holder, HOLDER_SIZE, "service %s", spec->name);
	return holder;
}

static void release(struct service *service)
{
	struct network *network = service->network;

	for (enum family family = 0; family < FAMILY_N; family++)
		if (network->pool[family] && addr_is_set(&service->spec.ip[family]))
			ipam_release(network->pool[family], &service->spec.ip[family]);
}

/* The address of one family, chosen where it was not asked for. */
static int claim_one(struct service *service, enum family family, struct error *error)
{
	struct ipam_pool *pool = service->network->pool[family];
	struct addr *addr = &service->spec.ip[family], asked = *addr;
	char holder[HOLDER_SIZE];
	int err;

	if (!pool && addr_is_set(&asked))
		return error_set(error, ERROR_INVALID, "network %s has no %s addresses",
				 service->network->spec.name, family_name(family));
	if (!pool)
		return 0;
	/* Not the service's before it has it, for release goes by that. */
	*addr = (struct addr) { 0 };
	err = addr_is_set(&asked)
		      ? ipam_claim(pool, &asked, holder_of(&service->spec, holder), error)
		      : ipam_alloc(pool, holder_of(&service->spec, holder), &asked, error);
	if (err == 0)
		*addr = asked;
	return err;
}

/* In each family of its network. On failure it has none. */
static int claim(struct service *service, struct error *error)
{
	const struct service_spec asked = service->spec;

	for (enum family family = 0; family < FAMILY_N; family++) {
		int err = claim_one(service, family, error);

		if (err == 0)
			continue;
		/* Those not tried yet are asked for and not had. */
		for (enum family other = family; other < FAMILY_N; other++)
			service->spec.ip[other] = (struct addr) { 0 };
		release(service);
		service->spec = asked;
		error_prefix(error, "service %s", asked.name);
		return err;
	}
	return 0;
}

/* With its addresses, and in its network's list. NULL: the error says why not. */
static struct service *make(struct network *network, const struct service_spec *spec,
			    struct error *error)
{
	struct service *service = service_new(network, spec);

	if (!service) {
		(void)error_system(error, -ENOMEM, "cannot make service %s", spec->name);
		return NULL;
	}
	service->spec.network[0] = '\0'; /* as a record has it */
	if (claim(service, error) < 0) {
		service_free(service);
		return NULL;
	}
	if (service_add(service) < 0) {
		(void)error_system(error, -ENOMEM, "cannot make service %s", spec->name);
		release(service);
		service_free(service);
		return NULL;
	}
	return service;
}

/* Out of its network, and freed. */
static void unmake(struct service *service)
{
	service_drop(service);
	release(service);
	service_free(service);
}

/* --- found and refused ------------------------------------------------------------------------ */

/* A name is one service's on the whole host. NULL: nobody's. */
static struct service *find(const struct engine *engine, const char *name)
{
	struct service *service = NULL;

	for (size_t i = 0; !service && i < engine->n_networks; i++)
		service = service_find(engine->networks[i], name);
	return service;
}

int engine_service_find(struct engine *engine, const char *name, struct service **ret_service,
			struct error *error)
{
	struct service *service = find(engine, name);

	if (!service)
		return error_set(error, ERROR_NOT_FOUND, "service %s not found", name);
	*ret_service = service;
	return 0;
}

static size_t count(const struct engine *engine)
{
	size_t n = 0;

	for (size_t i = 0; i < engine->n_networks; i++)
		n += engine->networks[i]->n_services;
	return n;
}

/* Connections to a service are led from container to container, by names and addresses. */
static int check_network(const struct network *network, struct error *error)
{
	const struct network_spec *spec = &network->spec;

	if (!spec->kind->wired || !spec->kind->addressed || !spec->kind->named ||
	    spec->no_addresses)
		return error_set(error, ERROR_INVALID,
				 "network %s has no addresses to give to a service", spec->name);
	if (network->predefined)
		return error_set(error, ERROR_FORBIDDEN,
				 "network %s is predefined: make a network of your own for a "
				 "service",
				 spec->name);
	if (spec->kind->spans)
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "network %s spans hosts, and services are of one host: make one "
				 "of the driver bridge",
				 spec->name);
	if (!spec->icc)
		return error_set(error, ERROR_INVALID,
				 "containers of network %s may not talk to each other (option "
				 "icc), so they could not reach a service",
				 spec->name);
	return 0;
}

static int check(const struct engine *engine, const struct service_spec *spec, struct error *error)
{
	const struct service *service = find(engine, spec->name);
	size_t n = count(engine);

	if (service)
		return error_set(error, ERROR_CONFLICT, "service %s exists already, on network %s",
				 spec->name, service->network->spec.name);
	if (n >= SERVICES_MAX)
		return error_set(error, ERROR_UNAVAILABLE,
				 "there are %zu services and netd keeps no more than %d", n,
				 SERVICES_MAX);
	return spec->network[0] ? 0 : error_set(error, ERROR_INVALID, "Network is missing");
}

/* --- made and removed ------------------------------------------------------------------------- */

/* What went wrong is said already. The record is that of before, or is made so with the next change
 * of the network. */
static void forget(struct engine *engine, struct service *service)
{
	const struct network *network = service->network;
	struct error error = { 0 };

	unmake(service);
	if (networks_keep(engine, network, &error) < 0)
		log_warn("network %s: %s", network->spec.name, error.text);
}

int engine_service_create(struct engine *engine, const struct service_spec *spec,
			  struct service **ret_service, struct error *error)
{
	struct service *service;
	struct network *network;
	int err = networks_check_no_restore(engine, error);

	if (err == 0)
		err = check(engine, spec, error);
	if (err == 0)
		err = engine_network_find(engine, spec->network, &network, error);
	if (err == 0)
		err = check_network(network, error);
	if (err < 0)
		return err;
	service = make(network, spec, error);
	if (!service)
		return error->code;
	err = networks_keep(engine, network, error);
	if (err < 0) {
		unmake(service);
		return err;
	}
	err = services_add(engine, service, error);
	if (err < 0) {
		error_prefix(error, "service %s", spec->name);
		forget(engine, service);
		return err;
	}
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "service-create", .network = network->spec.name }),
		  "event=service-create name=%s network=%s", spec->name, network->spec.name);
	*ret_service = service;
	return 0;
}

int engine_service_remove(struct engine *engine, const char *name, struct error *error)
{
	struct network *network;
	struct service *service;
	int err = networks_check_no_restore(engine, error);

	if (err == 0)
		err = engine_service_find(engine, name, &service, error);
	if (err < 0)
		return err;
	network = service->network;
	service_drop(service);
	err = networks_keep(engine, network, error);
	if (err < 0) {
		(void)service_add(service); /* there is room: it was there a moment ago */
		return err;
	}
	services_drop(engine, service);
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "service-remove", .network = network->spec.name }),
		  "event=service-remove name=%s network=%s", service->spec.name,
		  network->spec.name);
	unmake(service);
	return 0;
}

/* --- of a record ------------------------------------------------------------------------------ */

/* One that makes no sense any more is left out, and is gone with the next change of its network. */
static int load_one(struct engine *engine, struct network *network, const json_t *record,
		    struct error *error)
{
	struct service_spec spec;
	struct service *service;
	struct error why = { 0 };
	int err = request_service(record, &spec, &why);

	if (err == 0 && find(engine, spec.name))
		err = error_set(&why, ERROR_CONFLICT, "service %s exists already", spec.name);
	service = err == 0 ? make(network, &spec, &why) : NULL;
	if (service)
		return 0;
	if (error_is_passing(why.code)) {
		*error = why;
		return why.code;
	}
	log_error("a service of network %s cannot be loaded: %s", network->spec.name, why.text);
	return 0;
}

int services_kept_load(struct engine *engine, struct network *network, const char *text,
		       struct error *error)
{
	const json_t *record;
	json_t *body;
	size_t i;
	int err = json_parse_record(text, strlen(text), &body, error);

	if (err < 0)
		return err;
	json_array_foreach (json_object_get(body, NETWORK_SERVICES), i, record)
		if (err == 0)
			err = load_one(engine, network, record, error);
	json_decref(body);
	if (err == 0)
		names_services(engine, network, false);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// services_kept.c - services as they are asked for, and as their networks' records keep them
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/json_write.h"
#include "base/log.h"
#include "model/ipam/ipam.h"
#include "model/request/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A service is a part of its network: it stands in the network's record, goes
 * into backups with it, and keeps it from being removed. It is made in this order: addresses,
 * record, tables inside containers, names; so one that a netd has been killed over is there at the
 * next start. It goes in the order record, names, tables, addresses.
 *
 * Of a network that spans hosts, hosts agree about a service (services_shared.c): it is made here
 * at once, with addresses of this host's blocks, and the others follow with the same. */

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

/* The address of one family, chosen where it was not asked for. One that is agreed has those that
 * it has, whoever's blocks they are in. */
static int claim_one(struct service *service, enum family family, struct error *error)
{
	struct ipam_pool *pool = service->network->pool[family];
	struct addr *addr = &service->spec.ip[family], asked = *addr;
	char holder[HOLDER_SIZE];
	int err;

	if (!pool && addr_is_set(&asked))
		return error_set(error, ERROR_INVALID, "network %s has no %s addresses",
				 service->network->spec.name, family_name(family));
	if (!pool || (service->agreed && !addr_is_set(&asked)))
		return 0;
	/* Not the service's before it has it, for release goes by that. */
	*addr = (struct addr) { 0 };
	(void)holder_of(&service->spec, holder);
	err = service->agreed	    ? ipam_hold(pool, &asked, holder, error)
	      : addr_is_set(&asked) ? ipam_claim(pool, &asked, holder, error)
				    : ipam_alloc(pool, holder, &asked, error);
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
static struct service *make(struct network *network, const struct service_spec *spec, bool agreed,
			    struct error *error)
{
	struct service *service = service_new(network, spec);

	if (!service) {
		(void)error_system(error, -ENOMEM, "cannot make service %s", spec->name);
		return NULL;
	}
	service->spec.network[0] = '\0'; /* as a record has it */
	service->agreed = agreed;
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

struct service *services_kept_find(const struct engine *engine, const char *name)
{
	struct service *service = NULL;

	for (size_t i = 0; !service && i < engine->n_networks; i++)
		service = service_find(engine->networks[i], name);
	return service;
}

int engine_service_find(struct engine *engine, const char *name, struct service **ret_service,
			struct error *error)
{
	struct service *service = services_kept_find(engine, name);

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
	if (!spec->icc)
		return error_set(error, ERROR_INVALID,
				 "containers of network %s may not talk to each other (option "
				 "icc), so they could not reach a service",
				 spec->name);
	return 0;
}

static int check_room(const struct engine *engine, struct error *error)
{
	size_t n = count(engine);

	return n < SERVICES_MAX ? 0
				: error_set(error, ERROR_UNAVAILABLE,
					    "there are %zu services and netd keeps no more than %d",
					    n, SERVICES_MAX);
}

static int check(const struct engine *engine, const struct service_spec *spec, struct error *error)
{
	const struct service *service = services_kept_find(engine, spec->name);
	int err = check_room(engine, error);

	if (service)
		return error_set(error, ERROR_CONFLICT, "service %s exists already, on network %s",
				 spec->name, service->network->spec.name);
	if (err < 0)
		return err;
	return spec->network[0] ? 0 : error_set(error, ERROR_INVALID, "Network is missing");
}

/* --- made and removed ------------------------------------------------------------------------- */

/* With its ports. */
static void give_up(struct engine *engine, struct service *service)
{
	bool was_published = service_is_published(&service->spec);

	unmake(service);
	if (was_published)
		ingress_settle(engine);
}

/* What went wrong is said already. The record is that of before, or is made so with the next change
 * of the network. */
static void forget(struct engine *engine, struct service *service)
{
	const struct network *network = service->network;
	struct error error = { 0 };

	give_up(engine, service);
	if (networks_keep(engine, network, &error) < 0)
		log_warn("network %s: %s", network->spec.name, error.text);
}

static void log_created(const struct service *service)
{
	const char *network = service->network->spec.name;

	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "service-create", .network = network }),
		  "event=service-create name=%s network=%s", service->spec.name, network);
}

int engine_service_create(struct engine *engine, const struct service_spec *spec,
			  struct service **ret_service, struct error *error)
{
	struct service *service;
	struct network *network = NULL;
	int err = networks_check_no_restore(engine, error);

	if (err == 0)
		err = check(engine, spec, error);
	if (err == 0)
		err = engine_network_find(engine, spec->network, &network, error);
	if (err == 0)
		err = check_network(network, error);
	if (err == 0 && network->spec.kind->spans)
		err = services_shared_check(engine, spec->name, error);
	if (err < 0)
		return err;
	service = make(network, spec, false, error);
	if (!service)
		return error->code;
	/* Ports first: who may not have them has changed nothing. */
	err = ingress_reserve(engine, service, error);
	if (err == 0)
		err = networks_keep(engine, network, error);
	if (err < 0) {
		give_up(engine, service);
		return err;
	}
	err = services_add(engine, service, error);
	if (err < 0) {
		error_prefix(error, "service %s", spec->name);
		forget(engine, service);
		return err;
	}
	log_created(service);
	/* Other hosts are told of it, too. */
	if (network->spec.kind->spans)
		far_changed(engine->far);
	services_far_keep(engine);
	*ret_service = service;
	return 0;
}

/* Its record is gone, and it is in no list: the rest of it goes. */
static void finish_removal(struct engine *engine, struct service *service)
{
	const char *network = service->network->spec.name;

	services_drop(engine, service);
	services_far_keep(engine);
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "service-remove", .network = network }),
		  "event=service-remove name=%s network=%s", service->spec.name, network);
	unmake(service);
}

int engine_service_remove(struct engine *engine, const char *name, struct error *error)
{
	struct network *network;
	struct service *service = services_kept_find(engine, name);
	int err = networks_check_no_restore(engine, error);

	if (err < 0)
		return err;
	if (!service)
		return error_set(error, ERROR_NOT_FOUND, "service %s not found", name);
	network = service->network;
	if (network->spec.kind->spans)
		err = services_shared_goes(engine, service, error);
	if (err < 0)
		return err;
	service_drop(service);
	err = networks_keep(engine, network, error);
	if (err < 0) {
		(void)service_add(service); /* there is room: it was there a moment ago */
		services_shared_stays(engine, service);
		return err;
	}
	finish_removal(engine, service);
	if (network->spec.kind->spans)
		far_changed(engine->far);
	else
		services_shared_again(engine, name);
	return 0;
}

/* --- as hosts agree --------------------------------------------------------------------------- */

int services_kept_follow(struct engine *engine, struct network *network,
			 const struct service_spec *spec, struct error *error)
{
	struct service *service;
	int err = networks_check_no_restore(engine, error);

	if (err == 0)
		err = check_room(engine, error);
	if (err == 0)
		err = check_network(network, error);
	if (err < 0)
		return err;
	service = make(network, spec, true, error);
	if (!service)
		return error->code;
	err = services_add(engine, service, error);
	if (err < 0) {
		give_up(engine, service);
		return err;
	}
	/* A port that somebody has here is waited for. */
	if (service_is_published(spec))
		ingress_settle(engine);
	log_created(service);
	services_far_keep(engine);
	return 0;
}

/* A record that cannot be written is that of before until the next change of the network; and a
 * start that reads it hears that the service is none any more. */
void services_kept_give_up(struct engine *engine, struct service *service)
{
	const struct network *network = service->network;
	struct error error = { 0 };

	service_drop(service);
	if (networks_keep(engine, network, &error) < 0)
		log_warn("network %s: %s", network->spec.name, error.text);
	finish_removal(engine, service);
}

void services_kept_set(struct service *service, const struct service_spec *spec)
{
	service->spec.affinity = spec->affinity;
	service->spec.n_ports = spec->n_ports;
	memcpy(service->spec.ports, spec->ports, sizeof(service->spec.ports));
}

void services_kept_changed(struct engine *engine, const struct service *service,
			   const struct service_spec *before)
{
	const char *network = service->network->spec.name;

	services_change(engine, service, before);
	if (service_is_published(before) || service_is_published(&service->spec)) {
		ingress_settle(engine);
		ingress_reflect(engine, service);
	}
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "service-update", .network = network }),
		  "event=service-update name=%s network=%s", service->spec.name, network);
}

/* The record first, as ever: a netd that is killed behind it makes tables of what it says. */
int engine_service_update(struct engine *engine, struct service *service,
			  const struct service_spec *spec, struct error *error)
{
	const struct service_spec before = service->spec;
	int err = networks_check_no_restore(engine, error);

	if (err < 0)
		return err;
	services_kept_set(service, spec);
	err = ingress_reserve(engine, service, error);
	if (err == 0)
		err = networks_keep(engine, service->network, error);
	if (err < 0) {
		service->spec = before;
		ingress_settle(engine); /* which gives up what was reserved */
		return err;
	}
	services_kept_changed(engine, service, &before);
	return 0;
}

/* --- who leaves ------------------------------------------------------------------------------- */

static void for_each_on(struct engine *engine, const char *container_ref, const char *network_ref,
			void (*what)(struct engine *engine, const struct endpoint *endpoint))
{
	struct container *container;
	struct network *network = NULL;
	const char *ifname; /* by whichever interface it is there */

	if (engine_container_find(engine, container_ref, &container, NULL) < 0 ||
	    (network_ref &&
	     engine_network_find_at(engine, network_ref, &network, &ifname, NULL) < 0))
		return;
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (!network || container->endpoints[i]->network == network)
			what(engine, container->endpoints[i]);
}

void engine_services_part(struct engine *engine, const char *container, const char *network)
{
	for_each_on(engine, container, network, services_part);
}

void engine_services_return(struct engine *engine, const char *container, const char *network)
{
	for_each_on(engine, container, network, services_join);
}

/* --- of a record ------------------------------------------------------------------------------ */

/* Whether a list of names has this one. */
static bool is_listed(const json_t *names, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (names, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

/* One that makes no sense any more is left out, and is gone with the next change of its network.
 * Whose block its addresses are in is not known yet where the network spans hosts. */
static int load_one(struct engine *engine, struct network *network, const json_t *record,
		    const json_t *agreed, struct error *error)
{
	struct service_spec spec;
	struct service *service;
	struct error why = { 0 };
	int err = request_service(record, &spec, &why);

	if (err == 0 && services_kept_find(engine, spec.name))
		err = error_set(&why, ERROR_CONFLICT, "service %s exists already", spec.name);
	service = err == 0 ? make(network, &spec, network->spec.kind->spans, &why) : NULL;
	if (service) {
		service->agreed = is_listed(agreed, spec.name);
		return 0;
	}
	if (error_is_passing(why.code)) {
		*error = why;
		return why.code;
	}
	log_error("a service of network %s cannot be loaded: %s", network->spec.name, why.text);
	return 0;
}

/* What is restored is asked for anew, whatever the cluster had when the backup was taken. One that
 * cannot be read is refused by whoever reads all of it. */
char *services_kept_plain(const char *text)
{
	json_t *body = NULL;
	struct error error;
	char *plain;

	if (!strstr(text, "\"" NETWORK_AGREED "\"") ||
	    json_parse_record(text, strlen(text), &body, &error) < 0)
		return strdup(text);
	(void)json_object_del(body, NETWORK_AGREED); /* it may be a word of another member's */
	plain = json_write(body, JSON_COMPACT);
	json_decref(body);
	return plain;
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
	network->agreed = json_is_array(json_object_get(body, NETWORK_AGREED));
	json_array_foreach (json_object_get(body, NETWORK_SERVICES), i, record)
		if (err == 0)
			err = load_one(engine, network, record,
				       json_object_get(body, NETWORK_AGREED), error);
	json_decref(body);
	if (err == 0)
		names_services(engine, network, false);
	return err;
}

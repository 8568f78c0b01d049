// SPDX-License-Identifier: GPL-2.0-or-later
// services_far.c - containers of other hosts that stand behind services
#include "engine/wire/services_far.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/wire/ingress.h"
#include "engine/wire/wire.h"
#include "model/ipam/ipam.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A container of another host stands behind the services that its record
 * names, on its network, for as long as its names are told: so backends come and go with the names,
 * also those of a host that is lost. A turn of such containers changes each service once.
 *
 * A netd that starts makes the tables of all containers anew, and knows of no other host until it
 * is told, which may take as long as etcd is away. So who of other hosts stands behind services is
 * written into the run directory whenever it changes, and recalled by the next start. From then on
 * nobody is taken out before all has been told and entered: who has not been told of by then is
 * gone (services_far_settle). */

/* In the run directory; a line for each service and family: "NETWORK-ID SERVICE ADDRESS…". */
#define KEPT_FILE "service-backends"

/* --- one service ------------------------------------------------------------------------------ */

/* Its names are told, so it can be reached, and its host is alive. */
static bool stands(const struct far_end *end, const struct service *service)
{
	return !end->gone && end->named != 0 && far_serves(end, service->spec.name);
}

/* Whether somebody else has the address and stands behind the service: one of this host, whose own
 * affair that is, or a container that has come to another host with its address. */
static bool is_anothers(const struct engine *engine, const struct service *service,
			const struct addr *addr, const struct far_end *end)
{
	const struct network *network = service->network;
	const struct far_end *owner = far_owner(engine->far, network, addr);

	return ipam_holder(network->pool[family_of(addr->family)], addr) ||
	       (owner && owner != end && stands(owner, service));
}

/* A service that changes, in one family. Those who stood behind it are copied when the first
 * changes. */
struct change {
	struct engine *engine;
	struct service *service;
	enum family family;
	struct addr *was; /* NULL: nothing has changed */
	size_t n_was;
	bool is_unknown; /* there was no memory for the copy: all tables are made anew */
	struct addr joined[FAR_TURN];
	size_t n_joined;
};

static int begin(struct change *change)
{
	const struct service_backends *backends = &change->service->backends[change->family];

	if (change->was)
		return 0;
	change->was = calloc(backends->n + 1, sizeof(*change->was));
	if (!change->was)
		return -ENOMEM;
	if (backends->n > 0)
		memcpy(change->was, backends->items, backends->n * sizeof(*change->was));
	change->n_was = backends->n;
	return 0;
}

/* One that fails is due again with its next record, or the next look at its host. */
static void join(struct change *change, const struct addr *addr)
{
	int joined = begin(change);

	if (joined == 0)
		joined = service_join(change->service, addr);
	if (joined > 0 && change->n_joined < FAR_TURN)
		change->joined[change->n_joined++] = *addr;
	if (joined < 0)
		log_warn("%s cannot stand behind service %s: %s", ADDR_STR(addr),
			 change->service->spec.name,
			 joined == -ENOSPC ? "there are as many as can" : strerror(-joined));
}

/* Its name first: nobody is sent to who is led to no more. It cannot fail, for it is gone. */
static void leave(struct change *change, const struct addr *addr)
{
	change->is_unknown |= begin(change) < 0;
	if (service_leave(change->service, addr))
		names_task(change->engine, change->service, addr, true);
}

static bool differs(const struct change *change)
{
	const struct service_backends *backends = &change->service->backends[change->family];

	return change->was &&
	       (backends->n != change->n_was ||
		(backends->n > 0 &&
		 memcmp(backends->items, change->was, backends->n * sizeof(*change->was)) != 0));
}

/* Everybody is led there, and then the names come. */
static void finish(struct change *change)
{
	if (change->is_unknown) {
		change->engine->far->led_otherwise = true;
		list_foreach (&change->service->network->endpoints, struct endpoint, endpoint,
			      in_network)
			later_owe(change->engine, endpoint->container, OWED_SERVICES);
	}
	if (differs(change)) {
		services_tell(change->engine, change->service, change->family, change->was,
			      change->n_was);
		for (size_t i = 0; i < change->n_joined; i++)
			names_task(change->engine, change->service, &change->joined[i], false);
		change->engine->far->led_otherwise = true;
	}
	free(change->was);
}

/* What has not been told yet may be what is recalled, so until then nobody is taken out. */
static void change_one(struct change *change, struct far_end *const *ends, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct addr *addr = &ends[i]->ip[change->family];

		if (!addr_is_set(addr) || !far_serves(ends[i], change->service->spec.name) ||
		    is_anothers(change->engine, change->service, addr, ends[i]))
			continue;
		if (stands(ends[i], change->service))
			join(change, addr);
		else if (!change->engine->far->recalled)
			leave(change, addr);
	}
	finish(change);
}

/* Its address of a family, and that of its network: a service may have one family alone. */
static bool has(const struct service *service, enum family family)
{
	return addr_is_set(&service->spec.ip[family]) && service->network->pool[family];
}

/* All that the ends name and that there are, each once: most of a turn name the same few. */
static size_t services_of(const struct network *network, struct far_end *const *ends, size_t n,
			  struct service *ret_services[static FAR_TURN * CLUSTER_SERVICES_MAX])
{
	size_t n_services = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ends[i]->n_services; k++) {
			const char *name = ends[i]->names[ends[i]->n_names + k];
			size_t m = 0;

			while (m < n_services && strcmp(ret_services[m]->spec.name, name) != 0)
				m++;
			if (m == n_services && (ret_services[m] = service_find(network, name)))
				n_services++;
		}
	return n_services;
}

void services_far_change(struct engine *engine, const struct network *network,
			 struct far_end *const *ends, size_t n)
{
	struct service *services[FAR_TURN * CLUSTER_SERVICES_MAX];
	size_t n_services = services_of(network, ends, n, services);

	for (size_t i = 0; i < n_services; i++)
		for (enum family family = 0; family < FAMILY_N; family++) {
			struct change change = { .engine = engine,
						 .service = services[i],
						 .family = family };

			if (has(services[i], family))
				change_one(&change, ends, n);
		}
}

void services_far_join(struct engine *engine, struct service *service)
{
	const char *id = service->network->spec.id;

	list_foreach (&engine->far->all, const struct far_end, end, in_all)
		for (enum family family = 0; family < FAMILY_N; family++) {
			if (strcmp(end->net, id) != 0 || !stands(end, service) ||
			    !has(service, family) || !addr_is_set(&end->ip[family]))
				continue;
			if (service_join(service, &end->ip[family]) < 0)
				log_warn("%s cannot stand behind service %s", end->names[0],
					 service->spec.name);
			engine->far->led_otherwise = true;
		}
}

static void show(const struct engine *engine, const struct far_end *end,
		 struct engine_backend *ret_backend)
{
	*ret_backend = (struct engine_backend) { .container = end->container,
						 .name = end->names[0],
						 .host = end->host->name,
						 .mac = end->mac };
	memcpy(ret_backend->ip, end->ip, sizeof(ret_backend->ip));
	if (addr_is_set(&engine->far->tunnel))
		ret_backend->tunnel = end->host->tunnel[family_of(engine->far->tunnel.family)];
}

int engine_service_backends(const struct engine *engine, const struct service *service,
			    int (*each)(const struct engine_backend *backend, void *data),
			    void *data)
{
	struct engine_backend backend;
	int err = 0;

	list_foreach (&engine->far->all, const struct far_end, end, in_all) {
		if (err < 0 || strcmp(end->net, service->network->spec.id) != 0 ||
		    !stands(end, service))
			continue;
		show(engine, end, &backend);
		err = each(&backend, data);
	}
	return err;
}

/* An end that names one service twice stands behind it once. */
static bool is_first(const struct far_end *end, size_t i)
{
	const char *const *services = end->names + end->n_names;

	for (size_t k = 0; k < i; k++)
		if (strcmp(services[k], services[i]) == 0)
			return false;
	return true;
}

int engine_services_backends(const struct engine *engine,
			     int (*each)(const char *network, const char *service,
					 const struct engine_backend *backend, void *data),
			     void *data)
{
	struct engine_backend backend;
	int err = 0;

	list_foreach (&engine->far->all, const struct far_end, end, in_all) {
		if (end->gone || end->named == 0)
			continue;
		show(engine, end, &backend);
		for (size_t i = 0; i < end->n_services && err == 0; i++)
			if (is_first(end, i))
				err = each(end->net, end->names[end->n_names + i], &backend, data);
	}
	return err;
}

/* What other hosts say, of one service or (NULL) of all. */
static int each_refused(const struct engine *engine, const char *service,
			int (*each)(const struct engine_refused *refused, void *data), void *data)
{
	struct cluster_record *record = malloc(sizeof(*record));
	size_t cursor = 0;
	int err = record ? 0 : -ENOMEM;

	while (err == 0 && cluster_state_next(engine->far->records, CLUSTER_HOST, &cursor, record))
		for (size_t i = 0; i < record->host.n_refused && err == 0; i++) {
			const struct cluster_refused *from = &record->host.refused[i];
			const struct engine_refused refused = { .host = record->key.host,
								.service = from->service,
								.protocol = from->protocol,
								.port = from->port,
								.why = from->why };

			if ((!service || strcmp(from->service, service) == 0) &&
			    strcmp(record->key.host, engine->far->host) != 0)
				err = each(&refused, data);
		}
	free(record);
	return err;
}

/* What hosts say of a service, the own one first. */
int engine_service_refused(const struct engine *engine, const struct service *service,
			   int (*each)(const struct engine_refused *refused, void *data),
			   void *data)
{
	int err = ingress_refused(engine, service->spec.name, each, data);

	return err < 0 || !service->network->spec.kind->spans
		       ? err
		       : each_refused(engine, service->spec.name, each, data);
}

int engine_services_refused(const struct engine *engine,
			    int (*each)(const struct engine_refused *refused, void *data),
			    void *data)
{
	int err = ingress_refused(engine, NULL, each, data);

	return err < 0 ? err : each_refused(engine, NULL, each, data);
}

/* --- over a start ----------------------------------------------------------------------------- */

/* Calls each for each service of networks that span hosts, in each family that it has. */
static void each_shared(struct engine *engine,
			void (*each)(struct engine *engine, struct service *service,
				     enum family family, void *data),
			void *data)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		for (size_t k = 0; network->spec.kind->spans && k < network->n_services; k++)
			for (enum family family = 0; family < FAMILY_N; family++)
				if (has(network->services[k], family))
					each(engine, network->services[k], family, data);
	}
}

/* Those of this host are found by the next start itself. A line that has no room is left out
 * whole. */
static void print(struct engine *engine, struct service *service, enum family family, void *data)
{
	const struct service_backends *backends = &service->backends[family];
	const struct ipam_pool *pool = service->network->pool[family];
	struct buf line = { 0 }, *out = data;
	size_t n = 0;

	(void)engine;
	buf_printf(&line, "%s %s", service->network->spec.id, service->spec.name);
	for (size_t i = 0; i < backends->n; i++) {
		if (ipam_holder(pool, &backends->items[i]))
			continue;
		buf_printf(&line, " %s", ADDR_STR(&backends->items[i]));
		n++;
	}
	buf_puts(&line, "\n");
	if (n > 0 && line.err == 0 && out->len + line.len < SERVICE_RECALL_MAX)
		buf_printf(out, "%s", line.data);
	buf_done(&line);
}

void services_far_keep(struct engine *engine)
{
	struct buf text = { 0 };

	if (!engine->far->led_otherwise)
		return;
	each_shared(engine, print, &text);
	if (text.err == 0) {
		run_dir_write(engine, KEPT_FILE, text.data ? text.data : "");
		engine->far->led_otherwise = false;
	}
	buf_done(&text);
}

/* What a line says: false where it is none of ours, or of a service that is gone. */
static bool recall_one(struct engine *engine, struct service *service, const char *text)
{
	struct addr addr;
	enum family family;

	if (addr_parse(text, &addr) < 0)
		return false;
	family = family_of(addr.family);
	return has(service, family) &&
	       prefix_contains(&service->network->spec.subnet[family].prefix, &addr) &&
	       !is_anothers(engine, service, &addr, NULL) && service_join(service, &addr) > 0;
}

static bool recall_line(struct engine *engine, char *line)
{
	char *rest = NULL;
	const char *id = strtok_r(line, " ", &rest), *name = strtok_r(NULL, " ", &rest), *addr;
	const struct network *network = id ? map_get_str(engine->network_by_id, id) : NULL;
	struct service *service = network && name && network->spec.kind->spans
					  ? service_find(network, name)
					  : NULL;
	bool any = false;

	while (service && (addr = strtok_r(NULL, " ", &rest)))
		any = recall_one(engine, service, addr) || any;
	return any;
}

void services_far_recall(struct engine *engine)
{
	_cleanup_free_ char *text = malloc(SERVICE_RECALL_MAX);
	char *rest = NULL, *line;

	if (!text)
		return; /* they are led to again when all is told */
	run_dir_read(engine, KEPT_FILE, text, SERVICE_RECALL_MAX);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (recall_line(engine, line))
			engine->far->recalled = true;
}

/* Those whom nobody has. */
static void drop_strays(struct engine *engine, struct service *service, enum family family,
			void *data)
{
	struct change change = { .engine = engine, .service = service, .family = family };
	struct service_backends *backends = &service->backends[family];

	(void)data;
	for (size_t i = backends->n; i-- > 0;) {
		const struct addr addr = backends->items[i];

		if (!is_anothers(engine, service, &addr, NULL))
			leave(&change, &addr);
	}
	finish(&change);
}

void services_far_settle(struct engine *engine)
{
	if (!engine->far->recalled)
		return;
	engine->far->recalled = false;
	each_shared(engine, drop_strays, NULL);
}

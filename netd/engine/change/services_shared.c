// SPDX-License-Identifier: GPL-2.0-or-later
// services_shared.c - services of networks that span hosts: what hosts agree about them
#include "engine/change/change.h"
#include "engine/change/networks.h"
#include "engine/state/going.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "model/cluster/cluster_service.h"
#include "model/container/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The cluster has a record of each service, by its name. A service that is
 * made here is wanted: somebody claims it in etcd, and when the record is told it is agreed. A
 * record that others made is followed: the same service with the same addresses. Of two that are
 * made at once etcd takes one, and where the other was made it gives way. One that is removed here
 * is on its way out (far->going) until its record is gone; one whose record is gone is removed
 * here, unless it is new and nobody has been told of it yet. One that is to have other ports is
 * changed in etcd first, from the record that was last told, and then here as everywhere, when that
 * is told: so of two changes at once etcd takes one.
 *
 * Which services were agreed stands in the record of the network: at the next start one whose
 * record is gone by then was removed meanwhile, and is not claimed anew. */

/* --- what is told ----------------------------------------------------------------------------- */

/* While everything is told at once records of networks are written in the end. */
void services_shared_keep(struct engine *engine, const struct network *network)
{
	struct error error;

	if (!engine->far->whole)
		engine->far->unkept = true;
	else if (networks_keep(engine, network, &error) < 0)
		log_warn("network %s: %s", network->spec.name, error.text);
}

/* They are of one service, which may have been changed in between: no other one of the network has
 * its addresses. */
static bool is_same(const struct cluster_svc *a, const struct cluster_svc *b)
{
	return strcmp(a->net, b->net) == 0 && memcmp(a->addrs, b->addrs, sizeof(a->addrs)) == 0;
}

/* This is the record of a service that is removed here. */
static bool is_going(struct engine *engine, const struct cluster_record *record)
{
	struct cluster_record *known = malloc(sizeof(*known));
	bool is = known && cluster_state_get(engine->far->going, &record->key, known) &&
		  is_same(&known->svc, &record->svc);

	free(known);
	if (!is) /* another host has made another one since: that is not to be removed */
		going_forget(engine, &record->key);
	return is;
}

static void follow(struct engine *engine, struct network *network,
		   const struct cluster_record *record)
{
	struct service_spec spec;
	struct error error;
	int err = cluster_service_spec(record, &spec, &error);

	if (err == 0)
		err = services_kept_follow(engine, network, &spec, &error);
	if (err < 0)
		log_warn("service %s of the cluster is not on this host: %s", record->key.name,
			 error.text);
	else
		services_shared_keep(engine, network);
}

/* The record is of this service, which has other ports by now, or another affinity. False: it is of
 * another one, or says what no service can be. */
static bool change(struct engine *engine, struct service *service,
		   const struct cluster_record *record)
{
	const struct service_spec before = service->spec;
	struct service_spec spec;

	if (strcmp(record->svc.net, service->network->spec.id) != 0 ||
	    cluster_service_spec(record, &spec, NULL) < 0)
		return false;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (!addr_equal(&spec.ip[family], &before.ip[family]))
			return false;
	services_kept_set(service, &spec);
	service->agreed = true;
	services_shared_keep(engine, service->network);
	services_kept_changed(engine, service, &before);
	return true;
}

/* Whether the record's name is free for it here. A service of the same name that is another one
 * goes, unless it is of this host alone. */
static bool make_way(struct engine *engine, const struct cluster_record *record)
{
	struct service *service = services_kept_find(engine, record->key.name);

	if (!service)
		return true;
	if (!service->network->spec.kind->spans) {
		log_warn("service %s of the cluster is not on this host: service %s exists "
			 "already, on network %s",
			 record->key.name, record->key.name, service->network->spec.name);
		return false;
	}
	if (cluster_service_is(record, &service->spec, service->network->spec.id)) {
		if (!service->agreed) {
			service->agreed = true;
			services_shared_keep(engine, service->network);
		}
		return false;
	}
	if (change(engine, service, record))
		return false;
	if (!service->agreed)
		log_warn("service %s was made on another host at the same time, and is that one",
			 record->key.name);
	services_kept_give_up(engine, service);
	return true;
}

/* The port of the record's that the service publishes, too; NULL: none is. */
static const struct cluster_port *shared_port(const struct cluster_record *record,
					      const struct service *service)
{
	for (size_t i = 0; i < record->svc.n_ports; i++) {
		const struct cluster_port *port = &record->svc.ports[i];

		if (port->publish != 0 &&
		    service_published(&service->spec, port->protocol, port->publish))
			return port;
	}
	return NULL;
}

/* It was made here, and etcd had the other one first: it is not made after all. Whoever waits for
 * it is told so (engine_service_lost). */
static void lose_port(struct engine *engine, struct service *service,
		      const struct cluster_record *record, const struct cluster_port *port)
{
	struct far *far = engine->far;
	struct error error;

	(void)snprintf(far->lost_service, sizeof(far->lost_service), "%s", service->spec.name);
	(void)snprintf(far->lost_why, sizeof(far->lost_why),
		       "service %.64s: port %u/%s is published by service %.64s, which was made on "
		       "another host at the same time: choose another port",
		       service->spec.name, port->publish, port_protocol_name(port->protocol),
		       record->key.name);
	log_warn("%s", far->lost_why);
	/* Its record may be on its way to etcd. */
	if (services_shared_goes(engine, service, &error) < 0)
		log_warn("%s", error.text);
	services_kept_give_up(engine, service);
}

/* Of two services that are made on two hosts at once with one published port etcd has one first,
 * and tells all hosts in that order: the other one, which it has not told of yet, is not made. */
static void lose_ports(struct engine *engine, const struct cluster_record *record)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		for (size_t k = network->n_services; k-- > 0 && network->spec.kind->spans;) {
			struct service *service = network->services[k];
			const struct cluster_port *port =
				service->agreed || strcmp(service->spec.name, record->key.name) == 0
					? NULL
					: shared_port(record, service);

			if (port)
				lose_port(engine, service, record, port);
		}
	}
}

const char *engine_service_lost(const struct engine *engine, const char *name)
{
	return strcmp(engine->far->lost_service, name) == 0 ? engine->far->lost_why : NULL;
}

/* One of a network that is not here comes with it (services_shared_bring), and what is told during
 * a restore is looked at behind it. */
void services_shared_put(struct engine *engine, const struct cluster_record *record)
{
	struct network *network = map_get_str(engine->network_by_id, record->svc.net);

	if (engine->change->restore || is_going(engine, record) || !make_way(engine, record) ||
	    !network)
		return;
	if (engine->far->whole)
		lose_ports(engine, record);
	if (network->spec.kind->spans)
		follow(engine, network, record);
}

/* One that is not agreed is new here, under a name that has become free. */
void services_shared_remove(struct engine *engine, const struct cluster_key *key)
{
	struct service *service = services_kept_find(engine, key->name);

	going_forget(engine, key);
	if (service && service->agreed)
		services_kept_give_up(engine, service);
}

void services_shared_bring(struct engine *engine, const struct network *network)
{
	struct cluster_record *record = malloc(sizeof(*record));
	size_t cursor = 0;

	/* Without memory they come when they are told again. */
	while (record && cluster_state_next(engine->far->records, CLUSTER_SVC, &cursor, record))
		if (strcmp(record->svc.net, network->spec.id) == 0)
			services_shared_put(engine, record);
	free(record);
}

void services_shared_drop(struct engine *engine, struct network *network)
{
	while (network->n_services > 0)
		services_kept_give_up(engine, network->services[network->n_services - 1]);
}

void services_shared_again(struct engine *engine, const char *name)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_SVC, name);
	struct cluster_record *record = malloc(sizeof(*record));

	if (record && cluster_state_get(engine->far->records, &key, record))
		services_shared_put(engine, record);
	free(record);
}

/* Those that were agreed, and whose records were not told. */
static void drop_gone(struct engine *engine, struct network *network)
{
	for (size_t i = network->n_services; i-- > 0;) {
		struct service *service = network->services[i];
		const struct cluster_key key = cluster_key_of_name(CLUSTER_SVC, service->spec.name);

		if (service->agreed && !cluster_state_has(engine->far->records, &key))
			services_kept_give_up(engine, service);
	}
}

/* Those that etcd has forgotten by now. */
static void forget_gone(struct engine *engine)
{
	struct cluster_record *record = malloc(sizeof(*record));
	size_t cursor = 0;

	while (record && cluster_state_next(engine->far->going, CLUSTER_SVC, &cursor, record)) {
		if (cluster_state_has(engine->far->records, &record->key))
			continue;
		going_forget(engine, &record->key);
		cursor = 0; /* a walk does not go on over a change */
	}
	free(record);
}

void services_shared_end(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		if (!network->spec.kind->spans)
			continue;
		drop_gone(engine, network);
		if (engine->far->unkept)
			services_shared_keep(engine, network);
	}
	engine->far->unkept = false;
	engine->far->bereft = true;
	forget_gone(engine);
}

/* What it takes along into another cluster is new there. */
void services_shared_leave(struct engine *engine)
{
	struct error error;

	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		if (!network->agreed)
			continue;
		network->agreed = false;
		for (size_t k = 0; k < network->n_services; k++)
			network->services[k]->agreed = false;
		if (networks_keep(engine, network, &error) < 0)
			log_warn("network %s: %s", network->spec.name, error.text);
	}
}

/* What is on this host is what a backup says: the cluster is to have the same. Before anything is
 * told, as at a start, there is nothing to compare with. */
void services_shared_restored(struct engine *engine, struct network *network)
{
	struct cluster_record *record = malloc(sizeof(*record));
	struct error error;
	size_t cursor = 0;

	network->agreed = far_agrees(engine->far, &network->spec);
	while (record && cluster_state_next(engine->far->records, CLUSTER_SVC, &cursor, record)) {
		struct service *service;

		if (strcmp(record->svc.net, network->spec.id) != 0)
			continue;
		service = service_find(network, record->key.name);
		if (service && cluster_service_is(record, &service->spec, network->spec.id))
			service->agreed = true;
		else if (going_note(engine, record, &error) < 0)
			log_warn("%s", error.text);
	}
	free(record);
}

/* --- what is asked for here ------------------------------------------------------------------- */

int services_shared_check(struct engine *engine, const char *name, struct error *error)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_SVC, name);

	/* Whoever waits for this one is not told of the one before. */
	if (strcmp(engine->far->lost_service, name) == 0)
		engine->far->lost_service[0] = '\0';
	/* What was removed before anybody was told of it is not waited for any more. As long as
	 * all is not told, etcd may have it. */
	if (!cluster_state_has(engine->far->records, &key)) {
		if (engine->far->whole)
			going_forget(engine, &key);
		return 0;
	}
	if (cluster_state_has(engine->far->going, &key))
		return 0;
	return error_set(error, ERROR_CONFLICT,
			 "service %s exists already in the cluster, and could not be made on this "
			 "host: its log says why",
			 name);
}

/* Also one that is not agreed: it may have been claimed a moment ago, and come back. */
int services_shared_goes(struct engine *engine, const struct service *service, struct error *error)
{
	struct cluster_record *record = malloc(sizeof(*record));
	int err = record ? 0 : -ENOMEM;

	if (err == 0) {
		cluster_service_record(&service->spec, service->network->spec.id, record);
		err = going_note(engine, record, error);
	} else {
		(void)error_system(error, err, "cannot remove service %s", service->spec.name);
	}
	free(record);
	return err;
}

void services_shared_stays(struct engine *engine, const struct service *service)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_SVC, service->spec.name);

	going_forget(engine, &key);
}

int engine_cluster_propose(struct engine *engine, const struct service *service,
			   const struct service_spec *spec, struct cluster_record *ret_before,
			   struct cluster_record *ret_after, struct error *error)
{
	const struct network *network = service->network;
	const struct cluster_key key = cluster_key_of_name(CLUSTER_SVC, service->spec.name);
	int err = networks_check_no_restore(engine, error);

	if (err < 0)
		return err;
	if (!network->spec.kind->spans || !addr_is_set(&engine->far->tunnel))
		return -ENOENT;
	/* Before all is told this host goes by what it had; who asks etcd knows why it is not. */
	if (!engine->far->whole)
		cluster_service_record(&service->spec, network->spec.id, ret_before);
	else if (!service->agreed || !cluster_state_get(engine->far->records, &key, ret_before) ||
		 !cluster_service_is(ret_before, &service->spec, network->spec.id))
		return error_set(error, ERROR_UNAVAILABLE,
				 "service %s is not as etcd has it yet: change it when it is",
				 service->spec.name);
	err = ingress_try(engine, service, spec, error);
	if (err < 0)
		return err;
	cluster_service_record(spec, network->spec.id, ret_after);
	return 0;
}

/* --- what is told to others ------------------------------------------------------------------- */

/* The cluster has the network, as it is here. */
static bool is_agreed(const struct engine *engine, const struct network *network,
		      struct cluster_record *record)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_NET, network->spec.name);

	return network->spec.kind->spans && cluster_state_get(engine->far->records, &key, record) &&
	       strcmp(record->net.id, network->spec.id) == 0;
}

/* One whose name the cluster has waits until that is gone, or gives way to it. */
int services_shared_wanted(struct engine *engine,
			   int (*each)(const struct cluster_record *record, void *data), void *data)
{
	struct cluster_record *record = malloc(sizeof(*record));
	int err = record ? 0 : -ENOMEM;

	for (size_t i = 0; err == 0 && i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		if (network->n_services == 0 || !is_agreed(engine, network, record))
			continue;
		for (size_t k = 0; err == 0 && k < network->n_services; k++) {
			const struct service *service = network->services[k];

			cluster_service_record(&service->spec, network->spec.id, record);
			if (!service->agreed &&
			    !cluster_state_has(engine->far->records, &record->key))
				err = each(record, data);
		}
	}
	free(record);
	return err;
}

/* Whether this host or the cluster has a network with this id. */
static bool is_known(const struct engine *engine, const char *id, struct cluster_record *record)
{
	size_t cursor = 0;

	if (map_get_str(engine->network_by_id, id))
		return true;
	while (cluster_state_next(engine->far->records, CLUSTER_NET, &cursor, record))
		if (strcmp(record->net.id, id) == 0)
			return true;
	return false;
}

/* A service of a network that is gone would keep its name for ever. All services are walked over,
 * so only when a network has gone, or all has been told. */
static void find_bereft(struct engine *engine)
{
	struct cluster_record *record = malloc(sizeof(*record)), *other = malloc(sizeof(*other));
	size_t cursor = 0;

	while (record && other &&
	       cluster_state_next(engine->far->records, CLUSTER_SVC, &cursor, record))
		if (!is_known(engine, record->svc.net, other))
			(void)cluster_state_put(engine->far->going, record); /* or later */
	engine->far->bereft = !record || !other;
	free(record);
	free(other);
}

int engine_cluster_unwanted(struct engine *engine,
			    int (*each)(const struct cluster_record *record, void *data),
			    void *data)
{
	struct cluster_record *record = malloc(sizeof(*record));
	int err = record ? 0 : -ENOMEM;
	size_t cursor = 0;

	if (engine->far->bereft && engine->far->whole)
		find_bereft(engine);

	while (err == 0 && cluster_state_next(engine->far->going, CLUSTER_SVC, &cursor, record))
		if (cluster_state_has(engine->far->records, &record->key))
			err = each(record, data);
	free(record);
	return err;
}

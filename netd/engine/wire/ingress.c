// SPDX-License-Identifier: GPL-2.0-or-later
// ingress.c - published ports of services: reserved on this host, and led to who stands behind them
#include "engine/wire/ingress.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/utf8.h"
#include "engine/wire/wire.h"
#include "model/container/port.h"
#include "model/ipam/ipam.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A published port of a service is the same on each host of the cluster. Here
 * it is reserved as a container's is, by a socket that hears nothing (kernel/ports.c), in each
 * family that the service has an address of, and an entry of wire->ingress. A table of the host
 * (kernel/nft_ingress.c) leads what is for it to those who stand behind the service, and is made
 * anew of all services whenever that changes.
 *
 * Who makes a service, or publishes a port of one, is refused when somebody has the port here. A
 * service that other hosts made is here all the same: the port is led nowhere then, and tried again
 * each second. What the table should be follows from the services alone, so nothing is recorded. */

/* The table has been made since the host was booted. */
#define INGRESS_MARK "ingress"

struct ingress_port {
	char service[NAME_LEN_MAX + 1];
	uint8_t protocol;
	uint16_t port;
	enum family family;
	int fd;				   /* -1: somebody else has it */
	bool told;			   /* the log says so */
	char why[INGRESS_WHY_LEN_MAX + 1]; /* who has it, in words; "": nobody has looked yet */
	double why_at;			   /* when it was looked */
};

static struct port place_of(const struct ingress_port *entry)
{
	return (struct port) {
		.protocol = entry->protocol,
		.host_addr = { .family = family_af(entry->family) },
		.host_port = entry->port,
		.target = { .family = family_af(entry->family) },
		.container_port = entry->port,
	};
}

static struct ingress_port *find(const struct engine *engine, const char *service,
				 const struct service_port *port, enum family family)
{
	for (size_t i = 0; i < engine->wire->n_ingress; i++) {
		struct ingress_port *entry = &engine->wire->ingress[i];

		if (entry->protocol == port->protocol && entry->port == port->publish &&
		    entry->family == family && strcmp(entry->service, service) == 0)
			return entry;
	}
	return NULL;
}

const char *ingress_publisher(const struct engine *engine, const struct port *port)
{
	for (size_t i = 0; i < engine->wire->n_ingress; i++) {
		const struct ingress_port *entry = &engine->wire->ingress[i];

		if (entry->fd >= 0 && entry->protocol == port->protocol &&
		    entry->port == port->host_port &&
		    family_af(entry->family) == port->host_addr.family)
			return entry->service;
	}
	return NULL;
}

/* It is not reserved in each family that it should be. */
static bool lacks(const struct engine *engine, const struct service *service,
		  const struct service_port *port)
{
	for (enum family family = 0; port->publish != 0 && family < FAMILY_N; family++) {
		const struct ingress_port *entry = find(engine, service->spec.name, port, family);

		if (addr_is_set(&service->spec.ip[family]) && (!entry || entry->fd < 0))
			return true;
	}
	return false;
}

/* --- sockets ---------------------------------------------------------------------------------- */

/* One more, with its socket or without. NULL: out of memory. */
static struct ingress_port *add(struct engine *engine, const struct service *service,
				const struct service_port *port, enum family family)
{
	struct engine_wire *wire = engine->wire;
	struct ingress_port *items = grow(wire->ingress, &wire->size_ingress, wire->n_ingress + 1,
					  sizeof(*items));

	if (!items)
		return NULL;
	wire->ingress = items;
	items += wire->n_ingress++;
	*items = (struct ingress_port) {
		.protocol = port->protocol, .port = port->publish, .family = family, .fd = -1
	};
	memcpy(items->service, service->spec.name, sizeof(items->service));
	return items;
}

/* Those behind the first n are given up. */
static void cut(struct engine *engine, size_t n)
{
	while (engine->wire->n_ingress > n)
		cleanup_close(&engine->wire->ingress[--engine->wire->n_ingress].fd);
}

/* By another service, which may be of another host, and not have its port here. */
static int check_others(const struct engine *engine, const struct service *service,
			const struct service_port *port, struct error *error)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		for (size_t k = 0; k < network->n_services; k++) {
			const struct service_spec *spec = &network->services[k]->spec;

			if (strcmp(spec->name, service->spec.name) == 0 ||
			    !service_published(spec, port->protocol, port->publish))
				continue;
			return error_because(
				error, ERROR_REASON_PORT_IN_USE,
				error_set(error, ERROR_CONFLICT,
					  "port %u/%s is already published by service %s: choose "
					  "another port, or `netctl service update --publish-rm %u "
					  "%s` it there",
					  port->publish, port_protocol_name(port->protocol),
					  spec->name, port->publish, spec->name));
		}
	}
	return 0;
}

static int reserve_one(struct engine *engine, const struct service *service,
		       const struct service_port *port, enum family family, struct error *error)
{
	struct ingress_port *entry = find(engine, service->spec.name, port, family);
	struct port place;
	int fd;

	if (entry && entry->fd >= 0)
		return 0;
	if (!entry)
		entry = add(engine, service, port, family);
	if (!entry)
		return error_system(error, -ENOMEM, "cannot publish ports");
	place = place_of(entry);
	fd = ports_hold(engine, &place, error);
	if (fd < 0)
		return fd;
	entry->fd = fd;
	entry->told = false;
	if (entry->why[0])
		far_changed(engine->far); /* others were told of it */
	entry->why[0] = '\0';
	return 0;
}

int ingress_reserve(struct engine *engine, const struct service *service, struct error *error)
{
	size_t before = engine->wire->n_ingress;
	int err = 0;

	if (service_is_published(&service->spec) && service->network->spec.internal)
		return error_set(error, ERROR_INVALID,
				 "network %s is internal, so nothing comes in there: a port of "
				 "service %s cannot be published",
				 service->network->spec.name, service->spec.name);
	for (size_t i = 0; i < service->spec.n_ports && err == 0; i++) {
		const struct service_port *port = &service->spec.ports[i];

		if (port->publish == 0)
			continue;
		err = check_others(engine, service, port, error);
		for (enum family family = 0; family < FAMILY_N && err == 0; family++)
			if (addr_is_set(&service->spec.ip[family]))
				err = reserve_one(engine, service, port, family, error);
	}
	if (err < 0) {
		error_prefix(error, "service %s", service->spec.name);
		cut(engine, before);
	}
	return err;
}

static const struct service *service_of(const struct engine *engine, const char *name)
{
	const struct service *service = NULL;

	for (size_t i = 0; !service && i < engine->n_networks; i++)
		service = service_find(engine->networks[i], name);
	return service;
}

static bool is_wanted(const struct engine *engine, const struct ingress_port *entry)
{
	const struct service *service = service_of(engine, entry->service);

	return service && !service->network->spec.internal &&
	       addr_is_set(&service->spec.ip[entry->family]) &&
	       service_published(&service->spec, entry->protocol, entry->port);
}

/* Moves those that nobody wants behind the others. Returns how many stay. */
static size_t sort_out(struct engine *engine)
{
	struct engine_wire *wire = engine->wire;
	size_t n = 0;

	for (size_t i = 0; i < wire->n_ingress; i++) {
		struct ingress_port entry = wire->ingress[i];

		if (!is_wanted(engine, &entry))
			continue;
		wire->ingress[i] = wire->ingress[n];
		wire->ingress[n++] = entry;
	}
	return n;
}

/* Cut where a text must be, between two characters, and of none that a record may not have: other
 * hosts are told of it, and whoever has the port may have called himself anything. */
static void note_why(struct engine *engine, struct ingress_port *entry, const char *why)
{
	char plain[sizeof(entry->why)];
	size_t len = 0, step;

	while (why[len] && (step = utf8_len(why + len, SIZE_MAX)) > 0 &&
	       len + step <= INGRESS_WHY_LEN_MAX) {
		memcpy(plain + len, why + len, step);
		if ((unsigned char)plain[len] < ' ' || plain[len] == 0x7f)
			plain[len] = '?';
		len += step;
	}
	plain[len] = '\0';
	entry->why_at = engine_now_s();
	if (strcmp(entry->why, plain) == 0)
		return;
	memcpy(entry->why, plain, len + 1);
	far_changed(engine->far);
}

/* Who has a port is looked for at once, and then now and then, of one port at a time: meanwhile the
 * loop stands still. */
static bool is_to_be_asked(const struct ingress_port *entry, bool *asked)
{
	bool is_known = entry && entry->why[0];

	if (is_known && (*asked || engine_now_s() - entry->why_at < INGRESS_WHY_S))
		return false;
	*asked = true;
	return true;
}

/* One of the family that cannot be had is said once. */
static void try_one(struct engine *engine, const struct service *service,
		    const struct service_port *port, enum family family, bool *asked)
{
	struct ingress_port *entry = find(engine, service->spec.name, port, family);
	bool told = entry && entry->told, asks;
	struct error error = { 0 };

	/* Most are there. */
	if (entry && entry->fd >= 0)
		return;
	asks = is_to_be_asked(entry, asked);
	if (reserve_one(engine, service, port, family, asks ? &error : NULL) == 0)
		return;
	entry = find(engine, service->spec.name, port, family);
	if (entry && asks)
		note_why(engine, entry, error.text);
	if (entry)
		entry->told = true;
	if (!told)
		log_warn("service %s is not published on this host: %s; it is tried again",
			 service->spec.name, error.text);
}

/* What of all services is missing. True: nothing is, any more. */
static bool try_all(struct engine *engine)
{
	bool whole = true, asked = false;

	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		for (size_t k = 0; k < network->n_services && !network->spec.internal; k++) {
			const struct service *service = network->services[k];

			for (size_t m = 0; m < service->spec.n_ports; m++) {
				const struct service_port *port = &service->spec.ports[m];

				for (enum family family = 0; family < FAMILY_N; family++)
					if (port->publish != 0 &&
					    addr_is_set(&service->spec.ip[family]))
						try_one(engine, service, port, family, &asked);
				whole = whole && !lacks(engine, service, port);
			}
		}
	}
	return whole;
}

/* What this host lacks: each port once, though both families may be taken. */
static bool is_told_before(const struct engine_wire *wire, size_t i)
{
	const struct ingress_port *entry = &wire->ingress[i];

	for (size_t k = 0; k < i; k++)
		if (wire->ingress[k].fd < 0 && wire->ingress[k].port == entry->port &&
		    wire->ingress[k].protocol == entry->protocol &&
		    strcmp(wire->ingress[k].service, entry->service) == 0)
			return true;
	return false;
}

int ingress_refused(const struct engine *engine, const char *service,
		    int (*each)(const struct engine_refused *refused, void *data), void *data)
{
	const struct engine_wire *wire = engine->wire;
	int err = 0;

	for (size_t i = 0; i < wire->n_ingress && err == 0; i++) {
		const struct ingress_port *entry = &wire->ingress[i];
		const struct engine_refused refused = { .host = engine->far->host,
							.here = true,
							.service = entry->service,
							.protocol = entry->protocol,
							.port = entry->port,
							.why = entry->why };

		if (entry->fd >= 0 || !entry->why[0] || !is_wanted(engine, entry) ||
		    (service && strcmp(entry->service, service) != 0) || is_told_before(wire, i))
			continue;
		err = each(&refused, data);
	}
	return err;
}

/* --- the table -------------------------------------------------------------------------------- */

/* Zeroed is empty. Backends are of all ports, one behind the other. */
struct leading {
	struct nft_ingress *ports;
	size_t n, size;
	struct nft_ingress_backend *backends;
	size_t n_backends, size_backends;
};

static void leading_done(struct leading *leading)
{
	free(leading->ports);
	free(leading->backends);
}

/* Who is of another host, and whom this one cannot stand for there, is left out. */
static int add_backends(struct leading *leading, const struct service *service, enum family family)
{
	const struct service_backends *from = &service->backends[family];
	const struct network *network = service->network;
	struct nft_ingress_backend *items = grow(leading->backends, &leading->size_backends,
						 leading->n_backends + from->n + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	leading->backends = items;
	for (size_t i = 0; i < from->n; i++) {
		bool away = network->spec.kind->spans &&
			    !ipam_holder(network->pool[family], &from->items[i]);
		struct nft_ingress_backend *item = &items[leading->n_backends];

		if (away && !addr_is_set(&network->ingress[family]))
			continue;
		memset(item, 0, sizeof(*item)); /* it is hashed */
		item->addr = from->items[i];
		if (away)
			item->source = network->ingress[family];
		leading->n_backends++;
	}
	return 0;
}

static int add_port(const struct engine *engine, struct leading *leading,
		    const struct ingress_port *entry)
{
	const struct service *service = service_of(engine, entry->service);
	const struct service_port *port =
		service ? service_published(&service->spec, entry->protocol, entry->port) : NULL;
	struct nft_ingress *ports, *item;
	size_t before = leading->n_backends;
	int err;

	if (!port || entry->fd < 0)
		return 0;
	ports = grow(leading->ports, &leading->size, leading->n + 1, sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	leading->ports = ports;
	err = add_backends(leading, service, entry->family);
	if (err < 0)
		return err;
	item = &ports[leading->n++];
	memset(item, 0, sizeof(*item)); /* it is hashed */
	item->family = entry->family;
	item->protocol = entry->protocol;
	item->port = entry->port;
	item->target = port->target;
	item->affinity = service->spec.affinity;
	item->n = leading->n_backends - before;
	return 0;
}

/* Arrays are where they are in the end. */
static int gather(const struct engine *engine, struct leading *leading)
{
	size_t at = 0;
	int err = 0;

	for (size_t i = 0; i < engine->wire->n_ingress && err == 0; i++)
		err = add_port(engine, leading, &engine->wire->ingress[i]);
	for (size_t i = 0; i < leading->n && err == 0; i++) {
		leading->ports[i].backends = &leading->backends[at];
		at += leading->ports[i].n;
	}
	return err;
}

/* Never 0. Where arrays are does not count. */
static uint64_t hash_of(const struct leading *leading)
{
	uint64_t hash = 1;

	for (size_t i = 0; i < leading->n; i++) {
		struct nft_ingress port = leading->ports[i];

		port.backends = NULL;
		hash = hash * 31 + hash_stable(&port, sizeof(port));
		if (port.n > 0)
			hash = hash * 31 + hash_stable(leading->ports[i].backends,
						       port.n * sizeof(*port.backends));
	}
	return hash ? hash : 1;
}

/* Where others can change the table it is known what it does. */
static void note_digest(struct engine *engine)
{
	engine->wire->ingress_digest = 0;
	if (!engine->door->rules.is_owner(engine->nft) &&
	    engine->door->rules.ingress_digest(engine->nft, &engine->wire->ingress_digest) < 0)
		engine->wire->ingress_digest = 0;
}

/* The mark comes first and goes last: a netd that is killed in between finds what it left. */
static int change(struct engine *engine, const struct leading *leading, struct error *error)
{
	struct engine_wire *wire = engine->wire;
	uint64_t hash = hash_of(leading);
	int err;

	if (leading->n == 0 && !wire->has_ingress)
		return 0;
	if (wire->has_ingress && wire->ingress_hash == hash)
		return 0;
	wire->ingress_hash = 0;
	if (leading->n == 0) {
		err = engine->door->rules.remove_ingress(engine->nft, error);
		if (err < 0)
			return err;
		wire->has_ingress = false;
		run_dir_set_mark(engine, INGRESS_MARK, false);
		return 0;
	}
	if (!wire->has_ingress)
		run_dir_set_mark(engine, INGRESS_MARK, true);
	wire->has_ingress = true;
	err = engine->door->rules.make_ingress(engine->nft, leading->ports, leading->n, true,
					       error);
	if (err < 0)
		return err;
	wire->ingress_hash = hash;
	note_digest(engine);
	return 0;
}

static void again(struct engine *engine)
{
	if (!ev_is_active(&engine->wire->ingress_timer))
		ev_timer_again(engine->loop, &engine->wire->ingress_timer);
}

int ingress_lead(struct engine *engine, struct error *error)
{
	_cleanup_(leading_done) struct leading leading = { 0 };
	int err;

	if (!ingress_away_settle(engine))
		again(engine);
	err = gather(engine, &leading);
	if (err < 0)
		(void)error_system(error, err, "cannot lead published ports");
	else
		err = change(engine, &leading, error);
	if (err < 0)
		again(engine);
	return err;
}

/* Cannot fail, and is tried again. */
static void lead(struct engine *engine)
{
	struct error error = { 0 };

	if (ingress_lead(engine, &error) < 0)
		log_warn("published ports of services: %s; it is tried again", error.text);
}

int ingress_try(struct engine *engine, const struct service *service,
		const struct service_spec *spec, struct error *error)
{
	struct service wanted = { .network = service->network, .spec = *spec };

	if (!service_is_published(spec))
		return 0;
	again(engine); /* what comes of nothing is given up then */
	return ingress_reserve(engine, &wanted, error);
}

void ingress_settle(struct engine *engine)
{
	bool whole = try_all(engine);
	size_t n = sort_out(engine);

	if (!whole)
		again(engine);
	/* Nobody is led there any more, and then the ports are free. */
	lead(engine);
	cut(engine, n);
}

void ingress_reflect(struct engine *engine, const struct service *service)
{
	list_foreach (&service->network->endpoints, struct endpoint, endpoint, in_network)
		if (endpoint_names_service(endpoint, service->spec.name))
			link_port_modes(engine, endpoint->container);
}

void ingress_follow(struct engine *engine, const struct service *service)
{
	if (service_is_published(&service->spec))
		lead(engine);
}

/* Stops by itself when everything is as it should be. */
static void on_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)revents;
	ev_timer_stop(loop, timer);
	ingress_settle(timer->data);
}

/* --- others ----------------------------------------------------------------------------------- */

int ingress_compare(struct engine *engine, bool dry, struct error *error)
{
	struct engine_wire *wire = engine->wire;
	uint64_t now = 0;
	int err;

	if (!wire->has_ingress || wire->ingress_digest == 0 ||
	    engine->door->rules.ingress_digest(engine->nft, &now) < 0 ||
	    now == wire->ingress_digest)
		return 0;
	if (dry)
		return 1;
	wire->ingress_hash = 0;
	err = ingress_lead(engine, error);
	return err < 0 ? err : 1;
}

/* A table with an owner that is gone prints, by an old nft(8), as no file that could be loaded. */
void ingress_leave(struct engine *engine)
{
	_cleanup_(leading_done) struct leading leading = { 0 };
	struct error error;

	if (!engine->wire->has_ingress || !engine->door->rules.is_owner(engine->nft) ||
	    gather(engine, &leading) < 0)
		return;
	if (engine->door->rules.make_ingress(engine->nft, leading.ports, leading.n, false, &error) <
	    0)
		log_warn("%s", error.text);
}

void ingress_start(struct engine *engine)
{
	ev_timer_init(&engine->wire->ingress_timer, on_again, 0., INGRESS_AGAIN_S);
	engine->wire->ingress_timer.data = engine;
}

void ingress_recall(struct engine *engine)
{
	engine->wire->has_ingress = run_dir_has_mark(engine, INGRESS_MARK);
	ingress_away_recall(engine);
}

/* Sockets go with the process; the table stays. */
void ingress_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->wire->ingress_timer);
	cut(engine, 0);
	free(engine->wire->ingress);
	engine->wire->ingress = NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// wiring.h - plans: what one change to a container does, step by step, each with its inverse
#pragma once

#include "engine/plan/plan.h"

/* Theory of operation. A change to a container is a list of steps. They are applied in order; when
 * one fails, it and those before it are undone in reverse. Every undo copes with a step that was
 * done by half or not at all, which makes the same list, undone from its end, the way to take a
 * container down: detach has no code of its own. The record in the store is written before the
 * kernel is touched and removed after the kernel is clean, so a crash anywhere leaves a record that
 * says what to look for (recover.c). */

/* What one plan is about: endpoints and ports of a container from an index on. */
struct wiring {
	struct engine *engine;
	struct container *container;
	size_t first_endpoint, first_port;
	const struct port_binding *bindings;
	size_t n_bindings;
	int netns_fd;
	bool whole;   /* the container itself comes or goes */
	bool reopens; /* the ports are those that were parked, not bindings */
};

#define wiring_foreach(wiring, endpoint)                                                           \
	for (size_t endpoint##_i = (wiring)->first_endpoint;                                       \
	     endpoint##_i < (wiring)->container->n_endpoints; endpoint##_i++)                      \
		for (struct endpoint *endpoint = (wiring)->container->endpoints[endpoint##_i];     \
		     endpoint; endpoint = NULL)

static inline bool wiring_is_wired(const struct endpoint *endpoint)
{
	return endpoint->network->spec.driver == NETWORK_DRIVER_BRIDGE;
}

/* "CONTAINER on NETWORK", as its port is called for people, and known again by after a crash. */
#define WIRING_ALIAS_MAX 256
void wiring_alias(const struct endpoint *endpoint, char ret_alias[static WIRING_ALIAS_MAX]);
/* Its container or its network has another name now. What fails is logged. */
void wiring_rename_port(struct engine *engine, const struct endpoint *endpoint);

/* What its network's bridge makes of its port. */
bool wiring_isolates(const struct endpoint *endpoint);

/* Containers that publish reach themselves through the host. */
static inline bool wiring_reflects(const struct endpoint *endpoint)
{
	return endpoint->container->n_ports > 0;
}

/* All steps, for a container or for some of its endpoints; or those that ports alone need. Apply
 * undoes what it did when it fails. */
int wiring_apply(struct wiring *wiring, struct error *error);
void wiring_undo(struct wiring *wiring);
int wiring_apply_ports(struct wiring *wiring, struct error *error);

/* Single steps, for changes that are no plan of their own. */
int wiring_make_link(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		     struct error *error);
/* Its host end as wiring_make_link made it. */
int wiring_repair_link(struct engine *engine, const struct endpoint *endpoint, struct error *error);
/* The container has begun or ceased to publish: its bridge ports are to be so. */
void wiring_port_modes(struct engine *engine, const struct container *container);
int wiring_publish(struct wiring *wiring, struct error *error);
void wiring_undo_publish(struct wiring *wiring);
void wiring_undo_reserve(struct wiring *wiring);

/* wiring_addr.c, wiring_record.c: the steps that are longer than a few lines */
int wiring_claim(struct wiring *wiring, struct error *error);
void wiring_undo_claim(struct wiring *wiring);
int wiring_record(struct wiring *wiring, struct error *error);
/* The last word of a plan: what was an intent is a promise now. */
int wiring_record_up(struct wiring *wiring, struct error *error);
void wiring_undo_record(struct wiring *wiring);
/* The same for what can be refused: the records are gone, or an error and nothing has changed. */
int wiring_forget(struct wiring *wiring, struct error *error);
/* A network that is about to go: what becomes of netd meanwhile, it does not come back. With ports,
 * the container's as they are to be then; NULL: they stay. */
int wiring_record_going(struct engine *engine, const struct endpoint *endpoint,
			const struct port *ports, struct error *error);
/* All of the container as it is now, in place of what the store has. */
int wiring_record_whole(struct engine *engine, const struct container *container,
			struct error *error);
/* The container's ports as they are, parked ones included. */
int wiring_record_ports(struct engine *engine, const struct container *container,
			struct error *error);

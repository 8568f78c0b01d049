// SPDX-License-Identifier: GPL-2.0-or-later
// steps.h - plans: what one change to a container does, step by step, each with its inverse
#pragma once

#include "engine/plan/plan.h"

/* Theory of operation. A change to a container is a list of steps. They are applied in order; when
 * one fails, it and those before it are undone in reverse. Every undo copes with a step that was
 * done by half or not at all, which makes the same list, undone from its end, the way to take a
 * container down: detach has no code of its own. The record in the store is written before the
 * kernel is touched and removed after the kernel is clean, so a crash anywhere leaves a record that
 * says what to look for (recover.c). */

/* What one plan is about: endpoints and ports of a container from an index on. */
struct plan {
	struct engine *engine;
	struct container *container;
	size_t first_endpoint, first_port;
	const struct port_binding *bindings;
	size_t n_bindings;
	int netns_fd;
	bool whole;   /* the container itself comes or goes */
	bool reopens; /* the ports are those that were parked, not bindings */
};

#define plan_foreach(plan, endpoint)                                                               \
	for (size_t endpoint##_i = (plan)->first_endpoint;                                         \
	     endpoint##_i < (plan)->container->n_endpoints; endpoint##_i++)                        \
		for (struct endpoint *endpoint = (plan)->container->endpoints[endpoint##_i];       \
		     endpoint; endpoint = NULL)

/* All steps, for a container or for some of its endpoints; or those that ports alone need. Apply
 * undoes what it did when it fails. */
int plan_apply(struct plan *plan, struct error *error);
void plan_undo(struct plan *plan);
int plan_apply_ports(struct plan *plan, struct error *error);

/* Single steps, for changes that are no plan of their own. */
int plan_publish(struct plan *plan, struct error *error);
void plan_undo_publish(struct plan *plan);
void plan_undo_reserve(struct plan *plan);

/* steps_addr.c, steps_record.c: the steps that are longer than a few lines */
int plan_claim(struct plan *plan, struct error *error);
void plan_undo_claim(struct plan *plan);
int plan_record(struct plan *plan, struct error *error);
/* The last word of a plan: what was an intent is a promise now. */
int plan_record_up(struct plan *plan, struct error *error);
void plan_undo_record(struct plan *plan);
/* The same for what can be refused: the records are gone, or an error and nothing has changed. */
int plan_forget(struct plan *plan, struct error *error);
/* A network that is about to go: what becomes of netd meanwhile, it does not come back. With ports,
 * the container's as they are to be then; NULL: they stay. */
int plan_record_going(struct engine *engine, const struct endpoint *endpoint,
		      const struct port *ports, struct error *error);
/* All of the container as it is now, in place of what the store has. */
int plan_record_whole(struct engine *engine, const struct container *container,
		      struct error *error);
/* The container's ports as they are, parked ones included. */
int plan_record_ports(struct engine *engine, const struct container *container,
		      struct error *error);

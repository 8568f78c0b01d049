// SPDX-License-Identifier: GPL-2.0-or-later
// ports_change.c - ports published and taken back while their container runs
#include "engine/change/change.h"
#include "engine/plan/steps.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "model/container/port.h"
#include "model/container/port_binding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Ports are added by the steps of an attach, over no endpoint. They are taken
 * back in two parts: first it is found out which ports the given bindings cover, and nothing is
 * changed; then the record loses them, which may fail; then the kernel and the resolver do, which
 * may not. */

/* All bindings or none. The record comes first: see plan/steps.c. */
int engine_ports_add(struct engine *engine, const char *ref, const struct port_binding *bindings,
		     size_t n_bindings, struct error *error)
{
	struct plan plan = {
		.netns_fd = -1,
		.engine = engine,
		.bindings = bindings,
		.n_bindings = n_bindings,
	};
	struct container *container;
	size_t before;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	before = container->n_ports;
	plan.container = container;
	/* Behind the last endpoint: the plan touches no network. */
	plan.first_endpoint = container->n_endpoints;
	plan.first_port = before;
	/* The mark stands for the time in which the record and the kernel differ. */
	(void)marks_set(engine, MARK_CHANGING, container->spec.id, ""); /* as good as it can be */
	err = plan_apply_ports(&plan, error);
	marks_unset(engine, MARK_CHANGING, container->spec.id, "");
	/* The first published port of a container changes the modes of its links
	 * (link_isolates). */
	if (err == 0 && before == 0)
		link_port_modes(engine, container);
	return err;
}

/* --- which ports bindings cover --------------------------------------------------------------- */

/* Thousands of bindings may be taken back at once, so for each port the few that could cover it are
 * looked up: they are sorted by what a binding and its port have in common. The host port is part
 * of that, or 0 where a binding stands for more than one. What bindings are sorted by. */
struct place {
	uint8_t protocol;
	uint16_t container_port, host_port;
};

/* Where a binding stands in the sorted array. */
static struct place binding_place(const struct port_binding *binding)
{
	return (struct place) {
		.protocol = binding->protocol,
		.container_port = binding->container_port,
		.host_port = binding->host_port == binding->host_port_end ? binding->host_port : 0,
	};
}

/* Each field fits an int, so differences do not overflow. */
static int compare_places(const struct place *a, const struct place *b)
{
	if (a->protocol != b->protocol)
		return a->protocol - b->protocol;
	if (a->container_port != b->container_port)
		return a->container_port - b->container_port;
	return a->host_port - b->host_port;
}

/* Bindings of one place stay as they were given. */
static int compare_bindings(const void *left, const void *right)
{
	const struct port_binding *a = *(const struct port_binding *const *)left;
	const struct port_binding *b = *(const struct port_binding *const *)right;
	struct place place_a = binding_place(a), place_b = binding_place(b);
	int order = compare_places(&place_a, &place_b);

	/* The address in the array is the order in which they were given: equal elements of
	 * qsort(3) have none otherwise. */
	return order != 0 ? order : (a > b) - (a < b);
}

/* Protocol and container port are known to be equal. */
static bool binding_covers(const struct port_binding *binding, const struct port *port)
{
	if (binding->host_port &&
	    (port->host_port < binding->host_port || port->host_port > binding->host_port_end))
		return false;
	/* Without an address a binding covers the port on every address that it has. */
	return !addr_is_set(&binding->host_addr) ||
	       addr_equal(&binding->host_addr, &port->host_addr);
}

/* The first binding of a place that covers the port; NULL: none. */
static const struct port_binding *find_at(const struct port_binding *const *sorted, size_t n,
					  const struct place *place, const struct port *port)
{
	size_t low = 0, high = n;

	/* Binary search for the first one of the place: thousands of bindings times thousands of
	 * ports must not be their product. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct place there = binding_place(sorted[middle]);

		if (compare_places(&there, place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n; low++) {
		struct place there = binding_place(sorted[low]);

		if (compare_places(&there, place) != 0)
			break;
		if (binding_covers(sorted[low], port))
			return sorted[low];
	}
	return NULL;
}

/* A port that two bindings cover counts for the one that was given first. */
static const struct port_binding *find_binding(const struct port_binding *const *sorted, size_t n,
					       const struct port *port)
{
	struct place place = {
		.protocol = port->protocol,
		.container_port = port->container_port,
		.host_port = port->host_port,
	};
	const struct port_binding *exact = find_at(sorted, n, &place, port), *wide;

	/* 0 is the place of those that name a range or no host port. They cover a port as well,
	 * if they came first. */
	place.host_port = 0;
	wide = find_at(sorted, n, &place, port);
	if (!exact || !wide)
		return exact ? exact : wide;
	return exact < wide ? exact : wide;
}

static int refuse_unpublished(const struct container *container, const struct port_binding *binding,
			      struct error *error)
{
	char host[ADDR_STR_MAX + 16] = "";

	if (binding->host_port)
		(void)snprintf(host, sizeof(host), "%s%s%u:", ADDR_STR(&binding->host_addr),
			       addr_is_set(&binding->host_addr) ? ":" : "", binding->host_port);
	return error_set(error, ERROR_NOT_FOUND,
			 "container %s does not publish %s%u/%s: see `netctl port ls %s`",
			 container->spec.name, host, binding->container_port,
			 port_protocol_name(binding->protocol), container->spec.name);
}

/* Marks the ports that a binding covers, and the bindings that cover some. ret_gone has one flag
 * for each port, ret_used one for each binding. */
static void mark(const struct port *ports, size_t n_ports, const struct port_binding *const *sorted,
		 const struct port_binding *bindings, size_t n_bindings, bool *ret_gone,
		 bool *ret_used)
{
	for (size_t i = 0; i < n_ports; i++) {
		const struct port_binding *binding = find_binding(sorted, n_bindings, &ports[i]);

		ret_gone[i] = binding;
		if (binding)
			ret_used[binding - bindings] = true;
	}
}

/* The container's ports and, behind them, those that are parked. Each binding must cover one at
 * least. The array is of pointers, for bindings themselves stay in the order in which they were
 * given. */
static int mark_covered(const struct container *container, const struct port_binding *bindings,
			size_t n_bindings, bool *ret_gone, struct error *error)
{
	const struct container_runtime *runtime = runtime_of(container);
	_cleanup_free_ const struct port_binding **sorted =
		calloc(n_bindings, sizeof(const struct port_binding *));
	_cleanup_free_ bool *used = calloc(n_bindings, sizeof(*used));

	if (!sorted || !used)
		return error_system(error, -ENOMEM, "cannot take ports of %s back",
				    container->spec.name);
	for (size_t i = 0; i < n_bindings; i++)
		sorted[i] = &bindings[i];
	qsort(sorted, n_bindings, sizeof(const struct port_binding *), compare_bindings);
	mark(container->ports, container->n_ports, sorted, bindings, n_bindings, ret_gone, used);
	mark(runtime->parked, runtime->n_parked, sorted, bindings, n_bindings,
	     ret_gone + container->n_ports, used);
	for (size_t i = 0; i < n_bindings; i++)
		if (!used[i])
			return refuse_unpublished(container, &bindings[i], error);
	return 0;
}

static bool is_marked(const struct container *container, size_t i, const void *marks)
{
	(void)container;
	return ((const bool *)marks)[i];
}

/* The last of these that a relay serves. family 0: none. Relays are closed in order, so the last
 * one says when all of them are. */
static struct port last_relayed(const struct container *container, size_t first)
{
	for (size_t i = container->n_ports; i-- > first;)
		if (port_needs_relay(&container->ports[i]))
			return container->ports[i];
	return (struct port) { 0 };
}

/* The record without ports[first..n) and without the parked ones that are marked, which are
 * dropped; or an error, and nothing has changed. Nothing is changed in the kernel by this: it is
 * the record alone. */
static int forget(struct plan *plan, const bool *marks, struct error *error)
{
	struct container *container = plan->container;
	struct container_runtime *runtime = runtime_of(container);
	size_t n_ports = container->n_ports, n_parked = runtime->n_parked, n_stay = 0;
	_cleanup_free_ struct port *before = NULL;
	int err;

	for (size_t i = 0; i < n_parked; i++)
		n_stay += !marks[i];
	/* The usual case: no parked port goes, so rows are taken out and nothing is written
	 * anew. */
	if (n_stay == n_parked)
		return plan_forget(plan, error);
	before = calloc(n_parked, sizeof(*before));
	if (!before)
		return error_system(error, -ENOMEM, "cannot take ports of %s back",
				    container->spec.name);
	memcpy(before, runtime->parked, n_parked * sizeof(*before));
	runtime->n_parked = 0;
	for (size_t i = 0; i < n_parked; i++)
		if (!marks[i])
			runtime->parked[runtime->n_parked++] = before[i];
	/* As it will be, for the time of the record. The ports themselves are still there.
	 * plan_record_ports writes what the container has. */
	container->n_ports = plan->first_port;
	err = plan_record_ports(plan->engine, container, error);
	container->n_ports = n_ports;
	if (err < 0) {
		memcpy(runtime->parked, before, n_parked * sizeof(*before));
		runtime->n_parked = n_parked;
	}
	return err;
}

/* The point of no return is the record (forget). */
int engine_ports_remove(struct engine *engine, const char *ref, const struct port_binding *bindings,
			size_t n_bindings, struct error *error)
{
	struct plan plan = { .netns_fd = -1, .engine = engine };
	_cleanup_free_ bool *gone = NULL;
	struct container *container;
	struct port relayed;
	size_t n_gone;
	bool had_ports;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	gone = calloc(container->n_ports + runtime_of(container)->n_parked + 1, sizeof(*gone));
	if (!gone)
		return error_system(error, -ENOMEM, "cannot take ports of %s back",
				    container->spec.name);
	err = mark_covered(container, bindings, n_bindings, gone, error);
	/* Nothing has been changed up to here. */
	if (err < 0)
		return err;
	plan.container = container;
	plan.first_endpoint = container->n_endpoints;
	had_ports = container->n_ports > 0;
	/* Those that go stand behind those that stay, so the plan can name them by their first. */
	plan.first_port = ports_move_behind(container, is_marked, gone);
	(void)marks_set(engine, MARK_CHANGING, container->spec.id, ""); /* as good as it can be */
	err = forget(&plan, gone + container->n_ports, error);
	if (err < 0) {
		marks_unset(engine, MARK_CHANGING, container->spec.id, "");
		return err;
	}
	/* Asked now, for the release below cuts the array. */
	relayed = last_relayed(container, plan.first_port);
	n_gone = container->n_ports - plan.first_port;
	/* Before the ports are cut off, for the event names them. */
	events_ports(engine, "unpublish", container, container->ports + plan.first_port, n_gone);
	plan_undo_publish(&plan);
	plan_undo_reserve(&plan);
	names_flush(engine);
	/* The resolver closes them in this order; where there are many, who asked waits. */
	if (addr_is_set(&relayed.host_addr) && n_gone <= PORTS_FEW)
		ports_wait_free(engine, &relayed);
	if (had_ports && container->n_ports == 0)
		link_port_modes(engine, container);
	marks_unset(engine, MARK_CHANGING, container->spec.id, "");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// services_inside.c - the table that leads one container to services
#include "engine/wire/services_inside.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/log.h"
#include "engine/wire/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A table is made of all services that the container can reach, as they are:
 * by the attach or the connect that it is a part of, or when it could not be changed in place. Of
 * very many an attach makes the first, and what it leaves is changes like others. What
 * is to be told to the container meanwhile (services_turns.c) is in such a table already.
 *
 * Where netd's socket owns the table (Linux 6.9) nobody else can change it. Elsewhere the kernel is
 * asked how many transactions there were in the namespace, and as long as it is the number that
 * netd knows the table is as netd left it. */

/* Any container has got such a table since the host was booted. */
#define SERVICES_MARK "services"

/* As something new. */
static struct nft_service view_of(const struct service *service, enum family family)
{
	const struct service_backends *backends = &service->backends[family];

	return (struct nft_service) {
		.addr = service->spec.ip[family],
		.affinity = service->spec.affinity,
		.ports = service->spec.ports,
		.n_ports = service->spec.n_ports,
		.is_there = true,
		.now = backends->items,
		.n_now = backends->n,
	};
}

/* Zeroed is empty. */
struct views {
	struct nft_service *items;
	size_t n, size;
};

static int add_views(struct views *views, const struct network *network)
{
	struct nft_service *items = grow(views->items, &views->size,
					 views->n + FAMILY_N * network->n_services + 1,
					 sizeof(*items));

	if (!items)
		return -ENOMEM;
	views->items = items;
	for (size_t i = 0; i < network->n_services; i++)
		for (enum family family = 0; family < FAMILY_N; family++)
			if (addr_is_set(&network->services[i]->spec.ip[family]))
				views->items[views->n++] = view_of(network->services[i], family);
	return 0;
}

bool services_is_first_on(const struct endpoint *endpoint)
{
	return container_endpoint_on(endpoint->container, endpoint->network, "") == endpoint;
}

/* All that the container can reach. */
static int all_views(const struct container *container, struct views *views)
{
	int err = 0;

	for (size_t i = 0; i < container->n_endpoints && err == 0; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (endpoint->network->n_services > 0 && services_is_first_on(endpoint))
			err = add_views(views, endpoint->network);
	}
	return err;
}

/* --- a table that others can change ----------------------------------------------------------- */

bool services_are_open(const struct container *container)
{
	const struct container_runtime *runtime = runtime_of(container);

	return runtime->inside && runtime->has_services &&
	       !door_of(container)->rules.is_owner(runtime->inside);
}

/* 0: it cannot be known, or does not matter. */
static uint32_t generation_of(const struct container *container)
{
	uint32_t generation = 0;

	if (services_are_open(container) && door_of(container)->rules.services_generation(
						    runtime_of(container)->inside, &generation) < 0)
		generation = 0;
	return generation;
}

/* netd has changed the table, which was right at the generation before. If another one than the
 * next has come somebody else was there, too, and the table is looked at. */
static void note_change(struct engine *engine, struct container *container, uint32_t before)
{
	struct container_runtime *runtime = runtime_of(container);
	uint32_t now = generation_of(container);

	if (now == 0)
		return;
	later_compare(engine);
	if (now == before) /* there was nothing to change */
		return;
	runtime->services_digest = 0;
	runtime->services_generation = before != 0 && now == before + 1 ? now : 0;
}

static int make_table(struct engine *engine, struct container *container, const struct views *views,
		      struct error *error)
{
	uint32_t before = generation_of(container);
	int err = engine->door->rules.make_services(runtime_of(container)->inside, views->items,
						    views->n, error);

	note_change(engine, container, before);
	return err;
}

int services_change_inside(struct engine *engine, struct container *container,
			   const struct nft_service *views, size_t n, struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	int err = engine->door->rules.change_services(runtime->inside, views, n, error);

	note_change(engine, container, runtime->services_generation);
	return err;
}

/* A table of which no number is known is made anew, and said to have been changed only if that has
 * made another one of it. */
int services_compare(struct engine *engine, struct container *container, bool dry,
		     struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	uint32_t generation = generation_of(container);
	uint64_t was = 0, known = runtime->services_digest;
	int err;

	/* What is about to be changed is looked at afterwards. */
	if (generation == 0 || generation == runtime->services_generation ||
	    !list_empty(&runtime->services_node) || runtime->owed & OWED_SERVICES ||
	    engine->door->rules.services_digest(runtime->inside, &was) < 0)
		return 0;
	if (known != 0 && was == known) {
		runtime->services_generation = generation;
		return 0;
	}
	if (dry)
		return known != 0 || was == 0;
	err = services_inside(engine, container, error);
	if (err < 0)
		return err;
	if (engine->door->rules.services_digest(runtime->inside, &known) < 0)
		return was == 0;
	runtime->services_digest = known;
	return was != known;
}

/* --- one container ---------------------------------------------------------------------------- */

int services_inside(struct engine *engine, struct container *container, struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	struct views views = { 0 };
	int err;

	if (!runtime->inside)
		return 0;
	err = all_views(container, &views);
	if (err < 0) {
		(void)error_system(error, err, "cannot lead container %s to services",
				   container->spec.name);
	} else if (views.n > 0 || runtime->has_services) {
		/* The note first: a netd that is killed in between leaves no table unknown. */
		if (!runtime->has_services)
			run_dir_set_mark(engine, SERVICES_MARK, true);
		runtime->has_services = true;
		err = make_table(engine, container, &views, error);
	}
	if (err == 0)
		list_remove(
			&runtime->services_node); /* it has what is still to be told to others */
	free(views.items);
	return err;
}

/* A table that is there is not taken away to be made in parts: connections go by it. Nor does
 * anybody wait for turns while netd starts. */
int services_begin_inside(struct engine *engine, struct container *container, size_t *ret_n_first,
			  struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	struct views views = { 0 };
	int err = 0;

	*ret_n_first = SIZE_MAX;
	if (runtime->inside && !runtime->has_services && !engine->booting)
		err = all_views(container, &views);
	if (err < 0 || views.n <= SERVICES_AT_ONCE) {
		free(views.items);
		return services_inside(engine, container, error);
	}
	run_dir_set_mark(engine, SERVICES_MARK, true); /* first, as above */
	runtime->has_services = true;
	views.n = *ret_n_first = SERVICES_AT_ONCE;
	err = make_table(engine, container, &views, error);
	free(views.items);
	return err;
}

/* Said once for each second in which it fails. */
void services_settle(struct engine *engine, struct container *container)
{
	struct error error = { 0 };

	if (services_inside(engine, container, &error) == 0)
		return;
	log_warn("container %s: %s; it is tried again", container->spec.name, error.text);
	later_owe(engine, container, OWED_SERVICES);
}

void services_leave_inside(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	struct error error = { 0 };

	list_remove(&runtime->services_node);
	if (!runtime->inside || !runtime->has_services)
		return;
	if (engine->door->rules.remove_services(runtime->inside, &error) < 0)
		log_warn("container %s: %s", container->spec.name, error.text);
	runtime->has_services = false;
}

void services_recall(struct engine *engine, struct container *container)
{
	runtime_of(container)->has_services = run_dir_has_mark(engine, SERVICES_MARK);
}

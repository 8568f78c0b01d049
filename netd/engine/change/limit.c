// SPDX-License-Identifier: GPL-2.0-or-later
// limit.c - other limits of bandwidth for a container that is attached
#include "engine/change/change.h"
#include "engine/plan/steps.h"

#include "base/log.h"

#include <errno.h>

/* Theory of operation. The new limits change places with those that there are, the kernel is told,
 * and then the record. Whatever fails, they change places again and the kernel is told once more. A
 * mark says to a start that is between the two which container to look at: a limit that the record
 * does not have would be found by nobody. */

/* One endpoint's limits, and the option that its record has them by. */
struct limits {
	struct bandwidth bandwidth;
	json_t *option; /* NULL: there is none */
};

/* They change places. Nothing here can fail once the options have an object. */
static void swap(struct endpoint *endpoint, struct limits *limits)
{
	struct endpoint_spec *spec = &endpoint->spec;
	const struct bandwidth bandwidth = spec->bandwidth;
	json_t *option = json_incref(json_object_get(spec->driver_opts, BANDWIDTH_LABEL));

	spec->bandwidth = limits->bandwidth;
	limits->bandwidth = bandwidth;
	if (limits->option)
		(void)json_object_set_new(spec->driver_opts, BANDWIDTH_LABEL, limits->option);
	else
		(void)json_object_del(spec->driver_opts, BANDWIDTH_LABEL); /* mostly none */
	limits->option = option;
}

/* NULL: all that it has an interface on. */
static bool is_meant(const struct endpoint *endpoint, const struct endpoint *one)
{
	return one ? endpoint == one : link_is_wired(endpoint);
}

/* The network that the caller names; NULL with no error: he names none. */
static int find_one(struct engine *engine, const struct container *container, const char *ref,
		    struct endpoint **ret_one, struct error *error)
{
	struct network *network;
	const char *ifname;
	int err;

	*ret_one = NULL;
	if (!ref || !*ref)
		return 0;
	err = engine_network_find_at(engine, ref, &network, &ifname, error);
	if (err < 0)
		return err;
	*ret_one = container_endpoint_on(container, network, ifname);
	if (!*ret_one)
		return error_set(
			error, ERROR_NOT_FOUND, "container %s is not connected to network %s%s%s",
			container->spec.name, network->spec.name, *ifname ? "@" : "", ifname);
	return 0;
}

static int check(const struct container *container, const struct endpoint *one, struct error *error)
{
	bool any = one && link_is_wired(one);

	for (size_t i = 0; !one && i < container->n_endpoints; i++)
		any |= link_is_wired(container->endpoints[i]);
	if (any)
		return 0;
	return error_set(error, ERROR_INVALID,
			 "container %s has no interface of its own%s%s that could be limited",
			 container->spec.name, one ? " on network " : "",
			 one ? one->network->spec.name : "");
}

/* One whose link is still to be made gets its limits with it. */
static int set_each(struct engine *engine, struct container *container, const struct endpoint *one,
		    struct error *error)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++)
		if (is_meant(container->endpoints[i], one) && container->endpoints[i]->host_ifindex)
			err = shaping_set(engine, container->endpoints[i], error);
	return err;
}

static void swap_each(struct container *container, const struct endpoint *one,
		      struct limits *limits)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (is_meant(container->endpoints[i], one))
			swap(container->endpoints[i], &limits[i]);
}

/* What is needed of memory, before anything changes. */
static int prepare(struct container *container, const struct bandwidth *bandwidth, const char *text,
		   struct limits *limits, struct error *error)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		struct endpoint_spec *spec = &container->endpoints[i]->spec;

		limits[i].bandwidth = *bandwidth;
		if (!spec->driver_opts)
			spec->driver_opts = json_object();
		/* The key is there already when it is set later, so that this finds room. */
		if (bandwidth_is_set(bandwidth))
			limits[i].option = json_string(text);
		if (!spec->driver_opts || (bandwidth_is_set(bandwidth) && !limits[i].option))
			return error_system(error, -ENOMEM, "cannot limit container %s",
					    container->spec.name);
	}
	return 0;
}

static int change(struct engine *engine, struct container *container, const struct endpoint *one,
		  struct limits *limits, struct error *error)
{
	int err;

	swap_each(container, one, limits);
	err = set_each(engine, container, one, error);
	if (err == 0)
		err = plan_record_again(engine, container, container->spec.id, error);
	if (err == 0)
		return 0;
	swap_each(container, one, limits);
	/* What is not as it was then is a difference, which the comparison finds. */
	if (set_each(engine, container, one, NULL) < 0)
		later_resync(engine);
	return err;
}

int engine_limit(struct engine *engine, const char *ref, const char *network, const char *text,
		 struct error *error)
{
	struct container *container;
	struct bandwidth bandwidth;
	struct limits *limits;
	struct endpoint *one = NULL;
	size_t n;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	err = bandwidth_read(text, &bandwidth, error);
	if (err < 0) {
		error_prefix(error, "bandwidth");
		return err;
	}
	err = find_one(engine, container, network, &one, error);
	if (err == 0)
		err = check(container, one, error);
	if (err < 0)
		return err;
	n = container->n_endpoints;
	limits = calloc(n, sizeof(*limits));
	err = limits ? prepare(container, &bandwidth, text, limits, error)
		     : error_system(error, -ENOMEM, "cannot limit container %s",
				    container->spec.name);
	if (err == 0) {
		(void)marks_set(engine, MARK_CHANGING, container->spec.id,
				""); /* as good as it can */
		err = change(engine, container, one, limits, error);
		marks_unset(engine, MARK_CHANGING, container->spec.id, "");
	}
	for (size_t i = 0; limits && i < n; i++)
		json_decref(limits[i].option);
	free(limits);
	if (err < 0)
		return err;
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "limit", .container = container->spec.name }),
		  "event=limit name=%s bandwidth=%s", container->spec.name,
		  bandwidth_is_set(&bandwidth) ? text : "none");
	events_container(engine, "update", container);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// rename.c - other names for what is attached, and addresses set aside for what will be
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"
#include "model/ipam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct endpoint *endpoint_on(struct engine *engine, const struct container *container,
				    const char *ref, struct error *error)
{
	struct network *network;

	if (engine_network_find(engine, ref, &network, error) < 0)
		return NULL;
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i]->network == network)
			return container->endpoints[i];
	(void)error_set(error, ERROR_NOT_FOUND, "container %s is not connected to network %s",
			container->spec.name, network->spec.name);
	return NULL;
}

/* Everything that can fail comes before the first change. */
static int check(struct engine *engine, const struct container *container,
		 const struct names_spec *names, struct error *error)
{
	const struct container *other = map_get_str(engine->container_by_name, names->name);

	if (other && other != container)
		return error_set(error, ERROR_CONFLICT,
				 "the name %s is in use by container %s (%.12s)", names->name,
				 other->spec.name, other->spec.id);
	for (size_t i = 0; i < names->n_endpoints; i++)
		if (!endpoint_on(engine, container, names->endpoints[i].network, error))
			return error->code;
	return 0;
}

static void swap_names(struct endpoint_spec *a, struct endpoint_spec *b)
{
	struct endpoint_spec kept = *a;

	a->aliases = b->aliases, a->n_aliases = b->n_aliases;
	a->links = b->links, a->n_links = b->n_links;
	b->aliases = kept.aliases, b->n_aliases = kept.n_aliases;
	b->links = kept.links, b->n_links = kept.n_links;
}

/* What was asked for, under another name. */
static char *renamed(const char *asked, const char *name)
{
	json_t *json = json_loads(asked, 0, NULL);
	char *text = NULL;

	if (json && json_object_set_new(json, "Name", json_string(name)) == 0)
		text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

static int take_name(struct engine *engine, struct container *container, const char *name,
		     struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	struct container_spec *spec = &container->spec;
	_cleanup_free_ char *asked = NULL;
	int err;

	if (!*name || strcmp(name, spec->name) == 0)
		return 0;
	asked = renamed(runtime->asked, name);
	err = asked ? map_set_str(engine->container_by_name, name, container) : -ENOMEM;
	if (err < 0)
		return error_system(error, err, "cannot rename container %s", spec->name);
	free(runtime->asked);
	runtime->asked = take_ptr(asked);
	(void)map_remove_str(engine->container_by_name, spec->name); /* the entry is container */
	log_info("event=rename name=%s old=%s", name, spec->name);
	(void)snprintf(spec->name, sizeof(spec->name), "%s", name); /* its length was checked */
	events_container(engine, "rename", container);
	return 0;
}

int engine_names(struct engine *engine, const char *ref, struct names_spec *names,
		 struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	if (err == 0)
		err = check(engine, container, names, error);
	if (err < 0)
		return err;
	for (size_t i = 0; i < container->n_endpoints; i++)
		names_endpoint(engine, container->endpoints[i], true);
	err = take_name(engine, container, names->name, error);
	for (size_t i = 0; err == 0 && i < names->n_endpoints; i++)
		swap_names(
			&endpoint_on(engine, container, names->endpoints[i].network, error)->spec,
			&names->endpoints[i]);
	for (size_t i = 0; i < container->n_endpoints; i++)
		names_endpoint(engine, container->endpoints[i], false);
	names_view(engine, container); /* links and its own name are the view's */
	names_flush(engine);
	if (err == 0)
		err = files_write(engine, container, error);
	return err < 0 ? err : engine_record_again(engine, container, error);
}

int engine_set_aside(struct engine *engine, const char *ref, uint8_t family, const char *holder,
		     struct prefix *ret_addr, struct error *error)
{
	struct network *network;
	struct ipam_pool *pool;
	struct addr addr;
	int err = engine_network_find(engine, ref, &network, error);

	if (err < 0)
		return err;
	pool = family == AF_INET ? network->pool4 : network->pool6;
	if (!pool)
		return error_set(error, ERROR_INVALID, "network %s has no IPv%d addresses",
				 network->spec.name, family == AF_INET ? 4 : 6);
	err = ipam_alloc(pool, holder, &addr, error);
	if (err < 0) {
		error_prefix(error, "network %s", network->spec.name);
		return err;
	}
	ipam_release(pool, &addr);
	ret_addr->addr = addr;
	ret_addr->len = family == AF_INET ? network->spec.subnet4.prefix.len
					  : network->spec.subnet6.prefix.len;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// rename.c - other names for what is attached, and addresses set aside for what will be
#include "base/cleanup.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/log.h"
#include "engine/change/change.h"
#include "engine/plan/steps.h"
#include "model/ipam/ipam.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* NULL with a sentence: there is no such endpoint. error may be NULL. */
static struct endpoint *endpoint_on(struct engine *engine, const struct container *container,
				    const char *ref, struct error *error)
{
	struct network *network;
	struct endpoint *endpoint;
	const char *ifname;

	if (engine_network_find_at(engine, ref, &network, &ifname, error) < 0)
		return NULL;
	endpoint = container_endpoint_on(container, network, ifname);
	if (!endpoint)
		(void)error_set(
			error, ERROR_NOT_FOUND, "container %s is not connected to network %s%s%s",
			container->spec.name, network->spec.name, *ifname ? "@" : "", ifname);
	return endpoint;
}

/* Everything that can fail comes before the first change. Whether names and ids are free, and
 * whether each network that is named is one of the container's, once. */
static int check(struct engine *engine, const struct container *container,
		 const struct container_names *names, struct error *error)
{
	const struct container *other = map_get_str(engine->container_by_name, names->name);

	if (other && other != container)
		return error_because(error, ERROR_REASON_CONTAINER_IN_USE,
				     error_set(error, ERROR_CONFLICT,
					       "the name %s is in use by container %s (%.12s)",
					       names->name, other->spec.name, other->spec.id));
	/* An empty id is nobody's, so this finds none where the id is to stay. */
	other = map_get_str(engine->container_by_id, names->id);
	if (other && other != container)
		return error_because(error, ERROR_REASON_CONTAINER_IN_USE,
				     error_set(error, ERROR_CONFLICT,
					       "the id %s is in use by container %s", names->id,
					       other->spec.name));
	for (size_t i = 0; i < names->n_endpoints; i++) {
		const char *ref = names->endpoints[i].network;
		const struct endpoint *endpoint = endpoint_on(engine, container, ref, error);

		if (!endpoint)
			return error->code;
		for (size_t k = 0; k < i; k++) /* once by its name, once by its id */
			if (endpoint_on(engine, container, names->endpoints[k].network, NULL) ==
			    endpoint)
				return error_set(error, ERROR_INVALID, "network %s is given twice",
						 endpoint->network->spec.name);
	}
	return 0;
}

/* Theory of operation. Other names are prepared beside those that the container has: the maps get
 * the second name and id, the new text and folder are made. All that can fail is done by then or
 * happens in keep. The swap itself cannot fail, and done twice it changes nothing; so keep swaps,
 * writes files and record as they will be, and swaps back. Only then the resolver, the table and
 * the links are told, and the swap is final. What a failure leaves behind are the second names,
 * which give_up removes, whichever of the two they are by then. */

/* Other names for a container, those it has, and between the two nothing but swaps. asked and dir,
 * like names, hold the other value of the two; each swap exchanges them. */
struct renaming {
	struct container *container;
	struct container_names *names;
	char *asked; /* what was asked for, under the other name and id; NULL: both stay */
	char *dir;   /* of its files, under the other id */
	char hostname[HOSTNAME_LEN_MAX + 1];
};

/* Aliases and links of one endpoint. */
static void swap_names(struct endpoint_spec *a, struct endpoint_spec *b)
{
	struct endpoint_spec kept = *a;

	a->aliases = b->aliases, a->n_aliases = b->n_aliases;
	a->links = b->links, a->n_links = b->n_links;
	b->aliases = kept.aliases, b->n_aliases = kept.n_aliases;
	/* Pointers change places, and each side frees what it has at its end. */
	b->links = kept.links, b->n_links = kept.n_links;
}

/* size is that of both arrays. */
static void swap_text(char *a, char *b, size_t size)
{
	char kept[NAME_LEN_MAX + 1];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}
static_assert(NAME_LEN_MAX >= ID_LEN && NAME_LEN_MAX >= HOSTNAME_LEN_MAX, "a text fits");

/* Done twice nothing has changed. Needs no memory and no look-up that could fail. */
static void swap(struct engine *engine, struct renaming *renaming)
{
	struct container *container = renaming->container;
	struct container_spec *spec = &container->spec;
	struct container_runtime *runtime = runtime_of(container);
	struct container_names *names = renaming->names;
	/* The values from before, which go into renaming. */
	char *asked = runtime->asked, *dir = container->dir;

	for (size_t i = 0; i < names->n_endpoints; i++) /* they were found before */
		swap_names(&endpoint_on(engine, container, names->endpoints[i].network, NULL)->spec,
			   &names->endpoints[i]);
	/* Only names of endpoints change: what follows is about the container's own. */
	if (!renaming->asked)
		return;
	runtime->asked = renaming->asked;
	renaming->asked = asked;
	container->dir = renaming->dir;
	renaming->dir = dir;
	if (names->has_dns) {
		char **dns = spec->dns;
		size_t n_dns = spec->n_dns;

		spec->dns = names->dns, spec->n_dns = names->n_dns;
		names->dns = dns, names->n_dns = n_dns;
	}
	swap_text(spec->name, names->name, sizeof(spec->name));
	swap_text(spec->id, names->id, sizeof(spec->id));
	swap_text(spec->hostname, renaming->hostname, sizeof(spec->hostname));
}

/* What was asked for, under another name and id. The text that a repeated attach is compared with
 * must follow the rename: the caller attaches again with the new name. NULL: no memory. */
static char *renamed(const char *asked, const struct container_names *names)
{
	json_t *json = json_read_text(asked);
	json_t *dns = names->has_dns ? json_array() : json_incref(json_object_get(json, "Dns"));
	char *text = NULL;
	int err = names->has_dns && !dns ? -1 : 0;

	for (size_t i = 0; names->has_dns && i < names->n_dns; i++)
		err |= json_array_append_new(dns, json_string(names->dns[i]));
	/* As spec_json_container writes it: nothing where there is none. */
	if (json_array_size(dns) > 0)
		err |= json_object_set(json, "Dns", dns);
	else
		(void)json_object_del(json, "Dns"); /* mostly there is none */
	json_decref(dns);
	if (json && err == 0 && json_object_set_new(json, "Name", json_string(names->name)) == 0 &&
	    json_object_set_new(json, "Id", json_string(names->id)) == 0)
		text = json_write(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

/* A host name that nobody chose is the beginning of the id. Programs show it as their host name, so
 * it follows the id. */
static void choose_hostname(struct renaming *renaming)
{
	const struct container_spec *spec = &renaming->container->spec;
	bool is_short_id = strlen(spec->hostname) == ID_SHORT_LEN &&
			   strncmp(spec->hostname, spec->id, ID_SHORT_LEN) == 0;

	if (is_short_id)
		(void)snprintf(renaming->hostname, sizeof(renaming->hostname), "%.*s", ID_SHORT_LEN,
			       renaming->names->id);
	else
		memcpy(renaming->hostname, spec->hostname, sizeof(renaming->hostname));
}

/* Gives up those keys that are of names, and not of the container. Called at the end, whatever
 * became of the rename. */
static void give_up(struct engine *engine, struct renaming *renaming)
{
	const struct container_spec *spec = &renaming->container->spec;
	const struct container_names *names = renaming->names;

	if (strcmp(names->name, spec->name) != 0) /* they are known, or were never entered */
		(void)map_remove_str(engine->container_by_name, names->name);
	if (strcmp(names->id, spec->id) != 0)
		(void)map_remove_str(engine->container_by_id, names->id);
	free(renaming->asked);
	free(renaming->dir);
	renaming->asked = renaming->dir = NULL;
}

/* Both names, and both ids, lead to the container until one of them is given up. Everything that
 * takes memory. On failure nothing has changed. */
static int prepare(struct engine *engine, struct renaming *renaming, struct error *error)
{
	struct container *container = renaming->container;
	const struct container_spec *spec = &container->spec;
	struct container_names *names = renaming->names;
	int err = 0;

	if (!names->name[0])
		memcpy(names->name, spec->name, sizeof(names->name));
	if (!names->id[0])
		memcpy(names->id, spec->id, sizeof(names->id));
	/* Nothing of the container itself changes; asked stays NULL, and that is what the others
	 * look at. */
	if (strcmp(names->name, spec->name) == 0 && strcmp(names->id, spec->id) == 0 &&
	    !names->has_dns)
		return 0;
	choose_hostname(renaming);
	renaming->asked = renamed(runtime_of(container)->asked, names);
	if (!renaming->asked ||
	    asprintf(&renaming->dir, "%s/containers/%s", engine->run_dir, names->id) < 0) {
		renaming->dir = NULL;
		err = -ENOMEM;
	}
	if (err == 0)
		/* Where name or id stays this sets the entry that there is. */
		err = map_set_str(engine->container_by_name, names->name, container);
	if (err == 0)
		err = map_set_str(engine->container_by_id, names->id, container);
	if (err == 0)
		return 0;
	give_up(engine, renaming);
	return error_system(error, err, "cannot rename container %s", spec->name);
}

/* gone: the resolver forgets these names. */
static void tell_endpoints(struct engine *engine, const struct container *container, bool gone)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		names_endpoint(engine, container->endpoints[i], gone);
}

/* Between two ids, after or before the swap. What has no files yet gets them from files_write.
 * Called twice when the record cannot be written: there and back. */
static void move_files(const struct renaming *renaming)
{
	const struct container *container = renaming->container;

	/* A folder that is there is moved: a bind mount inside holds the inodes, which stay the
	 * same. */
	if (renaming->dir && container->dir && strcmp(renaming->dir, container->dir) != 0 &&
	    rename(renaming->dir, container->dir) < 0 && errno != ENOENT)
		log_warn("cannot move %s: %s", renaming->dir, strerror(errno));
}

/* The files and the record, which may fail, before anybody is told. The container has its new names
 * for the time of this call only, for files and record are made of it. On failure it has its old
 * ones again, and its files, too. */
static int keep(struct engine *engine, struct renaming *renaming, struct error *error)
{
	struct container *container = renaming->container;
	bool renames = renaming->asked;
	int err;

	swap(engine, renaming);
	move_files(renaming);
	/* The record comes after the files: what it says is true then. */
	err = files_write(engine, container, error);
	/* Under which id the record is found: the one from before the swap, which is in names
	 * now. */
	if (err == 0)
		err = plan_record_again(engine, container,
					renames ? renaming->names->id : container->spec.id, error);
	swap(engine, renaming);
	if (err == 0)
		return 0;
	move_files(renaming);
	if (files_write(engine, container, NULL) < 0)
		log_warn("container %s: its files are not what they were", container->spec.name);
	return err;
}

/* The rename has succeeded. What is told here cannot fail, or is owed. */
static void tell(struct engine *engine, struct renaming *renaming)
{
	struct container *container = renaming->container;

	/* Old names go and new ones come in one batch; the number is published behind both, so no
	 * question sees neither. */
	tell_endpoints(engine, container, true);
	swap(engine, renaming);
	tell_endpoints(engine, container, false);
	names_view(engine, container); /* links and its own name are the view's */
	names_flush(engine);
	if (!renaming->asked || (strcmp(renaming->names->name, container->spec.name) == 0 &&
				 strcmp(renaming->names->id, container->spec.id) == 0))
		return;
	/* Aliases of links are for people. One that fails is owed. */
	for (size_t i = 0; i < container->n_endpoints; i++)
		link_rename(engine, container->endpoints[i]);
	log_about(LOG_LEVEL_INFO,
		  &((struct log_about) { .code = "rename", .container = container->spec.name }),
		  "event=rename name=%s old=%s id=%.12s", container->spec.name,
		  renaming->names->name, container->spec.id);
	rules_relabel_container(engine, container);
	events_container(engine, "rename", container);
}

/* Links are to a name or an id, and lead to whoever has it: those to what the container was called
 * before lead nowhere now, and those to its id to another name. Other containers' files and views
 * may name this one. */
static void follow_links(struct engine *engine, const struct container *container,
			 const struct container_names *former)
{
	files_links(engine, container);
	files_links_former(engine, container, former->name, former->id);
	for (size_t i = 0; i < engine->n_containers; i++) {
		struct container *other = engine->containers[i];
		bool links = other->spec.n_links > 0;

		for (size_t k = 0; k < other->n_endpoints; k++)
			links |= other->endpoints[k]->spec.n_links > 0;
		/* Only those that link to something, for each view is a message. */
		if (links && other != container)
			names_view(engine, other);
	}
	names_flush(engine);
}

/* The whole: check, prepare, keep, tell. names is the caller's before and after, and holds other
 * values then. */
int engine_names(struct engine *engine, const char *ref, struct container_names *names,
		 struct error *error)
{
	struct renaming renaming = { .names = names };
	char former[ID_LEN + 1], latter[ID_LEN + 1] = "";
	bool renames;
	int err = engine_container_find(engine, ref, &renaming.container, error);

	if (err == 0)
		err = check(engine, renaming.container, names, error);
	if (err == 0)
		err = prepare(engine, &renaming, error);
	if (err < 0)
		return err;
	memcpy(former, renaming.container->spec.id, sizeof(former));
	if (renaming.asked && strcmp(names->id, former) != 0)
		memcpy(latter, names->id, sizeof(latter));
	/* Both ids, for the record may be under either when netd is killed. */
	(void)marks_set(engine, MARK_CHANGING, former, latter); /* as good as it can be */
	renames = renaming.asked;
	err = keep(engine, &renaming, error);
	if (err == 0)
		tell(engine, &renaming);
	/* Whatever happened, two of the four keys are not the container's now. */
	if (renames)
		give_up(engine, &renaming);
	if (renames && err == 0)
		follow_links(engine, renaming.container, names);
	marks_unset(engine, MARK_CHANGING, former, latter);
	return err;
}

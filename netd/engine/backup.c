// SPDX-License-Identifier: GPL-2.0-or-later
// backup.c - all networks into a text, and back from it while containers run
#include "engine/networks.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The whole backup is read and checked before anything is changed. A network
 * that is there as the backup has it stays, with all that is attached; one that is not, or not as
 * it is there, goes if nothing is attached to it, and else nothing is restored. The predefined ones
 * are netd's own: they stay. Then what is missing is made, each as a start makes it: one that
 * cannot be (its bridge's name is taken) is in the record, told, and tried at the next start. */

int engine_backup(struct engine *engine, struct buf *out, struct error *error)
{
	return store_backup(engine->store, out, error);
}

struct wanted {
	struct network_spec spec;
	struct timespec created;
	char *body;
	bool is_there;
};

struct restore {
	struct engine *engine;
	struct store *from;
	struct wanted *items;
	size_t n;
	json_t *restored, *removed, *failed;
};

static void restore_done(struct restore *restore)
{
	for (size_t i = 0; i < restore->n; i++) {
		network_spec_done(&restore->items[i].spec);
		free(restore->items[i].body);
	}
	free(restore->items);
	store_close(restore->from);
	json_decref(restore->restored);
	json_decref(restore->removed);
	json_decref(restore->failed);
}

static bool is_id(const char *id)
{
	return strlen(id) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN;
}

/* Its name and id are its own, in the row and in the body. */
static int check_own(const struct restore *restore, const struct store_network *row,
		     const struct network_spec *spec, struct error *error)
{
	const struct engine *engine = restore->engine;

	if (strcmp(spec->name, row->name) != 0)
		return error_set(error, ERROR_INVALID, "it is called %.64s inside", spec->name);
	for (size_t i = 0; i < engine->n_networks; i++)
		if (engine->networks[i]->predefined &&
		    strcmp(engine->networks[i]->spec.id, row->id) == 0)
			return error_set(error, ERROR_INVALID, "its id is that of network %s",
					 engine->networks[i]->spec.name);
	return 0;
}

static int read_network(const struct store_network *row, void *data, struct error *error)
{
	struct restore *restore = data;
	struct wanted *items, *wanted;
	bool left_out;
	int err;

	if (networks_is_predefined(row->name))
		return 0;
	items = realloc(restore->items, (restore->n + 1) * sizeof(*items));
	if (!items)
		return error_system(error, -ENOMEM, "cannot read the backup");
	restore->items = items;
	wanted = &items[restore->n];
	*wanted = (struct wanted) { .created = { row->created_s, row->created_ns } };
	err = is_id(row->id) ? networks_read_kept(row->body, &wanted->spec, &left_out, error)
			     : error_set(error, ERROR_INVALID, "it has no id");
	if (err < 0) {
		error_prefix(error, "the backup has a network %.64s that cannot be read",
			     row->name);
		return err;
	}
	restore->n++;
	wanted->body = strdup(row->body);
	(void)snprintf(wanted->spec.id, sizeof(wanted->spec.id), "%s", row->id);
	if (!wanted->body)
		return error_system(error, -ENOMEM, "cannot read the backup");
	err = network_spec_check(&wanted->spec, error);
	if (err == 0)
		err = check_own(restore, row, &wanted->spec, error);
	if (err < 0)
		error_prefix(error, "the backup has a network %.64s that makes no sense",
			     row->name);
	return err;
}

static struct wanted *find(const struct restore *restore, const char *id)
{
	for (size_t i = 0; i < restore->n; i++)
		if (strcmp(restore->items[i].spec.id, id) == 0)
			return &restore->items[i];
	return NULL;
}

static bool is_same(const struct network *network, const struct wanted *wanted)
{
	_cleanup_free_ char *body = networks_body(network);

	return body && strcmp(body, wanted->body) == 0;
}

/* What stays, and what stands in the way. */
static int compare(struct restore *restore, struct error *error)
{
	const struct engine *engine = restore->engine;

	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];
		struct wanted *wanted = find(restore, network->spec.id);

		if (network->predefined)
			continue;
		if (wanted && is_same(network, wanted)) {
			wanted->is_there = true;
			continue;
		}
		list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
			return error_set(
				error, ERROR_CONFLICT,
				"network %.64s is %s in the backup and container %.64s is attached "
				"to it: nothing is restored; detach what is on it first",
				network->spec.name, wanted ? "not the same" : "not",
				endpoint->container->spec.name);
	}
	return 0;
}

static int remove_others(struct restore *restore, struct error *error)
{
	struct engine *engine = restore->engine;
	int err = 0;

	for (size_t i = engine->n_networks; err == 0 && i-- > 0;) {
		const struct network *network = engine->networks[i];
		const struct wanted *wanted = find(restore, network->spec.id);
		json_t *name = json_string(network->spec.name);

		if (!network->predefined && !(wanted && wanted->is_there)) {
			err = engine_network_remove(engine, network->spec.id, error);
			if (err == 0)
				(void)json_array_append(restore->removed,
							name); /* told as far as it goes */
		}
		json_decref(name);
	}
	return err;
}

struct keeping {
	struct store *store;
	const char *network;
};

static int copy_kept(const char *addr, const char *holder, void *data, struct error *error)
{
	const struct keeping *keeping = data;

	return store_kept_put(keeping->store, keeping->network, addr, holder, error);
}

/* It is in the record, and tried at the next start. */
static int keep_failed(struct restore *restore, const struct wanted *wanted,
		       const struct error *why, struct error *error)
{
	const struct store_network row = { wanted->spec.id, wanted->spec.name, wanted->body,
					   wanted->created.tv_sec, wanted->created.tv_nsec };

	log_error("network %s cannot be made again: %s", wanted->spec.name, why->text);
	(void)json_array_append_new(restore->failed,
				    json_sprintf("network %s: %s", wanted->spec.name,
						 why->text)); /* it is in the log */
	return store_network_put(restore->engine->store, &row, error);
}

static int make_one(struct restore *restore, const struct wanted *wanted, struct error *error)
{
	struct engine *engine = restore->engine;
	struct keeping keeping = { engine->store, wanted->spec.id };
	struct network *network;
	struct error why;
	int err = store_kept_each(restore->from, wanted->spec.id, copy_kept, &keeping, error);

	if (err == 0)
		err = networks_new(&wanted->spec, &network, error);
	if (err < 0)
		return err;
	network->created = wanted->created;
	err = networks_settle_subnets(engine, &network->spec, &why); /* others may have them */
	if (err == 0)
		err = networks_settle_bridge(engine, &network->spec, &why);
	if (err == 0)
		err = networks_bring_up(engine, network, &why);
	if (err < 0) {
		network_free(network);
		return keep_failed(restore, wanted, &why, error);
	}
	(void)json_array_append_new(restore->restored,
				    json_string(wanted->spec.name)); /* as above */
	events_network(engine, "create", network, NULL);
	return networks_load_leases(engine, network, error);
}

static int check_count(const struct restore *restore, struct error *error)
{
	if (restore->n > NETWORKS_MAX)
		return error_set(error, ERROR_INVALID,
				 "the backup has %zu networks and netd keeps no more than %d",
				 restore->n, NETWORKS_MAX);
	if (store_is_read_only(restore->engine->store))
		return error_set(
			error, ERROR_UNAVAILABLE,
			"%s is read-only: nothing can be restored until netd is started with "
			"a state directory that can be written",
			restore->engine->state_dir);
	return 0;
}

static int restore_all(struct restore *restore, struct error *error)
{
	int err = store_networks_each(restore->from, read_network, restore, error);

	if (err == 0)
		err = check_count(restore, error);
	if (err == 0)
		err = compare(restore, error);
	/* From here on it is done as far as it goes. */
	if (err == 0)
		err = remove_others(restore, error);
	for (size_t i = 0; err == 0 && i < restore->n; i++)
		if (!restore->items[i].is_there)
			err = make_one(restore, &restore->items[i], error);
	return err;
}

int engine_restore(struct engine *engine, const char *text, size_t len, json_t **ret_report,
		   struct error *error)
{
	struct restore restore = {
		.engine = engine,
		.restored = json_array(),
		.removed = json_array(),
		.failed = json_array(),
	};
	int err = store_open_backup(text, len, &restore.from, error);

	if (err == 0)
		err = restore_all(&restore, error);
	if (err == 0)
		*ret_report = json_pack("{s:O, s:O, s:O}", "Restored", restore.restored, "Removed",
					restore.removed, "Failed", restore.failed);
	if (err == 0)
		log_info("event=restore restored=%zu removed=%zu failed=%zu",
			 json_array_size(restore.restored), json_array_size(restore.removed),
			 json_array_size(restore.failed));
	restore_done(&restore);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// coherence.c - before a start touches anything: are the records of networks those of what runs?
#include "engine/change/networks.h"
#include "engine/keep/keep.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "model/request/request.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Records that are whole may still be the wrong ones: of an older state
 * directory, of another host, or of none, when it was emptied. A start that goes on with them takes
 * down what it finds no record of. So it does not go on while something runs that the records do
 * not know, and says what would help. What does not run any more is nobody's loss. */

#define WAY_OUT                                                                                    \
	"netd touches nothing and does not start: bring the networks back with `netctl system "    \
	"restore --state-dir %s FILE`, or empty the run directory %s to disconnect what is "       \
	"attached and begin anew"

/* One for the whole comparison. container is the one whose endpoints are being looked at. */
struct check {
	struct engine *engine;
	struct map *networks; /* by id: their specs; predefined ones may have moved meanwhile */
	struct marks marks;
	const char *container;
	struct error *error;
};

/* NULL is fine. A spec in the map is allocated by keep_network, of which nothing else has a
 * pointer. */
static void spec_free(struct network_spec *spec)
{
	if (spec)
		network_spec_done(spec);
	free(spec);
}

static int refuse(const struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Every refusal ends with the same way out, and with the reason that makes systemd not try
 * again. */
static int refuse(const struct check *check, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return error_because(check->error, ERROR_REASON_RECORDS,
			     error_set(check->error, ERROR_CONFLICT, "%s, and so " WAY_OUT, what,
				       check->engine->state_dir, check->engine->run_dir));
}

/* A network that cannot be read is one that is not there, for who is on it. Each network of the
 * record becomes a spec in the map, by its id. */
static int keep_network(const struct store_network *row, void *data, struct error *error)
{
	struct check *check = data;
	struct network_spec *spec = calloc(1, sizeof(*spec));
	struct error ignored;
	bool left_out;
	int err = spec ? 0 : -ENOMEM;

	/* Predefined networks follow netd.json, so what the record says of their subnet is not
	 * compared. */
	if (err == 0 && networks_is_predefined(row->name))
		(void)snprintf(spec->name, sizeof(spec->name), "%s", row->name);
	else if (err == 0)
		err = networks_read_kept(row->body, spec, &left_out, &ignored);
	/* A row that makes no sense is no row. Whether that matters decides who is on the
	 * network. */
	if (err < 0 && !error_is_passing(err)) {
		free(spec);
		return 0;
	}
	if (err == 0)
		err = map_set_str(check->networks, row->id, spec);
	if (err == 0)
		return 0;
	spec_free(spec);
	return error_system(error, err, "cannot load the networks");
}

/* An empty text is no address and outside of nothing. */
static bool is_outside(const char *text, const struct subnet *subnet)
{
	struct addr addr;

	/* Text that is no address is outside of everything. */
	return *text && (addr_parse(text, &addr) < 0 || !prefix_contains(&subnet->prefix, &addr));
}

/* One endpoint of a container that runs: is its network there, and has that its address? */
static int check_endpoint(const struct store_endpoint *row, void *data, struct error *error)
{
	const struct check *check = data;
	const struct network_spec *spec = map_get_str(check->networks, row->network);
	bool outside = false;

	(void)error;
	/* Nobody was told that this one had succeeded, so it may be missing anywhere. */
	if (row->position == STORE_INTENT)
		return 0;
	if (!spec)
		return refuse(
			check,
			"container %.64s runs on network %.12s, which is not in %s/networks.db",
			check->container, row->network, check->engine->state_dir);
	if (networks_is_predefined(spec->name)) /* its subnet goes with netd.json */
		return 0;
	for (enum family family = 0; family < FAMILY_N; family++)
		outside |= is_outside(row->ip[family], &spec->subnet[family]);
	if (outside)
		return refuse(
			check,
			"container %.64s runs on network %.64s with address %s, which is of no "
			"subnet that the network has in %s/networks.db",
			check->container, spec->name,
			*row->ip[FAMILY_4] ? row->ip[FAMILY_4] : row->ip[FAMILY_6],
			check->engine->state_dir);
	return 0;
}

/* Whether what the record is of is still there: 1 or 0; or why that cannot be known now. The
 * namespace is opened and closed again. Nothing is changed by it. */
static int runs(const struct door *door, const struct store_container *row,
		const struct container_spec *spec, struct error *error)
{
	uint64_t inode = 0;
	_cleanup_close_ int fd = spec->netns_path
					 ? door->netns.open_path(spec->netns_path, &inode, error)
					 : door->netns.open_pid(spec->pid, &inode, error);

	/* What cannot be looked at now may run. A start that goes on could take it down, so it
	 * does not go on. */
	if (fd < 0)
		return error_is_passing(fd) ? fd : 0;
	/* A namespace of another number at the same path is another container's. */
	return inode == row->netns_inode;
}

/* A container that does not run any more needs no network. */
static int check_container(const struct store_container *row, void *data, struct error *error)
{
	struct check *check = data;
	struct container_spec spec;
	json_t *body = NULL;
	struct error why;
	int err;

	/* An attach that had not ended, or a detach that had: the start takes both down in any
	 * case. */
	if (!row->up || marks_find(&check->marks, MARK_DETACHED, row->id))
		return 0;
	/* For the sentences of check_endpoint, which knows only the id. */
	check->container = row->name;
	err = json_parse_record(row->body, strlen(row->body), &body, &why);
	if (err == 0)
		err = request_container(body, &spec, &why);
	json_decref(body);
	if (err < 0 && error_is_passing(err)) {
		*error = why;
		return err;
	}
	if (err < 0)
		return refuse(check, "the record of container %.64s cannot be read (%.100s)",
			      row->name, why.text);
	err = runs(check->engine->door, row, &spec, error);
	container_spec_done(&spec);
	return err <= 0 ? err
			: store_endpoints_each(check->engine->store, row->id, check_endpoint, check,
					       error);
}

/* Bridges of networks that were made by hand, where there is no record of any network at all.
 * Whoever emptied the run directory, too, wants to begin anew. Only asked where the state directory
 * is new and the run directory is not. */
static int check_bridges(struct check *check)
{
	/* All links once: there is no question by alias. */
	struct rtnl_link *links = NULL;
	size_t n = 0;
	int err = check->engine->door->links.all(check->engine->rtnl, &links, &n, check->error);

	for (size_t i = 0; err == 0 && i < n; i++) {
		const char *name = links[i].alias + strlen(NETWORK_ALIAS);

		/* Only the first bridge of a network has its name in the alias; the others follow
		 * from it. */
		if (strcmp(links[i].kind, "bridge") == 0 && segment_of_alias(links[i].alias) == 0 &&
		    strncmp(links[i].alias, NETWORK_ALIAS, strlen(NETWORK_ALIAS)) == 0 &&
		    !networks_is_predefined(name))
			err = refuse(check,
				     "there is a bridge %s of network %.64s and no record of any "
				     "network in %s",
				     links[i].name, name, check->engine->state_dir);
	}
	free(links);
	return err;
}

/* Folders of containers are made by an attach and removed by a detach. */
static bool has_folders(const char *run_dir)
{
	char path[PATH_LEN_MAX + 1];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	/* A name that begins with a dot is a mark or one of the two entries that each directory
	 * has. */
	(void)snprintf(path, sizeof(path), "%s/containers", run_dir);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.';
	if (dir)
		(void)closedir(dir); /* read only */
	return found;
}

/* Both records of the containers are gone, and the rest of the run directory is not: nobody emptied
 * it. (After a reboot there is neither.) */
static int check_links(struct check *check)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;
	int err;

	/* A new record and folders of containers do not go together, unless somebody emptied one
	 * of them. */
	if (!store_run_is_new(check->engine->store) || !has_folders(check->engine->run_dir))
		return 0;
	err = check->engine->door->links.all(check->engine->rtnl, &links, &n, check->error);
	for (size_t i = 0; err == 0 && i < n; i++)
		if (strcmp(links[i].kind, "veth") == 0 && strstr(links[i].alias, " on ") &&
		    links[i].master != 0)
			err = refuse(check,
				     "there is a link %s (%.64s) of a container and no record of "
				     "any container in %s",
				     links[i].name, links[i].alias, check->engine->run_dir);
	free(links);
	return err;
}

/* The order does not matter, but that nothing is touched before all of it has passed. */
int coherence_check(struct engine *engine, struct error *error)
{
	struct check check = { .engine = engine, .networks = map_new(), .error = error };
	struct network_spec *spec;
	size_t cursor = 0;
	int err;

	/* Without the map every network would look missing. */
	if (!check.networks)
		return error_system(error, -ENOMEM, "cannot start");
	err = marks_read(engine, &check.marks, error);
	if (err == 0)
		err = store_networks_each(engine->store, keep_network, &check, error);
	if (err == 0)
		err = store_containers_each(engine->store, check_container, &check, error);
	/* A state directory that is new under containers that are not: the wrong directory, or an
	 * emptied one. */
	if (err == 0 && store_state_is_new(engine->store) && !store_run_is_new(engine->store))
		err = check_bridges(&check);
	if (err == 0)
		err = check_links(&check);
	/* The specs are the map's values, and the map frees only its own. */
	while ((spec = map_next(check.networks, &cursor, NULL, NULL)))
		spec_free(spec);
	map_free(check.networks);
	marks_done(&check.marks);
	return err;
}

/* What a start has found wrong with its records, for Warnings. */
void coherence_add_notes(const struct engine *engine, json_t *list)
{
	const char *note;

	for (size_t i = 0; (note = store_note_at(engine->store, i)); i++)
		(void)json_array_append_new(list, json_string(note)); /* cut short by no memory */
}

// SPDX-License-Identifier: GPL-2.0-or-later
// networks_prune.c - all networks that nobody uses go, or none
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Theory of operation. Each network goes by itself, with a wait for the disk, and where there is no
 * room for more, those that went are told and the others stay. A netd that is killed in between
 * tells nobody: so what is to go is written down first, and its successor goes on with it. */

#define PRUNING_FILE "pruning" /* ids, a line each */

/* suffix is ".new" for the list that is being written. */
static void pruning_path(const struct engine *engine, const char *suffix,
			 char ret_path[static PATH_LEN_MAX + 1])
{
	(void)snprintf(ret_path, PATH_LEN_MAX + 1, "%s/" PRUNING_FILE "%s", engine->run_dir,
		       suffix);
}

/* There as a whole, or not at all. A failure is logged and no more: the prune itself is not refused
 * for it. */
static void write_down(const struct engine *engine, struct network *const *networks, size_t n)
{
	char path[PATH_LEN_MAX + 1], fresh[PATH_LEN_MAX + 1];
	bool good = false;
	FILE *file;

	pruning_path(engine, "", path);
	pruning_path(engine, ".new", fresh);
	file = fopen(fresh, "we");
	/* Only a file that was written and closed without a fault takes the real name. */
	if (file) {
		good = true;
		for (size_t i = 0; good && i < n; i++)
			good = fprintf(file, "%s\n", networks[i]->spec.id) > 0;
		good &= fclose(file) == 0;
	}
	if (good && rename(fresh, path) == 0)
		return;
	log_warn("cannot write %s: %s; networks that a netd which ends now leaves behind stay",
		 path, strerror(errno));
	(void)unlink(fresh); /* may not be there */
}

/* The prune has ended. */
static void write_off(const struct engine *engine)
{
	char path[PATH_LEN_MAX + 1];

	pruning_path(engine, "", path);
	(void)unlink(path); /* there may have been no room for it */
}

/* At a start, when all networks and containers are loaded: what a prune of before had begun is
 * finished. A network that is not found was removed by then. */
void networks_finish_prune(struct engine *engine)
{
	char path[PATH_LEN_MAX + 1], id[ID_LEN + 2];
	struct error error;
	FILE *file;

	pruning_path(engine, ".new", path);
	/* A .new file is one that was being written when netd was killed: nothing had been
	 * removed by then. */
	(void)unlink(path); /* nothing was done yet */
	pruning_path(engine, "", path);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%65s", id) == 1) {
		struct network *network = map_get_str(engine->network_by_id, id);

		/* What has been attached to meanwhile stays, and so does what nobody can find any
		 * more. */
		if (network && !network->predefined && network->n_endpoints == 0 &&
		    network->n_services == 0 && networks_remove(engine, network, &error) < 0)
			log_warn("network %s stays: %s", network->spec.name, error.text);
	}
	(void)fclose(file); /* read only */
	write_off(engine);
}
static_assert(ID_LEN == 64, "ids are read whole");

/* By creation; the list is the caller's. Detaches dead containers on the way, so that the networks
 * that they are on count as unused. */
static int find_unused(struct engine *engine, const struct filters *filters,
		       struct network ***ret_networks, size_t *ret_n)
{
	struct network **unused = calloc(engine->n_networks + 1, sizeof(struct network *));
	time_t now = time(NULL);
	size_t n = 0;

	if (!unused)
		return -ENOMEM;
	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		if (network->predefined || !filters_match_network(filters, network, now))
			continue;
		/* The dead are looked for only in what the filter chose. */
		networks_detach_dead(engine, network);
		if (network->n_endpoints == 0 && network->n_services == 0 &&
		    !far_on(engine->far, network->spec.id))
			unused[n++] = network;
	}
	*ret_networks = unused;
	*ret_n = n;
	return 0;
}

/* From the last to the first; names has those that went, as far as it could. Stops at the first
 * failure. */
static int remove_all(struct engine *engine, struct network *const *networks, size_t n,
		      json_t *names, struct error *error)
{
	int err = 0;

	/* Newest first, and the names come out in the order of creation. */
	for (size_t i = n; err == 0 && i-- > 0;) {
		json_t *name = json_string(networks[i]->spec.name);

		err = networks_remove(engine, networks[i], error);
		if (err < 0)
			json_decref(name);
		else
			(void)json_array_insert_new(names, 0, name);
	}
	return err;
}

/* An error only when nothing was removed. */
int engine_network_prune(struct engine *engine, const struct filters *filters, json_t **ret_names,
			 struct error *error)
{
	_cleanup_free_ struct network **unused = NULL;
	json_t *names;
	size_t n = 0;
	int err = networks_check_no_restore(engine, error);

	if (err < 0)
		return err;
	names = json_array();
	err = names ? find_unused(engine, filters, &unused, &n) : -ENOMEM;

	if (err < 0) {
		json_decref(names);
		return error_system(error, err, "cannot prune networks");
	}
	/* One network is one removal, which is whole by itself. Two need a note of what is still
	 * to go. */
	if (n > 1)
		write_down(engine, unused, n);
	err = remove_all(engine, unused, n, names, error);
	if (n > 1)
		write_off(engine);
	/* What went is told. The one that did not is found again by the next prune. */
	if (err < 0 && json_array_size(names) == 0) {
		json_decref(names);
		return err;
	}
	if (err < 0)
		log_warn("not all networks are pruned: %s", error->text);
	events_network(engine, "prune", NULL, NULL);
	*ret_names = names;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// backup.c - all networks into a text, and back from it while containers run
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/limits.h"
#include "base/log.h"
#include "model/network/network_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The whole backup is read and checked before anything is changed. A network
 * that is there as the backup has it stays, with all that is attached; one that is not, or not as
 * it is there, goes if nothing is attached to it, and else nothing is restored. The predefined ones
 * are netd's own: they stay. Then what is missing is made, each as a start makes it: one that
 * cannot be (its bridge's name is taken) is in the record, told, and tried at the next start.
 *
 * Each network is a turn of the loop, and whoever calls meanwhile is served in between. The record
 * comes last, all rows in one transaction: until then a netd that is killed begins with what there
 * was. What fails before that, the transaction too, is undone network by network: what was made
 * goes again, and what was taken out comes back, with the memories of its pools. */

/* The rows as they are in the store: what is in memory and not recorded is no promise. */
int engine_backup(struct engine *engine, struct buf *out, struct error *error)
{
	int err = store_backup(engine->store, out, error);

	if (err == 0) /* cannot fail for this clock */
		(void)clock_gettime(CLOCK_REALTIME, &engine->change->last_backup);
	return err;
}

/* A network of the backup. */
struct wanted {
	struct network_spec spec;
	struct timespec created;
	/* as the backup has it, for comparison and for the record */
	char *body;
	/* the same network exists and stays */
	bool is_there;
	/* by this restore; NULL: not, or given up again */
	struct network *made;
};

/* The order of the phases is the order of the turns. A failure in the first two goes on with the
 * third. PHASE_BRING_BACK ends the same way whether or not everything came back. */
enum phase {
	PHASE_TAKE_OUT,
	PHASE_MAKE,
	PHASE_UNMAKE, /* from here on: back to what there was */
	PHASE_BRING_BACK,
};

/* A row of a network that could not be made at the start: the backup decides about it, too. */
struct parked {
	char id[ID_LEN + 1], name[NAME_LEN_MAX + 1];
};

struct engine_restore {
	struct engine *engine;
	struct store *from;
	struct wanted *items;
	size_t n, n_room;
	struct map *by_id;	 /* of items, when all are read: they stay where they are then */
	struct network **before; /* all that there were, in their order */
	size_t n_before;
	struct network **out; /* those of them that were taken out: ours */
	size_t n_out;
	struct parked *parked;
	size_t n_parked, room_parked;
	/* sentences about networks that cannot be made */
	json_t *failed;
	enum phase phase;
	size_t next; /* of the phase */
	int n_tries; /* to bring back that one */
	/* the first failure, for the caller */
	struct error why;
	ev_timer turn;
	engine_restored done;
	void *data;
};

/* Safe at any point of the restore. What it frees belongs to nobody else. */
static void restore_free(struct engine_restore *restore)
{
	if (!restore)
		return;
	/* A turn may be due. It must not run on memory that is freed here. */
	ev_timer_stop(restore->engine->loop, &restore->turn);
	for (size_t i = 0; i < restore->n; i++) {
		network_spec_done(&restore->items[i].spec);
		free(restore->items[i].body);
	}
	/* Those that came back are NULL in the array and belong to the engine again. */
	for (size_t i = 0; i < restore->n_out; i++)
		network_free(restore->out[i]);
	map_free(restore->by_id);
	free(restore->items);
	free(restore->before);
	free(restore->out);
	free(restore->parked);
	store_close(restore->from);
	json_decref(restore->failed);
	free(restore);
}

/* --- read and checked ------------------------------------------------------------------------- */

/* Ids are compared with those of networks that run, so they have to be whole. */
static bool is_id(const char *id)
{
	return strlen(id) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN;
}

/* Its name and id are its own, in the row and in the body. A backup is a file that anybody may have
 * changed. The one who restores it is trusted, but not to have typed without a mistake. */
static int check_own(const struct engine_restore *restore, const struct store_network *row,
		     const struct network_spec *spec, struct error *error)
{
	const struct network *network = map_get_str(restore->engine->network_by_id, row->id);

	/* The row and the body are two places that could disagree, in a backup that somebody
	 * edited. */
	if (strcmp(spec->name, row->name) != 0)
		return error_set(error, ERROR_INVALID, "it is called %.64s inside", spec->name);
	if (network && network->predefined)
		return error_set(error, ERROR_INVALID, "its id is that of network %s",
				 network->spec.name);
	return 0;
}

/* Room for one more. */
static struct wanted *next_item(struct engine_restore *restore, struct error *error)
{
	struct wanted *items;

	/* A file of any size can be given to us. The bound keeps what it costs to what netd could
	 * hold anyway. */
	if (restore->n == NETWORKS_MAX) {
		(void)error_set(error, ERROR_INVALID,
				"the backup has too many networks: netd keeps no more than %d",
				NETWORKS_MAX);
		return NULL;
	}
	items = grow(restore->items, &restore->n_room, restore->n + 1, sizeof(*items));
	if (!items) {
		(void)error_system(error, -ENOMEM, "cannot read the backup");
		return NULL;
	}
	restore->items = items;
	return &restore->items[restore->n];
}

/* One row of the backup. Any fault in any row ends the restore before it has begun. */
static int read_network(const struct store_network *row, void *data, struct error *error)
{
	struct engine_restore *restore = data;
	struct wanted *wanted;
	bool left_out;
	int err;

	/* The predefined networks are made by each netd from its own configuration. */
	if (networks_is_predefined(row->name))
		return 0;
	wanted = next_item(restore, error);
	if (!wanted)
		return error->code;
	*wanted = (struct wanted) { .created = { row->created_s, row->created_ns } };
	err = is_id(row->id) ? networks_read_kept(row->body, &wanted->spec, &left_out, error)
			     : error_set(error, ERROR_INVALID, "it has no id");
	if (err < 0) {
		error_prefix(error, "the backup has a network %.64s that cannot be read",
			     row->name);
		return err;
	}
	/* From here on restore_free frees what the item has, so the number is raised before
	 * anything can fail. */
	restore->n++;
	wanted->body = services_kept_plain(row->body);
	(void)snprintf(wanted->spec.id, sizeof(wanted->spec.id), "%s", row->id);
	if (!wanted->body)
		return error_system(error, -ENOMEM, "cannot read the backup");
	err = network_check_spec(&wanted->spec, error);
	if (err == 0)
		err = check_own(restore, row, &wanted->spec, error);
	if (err < 0)
		error_prefix(error, "the backup has a network %.64s that makes no sense",
			     row->name);
	return err;
}

/* Every later phase asks for networks by id. */
static int index_items(struct engine_restore *restore, struct error *error)
{
	int err = 0;

	/* The map points into the array, so it is made when the array no longer grows. */
	restore->by_id = map_new();
	for (size_t i = 0; restore->by_id && err == 0 && i < restore->n; i++)
		err = map_set_str(restore->by_id, restore->items[i].spec.id, &restore->items[i]);
	if (!restore->by_id || err < 0)
		return error_system(error, -ENOMEM, "cannot read the backup");
	return 0;
}

static struct wanted *find(const struct engine_restore *restore, const char *id)
{
	return map_get_str(restore->by_id, id);
}

static bool is_same(const struct network *network, const struct wanted *wanted)
{
	_cleanup_free_ char *body = networks_body(network);

	/* Compared as text: both were written by the same code. */
	return body && strcmp(body, wanted->body) == 0;
}

/* Remembers a row of a network that no object stands for. */
static int keep_parked(const struct store_network *row, void *data, struct error *error)
{
	struct engine_restore *restore = data;
	struct parked *parked;

	/* Rows of networks that are loaded are not parked: those networks are compared
	 * themselves. */
	if (networks_is_predefined(row->name) ||
	    map_get_str(restore->engine->network_by_id, row->id))
		return 0;
	parked = grow(restore->parked, &restore->room_parked, restore->n_parked + 1,
		      sizeof(*parked));
	if (!parked)
		return error_system(error, -ENOMEM, "cannot compare the networks");
	restore->parked = parked;
	parked += restore->n_parked++;
	(void)snprintf(parked->id, sizeof(parked->id), "%s", row->id);
	(void)snprintf(parked->name, sizeof(parked->name), "%s", row->name);
	return 0;
}

/* What there is, in order. The array stays valid although networks come and go during the turns: it
 * has pointers of its own, and objects that are taken out are kept until the end. */
static int list_before(struct engine_restore *restore, struct error *error)
{
	const struct engine *engine = restore->engine;

	/* One more than there are, so that none is a pointer, too. */
	restore->before = calloc(engine->n_networks + 1, sizeof(struct network *));
	restore->out = calloc(engine->n_networks + 1, sizeof(struct network *));
	if (!restore->before || !restore->out)
		return error_system(error, -ENOMEM, "cannot compare the networks");
	restore->n_before = engine->n_networks;
	for (size_t i = 0; i < engine->n_networks; i++)
		restore->before[i] = engine->networks[i];
	return store_networks_each(engine->store, keep_parked, restore, error);
}

/* What stays, and what stands in the way. The last step that may refuse. It changes nothing but
 * containers that are dead. */
static int compare(struct engine_restore *restore, struct error *error)
{
	for (size_t i = 0; i < restore->n_before; i++) {
		struct network *network = restore->before[i];
		struct wanted *wanted = find(restore, network->spec.id);

		if (network->predefined)
			continue;
		if (wanted && is_same(network, wanted)) {
			wanted->is_there = true;
			continue;
		}
		/* Who ended without a word is no reason to refuse. */
		networks_detach_dead(restore->engine, network);
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

/* From here on nothing is attached to what goes. */
static void mark_going(struct engine_restore *restore, bool going)
{
	for (size_t i = 0; i < restore->n_before; i++) {
		struct network *network = restore->before[i];
		const struct wanted *wanted = find(restore, network->spec.id);

		/* From now on container_add_endpoint refuses this network: nothing is attached to
		 * it between two turns. */
		network->unsettled = going && !network->predefined && !(wanted && wanted->is_there);
	}
}

/* --- network by network; each returns 1, or 0 when there is no other, or an error ------------- */

/* One network is a turn: its bridge goes, and its name from the resolver. */
static int take_out(struct engine_restore *restore)
{
	while (restore->next < restore->n_before) {
		struct network *network = restore->before[restore->next++];

		if (!network->unsettled)
			continue;
		/* Out of the kernel and out of the tables. The object stays in the array out, to
		 * be brought back or to be buried. */
		networks_unmake(restore->engine, network);
		restore->out[restore->n_out++] = network;
		return 1;
	}
	return 0;
}

/* It is in the record, and tried at the next start. The report tells it, and the row is written as
 * if it had been made. */
static int note_failed(struct engine_restore *restore, const struct wanted *wanted,
		       const struct error *why, struct error *error)
{
	if (json_array_append_new(restore->failed,
				  json_sprintf("network %s: %s", wanted->spec.name, why->text)) < 0)
		return error_system(error, -ENOMEM, "cannot make network %s", wanted->spec.name);
	log_error("network %s cannot be made again: %s", wanted->spec.name, why->text);
	return 1;
}

/* One network is a turn. It exists from here on, but is not recorded and cannot be used. */
static int make_one(struct engine_restore *restore, struct wanted *wanted, struct error *error)
{
	_cleanup_(taken_done) struct taken taken = { 0 };
	struct engine *engine = restore->engine;
	struct network *network;
	struct error why;
	int err = networks_new(&wanted->spec, &network, error);

	if (err < 0)
		return err;
	/* The time of creation is a part of what is restored. */
	network->created = wanted->created;
	network->unsettled = true;
	/* Subnets that the backup leaves to choose are chosen now; those it names are checked. */
	err = subnets_settle(engine, &network->spec, &taken, &why); /* others may have them */
	if (err == 0)
		err = builder_settle(engine, &network->spec, taken_host_routes(&taken), &why);
	if (err == 0)
		err = networks_make(engine, network, &why);
	if (err == 0) {
		err = services_kept_load(engine, network, wanted->body, &why);
		if (err < 0)
			networks_unmake(engine, network);
	}
	if (err == 0) {
		wanted->made = network;
		return 1;
	}
	network_free(network);
	/* A lasting reason is told in the report and does not stop the others. A passing one ends
	 * the restore, for everything would fail in the same way. */
	if (!error_is_passing(err))
		return note_failed(restore, wanted, &why, error);
	*error = why;
	error_prefix(error, "network %s cannot be made", wanted->spec.name);
	return err;
}

/* Goes over the backup in its order. */
static int make_next(struct engine_restore *restore, struct error *error)
{
	while (restore->next < restore->n) {
		struct wanted *wanted = &restore->items[restore->next++];

		if (!wanted->is_there)
			return make_one(restore, wanted, error);
	}
	return 0;
}

/* The undo of make_next. */
static int unmake_next(struct engine_restore *restore)
{
	while (restore->next < restore->n) {
		struct wanted *wanted = &restore->items[restore->next++];
		/* Taken out of the item first: whatever comes then, it is not unmade twice. */
		struct network *network = take_ptr(wanted->made);

		if (!network)
			continue;
		networks_unmake(restore->engine, network);
		network_free(network);
		return 1;
	}
	return 0;
}

/* What does not come back now is in the record, and comes at the next start. The network is not in
 * before any more, so the order at the end is that of those that are left. */
static void give_up(struct engine_restore *restore, struct network *network,
		    const struct error *why)
{
	log_error("network %s cannot be made again: %s; it is tried at the next start",
		  network->spec.name, why->text);
	for (size_t i = 0; i < restore->n_before; i++) {
		if (restore->before[i] != network)
			continue;
		restore->n_before--;
		memmove(&restore->before[i], &restore->before[i + 1],
			(restore->n_before - i) * sizeof(struct network *));
		break;
	}
	network_free(network);
}

/* *ret_wait_s: before the next turn; what made the restore fail may stand in the way of this, too,
 * for a while. The undo of take_out. A network gets several tries, since there is nothing to go
 * back to. */
static int bring_back_next(struct engine_restore *restore, double *ret_wait_s)
{
	struct error error;
	struct network *network;

	if (restore->next == restore->n_out)
		return 0;
	network = restore->out[restore->next];
	/* In the order in which they were taken out, and the tables are put in their old order at
	 * the end. */
	if (networks_make(restore->engine, network, &error) < 0) {
		if (restore->n_tries++ < BRING_BACK_TRIES) {
			*ret_wait_s = BRING_BACK_WAIT_S;
			return 1;
		}
		give_up(restore, network, &error);
	}
	/* NULL says that it is the engine's again, or freed. */
	restore->out[restore->next++] = NULL;
	restore->n_tries = 0;
	return 1;
}

/* --- the record ------------------------------------------------------------------------------- */

struct keeping {
	struct store *store;
	const char *network;
};

/* Addresses that were asked for by hand are a part of the backup. */
static int copy_kept(const char *addr, const char *holder, void *data, struct error *error)
{
	const struct keeping *keeping = data;

	return store_kept_add(keeping->store, keeping->network, addr, holder, error);
}

/* One network's row, and the addresses that it keeps. Runs within the transaction. */
static int write_one(const struct engine_restore *restore, const struct wanted *wanted,
		     struct error *error)
{
	struct store *store = restore->engine->store;
	struct keeping keeping = { store, wanted->spec.id };
	int err;

	/* A network that was made has what was chosen for it, and that is what is recorded. One
	 * that could not be made is recorded as the backup had it. */
	if (wanted->made) {
		err = networks_keep(restore->engine, wanted->made, error);
	} else {
		const struct store_network row = { wanted->spec.id, wanted->spec.name, wanted->body,
						   wanted->created.tv_sec,
						   wanted->created.tv_nsec };

		err = store_network_put(store, &row, error);
	}
	return err < 0 ? err
		       : store_kept_each(restore->from, wanted->spec.id, copy_kept, &keeping,
					 error);
}

/* The point of no return is the commit. The transaction replaces exactly what differs, so rows of
 * networks that stay are not touched. */
static int write_rows(const struct engine_restore *restore, struct error *error)
{
	struct store *store = restore->engine->store;
	/* One transaction for all: until the commit the store says what it said before. */
	int err = store_begin_state(store, error);

	if (err < 0)
		return err;
	/* Out first: a new network may have the name of one that went. */
	for (size_t i = 0; err == 0 && i < restore->n_out; i++)
		err = store_network_remove(store, restore->out[i]->spec.id, error);
	for (size_t i = 0; err == 0 && i < restore->n_parked; i++)
		err = store_network_remove(store, restore->parked[i].id, error);
	for (size_t i = 0; err == 0 && i < restore->n; i++)
		if (!restore->items[i].is_there)
			err = write_one(restore, &restore->items[i], error);
	if (err == 0)
		return store_commit_state(store, error);
	store_rollback_state(store);
	return err;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* The last call of each restore, whatever became of it. Frees it. The report is borrowed by the
 * handler. */
static void tell(struct engine_restore *restore, json_t *report)
{
	struct engine *engine = restore->engine;

	/* Before the handler is called, which may ask for another restore. */
	engine->change->restore = NULL;
	/* Services that other hosts have made meanwhile. */
	for (size_t i = 0; i < engine->n_networks; i++)
		if (engine->networks[i]->spec.kind->spans)
			services_shared_bring(engine, engine->networks[i]);
	ingress_settle(engine);
	restore->done(report, report ? NULL : &restore->why, restore->data);
	json_decref(report);
	restore_free(restore);
}

/* Names are told as far as there is memory for them. After the commit nothing can fail any more, so
 * what goes wrong here is logged. */
static void settle(struct engine_restore *restore, json_t *removed, json_t *restored)
{
	struct engine *engine = restore->engine;
	struct error error;

	for (size_t i = 0; i < restore->n_parked; i++)
		if (!find(restore, restore->parked[i].id))
			(void)json_array_append_new(removed, json_string(restore->parked[i].name));
	for (size_t i = restore->n_out; i-- > 0;) {
		(void)json_array_append_new(removed, json_string(restore->out[i]->spec.name));
		if (networks_record_going(engine, restore->out[i], &error) < 0)
			log_warn("%s", error.text);
		networks_bury(engine, take_ptr(restore->out[i]));
	}
	for (size_t i = 0; i < restore->n; i++) {
		struct network *network = restore->items[i].made;

		if (!network)
			continue;
		network->unsettled = false;
		if (network->spec.kind->spans)
			services_shared_restored(engine, network);
		/* Remembered addresses come back with their network. Losing them costs containers
		 * their old address and nothing more. */
		if (networks_load_leases(engine, network, &error) < 0)
			log_warn("network %s: %s", network->spec.name, error.text);
		(void)json_array_append_new(restored, json_string(network->spec.name));
		events_network(engine, "create", network, NULL);
	}
	log_info("event=restore restored=%zu removed=%zu failed=%zu", json_array_size(restored),
		 json_array_size(removed), json_array_size(restore->failed));
}

/* A report that cannot be made for want of memory is an error to the caller, though everything is
 * done. */
static void end_well(struct engine_restore *restore)
{
	json_t *removed = json_array(), *restored = json_array();
	json_t *report;

	settle(restore, removed, restored);
	report = json_pack("{s:o, s:o, s:O}", "Restored", restored, "Removed", removed, "Failed",
			   restore->failed);
	if (!report)
		(void)error_system(&restore->why, -ENOMEM, "all is restored, and cannot be told");
	tell(restore, report);
}

/* Everything has been undone, and the caller hears why. */
static void end_as_before(struct engine_restore *restore)
{
	struct engine *engine = restore->engine;

	/* Those that were brought back can be used again. */
	mark_going(restore, false);
	/* Only when all are back the old order is known to fit. */
	if (engine->n_networks == restore->n_before)
		for (size_t i = 0; i < restore->n_before; i++)
			engine->networks[i] = restore->before[i];
	error_prefix(&restore->why, "nothing is restored");
	log_warn("%s", restore->why.text);
	tell(restore, NULL);
}

/* Each phase walks over its own list from the beginning. */
static void go_to(struct engine_restore *restore, enum phase phase)
{
	restore->phase = phase;
	restore->next = 0;
}

/* One step of the current phase. more below 0 is a failure, whose reason is in restore->why. */
static void on_turn(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine_restore *restore = timer->data;
	double wait_s = 0.;
	int more = 0;

	(void)revents;
	switch (restore->phase) {
	case PHASE_TAKE_OUT:
		if (take_out(restore) == 0)
			go_to(restore, PHASE_MAKE);
		break;
	case PHASE_MAKE:
		more = make_next(restore, &restore->why);
		/* The record is the point of no return: with it the restore has happened. */
		if (more == 0 && write_rows(restore, &restore->why) == 0) {
			end_well(restore);
			return;
		}
		if (more <= 0)
			go_to(restore, PHASE_UNMAKE);
		break;
	case PHASE_UNMAKE:
		if (unmake_next(restore) == 0)
			go_to(restore, PHASE_BRING_BACK);
		break;
	case PHASE_BRING_BACK:
		if (bring_back_next(restore, &wait_s) == 0) {
			end_as_before(restore);
			return;
		}
		break;
	}
	/* 0 is the next turn of the loop; requests that came meanwhile go first. */
	ev_timer_set(timer, wait_s, 0.);
	ev_timer_start(loop, timer);
}

/* netd stops in the middle. The caller is told, and nothing is undone: there is no time for it. */
void backup_abandon(struct engine *engine)
{
	struct engine_restore *restore = engine->change->restore;

	if (!restore)
		return;
	/* The kernel may be anywhere between before and after. A start makes what the record
	 * says, which is unchanged. */
	(void)error_set(&restore->why, ERROR_UNAVAILABLE,
			"netd is stopping: nothing is restored, and the next start makes the "
			"networks that there were");
	tell(restore, NULL);
}

bool engine_is_restoring(const struct engine *engine)
{
	return engine->change->restore != NULL;
}

static int check_writable(const struct engine *engine, struct error *error)
{
	if (store_is_read_only(engine->store))
		return error_set(
			error, ERROR_UNAVAILABLE,
			"%s is read-only: nothing can be restored until netd is started with "
			"a state directory that can be written",
			engine->state_dir);
	return 0;
}

/* All that can be refused. Of what there is only dead containers are detached by it. */
static int prepare(struct engine_restore *restore, const char *text, size_t len,
		   struct error *error)
{
	int err = store_open_backup(text, len, &restore->from, error);

	if (err == 0)
		err = store_networks_each(restore->from, read_network, restore, error);
	if (err == 0)
		err = check_writable(restore->engine, error);
	if (err == 0)
		err = index_items(restore, error);
	if (err == 0)
		err = list_before(restore, error);
	if (err == 0)
		err = compare(restore, error);
	return err;
}

/* 0: it has begun, and done will be called. The text is read completely before this returns. */
int engine_restore(struct engine *engine, const char *text, size_t len, engine_restored done,
		   void *data, struct error *error)
{
	int err = networks_check_no_restore(engine, error);
	struct engine_restore *restore;

	if (err < 0)
		return err;
	restore = calloc(1, sizeof(*restore));
	if (!restore || !(restore->failed = json_array())) {
		free(restore);
		return error_system(error, -ENOMEM, "cannot read the backup");
	}
	restore->engine = engine;
	restore->done = done;
	restore->data = data;
	ev_timer_init(&restore->turn, on_turn, 0., 0.);
	restore->turn.data = restore;
	err = prepare(restore, text, len, error);
	if (err < 0) {
		restore_free(restore);
		return err;
	}
	/* The first change. From here on the caller hears through the handler, and only then. */
	mark_going(restore, true);
	engine->change->restore = restore;
	ev_timer_start(engine->loop, &restore->turn);
	return 0;
}

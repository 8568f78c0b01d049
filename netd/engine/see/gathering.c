// SPDX-License-Identifier: GPL-2.0-or-later
// gathering.c - a snapshot is gathered: in turns with everybody else, and of one moment all the
// same
#include "base/limits.h"
#include "base/log.h"
#include "engine/see/see.h"
#include "model/seen/seen_object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Theory of operation. To write thousands of objects takes tens of milliseconds, and nobody shall
 * wait for that: so it is done for SNAPSHOT_TURN_S at a time. Meanwhile they change. Each change of
 * one is a change of its record, which the store tells of; what was written of it is then due
 * again. An object takes some ten microseconds to write and hundreds to change, so what is due
 * becomes less with each turn, whatever goes on. At the moment at which nothing is due, all that
 * was written is of that moment; the document is whole, and what changes from then on has no part
 * in it. (Virtual machines are moved to another host in the same way: everything is copied, then
 * what changed since, and the rest while the machine stands still. Here it stands still anyway,
 * between two turns.)
 *
 * The resolver and the kernel are asked first, and the moment is put off until they have answered.
 * What they say is from between the two generations that the head of the document shows.
 *
 * One gathering is under way at a time. Who comes while it is waits for the next, for he may ask
 * about something that he has just done; all who have come until that begins share it. */

struct gathering {
	struct engine *engine;
	struct list observers;
	struct document *document;
	struct outside *outside;
	struct map *pieces; /* by struct key */
	struct list due;
	size_t at[SEEN_N]; /* of networks and containers: how many of them have been begun */
	size_t size_bytes;
	double began_s, turn_s; /* when it began, and its last turn */
	double patience_s;	/* when its patience began; 0: others are waited for */
	uint16_t port;		/* of the host, that the ports are gathered for; 0: all */
	bool is_closed;		/* no patience left: what is whole stays as it was written */
};

/* An object has a piece in each part that it belongs to. No padding: both members are as wide as a
 * pointer. */
struct key {
	const void *object;
	size_t part;
};

/* What a writer is told. step is where it stopped the last time. */
struct writing {
	const void *object;
	uint16_t port; /* that the ports are written for; 0: all */
	size_t *step;
};

/* A writer returns true while there is more of the object. */
static bool (*const writers[SEEN_N])(struct buf *out, const struct writing *writing);

/* --- what is written -------------------------------------------------------------------------- */

/* The writers write a little and say whether there is more. */
static bool write_network(struct buf *out, const struct writing *writing)
{
	return seen_object_network(out, writing->object, writing->step);
}

static bool write_container(struct buf *out, const struct writing *writing)
{
	return seen_object_container(out, writing->object, writing->step);
}

static bool write_ports(struct buf *out, const struct writing *writing)
{
	return seen_object_ports(out, writing->object, writing->port, writing->step);
}

static bool write_ends(struct buf *out, const struct writing *writing)
{
	seen_object_ends(out, writing->object);
	return false; /* at once: it is short */
}

static bool (*const writers[SEEN_N])(struct buf *out, const struct writing *writing) = {
	[SEEN_NETWORKS] = write_network,
	[SEEN_CONTAINERS] = write_container,
	[SEEN_PORTS] = write_ports,
	[SEEN_ENDS] = write_ends,
};

/* Containers, their ports and their ends have one count: each container has a piece of each. */
static size_t count_objects(const struct engine *engine, enum seen_part part)
{
	return part == SEEN_NETWORKS ? engine->n_networks : engine->n_containers;
}

static const void *object_at(const struct engine *engine, enum seen_part part, size_t i)
{
	return part == SEEN_NETWORKS ? (const void *)engine->networks[i]
				     : (const void *)engine->containers[i];
}

/* NULL: the object has none in this part, or has not been begun. */
static struct piece *find_piece(const struct gathering *gathering, const void *object,
				enum seen_part part)
{
	const struct key key = { object, part };

	return map_get(gathering->pieces, &key, sizeof(key));
}

/* Of the next object that has none. NULL with *ret_err 0: all of them have. Objects are begun in
 * the order of the tables; at[] says how many are. The map finds the piece again when its object
 * changes; the list says what is due. */
static struct piece *begin_piece(struct gathering *gathering, int *ret_err)
{
	*ret_err = 0;
	for (enum seen_part part = 0; part < SEEN_N; part++) {
		struct key key = { .part = part };
		struct piece *piece;

		if (!(gathering->document->parts & SEEN_OBJECTS & SEEN_BIT(part)) ||
		    gathering->at[part] == count_objects(gathering->engine, part))
			continue;
		key.object = object_at(gathering->engine, part, gathering->at[part]);
		piece = document_add_piece(gathering->document, part, key.object);
		/* A piece that is not in the map stays in the document and is freed with
		 * it. */
		if (!piece || map_set(gathering->pieces, &key, sizeof(key), piece) < 0) {
			*ret_err = -ENOMEM;
			return NULL;
		}
		gathering->at[part]++;
		list_append(&gathering->due, &piece->due);
		return piece;
	}
	return NULL;
}

/* A little of what is due. 0: there may be more; 1: nothing is due; -ENOMEM; -EFBIG. */
static int write_some(struct gathering *gathering)
{
	struct piece *piece = list_first(&gathering->due, struct piece, due);
	size_t len;
	int err = 0;

	if (!piece)
		piece = begin_piece(gathering, &err);
	if (!piece)
		return err < 0 ? err : 1;
	/* The size of all texts is kept up to date by differences: to add them up would take as
	 * long as to write them. */
	len = piece->text.len;
	/* False: the object is written. */
	if (!writers[piece->part](&piece->text, &(struct writing) { piece->object, gathering->port,
								    &piece->step }))
		list_remove(&piece->due);
	gathering->size_bytes += piece->text.len - len;
	/* Checked at each step, so no text grows far beyond it. */
	if (gathering->size_bytes > SNAPSHOT_SIZE_MAX)
		return -EFBIG;
	return piece->text.err;
}

/* --- what changes meanwhile ------------------------------------------------------------------- */

/* One that is half written begins anew however late it is: its second half would be of another
 * object than its first, and its step may lie behind the end of what there is now. */
static void write_again(struct gathering *gathering, struct piece *piece)
{
	/* What is whole is left as it is: with many changes the end would never come. The head says
	 * that the snapshot is of more than one moment. */
	if (gathering->is_closed && list_empty(&piece->due)) {
		gathering->document->head.is_moving = true;
		return;
	}
	gathering->size_bytes -= piece->text.len;
	buf_done(&piece->text);
	piece->step = 0;
	list_remove(&piece->due);
	list_append(&gathering->due, &piece->due);
}

/* An object that has not been begun needs nothing. */
static void write_all_again(struct gathering *gathering, const void *object)
{
	for (enum seen_part part = 0; part < SEEN_N; part++) {
		struct piece *piece = find_piece(gathering, object, part);

		if (piece)
			write_again(gathering, piece);
	}
}

/* The store calls this before the change, whose outcome is not known. The object is written again
 * in any case. */
static void on_change(const char *id, void *data)
{
	struct gathering *gathering = data;
	const struct engine *engine = gathering->engine;
	/* An id is that of a network or of a container. Both are looked up, for the store does not
	 * say which. */
	const void *objects[] = { map_get_str(engine->network_by_id, id),
				  map_get_str(engine->container_by_id, id) };

	for (size_t i = 0; i < 2; i++)
		if (objects[i])
			write_all_again(gathering, objects[i]);
}

/* By the record of another object, of which the store has told. */
void see_changed(struct engine *engine, const void *object)
{
	if (engine->see->current)
		write_all_again(engine->see->current, object);
}

/* New ones are behind all others, so they are begun like these; unless it is to end. */
void see_came(struct engine *engine, const void *object)
{
	struct gathering *gathering = engine->see->current;

	(void)object;
	if (gathering && gathering->is_closed)
		gathering->document->head.is_moving = true;
}

/* Those behind it have moved up by one. One that had not been begun was behind all that were. The
 * object is about to be freed: nothing may point to it any more. Called when the object has left
 * the tables. */
void see_goes(struct engine *engine, const void *object)
{
	struct gathering *gathering = engine->see->current;

	for (enum seen_part part = 0; gathering && part < SEEN_N; part++) {
		const struct key key = { object, part };
		struct piece *piece = map_remove(gathering->pieces, &key, sizeof(key));

		if (!piece)
			continue;
		/* Otherwise the next object would be passed over: it has taken this one's index. */
		gathering->at[part]--;
		gathering->size_bytes -= piece->text.len;
		gathering->document->head.is_moving |= gathering->is_closed;
		list_remove(&piece->due);
		list_remove(&piece->node);
		/* The text may be long: it is freed in turns. */
		list_append(&engine->see->rubbish, &piece->node);
	}
}

void see_resolver_counted(struct engine *engine)
{
	if (engine->see->current)
		outside_resolver_counted(engine, engine->see->current->outside);
}

/* NULL: nobody wants it any more. Answers for a gathering that has ended are thrown away. */
static struct asked *asked_of(const struct engine *engine)
{
	const struct gathering *gathering = engine->see->current;

	return gathering ? outside_asked(gathering->outside) : NULL;
}

void see_resolver_asked(struct engine *engine, const struct ipc_asked *asked)
{
	if (asked_of(engine))
		asked_take_views(engine, asked_of(engine), asked);
}

void see_resolver_figures(struct engine *engine, const struct ipc_figures *figures)
{
	if (asked_of(engine))
		asked_take_figures(asked_of(engine), figures);
}

/* --- its end ---------------------------------------------------------------------------------- */

/* Observers that are left stay in their list, which the caller has emptied. */
static void free_gathering(struct gathering *gathering)
{
	struct engine *engine = gathering->engine;

	/* First of all, so that nothing that is called below finds a gathering that is half
	 * freed. */
	engine->see->current = NULL;
	/* The store would call on_change with freed memory. */
	store_watch_changes(engine->store, NULL, NULL);
	outside_free(gathering->outside);
	map_free(gathering->pieces);
	document_free(gathering->document);
	free(gathering);
}

/* Each observer is out of the list before he is told. */
static void tell_failure(struct list *observers, int err)
{
	struct engine_observer *observer;
	struct error error;

	/* The one failure that the caller can do something about. */
	if (err == -EFBIG)
		(void)error_set(&error, ERROR_UNAVAILABLE,
				"the snapshot has more than %d MiB: ask for some of its parts",
				SNAPSHOT_SIZE_MAX / (1024 * 1024));
	else
		(void)error_system(&error, err, "cannot gather a snapshot"); /* fills error */
	while ((observer = list_first(observers, struct engine_observer, node))) {
		list_remove(&observer->node);
		observer->done(NULL, &error, observer->data);
	}
}

/* Those who asked may ask again at once: they wait for another one then. The observers are taken
 * over first, since the gathering is freed before they are told. */
static void give_up(struct gathering *gathering, int err)
{
	struct list observers;

	/* done may call engine_observe with the same observer again, which puts it into
	 * see->waiting. */
	list_init(&observers);
	list_foreach (&gathering->observers, struct engine_observer, observer, node) {
		list_remove(&observer->node);
		list_append(&observers, &observer->node);
	}
	free_gathering(gathering);
	tell_failure(&observers, err);
}

/* So long the loop has been held. The longest is shown in the head. */
static void note_turn(struct gathering *gathering)
{
	struct seen_head *head = &gathering->document->head;
	double took_s = engine_now_s() - gathering->turn_s;

	if (took_s > head->longest_turn_s)
		head->longest_turn_s = took_s;
}

/* The generations of this moment are those that everything shown belongs to. */
static void fill_head(struct gathering *gathering)
{
	struct seen_head *head = &gathering->document->head;

	note_turn(gathering);
	head->number = ++gathering->engine->see->n_gatherings;
	/* Wall-clock time is for people; everything that is measured uses the loop's clock. */
	(void)clock_gettime(CLOCK_REALTIME, &head->when); /* cannot fail for this clock */
	head->took_s = engine_now_s() - gathering->began_s;
	head->generation = figures_generation(gathering->engine);
}

/* The moment that all of it is of is now. Order: figures, what others said, head, and then the
 * readers. A reader may free his snapshot within done. */
static void finish(struct gathering *gathering)
{
	struct engine *engine = gathering->engine;
	struct document *document = gathering->document;
	struct engine_observer *observer;
	struct list observers;
	int err = figures_add(engine, document);

	/* The document is not published yet, and goes with the gathering. */
	if (err < 0) {
		give_up(gathering, err);
		return;
	}
	outside_deliver(gathering->outside, document);
	fill_head(gathering);
	document_publish(engine, document);
	list_init(&observers);
	list_foreach (&gathering->observers, struct engine_observer, each, node) {
		list_remove(&each->node);
		list_append(&observers, &each->node);
	}
	/* The gathering goes, and the document stays with its readers. */
	gathering->document = NULL;
	free_gathering(gathering);
	document->n_readers++; /* ours, until all have theirs */
	while ((observer = list_first(&observers, struct engine_observer, node))) {
		struct snapshot *snapshot = document_open(document, observer->parts);
		struct error error;

		list_remove(&observer->node);
		if (!snapshot)
			(void)error_system(&error, -ENOMEM, "cannot show the snapshot");
		observer->done(snapshot, &error, observer->data);
	}
	if (--document->n_readers == 0)
		document_free(document);
}

/* --- its beginning ---------------------------------------------------------------------------- */

/* What was waited for has come. */
static void on_settled(struct engine *engine)
{
	see_turn_soon(engine->see);
}

/* NULL: no memory. Whatever was asked outside is given up then. */
static struct gathering *new_gathering(struct engine *engine, unsigned int parts)
{
	struct gathering *gathering = calloc(1, sizeof(*gathering));

	if (!gathering)
		return NULL;
	gathering->engine = engine;
	gathering->began_s = engine_now_s();
	list_init(&gathering->observers);
	list_init(&gathering->due);
	gathering->pieces = map_new();
	gathering->document = document_new(engine->see, parts);
	if (gathering->pieces && gathering->document) {
		/* Before anything is asked: what others answer is of this moment or later. */
		gathering->document->head.begin = figures_generation(engine);
		gathering->outside = outside_ask(engine, parts, on_settled);
	}
	if (!gathering->outside) {
		free_gathering(gathering);
		/* free_gathering sets current to NULL, which it is: the caller sets it. */
		return NULL;
	}
	gathering->turn_s = gathering->began_s;
	note_turn(gathering); /* somebody was started */
	return gathering;
}

/* All of them share it, so it has the ports of all: of different ones each gets every port. */
static uint16_t port_of_all(struct list *observers)
{
	const struct engine_observer *first = NULL;

	list_foreach (observers, struct engine_observer, observer, node) {
		if (!(observer->parts & SEEN_BIT(SEEN_PORTS)))
			continue;
		/* Two ports would need two texts of each container. */
		if (first && first->port != observer->port)
			return 0;
		first = observer;
	}
	return first ? first->port : 0;
}

/* Everybody who waits shares it, with all the parts that anybody wants. */
static void begin_next(struct engine *engine)
{
	struct engine_see *see = engine->see;
	unsigned int parts = 0;

	if (see->current || list_empty(&see->waiting))
		return;
	list_foreach (&see->waiting, struct engine_observer, observer, node)
		parts |= observer->parts;
	/* Also starts the reader of the kernel, so the texts are written while it works. */
	see->current = new_gathering(engine, parts);
	if (!see->current) {
		tell_failure(&see->waiting, -ENOMEM);
		return;
	}
	see->current->port = port_of_all(&see->waiting);
	list_foreach (&see->waiting, struct engine_observer, each, node) {
		list_remove(&each->node);
		list_append(&see->current->observers, &each->node);
	}
	/* Behind new_gathering: nothing is written yet, so no change can have been missed. */
	store_watch_changes(engine->store, on_change, see->current);
	see_turn_soon(see);
}

/* --- turns ------------------------------------------------------------------------------------ */

/* As long as others are waited for, nothing is lost by writing again what changes: the patience is
 * for what comes behind that, and the kernel's reader alone may take longer than it. */
static void close_if_late(struct gathering *gathering)
{
	double now_s = engine_now_s();

	if (!outside_is_settled(gathering->outside))
		return;
	if (gathering->patience_s == 0.)
		gathering->patience_s = now_s;
	gathering->is_closed |= now_s - gathering->patience_s > SNAPSHOT_PATIENCE_S;
}

/* One turn. Writing stops when its time is over, and the moment is put off while others are waited
 * for. */
static void turn(struct gathering *gathering)
{
	double ends_s = engine_now_s() + SNAPSHOT_TURN_S;
	int state = 0;

	gathering->turn_s = engine_now_s();
	close_if_late(gathering);
	while (state == 0 && engine_now_s() < ends_s)
		state = write_some(gathering);
	gathering->document->head.n_turns++;
	note_turn(gathering);
	if (state < 0)
		give_up(gathering, state);
	else if (state == 0)
		see_turn_soon(gathering->engine->see);
	/* Otherwise on_settled brings the next turn: nothing is due now, and a change makes
	 * something due. */
	else if (outside_is_settled(gathering->outside))
		finish(gathering);
}

/* Each call does one thing: a turn of the gathering, or the beginning of the next, and then what
 * time is left goes to the rubbish. */
static void on_turn(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	struct engine_see *see = engine->see;
	double ends_s = engine_now_s() + SNAPSHOT_TURN_S;

	(void)loop, (void)revents;
	/* Nobody is left who wants it. What it has asked outside ends with
	 * it. */
	if (see->current && list_empty(&see->current->observers))
		free_gathering(see->current);
	if (see->current)
		turn(see->current);
	else
		begin_next(engine);
	if (document_sweep(see, ends_s) || (!see->current && !list_empty(&see->waiting)))
		see_turn_soon(see);
}

/* done is called from a later turn, never from within this call. */
void engine_observe(struct engine *engine, struct engine_observer *observer)
{
	list_append(&engine->see->waiting, &observer->node);
	see_turn_soon(engine->see);
}

/* Nothing runs while nobody observes. */
void see_start(struct engine *engine, const struct engine_reader_host *reader_host)
{
	struct engine_see *see = engine->see;

	/* The plumber starts the reader: the engine knows no processes. */
	see->reader_host = *reader_host;
	see->loop = engine->loop;
	list_init(&see->waiting);
	list_init(&see->documents);
	list_init(&see->rubbish);
	ev_timer_init(&see->turn, on_turn, 0., 0.);
	see->turn.data = engine;
}

/* Whoever still reads a document goes on with it until he frees it: the server is stopped first.
 * Those who wait are told. */
void see_stop(struct engine *engine)
{
	struct engine_see *see = engine->see;

	if (see->current)
		free_gathering(see->current);
	tell_failure(&see->waiting, -ECANCELED);
	/* A bound that is never reached: what is left is freed in milliseconds. */
	(void)document_sweep(see, engine_now_s() + SNAPSHOT_READER_S); /* all of it */
	ev_timer_stop(engine->loop, &see->turn);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// forget.c - what a change still owes when it has ended: records, files and routes that failed
#include "engine/plan/wiring.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Where an undo fails, or what comes after the point of no return, there is
 * nobody left to be told. So it is noted in the container, or in the engine where that is gone, and
 * tried again every second until it succeeds. No note takes memory.
 *
 * A detach is done when the kernel, the ports and the names are; that its
 * record cannot be removed is no reason to refuse it, for its caller could do nothing but ask
 * again. But a record says "up", and where the netns lives on, the next start would attach what is
 * there. So the removal is tried again until it succeeds, and meanwhile the container's mark
 * (marks.c) says to a start that comes first: this one was detached. */

struct leftover {
	struct list node;
	char id[ID_LEN + 1];
};

static struct leftover *find(struct engine *engine, const char *id)
{
	list_foreach (&engine->leftovers, struct leftover, leftover, node)
		if (strcmp(leftover->id, id) == 0)
			return leftover;
	return NULL;
}

bool forget_is_pending(struct engine *engine, const char *id)
{
	return find(engine, id) != NULL;
}

void forget_done(struct engine *engine, const char *id)
{
	struct leftover *leftover = find(engine, id);

	if (!leftover)
		return;
	mark_clear(engine, MARK_DETACHED, id, "");
	list_remove(&leftover->node);
	free(leftover);
}

static int forget(struct engine *engine, const char *id, struct error *error)
{
	int err = store_begin(engine->store, error);

	if (err == 0)
		err = store_container_delete(engine->store, id, error);
	if (err == 0)
		err = store_commit(engine->store, error);
	if (err < 0)
		store_rollback(engine->store);
	return err;
}

static bool forget_leftovers(struct engine *engine)
{
	store_make_room(engine->store);
	list_foreach (&engine->leftovers, struct leftover, leftover, node) {
		if (forget(engine, leftover->id, NULL) < 0) {
			/* There may be room for that by now. */
			(void)mark_set(engine, MARK_DETACHED, leftover->id, "");
			return false;
		}
		log_info("the record of container %.12s is removed", leftover->id);
		forget_done(engine, leftover->id);
	}
	return true;
}

/* What is owed is noted again by whoever fails to pay it. */
static bool pay(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	unsigned int owed = runtime->owed;
	struct error error;

	runtime->owed = 0;
	if (owed & OWED_RECORD && wiring_record_whole(engine, container, &error) < 0)
		runtime->owed |= OWED_RECORD;
	if (owed & OWED_REDIRECT && recover_redirect(container) < 0)
		runtime->owed |= OWED_REDIRECT;
	if (owed & OWED_SOCKETS) {
		ports_rebind(container, true);
		names_relays(engine, container, 0);
		names_flush(engine);
	}
	for (size_t i = 0; owed & OWED_ALIASES && i < container->n_endpoints; i++)
		wiring_rename_port(engine, container->endpoints[i]); /* notes it again */
	if (owed & OWED_SETTLING)
		engine_settle(engine, container);
	else if (owed & OWED_FILES && files_write(engine, container, &error) < 0)
		runtime->owed |= OWED_FILES;
	return runtime->owed == 0;
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	bool all = store_settle(engine->store);

	(void)revents;
	all &= forget_leftovers(engine);
	for (size_t i = 0; i < engine->n_containers; i++)
		if (runtime_of(engine->containers[i])->owed)
			all &= pay(engine, engine->containers[i]);
	if (engine->owes_files) {
		files_remove_strangers(engine); /* notes it again */
		marks_clear_strays(engine);	/* so does this */
	}
	if (all && !engine->owes_files)
		ev_timer_stop(loop, timer);
}

static void retry_later(struct engine *engine)
{
	if (ev_is_active(&engine->forget_timer))
		return;
	ev_timer_init(&engine->forget_timer, on_retry, FORGET_INTERVAL_S, FORGET_INTERVAL_S);
	engine->forget_timer.data = engine;
	ev_timer_start(engine->loop, &engine->forget_timer);
}

void forget_owe(struct engine *engine, struct container *container, unsigned int what)
{
	if (container)
		runtime_of(container)->owed |= what;
	else
		engine->owes_files = true;
	retry_later(engine);
}

void forget_store_owes(void *data)
{
	retry_later(data);
}

struct leftover *forget_prepare(void)
{
	return calloc(1, sizeof(struct leftover));
}

void forget_later(struct engine *engine, const struct container *container, const struct error *why)
{
	struct leftover *leftover = runtime_of(container)->leftover;
	const char *id = container->spec.id;

	store_make_room(engine->store);
	if (forget(engine, id, NULL) == 0)
		return;
	(void)mark_set(engine, MARK_DETACHED, id, ""); /* it says what that means */
	log_error(
		"the record of container %.12s cannot be removed, and is tried again until it can: "
		"%s",
		id, why->text);
	if (find(engine, id) || !leftover)
		return;
	runtime_of(container)->leftover = NULL;
	(void)snprintf(leftover->id, sizeof(leftover->id), "%s", id);
	list_append(&engine->leftovers, &leftover->node);
	retry_later(engine);
}

void forget_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->forget_timer);
	list_foreach (&engine->leftovers, struct leftover, leftover, node) {
		list_remove(&leftover->node);
		free(leftover); /* its mark stays */
	}
}

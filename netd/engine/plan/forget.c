// SPDX-License-Identifier: GPL-2.0-or-later
// forget.c - records of containers that are gone, and cannot be removed yet
#include "engine/plan/plan.h"
#include "engine/plan/steps.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A detach is done when the kernel, the ports and the names are; that its
 * record cannot be removed is no reason to refuse it, for its caller could do nothing but ask
 * again. But a record says "up", and where the netns lives on, the next start would attach what is
 * there. So the removal is tried again until it succeeds, and meanwhile the container's mark
 * (marks.c) says to a start that comes first: this one was detached. */

struct leftover {
	struct list node;
	char id[ID_LEN + 1];
};

/* The list is short: it fills only while the disk is full or broken. */
static struct leftover *find(struct engine *engine, const char *id)
{
	list_foreach (&engine->plan->leftovers, struct leftover, leftover, node)
		if (strcmp(leftover->id, id) == 0)
			return leftover;
	return NULL;
}

bool forget_is_pending(struct engine *engine, const char *id)
{
	return find(engine, id) != NULL;
}

/* Called when the removal succeeded, and when a new record of the same id has taken the old one's
 * place. */
void forget_done(struct engine *engine, const char *id)
{
	struct leftover *leftover = find(engine, id);

	if (!leftover)
		return;
	/* The mark goes first and the memory last: when removing the mark fails, that is a debt
	 * of its own. */
	marks_unset(engine, MARK_DETACHED, id, "");
	list_remove(&leftover->node);
	free(leftover);
}

/* One transaction. error may be NULL: then the caller knows the reason already. */
static int forget(struct engine *engine, const char *id, struct error *error)
{
	int err = store_begin(engine->store, error);

	if (err == 0)
		err = store_container_delete(engine->store, id, error);
	return store_end(engine->store, err, error);
}

/* A part of what is paid each second (pay.c). */
bool forget_again(struct engine *engine)
{
	/* The database's journal begins anew first. It may be the room that is missing. */
	store_make_room(engine->store);
	list_foreach (&engine->plan->leftovers, struct leftover, leftover, node) {
		if (forget(engine, leftover->id, NULL) < 0) {
			/* There may be room for that by now. */
			(void)marks_set(engine, MARK_DETACHED, leftover->id, "");
			/* One that fails for want of room tells that all others would fail as
			 * well. */
			return false;
		}
		log_info("the record of container %.12s is removed", leftover->id);
		forget_done(engine, leftover->id);
	}
	return true;
}

/* The memory is taken when the container is made. A detach cannot be refused, so it must not need
 * any. */
struct leftover *forget_prepare(void)
{
	return calloc(1, sizeof(struct leftover));
}

/* Cannot fail: the container is taken down already, and only the record stays behind. */
void forget_later(struct engine *engine, const struct container *container, const struct error *why)
{
	struct leftover *leftover = runtime_of(container)->leftover;
	const char *id = container->spec.id;

	store_make_room(engine->store);
	if (forget(engine, id, NULL) == 0)
		return;
	(void)marks_set(engine, MARK_DETACHED, id, ""); /* it says what that means */
	log_error(
		"the record of container %.12s cannot be removed, and is tried again until it can: "
		"%s",
		id, why->text);
	/* Two of one id: the same container was attached and detached again while the first
	 * removal was still owed. The record is one. */
	if (find(engine, id) || !leftover)
		return;
	/* The memory passes from the container to the list. The container is freed in a moment,
	 * and must not take it along. */
	runtime_of(container)->leftover = NULL;
	(void)snprintf(leftover->id, sizeof(leftover->id), "%s", id);
	list_append(&engine->plan->leftovers, &leftover->node);
	later_pay(engine);
}

/* At netd's end. The next start finds the marks and removes the records. */
void forget_stop(struct engine *engine)
{
	list_foreach (&engine->plan->leftovers, struct leftover, leftover, node) {
		list_remove(&leftover->node);
		free(leftover); /* its mark stays */
	}
}

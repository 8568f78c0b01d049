// SPDX-License-Identifier: GPL-2.0-or-later
// pay.c - what a change still owes when it has ended, done as soon as that can be
#include "engine/keep/keep.h"
#include "engine/plan/steps.h"

/* Theory of operation. Where an undo fails, or what comes after the point of no return, there is
 * nobody left to be told. So it is noted in the container, or in the engine where that is gone
 * (later_owe), and tried again here every second until it succeeds. No note takes memory. */

/* What is owed is noted again by whoever fails to pay it. False: something is still owed. */
static bool pay(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	/* A copy: what is owed is added to runtime->owed while this runs. */
	unsigned int owed = runtime->owed;
	struct error error;

	/* All debts are taken off first. Whoever cannot pay notes his own again. */
	runtime->owed = 0;
	if (owed & OWED_RECORD && plan_record_whole(engine, container, &error) < 0)
		runtime->owed |= OWED_RECORD;
	if (owed & OWED_REDIRECT && recover_redirect(container) < 0)
		runtime->owed |= OWED_REDIRECT;
	/* Sockets of host ports that somebody else had: with them the relay can be shared, too. */
	if (owed & OWED_SOCKETS) {
		ports_rebind(container, true);
		relayed_share(engine, container, 0);
		names_flush(engine);
	}
	if (owed & OWED_SERVICES)
		services_settle(engine, container); /* notes it again */
	for (size_t i = 0; owed & OWED_ALIASES && i < container->n_endpoints; i++)
		link_rename(engine, container->endpoints[i]); /* notes it again */
	if (owed & OWED_SETTLING)
		connect_settle(engine, container);
	else if (owed & OWED_FILES && files_write(engine, container, &error) < 0)
		runtime->owed |= OWED_FILES;
	return runtime->owed == 0;
}

/* Called by a timer each second while something is owed. */
void pay_debts(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	/* The store first, for the others write into it. */
	bool all = store_settle(engine->store);

	(void)revents;
	/* Each kind is tried, whatever became of the one before. */
	all &= forget_again(engine);
	/* Nothing here removes a container, so the index is good. */
	for (size_t i = 0; i < engine->n_containers; i++)
		if (runtime_of(engine->containers[i])->owed)
			all &= pay(engine, engine->containers[i]);
	if (engine->owes_files) {
		files_remove_strangers(engine); /* notes it again */
		marks_clear_strays(engine);	/* so does this */
	}
	/* As long as anything is owed the timer repeats. */
	if (all && !engine->owes_files)
		ev_timer_stop(loop, timer);
}

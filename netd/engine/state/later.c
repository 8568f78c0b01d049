// SPDX-License-Identifier: GPL-2.0-or-later
// later.c - what rooms below find to be done, and rooms above do: when
#include "engine/state/state.h"

#include "base/limits.h"

/* Theory of operation. A rule that is gone is noticed by whoever adds the next one, a record that
 * cannot be removed by whoever removes it: rooms that know nothing of the comparison, or of paying
 * debts, which stand above all that they repair. So there is a timer for each kind of such work,
 * which anybody may start, and which ends in a function that engine.c names (struct engine_above).
 */

/* It repeats until whoever does the work stops it. */
static void start(struct engine *engine, ev_timer *timer, double interval_s)
{
	/* A timer that runs keeps its pace. To set it anew would put the work off as long as
	 * somebody goes on asking for it. */
	if (ev_is_active(timer))
		return;
	ev_timer_set(timer, interval_s, interval_s);
	ev_timer_start(engine->loop, timer);
}

void later_start(struct engine *engine)
{
	ev_timer_init(&engine->resync_timer, engine->above->resync, 0., 0.);
	ev_timer_init(&engine->pay_timer, engine->above->pay, 0., 0.);
	ev_timer_init(&engine->look_timer, engine->above->look, 0., 0.);
	ev_timer_init(&engine->compare_timer, engine->above->compare, 0., 0.);
	engine->resync_timer.data = engine->pay_timer.data = engine->look_timer.data =
		engine->compare_timer.data = engine;
}

void later_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->resync_timer);
	ev_timer_stop(engine->loop, &engine->pay_timer);
	ev_timer_stop(engine->loop, &engine->look_timer);
	ev_timer_stop(engine->loop, &engine->compare_timer);
}

/* --- resyncs ---------------------------------------------------------------------------------- */

void later_resync(struct engine *engine)
{
	/* Somebody who undoes each repair causes one comparison after another. After some in a
	 * row they come seldom enough not to be a load. */
	double delay_s = engine->n_in_row > RESYNCS_IN_ROW_MAX ? RESYNC_CALM_S : RESYNC_DELAY_S;

	if (ev_is_active(&engine->resync_timer)) {
		/* The sooner one counts: a comparison that is due earlier than this one does its
		 * work, too. */
		if (ev_timer_remaining(engine->loop, &engine->resync_timer) <= delay_s)
			return;
		ev_timer_stop(engine->loop, &engine->resync_timer);
	}
	ev_timer_set(&engine->resync_timer, delay_s, 0.);
	ev_timer_start(engine->loop, &engine->resync_timer);
}

/* found: the comparison has found a difference. */
static void count_in_row(struct engine *engine, bool found)
{
	double now = engine_now_s();

	/* A row ends when its time is over. It goes on only while comparisons still find
	 * something and there were too many before, so two programs that fight over one rule stay
	 * slow, and a single burst is forgotten. */
	if (now - engine->repairs_since > RESYNC_CALM_S) {
		engine->repairs_since = now;
		if (engine->n_in_row <= RESYNCS_IN_ROW_MAX || !found)
			engine->n_in_row = 0;
	}
	engine->n_in_row++;
}

/* What could not be repaired for want of memory or of an answer is tried again; and again, ever
 * more seldom, for it may be what this kernel cannot do. Only tries that were waited for count:
 * notifications bring dozens within a moment in which everything fails, and what comes after that
 * moment must not wait for a minute because of them. */
static void resync_again(struct engine *engine)
{
	double *again_s = &engine->resync_again_s, now = engine_now_s();

	if (*again_s == 0 || now + RESYNC_DELAY_S >= engine->resync_again_at) {
		*again_s = *again_s > 0 ? *again_s * 2 : RESYNC_AGAIN_S;
		if (*again_s > RESYNC_AGAIN_MAX_S)
			*again_s = RESYNC_AGAIN_MAX_S;
		engine->resync_again_at = now + *again_s;
	}
	/* Another comparison is on its way. When it fails as well, it comes here again. */
	if (ev_is_active(&engine->resync_timer))
		return;
	ev_timer_set(&engine->resync_timer, engine->resync_again_at - now, 0.);
	ev_timer_start(engine->loop, &engine->resync_timer);
}

/* Called at the end of each comparison that was not asked for by a caller. */
void later_resynced(struct engine *engine, bool failed, bool found)
{
	if (failed)
		resync_again(engine);
	else
		engine->resync_again_s = 0;
	count_in_row(engine, found);
}

/* --- debts ------------------------------------------------------------------------------------ */

void later_pay(struct engine *engine)
{
	start(engine, &engine->pay_timer, FORGET_INTERVAL_S);
}

/* what is one of OWED_*. Needs no memory, so it can be called where everything else has failed. */
void later_owe(struct engine *engine, struct container *container, unsigned int what)
{
	/* Without a container there is nobody to note it at: its folder is the only thing left of
	 * it, and files_remove_strangers finds that by itself. */
	if (container)
		runtime_of(container)->owed |= what;
	else
		engine->owes_files = true;
	later_pay(engine);
}

void later_store_owes(void *data)
{
	later_pay(data);
}

/* --- what is awaited -------------------------------------------------------------------------- */

/* Called when a container is loaded or attached. */
void later_look(struct engine *engine, struct container *container)
{
	runtime_of(container)->looks = container_has_to_come(container) ? LOOKS_MAX : 0;
	if (container_is_awaited(container) || runtime_of(container)->looks > 0)
		start(engine, &engine->look_timer, AWAIT_INTERVAL_S);
}

/* --- what nothing tells of -------------------------------------------------------------------- */

/* Whoever compares stops it when there is nothing to compare any more. */
void later_compare(struct engine *engine)
{
	start(engine, &engine->compare_timer, SERVICES_LOOK_S);
}

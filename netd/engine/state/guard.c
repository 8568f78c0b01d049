// SPDX-License-Identifier: GPL-2.0-or-later
// guard.c - counts what was healed, refused, forged and dropped, and tells the log now and then
#include "engine/internal.h"

#include "base/log.h"

static time_t wall_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return now.tv_sec;
}

void guard_start(struct engine *engine)
{
	guard_init(&engine->guard, wall_clock());
}

void engine_count(struct engine *engine, enum guard_id id, uint64_t n)
{
	char text[GUARD_TEXT_MAX];

	if (guard_add(&engine->guard, id, n, wall_clock(), engine_now_s(), text))
		log_warn("%s", text);
}

/* The resolver is not trusted to count upwards. */
static uint64_t growth(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What they grow by is news. Of one that an earlier netd has left, what it said first was before
 * our time. */
void guard_stats(const struct ipc_stats *stats, void *data)
{
	struct engine *engine = data;
	const struct ipc_stats *seen = engine->has_stats ? &engine->stats : stats;

	engine_count(engine, GUARD_REFUSED_QUESTIONS, growth(stats->shed, seen->shed));
	engine_count(engine, GUARD_REFUSED_RELAYS,
		     growth(stats->flows_refused, seen->flows_refused));
	engine_count(engine, GUARD_REFUSED_RESOLVER,
		     growth(stats->no_descriptor, seen->no_descriptor));
	engine_count(engine, GUARD_FORGED_ANSWERS, growth(stats->misfits, seen->misfits));
	engine_count(engine, GUARD_DROPPED_QUESTIONS, growth(stats->late, seen->late));
	engine_count(engine, GUARD_DROPPED_DNS, growth(stats->tcp_closed, seen->tcp_closed));
	engine->stats = *stats;
	engine->has_stats = true;
}

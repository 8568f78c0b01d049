// SPDX-License-Identifier: GPL-2.0-or-later
// guard.c - counts what was healed, refused, forged and dropped, and tells the log now and then
#include "engine/state/state.h"

#include "base/log.h"

/* People read these times. Nothing waits by them. */
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
	/* The counter's own clock decides whether it is time for a line: guard_add fills the text
	 * only then, so a flood of refusals is not a flood of lines. */
	char text[GUARD_TEXT_MAX], code[GUARD_CODE_MAX];
	const struct log_about about = { .code = code };

	if (!guard_add(&engine->guard, id, n, wall_clock(), engine_now_s(), text))
		return;
	guard_code(id, code);
	log_about(LOG_LEVEL_WARN, &about, "%s", text);
}

/* Counts and times what changes something, for metrics. */
void engine_note_operation(struct engine *engine, enum operation operation,
			   enum operation_outcome outcome, uint64_t took_us)
{
	operations_add(&engine->operations, operation, outcome, took_us);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// plan.h - what a change still owes its record, and the marks that say so to the next start
#pragma once

#include "engine/wire/wire.h"

/* What the room has of the engine. */
struct engine_plan {
	struct list leftovers; /* records still to be removed: forget.c */
};

/* steps_record.c: the container and its endpoints as they are now, within one transaction. former:
 * the id they are recorded under. */
int plan_record_again(struct engine *engine, struct container *container, const char *former,
		      struct error *error);

/* forget.c: what a change still owes when it has ended */
/* Removes it now if that can be, else again and again; why is what was tried first. */
void forget_later(struct engine *engine, const struct container *container,
		  const struct error *why);
/* What it takes to remember a record to be removed. NULL: out of memory. */
struct leftover *forget_prepare(void);
bool forget_is_pending(struct engine *engine, const char *id);
/* The record is gone, or another container's with the same id. */
void forget_done(struct engine *engine, const char *id);
/* Tries again; false: some are still there. */
bool forget_again(struct engine *engine);
void forget_stop(struct engine *engine);

/* marks.c */
enum mark {
	MARK_DETACHED, /* its record, which may say "up", is to be removed */
	MARK_CHANGING, /* its default routes and files are to be made again as its record says */
	MARK_N
};
/* other: under which id its record may be as well; "": none. false: there was no room for it, which
 * is logged. */
bool marks_set(const struct engine *engine, enum mark mark, const char *id, const char *other);
/* The same again; nothing when it is not set. One that cannot be removed is again, later. */
void marks_unset(struct engine *engine, enum mark mark, const char *id, const char *other);
/* While nothing is under way: all but those of what is still owed. */
void marks_clear_strays(struct engine *engine);

struct marked {
	enum mark mark;
	char ids[2][ID_LEN + 1];
};
struct marks {
	struct marked *items;
	size_t n, room;
};
/* All there are, into zeroed marks; marks_done frees them. */
int marks_read(const struct engine *engine, struct marks *ret_marks, struct error *error);
void marks_done(struct marks *marks);
/* NULL: there is none of this container; else the other id that the mark names, or "". */
const char *marks_find(const struct marks *marks, enum mark mark, const char *id);
/* After a start did what they stand for. Of records that still cannot be removed they stay. */
void marks_clear(struct engine *engine, const struct marks *marks);

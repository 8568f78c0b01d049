// SPDX-License-Identifier: GPL-2.0-or-later
// marks.c - what is under way with a container, for a start of netd that comes before its end
#include "engine/plan/plan.h"

#include "base/grow.h"
#include "base/log.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. A record says what a container has, and becomes what it will have in one
 * moment. Around that moment there is more to do, for which a record has no words: default routes,
 * files, an end that nobody may take back. So a mark is set before the first of it and taken away
 * after the last, and a start that finds one does again what it stands for, all of which may be
 * done twice. A mark is an empty folder beside those of the containers, .KIND-ID or
 * .KIND-ID-OTHERID: it is there or not, and needs no room. */

/* These are names on disk: a netd of another release must read them as well. */
static const char *const mark_name[MARK_N] = {
	[MARK_DETACHED] = "detached",
	[MARK_CHANGING] = "changing",
};

/* ids have no '-' and no '/', so the parts cannot be mixed up. */
static void mark_path(const struct engine *engine, enum mark mark, const char *id,
		      const char *other, char *ret_path, size_t size)
{
	(void)snprintf(ret_path, size, "%s/containers/.%s-%s%s%s", engine->run_dir, mark_name[mark],
		       id, *other ? "-" : "", other);
}

bool marks_set(const struct engine *engine, enum mark mark, const char *id, const char *other)
{
	char path[PATH_LEN_MAX + 1];

	mark_path(engine, mark, id, other, path, sizeof(path));
	/* EEXIST: a change before this one owes its end still. Both are settled by the same
	 * work. */
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	log_warn("cannot make %s: %s; a start of netd in the middle of this may not end it", path,
		 strerror(errno));
	return false;
}

void marks_unset(struct engine *engine, enum mark mark, const char *id, const char *other)
{
	char path[PATH_LEN_MAX + 1];

	mark_path(engine, mark, id, other, path, sizeof(path));
	if (rmdir(path) == 0 || errno == ENOENT) /* there may have been no room for it */
		return;
	/* A mark that stays makes the next start do once more what is done already, which does no
	 * harm. */
	log_warn("cannot remove %s: %s; it is tried again", path, strerror(errno));
	later_owe(engine, NULL, OWED_FILES);
}

/* false: it is none. */
static bool parse_name(const char *name, struct marked *ret_marked)
{
	for (enum mark mark = 0; *name == '.' && mark < MARK_N; mark++) {
		size_t len = strlen(mark_name[mark]);

		if (strncmp(name + 1, mark_name[mark], len) != 0 || name[1 + len] != '-')
			continue;
		*ret_marked = (struct marked) { .mark = mark };
		/* A '-' stands between the two ids. A name that does not fit the pattern is
		 * somebody else's folder. */
		return sscanf(name + 1 + len, "-%64[^-]-%64[^-]", ret_marked->ids[0],
			      ret_marked->ids[1]) >= 1;
	}
	return false;
}
static_assert(ID_LEN == 64, "ids are read whole");

/* Called for each name in the folder. */
static int note(const char *path, const char *name, void *data)
{
	struct marks *marks = data;
	struct marked *items, marked;

	(void)path;
	if (!parse_name(name, &marked))
		return 0;
	items = grow(marks->items, &marks->room, marks->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	marks->items = items;
	items[marks->n++] = marked;
	return 0;
}

/* For a start, before anything changes a mark, and for the comparison with the store
 * (coherence.c). */
int marks_read(const struct engine *engine, struct marks *ret_marks, struct error *error)
{
	int err = run_dir_each_container(engine, note, ret_marks);

	return err < 0 ? error_system(error, err, "cannot load the containers") : 0;
}

void marks_done(struct marks *marks)
{
	free(marks->items);
}

const char *marks_find(const struct marks *marks, enum mark mark, const char *id)
{
	for (size_t i = 0; i < marks->n; i++)
		for (size_t k = 0; marks->items[i].mark == mark && k < 2; k++)
			if (strcmp(marks->items[i].ids[k], id) == 0)
				return marks->items[i].ids[1 - k];
	return NULL;
}

/* The end of a change of this container is still to be paid, so a start must find its mark. */
static bool owes_settling(struct engine *engine, const char *id)
{
	const struct container *container = map_get_str(engine->container_by_id, id);

	return container && runtime_of(container)->owed & OWED_SETTLING;
}

/* Called for each name in the folder. */
static int clear_stray(const char *path, const char *name, void *data)
{
	struct engine *engine = data;
	struct marked marked;

	(void)path;
	if (!parse_name(name, &marked))
		return 0;
	/* What is still owed keeps its mark, whatever kind it is. */
	if (marked.mark == MARK_DETACHED ? !forget_is_pending(engine, marked.ids[0])
					 : !owes_settling(engine, marked.ids[0]) &&
						   !owes_settling(engine, marked.ids[1]))
		marks_unset(engine, marked.mark, marked.ids[0], marked.ids[1]);
	return 0;
}

/* Runs when marks could not be removed in their time. No operation is half done then, so a mark
 * with no debt behind it is a stray. */
void marks_clear_strays(struct engine *engine)
{
	if (run_dir_each_container(engine, clear_stray, engine) < 0)
		later_owe(engine, NULL, OWED_FILES);
}

/* Uses the list that was read at the beginning: marks that the start itself has set since then
 * stay. */
void marks_clear(struct engine *engine, const struct marks *marks)
{
	for (size_t i = 0; i < marks->n; i++) {
		const struct marked *marked = &marks->items[i];

		if (marked->mark != MARK_DETACHED || !forget_is_pending(engine, marked->ids[0]))
			marks_unset(engine, marked->mark, marked->ids[0], marked->ids[1]);
	}
}

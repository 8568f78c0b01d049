// SPDX-License-Identifier: GPL-2.0-or-later
// meant.c - what somebody meant who named what is not there
#include "cli/line/meant.h"

#include "base/limits.h"
#include "base/nearest.h"
#include "client/calls.h"

#include <stdio.h>
#include <string.h>

/* It is netctl that looks, and only when something was not found: netd's own sentence is the one
 * that Docker's clients know, and its loop has better things to do than to compare names. */

static const struct {
	const char *path;
	const char *noun;
	enum error_reason reason;
	const char *before, *after; /* the name in netd's sentence */
} kind_of[MEANT_N_KINDS] = {
	[MEANT_NETWORK] = { "/networks", "network", ERROR_REASON_NETWORK_NOT_FOUND, "network ",
			    " not found" },
	[MEANT_CONTAINER] = { "/containers/json?all=1", "container",
			      ERROR_REASON_CONTAINER_NOT_FOUND, "No such container: ", "" },
};

/* What was looked at by now. */
struct search {
	const char *name;
	struct nearest nearest;
	/* A copy, for an id is cut to the length of what was typed. */
	char best[NAME_LEN_MAX + 1];
	bool is_there; /* the very name, of whatever kind */
};

static void look_at(struct search *search, const char *known)
{
	if (strcmp(known, search->name) == 0)
		search->is_there = true;
	else if (strlen(known) <= NAME_LEN_MAX && nearest_look(&search->nearest, known))
		(void)snprintf(search->best, sizeof(search->best), "%s", known);
}

/* As much of an id as was typed, where that is the short id of a list or more: less may be like
 * any. */
static void look_at_id(struct search *search, const char *id)
{
	char beginning[ID_LEN + 1];
	size_t len = strlen(search->name);

	if (len < ID_SHORT_LEN || len > strlen(id) ||
	    search->name[strspn(search->name, "0123456789abcdef")])
		return;
	(void)snprintf(beginning, sizeof(beginning), "%.*s", (int)len, id);
	look_at(search, beginning);
}

/* A container's names are an array, with a slash before each, as Docker's API has them. */
static void look_at_object(struct search *search, const json_t *object)
{
	const json_t *names = json_object_get(object, "Names");
	const char *name = json_string_value(json_array_get(names, 0));

	if (!name)
		name = calls_text(object, "Name");
	look_at(search, *name == '/' ? name + 1 : name);
	look_at_id(search, calls_text(object, "Id"));
}

/* Without netd's answer there is nothing to look at. */
static void look_through(struct client *client, enum meant_kind kind, struct search *search)
{
	struct error ignored = { 0 };
	json_auto_t *list = NULL;
	size_t i;
	json_t *object;

	(void)calls_json(client, "GET", kind_of[kind].path, NULL, &list, &ignored);
	json_array_foreach (list, i, object)
		look_at_object(search, object);
}

void meant_add(struct client *client, const char *name, unsigned int kinds, struct error *error)
{
	struct search search = { .name = name, .nearest = nearest_begin(name) };

	for (enum meant_kind kind = 0; kind < MEANT_N_KINDS; kind++)
		if (kinds & 1u << kind)
			look_through(client, kind, &search);
	if (*search.best) {
		error_append(error, "; did you mean %s?", search.best);
		return;
	}
	for (enum meant_kind kind = 0; kind < MEANT_N_KINDS; kind++) {
		struct search other = { .name = name, .nearest = nearest_begin(name) };

		if (kinds & 1u << kind)
			continue;
		look_through(client, kind, &other);
		if (other.is_there)
			error_append(error, "; %s is a %s", name, kind_of[kind].noun);
	}
}

/* The name between what stands before and after it, or false where the sentence is another. */
static bool find_name(enum meant_kind kind, const char *text, char *ret_name, size_t size)
{
	const char *before = kind_of[kind].before, *after = kind_of[kind].after;
	size_t skip = strlen(before), len = strlen(text), end = strlen(after);

	if (strncmp(text, before, skip) != 0 || len <= skip + end ||
	    strcmp(text + len - end, after) != 0 || len - skip - end >= size)
		return false;
	(void)snprintf(ret_name, size, "%.*s", (int)(len - skip - end), text + skip);
	return true;
}

void meant_add_to_answer(struct client *client, struct error *error)
{
	char name[NAME_LEN_MAX + 1];

	for (enum meant_kind kind = 0; kind < MEANT_N_KINDS; kind++)
		if (error->reason == kind_of[kind].reason &&
		    find_name(kind, error->text, name, sizeof(name))) {
			meant_add(client, name, 1u << kind, error);
			return;
		}
}

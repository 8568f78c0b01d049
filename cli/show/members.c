// SPDX-License-Identifier: GPL-2.0-or-later
// members.c - a JSON object as lines of "Key: value"
#include "cli/show/members.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/template/template_value.h"

#include <stdio.h>

const struct flag members_flags[] = {
	{ .name = "format",
	  .letter = 'f',
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, or a Go template" },
	{ 0 },
};

/* They call each other, for a member may have members. */
static void print_members(const json_t *object, int depth);

/* A list within a list is printed in one line, as a template prints it.
 *
 * The lines are for people: an object becomes a heading with its members below, two columns further
 * in for each level. Scripts use --format, whose form does not change. */
static void print_item(const json_t *value, int depth)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	/* The words of a template, so that a value looks the same with --format and without. */
	template_value_print(value, &text);
	(void)printf("%*s%s\n", depth * 2, "", text.data ? text.data : "");
}

/* What is counted, and since when, in one line: "Key: 3, first T, last T". */
static bool print_count(const char *key, const json_t *value, int depth)
{
	const char *first = json_string_value(json_object_get(value, "First"));
	const char *last = json_string_value(json_object_get(value, "Last"));
	const json_t *count = json_object_get(value, "Count");

	/* A member of what is no object is NULL, so everything but a count leaves here. */
	if (!json_is_integer(count))
		return false;
	(void)printf("%*s%s: %lld", depth * 2, "", key, (long long)json_integer_value(count));
	if (first && last)
		(void)printf(", first %s, last %s", first, last);
	(void)printf("\n");
	return true;
}

static bool is_empty_text(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && !*text;
}

/* The heading of an object in a list is its name, or its place in the list. */
static void print_list(const json_t *list, int depth)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *name = json_string_value(json_object_get(item, "Name"));

		if (depth >= JSON_DEPTH_MAX || json_object_size(item) == 0) {
			print_item(item, depth);
			continue;
		}
		if (name)
			(void)printf("%*s%s:\n", depth * 2, "", name);
		else
			(void)printf("%*s%zu:\n", depth * 2, "", i + 1);
		print_members(item, depth + 1);
	}
}

/* "Key: value", with what has parts below it and further in. */
static void print_member(const char *key, const json_t *value, int depth)
{
	/* First, for a count is an object too, and would be shown as one. */
	if (print_count(key, value, depth))
		return;
	/* The depth bounds the recursion, whatever the peer sends. What is empty has no line: it
	 * says nothing. */
	if (depth < JSON_DEPTH_MAX && json_object_size(value) > 0) {
		(void)printf("%*s%s:\n", depth * 2, "", key);
		print_members(value, depth + 1);
	} else if (json_array_size(value) > 0) {
		(void)printf("%*s%s:\n", depth * 2, "", key);
		print_list(value, depth + 1);
	} else if (!json_is_object(value) && !json_is_array(value) && !is_empty_text(value)) {
		(void)printf("%*s%s: ", depth * 2, "", key);
		print_item(value, 0);
	}
}

/* In the order of the answer. */
static void print_members(const json_t *object, int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value)
		print_member(key, value, depth);
}

/* The exit code. */
int members_show(const struct args *args, json_t *value)
{
	struct error error = { 0 };
	bool done;

	/* Without --format these are lines for people, whose form may change; scripts have json. */
	if (format_value(args, value, &done, &error) < 0)
		return cli_fail(&error);
	if (!done)
		print_members(value, 0);
	return CLI_DONE;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// members.c - a JSON object as lines of "Key: value"
#include "cli/show/members.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/lines.h"
#include "cli/template/template_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct flag members_flags[] = {
	{ .name = "format",
	  .letter = 'f',
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, or a Go template" },
	{ 0 },
};

/* They call each other, for a member may have members. */
static void print_members(struct buf *out, const json_t *object, int depth);

/* A list within a list is printed in one line, as a template prints it.
 *
 * The lines are for people: an object becomes a heading with its members below, two columns further
 * in for each level. Scripts use --format, whose form does not change. */
static void print_item(struct buf *out, const json_t *value, int depth)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	/* The words of a template, so that a value looks the same with --format and without. */
	template_value_print(value, &text);
	buf_printf(out, "%*s%s\n", depth * 2, "", text.data ? text.data : "");
}

/* What is counted, and since when, in one line: "Key: 3, first T, last T". */
static bool print_count(struct buf *out, const char *key, const json_t *value, int depth)
{
	const char *first = json_string_value(json_object_get(value, "First"));
	const char *last = json_string_value(json_object_get(value, "Last"));
	const json_t *count = json_object_get(value, "Count");

	/* A member of what is no object is NULL, so everything but a count leaves here. */
	if (!json_is_integer(count))
		return false;
	buf_printf(out, "%*s%s: %lld", depth * 2, "", key, (long long)json_integer_value(count));
	if (first && last)
		buf_printf(out, ", first %s, last %s", first, last);
	buf_printf(out, "\n");
	return true;
}

static bool is_empty_text(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && !*text;
}

/* The heading of an object in a list is its name, or its place in the list. */
static void print_list(struct buf *out, const json_t *list, int depth)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *name = json_string_value(json_object_get(item, "Name"));

		if (depth >= JSON_DEPTH_MAX || json_object_size(item) == 0) {
			print_item(out, item, depth);
			continue;
		}
		if (name)
			buf_printf(out, "%*s%s:\n", depth * 2, "", name);
		else
			buf_printf(out, "%*s%zu:\n", depth * 2, "", i + 1);
		print_members(out, item, depth + 1);
	}
}

/* "Key: value", with what has parts below it and further in. */
static void print_member(struct buf *out, const char *key, const json_t *value, int depth)
{
	/* First, for a count is an object too, and would be shown as one. */
	if (print_count(out, key, value, depth))
		return;
	/* The depth bounds the recursion, whatever the peer sends. What is empty has no line: it
	 * says nothing. */
	if (depth < JSON_DEPTH_MAX && json_object_size(value) > 0) {
		buf_printf(out, "%*s%s:\n", depth * 2, "", key);
		print_members(out, value, depth + 1);
	} else if (json_array_size(value) > 0) {
		buf_printf(out, "%*s%s:\n", depth * 2, "", key);
		print_list(out, value, depth + 1);
	} else if (!json_is_object(value) && !json_is_array(value) && !is_empty_text(value)) {
		buf_printf(out, "%*s%s: ", depth * 2, "", key);
		print_item(out, value, 0);
	}
}

/* In the order of the answer. */
static void print_members(struct buf *out, const json_t *object, int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value)
		print_member(out, key, value, depth);
}

/* A word that is longer than the width has a line of its own. */
static void wrap_line(struct lines *lines, char *line)
{
	size_t indent = strspn(line, " "), n = 0;
	char *rest = NULL;

	if (indent > 0)
		lines_pad(lines, indent);
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (n > 0 && lines->used + 1 + strlen(word) > LINES_WIDTH) {
			lines_end(lines);
			lines_pad(lines, indent + 4);
		} else if (n > 0) {
			lines_put(lines, " ", LINES_PLAIN);
		}
		lines_put(lines, word, LINES_PLAIN);
		n++;
	}
	lines_end(lines);
}

/* Each line, broken where it is longer than a terminal; what goes on is further in. */
static void wrap(const struct buf *text, struct buf *out)
{
	struct lines lines = { .out = out };
	_cleanup_free_ char *copy = text->data ? strdup(text->data) : NULL;
	char *rest = NULL;

	for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		wrap_line(&lines, line);
	}
	if (!copy && text->data)
		out->err = -ENOMEM;
}

void members_screen(const json_t *object, struct buf *out)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	print_members(&text, object, 0);
	out->err = text.err;
	wrap(&text, out);
}

/* The exit code. */
static int show(const struct args *args, json_t *value, bool is_wrapped)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	struct error error = { 0 };
	bool done;

	/* Without --format these are lines for people, whose form may change; scripts have json. */
	if (format_value(args, value, &done, &error) < 0)
		return cli_fail(&error);
	if (!done && is_wrapped)
		members_screen(value, &out);
	else if (!done)
		print_members(&out, value, 0);
	if (out.err < 0) {
		(void)error_system(&error, out.err, "cannot show it");
		return cli_fail(&error);
	}
	if (!done && out.data)
		(void)fputs(out.data, stdout);
	return CLI_DONE;
}

int members_show(const struct args *args, json_t *value)
{
	return show(args, value, false);
}

int members_show_wrapped(const struct args *args, json_t *value)
{
	return show(args, value, true);
}

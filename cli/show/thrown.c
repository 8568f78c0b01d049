// SPDX-License-Identifier: GPL-2.0-or-later
// thrown.c - what the kernel throws away, as a table of 80 columns
#include "cli/show/thrown.h"

#include "base/grow.h"
#include "cli/show/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A drop is a JSON object with a place, a reason and two numbers: Packets
 * since the last look, and Total. In a pipe each becomes a line. In a terminal the places are
 * kept, and a screen is made of all of them at each interval, with the worst first. */

/* Where columns begin, and where numbers, which are ranged right, end. */
#define WHERE_AT 18
#define WHERE_ROOM 14
#define PACKETS_END 38
#define TOTAL_END 48
#define WHY_AT 50

/* Never NULL. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A number that is missing is 0. */
static long long number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* room counts the end of the text, so the column keeps a blank. A name that is cut ends in "~". */
static void put_cut(struct lines *lines, size_t room, const char *text)
{
	char cut[64];

	lines_cut(text, room < sizeof(cut) ? room : sizeof(cut), cut);
	lines_put(lines, cut, LINES_PLAIN);
}

/* end: the column behind the last digit. A number that is too wide pushes the next column on. */
static void put_right(struct lines *lines, size_t end, const char *text)
{
	size_t len = strlen(text);

	lines_pad(lines, len < end ? end - len : 0);
	lines_put(lines, text, LINES_PLAIN);
}

/* Nothing in this interval is a dash: zeros would hide the numbers. */
static void put_number(struct lines *lines, size_t end, long long number)
{
	char text[32] = "-";

	if (number > 0)
		(void)snprintf(text, sizeof(text), "%lld", number);
	put_right(lines, end, text);
}

/* The columns are those of thrown_line(). */
void thrown_header(bool colour, struct buf *out)
{
	struct lines lines = { .out = out, .colour = colour };

	lines_put(&lines, "NAME", LINES_PLAIN);
	lines_pad(&lines, WHERE_AT);
	lines_put(&lines, "WHERE", LINES_PLAIN);
	put_right(&lines, PACKETS_END, "PACKETS");
	put_right(&lines, TOTAL_END, "TOTAL");
	lines_pad(&lines, WHY_AT);
	lines_put(&lines, "WHY", LINES_PLAIN);
	lines_end(&lines);
}

/* Who has it: a container, or its network, or the host. Never NULL. */
static const char *name_of(const json_t *drop)
{
	const char *container = text_of(drop, "Container"), *network = text_of(drop, "Network");

	return *container ? container : *network ? network : "host";
}

/* Words for ends of links that belong to netd, whose names nobody knows. Never NULL. */
static const char *where_of(const json_t *drop)
{
	const char *where = text_of(drop, "Where"), *link = text_of(drop, "Link");

	if (strcmp(where, "port") == 0)
		return "host's end";
	if (strcmp(where, "bridge") == 0)
		return "bridge";
	return *link ? link : "no link";
}

/* What netd says of the reason, with the kernel's own word in brackets for those who look it up. */
static void put_why(struct buf *out, const json_t *drop)
{
	const char *say = text_of(drop, "Say"), *reason = text_of(drop, "Reason");
	const char *name = *reason ? reason : text_of(drop, "Function");

	buf_puts(out, say);
	if (*name)
		buf_printf(out, *say ? " (%s)" : "%s", name);
	else if (!*say)
		buf_puts(out, "the kernel does not say why");
}

/* Names are cut, and reasons are wrapped: the reason is what is read. */
void thrown_line(const json_t *drop, bool colour, struct buf *out)
{
	struct lines lines = { .out = out, .colour = colour };
	struct buf why = { 0 };

	put_why(&why, drop);
	put_cut(&lines, WHERE_AT, name_of(drop));
	lines_pad(&lines, WHERE_AT);
	put_cut(&lines, WHERE_ROOM, where_of(drop));
	put_number(&lines, PACKETS_END, number_of(drop, "Packets"));
	put_number(&lines, TOTAL_END, number_of(drop, "Total"));
	lines_pad(&lines, WHY_AT);
	lines_wrap(&lines, WHY_AT, why.data ? why.data : "");
	lines_end(&lines);
	buf_done(&why);
}

/* --- a terminal ------------------------------------------------------------------------------- */

/* Places are the same when all these are. The numbers change. The objects come one an interval for
 * each place. */
static bool is_same(const json_t *one, const json_t *other)
{
	static const char *const keys[] = { "Container", "Network", "Link",
					    "Where",	 "Reason",  "Function" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(text_of(one, keys[i]), text_of(other, keys[i])) != 0)
			return false;
	return true;
}

/* The newer object takes the place of the older: it has the newer numbers. References are taken. 0
 * or -ENOMEM. */
int thrown_places_add(struct thrown_places *places, json_t *drop)
{
	json_t **items;

	for (size_t i = 0; i < places->n; i++)
		if (is_same(places->places[i], drop)) {
			json_decref(places->places[i]);
			places->places[i] = json_incref(drop);
			return 0;
		}
	items = grow(places->places, &places->room, places->n + 1, sizeof(json_t *));
	if (!items)
		return -ENOMEM;
	places->places = items;
	items[places->n++] = json_incref(drop);
	return 0;
}

/* The most of this interval first, then the most of all. For qsort(3). */
static int compare(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
	long long by = number_of(b, "Packets") - number_of(a, "Packets");

	if (by == 0)
		by = number_of(b, "Total") - number_of(a, "Total");
	return by < 0 ? -1 : by > 0;
}

/* A line that is wrapped counts as several. A buffer without data has none. */
static size_t lines_in(const struct buf *out)
{
	size_t n = 0;

	for (const char *at = out->data; at && (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

/* Only whole entries are shown: the last that does not fit is left out with all its lines.
 * max_lines counts the head as well. */
void thrown_places_screen(struct thrown_places *places, bool colour, size_t max_lines,
			  struct buf *out)
{
	size_t n_lines = 1;

	if (places->n > 0)
		qsort(places->places, places->n, sizeof(json_t *), compare);
	thrown_header(colour, out);
	for (size_t i = 0; i < places->n; i++) {
		struct buf line = { 0 };

		thrown_line(places->places[i], colour, &line);
		n_lines += lines_in(&line);
		if (n_lines <= max_lines)
			buf_puts(out, line.data ? line.data : "");
		buf_done(&line);
		if (n_lines > max_lines)
			break;
	}
}

/* What drops nothing in the next interval shows a dash then. The totals stay. Without memory the
 * old number stays, which is only shown once more. */
void thrown_places_age(struct thrown_places *places)
{
	for (size_t i = 0; i < places->n; i++)
		(void)json_object_set_new(places->places[i], "Packets", json_integer(0));
}

/* There is nothing afterwards, and it may be called again. */
void thrown_places_done(struct thrown_places *places)
{
	for (size_t i = 0; i < places->n; i++)
		json_decref(places->places[i]);
	free(places->places);
	*places = (struct thrown_places) { 0 };
}

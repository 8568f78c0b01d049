// SPDX-License-Identifier: GPL-2.0-or-later
// listeners.c - the verdicts on every listener of B as a person reads them, a line each
#include "cli/show/listeners.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/show/lines.h"
#include "cli/show/pasted.h"
#include "cli/show/verdict_word.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. What is not reached comes first, for that is what somebody wants to
 * know. A listener has one line, which is cut where its sentence is longer, so that the number
 * of lines is known: with -v nothing is cut or left out. The numbers of the first line say how
 * many there are of each kind, so nothing is lost by a cut. */

/* Columns count from 0. Limits of texts are letters. */
#define MARK_COLUMN 2
#define TARGET_COLUMN 6
#define TARGET_SHOWN 40
#define NAME_SHOWN 26
#define LINES_AROUND 8 /* of the screen beside the listeners: the title, gaps, notes */

/* list is a part of answers. n_left is what was not shown. answers and list are borrowed. */
struct screen {
	const json_t *answers; /* the whole document */
	const json_t *list;
	const struct explained_look *look;
	struct lines lines;
	size_t target_width, n_left;
};

/* Never NULL. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Words of the answer are compared as they are. */
static bool is(const json_t *object, const char *key, const char *value)
{
	return strcmp(text_of(object, key), value) == 0;
}

/* Of that verdict, in the whole list. A verdict that is not known here is in no such number but in
 * the total. */
static size_t count(const struct screen *screen, const char *verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(screen->list); i++)
		n += is(json_array_get(screen->list, i), "Verdict", verdict);
	return n;
}

/* --- the first line --------------------------------------------------------------------------- */

/* Four cases: nothing listens, all are reached, some are not known, some are not reached. The time
 * is told only where nothing needs attention. */
static void write_sum(const struct screen *screen, char *text, size_t size)
{
	size_t n = json_array_size(screen->list), n_well = count(screen, "reachable");
	size_t n_unknown = count(screen, "undecided");
	const char *plural = n == 1 ? "" : "s";

	if (n == 0)
		(void)snprintf(text, size, "nothing listens there");
	else if (n_well == n)
		(void)snprintf(
			text, size, "%zu listener%s, %.1f ms", n, plural,
			json_number_value(json_object_get(screen->answers, "TookMilliseconds")));
	else if (n_well + n_unknown == n)
		(void)snprintf(text, size, "of %zu listener%s %zu %s not known", n, plural,
			       n_unknown, n_unknown == 1 ? "is" : "are");
	else
		(void)snprintf(text, size, "of %zu listener%s %zu %s reached", n, plural, n_well,
			       n_well == 1 ? "is" : "are");
}

/* As the first line of one verdict, with a sum in the place of the cause. The sum goes to a line of
 * its own where it does not fit. */
static void put_first_line(struct screen *screen)
{
	const struct verdict_word *word = verdict_word(text_of(screen->answers, "Verdict"));
	char from[NAME_SHOWN + 1], to[NAME_SHOWN + 1], text[2 * NAME_SHOWN + 8], sum[96];
	struct lines *lines = &screen->lines;

	lines_cut(text_of(json_object_get(screen->answers, "From"), "Name"), sizeof(from), from);
	lines_cut(text_of(json_object_get(screen->answers, "To"), "Name"), sizeof(to), to);
	(void)snprintf(text, sizeof(text), "%s -> %s", from, to);
	lines_put(lines, text, LINES_PLAIN);
	lines_pad(lines, lines->used + 4);
	lines_put(lines, word->says, word->colour);
	write_sum(screen, sum, sizeof(sum));
	if (lines->used + 4 + strlen(sum) > LINES_WIDTH)
		lines_end(lines);
	lines_pad(lines, lines->used + 4);
	lines_wrap(lines, 4, sum);
	lines_end(lines);
}

/* --- listeners -------------------------------------------------------------------------------- */

/* "10.61.0.3:80/tcp", "[2001:db8::3]:53/udp" with_tcp false: as netctl explain takes it, where
 * TCP is the default. */
static void write_target(const json_t *verdict, bool with_tcp, char *text, size_t size)
{
	const json_t *to = json_object_get(verdict, "To");
	const char *address = text_of(to, "Address"), *protocol = text_of(to, "Protocol");
	bool is_wide = strchr(address, ':') != NULL;

	(void)snprintf(text, size, "%s%s%s:%lld%s%s", is_wide ? "[" : "", address,
		       is_wide ? "]" : "",
		       (long long)json_integer_value(json_object_get(to, "Port")),
		       with_tcp || strcmp(protocol, "tcp") != 0 ? "/" : "",
		       with_tcp || strcmp(protocol, "tcp") != 0 ? protocol : "");
}

/* Targets stand in one column, up to a limit. The sentences then begin in one column. */
static void measure(struct screen *screen)
{
	for (size_t i = 0; i < json_array_size(screen->list); i++) {
		char target[96];
		size_t len;

		write_target(json_array_get(screen->list, i), true, target, sizeof(target));
		len = strlen(target) < TARGET_SHOWN ? strlen(target) : TARGET_SHOWN;
		screen->target_width = len > screen->target_width ? len : screen->target_width;
	}
}

/* What breaks it, or who listens. The hop "to" has the program that listens. Never NULL; it may be
 * empty. */
static const char *sentence_of(const json_t *verdict)
{
	const json_t *hops = json_object_get(verdict, "Hops");
	const json_t *gap = json_array_get(json_object_get(verdict, "Unknown"), 0);

	if (*text_of(verdict, "Cause"))
		return text_of(verdict, "Cause");
	if (!is(verdict, "Verdict", "reachable"))
		return text_of(gap, "Why");
	for (size_t i = 0; i < json_array_size(hops); i++)
		if (is(json_array_get(hops, i), "Id", "to"))
			return text_of(json_array_get(hops, i), "Say");
	return "";
}

/* The sentence is cut at the edge of the screen. The mark shows the verdict without colours,
 * too. */
static void put_listener(struct screen *screen, const json_t *verdict)
{
	const struct verdict_word *word = verdict_word(text_of(verdict, "Verdict"));
	const char *sentence = sentence_of(verdict);
	struct lines *lines = &screen->lines;
	char target[LINES_WIDTH - TARGET_COLUMN], shown[LINES_WIDTH + 1];

	write_target(verdict, true, target, sizeof(target));
	lines_pad(lines, MARK_COLUMN);
	lines_put(lines, word->mark, word->colour);
	lines_pad(lines, TARGET_COLUMN);
	lines_put(lines, target, LINES_PLAIN);
	if (*sentence)
		lines_pad(lines, TARGET_COLUMN + screen->target_width + 2);
	if (screen->look->verbose) {
		lines_wrap(lines, lines->used, sentence);
	} else {
		lines_cut(sentence, LINES_WIDTH + 1 - lines->used, shown);
		lines_put(lines, shown, LINES_PLAIN);
	}
	lines_end(lines);
}

/* By the verdict, from the worst; within it in the order of the answer. The limit is that of a
 * screen. */
static void put_listeners(struct screen *screen)
{
	static const char *const order[] = { "unreachable", "partly", "undecided", "reachable" };
	size_t max = screen->look->verbose ? SIZE_MAX : EXPLAIN_LINES_MAX - LINES_AROUND;
	size_t n = 0, n_all = json_array_size(screen->list);

	/* One line says that there are more; it may as well be the last of them. */
	if (n_all == max + 1)
		max++;
	for (size_t k = 0; k < ARRAY_SIZE(order); k++)
		for (size_t i = 0; i < n_all; i++) {
			const json_t *verdict = json_array_get(screen->list, i);

			/* Compared as entries of the table, so a verdict that is not known here
			 * counts as "undecided". */
			if (verdict_word(text_of(verdict, "Verdict")) != verdict_word(order[k]))
				continue;
			if (n++ < max)
				put_listener(screen, verdict);
		}
	lines_rest(&screen->lines, MARK_COLUMN, n > max ? n - max : 0);
}

/* --- what comes below ------------------------------------------------------------------------- */

/* The first of the answer, which need not be the first of the screen. NULL: all are reached. */
static const json_t *first_that_is_not_reached(const struct screen *screen)
{
	for (size_t i = 0; i < json_array_size(screen->list); i++)
		if (!is(json_array_get(screen->list, i), "Verdict", "reachable"))
			return json_array_get(screen->list, i);
	return NULL;
}

/* Why, and what repairs it, is told of one. The command is the question about that one, whose
 * answer has it. Nothing is written where all are reached. */
static void put_see(struct screen *screen)
{
	const json_t *verdict = first_that_is_not_reached(screen);
	const char *from = text_of(json_object_get(screen->answers, "From"), "Name");
	char target[96];
	json_t *argv;

	/* A file is of another host or moment: the command would ask this one now. */
	if (!verdict || is(screen->answers, "Source", "file"))
		return;
	write_target(verdict, false, target, sizeof(target));
	argv = json_pack("[s, s, s, s]", "netctl", "explain", from, target);
	lines_label(&screen->lines, "see");
	pasted_put(&screen->lines, LINES_LABEL, argv);
	lines_end(&screen->lines);
	json_decref(argv);
}

/* Gaps and sources are of all the listeners together. */
static void put_notes(struct screen *screen)
{
	const json_t *gaps = json_object_get(screen->answers, "Unknown");

	for (size_t i = 0; i < json_array_size(gaps); i++)
		lines_paragraph(&screen->lines, "??", text_of(json_array_get(gaps, i), "Why"));
	if (is(screen->answers, "Source", "records"))
		lines_paragraph(&screen->lines, "note", EXPLAINED_FROM_RECORDS);
	else if (is(screen->answers, "Source", "file"))
		lines_paragraph(&screen->lines, "note", EXPLAINED_FROM_FILE);
}

/* It is the screen of netctl explain --all. */
void listeners_screen(const json_t *answers, const struct explained_look *look, struct buf *out)
{
	struct screen screen = { .answers = answers,
				 .list = json_object_get(answers, "Answers"),
				 .look = look,
				 .lines = { .out = out, .colour = look->colour } };

	measure(&screen);
	put_first_line(&screen);
	explained_put_with(answers, &screen.lines);
	lines_end(&screen.lines);
	put_listeners(&screen);
	if (json_array_size(screen.list) > 0)
		lines_end(&screen.lines);
	put_see(&screen);
	put_notes(&screen);
	lines_drop_gap(&screen.lines);
}

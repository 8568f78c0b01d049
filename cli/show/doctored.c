// SPDX-License-Identifier: GPL-2.0-or-later
// doctored.c - a report as a person reads it: what is wrong, why, and what repairs it
#include "cli/show/doctored.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/show/lines.h"
#include "cli/show/pasted.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. As a verdict's screen (explained.c): it is written whole, and again more
 * briefly where it has too many lines. First only the first finding keeps its reason and its
 * commands, then lists are cut. The report has its findings in the order of weight, so the
 * first is the one to act on. */

/* Each try leaves out more than the one before. The screen has to fit into EXPLAIN_LINES_MAX lines,
 * unless -v was given. */
enum brevity {
	BREVITY_NONE,  /* a reason and what to do for each that is bad */
	BREVITY_FIRST, /* for the first */
	BREVITY_LISTS, /* and a few of each list */
	BREVITY_N,
};

/* Columns count from 0, and limits are letters or entries. */
#define MARK_COLUMN 2
#define WHERE_COLUMN 6
#define WHERE_SHOWN 14
#define REPAIRS_SHOWN 3
#define LIST_SHOWN 6
#define PLACES_SHOWN 10000 /* that are counted beside those of the list */

/* As in explained.c: lines counts, and where_width is the width of the column of places. The report
 * and the look are borrowed. */
struct screen {
	const json_t *report;
	const struct explained_look *look;
	struct lines lines;
	enum brevity brevity;
	size_t where_width;
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

/* A key that is missing is a list without items, too. */
static const json_t *list_of(const json_t *object, const char *key)
{
	return json_object_get(object, key); /* a list that is none has no items */
}

/* How many of n are shown in the present try. Only the last try cuts lists. */
static size_t shown(const struct screen *screen, size_t n)
{
	return screen->brevity >= BREVITY_LISTS && n > LIST_SHOWN ? LIST_SHOWN : n;
}

/* 3 is "undecided", and any verdict that is not known here. The exit status: 0 well, 1 ill. */
int doctored_status(const json_t *report)
{
	if (is(report, "Verdict", "well"))
		return 0;
	return is(report, "Verdict", "ill") ? 1 : 3;
}

/* --- the first line --------------------------------------------------------------------------- */

/* Those that are bad; warnings are told and do not count. The verdict in the first line counts
 * these. */
static size_t count_bad(const json_t *report)
{
	const json_t *list = list_of(report, "Findings");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		n += is(json_array_get(list, i), "State", "bad");
	return n;
}

/* Neither well nor with a finding that is bad, it is undecided. The words are in capitals, so that
 * they are found at a glance. */
static void put_verdict(struct screen *screen)
{
	const json_t *report = screen->report;
	size_t n = count_bad(report);
	char text[64];

	if (is(report, "Verdict", "well")) {
		lines_put(&screen->lines, "NOTHING IS WRONG", LINES_GREEN);
	} else if (n > 0) {
		(void)snprintf(text, sizeof(text), "%zu THING%s WRONG", n,
			       n == 1 ? " IS" : "S ARE");
		lines_put(&screen->lines, text, LINES_RED);
	} else {
		lines_put(&screen->lines, "UNDECIDED", LINES_YELLOW);
	}
}

/* What, how it is, and the first thing that is wrong, or how long it took. Without a name the
 * report is about everything there is. */
static void put_first_line(struct screen *screen)
{
	struct lines *lines = &screen->lines;
	const char *name = text_of(screen->report, "Name");
	const json_t *first = json_array_get(list_of(screen->report, "Findings"), 0);
	char took[32], shown_name[NAME_LEN_MAX + 1];
	const char *cause = took;

	lines_cut(name, 27, shown_name);
	lines_put(lines, *name ? shown_name : "everything", LINES_PLAIN);
	lines_pad(lines, lines->used + 4);
	put_verdict(screen);
	(void)snprintf(took, sizeof(took), "%.1f ms",
		       json_number_value(json_object_get(screen->report, "TookMilliseconds")));
	if (count_bad(screen->report) > 0)
		cause = text_of(first, "Say");
	if (lines->used + 4 + strlen(cause) > LINES_WIDTH)
		lines_end(lines);
	lines_pad(lines, lines->used + 4);
	lines_wrap(lines, 4, cause);
	lines_end(lines);
}

/* --- findings --------------------------------------------------------------------------------- */

/* "web", or "web +8" of nine places. The same finding at several places is one line, so a fault of
 * all containers does not fill the screen. The count is never cut, only the name before it. */
static void write_place(const json_t *finding, char *text, size_t size)
{
	const json_t *places = list_of(finding, "Places");
	const char *first = json_string_value(json_array_get(places, 0));
	json_int_t n_more = json_integer_value(json_object_get(finding, "MorePlaces"));
	char cut[WHERE_SHOWN + 1], more[24] = "";
	size_t n = json_array_size(places);

	/* Of a netd elsewhere it may be any number, and the place needs room, too. */
	if (n_more > 0)
		n += n_more < PLACES_SHOWN ? (size_t)n_more : PLACES_SHOWN;
	if (n > 1)
		(void)snprintf(more, sizeof(more), " +%zu", n - 1);
	lines_cut(first ? first : "", sizeof(cut) - strlen(more), cut);
	(void)snprintf(text, size, "%s%s", cut, more);
}

/* The places are measured as they are shown. The width of the column of places. */
static void measure(struct screen *screen)
{
	const json_t *list = list_of(screen->report, "Findings");

	screen->where_width = 6;
	for (size_t i = 0; i < json_array_size(list); i++) {
		char place[WHERE_SHOWN + 24];

		write_place(json_array_get(list, i), place, sizeof(place));
		if (strlen(place) > screen->where_width)
			screen->where_width = strlen(place);
	}
}

/* A mark, a place, a sentence: findings and gaps look alike. The sentence goes on below itself. */
static void put_line(struct screen *screen, const char *mark, enum lines_colour colour,
		     const char *where, const char *say)
{
	size_t column = WHERE_COLUMN + screen->where_width + 2;

	lines_pad(&screen->lines, MARK_COLUMN);
	lines_put(&screen->lines, mark, colour);
	lines_pad(&screen->lines, WHERE_COLUMN);
	lines_put(&screen->lines, where, LINES_PLAIN);
	lines_pad(&screen->lines, column);
	lines_wrap(&screen->lines, column, say);
	lines_end(&screen->lines);
}

/* Bad findings come first, as netd has sorted them. A finding takes one line, or more where its
 * sentence is long. */
static void put_findings(struct screen *screen)
{
	const json_t *list = list_of(screen->report, "Findings");
	size_t n = shown(screen, json_array_size(list));
	/* LeftOut: netd has found more than it keeps. */
	json_int_t n_left_out = json_integer_value(json_object_get(screen->report, "LeftOut"));

	for (size_t i = 0; i < n; i++) {
		const json_t *finding = json_array_get(list, i);
		bool is_bad = is(finding, "State", "bad");
		char place[WHERE_SHOWN + 24];

		write_place(finding, place, sizeof(place));
		put_line(screen, is_bad ? "!!" : " !", is_bad ? LINES_RED : LINES_YELLOW, place,
			 text_of(finding, "Say"));
	}
	lines_rest(&screen->lines, WHERE_COLUMN, json_array_size(list) - n);
	if (n_left_out > 0) {
		char text[64];

		(void)snprintf(text, sizeof(text), "and %lld more findings", (long long)n_left_out);
		put_line(screen, "!!", LINES_RED, "", text);
	}
}

/* What was not looked at could hide anything, so it is told beside the findings. The mark is that
 * of a verdict that is not decided. */
static void put_unknown(struct screen *screen)
{
	const json_t *list = list_of(screen->report, "Unknown");
	size_t n = shown(screen, json_array_size(list));

	for (size_t i = 0; i < n; i++) {
		const json_t *gap = json_array_get(list, i);
		char where[WHERE_SHOWN + 1];

		lines_cut(text_of(gap, "Where"), sizeof(where), where);
		put_line(screen, "??", LINES_YELLOW, where, text_of(gap, "Why"));
	}
	lines_rest(&screen->lines, WHERE_COLUMN, json_array_size(list) - n);
}

/* What was looked at, in one line: that it is well needs no more. With nothing that was looked at
 * there is no such line. It says what "nothing is wrong" rests on. */
static void put_looked(struct screen *screen)
{
	static const struct {
		const char *key, *one, *several;
	} kinds[] = { { "Hosts", "host", "hosts" },
		      { "Networks", "network", "networks" },
		      { "Containers", "container", "containers" },
		      { "Ports", "published port", "published ports" },
		      { "Ways", "way", "ways" } };
	const json_t *looked = json_object_get(screen->report, "Looked");
	_cleanup_(buf_done) struct buf text = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_int_t n = json_integer_value(json_object_get(looked, kinds[i].key));

		if (n > 0)
			buf_printf(&text, "%s%lld %s", text.len > 0 ? ", " : "", (long long)n,
				   n == 1 ? kinds[i].one : kinds[i].several);
	}
	if (text.len == 0)
		return;
	buf_puts(&text, " looked at");
	lines_pad(&screen->lines, MARK_COLUMN);
	lines_put(&screen->lines, is(screen->report, "Verdict", "well") ? "ok" : " -",
		  is(screen->report, "Verdict", "well") ? LINES_GREEN : LINES_PLAIN);
	lines_pad(&screen->lines, WHERE_COLUMN);
	lines_wrap(&screen->lines, WHERE_COLUMN, text.data ? text.data : "");
	lines_end(&screen->lines);
}

/* --- what to do ------------------------------------------------------------------------------- */

/* The best one; the others with -v. They are in the order of preference. The first is labelled "do"
 * and the others "or". */
static void put_fixes(struct screen *screen, const json_t *finding)
{
	const json_t *list = list_of(finding, "Fix");
	size_t n = screen->look->verbose ? json_array_size(list) : 1;

	for (size_t i = 0; i < n && i < json_array_size(list); i++) {
		const json_t *fix = json_array_get(list, i);

		lines_label(&screen->lines, i == 0 ? "do" : "or");
		pasted_put_fix(&screen->lines, list_of(fix, "Argv"), text_of(fix, "Say"));
	}
}

/* Findings are sorted with the bad ones first, so the first that is not bad ends it. The reason,
 * what to do, and a note belong together, so they follow one another for each finding. */
static void put_reasons(struct screen *screen)
{
	const json_t *list = list_of(screen->report, "Findings");
	size_t n = screen->brevity >= BREVITY_FIRST ? 1 : json_array_size(list);

	for (size_t i = 0; i < n && i < json_array_size(list); i++) {
		const json_t *finding = json_array_get(list, i);

		if (!is(finding, "State", "bad") && !screen->look->verbose)
			break;
		lines_paragraph(&screen->lines, "why", text_of(finding, "Why"));
		put_fixes(screen, finding);
		lines_paragraph(&screen->lines, "note", text_of(finding, "Note"));
	}
}

/* --- what was done ---------------------------------------------------------------------------- */

/* Without --fix the key is not there. Null: it was asked for, and there was nobody to do it. Each
 * repair is a sentence of netd's. */
static void put_fixed(struct screen *screen)
{
	const json_t *fixed = json_object_get(screen->report, "Fixed");
	size_t n = shown(screen, json_array_size(fixed));

	if (!fixed)
		return;
	if (json_is_null(fixed))
		lines_paragraph(&screen->lines, "fix",
				"netd does not answer, so nothing was repaired");
	else if (json_array_size(fixed) == 0)
		lines_paragraph(&screen->lines, "fix", "netd had nothing to repair");
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(fixed, i));
		char line[512];

		(void)snprintf(line, sizeof(line), "netd repaired: %s", text ? text : "");
		lines_paragraph(&screen->lines, "fix", line);
	}
	lines_rest(&screen->lines, WHERE_COLUMN, json_array_size(fixed) - n);
}

/* Of a time the day and the second: "2026-05-02 08:00:11". The zone is UTC, as netd writes it; the
 * letter for it is left out. What netd repaired by itself before, whoever asks now. */
static void put_repaired(struct screen *screen)
{
	const json_t *list = list_of(screen->report, "Repaired");
	size_t n = json_array_size(list), max = screen->brevity == BREVITY_NONE ? REPAIRS_SHOWN : 1;

	/* The latest come first. */
	if (!screen->look->verbose && n > max)
		n = max;
	for (size_t i = 0; i < n; i++) {
		const json_t *repair = json_array_get(list, i);
		const char *time = text_of(repair, "Time");
		char line[512];

		(void)snprintf(line, sizeof(line), "%.10s %.8s netd repaired: %s", time,
			       strlen(time) > 11 ? time + 11 : "", text_of(repair, "What"));
		lines_paragraph(&screen->lines, "past", line);
	}
	lines_rest(&screen->lines, WHERE_COLUMN, json_array_size(list) - n);
}

/* A report from records says less about this moment than one of netd's. A person must know how old
 * the facts may be. */
static void put_source(struct screen *screen)
{
	if (is(screen->report, "Source", "records"))
		lines_paragraph(&screen->lines, "note", EXPLAINED_FROM_RECORDS);
}

/* The briefer tries have no blank lines. A gap with nothing behind it is taken away in the end. */
static void put_gap(struct screen *screen)
{
	if (screen->brevity == BREVITY_NONE)
		lines_end(&screen->lines);
}

/* The order is that of a person's questions: what is wrong, where, what can be done, what was done.
 * It is the same in all tries; the parts look at the brevity. */
static void write_screen(struct screen *screen)
{
	put_first_line(screen);
	put_gap(screen);
	put_findings(screen);
	put_unknown(screen);
	put_looked(screen);
	put_gap(screen);
	put_reasons(screen);
	put_fixed(screen);
	put_repaired(screen);
	put_source(screen);
	lines_drop_gap(&screen->lines);
}

/* The loop is that of explained_screen(). With -v one try is enough, since nothing is left out. */
void doctored_screen(const json_t *report, const struct explained_look *look, struct buf *out)
{
	struct screen screen = { .report = report, .look = look };
	size_t n_lines = SIZE_MAX;

	measure(&screen);
	for (; n_lines > EXPLAIN_LINES_MAX && screen.brevity < BREVITY_N; screen.brevity++) {
		out->len = 0;
		screen.lines = (struct lines) { .out = out, .colour = look->colour };
		write_screen(&screen);
		n_lines = look->verbose ? 0 : screen.lines.n;
	}
}

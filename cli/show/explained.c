// SPDX-License-Identifier: GPL-2.0-or-later
// explained.c - a verdict as a person reads it: who reaches whom, what breaks it, what repairs it
#include "cli/show/explained.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/show/format.h"
#include "cli/show/lines.h"
#include "cli/show/listeners.h"
#include "cli/show/pasted.h"
#include "cli/show/pictured.h"
#include "cli/show/verdict_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. A screen is written whole and its lines are counted. Where they are too
 * many it is written again, more briefly: hops that are well become one line, then those that
 * were not reached, then of each list only the beginning is shown. So what a person needs first
 * is there at any length, and nothing is cut in the middle. The verdict is read by its keys
 * alone. A key that is missing, as an older netd has it, is an empty text or an empty list, and
 * its part of the screen is left out. */

/* Each try leaves out what the one before had, and more. The screen has to fit into
 * EXPLAIN_LINES_MAX lines, unless -v was given. */
enum brevity {
	BREVITY_NONE,
	BREVITY_GOOD,  /* hops that are well are one line */
	BREVITY_LISTS, /* two of each list, and those not reached are one line */
	BREVITY_BARE,  /* one of each, and what is beside the way is left out */
	BREVITY_N,
};

/* How many entries of a list each try shows. */
static const size_t list_max[BREVITY_N] = { SIZE_MAX, SIZE_MAX, 2, 1 };

/* lines counts what was written; where_width is the width of the column of places, the same in each
 * try. The verdict and the look are borrowed. */
struct screen {
	const json_t *verdict;
	const struct explained_look *look;
	struct lines lines;
	enum brevity brevity;
	size_t where_width;
};

/* Columns count from 0. Limits of texts are letters, without the NUL. */
#define MARK_COLUMN 2
#define WHERE_COLUMN 6
#define WHERE_SHOWN 14	   /* a longer name is cut: the column must leave room for a sentence */
#define LINK_SHOWN 12	   /* "web's port" */
#define SENTENCE_SHOWN 220 /* where room is short: three lines */
#define NAME_SHOWN 26	   /* of A and of B in the first line */

/* A sentence; of one that would fill the screen alone the beginning. The words go on at `indent` in
 * the next line. */
static void wrap(struct screen *screen, size_t indent, const char *text)
{
	char beginning[SENTENCE_SHOWN + 1];

	if (screen->brevity == BREVITY_BARE) {
		lines_cut(text, sizeof(beginning), beginning);
		text = beginning;
	}
	lines_wrap(&screen->lines, indent, text);
}

/* Never NULL: what is not there is the empty text. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Words of the answer are compared as they are. An unknown word is none of those that are asked
 * for. */
static bool is(const json_t *object, const char *key, const char *value)
{
	return strcmp(text_of(object, key), value) == 0;
}

/* --- the first line --------------------------------------------------------------------------- */

/* B as it is written, with the names at most as long. name_size is the room for the name. The port
 * stands behind it, so a name that is cut keeps its port. The result always ends in a NUL, and may
 * be cut where `size` is too small. */
static void write_target(const struct screen *screen, size_t name_size, char *text, size_t size)
{
	const json_t *to = json_object_get(screen->verdict, "To");
	json_int_t port = json_integer_value(json_object_get(to, "Port"));
	const char *name = text_of(to, "Name");
	char shown[NAME_LEN_MAX + 1], behind[24] = "";
	/* Of an IPv6 address the port stands apart. "outside:ADDRESS" has a colon of its own,
	 * and the address behind it needs no brackets here. */
	bool is_wide = port > 0 && strchr(name, ':') && strchr(name, ':') != strrchr(name, ':') &&
		       strncmp(name, "outside:", 8) != 0;

	lines_cut(name, name_size < sizeof(shown) ? name_size : sizeof(shown), shown);
	if (port > 0)
		(void)snprintf(behind, sizeof(behind), ":%lld", (long long)port);
	(void)snprintf(text, size, "%s%s%s%s", is_wide ? "[" : "", shown, is_wide ? "]" : "",
		       behind);
}

/* No port was asked for, and no protocol: it was judged as a ping. The judge says so by the key
 * Assumed. The screen says "(ping)" then, so that nobody takes the verdict for one about a port. */
static bool is_assumed(const json_t *verdict)
{
	return json_is_true(json_object_get(json_object_get(verdict, "To"), "Assumed"));
}

/* A name that leads nowhere does so for ping and for everything else. Then no protocol matters, and
 * none is shown. */
static bool is_of_name(const json_t *verdict)
{
	return strncmp(text_of(verdict, "Hop"), "name", 4) == 0;
}

/* "web -> db:80/tcp", "web -> db (ping)". Names are cut, so that the verdict fits beside them. */
static void put_title(struct screen *screen)
{
	const char *protocol = text_of(json_object_get(screen->verdict, "To"), "Protocol");
	char from[NAME_SHOWN + 1], to[NAME_SHOWN + 32], text[2 * NAME_SHOWN + 64];

	lines_cut(text_of(json_object_get(screen->verdict, "From"), "Name"), sizeof(from), from);
	write_target(screen, NAME_SHOWN + 1, to, sizeof(to));
	if (is_assumed(screen->verdict))
		(void)snprintf(text, sizeof(text), "%s -> %s%s", from, to,
			       is_of_name(screen->verdict) ? "" : " (ping)");
	else
		(void)snprintf(text, sizeof(text), "%s -> %s%s%s", from, to, *protocol ? "/" : "",
			       protocol);
	lines_put(&screen->lines, text, LINES_PLAIN);
}

/* Never NULL: a verdict that is not known here is shown as undecided. */
static const struct verdict_word *word_of(const json_t *verdict)
{
	return verdict_word(text_of(verdict, "Verdict"));
}

/* Without a probe nothing disagrees. The probe is a real connection, and the verdict was read from
 * rules and addresses. */
static bool probe_disagrees(const json_t *verdict)
{
	const json_t *probe = json_object_get(verdict, "Probe");

	return json_is_object(probe) && json_is_false(json_object_get(probe, "Agrees"));
}

/* The trace disagrees when it saw the packet end at another place than the verdict says. */
static bool trace_disagrees(const json_t *verdict)
{
	const json_t *trace = json_object_get(verdict, "Trace");

	return json_is_object(trace) && json_is_false(json_object_get(trace, "Agrees"));
}

/* A probe that says something else leaves it undecided which of the two is right. The status of
 * such a verdict is that of "undecided", so a script does not trust it. */
int explained_status(const json_t *verdict)
{
	return probe_disagrees(verdict) || trace_disagrees(verdict)
		       ? verdict_word("undecided")->status
		       : word_of(verdict)->status;
}

/* What stands behind the verdict: the cause, or how long it took to find that there is none.
 * Without a cause and with a good verdict the time is all there is to say. */
static void write_cause(const struct screen *screen, char *text, size_t size)
{
	const char *cause = text_of(screen->verdict, "Cause");
	double took_ms = json_number_value(json_object_get(screen->verdict, "TookMilliseconds"));

	/* A disagreement is told first, for it makes the rest doubtful. */
	if (probe_disagrees(screen->verdict))
		(void)snprintf(text, size, "but a real connection says otherwise%s%s",
			       *cause ? ", and this was read: " : "", cause);
	else if (trace_disagrees(screen->verdict))
		(void)snprintf(text, size,
			       "but the kernel saw it end elsewhere (%s), and this was "
			       "read: %s",
			       text_of(json_object_get(screen->verdict, "Trace"), "End"), cause);
	else if (*cause || !is(screen->verdict, "Verdict", "reachable"))
		(void)snprintf(text, size, "%s", cause);
	else
		(void)snprintf(text, size, "%.1f ms", took_ms);
}

/* The title, the verdict in capitals, and behind it the cause; each goes to a line of its own where
 * it does not fit. The line ends here; what follows begins a new one. */
static void put_first_line(struct screen *screen)
{
	const struct verdict_word *word = word_of(screen->verdict);
	struct lines *lines = &screen->lines;
	char cause[512];

	write_cause(screen, cause, sizeof(cause));
	put_title(screen);
	/* What does not fit behind the title goes to a line of its own, and is not torn apart. */
	if (lines->used + 4 + strlen(word->says) > LINES_WIDTH)
		lines_end(lines);
	lines_pad(lines, lines->used + 4);
	lines_put(lines, word->says, word->colour);
	if (*cause && lines->used + 4 + strlen(cause) > LINES_WIDTH)
		lines_end(lines);
	if (*cause) {
		lines_pad(lines, lines->used + 4);
		wrap(screen, 4, cause);
	}
	lines_end(lines);
}

/* The answer of a trial is about rules that are not there; the reader must not overlook that.
 * Nothing is written for an answer about the rules that are. */
void explained_put_with(const json_t *answer, struct lines *lines)
{
	const char *with = text_of(answer, "With");
	char text[512];

	if (!*with)
		return;
	(void)snprintf(text, sizeof(text), "as if %s were loaded", with);
	lines_pad(lines, 4);
	lines_wrap(lines, 4, text);
	lines_end(lines);
}

/* --- hops ------------------------------------------------------------------------------------- */

/* A mark has two letters, so that sentences begin in one column. */
struct mark {
	const char *state, *says;
	enum lines_colour colour;
};

/* A state of a newer netd that is not known here is shown as unknown. Never NULL. */
static const struct mark *mark_of(const json_t *hop)
{
	static const struct mark marks[] = {
		{ "ok", "ok", LINES_GREEN },	  { "bad", "!!", LINES_RED },
		{ "warn", " !", LINES_YELLOW },	  { "unknown", "??", LINES_YELLOW },
		{ "skipped", " -", LINES_PLAIN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (is(hop, "State", marks[i].state))
			return &marks[i];
	return &marks[3];
}

/* The width of the column of places, from what will stand in it. */
static void measure_hops(struct screen *screen)
{
	const json_t *hops = json_object_get(screen->verdict, "Hops");

	/* At least as wide as "bridge", the most usual place. */
	screen->where_width = 6;
	for (size_t i = 0; i < json_array_size(hops); i++) {
		size_t len = strlen(text_of(json_array_get(hops, i), "Where"));

		len = len < WHERE_SHOWN ? len : WHERE_SHOWN;
		screen->where_width = len > screen->where_width ? len : screen->where_width;
	}
}

/* Two columns are for the mark: its second letter stands at the same place whatever it is. It
 * leaves the line at WHERE_COLUMN. */
static void put_mark(struct screen *screen, const json_t *hop)
{
	const struct mark *mark = mark_of(hop);

	lines_pad(&screen->lines, MARK_COLUMN);
	lines_put(&screen->lines, mark->says, mark->colour);
	lines_pad(&screen->lines, WHERE_COLUMN);
}

/* The facts of a hop in the order of the answer; numbers are whole. Each fact has a line of its
 * own, below its hop and further in. */
static void put_facts(struct screen *screen, const json_t *hop)
{
	json_t *facts = json_object_get(hop, "Facts"), *value;
	size_t column = WHERE_COLUMN + screen->where_width + 4;
	const char *key;

	json_object_foreach (facts, key, value) {
		char number[24];

		(void)snprintf(number, sizeof(number), "%lld",
			       (long long)json_integer_value(value));
		lines_pad(&screen->lines, column);
		lines_put(&screen->lines, key, LINES_PLAIN);
		lines_put(&screen->lines, " ", LINES_PLAIN);
		wrap(screen, column + 2, json_is_string(value) ? json_string_value(value) : number);
		lines_end(&screen->lines);
	}
}

/* The mark, the place, and what was found there. The line ends here. */
static void put_hop(struct screen *screen, const json_t *hop)
{
	size_t column = WHERE_COLUMN + screen->where_width + 2;
	char where[WHERE_SHOWN + 1];

	/* The name is cut here and not in the answer. */
	lines_cut(text_of(hop, "Where"), sizeof(where), where);
	put_mark(screen, hop);
	lines_put(&screen->lines, where, LINES_PLAIN);
	lines_pad(&screen->lines, column);
	wrap(screen, column, text_of(hop, "Say"));
	lines_end(&screen->lines);
	if (screen->look->verbose)
		put_facts(screen, hop);
}

/* Two hops of one place follow one another: it is named once. last: the place of the hop before,
 * uncut. The list of places is what is left of hops that are put together. */
static void add_place(struct buf *places, const json_t *hop, const char *last)
{
	char where[WHERE_SHOWN + 1];

	lines_cut(text_of(hop, "Where"), sizeof(where), where);
	if (strcmp(text_of(hop, "Where"), last) != 0)
		buf_printf(places, "%s%s", places->len > 0 ? ", " : "", where);
}

/* From hop i on those of the same state in one line; returns how many they are. The caller goes on
 * behind them. */
static size_t put_together(struct screen *screen, const json_t *hops, size_t i, const char *what)
{
	const json_t *first = json_array_get(hops, i);
	_cleanup_(buf_done) struct buf places = { 0 };
	const char *last = "";
	size_t n = 0;

	for (; i + n < json_array_size(hops); n++) {
		const json_t *hop = json_array_get(hops, i + n);

		if (strcmp(text_of(hop, "State"), text_of(first, "State")) != 0)
			break;
		add_place(&places, hop, last);
		last = text_of(hop, "Where");
	}
	/* what: words behind the number, such as how to see more. */
	buf_printf(&places, " (%zu hop%s%s)", n, n == 1 ? "" : "s", what);
	put_mark(screen, first);
	wrap(screen, WHERE_COLUMN, places.data ? places.data : "");
	lines_end(&screen->lines);
	return n;
}

/* Under a picture: only those that there is something to say about. The picture has all hops
 * already, with their marks. With -v all of them are shown again, for their facts. */
static void put_hops_to_know(struct screen *screen)
{
	const json_t *hops = json_object_get(screen->verdict, "Hops");

	for (size_t i = 0; i < json_array_size(hops); i++) {
		const json_t *hop = json_array_get(hops, i);

		if (screen->look->verbose ||
		    (!is(hop, "State", "ok") && !is(hop, "State", "skipped")))
			put_hop(screen, hop);
	}
}

/* How a run of hops is put together depends on how short the screen has to be. The order is always
 * that of the way. */
static void put_hops(struct screen *screen)
{
	const json_t *hops = json_object_get(screen->verdict, "Hops");

	for (size_t i = 0; i < json_array_size(hops);) {
		const json_t *hop = json_array_get(hops, i);

		/* Bad hops, and those that nobody could judge, always have a line of their own. */
		if (screen->brevity >= BREVITY_GOOD && is(hop, "State", "ok")) {
			i += put_together(screen, hops, i, ", -v shows them");
		} else if (screen->brevity >= BREVITY_LISTS && is(hop, "State", "skipped")) {
			i += put_together(screen, hops, i, ", not reached");
		} else {
			put_hop(screen, hop);
			i++;
		}
	}
}

/* --- what comes below ------------------------------------------------------------------------- */

/* Nothing for an empty text, so callers need not look. The label stands at the left, and the text
 * goes on below itself. */
static void put_paragraph(struct screen *screen, const char *label, const char *text)
{
	if (!*text)
		return;
	lines_label(&screen->lines, label);
	wrap(screen, LINES_LABEL, text);
	lines_end(&screen->lines);
}

/* The line has its label. The commands in Argv are shown as a shell takes them. A repair has a
 * sentence, a command, or both. */
static void put_fix(struct screen *screen, const json_t *fix)
{
	char say[SENTENCE_SHOWN + 1];

	if (screen->brevity == BREVITY_BARE)
		lines_cut(text_of(fix, "Say"), sizeof(say), say);
	pasted_put_fix(&screen->lines, json_object_get(fix, "Argv"),
		       screen->brevity == BREVITY_BARE ? say : text_of(fix, "Say"));
}

/* How many of a list are shown; the rest is counted in a line. -v shows all, since its tries end
 * with the first. */
static size_t shown(const struct screen *screen, const json_t *list)
{
	size_t n = json_array_size(list), max = list_max[screen->brevity];

	return n < max ? n : max;
}

/* The first is the best; the others are told as alternatives. Nothing is written where nothing can
 * be done. */
static void put_fixes(struct screen *screen)
{
	const json_t *list = json_object_get(screen->verdict, "Fix");
	size_t n = shown(screen, list);

	if (n == 0)
		return;
	lines_label(&screen->lines, "do");
	/* Several repairs are alternatives: doing all of them would be too much. */
	if (json_array_size(list) > 1) {
		lines_put(&screen->lines, "one of", LINES_PLAIN);
		lines_end(&screen->lines);
	}
	for (size_t i = 0; i < n; i++) {
		if (json_array_size(list) > 1)
			lines_pad(&screen->lines, LINES_LABEL);
		put_fix(screen, json_array_get(list, i));
	}
	lines_rest(&screen->lines, LINES_LABEL, json_array_size(list) - n);
}

/* Beside the way: other findings that did not break it. The last try leaves them out, and counts
 * them in one line. */
static void put_also(struct screen *screen)
{
	const json_t *list = json_object_get(screen->verdict, "Also");
	size_t n = screen->brevity == BREVITY_BARE ? 0 : shown(screen, list);

	for (size_t i = 0; i < n; i++) {
		const json_t *finding = json_array_get(list, i);

		put_paragraph(screen, is(finding, "State", "bad") ? "also" : "warn",
			      text_of(finding, "Say"));
	}
	lines_rest(&screen->lines, LINES_LABEL, json_array_size(list) - n);
}

/* What could not be looked at, and why: with it the verdict may be another. Each line is a place
 * and a reason. */
static void put_unknown(struct screen *screen)
{
	const json_t *list = json_object_get(screen->verdict, "Unknown");
	size_t n = shown(screen, list);

	for (size_t i = 0; i < n; i++) {
		const json_t *gap = json_array_get(list, i);

		lines_label(&screen->lines, "??");
		wrap(screen, LINES_LABEL, text_of(gap, "Where"));
		lines_put(&screen->lines, ": ", LINES_PLAIN);
		wrap(screen, LINES_LABEL, text_of(gap, "Why"));
		lines_end(&screen->lines);
	}
	lines_rest(&screen->lines, LINES_LABEL, json_array_size(list) - n);
}

/* Behind what became of a ping: of one as large as the way takes. The answer has it only where a
 * ping came through. `text` has the sentence so far, and is continued in place. */
static void write_large(const json_t *large, char *text, size_t size)
{
	json_int_t bytes = json_integer_value(json_object_get(large, "Bytes"));
	const char *by = text_of(large, "By");
	size_t len = strlen(text);

	if (!json_is_object(large))
		return;
	if (is(large, "Outcome", "answered"))
		(void)snprintf(text + len, size - len, "; and one of %lld bytes, too",
			       (long long)bytes);
	else if (is(large, "Outcome", "silent"))
		(void)snprintf(text + len, size - len, "; one of %lld bytes got no answer",
			       (long long)bytes);
	else
		(void)snprintf(text + len, size - len, "; one of %lld bytes was rejected by %s",
			       (long long)bytes, by);
}

/* The table has what each outcome is called in a sentence. An outcome of a newer netd that is not
 * known here gives an empty text, and no paragraph. */
static void put_probe(struct screen *screen)
{
	static const struct {
		const char *outcome, *before, *behind; /* of what was tried */
	} outcomes[] = {
		{ "connected", "a real ", " was made" },
		{ "answered", "a real ", " was answered" },
		{ "refused", "a real ", " was refused" },
		{ "rejected", "a real ", " was rejected" },
		{ "silent", "a real ", " got no answer" },
		{ "not-sent", "the kernel sent nothing for a real ", "" },
	};
	bool is_ping = is(json_object_get(screen->verdict, "To"), "Protocol", "icmp");
	const json_t *probe = json_object_get(screen->verdict, "Probe");
	double ms = json_number_value(json_object_get(probe, "Milliseconds"));
	const char *by = text_of(probe, "By");
	char text[256] = "";

	if (!json_is_object(probe))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (is(probe, "Outcome", outcomes[i].outcome))
			(void)snprintf(text, sizeof(text), "%s%s%s%s%s, %.1f ms",
				       outcomes[i].before, is_ping ? "ping" : "connection",
				       outcomes[i].behind, *by ? " by " : "", by, ms);
	write_large(json_object_get(probe, "Large"), text, sizeof(text));
	put_paragraph(screen, "seen", text);
}

/* Lines of the tracer: all, or the first and, where it ended, that one. The line at which it
 * ended is shown in any case, as it is the answer. */
static const size_t seen_max[BREVITY_N] = { SIZE_MAX, SIZE_MAX, 8, 4 };

/* Milliseconds since the first, where, by which link, what. The same columns for all lines of a
 * trace. */
static void put_seen_line(struct screen *screen, const json_t *seen)
{
	struct lines *lines = &screen->lines;
	char time[32], where[WHERE_SHOWN + 1], link[LINK_SHOWN + 1];
	size_t column = 13 + screen->where_width + LINK_SHOWN + 2;

	(void)snprintf(time, sizeof(time), "%9.3f",
		       json_number_value(json_object_get(seen, "Milliseconds")));
	lines_cut(text_of(seen, "Where"), sizeof(where), where);
	lines_put(lines, time, LINES_PLAIN);
	lines_pad(lines, 11);
	lines_put(lines, where, LINES_PLAIN);
	lines_pad(lines, column - LINK_SHOWN - 2);
	lines_cut(text_of(seen, "Link"), sizeof(link), link);
	lines_put(lines, link, LINES_PLAIN);
	lines_pad(lines, column);
	wrap(screen, column, text_of(seen, "Say"));
	lines_end(lines);
}

/* What was asked for and could not be done is told as a note. Nothing is written where nothing
 * lacks. */
static void put_lacks(struct screen *screen, const char *what, const char *lacks)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	buf_printf(&text, "%s: %s", what, lacks);
	if (*lacks)
		put_paragraph(screen, "note", text.data ? text.data : lacks);
}

/* "rule host DROP inet corp f 2: tcp dport 80 drop". A drop is in capitals and red, and stands out
 * without colours, too. */
static void put_rule(struct screen *screen, const json_t *met)
{
	struct lines *lines = &screen->lines;
	/* A chain's policy has no handle: no rule of the chain has decided. */
	bool is_drop = is(met, "Verdict", "drop"), is_policy = is(met, "Say", "policy");
	json_int_t handle = json_integer_value(json_object_get(met, "Handle"));
	_cleanup_(buf_done) struct buf text = { 0 };
	size_t column = 8 + screen->where_width + 2;
	char where[WHERE_SHOWN + 1];

	lines_cut(text_of(met, "Where"), sizeof(where), where);
	lines_pad(lines, MARK_COLUMN);
	lines_put(lines, "rule", LINES_PLAIN);
	lines_pad(lines, 8);
	lines_put(lines, where, LINES_PLAIN);
	lines_pad(lines, column);
	lines_put(lines, is_drop ? "DROP" : text_of(met, "Verdict"),
		  is_drop ? LINES_RED : LINES_PLAIN);
	lines_pad(lines, column + 8);
	buf_printf(&text, "%s %s %s", text_of(met, "Family"), text_of(met, "Table"),
		   text_of(met, "Chain"));
	if (!is_policy)
		buf_printf(&text, " %lld", (long long)handle);
	buf_printf(&text, ": %s", text_of(met, "Say"));
	wrap(screen, column + 8, text.data ? text.data : "");
	lines_end(lines);
}

/* Those that decide something; what only counts or marks, with -v. A rule that drops is shown
 * in any case. */
static const size_t rules_max[BREVITY_N] = { SIZE_MAX, SIZE_MAX, 6, 0 };

/* The rules that the packet met, in its order. */
static void put_rules(struct screen *screen, const json_t *trace)
{
	const json_t *list = json_object_get(trace, "Rules");
	size_t n_shown = 0, n_hidden = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *met = json_array_get(list, i);

		if (is(met, "Verdict", "drop") || screen->look->verbose ||
		    (n_shown < rules_max[screen->brevity] && !is(met, "Verdict", "goes on"))) {
			put_rule(screen, met);
			n_shown++;
		} else {
			n_hidden++;
		}
	}
	if (n_shown > 0)
		/* Without any that are shown, a number of hidden ones would mean nothing to a
		 * reader. */
		lines_rest(&screen->lines, LINES_LABEL, n_hidden);
	put_lacks(screen, "rules were not traced", text_of(trace, "RulesLack"));
}

/* Each line is one place at which the packet was seen. Without a trace everything here is empty,
 * and nothing is written. */
static void put_trace(struct screen *screen)
{
	const json_t *trace = json_object_get(screen->verdict, "Trace");
	const json_t *list = json_object_get(trace, "Lines");
	size_t max = seen_max[screen->brevity], n = json_array_size(list), n_hidden = 0;

	put_lacks(screen, "nothing was traced", text_of(trace, "Lacks"));
	for (size_t i = 0; i < n; i++) {
		const json_t *seen = json_array_get(list, i);

		if (i < max || is(seen, "State", "bad"))
			put_seen_line(screen, seen);
		else
			n_hidden++;
	}
	lines_rest(&screen->lines, LINES_LABEL, n_hidden);
	put_rules(screen, trace);
}

/* What a person does next who does not believe it, or cannot tell yet. The command is the same
 * question with a real connection. */
static void put_see(struct screen *screen)
{
	const json_t *to = json_object_get(screen->verdict, "To");
	char target[NAME_LEN_MAX + 32], with[NAME_LEN_MAX + 64];
	bool is_ping = is(to, "Protocol", "icmp");
	json_t *argv;

	/* No command is offered that would be refused, or that says nothing new. */
	if ((!is_ping && !json_is_integer(json_object_get(to, "Port"))) ||
	    (is_assumed(screen->verdict) && is_of_name(screen->verdict)) ||
	    json_is_object(json_object_get(screen->verdict, "Probe")) ||
	    *text_of(screen->verdict, "With") || /* a connection would meet other rules */
	    is(screen->verdict, "Verdict", "reachable") || is(screen->verdict, "Source", "file") ||
	    screen->brevity >= BREVITY_LISTS)
		return;
	write_target(screen, NAME_LEN_MAX + 1, target, sizeof(target));
	/* A line that cannot be copied helps nobody. */
	if (strlen(target) + strlen(text_of(json_object_get(screen->verdict, "From"), "Name")) >
	    LINES_WIDTH / 2)
		return;
	/* TCP is the default, and a ping that was assumed is asked for by no port. */
	(void)snprintf(with, sizeof(with), "%s%s", target,
		       is(to, "Protocol", "udp")		 ? "/udp"
		       : is_ping && !is_assumed(screen->verdict) ? "/icmp"
								 : "");
	argv = json_pack("[s, s, s, s, s]", "netctl", "explain", "--probe",
			 text_of(json_object_get(screen->verdict, "From"), "Name"), with);
	lines_label(&screen->lines, "see");
	pasted_put(&screen->lines, LINES_LABEL, argv);
	lines_end(&screen->lines);
	json_decref(argv);
}

/* Ping may be dropped where a port is open, and the other way round. So a verdict on ping says
 * nothing about a port, which people expect. It is said where there is room. */
static void put_assumed(struct screen *screen)
{
	if (is_assumed(screen->verdict) && !is_of_name(screen->verdict) &&
	    screen->brevity < BREVITY_BARE)
		put_paragraph(screen, "note",
			      "no port was asked for, so this is about ping: B:PORT asks for one");
}

/* Where the facts come from, unless that is the usual. A reader must not take a verdict from
 * records, or from a file, for one of this moment. The answer of a trial adds that nothing was
 * changed. */
static void put_source(struct screen *screen)
{
	if (*text_of(screen->verdict, "With") && !is(screen->verdict, "Verdict", "reachable"))
		put_paragraph(screen, "note",
			      "nothing was changed; what is to be done is for afterwards");
	if (is(screen->verdict, "Source", "records"))
		put_paragraph(screen, "note", EXPLAINED_FROM_RECORDS);
	else if (is(screen->verdict, "Source", "file"))
		put_paragraph(screen, "note", EXPLAINED_FROM_FILE);
}

/* With -v only: a person does not measure it. It tells how long netd took to judge. */
static void put_took(struct screen *screen)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%.1f ms",
		       json_number_value(json_object_get(screen->verdict, "TookMilliseconds")));
	if (screen->look->verbose)
		put_paragraph(screen, "took", text);
}

/* A blank line stands between parts where they are several lines each. The briefer tries save these
 * lines first. Where a part is missing, lines_drop_gap() takes the last gap away. */
static void put_gap(struct screen *screen)
{
	if (screen->brevity == BREVITY_NONE)
		lines_end(&screen->lines);
}

/* The order is that of a person's questions: what is it, where does it break, why, what can be
 * done, what else is there, and how sure is it. A part that has nothing to say writes nothing. */
static void write_screen(struct screen *screen)
{
	const json_t *verdict = screen->verdict;

	put_first_line(screen);
	explained_put_with(verdict, &screen->lines);
	put_gap(screen);
	if (screen->look->graph) {
		pictured_put(verdict, &screen->lines);
		put_gap(screen);
		put_hops_to_know(screen);
	} else {
		put_hops(screen);
	}
	if (json_array_size(json_object_get(verdict, "Hops")) > 0)
		put_gap(screen);
	put_paragraph(screen, "why", text_of(verdict, "Why"));
	put_unknown(screen);
	put_fixes(screen);
	put_paragraph(screen, "note", text_of(verdict, "Note"));
	put_also(screen);
	put_probe(screen);
	put_trace(screen);
	put_see(screen);
	put_assumed(screen);
	put_source(screen);
	put_took(screen);
	lines_drop_gap(&screen->lines);
}

/* A probe or a trace that disagrees does not change this: the verdict's own word counts for the
 * form of the screen. */
static bool is_well(const json_t *verdict)
{
	return is(verdict, "Verdict", "reachable");
}

/* https://no-color.org: set and not empty means none. A terminal of the kind "dumb" shows the codes
 * of colours as text. A pipe or a file never gets colours. */
bool explained_wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (!no || !*no) && (!term || strcmp(term, "dumb") != 0);
}

/* A template or JSON gets the whole answer, and no screen is made. 0, or the error is set. `screen`
 * makes the picture of the answer; several commands share the rest. */
int explained_show(const struct args *args, json_t *answer, explained_screen_fn *screen,
		   struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	const struct explained_look look = {
		.colour = explained_wants_colour(),
		.verbose = args_switch(args, "verbose"),
		.graph = args_switch(args, "graph"), /* a command may have no such flag */
	};
	bool done = false;
	int err = format_value(args, answer, &done, error);

	if (err < 0 || done)
		return err;
	screen(answer, &look, &out);
	return format_write(&out, error);
}

/* The answer of --all has a screen of its own. The last try is taken however long it is. */
void explained_screen(const json_t *verdict, const struct explained_look *look, struct buf *out)
{
	struct screen screen = { .verdict = verdict, .look = look };
	size_t n_lines = SIZE_MAX;

	if (json_is_array(json_object_get(verdict, "Answers"))) {
		listeners_screen(verdict, look, out);
		return;
	}
	/* It is measured once: the column does not change between tries. */
	measure_hops(&screen);
	/* Nobody reads hop by hop what works. */
	screen.brevity = is_well(verdict) && !look->verbose ? BREVITY_GOOD : BREVITY_NONE;
	for (; n_lines > EXPLAIN_LINES_MAX && screen.brevity < BREVITY_N; screen.brevity++) {
		/* The buffer is used again; what was written before is dropped. */
		out->len = 0;
		screen.lines = (struct lines) { .out = out, .colour = look->colour };
		write_screen(&screen);
		/* With -v every length is good. */
		n_lines = look->verbose ? 0 : screen.lines.n;
	}
}

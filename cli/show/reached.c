// SPDX-License-Identifier: GPL-2.0-or-later
// reached.c - who reaches which listener, and what of it has changed, as a person reads it
#include "cli/show/reached.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/show/lines.h"
#include "cli/show/verdict_word.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A listener may be asked for at several addresses, and a person wants to
 * know whether it is reached at all: of the rows about one asker and one listener the best
 * stands for all, and is called a cell. Cells are an array that is sorted; listeners, and those
 * who meet the same at one, are runs in it. So memory grows with the rows and with nothing
 * else. The matrix keeps all rows; cells point into it. */

/* Every cell has one asker and one listener, and no two cells have both in common. Cells are owned
 * by the screen and point into the matrix. */
struct cell {
	const struct matrix_row *row; /* the best */
	int rank;		      /* of its verdict: 0 is reachable */
	int class;		      /* of its listener: 0 some reach it, 1 nobody, 2 all do */
};

/* max: lines after which groups are only counted. n counts cells. The screen is freed by
 * reached_screen(). */
struct screen {
	const struct matrix *matrix;
	struct lines lines;
	struct cell *cells;
	size_t n, n_shown, max;
};

/* Limits of names are letters; a longer name is cut and ends in "~". */
#define NAMES_SHOWN 3 /* of those who meet the same */
#define NAME_SHOWN 20 /* in a column: an address outside has 17 */
#define COLUMN_GAP 2
#define TABLE_ROWS 12
#define LINES_AROUND 8 /* of the screen beside the list */

/* Never NULL. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* From the best to the worst. A verdict of a newer netd, which is not known, is the worst. The
 * numbers are compared: 0 is the best. */
static int rank_of(const char *verdict)
{
	static const char *const order[] = { "reachable", "partly", "undecided", "unreachable" };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (strcmp(order[i], verdict) == 0)
			return (int)i;
	return ARRAY_SIZE(order);
}

/* --- cells ------------------------------------------------------------------------------------ */

/* A listener is B, its port inside, and the protocol; the address and a published port are not part
 * of it. It gives the order of columns, and says whether two rows are about one listener. */
static int compare_listeners(const struct matrix_row *a, const struct matrix_row *b)
{
	int by_name = strcmp(a->to, b->to);

	if (by_name != 0)
		return by_name;
	if (a->inside != b->inside)
		return a->inside < b->inside ? -1 : 1;
	return strcmp(a->protocol, b->protocol);
}

/* Best first within one asker and listener, so that the best is found at the beginning of its run.
 * The order in which make_cells() walks: listener, asker, verdict. */
static int compare_cells(const void *left, const void *right)
{
	const struct cell *a = left, *b = right;
	int by_listener = compare_listeners(a->row, b->row);
	int by_asker = by_listener ? by_listener : strcmp(a->row->from, b->row->from);

	if (by_asker != 0 || a->rank != b->rank)
		return by_asker ? by_asker : a->rank - b->rank;
	/* Of equals the first: what is shown is the same each time. */
	return a->row < b->row ? -1 : a->row > b->row;
}

/* For comparing: a cell without a code is as good as one with an empty one. Never NULL. */
static const char *code_of(const struct cell *cell)
{
	return cell->row->code ? cell->row->code : "";
}

/* Differences first; then those who meet the same beside each other, and what is lost before what
 * works. So the first lines tell who is kept out of what others reach. The order in which
 * put_groups() walks. */
static int compare_groups(const void *left, const void *right)
{
	const struct cell *a = left, *b = right;
	int by_listener, by_code;

	if (a->class != b->class)
		return a->class - b->class;
	by_listener = compare_listeners(a->row, b->row);
	if (by_listener != 0)
		return by_listener;
	if (a->rank != b->rank)
		return b->rank - a->rank;
	by_code = strcmp(code_of(a), code_of(b));
	return by_code ? by_code : strcmp(a->row->from, b->row->from);
}

/* Both have to be the same: one asker may ask for many listeners. Such cells differ in their
 * address alone. */
static bool is_same_asker(const struct cell *a, const struct cell *b)
{
	return compare_listeners(a->row, b->row) == 0 && strcmp(a->row->from, b->row->from) == 0;
}

/* How many from `at` on are about the same listener. At least 1; `at` is a place within the
 * array. */
static size_t run_of_listener(const struct screen *screen, size_t at)
{
	size_t n = 1;

	while (at + n < screen->n &&
	       compare_listeners(screen->cells[at].row, screen->cells[at + n].row) == 0)
		n++;
	return n;
}

/* The cells are sorted by listener here, so each listener is a run. A listener that some reach and
 * others do not is of class 0: there the difference is what a person looks for. */
static void classify(struct screen *screen)
{
	for (size_t at = 0, n; at < screen->n; at += n) {
		size_t n_well = 0;

		n = run_of_listener(screen, at);
		for (size_t i = at; i < at + n; i++)
			n_well += screen->cells[i].rank == 0;
		for (size_t i = at; i < at + n; i++)
			/* 1 when n_well is 0, and 0 for "some". */
			screen->cells[i].class = n_well == n ? 2 : n_well == 0;
	}
}

/* The cells are the caller's to free. The room is for all rows; fewer cells come out. 0 or
 * -ENOMEM. */
static int make_cells(struct screen *screen)
{
	const struct matrix *matrix = screen->matrix;
	struct cell *cells = calloc(matrix->n ? matrix->n : 1, sizeof(*cells));
	size_t n = 0;

	if (!cells)
		return -ENOMEM;
	for (size_t i = 0; i < matrix->n; i++)
		cells[i] = (struct cell) { .row = &matrix->rows[i],
					   .rank = rank_of(matrix->rows[i].verdict) };
	qsort(cells, matrix->n, sizeof(*cells), compare_cells);
	/* The best of a run is its first, and the others are dropped. */
	for (size_t i = 0; i < matrix->n; i++)
		if (n == 0 || !is_same_asker(&cells[n - 1], &cells[i]))
			cells[n++] = cells[i];
	screen->cells = cells;
	screen->n = n;
	classify(screen);
	return 0;
}

/* --- the first line --------------------------------------------------------------------------- */

/* The numbers are those of cells: addresses of one listener count once. "Undecided" is told apart,
 * since such a pair may work. */
static void put_first_line(struct screen *screen)
{
	size_t n_well = 0, n_unknown = 0;
	struct lines *lines = &screen->lines;
	char text[160];

	for (size_t i = 0; i < screen->n; i++) {
		n_well += screen->cells[i].rank == 0;
		n_unknown += screen->cells[i].rank == rank_of("undecided");
	}
	(void)snprintf(text, sizeof(text), "of %zu pairs %zu work%s", screen->n, n_well,
		       n_well == 1 ? "s" : "");
	lines_put(lines, text, LINES_PLAIN);
	if (n_unknown > 0) {
		(void)snprintf(text, sizeof(text), ", %zu not decided", n_unknown);
		lines_put(lines, text, LINES_YELLOW);
	}
	(void)snprintf(
		text, sizeof(text), "%.1f ms",
		json_number_value(json_object_get(screen->matrix->document, "TookMilliseconds")));
	lines_pad(lines, lines->used + 4);
	lines_put(lines, text, LINES_PLAIN);
	lines_end(lines);
	/* A trial says so before anything else. */
	explained_put_with(screen->matrix->document, lines);
	lines_end(lines);
}

/* --- a table ---------------------------------------------------------------------------------- */

/* "db:80/tcp". The port is the one inside, which is the same whatever is published. */
static void write_listener(const struct matrix_row *row, char *text, size_t size)
{
	char name[NAME_SHOWN + 1];

	lines_cut(row->to, sizeof(name), name);
	(void)snprintf(text, size, "%s:%u/%s", name, row->inside, row->protocol);
}

/* The name is cut to a fixed room, so a column has a limit. In columns, with the gap behind it. */
static size_t width_of(const struct matrix_row *row)
{
	char text[64];

	write_listener(row, text, sizeof(text));
	return strlen(text) + COLUMN_GAP;
}

/* Whether the listeners fit beside each other. Both in width and in height; where they do not,
 * groups are shown. A name of an asker takes NAME_SHOWN letters in any case. */
static bool fits(const struct screen *screen)
{
	size_t used = NAME_SHOWN + COLUMN_GAP;
	const json_t *askers = json_object_get(screen->matrix->document, "Askers");

	for (size_t at = 0; at < screen->n && used <= LINES_WIDTH;
	     at += run_of_listener(screen, at))
		used += width_of(screen->cells[at].row);
	return used <= LINES_WIDTH && json_array_size(askers) <= TABLE_ROWS;
}

/* One column for each listener. The widths are the same as in put_table_row(). */
static void put_heading(struct screen *screen)
{
	struct lines *lines = &screen->lines;
	size_t column = NAME_SHOWN + COLUMN_GAP;

	lines_put(lines, "from", LINES_PLAIN);
	for (size_t at = 0; at < screen->n; at += run_of_listener(screen, at)) {
		char text[64];

		write_listener(screen->cells[at].row, text, sizeof(text));
		lines_pad(lines, column);
		lines_put(lines, text, LINES_PLAIN);
		column += width_of(screen->cells[at].row);
	}
	lines_end(lines);
}

/* NULL: the asker is the listener's own container, which was not asked. `at` and `n` are the run of
 * one listener. */
static const struct cell *cell_of(const struct screen *screen, size_t at, size_t n,
				  const char *from)
{
	for (size_t i = at; i < at + n; i++)
		if (strcmp(screen->cells[i].row->from, from) == 0)
			return &screen->cells[i];
	return NULL;
}

/* from: who asks. A listener that is its own is not asked for, and has a dash. A verdict is shown
 * by its short word, which fits into every column. */
static void put_table_row(struct screen *screen, const char *from)
{
	struct lines *lines = &screen->lines;
	size_t column = NAME_SHOWN + COLUMN_GAP;
	char name[NAME_SHOWN + 1];

	lines_cut(from, sizeof(name), name);
	lines_put(lines, name, LINES_PLAIN);
	for (size_t at = 0, n; at < screen->n; at += n) {
		const struct cell *cell;

		n = run_of_listener(screen, at);
		cell = cell_of(screen, at, n, from);
		lines_pad(lines, column);
		if (cell) {
			const struct verdict_word *word = verdict_word(cell->row->verdict);

			lines_put(lines, word->brief, word->colour);
		} else {
			lines_put(lines, "-", LINES_PLAIN); /* itself */
		}
		column += width_of(screen->cells[at].row);
	}
	lines_end(lines);
}

/* A row for each asker, in the order of the answer. An asker that is no text is passed over. */
static void put_table(struct screen *screen)
{
	const json_t *askers = json_object_get(screen->matrix->document, "Askers");

	put_heading(screen);
	for (size_t i = 0; i < json_array_size(askers); i++) {
		const char *from = json_string_value(json_array_get(askers, i));

		if (from)
			put_table_row(screen, from);
	}
	lines_end(&screen->lines);
}

/* The list is sorted by compare_groups() when this is called, so a group is a run. --- groups
 * ----------------------------------------------------------------------------------- */

/* Askers of a group meet the same, for the same reason. */
static bool is_same_group(const struct cell *a, const struct cell *b)
{
	return compare_listeners(a->row, b->row) == 0 && a->rank == b->rank &&
	       strcmp(code_of(a), code_of(b)) == 0;
}

/* "web, app, x, +3 -> db:80/tcp no rules-drop". `cells` is a group: the first stands for all, but
 * for the askers' names. */
static void put_group(struct screen *screen, const struct cell *cells, size_t n)
{
	const struct verdict_word *word = verdict_word(cells->row->verdict);
	struct lines *lines = &screen->lines;
	char text[64];

	lines_pad(lines, 1);
	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
		char name[NAME_SHOWN + 1];

		lines_cut(cells[i].row->from, sizeof(name), name);
		lines_put(lines, i > 0 ? ", " : " ", LINES_PLAIN);
		lines_put(lines, name, LINES_PLAIN);
	}
	/* The names that are not shown are counted. */
	if (n > NAMES_SHOWN) {
		(void)snprintf(text, sizeof(text), ", +%zu", n - NAMES_SHOWN);
		lines_put(lines, text, LINES_PLAIN);
	}
	write_listener(cells->row, text, sizeof(text));
	/* 8 is the room for a verdict's word. */
	if (lines->used + 4 + strlen(text) + 8 > LINES_WIDTH) {
		lines_end(lines);
		lines_pad(lines, 4);
	}
	lines_put(lines, " -> ", LINES_PLAIN);
	lines_put(lines, text, LINES_PLAIN);
	lines_pad(lines, lines->used + 2);
	lines_put(lines, word->brief, word->colour);
	/* The code says what breaks it, for those who look it up. */
	if (cells->row->code) {
		lines_pad(lines, lines->used + 2);
		lines_wrap(lines, 6, cells->row->code);
	}
	lines_end(lines);
}

/* It sorts the cells anew; the table is not drawn behind it. A group takes a line or two. */
static void put_groups(struct screen *screen)
{
	size_t n_left = 0;

	qsort(screen->cells, screen->n, sizeof(*screen->cells), compare_groups);
	for (size_t at = 0, n; at < screen->n; at += n) {
		for (n = 1; at + n < screen->n &&
			    is_same_group(&screen->cells[at], &screen->cells[at + n]);)
			n++;
		/* Groups that find no room are counted, and told by one line. */
		if (screen->lines.n < screen->max)
			put_group(screen, &screen->cells[at], n);
		else
			n_left++;
	}
	lines_rest(&screen->lines, 2, n_left);
	lines_end(&screen->lines);
}

/* Rows as they are, with their addresses: only -v shows them. */

/* --- pairs ------------------------------------------------------------------------------------ */

/* "web -> db 10.61.0.3:80/tcp". An IPv6 address stands in brackets before its port. */
static void write_pair(const struct matrix_row *row, char *text, size_t size)
{
	bool is_wide = strchr(row->address, ':') != NULL;
	char from[NAME_SHOWN + 1], to[NAME_SHOWN + 1], address[48];

	lines_cut(row->from, sizeof(from), from);
	lines_cut(row->to, sizeof(to), to);
	lines_cut(row->address, sizeof(address), address);
	(void)snprintf(text, size, "%s -> %s %s%s%s:%u/%s", from, to, is_wide ? "[" : "", address,
		       is_wide ? "]" : "", row->port, row->protocol);
}

/* row NULL: the pair is on one side of a comparison only. The code follows the word, for those who
 * look it up. */
static void put_verdict(struct lines *lines, const struct matrix_row *row)
{
	const struct verdict_word *word = row ? verdict_word(row->verdict) : NULL;

	lines_put(lines, word ? word->brief : "not there", word ? word->colour : LINES_PLAIN);
	if (row && row->code) {
		lines_put(lines, " ", LINES_PLAIN);
		lines_wrap(lines, 6, row->code);
	}
}

/* Each line stands for one address. All rows are shown, however many: that is what -v asks for. */
static void put_pairs(struct screen *screen)
{
	for (size_t i = 0; i < screen->matrix->n; i++) {
		const struct matrix_row *row = &screen->matrix->rows[i];
		char text[160];

		write_pair(row, text, sizeof(text));
		lines_pad(&screen->lines, 2);
		lines_put(&screen->lines, text, LINES_PLAIN);
		lines_pad(&screen->lines, screen->lines.used + 2);
		put_verdict(&screen->lines, row);
		lines_end(&screen->lines);
	}
	lines_end(&screen->lines);
}

/* --- what comes below ------------------------------------------------------------------------- */

/* Two gaps are shown: with more of them something general is wrong, and the rest says the same. A
 * gap is a part of the host that could not be looked at. */
static void put_notes(struct screen *screen)
{
	const json_t *document = screen->matrix->document;
	const json_t *gaps = json_object_get(document, "Unknown");
	size_t n = json_array_size(gaps), shown = n < 2 ? n : 2;

	for (size_t i = 0; i < shown; i++) {
		char text[160];

		(void)snprintf(text, sizeof(text), "%s: %s",
			       text_of(json_array_get(gaps, i), "Where"),
			       text_of(json_array_get(gaps, i), "Why"));
		lines_paragraph(&screen->lines, "??", text);
	}
	lines_rest(&screen->lines, LINES_LABEL, n - shown);
	if (strcmp(text_of(document, "Source"), "records") == 0)
		lines_paragraph(&screen->lines, "note", EXPLAINED_FROM_RECORDS);
	lines_drop_gap(&screen->lines);
}

/* max is far beyond what a person reads where -v was given. The cells are made later; a screen of
 * changes has none. */
static struct screen screen_new(const struct matrix *matrix, const struct explained_look *look,
				struct buf *out)
{
	return (struct screen) { .matrix = matrix,
				 .max = look->verbose ? SIZE_MAX
						      : EXPLAIN_LINES_MAX - LINES_AROUND + 2,
				 .lines = { .out = out, .colour = look->colour } };
}

/* One of three forms: pairs with -v, a table where it fits, and groups. 0 or -ENOMEM, and then
 * `out` may have a part. */
int reached_screen(const struct matrix *matrix, const struct explained_look *look, struct buf *out)
{
	struct screen screen = screen_new(matrix, look, out);

	if (make_cells(&screen) < 0)
		return -ENOMEM;
	put_first_line(&screen);
	if (look->verbose)
		put_pairs(&screen);
	else if (screen.n > 0 && fits(&screen))
		put_table(&screen);
	else if (screen.n > 0)
		put_groups(&screen);
	put_notes(&screen);
	free(screen.cells);
	return 0;
}

/* --- what has changed ------------------------------------------------------------------------- */

/* "web -> db 10.61.0.3:80/tcp yes => no rules-drop". A pair that is on one side only is shown as
 * "not there" on the other. */
static void put_change(struct screen *screen, const struct matrix_change *change)
{
	struct lines *lines = &screen->lines;
	char text[160];

	write_pair(change->is ? change->is : change->was, text, sizeof(text));
	lines_pad(lines, 2);
	lines_put(lines, text, LINES_PLAIN);
	lines_pad(lines, lines->used + 2);
	/* Both, one behind the other, have to fit where they are not to be torn apart. Half of
	 * a line is left for both verdicts. */
	if (lines->used > LINES_WIDTH / 2) {
		lines_end(lines);
		lines_pad(lines, 6);
	}
	put_verdict(lines, change->was);
	lines_put(lines, " => ", LINES_PLAIN);
	put_verdict(lines, change->is);
	lines_end(lines);
}

/* What came and went by chance is counted apart: it is no change that somebody has made. `is` is
 * the matrix of now; both ends of each change point into a matrix that is still there. */
void reached_changes_screen(const struct matrix *is, const struct matrix_changes *changes,
			    const char *file, const struct explained_look *look, struct buf *out)
{
	struct screen screen = screen_new(is, look, out);
	char text[256], name[101];
	size_t i = 0;

	lines_cut(file, sizeof(name), name);
	if (changes->n == 0)
		(void)snprintf(text, sizeof(text), "nothing has changed since %s was saved", name);
	else
		(void)snprintf(text, sizeof(text), "%zu pair%s changed since %s was saved",
			       changes->n, changes->n == 1 ? " has" : "s have", name);
	lines_wrap(&screen.lines, 0, text);
	lines_end(&screen.lines);
	explained_put_with(is->document, &screen.lines);
	lines_end(&screen.lines);
	while (i < changes->n && screen.lines.n < screen.max)
		put_change(&screen, &changes->items[i++]);
	lines_rest(&screen.lines, 2, changes->n - i);
	if (changes->n > 0)
		lines_end(&screen.lines);
	if (changes->n_passing > 0) {
		(void)snprintf(text, sizeof(text),
			       "left out: %zu pair%s with a UDP socket that came or went on a port "
			       "that the kernel gives to who asks others",
			       changes->n_passing, changes->n_passing == 1 ? "" : "s");
		lines_wrap(&screen.lines, 0, text);
		lines_end(&screen.lines);
	}
	put_notes(&screen);
}

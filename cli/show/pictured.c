// SPDX-License-Identifier: GPL-2.0-or-later
// pictured.c - the way of a packet as a picture of boxes and arrows
#include "cli/show/pictured.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <string.h>

/* Theory of operation. Hops of one place are one box, whose state is the worst of theirs. A box is
 * two edges, the lines of its text, and its mark below; a row of boxes is drawn line by line, all
 * as high as the highest:
 *
 *	+-----------+       +--------+       ########       ............
 *	| web       | ----> | blue   | ----> # host #  . .  : db       :
 *	| 10.61.0.2 |       | bridge |       #      #       : 10.61.0.3:
 *
 * What was judged behind the way back (a link that is too small) belongs to a box that is there. */

/* All sizes are letters. */
#define INDENT 2
#define ARROW 7	      /* columns between two boxes */
#define FRAME 4	      /* columns of a box beside its text */
#define TEXT_SHOWN 39 /* an IPv6 address; a longer name goes on in the next line */

/* below: a second text, in the lines behind the name. Columns and widths are counted in letters.
 * All texts belong to the verdict. */
struct box {
	const char *name, *below; /* the verdict's */
	const char *id;		  /* of its first hop: "bridge.port" */
	int state;		  /* an index of looks */
	size_t column, width;
};

/* The boxes are in the order of the way. Names point into the verdict, which must be there. It
 * lives on the stack and owns nothing. */
struct picture {
	struct box boxes[DIAG_HOPS_MAX + 2]; /* and A and B, where no hop is theirs */
	size_t n;
	const json_t *back; /* the hop; NULL: there is none */
};

/* From the least to the worst; corner, edge, side. The order of the numbers is used: the state
 * of a box is the largest of its hops. */
enum look { LOOK_SKIPPED, LOOK_OK, LOOK_WARN, LOOK_UNKNOWN, LOOK_BAD, LOOK_N };
static const struct {
	const char *state, *mark;
	char corner, edge, side;
	enum lines_colour colour;
} looks[LOOK_N] = {
	[LOOK_SKIPPED] = { "skipped", "-", '.', '.', ':', LINES_PLAIN },
	[LOOK_OK] = { "ok", "ok", '+', '-', '|', LINES_GREEN },
	[LOOK_WARN] = { "warn", "!", '+', '-', '|', LINES_YELLOW },
	[LOOK_UNKNOWN] = { "unknown", "??", '?', '-', '?', LINES_YELLOW },
	[LOOK_BAD] = { "bad", "!!", '#', '#', '#', LINES_RED },
};

/* Never NULL. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* The state is a word, and its place in the table is compared. The result is a place in looks[]. */
static int look_of(const json_t *hop)
{
	for (int look = 0; look < LOOK_N; look++)
		if (strcmp(text_of(hop, "State"), looks[look].state) == 0)
			return look;
	return LOOK_UNKNOWN; /* of a newer netd */
}

/* "bridge.port" is of the bridge. A place is a whole word of the id: "to" is not the beginning of
 * "tox". */
static bool is_of(const char *id, const char *place)
{
	size_t len = strlen(place);

	return strncmp(id, place, len) == 0 && (id[len] == '\0' || id[len] == '.');
}

/* --- what there is to draw -------------------------------------------------------------------- */

/* Boxes from `at` on move up by one; the array has room for two more than there are hops. The box
 * has no width yet. The pointer is good until the next box is added. */
static struct box *add_box(struct picture *picture, size_t at, const char *id, const char *name,
			   int state)
{
	struct box *box = &picture->boxes[at];

	memmove(box + 1, box, (picture->n - at) * sizeof(*box));
	picture->n++;
	*box = (struct box) { .name = name, .below = "", .id = id, .state = state };
	return box;
}

/* The box of the same part of the way; NULL: none. "to.port" and "to" are one part. Ids of hops are
 * netd's own, so their first words are known. */
static struct box *box_of(struct picture *picture, const char *id)
{
	char place[16] = "";
	size_t len = strcspn(id, ".");

	/* The longest place has fewer letters than this. */
	memcpy(place, id, len < sizeof(place) ? len : sizeof(place) - 1);
	for (size_t i = 0; i < picture->n; i++)
		if (is_of(picture->boxes[i].id, place))
			return &picture->boxes[i];
	return NULL;
}

/* Each hop goes into the last box, a new one, or, behind the way back, into the box of its part. A
 * box takes the worst state of its hops. */
static void add_hop(struct picture *picture, const json_t *hop)
{
	const char *id = text_of(hop, "Id"), *where = text_of(hop, "Where");
	struct box *last = picture->n > 0 ? &picture->boxes[picture->n - 1] : NULL;
	int state = look_of(hop);

	/* Several hops are of the way back, and the worst stands for them. */
	if (is_of(id, "back")) {
		if (!picture->back || state > look_of(picture->back))
			picture->back = hop;
		return;
	}
	/* How a name becomes an address is no part of the way, unless the way ends there. */
	if (is_of(id, "name") && state <= LOOK_OK)
		return;
	if (picture->back)
		last = box_of(picture, id);
	else if (last && strcmp(last->name, where) != 0)
		last = NULL;
	if (!last)
		last = add_box(picture, picture->n, id, where, state);
	last->state = state > last->state ? state : last->state;
}

/* Whoever comes from outside, or is there, has no hop of his own. B is drawn as reached only where
 * a packet came back from it. It is called when all hops are there. */
static void add_ends(struct picture *picture, const json_t *verdict)
{
	const char *from = text_of(json_object_get(verdict, "From"), "Name");
	const char *to = text_of(json_object_get(verdict, "To"), "Name");
	bool has_from = picture->n > 0 && is_of(picture->boxes[0].id, "from");
	bool has_back = picture->back && look_of(picture->back) != LOOK_SKIPPED;

	if (!has_from)
		(void)add_box(picture, 0, "from", from, LOOK_OK);
	if (!box_of(picture, "to"))
		(void)add_box(picture, picture->n, "to", to, has_back ? LOOK_OK : LOOK_SKIPPED);
}

/* The address that was asked, where the box is whoever was asked: a published port leads to
 * another. Otherwise the address would stand below a name that does not have it. "" where the box
 * is somebody else. */
static const char *address_of(const struct box *box, const json_t *end)
{
	return strcmp(box->name, text_of(end, "Name")) == 0 ? text_of(end, "Address") : "";
}

/* What stands below the name: the address that was asked, or what the place is. "" leaves the line
 * empty. */
static const char *text_below(const struct box *box, const json_t *verdict)
{
	if (is_of(box->id, "from"))
		return address_of(box, json_object_get(verdict, "From"));
	if (is_of(box->id, "to"))
		return address_of(box, json_object_get(verdict, "To"));
	if (is_of(box->id, "bridge"))
		return "bridge";
	return is_of(box->id, "uplink") ? "uplink" : "";
}

/* Widths are known when all texts are. A box is as wide as the longer of its two texts, up to
 * TEXT_SHOWN. */
static void fill_boxes(struct picture *picture, const json_t *verdict)
{
	for (size_t i = 0; i < picture->n; i++) {
		struct box *box = &picture->boxes[i];
		const char *below = text_below(box, verdict);
		size_t longest = strlen(box->name);

		/* An address that was asked by itself is not written twice. */
		if (strcmp(below, box->name) != 0)
			box->below = below;
		longest = longest > strlen(box->below) ? longest : strlen(box->below);
		box->width = (longest < TEXT_SHOWN ? longest : TEXT_SHOWN) + FRAME;
	}
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* A text of a box takes a line also where there is none. So all boxes of a row have their marks at
 * the same height. At least 1. */
static size_t lines_taken(const char *text)
{
	size_t len = strlen(text);

	return len == 0 ? 1 : (len + TEXT_SHOWN - 1) / TEXT_SHOWN;
}

/* What stands in such a line of the text: what is below the name follows it. A text is cut into
 * pieces of TEXT_SHOWN letters. `line` counts from 0, behind the upper edge. */
static const char *text_in(const struct box *box, size_t line)
{
	const char *text = box->name;

	if (line >= lines_taken(text)) {
		line -= lines_taken(text);
		text = box->below;
	}
	return line * TEXT_SHOWN < strlen(text) ? text + line * TEXT_SHOWN : "";
}

/* text has room for a whole line of a box. The edge's letter shows the state, so a picture without
 * colours says the same. */
static void put_edge(const struct box *box, char *text)
{
	memset(text, looks[box->state].edge, box->width);
	text[0] = text[box->width - 1] = looks[box->state].corner;
}

/* The two columns at each side are the frame and a blank. `inside` may be shorter than the box. */
static void put_text(const struct box *box, const char *inside, char *text)
{
	memset(text, ' ', box->width);
	text[0] = text[box->width - 1] = looks[box->state].side;
	memcpy(text + 2, inside, strnlen(inside, TEXT_SHOWN));
}

/* The mark stands below the frame, at the column of the text. The text ends behind the mark. */
static void put_mark(const struct box *box, char *text)
{
	const char *mark = looks[box->state].mark;

	memset(text, ' ', box->width);
	memcpy(text + 2, mark, strlen(mark));
	text[2 + strlen(mark)] = '\0';
}

/* line: of a row with so many lines of text. Line 0 and line n_text + 1 are edges, and the mark is
 * below. The cursor of the line stands at the box's column. */
static void put_box_line(const struct box *box, size_t line, size_t n_text, struct lines *lines)
{
	char text[TEXT_SHOWN + FRAME + 1] = "";
	/* What is well needs no colour but at its mark. */
	bool is_worth = box->state > LOOK_OK || line == n_text + 2;

	if (line == n_text + 2)
		put_mark(box, text);
	else if (line == 0 || line == n_text + 1)
		put_edge(box, text);
	else
		put_text(box, text_in(box, line - 1), text);
	lines_put(lines, text, is_worth ? looks[box->state].colour : LINES_PLAIN);
}

/* Between the names; from the second box on, also at the beginning of a row. The dots say that no
 * packet is known to come there. Both forms have six letters. */
static void put_arrow(const struct box *box, struct lines *lines)
{
	lines_put(lines, box->state == LOOK_SKIPPED ? " . . ." : " ---->", LINES_PLAIN);
}

/* Nothing where the line has come that far: lines_pad() writes a blank at least. It goes forward
 * only. */
static void pad(struct lines *lines, size_t column)
{
	if (lines->used < column)
		lines_pad(lines, column);
}

/* Boxes first to end - 1, which fit. Row by row of letters: a terminal cannot go back. The highest
 * box gives the number of lines. */
static void put_row(const struct picture *picture, size_t first, size_t end, struct lines *lines)
{
	size_t n_text = 0;

	for (size_t i = first; i < end; i++) {
		const struct box *box = &picture->boxes[i];
		size_t n = lines_taken(box->name) + lines_taken(box->below);

		n_text = n > n_text ? n : n_text;
	}
	for (size_t line = 0; line < n_text + 3; line++) {
		for (size_t i = first; i < end; i++) {
			const struct box *box = &picture->boxes[i];

			/* The arrow points at the first line of text, where the names are. */
			if (line == 1 && i > 0) {
				pad(lines, box->column - ARROW);
				put_arrow(box, lines);
			}
			pad(lines, box->column);
			put_box_line(box, line, n_text, lines);
		}
		lines_end(lines);
	}
}

/* From right to left: what is whole is drawn up to where it breaks. X marks where it breaks; which
 * hop that was is told below the picture. A way back that was not judged is not drawn. */
static void put_back(const struct picture *picture, size_t width, struct lines *lines)
{
	int state = picture->back ? look_of(picture->back) : LOOK_SKIPPED;
	bool is_bad = state == LOOK_BAD;

	if (state == LOOK_SKIPPED)
		return;
	lines_pad(lines, INDENT);
	lines_put(lines, "<", LINES_PLAIN);
	while (lines->used + 2 < width / 2)
		lines_put(lines, is_bad ? " ." : "--", LINES_PLAIN);
	lines_put(lines, is_bad ? " X--" : "--", is_bad ? LINES_RED : LINES_PLAIN);
	lines_put(lines, " back ", LINES_PLAIN);
	lines_put(lines, looks[state].mark, looks[state].colour);
	lines_put(lines, " ", LINES_PLAIN);
	while (lines->used < width)
		lines_put(lines, "-", LINES_PLAIN);
	lines_end(lines);
}

/* Puts boxes from first on where they go, and returns which does not fit any more. The first box of
 * a later row leaves room for its arrow. At least one box is placed, however wide. The result is
 * the number of the first box of the next row. */
static size_t place_row(struct picture *picture, size_t first)
{
	size_t column = first == 0 ? INDENT : INDENT + ARROW, i;

	for (i = first; i < picture->n; i++) {
		struct box *box = &picture->boxes[i];

		if (i > first && column + box->width > LINES_WIDTH)
			break;
		box->column = column;
		column += box->width + ARROW;
	}
	return i;
}

/* Hops beyond the limit are not drawn; the judge makes no more of them. A verdict without hops has
 * no picture. */
void pictured_put(const json_t *verdict, struct lines *lines)
{
	const json_t *hops = json_object_get(verdict, "Hops");
	struct picture picture = { 0 };
	size_t width = 0;

	if (json_array_size(hops) == 0)
		return;
	for (size_t i = 0; i < json_array_size(hops) && i < DIAG_HOPS_MAX; i++)
		add_hop(&picture, json_array_get(hops, i));
	add_ends(&picture, verdict);
	fill_boxes(&picture, verdict);
	for (size_t first = 0, end; first < picture.n; first = end) {
		const struct box *last;

		end = place_row(&picture, first);
		last = &picture.boxes[end - 1];
		width = last->column + last->width > width ? last->column + last->width : width;
		put_row(&picture, first, end, lines);
	}
	put_back(&picture, width, lines);
}

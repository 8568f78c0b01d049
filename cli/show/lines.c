// SPDX-License-Identifier: GPL-2.0-or-later
// lines.c - text for a terminal of 80 columns: wrapped, indented, and nothing in it that acts
#include "cli/show/lines.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. Lines are written into a buffer, and the column that was reached is
 * counted in bytes. So everything that is written is printable ASCII: what is not becomes "?",
 * and a name from outside can neither move the cursor nor change colours. Codes of colours are
 * written past the count, as they take no column. */

static const char *const colour_code[LINES_N_COLOURS] = {
	[LINES_PLAIN] = "",
	[LINES_GREEN] = "\033[32m",
	[LINES_RED] = "\033[1;31m",
	[LINES_YELLOW] = "\033[33m",
};

/* It is the only place where text is written. The count of columns is kept here alone. */
static void put(struct lines *lines, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';

		buf_append(lines->out, &c, 1);
	}
	lines->used += len;
}

/* It never breaks a line: a text that is wider than the screen is for lines_wrap(). */
void lines_put(struct lines *lines, const char *text, enum lines_colour colour)
{
	bool is_coloured = lines->colour && colour != LINES_PLAIN;

	if (is_coloured)
		buf_puts(lines->out, colour_code[colour]);
	put(lines, text, strlen(text));
	if (is_coloured)
		buf_puts(lines->out, "\033[0m");
}

/* One blank at least, so that two columns never touch. The column counts from 0. */
void lines_pad(struct lines *lines, size_t column)
{
	do {
		put(lines, " ", 1);
	} while (lines->used < column);
}

/* Lines are counted, since a screen has a limit. */
void lines_end(struct lines *lines)
{
	buf_puts(lines->out, "\n");
	lines->used = 0;
	lines->n++;
}

/* A break within a paragraph, which goes on at the indent. The new line counts like any other. */
static void break_at(struct lines *lines, size_t indent)
{
	lines_end(lines);
	if (indent > 0)
		lines_pad(lines, indent);
}

/* A word that is wider than a whole line is broken, too: a path may be. Nothing is broken at the
 * start of a line, where it would only add an empty one. The word stands where the line has come
 * to. */
static void put_word(struct lines *lines, size_t indent, const char *word, size_t len)
{
	if (lines->used > indent && lines->used + len > LINES_WIDTH)
		break_at(lines, indent);
	while (lines->used + len > LINES_WIDTH) {
		size_t room = LINES_WIDTH - lines->used;

		put(lines, word, room);
		word += room;
		len -= room;
		break_at(lines, indent);
	}
	put(lines, word, len);
}

/* Blanks of the text are where it may be broken; several of them are one. A text without blanks is
 * one word. */
void lines_wrap(struct lines *lines, size_t indent, const char *text)
{
	bool is_first = true;

	while (*text) {
		size_t blanks = strspn(text, " \t\n"), len = strcspn(text + blanks, " \t\n");

		/* A blank that stands where a line ends is not written. */
		if (!is_first && lines->used > indent && len > 0) {
			if (lines->used + 1 + len > LINES_WIDTH)
				break_at(lines, indent);
			else
				put(lines, " ", 1);
		}
		put_word(lines, indent, text + blanks, len);
		text += blanks + len;
		is_first = false;
	}
}

/* The mark says that it goes on. A text of one character has no room for it. The result always ends
 * in a NUL. `size` counts that. */
void lines_cut(const char *text, size_t size, char *ret_text)
{
	size_t len = strlen(text);

	(void)snprintf(ret_text, size, "%s", text);
	if (len >= size && size > 1)
		ret_text[size - 2] = '~';
}

/* A label stands before a paragraph, in the first columns. */
void lines_label(struct lines *lines, const char *label)
{
	lines_put(lines, label, LINES_PLAIN);
	lines_pad(lines, LINES_LABEL);
}

/* Nothing for an empty text, so callers need not look. */
void lines_paragraph(struct lines *lines, const char *label, const char *text)
{
	if (!*text)
		return;
	lines_label(lines, label);
	lines_wrap(lines, LINES_LABEL, text);
	lines_end(lines);
}

/* Nothing where nothing was left out. The line stands below the list that it is about. */
void lines_rest(struct lines *lines, size_t indent, size_t n_left)
{
	char text[64];

	if (n_left == 0)
		return;
	(void)snprintf(text, sizeof(text), "(%zu more, -v shows %s)", n_left,
		       n_left == 1 ? "it" : "them");
	lines_pad(lines, indent);
	lines_put(lines, text, LINES_PLAIN);
	lines_end(lines);
}

/* Two newlines at the end are a blank line that nothing follows. Nothing happens where the text
 * ends in a line that is not empty. */
void lines_drop_gap(struct lines *lines)
{
	struct buf *out = lines->out;

	if (out->len < 2 || strcmp(out->data + out->len - 2, "\n\n") != 0)
		return;
	out->data[--out->len] = '\0';
	lines->n--;
}

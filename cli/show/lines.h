// SPDX-License-Identifier: GPL-2.0-or-later
// lines.h - text for a terminal of 80 columns: wrapped, indented, and nothing in it that acts
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define LINES_WIDTH 80
#define LINES_LABEL 5 /* columns of "why", "do" and the like */

enum lines_colour { LINES_PLAIN, LINES_GREEN, LINES_RED, LINES_YELLOW, LINES_N_COLOURS };

struct lines {
	struct buf *out;
	size_t n;    /* that were ended */
	size_t used; /* columns of the one that is being written */
	bool colour;
};

/* Appends to the line as it is, without wrapping. What is no printable ASCII becomes "?": a name
 * inside a container may be anything, and a terminal acts on some of it. */
void lines_put(struct lines *lines, const char *text, enum lines_colour colour);
/* Blanks up to a column; at least one where the line has come further. */
void lines_pad(struct lines *lines, size_t column);
void lines_end(struct lines *lines);
/* The words of text from here on, broken at the width; what follows a break begins at indent. Does
 * not end the line. */
void lines_wrap(struct lines *lines, size_t indent, const char *text);
/* At most size - 1 characters of text, and "~" as the last where it was longer. */
void lines_cut(const char *text, size_t size, char *ret_text);
/* A label at the beginning of a line, and blanks up to where its text begins. */
void lines_label(struct lines *lines, const char *label);
/* A label and a text behind it, wrapped, with the end of the line; nothing where text is "". */
void lines_paragraph(struct lines *lines, const char *label, const char *text);
/* A line, indented, for what was left out of a list; none where nothing was. */
void lines_rest(struct lines *lines, size_t indent, size_t n_left);
/* Takes a blank line at the end away: nothing came behind it. */
void lines_drop_gap(struct lines *lines);

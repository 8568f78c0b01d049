// SPDX-License-Identifier: GPL-2.0-or-later
// table.c - text with tabs into aligned columns
#include "cli/show/table.h"

#include "base/limits.h"

#include <string.h>

#define GAP 3

/* Two walks over the text: the first finds how wide each column is, the second writes the cells
 * with blanks behind them. The text is not changed.
 *
 * The columns that a cell takes on a terminal: characters, and not bytes. */
static size_t width(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		/* Counted as columns of a terminal. Wide characters are too narrow by that, but
		 * wcwidth(3) would need a locale, and output that differs from one shell to the
		 * next. */
		n += ((unsigned char)text[i] & 0xc0) != 0x80; /* UTF-8 continuation bytes */
	return n;
}

/* A row with fewer cells than another leaves the columns behind alone. */
static void measure(const char *text, size_t widths[static TABLE_COLUMNS_MAX])
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, "\t\n");

		/* Only cells before a tab need room: what ends a line may be as long as it likes.
		 */
		if (text[len] == '\t' && column < TABLE_COLUMNS_MAX &&
		    width(text, len) > widths[column])
			widths[column] = width(text, len);
		column = text[len] == '\t' ? column + 1 : 0;
		text += len + (text[len] ? 1 : 0);
	}
}

/* A lack of memory is noted in `out`. */
void table_align(const char *text, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 }, column = 0;

	/* Two walks: the first row needs the width of the last one. */
	measure(text, widths);
	while (*text) {
		size_t len = strcspn(text, "\t\n");

		buf_append(out, text, len);
		if (text[len] == '\t') {
			/* Cells beyond the bound stand one gap apart, unaligned but all there. */
			size_t pad = column < TABLE_COLUMNS_MAX ? widths[column] - width(text, len)
								: 0;

			buf_printf(out, "%*s", (int)(pad + GAP), "");
			column++;
		} else if (text[len] == '\n') {
			buf_puts(out, "\n");
			column = 0;
		}
		text += len + (text[len] ? 1 : 0);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
// graph_markup.c - texts within SVG and HTML
#include "cli/graph/graph_markup.h"

#include "base/cleanup.h"
#include "cli/graph/graph_words.h"

#include <ctype.h>
#include <string.h>

/* The five characters that mean something in XML, in a text or in an attribute with either quote.
 * Everything else is plain ASCII by graph_words_put().
 *
 * Names of networks and containers come from whoever made them. Whatever they hold, a page or a
 * picture must show them and not act on them, so every text goes through one of these two
 * functions. */
void graph_markup_text(struct buf *out, const char *text)
{
	_cleanup_(buf_done) struct buf plain = { 0 };

	graph_words_put(&plain, text);
	for (const char *c = plain.data; c && *c; c++) {
		switch (*c) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&#39;");
			break;
		default:
			buf_append(out, c, 1);
		}
	}
	if (plain.err < 0)
		out->err = plain.err;
}

/* An id may be used in a URL and in a selector. A byte that is neither a letter, a digit nor one of
 * three marks becomes its number, so two names never give one id. The colon is no such byte, and
 * parts of an id are joined by it. The result has no quote and no blank, so it may stand in an
 * attribute as it is. */
void graph_markup_id(struct buf *out, const char *text)
{
	for (; *text; text++) {
		/* isalnum(3) takes no negative number, and depends on the locale above 127. */
		unsigned char c = (unsigned char)*text;

		if (c < 0x80 && (isalnum(c) || strchr("_.-", c)))
			buf_append(out, text, 1);
		else
			buf_printf(out, ":%02x", c);
	}
}

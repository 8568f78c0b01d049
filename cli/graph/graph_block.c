// SPDX-License-Identifier: GPL-2.0-or-later
// graph_block.c - text as blocks of lines, which are filled, framed and put beside each other
#include "cli/graph/graph_block.h"

#include "base/cleanup.h"
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A block is lines of plain ASCII, so a byte is a column. Words are put
 * behind each other until a line is full; a line has then its final length and is measured.
 * Blocks are put together by copying their lines into another block, which pads them to
 * columns. The first error stays in the block, and everything that is added afterwards is left
 * out: one look at the end is enough. */

/* Appends n times the same byte. */
static void repeat(struct buf *out, char c, size_t n)
{
	while (n-- > 0)
		buf_append(out, &c, 1);
}

/* Blanks up to a column; nothing where the line has passed it. */
static void pad_to(struct buf *out, size_t column)
{
	if (out->len < column)
		repeat(out, ' ', column - out->len);
}

/* A buffer that was never written to has no data. Never NULL. */
static const char *text_of(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

/* What a line has become: the block is as wide as its longest. It is called once for each line,
 * when nothing more comes to it. An error of the line becomes one of the block. */
static void measure(struct graph_block *block, const struct buf *text)
{
	if (text->err < 0)
		block->err = text->err;
	if (text->len > block->width)
		block->width = text->len;
}

/* The pointer is good until the next line is added, which may move all of them. NULL: an error is
 * noted in the block, now or earlier. `edge` is what a frame shows at the left of this line. */
struct buf *graph_block_line_add(struct graph_block *block, char edge)
{
	struct graph_block_line *lines = block->err < 0 ? NULL
							: grow(block->lines, &block->room,
							       block->n + 1, sizeof(*lines));

	if (!lines) {
		block->err = -ENOMEM;
		return NULL;
	}
	block->lines = lines;
	block->lines[block->n] = (struct graph_block_line) { .edge = edge };
	return &block->lines[block->n++].text;
}

/* The line that is being filled. NULL: no memory. The first word of a block makes its first
 * line. */
static struct buf *current(struct graph_block *block, const struct graph_block_fill *fill)
{
	return block->n > 0 ? &block->lines[block->n - 1].text
			    : graph_block_line_add(block, fill->edge);
}

/* The line that is left is measured, and the new one begins at the indent. NULL: no memory, which
 * the block notes. */
static struct buf *next_line(struct graph_block *block, const struct graph_block_fill *fill)
{
	struct buf *line;

	graph_block_filled(block);
	line = graph_block_line_add(block, fill->edge);
	if (line)
		pad_to(line, fill->indent);
	return line;
}

/* Nothing stands before the first word of a line but the indent. `before` is the number of blanks
 * between this word and the one before it. */
void graph_block_word(struct graph_block *block, const struct graph_block_fill *fill,
		      const char *word, size_t before)
{
	struct buf *line = current(block, fill);
	size_t len = strlen(word);

	if (!line || len == 0)
		return;
	if (line->len > fill->indent) {
		size_t end = line->len + before + len;

		/* enough ends a line that could go on: very long lines are read badly. A word
		 * that must stick to the one before it (before 0) may pass that. */
		if (end > fill->width || (end > fill->enough && before > 0))
			line = next_line(block, fill);
		else
			repeat(line, ' ', before);
	} else {
		pad_to(line, fill->indent);
	}
	/* What is wider than a whole line goes on below. With an indent as wide as the line
	 * nothing would fit, and the loop would not end. */
	while (line && line->len + len > fill->width && fill->width > fill->indent) {
		size_t fits = fill->width - line->len;

		buf_append(line, word, fits);
		word += fits;
		len -= fits;
		line = next_line(block, fill);
	}
	if (line)
		buf_append(line, word, len);
}

/* The copy is cut into words by strsep(3). Two blanks make an empty word, which is passed over.
 * Each word may end a line. */
void graph_block_words(struct graph_block *block, const struct graph_block_fill *fill,
		       const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	if (!copy)
		block->err = -ENOMEM;
	for (char *rest = copy, *word; (word = strsep(&rest, " "));)
		graph_block_word(block, fill, word, 1);
}

/* It is called when a line is complete. A block without lines is as wide as nothing. */
void graph_block_filled(struct graph_block *block)
{
	if (block->n > 0)
		measure(block, &block->lines[block->n - 1].text);
}

/* The block is as high as its highest part. A part that has ended leaves its columns blank. The
 * parts stay the caller's. */
void graph_block_beside(struct graph_block *block, const struct graph_block *parts, size_t n,
			size_t gap)
{
	size_t height = 0;

	for (size_t i = 0; i < n; i++) {
		height = parts[i].n > height ? parts[i].n : height;
		if (parts[i].err < 0)
			block->err = parts[i].err;
	}
	for (size_t row = 0; row < height; row++) {
		struct buf *line = graph_block_line_add(block, '|');
		size_t column = 0;

		for (size_t i = 0; line && i < n; column += parts[i++].width + gap) {
			if (row >= parts[i].n)
				continue;
			pad_to(line, column);
			buf_puts(line, text_of(&parts[i].lines[row].text));
		}
		if (line)
			measure(block, line);
	}
}

/* One edge of a frame, with the title behind the first corner. The upper edge has the title in it;
 * the lower one has none. */
static void put_edge(struct graph_block *block, const char *title, char edge, size_t width)
{
	struct buf *line = graph_block_line_add(block, '|');

	if (!line)
		return;
	buf_puts(line, "+");
	if (*title) {
		repeat(line, edge, 1);
		buf_printf(line, " %s ", title);
	}
	if (line->len < width - 1)
		repeat(line, edge, width - 1 - line->len);
	buf_puts(line, "+");
	measure(block, line);
}

/* The inside keeps its lines; they are copied, each with its own edge at the left. An error of the
 * inside becomes the block's own. */
void graph_block_frame(struct graph_block *block, const struct graph_block *inside,
		       const char *title, char edge)
{
	/* The frame's two columns, and a blank at its right. The head is "+= title =+", so a
	 * title may make the frame wider. */
	size_t width = inside->width + 3, head = *title ? strlen(title) + 6 : 2;

	if (inside->err < 0)
		block->err = inside->err;
	width = width < head ? head : width;
	put_edge(block, title, edge, width);
	for (size_t i = 0; i < inside->n; i++) {
		struct buf *line = graph_block_line_add(block, '|');

		if (!line)
			return;
		buf_append(line, &inside->lines[i].edge, 1);
		buf_puts(line, text_of(&inside->lines[i].text));
		pad_to(line, width - 1);
		buf_puts(line, "|");
		measure(block, line);
	}
	put_edge(block, "", edge, width);
}

/* The block may be used again afterwards: it is empty. */
void graph_block_done(struct graph_block *block)
{
	for (size_t i = 0; i < block->n; i++)
		buf_done(&block->lines[i].text);
	free(block->lines);
	*block = (struct graph_block) { 0 };
}

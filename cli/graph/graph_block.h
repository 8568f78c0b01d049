// SPDX-License-Identifier: GPL-2.0-or-later
// graph_block.h - text as blocks of lines, which are filled, framed and put beside each other
#pragma once

#include "base/buf.h"

#include <stddef.h>

struct graph_block_line {
	struct buf text;
	char edge; /* of a frame to its left */
};

/* Zeroed is empty and valid. Texts are plain ASCII (graph_words.h). */
struct graph_block {
	struct graph_block_line *lines;
	size_t n, room;
	size_t width; /* of the longest */
	int err;      /* 0 or -ENOMEM; what is added after it is left out */
};

/* How a block is filled with words: none is broken unless it is wider than the whole. */
struct graph_block_fill {
	char edge;
	size_t indent; /* of all lines but the first */
	size_t enough; /* a line of so many columns is not made longer */
	size_t width;  /* no line has more */
};

/* A line more, empty. NULL: no memory. */
struct buf *graph_block_line_add(struct graph_block *block, char edge);
/* Words behind what the last line has, before columns behind it; on the next line where it is full.
 * graph_block_filled() when they are all there. */
void graph_block_word(struct graph_block *block, const struct graph_block_fill *fill,
		      const char *word, size_t before);
/* Each of the words of text in turn. */
void graph_block_words(struct graph_block *block, const struct graph_block_fill *fill,
		       const char *text);
void graph_block_filled(struct graph_block *block);
/* n blocks beside each other below what there is, gap columns between them. */
void graph_block_beside(struct graph_block *block, const struct graph_block *parts, size_t n,
			size_t gap);
/* A frame around inside, with a title in its upper edge, which is drawn of such characters. */
void graph_block_frame(struct graph_block *block, const struct graph_block *inside,
		       const char *title, char edge);
void graph_block_done(struct graph_block *block);

// SPDX-License-Identifier: GPL-2.0-or-later
// graph_text.c - the picture for a terminal
#include "cli/graph/graph_text.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/graph/graph_block.h"
#include "cli/graph/graph_words.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. Everything is a block of lines: a container, the box of a network, the frame
 * of the host. Boxes stand beside each other as long as there is room, and then below. At the left
 * edge of a frame "~" says that this leads to the outside:
 *
 *	+- host ------------------------------------+
 *	~ *:8080/tcp -> web:80                      |
 *	|                                           |
 *	| +== blue ===========+  +== red =========+ |
 *	| ~ 10.61.0.0/24, NAT |  | 10.62.0.0/24   | |
 *	| |-- web  10.61.0.2  |  |-X db 10.62.0.2 | |
 *	| +===================+  +================+ |
 *	+-------------------------------------------+
 *
 * "=" is a bridge, "-" the link of a container, "X" one that is down or gone. */

/* All sizes are columns of a terminal, or entries. */
#define GAP 2	      /* columns between two things */
#define FRAMES 7      /* columns that the frames of the host and of a network take */
#define ENOUGH 44     /* columns of a box, behind which it goes on below */
#define LINK_LEN 3    /* "-- " */
#define COLUMN_LEN 16 /* containers in a column, if there is room for several */

/* A buffer that was never written to has no text. Never NULL. */
static const char *text_of(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

/* And empties it. Words that are empty are passed over, so callers need not look. The word is the
 * caller's buffer, which is used again for the next word. */
static void put_word(struct graph_block *block, const struct graph_block_fill *fill,
		     struct buf *word)
{
	if (word->err < 0)
		block->err = word->err;
	graph_block_word(block, fill, text_of(word), GAP);
	buf_consume(word, word->len);
}

/* The same for words that may be parted; the line ends. Blanks are where the words may be
 * parted. */
static void put_words(struct graph_block *block, const struct graph_block_fill *fill,
		      struct buf *words)
{
	if (words->err < 0)
		block->err = words->err;
	graph_block_words(block, fill, text_of(words));
	graph_block_filled(block);
	buf_consume(words, words->len);
}

/* --- a container ------------------------------------------------------------------------------ */

/* A port of the host is shown with where it leads; any other with the way it goes. Ports that lead
 * to another endpoint of the same container are shown there. */
static void put_ports_of(struct graph_block *block, const struct graph_block_fill *fill,
			 const struct graph *graph, const struct graph_endpoint *endpoint)
{
	const struct graph_container *container = endpoint->container;
	_cleanup_(buf_done) struct buf word = { 0 };

	for (size_t i = 0; i < container->n_ports; i++) {
		const struct graph_port *port = &graph->ports[container->first_port + i];

		if (port->is_twin || graph_end_of(port) != endpoint)
			continue;
		graph_words_published(port, &word);
		if (graph_is_of_host(port)) {
			buf_puts(&word, "->");
			graph_words_target(port, &word);
		} else {
			put_word(block, fill, &word);
			graph_words_put(&word, port->way);
		}
		put_word(block, fill, &word);
	}
}

/* The name, then all else, from the same column in all of a box. name_width is that of the longest
 * name of the network, so that addresses stand in one column. */
static void put_member(struct graph_block *block, const struct graph *graph,
		       const struct graph_endpoint *endpoint, size_t name_width, size_t width)
{
	struct graph_block_fill fill = { .indent = LINK_LEN, .enough = width, .width = width };
	struct buf *line = graph_block_line_add(block, '|');
	_cleanup_(buf_done) struct buf word = { 0 };

	/* The edge belongs to the frame, and the first columns to the link. */
	if (!line)
		return;
	fill.edge = '|';
	buf_puts(line, endpoint->link == GRAPH_LINK_NONE ? "   "
		       : graph_is_broken(endpoint)	 ? "-X "
							 : "-- ");
	graph_words_put(&word, endpoint->container->name);
	put_word(block, &fill, &word);
	/* Up to here the name may be cut by the width only. From here on a line is not made
	 * longer than is read well. */
	fill.enough = ENOUGH;
	fill.indent = LINK_LEN + name_width + GAP;
	graph_words_broken(endpoint, &word);
	put_word(block, &fill, &word);
	graph_words_put(&word, endpoint->ip);
	put_word(block, &fill, &word);
	graph_words_put(&word, endpoint->ip6);
	put_word(block, &fill, &word);
	graph_words_others(endpoint, &word);
	put_word(block, &fill, &word);
	put_ports_of(block, &fill, graph, endpoint);
	graph_block_filled(block);
}

/* --- a network -------------------------------------------------------------------------------- */

/* The frame's edge beside a subnet says whether it has a way out, so each subnet begins a line.
 * Below the subnets stands the bridge, or the driver of a network that has none. */
static void put_subnets(struct graph_block *block, const struct graph_network *network,
			size_t width)
{
	struct graph_block_fill fill = { .indent = 1, .enough = width, .width = width };
	_cleanup_(buf_done) struct buf word = { 0 };

	for (size_t i = 0; i < network->n_subnets; i++) {
		const struct graph_subnet *subnet = &network->subnets[i];

		fill.edge = subnet->exit == GRAPH_EXIT_NONE ? '|' : '~';
		(void)graph_block_line_add(block, fill.edge); /* which notes it where it fails */
		graph_words_subnet(network, subnet, &word);
		put_words(block, &fill, &word);
	}
	fill.edge = '|';
	(void)graph_block_line_add(block, '|'); /* the same */
	graph_words_bridge(network, &word);
	put_words(block, &fill, &word);
}

/* As wide as the longest name, where that leaves room for an address. Half of the width at the
 * most: a longer name goes on below. In columns. */
static size_t name_width_of(const struct graph *graph, const struct graph_network *network,
			    size_t width)
{
	size_t longest = 0;

	for (size_t i = 0; i < network->n_endpoints; i++) {
		const char *name = graph->endpoints[network->first_endpoint + i].container->name;

		if (strlen(name) > longest)
			longest = strlen(name);
	}
	return longest < width / 2 ? longest : width / 2;
}

/* Containers below each other; of many several columns, as far as there is room. `members` stay the
 * caller's. With one column the box is a plain list. The order is down the columns, as ls(1) has
 * it. */
static void put_columns(struct graph_block *block, struct graph_block *members, size_t n,
			size_t width)
{
	size_t widest = 1, n_columns, n_rows;

	for (size_t i = 0; i < n; i++)
		widest = members[i].width > widest ? members[i].width : widest;
	/* Three limits: what fits beside each other, what is needed, and what there is room for
	 * here. */
	n_columns = (width + GAP) / (widest + GAP);
	if (n_columns > (n + COLUMN_LEN - 1) / COLUMN_LEN)
		n_columns = (n + COLUMN_LEN - 1) / COLUMN_LEN;
	n_columns = n_columns > GRAPH_COLUMNS_MAX ? GRAPH_COLUMNS_MAX : n_columns;
	n_columns = n_columns > 0 ? n_columns : 1;
	n_rows = (n + n_columns - 1) / n_columns;
	for (size_t row = 0; row < n_rows; row++) {
		struct graph_block parts[GRAPH_COLUMNS_MAX] = { 0 };
		size_t n_parts = 0;

		/* Members go down the first column, then the second. The copy shares the lines,
		 * and only its width differs. */
		for (size_t i = row; i < n && n_parts < GRAPH_COLUMNS_MAX; i += n_rows) {
			parts[n_parts] = members[i];
			parts[n_parts++].width = widest;
		}
		graph_block_beside(block, parts, n_parts, GAP);
	}
}

/* Each member is a block of its own, since its height is not known before. A network without
 * members adds nothing. The blocks are freed here, whatever has failed. */
static void put_members(struct graph_block *block, const struct graph *graph,
			const struct graph_network *network, size_t width)
{
	size_t n = network->n_endpoints, name_width = name_width_of(graph, network, width);
	struct graph_block *members = calloc(n + 1, sizeof(*members));

	if (!members) {
		block->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n; i++)
		put_member(&members[i], graph, &graph->endpoints[network->first_endpoint + i],
			   name_width, width);
	put_columns(block, members, n, width);
	for (size_t i = 0; i < n; i++)
		graph_block_done(&members[i]);
	free(members);
}

/* A box; the title of its frame is its name, or "" where that is too long: it stands inside then.
 * `width` is the room inside the frame. */
static void put_network(struct graph_block *block, const struct graph *graph,
			const struct graph_network *network, size_t width)
{
	const struct graph_block_fill fill = { .edge = '|', .enough = width, .width = width };
	_cleanup_(graph_block_done) struct graph_block inside = { 0 };
	_cleanup_(buf_done) struct buf name = { 0 }, copy = { 0 };

	graph_words_put(&name, network->name);
	/* 6 and 3 are what graph_block_frame() adds to a title and to a width. */
	if (name.len + 6 > width + 3) {
		(void)graph_block_line_add(&inside, '|'); /* which notes it where it fails */
		buf_puts(&copy, text_of(&name));
		put_word(&inside, &fill, &copy);
		graph_block_filled(&inside);
		buf_consume(&name, name.len);
	}
	put_subnets(&inside, network, width);
	put_members(&inside, graph, network, width);
	/* The frame tells whether the network has a bridge. */
	graph_block_frame(block, &inside, text_of(&name), *network->bridge ? '=' : '-');
}

/* --- the host --------------------------------------------------------------------------------- */

/* All ports of the host as words of one paragraph, and a blank line below. Nothing is added where
 * no port is published. */
static void put_published(struct graph_block *block, const struct graph *graph, size_t width)
{
	const struct graph_block_fill fill = {
		.edge = '~', .indent = 1, .enough = width, .width = width
	};
	_cleanup_(buf_done) struct buf word = { 0 };

	for (size_t i = 0; i < graph->n_ports; i++) {
		const struct graph_port *port = &graph->ports[i];

		if (port->is_twin || !graph_is_of_host(port))
			continue;
		graph_words_published(port, &word);
		buf_puts(&word, " -> ");
		graph_words_put(&word, port->container->name);
		buf_puts(&word, ":");
		graph_words_target(port, &word);
		put_word(block, &fill, &word);
	}
	graph_block_filled(block);
	if (block->n > 0)
		(void)graph_block_line_add(block, '|'); /* which notes it where it fails */
}

/* As many boxes beside each other as there is room for. A first box that is too wide gets a shelf
 * of its own, and passes the width. `n` boxes in their order; none is moved to fill a gap, so that
 * the order stays that of names. */
static void put_shelves(struct graph_block *block, const struct graph_block *boxes, size_t n,
			size_t width)
{
	for (size_t first = 0, end; first < n; first = end) {
		_cleanup_(graph_block_done) struct graph_block shelf = { 0 };
		size_t used = boxes[first].width;

		for (end = first + 1; end < n && used + GAP + boxes[end].width <= width; end++)
			used += GAP + boxes[end].width;
		graph_block_beside(&shelf, boxes + first, end - first, GAP);
		for (size_t i = 0; i < shelf.n; i++) {
			struct buf *line = graph_block_line_add(block, '|');

			if (!line)
				break;
			/* The blank stands between the host's frame and the boxes. */
			buf_printf(line, " %s", text_of(&shelf.lines[i].text));
			graph_block_filled(block);
		}
		if (shelf.err < 0)
			block->err = shelf.err;
	}
}

/* A box is as wide as the terminal at the most. An error is noted in the block. */
static void put_networks(struct graph_block *block, const struct graph *graph, size_t width)
{
	struct graph_block *boxes = calloc(graph->n_networks + 1, sizeof(*boxes));
	size_t n = 0;

	if (!boxes) {
		block->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < graph->n_networks; i++)
		if (graph_is_drawn(&graph->networks[i]))
			put_network(&boxes[n++], graph, &graph->networks[i], width - FRAMES);
	put_shelves(block, boxes, n, width - 4);
	for (size_t i = 0; i < n; i++)
		graph_block_done(&boxes[i]);
	free(boxes);
}

/* The widths: 3 columns are the frame of the host, 4 are that and the blanks beside the boxes. The
 * picture is made whole first, since the frame of the host is as wide as its widest line. */
void graph_text(const struct graph *graph, size_t width, struct buf *out)
{
	_cleanup_(graph_block_done) struct graph_block inside = { 0 }, picture = { 0 };

	width = width < GRAPH_WIDTH_MIN ? GRAPH_WIDTH_MIN : width;
	put_published(&inside, graph, width - 3);
	put_networks(&inside, graph, width);
	graph_block_frame(&picture, &inside, "host", '-');
	for (size_t i = 0; i < picture.n; i++)
		buf_printf(out, "%s\n", text_of(&picture.lines[i].text));
	if (picture.err < 0)
		out->err = picture.err;
}

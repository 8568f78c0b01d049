// SPDX-License-Identifier: GPL-2.0-or-later
// graph_svg.c - the picture for a browser or a document
#include "cli/graph/graph_svg.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/graph/graph_block.h"
#include "cli/graph/graph_markup.h"
#include "cli/graph/graph_words.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. The texts of a part are lines of a block, whose edge says what kind of
 * line it is, so its size is known before it is drawn: letters are as wide as each other.
 * Networks are boxes from left to right in as many rows as they take, all in the frame of the
 * host, and the host's ports are tabs on the upper edge of that. In a box there is a card for
 * each container. A thick line is the bridge, a thin one leads from it to each card; it is
 * dashed, and crossed, where nothing comes through, so that colour never stands alone. First
 * all texts are written, for sizes come from them; then boxes and tabs get their places; then
 * everything is drawn in one pass. Numbers are pixels, and y grows downwards. */

/* All in pixels, or in letters where it says so. */
#define CHAR 8	      /* width of a letter, of 13 points */
#define LINE 17	      /* from one line of text to the next */
#define PAD 12	      /* between a frame and what is in it */
#define GAP 16	      /* between two boxes or cards */
#define STUB 18	      /* of a link, from the bridge to the card */
#define CARD_LEN 40   /* letters of a card's line: an IPv6 address */
#define HEAD_LEN 60   /* letters of a line above the cards, or in a tab */
#define COLUMN_LEN 10 /* cards in a column, if there is room for several */
#define PORTS_SHOWN 4 /* on a card: the tabs have them all */

/* Kinds of lines. They are the edges of lines in a block. */
#define LINE_NAME 'n'
#define LINE_PLAIN 'p'
#define LINE_DIM 'd'
#define LINE_BAD 'x'

/* x and y count from the corner of the box, so the box can be placed later. A card is owned by its
 * box, its text by the card. All sizes are pixels. */
struct card {
	const struct graph_endpoint *endpoint;
	struct graph_block text;
	size_t x, y, height; /* place within its box */
};

/* A box is the network's texts, then its bridge, then columns of cards. card_width is the same for
 * all cards of a box; cards_y is where the first row of them begins, counted from the box's top. */
struct box {
	const struct graph_network *network;
	struct graph_block head;
	struct card *cards;
	size_t n_cards, n_columns, n_rows; /* rows: cards in a column */
	size_t card_width, cards_y;
	size_t x, y, width, height;
};

/* A published port at the edge of the host. Places of tabs count from the corner of the picture. */
struct tab {
	const struct graph_port *port;
	struct graph_block text;
	size_t x, y, width, height;
};

/* host_y: where the frame of the host begins, below the tabs' upper half. It owns its boxes and
 * tabs; the graph is the caller's. */
struct picture {
	const struct graph *graph;
	struct box *boxes;
	struct tab *tabs;
	size_t n_boxes, n_tabs;
	size_t host_y, width, height;
	int err;
};

/* Colours by classes, for a bright and a dark screen. Everything stands below ".netd", so that
 * the style of a page around it is left alone. */
const char graph_svg_style[] =
	".netd text{font:13px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;"
	"white-space:pre;fill:#1f2328}\n"
	".netd .name{font-weight:bold}\n"
	".netd .dim{fill:#59636e}\n"
	".netd .host{fill:#f6f8fa;stroke:#59636e;stroke-width:2}\n"
	".netd .box{fill:#fff;stroke:#818b98}\n"
	".netd .internal .box{stroke-dasharray:8 4}\n"
	".netd .card{fill:#ddf4ff;stroke:#0969da}\n"
	".netd .bridge{stroke:#0969da;stroke-width:5;stroke-linecap:round;fill:none}\n"
	".netd .link{stroke:#0969da;stroke-width:2;fill:none}\n"
	".netd .unknown .link{stroke-dasharray:2 3}\n"
	".netd .tab{fill:#fbefff;stroke:#8250df}\n"
	".netd .broken .card{fill:#ffebe9;stroke:#cf222e;stroke-dasharray:5 3}\n"
	".netd .broken .link{stroke:#cf222e;stroke-dasharray:5 3}\n"
	".netd .cross{stroke:#cf222e;stroke-width:3;fill:none}\n"
	".netd .bad{fill:#a40e26;font-weight:bold}\n"
	"@media (prefers-color-scheme:dark){\n"
	".netd text{fill:#e6edf3}\n"
	".netd .dim{fill:#9da7b3}\n"
	".netd .host{fill:#161b22;stroke:#9da7b3}\n"
	".netd .box{fill:#0d1117;stroke:#6e7681}\n"
	".netd .card{fill:#0c2d4d;stroke:#58a6ff}\n"
	".netd .bridge,.netd .link{stroke:#58a6ff}\n"
	".netd .tab{fill:#2b1d45;stroke:#bc8cff}\n"
	".netd .broken .card{fill:#3d1214;stroke:#ff7b72}\n"
	".netd .broken .link,.netd .cross{stroke:#ff7b72}\n"
	".netd .bad{fill:#ffa198}\n"
	"}\n";

/* A buffer that was never written to has no text. */
static const char *text_of(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

/* --- texts ------------------------------------------------------------------------------------ */

/* A line of its own, and more where it is too long. Empties the word. graph_block_words() begins
 * with the line that was added here, which has the kind as its edge. A lack of memory is noted in
 * the block. */
static void put_line(struct graph_block *block, char kind, size_t width, struct buf *word)
{
	const struct graph_block_fill fill = { .edge = kind, .enough = width, .width = width };

	if (word->err < 0)
		block->err = word->err;
	if (word->len == 0)
		return;
	(void)graph_block_line_add(block, kind); /* which notes it where it fails */
	graph_block_words(block, &fill, word->data);
	graph_block_filled(block);
	buf_consume(word, word->len);
}

/* For texts of a name's kind; the others were made by graph_words_*(). */
static void put_plain(struct graph_block *block, char kind, size_t width, const char *text)
{
	_cleanup_(buf_done) struct buf word = { 0 };

	graph_words_put(&word, text);
	put_line(block, kind, width, &word);
}

/* Ports that lead to this endpoint, and no others of its container. Some only, as a card is small.
 * The line below tells how many ports the card leaves out. */
static void write_ports(struct card *card, const struct graph *graph)
{
	const struct graph_container *container = card->endpoint->container;
	_cleanup_(buf_done) struct buf word = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < container->n_ports; i++) {
		const struct graph_port *port = &graph->ports[container->first_port + i];

		/* The number is counted on, for the line below. */
		if (port->is_twin || graph_end_of(port) != card->endpoint || ++n > PORTS_SHOWN)
			continue;
		graph_words_published(port, &word);
		if (graph_is_of_host(port)) {
			buf_puts(&word, " -> ");
			graph_words_target(port, &word);
		} else {
			buf_puts(&word, " ");
			graph_words_put(&word, port->way);
		}
		put_line(&card->text, LINE_DIM, CARD_LEN, &word);
	}
	if (n > PORTS_SHOWN) {
		buf_printf(&word, "and %zu more ports", n - PORTS_SHOWN);
		put_line(&card->text, LINE_DIM, CARD_LEN, &word);
	}
}

/* The order is what a person looks for: who, what is wrong, which address, where else. An address
 * that is missing gives an empty text, and no line. */
static void write_card(struct card *card, const struct graph *graph,
		       const struct graph_endpoint *endpoint)
{
	_cleanup_(buf_done) struct buf word = { 0 };

	card->endpoint = endpoint;
	put_plain(&card->text, LINE_NAME, CARD_LEN, endpoint->container->name);
	graph_words_broken(endpoint, &word);
	put_line(&card->text, LINE_BAD, CARD_LEN, &word);
	put_plain(&card->text, LINE_PLAIN, CARD_LEN, endpoint->ip);
	put_plain(&card->text, LINE_PLAIN, CARD_LEN, endpoint->ip6);
	graph_words_others(endpoint, &word);
	put_line(&card->text, LINE_DIM, CARD_LEN, &word);
	write_ports(card, graph);
}

/* The network's name, its subnets, its bridge. An error is noted in the block, and read by
 * make_box(). */
static void write_head(struct box *box)
{
	_cleanup_(buf_done) struct buf word = { 0 };

	put_plain(&box->head, LINE_NAME, HEAD_LEN, box->network->name);
	for (size_t i = 0; i < box->network->n_subnets; i++) {
		graph_words_subnet(box->network, &box->network->subnets[i], &word);
		put_line(&box->head, LINE_PLAIN, HEAD_LEN, &word);
	}
	graph_words_bridge(box->network, &word);
	put_line(&box->head, LINE_DIM, HEAD_LEN, &word);
}

/* --- sizes and places ------------------------------------------------------------------------- */

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Column by column, from the top. Cards differ in height, so the lowest end of any column is the
 * box's. A box without cards is as high as its head. */
static void place_cards(struct box *box)
{
	size_t y = 0, lowest = 0;

	for (size_t i = 0; i < box->n_cards; i++) {
		struct card *card = &box->cards[i];

		if (i % box->n_rows == 0)
			y = box->cards_y;
		card->x = PAD + i / box->n_rows * (STUB + box->card_width + GAP);
		card->y = y;
		card->height = card->text.n * LINE + PAD;
		y += card->height + GAP;
		lowest = larger(lowest, y);
	}
	box->height = larger(box->cards_y, lowest);
}

/* All cards of a box are as wide as the widest. width: what there is at the most; one column is
 * made in any case, even when it is wider. n_rows stays 0 for a box without cards; nothing divides
 * by it then. */
static void measure_box(struct box *box, size_t width)
{
	size_t room = width - 2 * PAD, column;

	for (size_t i = 0; i < box->n_cards; i++)
		box->card_width = larger(box->card_width,
					 box->cards[i].text.width * CHAR + 2 * PAD);
	column = STUB + box->card_width + GAP;
	box->n_columns = (box->n_cards + COLUMN_LEN - 1) / COLUMN_LEN;
	if (box->n_columns > room / column)
		box->n_columns = larger(room / column, 1);
	/* Filled from the first column on: with 11 cards in 2 columns there are 6 rows. */
	if (box->n_columns > 0)
		box->n_rows = (box->n_cards + box->n_columns - 1) / box->n_columns;
	box->width = larger(box->head.width * CHAR, box->n_columns * column) + 2 * PAD;
	/* Below the text there is the bridge, and below that are the cards. */
	box->cards_y = box->head.n * LINE + 2 * PAD + PAD;
	place_cards(box);
}

/* From left to right, and below where a row is full. *width: that there is; then that it took. The
 * picture grows with what is placed, and may be wider than was asked for where one box is. */
static void place_boxes(struct picture *picture, size_t width)
{
	size_t x = 2 * PAD, y = picture->host_y + 2 * PAD + LINE, below = y;

	for (size_t i = 0; i < picture->n_boxes; i++) {
		struct box *box = &picture->boxes[i];

		/* A box that is wider than a row stands alone in it. */
		if (x > 2 * PAD && x + box->width + 2 * PAD > width) {
			x = 2 * PAD;
			y = below;
		}
		box->x = x;
		box->y = y;
		x += box->width + GAP;
		below = larger(below, y + box->height + GAP);
		picture->width = larger(picture->width, x - GAP + 2 * PAD);
	}
	picture->height = below + PAD;
}

/* On the upper edge of the host, which is below them all. Without tabs the host's frame begins at
 * the top. */
static void place_tabs(struct picture *picture, size_t width)
{
	size_t x = 2 * PAD, y = PAD, below = y;

	for (size_t i = 0; i < picture->n_tabs; i++) {
		struct tab *tab = &picture->tabs[i];

		tab->width = tab->text.width * CHAR + 2 * PAD;
		tab->height = tab->text.n * LINE + PAD;
		if (x > 2 * PAD && x + tab->width + 2 * PAD > width) {
			x = 2 * PAD;
			y = below;
		}
		tab->x = x;
		tab->y = y;
		x += tab->width + PAD;
		below = larger(below, y + tab->height + PAD / 2);
		picture->width = larger(picture->width, x + PAD);
	}
	/* The last row is on the edge. */
	picture->host_y = picture->n_tabs > 0 ? below - PAD / 2 - LINE / 2 : PAD;
}

/* --- making ----------------------------------------------------------------------------------- */

/* The texts first: the size of the box follows from them. 0, or a negative errno; the box is freed
 * by done() in any case. */
static int make_box(struct box *box, const struct graph *graph, const struct graph_network *network,
		    size_t width)
{
	box->network = network;
	write_head(box);
	box->cards = calloc(network->n_endpoints + 1, sizeof(*box->cards));
	if (!box->cards)
		return -ENOMEM;
	for (size_t i = 0; i < network->n_endpoints; i++) {
		struct card *card = &box->cards[box->n_cards++];

		write_card(card, graph, &graph->endpoints[network->first_endpoint + i]);
		if (card->text.err < 0)
			return card->text.err;
	}
	measure_box(box, width - 4 * PAD);
	return box->head.err;
}

/* A network that has nobody and belongs to every host is not drawn. 0, or a negative errno. */
static int make_boxes(struct picture *picture, size_t width)
{
	const struct graph *graph = picture->graph;
	int err = 0;

	picture->boxes = calloc(graph->n_networks + 1, sizeof(*picture->boxes));
	if (!picture->boxes)
		return -ENOMEM;
	for (size_t i = 0; err == 0 && i < graph->n_networks; i++)
		if (graph_is_drawn(&graph->networks[i]))
			err = make_box(&picture->boxes[picture->n_boxes++], graph,
				       &graph->networks[i], width);
	return err;
}

/* A tab for each port of the host; ports that need none of it are shown on their cards. 0, or a
 * negative errno. Each tab has one line, unless it is too long for one. The number of ports bounds
 * the number of tabs. */
static int make_tabs(struct picture *picture)
{
	const struct graph *graph = picture->graph;
	_cleanup_(buf_done) struct buf word = { 0 };
	int err = 0;

	picture->tabs = calloc(graph->n_ports + 1, sizeof(*picture->tabs));
	if (!picture->tabs)
		return -ENOMEM;
	for (size_t i = 0; err == 0 && i < graph->n_ports; i++) {
		const struct graph_port *port = &graph->ports[i];
		struct tab *tab = &picture->tabs[picture->n_tabs];

		/* A twin is on the tab of its other half. */
		if (port->is_twin || !graph_is_of_host(port))
			continue;
		/* Counted before it is filled, so that done() frees it in any case. */
		picture->n_tabs++;
		tab->port = port;
		graph_words_published(port, &word);
		buf_puts(&word, " -> ");
		graph_words_put(&word, port->container->name);
		buf_puts(&word, ":");
		graph_words_target(port, &word);
		put_line(&tab->text, LINE_PLAIN, HEAD_LEN, &word);
		err = tab->text.err;
	}
	return err;
}

/* It runs on a picture that was made in part: what is zero is freed as nothing. The graph is not
 * freed: it is the caller's. */
static void done(struct picture *picture)
{
	for (size_t i = 0; i < picture->n_boxes; i++) {
		struct box *box = &picture->boxes[i];

		graph_block_done(&box->head);
		for (size_t j = 0; j < box->n_cards; j++)
			graph_block_done(&box->cards[j].text);
		free(box->cards);
	}
	for (size_t i = 0; i < picture->n_tabs; i++)
		graph_block_done(&picture->tabs[i].text);
	free(picture->boxes);
	free(picture->tabs);
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* The baseline is a little above the end of the line. Texts pass graph_markup_text(), so no name
 * can end an element. The class of a line says how it looks, and the colours are the style's. */
static void put_text(const struct graph_block *text, size_t x, size_t y, struct buf *out)
{
	for (size_t i = 0; i < text->n; i++) {
		const struct graph_block_line *line = &text->lines[i];
		const char *kind = line->edge == LINE_NAME  ? " class=\"name\""
				   : line->edge == LINE_DIM ? " class=\"dim\""
				   : line->edge == LINE_BAD ? " class=\"bad\""
							    : "";

		buf_printf(out, "<text x=\"%zu\" y=\"%zu\"%s>", x, y + (i + 1) * LINE - 4, kind);
		graph_markup_text(out, text_of(&line->text));
		buf_puts(out, "</text>");
	}
}

/* It writes plain numbers and words of this file, so nothing needs quoting. Corners are round, by 6
 * pixels. */
static void put_rect(const char *kind, size_t x, size_t y, size_t width, size_t height,
		     struct buf *out)
{
	buf_printf(out,
		   "<rect class=\"%s\" x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%zu\" "
		   "rx=\"6\"/>",
		   kind, x, y, width, height);
}

/* What a page finds a container by: the name to show, the id to ask. Both attributes are escaped.
 * The tag that the caller has begun ends here. */
static void put_container(const struct graph_container *container, struct buf *out)
{
	buf_puts(out, " data-container=\"");
	graph_markup_text(out, container->name);
	buf_puts(out, "\" data-id=\"");
	graph_markup_text(out, container->id);
	buf_puts(out, "\">");
}

/* "web on blue: eth0, 02:…, host's end nd…" It is what a browser shows under the pointer. It has
 * all that is too much for the card. */
static void put_card_title(const struct graph_endpoint *endpoint, struct buf *out)
{
	buf_puts(out, "<title>");
	graph_markup_text(out, endpoint->container->name);
	buf_puts(out, " on ");
	graph_markup_text(out, endpoint->network->name);
	if (endpoint->link != GRAPH_LINK_NONE) {
		buf_puts(out, ": ");
		graph_markup_text(out, endpoint->interface);
		buf_puts(out, ", ");
		graph_markup_text(out, endpoint->mac);
		buf_puts(out, ", the host's end is ");
		graph_markup_text(out, endpoint->host_interface);
		buf_printf(out, ", link %s", graph_link_name[endpoint->link]);
	}
	/* A title of SVG is the first thing in its group. */
	buf_puts(out, "</title>");
}

/* From the bridge to the card; the cross stands in the middle of it. A cross stands on a link that
 * is down or gone, beside the dashes: not everybody sees colours. */
static void put_link(const struct card *card, size_t x, size_t y, struct buf *out)
{
	buf_printf(out, "<path class=\"link\" d=\"M%zu %zuh%d\"/>", x, y, STUB);
	if (graph_is_broken(card->endpoint))
		buf_printf(out, "<path class=\"cross\" d=\"M%zu %zul8 8m0 -8l-8 8\"/>", x + 5,
			   y - 4);
}

/* The id is made of names, so that it stays the same from picture to picture. The class "broken"
 * makes the card dashed and red, and "unknown" its link dotted. */
static void put_card(const struct box *box, const struct card *card, struct buf *out)
{
	const struct graph_endpoint *endpoint = card->endpoint;
	size_t x = box->x + card->x, y = box->y + card->y;

	buf_puts(out, "<g id=\"c:");
	graph_markup_id(out, endpoint->network->name);
	buf_puts(out, ":");
	graph_markup_id(out, endpoint->container->name);
	buf_puts(out, ":");
	graph_markup_id(out, endpoint->interface);
	buf_printf(out, "\" class=\"container%s\"",
		   graph_is_broken(endpoint)		  ? " broken"
		   : endpoint->link == GRAPH_LINK_UNKNOWN ? " unknown"
							  : "");
	put_container(endpoint->container, out);
	put_card_title(endpoint, out);
	/* A network without links has cards without lines. */
	if (endpoint->link != GRAPH_LINK_NONE)
		put_link(card, x, y + card->height / 2, out);
	put_rect("card", x + STUB, y, box->card_width, card->height, out);
	put_text(&card->text, x + STUB + PAD, y + PAD / 2, out);
	buf_puts(out, "</g>\n");
}

/* A line above the cards, and down from it along each column, as far as its last card. One path has
 * all of them: M begins a piece, h and v draw along it. A box without cards has the line alone, as
 * wide as the box. */
static void put_bridge(const struct box *box, struct buf *out)
{
	size_t column = STUB + box->card_width + GAP, x = box->x + PAD;
	size_t y = box->y + box->cards_y - PAD;

	buf_printf(out, "<path class=\"bridge\" d=\"M%zu %zuh%zu", x, y,
		   box->n_columns > 0 ? (box->n_columns - 1) * column : box->width - 2 * PAD);
	for (size_t i = 0; i < box->n_cards; i++) {
		const struct card *card = &box->cards[i];

		/* The last card of each column. */
		if (i + 1 == box->n_cards || (i + 1) % box->n_rows == 0)
			buf_printf(out, "M%zu %zuv%zu", box->x + card->x, y,
				   box->y + card->y + card->height / 2 - y);
	}
	buf_puts(out, "\"/>");
}

/* Behind the box's frame and texts the cards follow: what is drawn later is above. The attribute
 * data-network is what a page finds the box by. */
static void put_box(const struct box *box, struct buf *out)
{
	const struct graph_network *network = box->network;

	buf_puts(out, "<g id=\"n:");
	graph_markup_id(out, network->name);
	buf_printf(out, "\" class=\"network%s\" data-network=\"",
		   network->internal ? " internal" : "");
	graph_markup_text(out, network->name);
	buf_puts(out, "\">");
	buf_puts(out, "<title>");
	graph_markup_text(out, network->name);
	buf_printf(out, ": driver ");
	graph_markup_text(out, network->driver);
	buf_printf(out, ", %zu container%s%s</title>", network->n_endpoints,
		   network->n_endpoints == 1 ? "" : "s", network->internal ? ", internal" : "");
	put_rect("box", box->x, box->y, box->width, box->height, out);
	put_text(&box->head, box->x + PAD, box->y + PAD / 2, out);
	if (*network->bridge)
		put_bridge(box, out);
	buf_puts(out, "\n");
	for (size_t i = 0; i < box->n_cards; i++)
		put_card(box, &box->cards[i], out);
	buf_puts(out, "</g>\n");
}

/* The id is made of what is published, so it stays the same from picture to picture. A page finds
 * the tab by its container, like a card. */
static void put_tab(const struct tab *tab, struct buf *out)
{
	const struct graph_port *port = tab->port;

	buf_puts(out, "<g id=\"p:");
	graph_markup_id(out, port->host_ip);
	buf_printf(out, ":%lld:", port->host_port);
	graph_markup_id(out, port->protocol);
	buf_puts(out, "\" class=\"port\"");
	put_container(port->container, out);
	buf_puts(out, "<title>published port of ");
	graph_markup_text(out, port->container->name);
	buf_puts(out, ", led to ");
	graph_markup_text(out, port->target);
	buf_puts(out, " by ");
	graph_markup_text(out, port->way);
	buf_puts(out, "</title>");
	put_rect("tab", tab->x, tab->y, tab->width, tab->height, out);
	put_text(&tab->text, tab->x + PAD, tab->y + PAD / 2, out);
	buf_puts(out, "</g>\n");
}

/* role and aria-label are for those who hear a page. A picture that is a part of a page has no
 * style of its own, since the page has it once for all pictures. */
static void draw(const struct picture *picture, const struct graph_svg_look *look, struct buf *out)
{
	buf_printf(out,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"netd\" width=\"%zu\" "
		   "height=\"%zu\" viewBox=\"0 0 %zu %zu\" role=\"img\" "
		   "aria-label=\"netd: networks and containers of this host\">\n",
		   picture->width, picture->height, picture->width, picture->height);
	if (!look->is_part)
		buf_printf(out, "<style>\n%s</style>\n", graph_svg_style);
	buf_puts(out, "<g id=\"host\"><title>the host</title>");
	/* The host's frame is drawn first, so everything else is above it. */
	put_rect("host", PAD, picture->host_y, picture->width - 2 * PAD,
		 picture->height - picture->host_y - PAD / 2, out);
	buf_printf(out, "<text class=\"name\" x=\"%d\" y=\"%zu\">host</text></g>\n", 2 * PAD,
		   picture->host_y + PAD + LINE);
	for (size_t i = 0; i < picture->n_tabs; i++)
		put_tab(&picture->tabs[i], out);
	for (size_t i = 0; i < picture->n_boxes; i++)
		put_box(&picture->boxes[i], out);
	buf_puts(out, "</svg>\n");
}

/* Sizes depend on each other in this order: tabs are above the host, and boxes in it. On an error
 * nothing was drawn, and the buffer has the error. */
void graph_svg(const struct graph *graph, const struct graph_svg_look *look, struct buf *out)
{
	size_t width = look->width < GRAPH_PIXELS_MIN ? GRAPH_PIXELS_MIN : look->width;
	struct picture picture = { .graph = graph, .width = GRAPH_PIXELS_MIN };
	int err = make_tabs(&picture);

	if (err == 0)
		err = make_boxes(&picture, width);
	if (err == 0) {
		place_tabs(&picture, width);
		place_boxes(&picture, width);
		draw(&picture, look, out);
	} else {
		out->err = err;
	}
	done(&picture);
}

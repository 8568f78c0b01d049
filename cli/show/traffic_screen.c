// SPDX-License-Identifier: GPL-2.0-or-later
// traffic_screen.c - what went through containers' interfaces, as a table of 80 columns
#include "cli/show/traffic_screen.h"

#include "base/limits.h"
#include "cli/show/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where each column ends; numbers are ranged right. The name has what is left of 80.
 *
 * The table is made for 80 columns, the width that every terminal has. A dash is a number that is
 * not known, and never stands for 0. */
#define NAME_ROOM 20
enum column { RECEIVED, SENT, RECEIVED_RATE, SENT_RATE, DROPPED, QUERIES, N_COLUMNS };

static const struct {
	const char *header;
	size_t end;
} columns[N_COLUMNS] = {
	[RECEIVED] = { "RECEIVED", 30 },	[SENT] = { "SENT", 39 },
	[RECEIVED_RATE] = { "RECEIVED/S", 52 }, [SENT_RATE] = { "SENT/S", 61 },
	[DROPPED] = { "DROPPED", 70 },		[QUERIES] = { "QUERIES", LINES_WIDTH },
};

/* A text that is too wide pushes the columns behind it on; nothing of a number is cut. */
static void put_column(struct lines *lines, enum column column, const char *text)
{
	size_t len = strlen(text);

	lines_pad(lines, len < columns[column].end ? columns[column].end - len : 0);
	lines_put(lines, text, LINES_PLAIN);
}

/* The heads are ranged right as their numbers are. */
static void put_header(struct lines *lines, bool by_network)
{
	lines_put(lines, by_network ? "NAME (NETWORK)" : "NAME", LINES_PLAIN);
	for (enum column column = 0; column < N_COLUMNS; column++)
		put_column(lines, column, columns[column].header);
	lines_end(lines);
}

/* With a row for each network the network stands in brackets. What is too long is cut. */
static void put_name(struct lines *lines, const struct traffic_row *row, bool by_network)
{
	char whole[NAME_LEN_MAX * 2 + 4], cut[NAME_ROOM + 1];

	(void)snprintf(whole, sizeof(whole), by_network && *row->networks ? "%s (%s)" : "%s",
		       row->name, row->networks);
	lines_cut(whole, sizeof(cut), cut);
	lines_put(lines, cut, LINES_PLAIN);
}

/* What is not counted is a dash. */
static void put_size(struct lines *lines, enum column column, bool is_known, double bytes)
{
	char text[TRAFFIC_SIZE_LEN] = "-";

	if (is_known)
		traffic_size(bytes, text);
	put_column(lines, column, text);
}

/* Both directions together: that something was dropped is what matters first. */
static void put_row(struct lines *lines, const struct traffic_row *row, bool by_network)
{
	char dropped[24] = "-", queries[24] = "-";

	put_name(lines, row, by_network);
	put_size(lines, RECEIVED, row->is_counted, (double)row->received.bytes);
	put_size(lines, SENT, row->is_counted, (double)row->sent.bytes);
	put_size(lines, RECEIVED_RATE, row->has_rate, row->received.bytes_per_s);
	put_size(lines, SENT_RATE, row->has_rate, row->sent.bytes_per_s);
	if (row->is_counted)
		(void)snprintf(dropped, sizeof(dropped), "%" PRIu64,
			       row->received.dropped + row->sent.dropped);
	put_column(lines, DROPPED, dropped);
	if (row->has_asked)
		(void)snprintf(queries, sizeof(queries), "%" PRIu64, row->n_queries);
	put_column(lines, QUERIES, queries);
	lines_end(lines);
}

/* max_rows 0 has room for the line of the others only. `max_rows` counts the lines below the head;
 * SIZE_MAX where nothing is cut. */
void traffic_screen(const struct traffic *traffic, bool by_network, size_t max_rows,
		    struct buf *out)
{
	struct lines lines = { .out = out };
	bool is_cut = traffic->n > max_rows;
	size_t n = traffic->n;
	char rest[64];

	/* The line that tells of the others takes the place of one. */
	if (is_cut)
		n = max_rows > 0 ? max_rows - 1 : 0;
	put_header(&lines, by_network);
	for (size_t i = 0; i < n; i++)
		put_row(&lines, &traffic->rows[i], by_network);
	if (!is_cut)
		return;
	(void)snprintf(rest, sizeof(rest), "(%zu more)", traffic->n - n);
	lines_put(&lines, rest, LINES_PLAIN);
	lines_end(&lines);
}

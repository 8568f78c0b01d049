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

/* What is below a row: false where there is nothing. */
static bool reasons_of(const struct thrown_reasons *reasons, const struct traffic_row *row,
		       bool by_network, char text[static THROWN_REASONS_TEXT])
{
	return reasons &&
	       thrown_reasons_of(reasons, row->name, by_network ? row->networks : NULL, text);
}

static void put_text(struct lines *lines, const char *before, const char *text)
{
	char cut[LINES_WIDTH + 1];

	lines_put(lines, before, LINES_PLAIN);
	lines_cut(text, sizeof(cut) - strlen(before), cut);
	lines_put(lines, cut, LINES_PLAIN);
	lines_end(lines);
}

/* How many rows have room, with what is below them, and with the line that tells of the others
 * where there are some: that takes the place of one. */
static size_t rows_that_fit(const struct traffic *traffic, bool by_network,
			    const struct thrown_reasons *reasons, size_t max_lines)
{
	char text[THROWN_REASONS_TEXT];
	size_t n_lines = 0, n_with_rest = 0;

	for (size_t i = 0; i < traffic->n; i++) {
		n_lines += reasons_of(reasons, &traffic->rows[i], by_network, text) ? 2 : 1;
		if (n_lines > max_lines)
			return n_with_rest;
		if (n_lines < max_lines)
			n_with_rest = i + 1;
	}
	return traffic->n;
}

/* max_rows 0 has room for the line of the others only. `max_rows` counts the lines below the head;
 * SIZE_MAX where nothing is cut. */
void traffic_screen(const struct traffic *traffic, bool by_network,
		    const struct thrown_reasons *reasons, size_t max_rows, struct buf *out)
{
	bool has_lacks = reasons && *reasons->lacks && max_rows > 1;
	struct lines lines = { .out = out };
	char text[THROWN_REASONS_TEXT], rest[64];
	size_t n;

	if (has_lacks && max_rows != SIZE_MAX)
		max_rows--;
	n = rows_that_fit(traffic, by_network, reasons, max_rows);
	put_header(&lines, by_network);
	for (size_t i = 0; i < n; i++) {
		put_row(&lines, &traffic->rows[i], by_network);
		if (reasons_of(reasons, &traffic->rows[i], by_network, text))
			put_text(&lines, "  ", text);
	}
	if (n < traffic->n) {
		(void)snprintf(rest, sizeof(rest), "(%zu more)", traffic->n - n);
		lines_put(&lines, rest, LINES_PLAIN);
		lines_end(&lines);
	}
	if (has_lacks)
		put_text(&lines, "drops without reasons: ", reasons->lacks);
}

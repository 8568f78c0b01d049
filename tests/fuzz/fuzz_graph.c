// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_graph.c - any snapshot is drawn the same twice, within its width, and no text of it acts
#include "cli/graph/graph.h"

#include "base/buf.h"
#include "base/json_read.h"
#include "base/limits.h"
#include "cli/graph/graph_dot.h"
#include "cli/graph/graph_html.h"
#include "cli/graph/graph_json.h"
#include "cli/graph/graph_svg.h"
#include "cli/graph/graph_text.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct graph_svg_look alone = { .width = 700 }, part = { .is_part = true };

static void draw_text(const struct graph *graph, struct buf *out)
{
	graph_text(graph, 50, out);
}

static void draw_svg(const struct graph *graph, struct buf *out)
{
	graph_svg(graph, &alone, out);
}

static void draw_part(const struct graph *graph, struct buf *out)
{
	graph_svg(graph, &part, out);
}

static void (*const draws[])(const struct graph *graph, struct buf *out) = {
	draw_text, graph_dot, draw_svg, draw_part, graph_html,
};

/* The widest line; everything is printable. */
static size_t widest(const struct buf *out)
{
	size_t longest = 0, line = 0;

	for (size_t i = 0; i < out->len; i++) {
		unsigned char c = (unsigned char)out->data[i];

		assert(c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f));
		line = c == '\n' ? 0 : line + 1;
		longest = line > longest ? line : longest;
	}
	return longest;
}

/* Tags are well nested, and those alone that a picture has. */
static void check_markup(const char *text)
{
	static const char *const known[] = { "svg", "g", "title", "rect", "path", "text" };
	size_t open[64], depth = 0, kind;

	for (const char *at = text; (at = strchr(at, '<')); at++) {
		const char *name = at + 1 + (at[1] == '/'), *end = strchr(at, '>');
		size_t len = strcspn(name, " />");

		assert(end);
		for (kind = 0; kind < 6; kind++)
			if (strlen(known[kind]) == len && memcmp(known[kind], name, len) == 0)
				break;
		assert(kind < 6);
		if (at[1] == '/') {
			assert(depth > 0 && open[--depth] == kind);
		} else if (end[-1] != '/') {
			assert(depth < 64);
			open[depth++] = kind;
		}
	}
	assert(depth == 0);
}

static void check(const struct graph *graph)
{
	json_t *json = graph_json(graph);

	assert(json);
	json_decref(json);
	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++) {
		struct buf first = { 0 }, second = { 0 };

		draws[i](graph, &first);
		draws[i](graph, &second);
		assert(first.err == 0 && first.len > 0 && strlen(first.data) == first.len);
		assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
		if (draws[i] == draw_text)
			assert(widest(&first) <= 50);
		else
			(void)widest(&first);
		if (draws[i] == draw_part)
			check_markup(first.data);
		buf_done(&first);
		buf_done(&second);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = { 0 };
	struct graph graph;
	bool no_memory;
	json_t *snapshot = json_read((const char *)data, size, 0, NULL, &no_memory);

	if (snapshot && graph_read(snapshot, &graph, &error) == 0)
		check(&graph);
	else
		assert(!snapshot || error.text[0]);
	if (snapshot)
		graph_done(&graph);
	json_decref(snapshot);
	return 0;
}

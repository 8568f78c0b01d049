// SPDX-License-Identifier: GPL-2.0-or-later
// graph.c - netctl graph
#include "cli/graph/graph.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/graph/graph_dot.h"
#include "cli/graph/graph_html.h"
#include "cli/graph/graph_json.h"
#include "cli/graph/graph_svg.h"
#include "cli/graph/graph_text.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Theory of operation. A picture is a snapshot that is read once and written in one of five
 * forms. All forms have the same graph (cli/graph), so none of them knows more than another. */

/* text is the first, and the default. The order is that of the message in read_kind(). */
enum kind { KIND_TEXT, KIND_DOT, KIND_SVG, KIND_JSON, KIND_HTML, KIND_N };

/* The words of --format. */
static const char *const kind_name[KIND_N] = {
	[KIND_TEXT] = "text", [KIND_DOT] = "dot",   [KIND_SVG] = "svg",
	[KIND_JSON] = "json", [KIND_HTML] = "html",
};

/* The words are compared as they are. A template would make no sense of a picture. 0, or the error
 * is set. */
static int read_kind(const struct args *args, enum kind *ret_kind, struct error *error)
{
	const char *format = args_text(args, "format");

	for (enum kind kind = 0; kind < KIND_N; kind++)
		if (strcmp(format ? format : kind_name[KIND_TEXT], kind_name[kind]) == 0) {
			*ret_kind = kind;
			return 0;
		}
	return error_set(error, ERROR_INVALID,
			 "there is no picture '%s': there are text, dot, svg, json and html",
			 format);
}

/* Of the terminal, or what is usual where the picture goes into a file. The text is laid out in
 * columns, and a line that is longer would break the picture. In columns of a terminal. */
static size_t width_of_output(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
			       size.ws_col > 0
		       ? size.ws_col
		       : GRAPH_WIDTH;
}

/* JSON is written by format.h, as for every other command. 0, or the error is set. */
static int print_json(const struct graph *graph, struct error *error)
{
	json_auto_t *json = graph_json(graph);

	return json ? format_write_json(json, error) : error_system(error, -ENOMEM, "drawing");
}

/* The look of SVG has fixed pixels here, as no window is known. 0, or the error is set. The picture
 * is made whole before it is written. */
static int print(const struct graph *graph, enum kind kind, struct error *error)
{
	const struct graph_svg_look look = { .width = GRAPH_PIXELS };
	_cleanup_(buf_done) struct buf out = { 0 };

	switch (kind) {
	case KIND_TEXT:
		graph_text(graph, width_of_output(), &out);
		break;
	case KIND_DOT:
		graph_dot(graph, &out);
		break;
	case KIND_SVG:
		graph_svg(graph, &look, &out);
		break;
	case KIND_HTML:
		graph_html(graph, &out);
		break;
	case KIND_JSON:
	case KIND_N:
		return print_json(graph, error);
	}
	return format_write(&out, error);
}

/* The format is read first: a mistake is told without a daemon. The exit code. The snapshot lives
 * until the picture is written, since the graph points into it. */
static int run_graph(struct cli *cli, const struct args *args)
{
	_cleanup_(graph_done) struct graph graph = { 0 };
	json_auto_t *snapshot = NULL;
	struct error error = { 0 };
	enum kind kind = KIND_TEXT;

	if (read_kind(args, &kind, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", GRAPH_SNAPSHOT, NULL, &snapshot, &error) < 0 ||
	    graph_read(snapshot, &graph, &error) < 0 || print(&graph, kind, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

static const struct flag graph_flags[] = {
	{ .name = "format",
	  .value = "FORMAT",
	  .noun = NOUN_PICTURE,
	  .help = "text (the default), dot, svg, json or html" },
	{ 0 },
};

const struct command command_graph = {
	.path = "graph",
	.summary = "Draw the host, its networks, who is on them, and published ports",
	.example = "netctl graph --format svg",
	.detail = "In text '=' is a bridge, '-' the link of a container, 'X' one that is down or "
		  "gone, and '~' leads to the outside.",
	.flags = { graph_flags },
	.run = run_graph,
};

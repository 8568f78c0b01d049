// SPDX-License-Identifier: GPL-2.0-or-later
// graph_html.c - the picture as a page of its own
#include "cli/graph/graph_html.h"

#include "base/limits.h"
#include "cli/graph/graph_markup.h"
#include "cli/graph/graph_svg.h"

/* Theory of operation. The page's policy lets nothing be loaded and no script run but this one,
 * which is named by its SHA-256 (tests/system/graph.bats compares): if ever a name came through
 * that is not what it should be, it would do nothing. 'unsafe-inline' of styles is needed for
 * the style element; no style attribute comes from a name. */

/* It has to be made anew when the script changes. It is the SHA-256 of the script below, in base64,
 * as the policy wants it. */
#define SCRIPT_HASH "sTD/yWBG8btuISdf5w9Qrbm63+j1VpuzNH4TSRN7xTw="

/* It finds containers by their names: a pointer over one lights all cards and ports of the same
 * container, and a text in the field leaves those bright that have it in their names. */
static const char script[] =
	"\"use strict\";\n"
	"const parts = [...document.querySelectorAll(\"[data-container]\")];\n"
	"const find = document.getElementById(\"find\");\n"
	"function mark(matches, kind) {\n"
	"  for (const part of parts)\n"
	"    part.classList.toggle(kind, matches(part.dataset.container));\n"
	"}\n"
	"find.addEventListener(\"input\", () => mark(\n"
	"  (name) => find.value !== \"\" && !name.includes(find.value), \"faint\"));\n"
	"for (const part of parts) {\n"
	"  const own = part.dataset.container;\n"
	"  part.addEventListener(\"mouseenter\", () => mark((name) => name === own, \"lit\"));\n"
	"  part.addEventListener(\"mouseleave\", () => mark(() => false, \"lit\"));\n"
	"}\n";

/* The page's own style; that of the picture is graph_svg_style, in the same element. */
static const char style[] =
	"html{color-scheme:light dark}\n"
	"body{margin:0;font:14px system-ui,sans-serif;background:#fff;color:#1f2328}\n"
	"header{padding:8px 12px;display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center}\n"
	"h1{font-size:16px;margin:0}\n"
	"input{font:inherit}\n"
	"main{overflow:auto}\n"
	".faint{opacity:.2}\n"
	".lit .card,.lit .tab{stroke-width:4}\n"
	"@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}}\n";

/* The picture is a part of the page, so it brings no style of its own. The page needs nothing but
 * itself: it may be saved, sent and opened without a network. */
void graph_html(const struct graph *graph, struct buf *out)
{
	const struct graph_svg_look look = { .width = GRAPH_PIXELS, .is_part = true };
	const char *time = json_string_value(json_object_get(graph->snapshot, "Time"));

	buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src 'unsafe-inline'; script-src 'sha256-" SCRIPT_HASH "'\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<title>netd</title>\n");
	buf_printf(out, "<style>\n%s%s</style>\n</head>\n<body>\n", style, graph_svg_style);
	buf_puts(out, "<header><h1>netd</h1><span>");
	/* The time is of the snapshot, and may be missing. */
	graph_markup_text(out, time ? time : "");
	buf_puts(out, "</span><label>find a container <input id=\"find\" type=\"search\"></label>"
		      "</header>\n<main>\n");
	graph_svg(graph, &look, out);
	buf_printf(out, "</main>\n<script>%s</script>\n</body>\n</html>\n", script);
}

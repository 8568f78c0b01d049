// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_svg.c - the picture for a browser or a document
#include "cli/graph/graph_svg.h"
#include "tests/unit/cli/graph/graphs.h"

#include <ctype.h>
#include <stdlib.h>

static struct buf drawn(const char *snapshot, size_t width, bool is_part)
{
	const struct graph_svg_look look = { .width = width, .is_part = is_part };
	struct buf out = { 0 };
	struct graphs g;

	graphs_open(snapshot, &g);
	graph_svg(&g.graph, &look, &out);
	graphs_close(&g);
	assert_int_equal(out.err, 0);
	return out;
}

static bool has(const struct buf *out, const char *part)
{
	return strstr(out->data, part) != NULL;
}

static void parts_have_ids_of_their_names_and_titles(void **state)
{
	static const char *const parts[] = {
		"<g id=\"n:blue\" class=\"network\" data-network=\"blue\">",
		"<title>blue: driver bridge, 2 containers</title>",
		"<g id=\"n:red\" class=\"network internal\"",
		"<g id=\"c:blue:web:eth0\" class=\"container\" data-container=\"web\" "
		"data-id=\"c1\">",
		"<g id=\"c:red:db:eth1\" class=\"container broken\" data-container=\"db\" "
		"data-id=\"c2\">",
		"<title>web on blue: eth0, 02:00:00:00:00:01, the host's end is nd1, link "
		"up</title>",
		"<g id=\"p:0.0.0.0:8080:tcp\" class=\"port\" data-container=\"web\" "
		"data-id=\"c1\">",
		"<title>published port of web, led to 10.1.0.2 by nat</title>",
		"class=\"bad\">eth1: its link is down</text>",
		">*:8080-8081/tcp -&gt; web:80-81</text>",
		"prefers-color-scheme:dark",
	};
	struct buf out = drawn(GRAPHS_SNAPSHOT, 1200, false);
	struct buf part = drawn(GRAPHS_SNAPSHOT, 1200, true);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!has(&out, parts[i]))
			fail_msg("no %s in\n%s", parts[i], out.data);
	assert_false(has(&out, "id=\"p:::"));	 /* the twin */
	assert_false(has(&out, "id=\"p:10.2.")); /* routed: no port of the host */
	assert_false(has(&out, "id=\"n:none\""));
	assert_false(has(&part, "<style>"));
	buf_done(&out);
	buf_done(&part);
}

/* A broken link is a cross and a dashed line beside its colour. */
static void what_is_broken_is_crossed(void **state)
{
	struct buf out = drawn(GRAPHS_SNAPSHOT, 1200, false);
	size_t n = 0;

	(void)state;
	for (const char *at = out.data; (at = strstr(at, "<path class=\"cross\"")); at++)
		n++;
	assert_int_equal(n, 2);
	assert_true(has(&out, ".netd .broken .link{stroke:#cf222e;stroke-dasharray"));
	buf_done(&out);
}

static void a_change_of_one_container_changes_no_id_of_others(void **state)
{
	struct buf before = drawn(GRAPHS_NAMED("n", "c"), 1200, false), after;

	(void)state;
	after = drawn(GRAPHS_NAMED("n", "d"), 1200, false);
	assert_true(has(&before, "id=\"n:n\"") && has(&after, "id=\"n:n\""));
	assert_true(has(&before, "id=\"c:n:c:eth0\"") && has(&after, "id=\"c:n:d:eth0\""));
	buf_done(&before);
	before = drawn(GRAPHS_NAMED("n", "d"), 1200, false);
	assert_string_equal(before.data, after.data);
	buf_done(&before);
	buf_done(&after);
}

static void a_name_makes_no_markup(void **state)
{
	struct buf out = drawn(GRAPHS_NAMED("n\\\"><script>", "</text><b a='1'>&"), 1200, true);

	(void)state;
	assert_false(has(&out, "<script") || has(&out, "<b ") || has(&out, "\"><script"));
	assert_true(has(&out, "n&quot;&gt;&lt;script&gt;"));
	assert_true(has(&out, "id=\"n:n:22:3e:3cscript:3e\""));
	buf_done(&out);
}

static size_t number_behind(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	assert_non_null(at);
	return (size_t)atol(at + strlen(key));
}

/* As wide as asked for where texts leave a choice, and each box within the whole. */
static void a_narrow_picture_is_higher(void **state)
{
	struct buf wide = drawn(GRAPHS_SNAPSHOT, 1600, true), narrow;

	(void)state;
	narrow = drawn(GRAPHS_SNAPSHOT, 400, true);
	assert_true(number_behind(wide.data, "width=\"") <= 1600);
	assert_true(number_behind(narrow.data, "width=\"") <= 420);
	assert_true(number_behind(narrow.data, "height=\"") >
		    number_behind(wide.data, "height=\""));
	for (const char *at = narrow.data; (at = strstr(at, "<rect ")); at++)
		assert_true(number_behind(at, " x=\"") + number_behind(at, " width=\"") <=
			    number_behind(narrow.data, "width=\""));
	buf_done(&wide);
	buf_done(&narrow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_have_ids_of_their_names_and_titles),
		cmocka_unit_test(what_is_broken_is_crossed),
		cmocka_unit_test(a_change_of_one_container_changes_no_id_of_others),
		cmocka_unit_test(a_name_makes_no_markup),
		cmocka_unit_test(a_narrow_picture_is_higher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

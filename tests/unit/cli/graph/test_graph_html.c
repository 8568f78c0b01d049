// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_html.c - the picture as a page of its own
#include "cli/graph/graph_html.h"
#include "tests/unit/cli/graph/graphs.h"

static struct buf drawn(const char *snapshot)
{
	struct buf out = { 0 };
	struct graphs g;

	graphs_open(snapshot, &g);
	graph_html(&g.graph, &out);
	graphs_close(&g);
	assert_int_equal(out.err, 0);
	return out;
}

static void a_page_has_all_that_it_needs(void **state)
{
	struct buf out = drawn(GRAPHS_SNAPSHOT);

	(void)state;
	assert_non_null(strstr(out.data, "<svg "));
	assert_non_null(strstr(out.data, "2026-01-02T03:04:05Z"));
	assert_non_null(strstr(out.data, "default-src 'none'"));
	assert_null(strstr(out.data, " src=")); /* and loads nothing */
	assert_null(strstr(out.data, "href="));
	assert_null(strstr(out.data, "@import"));
	assert_null(strstr(out.data, "url("));
	buf_done(&out);
}

static void a_name_makes_no_markup(void **state)
{
	struct buf out = drawn(GRAPHS_NAMED("<script>x</script>", "<script>y</script>"));
	size_t n = 0;

	(void)state;
	for (const char *at = out.data; (at = strstr(at, "<script")); at++)
		n++;
	assert_int_equal(n, 1); /* the page's */
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_has_all_that_it_needs),
		cmocka_unit_test(a_name_makes_no_markup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

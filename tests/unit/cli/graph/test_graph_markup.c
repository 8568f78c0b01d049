// SPDX-License-Identifier: GPL-2.0-or-later
// test_graph_markup.c - texts within SVG and HTML
#include "cli/graph/graph_markup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Compares, and empties it. */
static void is(struct buf *out, const char *want)
{
	assert_int_equal(out->err, 0);
	assert_string_equal(out->data ? out->data : "", want);
	buf_done(out);
}

static void what_begins_or_ends_something_is_written_as_its_name(void **state)
{
	struct buf out = { 0 };

	(void)state;
	graph_markup_text(&out, "web.1_a-b c/d:e");
	is(&out, "web.1_a-b c/d:e");
	graph_markup_text(&out, "<b a=\"1\" c='2'>&amp;");
	is(&out, "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
	graph_markup_text(&out, "a\nb\xc3\xa9\001");
	is(&out, "a?b??");
	graph_markup_text(&out, "");
	is(&out, "");
}

static void an_id_has_no_character_that_means_something(void **state)
{
	struct buf out = { 0 };

	(void)state;
	graph_markup_id(&out, "Web.1_a-b");
	is(&out, "Web.1_a-b");
	graph_markup_id(&out, "a:b");
	is(&out, "a:3ab");
	graph_markup_id(&out, "\"> <\n\xc3\xa9");
	is(&out, ":22:3e:20:3c:0a:c3:a9");
}

/* The parts of an id have ":" between them, so no two texts may become the same one. */
static void different_texts_have_different_ids(void **state)
{
	static const char *const texts[] = { "a", "a:", "a:3a", "a:3A", ":61", "a?", "\xe1" };
	struct buf one = { 0 }, other = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t j = 0; j < i; j++) {
			graph_markup_id(&one, texts[i]);
			graph_markup_id(&other, texts[j]);
			assert_string_not_equal(one.data, other.data);
			buf_done(&one);
			buf_done(&other);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_begins_or_ends_something_is_written_as_its_name),
		cmocka_unit_test(an_id_has_no_character_that_means_something),
		cmocka_unit_test(different_texts_have_different_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_path.c - paths of requests: version, escapes, segments, patterns
#include "api/call/path.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "44:networks/a b" for /v1.44/networks/a%20b; the number is the minor version, if any. */
static void show(const struct api_path *path, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	if (path->versioned)
		at += (size_t)snprintf(text, size, "%u.%u:", path->major, path->minor);
	for (size_t i = 0; i < path->n_segments; i++)
		at += (size_t)snprintf(text + at, size - at, "%s<%s>", i ? " " : "",
				       path->segments[i]);
}

static void paths_are_split_then_decoded(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "/", "" },
		{ "/networks", "<networks>" },
		{ "/networks/", "<networks>" },
		{ "//networks//a", "<networks> <a>" },
		{ "/v1.44/networks", "1.44:<networks>" },
		{ "/v1/networks", "1.0:<networks>" },
		{ "/v1.44", "1.44:" },
		{ "/v1.44/v1.45", "1.44:<v1.45>" },
		{ "/v1.44x/a", "<v1.44x> <a>" },
		{ "/v1.4444/a", "<v1.4444> <a>" },
		{ "/v1./a", "<v1.> <a>" },
		{ "/v/a", "<v> <a>" },
		{ "/networks/v1.2", "<networks> <v1.2>" },
		{ "/networks/a%20b", "<networks> <a b>" },
		{ "/networks/a%2Fb%2f", "<networks> <a/b/>" },
		{ "/networks/%41%5a+", "<networks> <AZ+>" },
		{ "/a/b/c/d/e/f", "<a> <b> <c> <d> <e> <f>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *url = strdup(cases[i][0]);
		struct api_path path;
		char text[128];

		assert_int_equal(api_path_parse(url, &path), 0);
		show(&path, text, sizeof(text));
		assert_string_equal(text, cases[i][1]);
		api_path_done(&path);
	}
}

static void bad_paths_are_refused(void **state)
{
	static const struct {
		const char *url;
		int err;
	} cases[] = {
		{ "/a%", -EINVAL },  { "/a%4", -EINVAL },	    { "/%gg", -EINVAL },
		{ "/%00", -EINVAL }, { "/a%4/b", -EINVAL },	    { "/%4g", -EINVAL },
		{ "/%-1", -EINVAL }, { "/a/b/c/d/e/f/g", -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *url = strdup(cases[i].url);
		struct api_path path;

		assert_int_equal(api_path_parse(url, &path), cases[i].err);
	}
}

static void patterns_match_whole_paths(void **state)
{
	static const struct {
		const char *url, *pattern, *ref; /* ref NULL: no match; "": no * */
	} cases[] = {
		{ "/networks", "networks", "" },
		{ "/networks/a", "networks", NULL },
		{ "/networks/a", "networks/*", "a" },
		{ "/networks", "networks/*", NULL },
		{ "/networks/a/connect", "networks/*/connect", "a" },
		{ "/networks/a/connec", "networks/*/connect", NULL },
		{ "/networks/a/connecting", "networks/*/connect", NULL },
		{ "/network/a", "networks/*", NULL },
		{ "/", "networks", NULL },
		{ "/netd/v1/containers/*/ports", "netd/v1/containers/*/ports", "*" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct api_path path;
		const char *ref = "untouched";
		bool matches;

		assert_int_equal(api_path_parse(cases[i].url, &path), 0);
		matches = api_path_match(&path, cases[i].pattern, &ref);
		assert_int_equal(matches, cases[i].ref != NULL);
		if (!matches)
			assert_string_equal(ref, "untouched");
		else if (*cases[i].ref)
			assert_string_equal(ref, cases[i].ref);
		else
			assert_null(ref);
		api_path_done(&path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_split_then_decoded),
		cmocka_unit_test(bad_paths_are_refused),
		cmocka_unit_test(patterns_match_whole_paths),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}

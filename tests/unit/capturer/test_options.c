// SPDX-License-Identifier: GPL-2.0-or-later
// test_options.c - netd-capture's command line, as netd and netctl write it
#include "capturer/capturer.h"

#include <errno.h>
#include <getopt.h>
#include <netd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16

static struct capturer_options options; /* large */

static int parse(struct error *error, ...)
{
	char *argv[WORDS_MAX] = { (char *)"netd-capture" };
	int argc = 1;
	va_list words;

	va_start(words, error);
	while ((argv[argc] = va_arg(words, char *)))
		assert_true(++argc < WORDS_MAX);
	va_end(words);
	optind = 0; /* glibc begins anew */
	return capturer_options_parse(argc, argv, &options, error);
}

static void what_netd_writes_is_read(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(parse(&error, "--host", "unix:///tmp/x", "--control", "3", "--tracer",
			       "--", "name=--web", "drops=1", "filter=tcp", NULL),
			 0);
	assert_string_equal(options.host, "unix:///tmp/x");
	assert_int_equal(options.control_fd, 3);
	assert_true(options.is_netds && options.asked.drops && !options.use_records);
	assert_string_equal(options.asked.name, "--web");
	assert_string_equal(options.asked.filter, "tcp");
}

static void what_netctl_writes_is_read(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(parse(&error, "--records", "--run-dir", "/a", "--state-dir", "/b",
			       "--control", "3", "--", "name=web", NULL),
			 0);
	assert_true(options.use_records && !options.is_netds && !options.asked.drops);
	assert_string_equal(options.host, NETD_DEFAULT_HOST);
	assert_string_equal(options.run_dir, "/a");
	assert_string_equal(options.state_dir, "/b");
}

/* Of what a stranger asks each mistake is a sentence. */
static void what_is_asked_is_checked(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(parse(&error, "--control", "3", NULL), -EINVAL);
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_non_null(strstr(error.text, "name is missing"));
	error = (struct error) { 0 };
	assert_int_equal(parse(&error, "--control", "3", "name=web", "drops=yes", NULL), -EINVAL);
	assert_non_null(strstr(error.text, "drops is 1 or 0"));
}

/* Nobody would hear a sentence. */
static void without_a_control_it_does_not_begin(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(parse(&error, "name=web", NULL), -EINVAL);
	assert_int_equal(error.code, 0);
	assert_true(options.control_fd < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_netd_writes_is_read),
		cmocka_unit_test(what_netctl_writes_is_read),
		cmocka_unit_test(what_is_asked_is_checked),
		cmocka_unit_test(without_a_control_it_does_not_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_options.c - the command line Podman calls netavark with
#include "plugins/netavark/options.h"

#include "given.h"

#include "base/cleanup.h"

#include <errno.h>

#define PARSE(options, error, ...)                                                                 \
	parse((const char *const[]) { "netavark", __VA_ARGS__, NULL }, options, error)

static int parse(const char *const *argv, struct netavark_options *options, struct error *error)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return netavark_options_parse(argc, (char *const *)argv, options, error);
}

static void the_command_lines_of_podman_are_understood(void **state)
{
	struct netavark_options options;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(PARSE(&options, &error, "--config", "/run/containers/networks",
			       "--rootless=false", "--aardvark-binary=/usr/lib/podman/aardvark-dns",
			       "setup", "/run/netns/x"),
			 0);
	assert_int_equal(options.verb, NETAVARK_SETUP);
	assert_string_equal(options.argument, "/run/netns/x");
	assert_false(options.rootless);
	assert_null(options.file);
	assert_int_equal(PARSE(&options, &error, "-c", "/run", "-r", "true", "-a=/x", "-f/in.json",
			       "--plugin-directory=/p", "--firewall-driver", "none", "teardown",
			       "/run/netns/x"),
			 0);
	assert_int_equal(options.verb, NETAVARK_TEARDOWN);
	assert_true(options.rootless);
	assert_string_equal(options.file, "/in.json");
	assert_int_equal(PARSE(&options, &error, "update", "blue", "--network-dns-servers", "a,b"),
			 0);
	assert_int_equal(options.verb, NETAVARK_UPDATE);
	assert_string_equal(options.argument, "blue");
	assert_string_equal(options.dns_servers, "a,b");
	assert_int_equal(PARSE(&options, &error, "--version"), 0);
	assert_true(options.show_version);
	assert_int_equal(PARSE(&options, &error, "firewalld-reload"), 0);
	assert_int_equal(options.verb, NETAVARK_FIREWALLD_RELOAD);
}

static void options_of_newer_podmans_are_passed_over(void **state)
{
	struct netavark_options options;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(PARSE(&options, &error, "--brand-new=1", "--flag", "-x", "--", "setup",
			       "/run/netns/x"),
			 0);
	assert_string_equal(options.argument, "/run/netns/x");
}

static void what_is_wrong_with_a_command_line_is_said(void **state)
{
	static const struct {
		const char *argv[5];
		const char *want;
	} cases[] = {
		{ { "" }, "no command: setup, teardown, update, create or version is wanted" },
		{ { "", "fly" }, "unknown command \"fly\"" },
		{ { "", "setup" }, "setup needs the path of a network namespace" },
		{ { "", "setup", "x" },
		  "setup \"x\": the path of the network namespace must be absolute" },
		{ { "", "update" }, "update needs the name of a network" },
		{ { "", "version", "-f" }, "option -f needs a value" },
		{ { "", "--rootless=maybe", "version" },
		  "option --rootless is \"maybe\": true or false is wanted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netavark_options options;
		struct error error = { 0 };

		assert_int_equal(parse(cases[i].argv, &options, &error), -EINVAL);
		assert_string_equal(error.text, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_lines_of_podman_are_understood),
		cmocka_unit_test(options_of_newer_podmans_are_passed_over),
		cmocka_unit_test(what_is_wrong_with_a_command_line_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

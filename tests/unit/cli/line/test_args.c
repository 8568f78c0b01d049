// SPDX-License-Identifier: GPL-2.0-or-later
// test_args.c - the command line, and the tables behind it
#include "cli/commands.h"
#include "cli/line/args.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ARGV(...) ((char **)(const char *[]) { "netctl", __VA_ARGS__, NULL })

static int parse(char **argv, struct args *args, struct error *error)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return args_parse(commands, argc, argv, args, error);
}

static void accepts(char **argv, struct args *args, const char *path)
{
	struct error error = { 0 };

	if (parse(argv, args, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(args->command->path, path);
}

static void refuses(char **argv, const char *why)
{
	struct error error = { 0 };
	struct args args;

	assert_int_equal(parse(argv, &args, &error), -EINVAL);
	if (!strstr(error.text, why))
		fail_msg("'%s' and not '%s'", error.text, why);
	args_done(&args);
}

static void every_spelling_of_a_flag_means_the_same(void **state)
{
	char **const spellings[] = {
		ARGV("network", "create", "-d", "host", "--label", "a=b", "--ipv6", "x"),
		ARGV("network", "create", "-dhost", "--label=a=b", "--ipv6=true", "x"),
		ARGV("network", "create", "x", "--driver", "host", "-la=b", "--ipv6"),
		ARGV("network", "create", "-d=host", "-l=a=b", "--ipv6", "--", "x"),
		ARGV("network", "create", "--driver=bridge", "--driver=host", "-l", "a=b", "x",
		     "--ipv6=false", "--ipv6"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct args args;

		accepts(spellings[i], &args, "network create");
		assert_string_equal(args_text(&args, "driver"), "host");
		assert_string_equal(args_text(&args, "label"), "a=b");
		assert_true(args_switch(&args, "ipv6"));
		assert_false(args_switch(&args, "internal"));
		assert_int_equal(args.n_operands, 1);
		assert_string_equal(args.operands[0], "x");
		assert_null(args.operands[1]);
		args_done(&args);
	}
}

static void letters_may_be_joined(void **state)
{
	struct args args;

	(void)state;
	accepts(ARGV("ps", "-aqf", "name=x"), &args, "ps");
	assert_true(args_switch(&args, "all"));
	assert_true(args_switch(&args, "quiet"));
	assert_string_equal(args_text(&args, "filter"), "name=x");
	args_done(&args);
}

static void repeated_values_come_in_order(void **state)
{
	struct args args;
	size_t cursor = 0;

	(void)state;
	accepts(ARGV("attach", "c", "-p", "80", "--pid", "1", "-p", "81"), &args, "attach");
	assert_string_equal(args_each(&args, "publish", &cursor), "80");
	assert_string_equal(args_each(&args, "publish", &cursor), "81");
	assert_null(args_each(&args, "publish", &cursor));
	args_done(&args);
}

static void host_and_help_are_understood_everywhere(void **state)
{
	struct args args;

	(void)state;
	accepts(ARGV("-H", "unix:///a", "network", "ls"), &args, "network ls");
	assert_string_equal(args.host, "unix:///a");
	args_done(&args);
	accepts(ARGV("network", "ls", "--host=unix:///b"), &args, "network ls");
	assert_string_equal(args.host, "unix:///b");
	args_done(&args);
	accepts(ARGV("network", "create", "--help"), &args, "network create");
	assert_true(args.help);
	args_done(&args);
	assert_int_equal(parse(ARGV("network", "--help"), &args, NULL), 0);
	assert_null(args.command);
	assert_string_equal(args.group, "network");
	assert_true(args.help);
	args_done(&args);
}

static void other_names_of_commands_are_understood(void **state)
{
	struct args args;

	(void)state;
	accepts(ARGV("network", "list"), &args, "network ls");
	args_done(&args);
	accepts(ARGV("network", "remove", "a", "b"), &args, "network rm");
	assert_int_equal(args.n_operands, 2);
	args_done(&args);
}

static void options_of_a_command_to_run_are_its_own(void **state)
{
	struct args args;

	(void)state;
	accepts(ARGV("run", "--rm", "--", "ls", "--help", "--", "-l"), &args, "run");
	assert_false(args.help);
	assert_int_equal(args.n_operands, 4);
	assert_string_equal(args.operands[0], "ls");
	assert_string_equal(args.operands[2], "--");
	args_done(&args);
	accepts(ARGV("exec", "c", "--", "ls", "-l"), &args, "exec");
	assert_int_equal(args.n_operands, 3);
	assert_string_equal(args.operands[1], "ls");
	args_done(&args);
	accepts(ARGV("exec", "c", "ls", "-l"), &args, "exec");
	assert_int_equal(args.n_operands, 3);
	args_done(&args);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	refuses(ARGV("netwrok"), "unknown command 'netwrok'; did you mean 'network'?");
	refuses(ARGV("frobnicate"), "unknown command 'frobnicate'");
	refuses(ARGV("network", "craete"),
		"unknown command 'network craete'; did you mean 'network create'?");
	refuses(ARGV("network", "frobnicate"), "unknown command 'network frobnicate'");
	refuses(ARGV("network", "create", "--subnt", "x"),
		"unknown option --subnt; did you mean --subnet?");
	refuses(ARGV("network", "create", "--subnt=x"),
		"unknown option --subnt; did you mean --subnet?");
	refuses(ARGV("network", "create", "--frobnicate"), "unknown option --frobnicate");
	refuses(ARGV("network", "create", "-z"), "unknown option -z");
	refuses(ARGV("network", "create", "a", "--subnet"), "--subnet wants a value: CIDR");
	refuses(ARGV("network", "create", "a", "-d"), "-d wants a value: DRIVER");
	refuses(ARGV("network", "create", "--ipv6=maybe", "a"), "--ipv6 takes true or false");
	refuses(ARGV("inspect", ""), "the name of a container is empty");
	refuses(ARGV("inspect", "a", ""), "the name of a container is empty");
	refuses(ARGV("exec", "", "--", "true"), "the name of a container is empty");
	refuses(ARGV("network", "rm", ""), "the name of a network is empty");
	refuses(ARGV("network", "connect", "a", ""), "the name of a container is empty");
	refuses(ARGV("network", "create"), "NAME is missing");
	refuses(ARGV("network", "create", "a", "b"), "unexpected argument 'b'");
	refuses(ARGV("network", "connect", "a"), "NETWORK CONTAINER is missing");
	refuses(ARGV("--driver", "x", "network"), "unknown option --driver");
}

/* The tables are data that nothing else checks. */
static void tables_hold_no_ambiguity(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];
		char seen[256] = { 0 };

		assert_non_null(command->run);
		assert_non_null(command->summary);
		assert_true(command->max_operands == OPERANDS_ANY ||
			    command->max_operands >= command->min_operands);
		for (size_t k = i + 1; commands[k]; k++)
			assert_string_not_equal(commands[k]->path, command->path);
		for (int t = 0; t <= COMMAND_FLAG_TABLES; t++) {
			const struct flag *flag = t == COMMAND_FLAG_TABLES ? args_global_flags
									   : command->flags[t];

			for (; flag && flag->name; flag++) {
				assert_ptr_equal(
					args_command_flag(command, flag->name, strlen(flag->name)),
					flag);
				assert_non_null(flag->help);
				if (flag->letter && seen[(unsigned char)flag->letter]++)
					fail_msg("%s has -%c twice", command->path, flag->letter);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_flag_means_the_same),
		cmocka_unit_test(letters_may_be_joined),
		cmocka_unit_test(repeated_values_come_in_order),
		cmocka_unit_test(host_and_help_are_understood_everywhere),
		cmocka_unit_test(other_names_of_commands_are_understood),
		cmocka_unit_test(options_of_a_command_to_run_are_its_own),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(tables_hold_no_ambiguity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

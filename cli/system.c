// SPDX-License-Identifier: GPL-2.0-or-later
// system.c - netctl system info, system dial-stdio, version and completion
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/listing.h"
#include "cli/template_node.h"

#include <stdio.h>
#include <string.h>

static void print_members(const json_t *object, int depth);

static void print_item(const json_t *value, int depth)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	template_print(value, &text);
	(void)printf("%*s%s\n", depth * 2, "", text.data ? text.data : "");
}

/* What is counted, and since when, in one line: "Key: 3, first T, last T". */
static bool print_count(const char *key, const json_t *value, int depth)
{
	const char *first = json_string_value(json_object_get(value, "First"));
	const char *last = json_string_value(json_object_get(value, "Last"));
	const json_t *count = json_object_get(value, "Count");

	if (!json_is_integer(count))
		return false;
	(void)printf("%*s%s: %lld", depth * 2, "", key, (long long)json_integer_value(count));
	if (first && last)
		(void)printf(", first %s, last %s", first, last);
	(void)printf("\n");
	return true;
}

/* "Key: value", with what has parts below it and further in. */
static void print_member(const char *key, const json_t *value, int depth)
{
	const json_t *item;
	size_t i;

	if (print_count(key, value, depth))
		return;
	if (depth < JSON_DEPTH_MAX && json_object_size(value) > 0) {
		(void)printf("%*s%s:\n", depth * 2, "", key);
		print_members(value, depth + 1);
	} else if (json_array_size(value) > 0) {
		(void)printf("%*s%s:\n", depth * 2, "", key);
		json_array_foreach (value, i, item)
			print_item(item, depth + 1);
	} else if (!json_is_object(value) && !json_is_array(value)) {
		(void)printf("%*s%s: ", depth * 2, "", key);
		print_item(value, 0);
	}
}

static void print_members(const json_t *object, int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value)
		print_member(key, value, depth);
}

static int show(const struct args *args, json_t *value)
{
	struct error error = { 0 };
	bool done;

	if (format_value(args, value, &done, &error) < 0)
		return cli_fail(&error);
	if (!done)
		print_members(value, 0);
	return CLI_DONE;
}

static int run_info(struct cli *cli, const struct args *args)
{
	json_auto_t *info = NULL;
	struct error error = { 0 };

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", "/netd/v1/info", NULL, &info, &error) < 0)
		return cli_fail(&error);
	return show(args, info);
}

static const struct flag value_flags[] = {
	{ .name = "format",
	  .letter = 'f',
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, or a Go template" },
	{ 0 },
};

const struct command command_system_info = {
	.path = "system info",
	.summary = "Show what netd is, holds and uses",
	.flags = { value_flags },
	.run = run_info,
};

static int run_dial_stdio(struct cli *cli, const struct args *args)
{
	struct error error = { 0 };

	(void)args;
	if (cli_connect(cli, &error) < 0 || client_dial_stdio(cli->client, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}

const struct command command_system_dial_stdio = {
	.path = "system dial-stdio",
	.summary = "Join standard input and output to netd's socket, for ssh://",
	.hidden = true,
	.run = run_dial_stdio,
};

/* The client's part is shown also when there is no daemon to ask. */
static int run_version(struct cli *cli, const struct args *args)
{
	json_auto_t *both = json_pack("{s:{s:s}, s:n}", "Client", "Version", NETD_VERSION,
				      "Server");
	struct error error = { 0 };
	json_t *server;

	if (!both || format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", "/version", NULL, &server, &error) < 0) {
		(void)show(args,
			   args_text(args, "format") ? both : json_object_get(both, "Client"));
		return cli_fail(&error);
	}
	if (cli_set(both, "Server", server, &error) < 0)
		return cli_fail(&error);
	return show(args, both);
}

const struct command command_version = {
	.path = "version",
	.summary = "Show the versions of netctl and netd",
	.flags = { value_flags },
	.run = run_version,
};

static int run_completion(struct cli *cli, const struct args *args)
{
	(void)cli;
	if (strcmp(args->operands[0], "bash") == 0)
		completion_bash(stdout, commands);
	else if (strcmp(args->operands[0], "zsh") == 0)
		completion_zsh(stdout, commands);
	else
		return cli_usage(args, "there is no completion for '%s'", args->operands[0]);
	return CLI_DONE;
}

const struct command command_completion = {
	.path = "completion",
	.operands = "bash|zsh",
	.summary = "Print the completion script of a shell",
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_SHELL,
	.run = run_completion,
};

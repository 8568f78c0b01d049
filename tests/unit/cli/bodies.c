// SPDX-License-Identifier: GPL-2.0-or-later
// bodies.c - argv to a request's body, for the tests of what options mean
#include "tests/unit/cli/bodies.h"

#include "cli/commands.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 64

static int make(body_function function, const char *line, json_t **ret_body, struct error *error)
{
	char program[] = "netctl", *copy = strdup(line), *rest = copy, *word;
	char *argv[WORDS_MAX] = { program };
	struct args args;
	int argc = 1, err;

	while ((word = strsep(&rest, " ")) && argc < WORDS_MAX)
		argv[argc++] = word;
	err = args_parse(commands, argc, argv, &args, error);
	if (err == 0)
		err = function(&args, ret_body, error);
	args_done(&args);
	free(copy);
	return err;
}

void body_is(body_function function, const char *line, const char *want)
{
	json_t *body = NULL, *wanted = json_loads(want, 0, NULL);
	struct error error = { 0 };
	char *got, *text;

	assert_non_null(wanted);
	if (make(function, line, &body, &error) < 0)
		fail_msg("%s: %s", line, error.text);
	got = json_dumps(body, JSON_COMPACT);
	text = json_dumps(wanted, JSON_COMPACT);
	if (!json_equal(body, wanted))
		fail_msg("%s gives %s and not %s", line, got, text);
	free(got);
	free(text);
	got = json_dumps(json_object_get(body, "Networks"), JSON_COMPACT);
	text = json_dumps(json_object_get(wanted, "Networks"), JSON_COMPACT);
	if (got)
		assert_string_equal(got, text);
	free(got);
	free(text);
	json_decref(wanted);
	json_decref(body);
}

void body_refused(body_function function, const char *line, const char *why)
{
	json_t *body = NULL;
	struct error error = { 0 };

	assert_int_equal(make(function, line, &body, &error), -EINVAL);
	assert_null(body);
	if (!strstr(error.text, why))
		fail_msg("%s: '%s' and not '%s'", line, error.text, why);
}

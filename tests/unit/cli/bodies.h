// SPDX-License-Identifier: GPL-2.0-or-later
// bodies.h - argv to a request's body, for the tests of what options mean
#pragma once

#include "cli/line/args.h"

#include <jansson.h>

typedef int (*body_function)(const struct args *args, json_t **ret_body, struct error *error);

/* line: arguments separated by single spaces. The body must equal want (JSON), also in the order of
 * the keys below "Networks". */
void body_is(body_function function, const char *line, const char *want);
/* The line must be refused with a sentence that contains why. */
void body_refused(body_function function, const char *line, const char *why);

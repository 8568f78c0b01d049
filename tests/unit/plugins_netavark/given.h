// SPDX-License-Identifier: GPL-2.0-or-later
// given.h - requests as Podman writes them, for the tests of plugins/netavark
#pragma once

#include "plugins/netavark/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GIVEN_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The decoded request: networks and network_info as given, more: further members, with a comma in
 * front. The test ends where it cannot be decoded. Done with input_done. */
struct input given(const char *networks, const char *network_info, const char *more);
/* One network called blue: more members of its info and of the endpoint, with a comma in front
 * each. */
struct input given_blue(const char *info, const char *endpoint, const char *more);
/* From an exact-size heap copy. */
int given_decode(const char *text, struct input *ret_input, struct error *error);

json_t *json_of(const char *text);
/* Both are released. */
void expect_json(json_t *got, const char *wanted);

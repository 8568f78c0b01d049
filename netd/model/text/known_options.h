// SPDX-License-Identifier: GPL-2.0-or-later
// known_options.h - which keys of a map of options have to be known, and a word for one that is not
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* ERROR_INVALID names the first key of options (NULL: none) that must be known and is not in the
 * NULL-terminated list, and the one that looks like it. where is "a network" or "a connection". */
int known_options_check(const json_t *options, const char *const *known, const char *where,
			struct error *error);

// SPDX-License-Identifier: GPL-2.0-or-later
// known_options.h - which keys of a map of options have to be known, and a word for one that is not
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* A key without a dot is netd's own, and so is one that begins with "org.netd.network." or
 * "org.netd.endpoint."; one that begins with "com.docker.network." is Docker's: whoever writes one
 * wants something done. Any other is somebody's note (org.netd.docker.… and io.netd.… are those of
 * netd's plugins): it is kept and shown, and means nothing. */
bool known_options_must_know(const char *key);

/* ERROR_INVALID names the first key of options (NULL: none) that must be known and is not in the
 * NULL-terminated list, and the one that looks like it. where is "a network" or "a connection". */
int known_options_check(const json_t *options, const char *const *known, const char *where,
			struct error *error);

// SPDX-License-Identifier: GPL-2.0-or-later
// bridge_options.h - the options that a bridge network of Podman's can have, and their values
#pragma once

#include "base/error.h"

#include <jansson.h>

/* The keys that are known, NULL-terminated; what netd does not do is among them (network_check). */
extern const char *const bridge_option_keys[];

/* options: an object of strings, or NULL. ERROR_INVALID names the first that is unknown or has a
 * value that could not be done. What has a dot in its name is somebody's note. */
int bridge_options_check(const char *network, const json_t *options, struct error *error);

// SPDX-License-Identifier: GPL-2.0-or-later
// network_args.h - the options of network create as the body of POST /networks/create
#pragma once

#include "cli/line/args.h"

#include <jansson.h>

extern const struct flag network_args_flags[];

/* ERROR_INVALID: a sentence that names the flag. ret_body: new reference. Each gateway, range and
 * auxiliary address goes to the one subnet that contains it, as docker's CLI does. */
int network_args_body(const struct args *args, json_t **ret_body, struct error *error);

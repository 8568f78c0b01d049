// SPDX-License-Identifier: GPL-2.0-or-later
// network_args.h - the options of network create and update as bodies of API requests
#pragma once

#include "cli/line/args.h"

#include <jansson.h>

extern const struct flag network_args_flags[], network_args_update_flags[];

/* ERROR_INVALID: a sentence that names the flag. ret_body: new reference. Each gateway, range and
 * auxiliary address goes to the one subnet that contains it, as docker's CLI does. */
int network_args_body(const struct args *args, json_t **ret_body, struct error *error);
/* The same of network update, for PUT /netd/v1/networks/NETWORK. That nothing is to be changed is
 * an error. */
int network_args_update_body(const struct args *args, json_t **ret_body, struct error *error);

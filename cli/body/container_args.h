// SPDX-License-Identifier: GPL-2.0-or-later
// container_args.h - the options of attach, run, connect and port as bodies of API requests
#pragma once

#include "cli/line/args.h"

#include <jansson.h>

extern const struct flag container_args_endpoint_flags[]; /* network connect */
extern const struct flag container_args_flags[];	  /* attach and run */

/* All: ERROR_INVALID with a sentence that names the flag; ret_… is a new reference. */

/* EndpointSettings of network connect. */
int container_args_endpoint(const struct args *args, json_t **ret_settings, struct error *error);

/* The body of POST /netd/v1/containers less Name and what says where the container is. */
int container_args_body(const struct args *args, json_t **ret_body, struct error *error);

/* --network container:NAME, which run knows: *ret_name is NAME, or NULL where no network is given
 * in that form. What has no meaning beside it is refused. */
int container_args_shared(const struct args *args, const char **ret_name, struct error *error);

/* Docker's PortBindings from texts in the syntax of -p; a NULL ends them. */
int container_args_ports(const char *const *texts, json_t **ret_bindings, struct error *error);

struct cli;
/* Whether there is a container for each --link: netd takes a link whose target comes later, which a
 * person who mistyped would never learn. ERROR_NOT_FOUND, or what asking netd fails with. */
int container_args_check_links(struct cli *cli, const struct args *args, struct error *error);

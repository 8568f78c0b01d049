// SPDX-License-Identifier: GPL-2.0-or-later
// routes.h - the table of the API: method, path, handler
#pragma once

#include "api/call/call.h"

/* NULL: no such route; *ret_ref is the segment of the pattern's *. */
const struct api_route *api_routes_find(const char *method, const struct api_path *path,
					const char **ret_ref);
/* What counts as an operation; OPERATION_NONE: the route (NULL is fine) changes nothing. */
enum operation api_routes_operation(const struct api_route *route);

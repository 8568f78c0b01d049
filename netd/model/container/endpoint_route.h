// SPDX-License-Identifier: GPL-2.0-or-later
// endpoint_route.h - the routes that a container is to have by one of its networks
#pragma once

#include "base/addr.h"
#include "base/error.h"

#include <stdint.h>

enum endpoint_route_type {
	ENDPOINT_ROUTE_UNICAST,
	ENDPOINT_ROUTE_BLACKHOLE,
	ENDPOINT_ROUTE_UNREACHABLE,
	ENDPOINT_ROUTE_PROHIBIT,
	ENDPOINT_ROUTE_N_TYPES,
};

extern const char *const endpoint_route_type_name[ENDPOINT_ROUTE_N_TYPES];

struct endpoint_route {
	enum endpoint_route_type type;
	struct prefix destination; /* its first address */
	struct addr gateway;	   /* of unicast, in the same family; family 0: none */
	uint32_t metric;	   /* 0: the kernel's default */
};

/* The next of "[TYPE ]DESTINATION[ via GATEWAY][ metric N]", separated by commas: *rest goes behind
 * it. 1; 0: there are no more. ERROR_INVALID quotes the one that makes no sense. */
int endpoint_route_next(const char **rest, struct endpoint_route *ret_route, struct error *error);

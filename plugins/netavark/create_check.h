// SPDX-License-Identifier: GPL-2.0-or-later
// create_check.h - a network that Podman 6 wants to have made: whether its containers could start
#pragma once

#include "base/addr.h"
#include "model/text/field.h"

/* What a setup would refuse or not do, and what is not sound in itself, is refused when the network
 * is made: options, routes, name servers, labels, id. ERROR_INVALID or ERROR_NOT_IMPLEMENTED. */
int create_check(const struct field_scope *network);

/* Gateway and lease range of one subnet must be inside it. *ret_gateway is untouched where
 * none is given. */
int create_check_subnet(const struct field_scope *subnet, const struct prefix *prefix,
			struct addr *ret_gateway);

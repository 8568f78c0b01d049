// SPDX-License-Identifier: GPL-2.0-or-later
// service_json.h - a service as it is recorded and shown
#pragma once

#include "model/network/network.h"
#include "model/network/service.h"

#include <jansson.h>

/* The inverse of request_service(). A new reference; NULL: out of memory. */
json_t *service_json_spec(const struct service_spec *spec);
/* The services of a network, as its row has them. NULL: out of memory. */
json_t *service_json_record(const struct network *network);
/* The spec, its network, and who of this host stands behind it: names and addresses. NULL: out of
 * memory. */
json_t *service_json(const struct service *service);
/* Somebody who does, for its member "Backends". host NULL: he is on this one. NULL: out of memory.
 */
json_t *service_json_backend(const char *id, const char *name,
			     const struct addr addrs[static FAMILY_N], const char *host);

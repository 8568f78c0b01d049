// SPDX-License-Identifier: GPL-2.0-or-later
// spec_json.h - what was asked for, written as the API request that would ask for it again
#pragma once

#include "model/container/container.h"
#include "model/network/network.h"

#include <jansson.h>

/* The inverse of model/request/request.h: decoding the result gives an equal spec. The store keeps
 * these, and two specs ask for the same when their JSON is equal. New references; NULL: out of
 * memory. */
json_t *spec_json_container(const struct container_spec *spec);
/* The same as text, with keys in order, for a record. malloc()ed. */
char *spec_json_container_text(const struct container_spec *spec);
json_t *spec_json_endpoint(const struct endpoint_spec *spec);
/* Its IPAMConfig.LinkLocalIPs. */
json_t *spec_json_link_local(const struct endpoint_spec *spec);
/* POST /networks/create, with subnets and gateways that were chosen meanwhile. */
json_t *spec_json_network(const struct network_spec *spec);
/* Its servers, as addresses. */
json_t *spec_json_dns(const struct network_dns *dns);

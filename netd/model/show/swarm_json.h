// SPDX-License-Identifier: GPL-2.0-or-later
// swarm_json.h - a cluster, its hosts and its services as Docker's API shows a swarm's
#pragma once

#include "model/network/network.h"
#include "model/network/service.h"

#include <jansson.h>
#include <stddef.h>

/* As long as those of swarm are. Clients show all of it, and take a beginning for it. */
#define SWARM_ID_LEN 25
/* So many digits are taken for an id: a name that nobody has is not to be another's by chance. */
#define SWARM_ID_ENOUGH 4

/* status is `GET /netd/v1/cluster`'s, nodes and node are those of `GET /netd/v1/nodes`. All return
 * a new reference; NULL: out of memory. */

/* `Swarm` of `GET /info`. */
json_t *swarm_json_info(const json_t *status, const json_t *nodes);
/* `GET /swarm`: hosts join by the one token, as whatever. */
json_t *swarm_json(const json_t *status, const char *token);
json_t *swarm_json_node(const json_t *node);

/* The same on all hosts, and another when a service of that name is made anew. */
void swarm_json_service_id(const struct service *service, char ret_id[static SWARM_ID_LEN + 1]);
json_t *swarm_json_service(const struct service *service, size_t n_backends);
/* Who stands behind it, in a place of his own from 1 on: one of its "Backends", on the node of this
 * id, as it is now (RFC 3339). */
json_t *swarm_json_task(const struct service *service, const json_t *backend, const char *node_id,
			size_t slot, const char *now);

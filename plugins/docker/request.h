// SPDX-License-Identifier: GPL-2.0-or-later
// request.h - one call of Docker's plugin protocol, decoded and checked
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The methods of docs.docker.com/engine/extend/plugin_api and of libnetwork's docs/remote.md and
 * docs/ipam.md. What Docker may call and netd has nothing to do for is here too, and answered. */
enum docker_method {
	DOCKER_ACTIVATE,
	DOCKER_NET_CAPABILITIES,
	DOCKER_NET_CREATE,
	DOCKER_NET_DELETE,
	DOCKER_ENDPOINT_CREATE,
	DOCKER_ENDPOINT_INFO,
	DOCKER_ENDPOINT_DELETE,
	DOCKER_JOIN,
	DOCKER_LEAVE,
	DOCKER_PROGRAM,
	DOCKER_REVOKE,
	DOCKER_DISCOVER_NEW,
	DOCKER_DISCOVER_DELETE,
	DOCKER_IPAM_CAPABILITIES,
	DOCKER_IPAM_SPACES,
	DOCKER_POOL_REQUEST,
	DOCKER_POOL_RELEASE,
	DOCKER_ADDRESS_REQUEST,
	DOCKER_ADDRESS_RELEASE,
	DOCKER_N_METHODS,
};

/* "NetworkDriver.Join": the path of the request without its slash. */
extern const char *const docker_method_name[DOCKER_N_METHODS];

/* False: no such method, for which Docker wants a 404. */
bool docker_method_find(const char *path, enum docker_method *ret_method);
/* Whether errors are called "Error" (IPAM) or "Err" (everything else). */
bool docker_method_is_ipam(enum docker_method method);

/* A network of netd's that others have made, one that spans hosts above all, is given to Docker by
 * its name, an option of the IPAM driver. Docker has an id of its own for it, which netd does not
 * know; the subnet of an endpoint says which network it is on, and netd has no two of one subnet.
 */
#define OPT_SHARED "netd.network"

/* One subnet of CreateNetwork. */
struct docker_pool {
	struct prefix pool;  /* family 0: none */
	struct addr gateway; /* family 0: none */
	const json_t *aux;   /* object of "address/length", or NULL */
};

/* What a method has no use for is zero. Texts belong to json, and are never NULL after a successful
 * decode. */
struct docker_request {
	enum docker_method method;
	json_t *json;

	const char *network, *endpoint; /* 64 hexadecimal digits */
	const char *sandbox;		/* absolute path */
	struct docker_pool pools[FAMILY_N];
	const json_t *options; /* the -o of CreateNetwork, or NULL */
	bool internal, ipv6;
	struct prefix addresses[FAMILY_N]; /* of the endpoint; family 0: none */
	struct mac mac;
	bool has_mac;
	json_t *ports; /* to publish: PortBindings of netd's API, owned; NULL: none */
	json_t *dns;   /* array of addresses, owned; NULL: none */

	const char
		*shared; /* of RequestPool: a network of netd's that is to be Docker's, too; "" */
	const char *pool_text; /* as PoolID; or the pool asked for, "" for any */
	const char *sub_pool_text;
	struct prefix pool, sub_pool; /* family 0: none */
	struct addr address;	      /* family 0: any */
	bool is_gateway;
};

/* Bounded as every body of netd's API. On failure nothing is left to free. */
int docker_request_decode(enum docker_method method, const char *body, size_t len,
			  struct docker_request *ret_request, struct error *error);
void docker_request_done(struct docker_request *request);

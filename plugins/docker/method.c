// SPDX-License-Identifier: GPL-2.0-or-later
// method.c - Docker's plugin protocol as calls of netd: which method does what
#include "plugins/docker/plugin.h"

#include <errno.h>

/* The protocol's answers that never change are here, and the others are in network.c, pool.c and
 * endpoint.c. An answer without members is {}. */

/* *ret_answer stays NULL where the method has nothing to say. */
static int answer(const struct docker_request *request, struct plugin *plugin, json_t **ret_answer,
		  struct error *error)
{
	switch (request->method) {
	case DOCKER_ACTIVATE:
		*ret_answer = json_pack("{s:[s, s]}", "Implements", "NetworkDriver", "IpamDriver");
		return 0;
	case DOCKER_NET_CAPABILITIES:
		/* local: networks are of this machine, and Docker Swarm does not use the driver. */
		*ret_answer = json_pack("{s:s, s:s}", "Scope", "local", "ConnectivityScope",
					"local");
		return 0;
	case DOCKER_IPAM_CAPABILITIES:
		/* The MAC is not needed to choose an address, and netd remembers addresses over a
		 * restart of Docker. */
		*ret_answer = json_pack("{s:b, s:b}", "RequiresMACAddress", 0,
					"RequiresRequestReplay", 0);
		return 0;
	case DOCKER_IPAM_SPACES:
		/* The second name is asked for by the protocol and used by Swarm only. */
		*ret_answer = json_pack("{s:s, s:s}", "LocalDefaultAddressSpace", "netd",
					"GlobalDefaultAddressSpace", "netd-global");
		return 0;
	case DOCKER_NET_CREATE:
		return network_create(plugin, request, error);
	case DOCKER_NET_DELETE:
		return network_delete(plugin, request, error);
	case DOCKER_ENDPOINT_CREATE:
		return endpoint_create(plugin, request, ret_answer, error);
	case DOCKER_JOIN:
		return endpoint_join(plugin, request, ret_answer, error);
	case DOCKER_ENDPOINT_DELETE:
		return endpoint_delete(plugin, request, error);
	case DOCKER_PROGRAM:
		return endpoint_publish(plugin, request, error);
	case DOCKER_REVOKE:
		return endpoint_unpublish(plugin, request, error);
	case DOCKER_ENDPOINT_INFO:
		return endpoint_info(plugin, request, ret_answer, error);
	case DOCKER_POOL_REQUEST:
		return pool_request(plugin, request, ret_answer, error);
	case DOCKER_POOL_RELEASE:
		pool_release(plugin, &request->pool);
		return 0;
	case DOCKER_ADDRESS_REQUEST:
		return pool_address_request(plugin, request, ret_answer, error);
	/* These need no answer of netd's: what they tell is known, or comes with another call. */
	case DOCKER_LEAVE:	     /* DeleteEndpoint follows; it comes alone, too */
	case DOCKER_ADDRESS_RELEASE: /* its container's end has freed it */
	case DOCKER_DISCOVER_NEW:    /* of networks across hosts */
	case DOCKER_DISCOVER_DELETE:
	case DOCKER_N_METHODS:
		break;
	}
	return 0;
}

int method_call(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		struct error *error)
{
	json_t *json = NULL;
	int err;

	/* A network has to have its name before anybody is on it, since names are how containers
	 * find each other. */
	if (plugin->unnamed && (request->method == DOCKER_ADDRESS_REQUEST ||
				request->method == DOCKER_ENDPOINT_CREATE))
		network_name_all(plugin); /* before anybody is on it */
	err = answer(request, plugin, &json, error);
	/* A failure of netd's own ends the connection to it; a refusal does not. */
	plugin_judge(&plugin->netd, err);
	if (err < 0)
		return err;
	*ret_answer = json ? json : json_object();
	return *ret_answer ? 0 : error_system(error, -ENOMEM, "cannot answer Docker");
}

// SPDX-License-Identifier: GPL-2.0-or-later
// routes.c - the table of the API: method, path, handler
#include "api/handlers/handlers.h"

#include "base/cleanup.h"

#include <string.h>

static const struct api_route routes[] = {
	/* Docker's */
	{ "GET", "_ping", handle_ping, API_BODY_NONE },
	{ "GET", "version", handle_version, API_BODY_NONE },
	{ "GET", "info", handle_info, API_BODY_NONE },
	{ "GET", "events", handle_events, API_BODY_NONE },
	{ "GET", "networks", handle_network_list, API_BODY_NONE },
	{ "GET", "networks/*", handle_network_inspect, API_BODY_NONE },
	{ "POST", "networks/create", handle_network_create, API_BODY_JSON },
	{ "POST", "networks/prune", handle_network_prune, API_BODY_NONE },
	{ "POST", "networks/*/connect", handle_network_connect, API_BODY_JSON },
	{ "POST", "networks/*/disconnect", handle_network_disconnect, API_BODY_JSON },
	{ "DELETE", "networks/*", handle_network_remove, API_BODY_NONE },
	{ "GET", "containers/json", handle_container_list, API_BODY_NONE },
	{ "GET", "containers/*/json", handle_container_inspect, API_BODY_NONE },

	/* netd's own */
	{ "GET", "netd/v1/info", handle_netd_info, API_BODY_NONE },
	{ "GET", "netd/v1/backup", handle_backup, API_BODY_NONE },
	{ "POST", "netd/v1/restore", handle_restore, API_BODY_BACKUP },
	{ "POST", "netd/v1/resync", handle_resync, API_BODY_NONE },
	{ "POST", "netd/v1/containers", handle_attach, API_BODY_JSON },
	{ "GET", "netd/v1/containers", handle_container_list, API_BODY_NONE },
	{ "GET", "netd/v1/containers/*", handle_container_inspect, API_BODY_NONE },
	{ "DELETE", "netd/v1/containers/*", handle_detach, API_BODY_NONE },
	{ "GET", "netd/v1/containers/*/ports", handle_ports, API_BODY_NONE },
	{ "POST", "netd/v1/containers/*/ports", handle_ports_add, API_BODY_JSON },
	{ "DELETE", "netd/v1/containers/*/ports", handle_ports_remove, API_BODY_JSON },
	{ "PUT", "netd/v1/containers/*/names", handle_names, API_BODY_JSON },
	{ "PUT", "netd/v1/networks/*", handle_network_update, API_BODY_JSON },
	{ "POST", "netd/v1/networks/*/addresses", handle_set_aside, API_BODY_JSON },
	{ "GET", "netd/v1/dns/lookup", handle_dns_lookup, API_BODY_NONE },
};

static const struct api_route *find(const char *method, const struct api_path *path,
				    const char **ret_ref)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (strcmp(routes[i].method, method) == 0 &&
		    api_path_match(path, routes[i].pattern, ret_ref))
			return &routes[i];
	}
	return NULL;
}

/* What can be got can be asked about (RFC 9110, 9.1): the HTTP server leaves the body out. */
const struct api_route *api_route_find(const char *method, const struct api_path *path,
				       const char **ret_ref)
{
	return find(strcmp(method, "HEAD") == 0 ? "GET" : method, path, ret_ref);
}

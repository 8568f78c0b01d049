// SPDX-License-Identifier: GPL-2.0-or-later
// routes.c - the table of the API: method, path, handler
#include "api/routes.h"

#include "api/handlers/handlers.h"
#include "base/cleanup.h"

#include <string.h>

static const struct api_route routes[] = {
	/* Docker's */
	{ "GET", "_ping", api_system_ping, API_BODY_NONE, true },
	{ "GET", "version", api_system_version, API_BODY_NONE, false },
	{ "GET", "info", api_system_info, API_BODY_NONE, false },
	{ "GET", "events", api_events, API_BODY_NONE, false },
	{ "GET", "networks", api_networks_list, API_BODY_NONE, false },
	{ "GET", "networks/*", api_networks_inspect, API_BODY_NONE, false },
	{ "POST", "networks/create", api_networks_create, API_BODY_JSON, false },
	{ "POST", "networks/prune", api_networks_prune, API_BODY_NONE, false },
	{ "POST", "networks/*/connect", api_networks_connect, API_BODY_JSON, false },
	{ "POST", "networks/*/disconnect", api_changes_disconnect, API_BODY_JSON, false },
	{ "DELETE", "networks/*", api_networks_remove, API_BODY_NONE, false },
	{ "GET", "containers/json", api_containers_list, API_BODY_NONE, false },
	{ "GET", "containers/*/json", api_containers_inspect, API_BODY_NONE, false },
	{ "GET", "containers/*/stats", api_stats, API_BODY_NONE, false },
	{ "POST", "containers/*/start", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/stop", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/restart", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/kill", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/pause", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/unpause", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/wait", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/exec", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/attach", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/resize", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/rename", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/*/update", api_runtime_runs, API_BODY_NONE, false },
	{ "GET", "containers/*/logs", api_runtime_runs, API_BODY_NONE, false },
	{ "GET", "containers/*/top", api_runtime_runs, API_BODY_NONE, false },
	{ "GET", "containers/*/changes", api_runtime_runs, API_BODY_NONE, false },
	{ "GET", "containers/*/export", api_runtime_runs, API_BODY_NONE, false },
	{ "POST", "containers/create", api_runtime_creates, API_BODY_NONE, false },
	{ "GET", "images/json", api_runtime_images, API_BODY_NONE, false },
	{ "POST", "images/create", api_runtime_images, API_BODY_NONE, false },
	{ "POST", "build", api_runtime_images, API_BODY_NONE, false },
	{ "GET", "volumes", api_runtime_images, API_BODY_NONE, false },
	{ "POST", "volumes/create", api_runtime_images, API_BODY_NONE, false },
	{ "GET", "swarm", api_swarm_inspect, API_BODY_NONE, false },
	{ "POST", "swarm/init", api_swarm_init, API_BODY_JSON, false },
	{ "POST", "swarm/join", api_swarm_join, API_BODY_JSON, false },
	{ "POST", "swarm/leave", api_swarm_leave, API_BODY_NONE, false },
	{ "POST", "swarm/update", api_swarm_update, API_BODY_NONE, false },
	{ "GET", "swarm/unlockkey", api_swarm_unlock, API_BODY_NONE, false },
	{ "POST", "swarm/unlock", api_swarm_unlock, API_BODY_NONE, false },
	{ "GET", "nodes", api_swarm_nodes, API_BODY_NONE, false },
	{ "GET", "nodes/*", api_swarm_node, API_BODY_NONE, false },
	{ "DELETE", "nodes/*", api_swarm_node_remove, API_BODY_NONE, false },
	{ "POST", "nodes/*/update", api_swarm_node_update, API_BODY_NONE, false },
	{ "GET", "services", api_swarm_services, API_BODY_NONE, false },
	{ "GET", "services/*", api_swarm_service, API_BODY_NONE, false },
	{ "DELETE", "services/*", api_swarm_service_remove, API_BODY_NONE, false },
	{ "POST", "services/create", api_swarm_service_create, API_BODY_NONE, false },
	{ "POST", "services/*/update", api_swarm_service_update, API_BODY_NONE, false },
	{ "GET", "services/*/logs", api_swarm_service_logs, API_BODY_NONE, false },
	{ "GET", "tasks", api_swarm_tasks, API_BODY_NONE, false },
	{ "GET", "tasks/*/logs", api_swarm_service_logs, API_BODY_NONE, false },
	{ "GET", "secrets", api_swarm_none, API_BODY_NONE, false },
	{ "POST", "secrets/create", api_swarm_no_secrets, API_BODY_NONE, false },
	{ "GET", "configs", api_swarm_none, API_BODY_NONE, false },
	{ "POST", "configs/create", api_swarm_no_secrets, API_BODY_NONE, false },

	/* netd's own */
	{ "GET", "netd/v1/info", api_system_netd_info, API_BODY_NONE, false },
	{ "GET", "netd/v1/snapshot", api_snapshot, API_BODY_NONE, false },
	{ "GET", "netd/v1/backup", api_system_backup, API_BODY_NONE, false },
	{ "POST", "netd/v1/restore", api_system_restore, API_BODY_BACKUP, false },
	{ "POST", "netd/v1/resync", api_system_resync, API_BODY_NONE, false },
	{ "POST", "netd/v1/containers", api_changes_attach, API_BODY_JSON, false },
	{ "GET", "netd/v1/containers", api_containers_list, API_BODY_NONE, false },
	{ "GET", "netd/v1/containers/*", api_containers_inspect, API_BODY_NONE, false },
	{ "DELETE", "netd/v1/containers/*", api_changes_detach, API_BODY_NONE, false },
	{ "GET", "netd/v1/containers/*/connections", api_explain_connections, API_BODY_NONE,
	  false },
	{ "GET", "netd/v1/containers/*/losses", api_explain_losses, API_BODY_NONE, false },
	{ "GET", "netd/v1/containers/*/ports", api_containers_ports, API_BODY_NONE, false },
	{ "POST", "netd/v1/containers/*/ports", api_changes_ports_add, API_BODY_JSON, false },
	{ "DELETE", "netd/v1/containers/*/ports", api_containers_ports_remove, API_BODY_JSON,
	  false },
	{ "PUT", "netd/v1/containers/*/names", api_names_learn, API_BODY_JSON, false },
	{ "PUT", "netd/v1/containers/*/bandwidth", api_containers_limit, API_BODY_JSON, false },
	{ "PUT", "netd/v1/networks/*", api_networks_update, API_BODY_JSON, false },
	{ "POST", "netd/v1/networks/*/addresses", api_names_set_aside, API_BODY_JSON, false },
	{ "POST", "netd/v1/services", api_services_create, API_BODY_JSON, false },
	{ "GET", "netd/v1/services", api_services_list, API_BODY_NONE, false },
	{ "GET", "netd/v1/services/*", api_services_inspect, API_BODY_NONE, false },
	{ "PUT", "netd/v1/services/*", api_services_update, API_BODY_JSON, false },
	{ "DELETE", "netd/v1/services/*", api_services_remove, API_BODY_NONE, false },
	{ "GET", "netd/v1/records", api_records_get, API_BODY_NONE, false },
	{ "PUT", "netd/v1/records", api_records_put, API_BODY_BACKUP, false },
	{ "GET", "netd/v1/dns/lookup", api_lookup, API_BODY_NONE, false },
	{ "GET", "netd/v1/dns/log", api_dns_log, API_BODY_NONE, false },
	{ "GET", "netd/v1/explain", api_explain_get, API_BODY_NONE, false },
	{ "GET", "netd/v1/reach", api_explain_reach, API_BODY_NONE, false },
	{ "GET", "netd/v1/doctor", api_explain_doctor, API_BODY_NONE, false },
	{ "GET", "netd/v1/capture", api_capture, API_BODY_NONE, false },
	{ "GET", "netd/v1/cluster", api_cluster_status, API_BODY_NONE, false },
	{ "DELETE", "netd/v1/cluster", api_cluster_leave, API_BODY_NONE, false },
	{ "POST", "netd/v1/cluster/init", api_cluster_init, API_BODY_JSON, false },
	{ "POST", "netd/v1/cluster/join", api_cluster_join, API_BODY_JSON, false },
	{ "POST", "netd/v1/cluster/token", api_cluster_token, API_BODY_JSON, false },
	{ "GET", "netd/v1/nodes", api_cluster_nodes, API_BODY_NONE, false },
	{ "GET", "netd/v1/nodes/*", api_cluster_node, API_BODY_NONE, false },
	{ "DELETE", "netd/v1/nodes/*", api_cluster_node_remove, API_BODY_NONE, false },
	{ "GET", "netd/v1/trace", api_trace, API_BODY_NONE, false },
	{ "GET", "netd/v1/drops", api_trace_drops, API_BODY_NONE, false },
};

/* What is counted, and told of when it is refused: what changes something. */
static const struct {
	api_handler handler;
	enum operation operation;
} operations[] = {
	{ api_changes_attach, OPERATION_ATTACH },
	{ api_changes_detach, OPERATION_DETACH },
	{ api_networks_connect, OPERATION_CONNECT },
	{ api_changes_disconnect, OPERATION_DISCONNECT },
	{ api_changes_ports_add, OPERATION_PORT_ADD },
	{ api_containers_ports_remove, OPERATION_PORT_REMOVE },
	{ api_names_learn, OPERATION_RENAME },
	{ api_containers_limit, OPERATION_LIMIT },
	{ api_networks_create, OPERATION_NETWORK_CREATE },
	{ api_networks_update, OPERATION_NETWORK_UPDATE },
	{ api_networks_remove, OPERATION_NETWORK_REMOVE },
	{ api_networks_prune, OPERATION_NETWORK_PRUNE },
	{ api_system_resync, OPERATION_RESYNC },
	{ api_system_backup, OPERATION_BACKUP },
	{ api_system_restore, OPERATION_RESTORE },
};

enum operation api_routes_operation(const struct api_route *route)
{
	for (size_t i = 0; route && i < ARRAY_SIZE(operations); i++)
		if (operations[i].handler == route->handler)
			return operations[i].operation;
	return OPERATION_NONE;
}

static const struct api_route *find(const char *method, const struct api_path *path,
				    const char **ret_ref)
{
	/* In order: a route without a star stands for itself, and no two routes with the same
	 * method match one path. */
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (strcmp(routes[i].method, method) == 0 &&
		    api_path_match(path, routes[i].pattern, ret_ref))
			return &routes[i];
	}
	return NULL;
}

/* What can be got can be asked about (RFC 9110, 9.1): the HTTP server leaves the body out. */
const struct api_route *api_routes_find(const char *method, const struct api_path *path,
					const char **ret_ref)
{
	return find(strcmp(method, "HEAD") == 0 ? "GET" : method, path, ret_ref);
}

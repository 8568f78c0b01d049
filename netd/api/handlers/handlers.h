// SPDX-License-Identifier: GPL-2.0-or-later
// handlers.h - one function per method of the API, named after its file; docs/api.md says what each
// does
#pragma once

#include "api/call/call.h"

int api_system_ping(struct api_call *call);
int api_system_version(struct api_call *call);
int api_system_info(struct api_call *call);
int api_system_netd_info(struct api_call *call);
int api_system_resync(struct api_call *call);
int api_system_backup(struct api_call *call);
int api_system_restore(struct api_call *call);

int api_networks_list(struct api_call *call);
int api_networks_inspect(struct api_call *call);
int api_networks_create(struct api_call *call);
int api_networks_connect(struct api_call *call);
int api_networks_remove(struct api_call *call);
int api_networks_prune(struct api_call *call);
int api_networks_update(struct api_call *call);

int api_containers_list(struct api_call *call);
int api_containers_inspect(struct api_call *call);
int api_containers_ports(struct api_call *call);
int api_containers_ports_remove(struct api_call *call);

/* What waits until its ports have been reserved, or until nobody is led to who leaves. */
int api_changes_attach(struct api_call *call);
int api_changes_ports_add(struct api_call *call);
int api_changes_detach(struct api_call *call);
int api_changes_disconnect(struct api_call *call);

int api_names_learn(struct api_call *call);
int api_containers_limit(struct api_call *call);
int api_names_set_aside(struct api_call *call);

int api_services_create(struct api_call *call);
int api_services_list(struct api_call *call);
int api_services_inspect(struct api_call *call);
int api_services_update(struct api_call *call);
int api_services_remove(struct api_call *call);

int api_cluster_status(struct api_call *call);
int api_cluster_init(struct api_call *call);
int api_cluster_join(struct api_call *call);
int api_cluster_leave(struct api_call *call);
int api_cluster_token(struct api_call *call);
int api_cluster_nodes(struct api_call *call);
int api_cluster_node(struct api_call *call);
int api_cluster_node_remove(struct api_call *call);

/* Docker's, of what netd does not do: 501, and who does it. */
int api_runtime_runs(struct api_call *call);
int api_runtime_creates(struct api_call *call);
int api_runtime_images(struct api_call *call);

/* Docker's, for a cluster and its services. */
int api_swarm_inspect(struct api_call *call);
int api_swarm_init(struct api_call *call);
int api_swarm_join(struct api_call *call);
int api_swarm_leave(struct api_call *call);
int api_swarm_update(struct api_call *call);
int api_swarm_unlock(struct api_call *call);
int api_swarm_nodes(struct api_call *call);
int api_swarm_node(struct api_call *call);
int api_swarm_node_remove(struct api_call *call);
int api_swarm_node_update(struct api_call *call);
int api_swarm_none(struct api_call *call);
int api_swarm_no_secrets(struct api_call *call);
int api_swarm_services(struct api_call *call);
int api_swarm_service(struct api_call *call);
int api_swarm_service_remove(struct api_call *call);
int api_swarm_service_create(struct api_call *call);
int api_swarm_service_update(struct api_call *call);
int api_swarm_service_logs(struct api_call *call);
int api_swarm_tasks(struct api_call *call);

int api_records_put(struct api_call *call);
int api_records_get(struct api_call *call);

int api_events(struct api_call *call);
int api_lookup(struct api_call *call);
int api_dns_log(struct api_call *call);
int api_snapshot(struct api_call *call);
int api_stats(struct api_call *call);
int api_explain_get(struct api_call *call);
int api_explain_doctor(struct api_call *call);
int api_explain_reach(struct api_call *call);
int api_explain_connections(struct api_call *call);
int api_explain_losses(struct api_call *call);
int api_capture(struct api_call *call);
int api_trace(struct api_call *call);
int api_trace_drops(struct api_call *call);

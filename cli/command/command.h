// SPDX-License-Identifier: GPL-2.0-or-later
// command.h - the subcommands of netctl, one constant each
#pragma once

#include "cli/line/args.h"

extern const struct command command_attach, command_detach, command_update, command_ps,
	command_inspect;
extern const struct command command_run, command_exec;
extern const struct command command_stop, command_restart, command_kill, command_logs;
extern const struct command command_network_create, command_network_ls, command_network_inspect,
	command_network_update, command_network_rm, command_network_prune, command_network_connect,
	command_network_disconnect;
extern const struct command command_port, command_port_ls, command_port_add, command_port_rm;
extern const struct command command_dns_log;
extern const struct command command_dns_lookup;
extern const struct command command_explain;
extern const struct command command_doctor;
extern const struct command command_reach;
extern const struct command command_capture;
extern const struct command command_graph;
extern const struct command command_stats, command_top, command_connections;
extern const struct command command_trace;
extern const struct command command_drops;
extern const struct command command_ui;
extern const struct command command_events;
extern const struct command command_system_info, command_system_snapshot;
extern const struct command command_system_dial_stdio;
extern const struct command command_system_backup, command_system_restore, command_system_reset;
extern const struct command command_version;
extern const struct command command_cluster_init, command_cluster_join, command_cluster_leave,
	command_cluster_status, command_cluster_token;
extern const struct command command_service_create, command_service_update, command_service_ls,
	command_service_inspect, command_service_rm;
extern const struct command command_node_ls, command_node_inspect, command_node_rm;

// SPDX-License-Identifier: GPL-2.0-or-later
// netd.h - what a program that talks to netd may rely on: where netd is, and the keys that are
// netd's own
//
// The API itself is described in docs/api.md.
#pragma once

/* Where netd listens unless told otherwise (--host, "hosts" in netd.json), as netctl's -H takes it.
 */
#define NETD_DEFAULT_HOST "unix:///run/netd/netd.sock"
/* The environment variable with which netctl and the plugins are told of another place. */
#define NETD_HOST_VARIABLE "NETD_HOST"

#define NETD_DEFAULT_CONFIG "/etc/netd/netd.json" /* --config; may be absent */
#define NETD_DEFAULT_RUN_DIR "/run/netd"	  /* --run-dir: as old as the kernel's objects */
#define NETD_DEFAULT_STATE_DIR "/var/lib/netd"	  /* --state-dir: survives a reboot */

/* Where a container's resolver answers, in each container. */
#define NETD_DNS_ADDRESS "127.0.0.11"

/* A container's label that says which runtime asked for it: "docker". */
#define NETD_LABEL_RUNTIME "org.netd.runtime"
/* DriverOpts of an endpoint, "true": the caller moves the interface into the container, names it
 * and gives it its addresses (docs/api.md, Attach). */
#define NETD_OPTION_HANDOVER "org.netd.endpoint.handover"
/* The name of the interface in the container; Docker's word. */
#define NETD_OPTION_IFNAME "com.docker.network.endpoint.ifname"
/* More DriverOpts of an endpoint (docs/api.md, Routes by one of the networks): the metric of its
 * default routes; "false": none; routes, separated by commas. */
#define NETD_OPTION_METRIC "org.netd.endpoint.metric"
#define NETD_OPTION_DEFAULT_ROUTE "org.netd.endpoint.default-route"
#define NETD_OPTION_ROUTES "org.netd.endpoint.routes"
/* The name of the interface's other end, on the host. */
#define NETD_OPTION_HOST_IFNAME "org.netd.endpoint.host-ifname"
/* And "one": each answer to a name of the container there holds one address; "all". */
#define NETD_OPTION_ALIAS_ANSWER "org.netd.endpoint.alias-answer"
/* "true": the container may be on the network already, and gets one more interface there. */
#define NETD_OPTION_ANOTHER "org.netd.endpoint.another"

// SPDX-License-Identifier: GPL-2.0-or-later
// container.h - from a CNI call to the container netd is asked to attach, and back
#pragma once

#include "base/limits.h"
#include "plugins/cni/call.h"

/* Where netd keeps for us what a later call has to know; the plugin has no state. */
#define LABEL_CONTAINER "io.netd.cni.container" /* of a container: CNI_CONTAINERID */
#define OPTION_NETWORK "io.netd.cni.network"	/* of an endpoint: name of the CNI network */

/* netd's id for a CNI container: itself where it has the form (64 hexadecimal digits, as
 * containerd's and podman's), else a hash of it that is always the same. */
void container_id(const char *cni_id, char ret_id[static ID_LEN + 1]);

/* The name in netd: the pod's, with its namespace behind a dot; else CNI_CONTAINERID, which serves
 * also when another container has the former (a pod's last sandbox). */
const char *container_name(const struct cni_call *call, char buffer[static NAME_LEN_MAX + 1]);

/* EndpointSettings of the interface: addresses, MAC, names, interface name. New reference. */
int container_settings(const struct cni_call *call, json_t **ret_settings, struct cni_error *error);
/* {"80/tcp": […]} of the capability portMappings; an empty object where there are none. The key
 * portReservation = false makes those Reserved that Podman listens on itself. */
int container_ports(const struct cni_call *call, json_t **ret_ports, struct cni_error *error);
/* The body of POST /netd/v1/containers. */
int container_body(const struct cni_call *call, json_t **ret_body, struct cni_error *error);

/* In a container as netd shows it: the settings of the interface called ifname of the CNI network
 * called network, and the netd network it is in. NULL: none. Borrowed. */
const json_t *container_find(const json_t *container, const char *network, const char *ifname,
			     const char **ret_netd_network);

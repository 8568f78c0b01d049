// SPDX-License-Identifier: GPL-2.0-or-later
// container.h - a container of Podman's as netd is asked to attach it, and its status as Podman
// reads it
#pragma once

#include "plugins/netavark/input.h"

#define CONTAINER_LABEL "io.netd.runtime" /* says "podman": for people, nothing depends on it */

/* EndpointSettings: addresses as Podman's IPAM chose them, MAC, aliases, interface name, and
 * options metric and no_default_route as the priority of the default route. ERROR_INVALID. */
int container_settings(const struct input_network *network, json_t **ret_settings,
		       struct error *error);

/* The body of POST /netd/v1/containers. bindings is only read. */
int container_body(const struct input *input, const char *netns, const json_t *bindings,
		   json_t **ret_body, struct error *error);

/* In a container as netd shows it: the settings of the network of that name; NULL: none. Borrowed.
 */
const json_t *container_find(const json_t *container, const char *network);
/* Whether they are what Podman asked for: addresses, prefix lengths, gateways. */
bool container_is_as_asked(const struct input_network *network, const json_t *settings);

/* What setup prints: {NETWORK: {dns_search_domains, dns_server_ips, interfaces}}. NULL: no memory.
 */
json_t *container_status(const struct input *input, const json_t *container);

// SPDX-License-Identifier: GPL-2.0-or-later
// docker_json.h - networks and containers as Docker's API shows them
#pragma once

#include "base/buf.h"
#include "model/container/container.h"
#include "model/network/network.h"

#include <jansson.h>

/* Fields and their order are those of the Docker Engine API 1.52. What shows ports, of which there
 * are thousands, appends text, and returns 0 or -ENOMEM. */

/* An element of GET /networks, with ContainerCount, which is netd's own; with detail GET
 * /networks/{id}: Containers and Status instead. A new reference, or NULL when out of memory. */
json_t *docker_json_network(const struct network *network, bool detail);

/* GET /containers/{id}/json, and the answer to attach: Id, Created, Name with a slash, State,
 * Config (Hostname, Labels), HostConfig (NetworkMode, PortBindings, Dns…, ExtraHosts, Links),
 * ResolvConfPath, HostnamePath, HostsPath, NetworkSettings (SandboxID, SandboxKey, Ports, Networks
 * and the legacy IPAddress… of the first network). */
int docker_json_container(const struct container *container, struct buf *buf);

/* An element of GET /containers/json. */
int docker_json_container_summary(const struct container *container, struct buf *buf);

/* NetworkSettings.Ports alone: {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}. */
int docker_json_ports(const struct container *container, struct buf *buf);

/* RFC 3339 with nanoseconds, UTC. */
void docker_json_time(const struct timespec *when, char ret_text[static 40]);

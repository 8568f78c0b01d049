// SPDX-License-Identifier: GPL-2.0-or-later
// ports.h - Podman's port mappings as PortBindings
#pragma once

#include "plugins/netavark/input.h"

/* {"80/tcp": [{"HostIp", "HostPort", "Reserved"}]}; an empty object when there are none, or when
 * every network of the container is internal, which has no way in: Podman publishes nothing then.
 * Podman binds the port of an address itself, "" meaning 0.0.0.0 only, and never one of SCTP; these
 * are Reserved, the rest (:: for "") is netd's to hold. host_has_ipv6: there is :: to speak of. New
 * reference. ERROR_INVALID names the mapping. */
int ports_bindings(const struct input *input, bool host_has_ipv6, json_t **ret_bindings,
		   struct error *error);

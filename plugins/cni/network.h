// SPDX-License-Identifier: GPL-2.0-or-later
// network.h - from a CNI configuration to the network netd is asked to make
#pragma once

#include "plugins/cni/call.h"

/* Whether the configuration has any key that says what the network is to be like. */
bool network_is_described(const json_t *config);

/* The members of a configuration that describe a network, NULL-terminated. */
extern const char *const network_keys[];

/* The body of POST /networks/create. Keys of netd's own (subnet, subnet6, gateway, gateway6,
 * ipRange, ipv6, internal, icc, options, labels), those of the reference bridge plugin (bridge,
 * mtu, isGateway, ipMasq, portIsolation, macspoofchk) and the ranges of a host-local "ipam". Keys
 * that ask for what netd does not do are CNI_UNSUPPORTED_FIELD, with key and value. */
int network_body(const struct cni_call *call, json_t **ret_body, struct cni_error *error);

/* The last part alone: refuses what would be ignored otherwise. */
int network_check_keys(const struct cni_call *call, struct cni_error *error);
/* Whether containers are to be held to their own MAC and addresses; and whether the network that is
 * there does so where that is the case: 0, or -EINVAL. */
bool network_wants_guard(const struct cni_call *call);
int network_check_guard(const struct cni_call *call, const json_t *network,
			struct cni_error *error);

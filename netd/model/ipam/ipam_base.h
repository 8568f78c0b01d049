// SPDX-License-Identifier: GPL-2.0-or-later
// ipam_base.h - where subnets are cut from when nobody says
#pragma once

#include "base/addr.h"

#include <stddef.h>

/* A base prefix cut into subnets of one size: Docker's default-address-pools. */
struct ipam_base {
	struct prefix base;
	uint8_t size; /* prefix length of the subnets */
};

/* The built-in pools, of IPv4: 172.17-31/16 style first for people's expectations would end after
 * fifteen networks; so /24s, hundreds of them. Returns a static array. */
const struct ipam_base *ipam_base_defaults(size_t *ret_n);

/* A unique local /48 (RFC 4193) with that global id. */
struct prefix ipam_base_of_id(const uint8_t global_id[static 5]);
/* The one of a host, always the same: a hash of its machine-id(5), which cannot be told from it,
 * and of a name that tells daemons on one host apart. -EINVAL: machine_id is none. -ENOMEM. */
int ipam_base_of_host(const char *machine_id, const char *name, struct prefix *ret_prefix);

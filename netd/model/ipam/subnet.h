// SPDX-License-Identifier: GPL-2.0-or-later
// subnet.h - one subnet of a network: its addresses, its gateway, and those set aside
#pragma once

#include "base/addr.h"
#include "base/error.h"

#include <stddef.h>

struct aux_address {
	char *name;
	struct addr addr;
};

/* One subnet of a network. A bridge network has at most one of each family. */
struct subnet {
	struct prefix prefix; /* without host bits; family 0: not given, take one from the pools;
			       * address 0.0.0.0 or :: with a length: "any of this size" */
	struct addr
		gateway; /* family 0: the first usable address, chosen when the subnet is known */
	struct prefix range; /* family 0: the whole subnet */
	struct aux_address *aux;
	size_t n_aux;
};

void subnet_done(struct subnet *subnet);
/* Deep copy; 0 or -ENOMEM, and then *to is still something subnet_done can free. */
int subnet_copy(const struct subnet *from, struct subnet *to);

/* What kind of addresses a prefix holds that no interface can have ("loopback"), or NULL. */
const char *subnet_unfit(const struct prefix *prefix);
/* The addresses of a prefix that an interface can have: all but the network and broadcast address
 * (IPv4, shorter than /31) or the subnet-router anycast address (IPv6, shorter than /127). */
void subnet_usable(const struct prefix *prefix, struct addr *ret_first, struct addr *ret_last);

/* Chooses the gateway of a subnet that has a prefix and none yet: the first usable address that is
 * not auxiliary. A range does not move it. ERROR_INVALID when there is none (a full /32). */
int subnet_choose_gateway(struct subnet *subnet, struct error *error);

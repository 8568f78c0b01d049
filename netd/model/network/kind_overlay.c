// SPDX-License-Identifier: GPL-2.0-or-later
// kind_overlay.c - networks that span the hosts of a cluster
#include "model/network/kind_rows.h"
#include "model/network/network.h"

/* Each host has the gateway's address at its own bridge, with the same MAC: a container finds it
 * wherever it is, and leaves by the host it is on. */
static struct addr gateway(const struct network_spec *spec, enum family family)
{
	static const struct addr none;

	return spec->internal ? none : spec->subnet[family].gateway;
}

/* What concerns one host's neighbourhood cannot be the same on all of them. 0, or the error is
 * set. */
static int check(const struct network_spec *spec, struct error *error)
{
	if (spec->no_addresses)
		return error_set(error, ERROR_INVALID,
				 "network %s spans hosts, which share its addresses out among "
				 "themselves: the IPAM driver \"null\" leaves that to others",
				 spec->name);
	for (enum family family = 0; family < FAMILY_N; family++)
		if (spec->has[family] && spec->gateway_mode[family] != GATEWAY_MODE_NAT)
			return error_set(
				error, ERROR_INVALID,
				"network %s spans hosts, and its containers' addresses are "
				"not reached from outside by any of them: the gateway mode "
				"is nat",
				spec->name);
	if (spec->inhibit4)
		return error_set(error, ERROR_INVALID,
				 "network %s spans hosts, and its gateway is on each of them: "
				 "inhibit-ip is not for it",
				 spec->name);
	return 0;
}

const struct network_kind kind_overlay = {
	.name = "overlay",
	.spans = true,
	.bridged = true,
	.addressed = true,
	.wired = true,
	.several = true,
	.named = true,
	.forwarded = true,
	.published = true,
	.check = check,
	.gateway = gateway,
};

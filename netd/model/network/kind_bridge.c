// SPDX-License-Identifier: GPL-2.0-or-later
// kind_bridge.c - networks whose containers are ports of a bridge on the host
#include "model/network/kind_rows.h"
#include "model/network/network.h"

/* The host has this address at the bridge and forwards from there. An internal network has it, too,
 * for the host itself, but nothing leads out. */
static struct addr gateway(const struct network_spec *spec, enum family family)
{
	static const struct addr none;

	return spec->internal ? none : spec->subnet[family].gateway;
}

const struct network_kind kind_bridge = {
	.name = "bridge",
	.predefined = "bridge",
	.configured = true,
	.bridged = true,
	.addressed = true,
	.wired = true,
	.several = true,
	.named = true,
	.forwarded = true,
	.published = true,
	.gateway = gateway,
};

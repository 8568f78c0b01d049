// SPDX-License-Identifier: GPL-2.0-or-later
// network.c - the life of a network spec and of a network
#include "model/network/network.h"

#include "base/cleanup.h"
#include "model/ipam/ipam.h"

#include <errno.h>
#include <string.h>

/* Docker's words. */
const char *const network_gateway_mode_name[GATEWAY_MODE_N] = {
	[GATEWAY_MODE_NAT] = "nat",
	[GATEWAY_MODE_NAT_UNPROTECTED] = "nat-unprotected",
	[GATEWAY_MODE_ROUTED] = "routed",
	[GATEWAY_MODE_ISOLATED] = "isolated",
};

/* Where a network's containers send what leaves it: the kind knows. Family 0: nowhere. It is the
 * default route of the containers, which an internal network does not have. */
struct addr network_gateway(const struct network_spec *spec, enum family family)
{
	return spec->kind->gateway ? spec->kind->gateway(spec, family) : (struct addr) { 0 };
}

/* The members of Docker's API that switch a family on. */
const char *const network_family_key[FAMILY_N] = { "EnableIPv4", "EnableIPv6" };

/* The address that the bridge is to have; no address: none. It has the length of the subnet, so the
 * kernel makes the route to it. */
struct prefix network_bridge_addr(const struct network_spec *spec, uint8_t family)
{
	const struct subnet *subnet = &spec->subnet[family_of(family)];
	bool inhibited = family == AF_INET && spec->inhibit4; /* Docker has no inhibit_ipv6 */

	/* No bridge of an isolated network has an address: the host is not to be reached by it. */
	if (!spec->has[family_of(family)] || inhibited ||
	    network_gateway_mode(spec, family) == GATEWAY_MODE_ISOLATED)
		return (struct prefix) { 0 };
	return (struct prefix) { subnet->gateway, subnet->prefix.len };
}

/* Whether IPv6 is switched on at the bridge at all. */
bool network_bridge_has_ipv6(const struct network_spec *spec)
{
	return spec->has[FAMILY_6] && spec->gateway_mode[FAMILY_6] != GATEWAY_MODE_ISOLATED;
}

/* The defaults of a network that was asked for by name alone. 0 or -ENOMEM. The spec is the
 * caller's to give to network_spec_done(). */
int network_spec_init(struct network_spec *spec)
{
	_cleanup_(network_spec_done) struct network_spec fresh = {
		.kind = kind_default(),
		.has[FAMILY_4] = true,
		.icc = true,
		.masquerade = true,
		.ifname_prefix = "eth",
		.queues = 1,
	};

	fresh.labels = json_object();
	fresh.options = json_object();
	if (!fresh.labels || !fresh.options)
		return -ENOMEM;
	*spec = take_struct(fresh);
	return 0;
}

/* It copes with a spec that was made in part, and may be called twice. */
void network_spec_done(struct network_spec *spec)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		subnet_done(&spec->subnet[family]);
	json_decref(spec->labels);
	json_decref(spec->options);
	*spec = (struct network_spec) { 0 };
}

/* NULL stays NULL. 0 or -ENOMEM. The copy shares nothing with the original. */
static int copy_map(const json_t *from, json_t **ret_copy)
{
	json_t *copy = from ? json_deep_copy(from) : NULL;

	/* NULL is a map that was never made, and no error. */
	if (from && !copy)
		return -ENOMEM;
	*ret_copy = copy;
	return 0;
}

/* Either a whole copy or none. 0 or -ENOMEM. */
int network_spec_copy(const struct network_spec *from, struct network_spec *ret_spec)
{
	_cleanup_(network_spec_done) struct network_spec copy = *from;

	/* Nothing may be shared with the original when the copy is freed half-way. */
	memset(copy.subnet, 0, sizeof(copy.subnet));
	copy.labels = copy.options = NULL;
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (subnet_copy(&from->subnet[family], &copy.subnet[family]) < 0)
			return -ENOMEM;
	}
	if (copy_map(from->labels, &copy.labels) < 0 || copy_map(from->options, &copy.options) < 0)
		return -ENOMEM;
	*ret_spec = take_struct(copy);
	return 0;
}

/* Whoever frees it has taken it out of all tables. NULL is accepted. */
void network_free(struct network *network)
{
	if (!network)
		return;
	for (enum family family = 0; family < FAMILY_N; family++)
		/* Endpoints are not freed here: they belong to their containers. */
		ipam_pool_free(network->pool[family]);
	for (size_t i = 0; i < network->n_services; i++)
		service_free(network->services[i]);
	free(network->services);
	blocks_done(&network->blocks);
	network_spec_done(&network->spec);
	free(network->warning);
	free(network);
}

/* It may be called twice. */
void network_update_done(struct network_update *update)
{
	json_decref(update->labels);
	*update = (struct network_update) { 0 };
}

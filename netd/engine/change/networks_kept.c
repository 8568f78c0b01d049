// SPDX-License-Identifier: GPL-2.0-or-later
// networks_kept.c - what the store kept of a network: its settings and the addresses it remembers
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "model/ipam/ipam.h"
#include "model/request/request.h"

#include <string.h>

static int load_lease(const char *addr_text, const char *holder, void *data, struct error *error)
{
	const struct network *network = data;
	struct ipam_pool *pool;
	struct addr addr;

	(void)error;
	/* A line that makes no sense costs one container its old address. It is no reason to go
	 * without the network. */
	if (addr_parse(addr_text, &addr) < 0)
		return 0;
	pool = network->pool[family_of(addr.family)];
	if (pool)
		ipam_remember(pool, &addr, holder);
	return 0;
}

static int load_kept(const char *addr_text, const char *holder, void *data, struct error *error)
{
	const struct network *network = data;
	struct ipam_pool *pool;
	struct addr addr;

	/* A kept address is a lease, too: its holder gets it again. */
	(void)load_lease(addr_text, holder, data, error); /* never fails */
	if (addr_parse(addr_text, &addr) < 0)
		return 0;
	pool = network->pool[family_of(addr.family)];
	if (pool)
		ipam_keep(pool, &addr);
	return 0;
}

/* The addresses asked for by hand last: they are the better memories. */
int networks_load_leases(struct engine *engine, struct network *network, struct error *error)
{
	const char *id = network->spec.id;
	/* In this order: of two memories of one address the later one wins. */
	int err = store_leases_each(engine->store, id, load_lease, network, error);

	return err < 0 ? err : store_kept_each(engine->store, id, load_kept, network, error);
}

/* What a netd that knew these options as notes only kept without looking is left out where it makes
 * no sense: it was never done, and containers hang on the network. *ret_left_out: something was. */
static int decode_kept(json_t *body, struct network_spec *ret_spec, bool *ret_left_out,
		       struct error *error)
{
	static const char *const once_notes[] = {
		"com.docker.network.bridge.gateway_mode_ipv4",
		"com.docker.network.bridge.gateway_mode_ipv6",
		"com.docker.network.bridge.inhibit_ipv4",
		"com.docker.network.bridge.trusted_host_interfaces",
		"com.docker.network.host_ipv4",
		"com.docker.network.host_ipv6",
	};
	json_t *options = json_object_get(body, "Options");
	int err = request_network_create(body, ret_spec, error);

	*ret_left_out = false;
	/* What may pass is not a matter of the options. */
	if (err == 0 || error_is_passing(err))
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(once_notes); i++)
		*ret_left_out |= json_object_del(options, once_notes[i]) == 0;
	/* The error of the first try is told when leaving out changed nothing. */
	return *ret_left_out ? request_network_create(body, ret_spec, NULL) : err;
}

int networks_read_kept(const char *text, struct network_spec *ret_spec, bool *ret_left_out,
		       struct error *error)
{
	json_t *body;
	int err = json_parse_record(text, strlen(text), &body, error);

	if (err < 0)
		return err;
	(void)json_object_del(body, NETWORK_CONFIGURED); /* is no part of a request */
	err = decode_kept(body, ret_spec, ret_left_out, error);
	json_decref(body);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// networks_kept.c - what the store kept of a network: its settings and the addresses it remembers
#include "engine/change/change.h"
#include "engine/change/networks.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "model/ipam/ipam.h"
#include "model/network/network_options.h"
#include "model/request/request.h"

#include <string.h>

/* Theory of operation. A network's row is text that a netd wrote, maybe one of years ago. It is
 * read by the decoder that reads requests. Options that an older netd took without looking may make
 * no sense to this one, and a network that containers hang on must not be lost for them. */

/* One remembered address: its holder gets it again when it is free. */
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

/* One address that was asked for by hand. The pool gives it to others only when nothing else is
 * left. */
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
	json_t *options = json_object_get(body, "Options");
	int err = request_network_create(body, ret_spec, error);

	*ret_left_out = false;
	/* What may pass is not a matter of the options. */
	if (err == 0 || error_is_passing(err))
		return err;
	for (enum network_option option = 0; option < NETWORK_OPTION_N; option++)
		if (network_options_once_a_note(option))
			*ret_left_out |= json_object_del(options, network_options_key(option)) == 0;
	/* The error of the first try is told when leaving out changed nothing. */
	return *ret_left_out ? request_network_create(body, ret_spec, NULL) : err;
}

/* The spec that the row stands for. *ret_left_out: some option was dropped on the way, and the row
 * should be written again. */
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

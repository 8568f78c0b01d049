// SPDX-License-Identifier: GPL-2.0-or-later
// aside.c - an address that is kept free for a moment, for who will ask for it by number
#include "engine/change/change.h"

#include "model/ipam/ipam.h"

/* Theory of operation. Docker asks its IPAM driver for an address first, and attaches with that
 * address later. In between the address must not be given to somebody else by choice. It is not
 * held either: who never comes back would hold it for ever. So the pool only avoids it, and
 * remembers the holder's name with it. */

int engine_set_aside(struct engine *engine, const char *ref, uint8_t family, const char *holder,
		     struct prefix *ret_addr, struct error *error)
{
	struct network *network;
	struct ipam_pool *pool;
	struct addr addr;
	int err = engine_network_find(engine, ref, &network, error);

	/* The network's name or id was wrong: nothing has changed. */
	if (err < 0)
		return err;
	pool = network->pool[family_of(family)];
	if (!pool)
		return error_set(error, ERROR_INVALID, "network %s has no IPv%d addresses",
				 network->spec.name, family == AF_INET ? 4 : 6);
	/* Allocated and given back at once: the pool's own choice is made, and the address is
	 * free again for the attach that names it. ipam_set_aside keeps others from it meanwhile,
	 * as long as there are any left. */
	err = ipam_alloc(pool, holder, &addr, error);
	if (err < 0) {
		error_prefix(error, "network %s", network->spec.name);
		return err;
	}
	ipam_release(pool, &addr);
	ipam_set_aside(pool, &addr);
	ret_addr->addr = addr;
	ret_addr->len = network->spec.subnet[family_of(family)].prefix.len;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// endpoints.c - whose a port or a MAC address is, found without a walk over all who are on a
// network
#include "engine/state/state.h"

#include <string.h>

/* Theory of operation. The kernel tells of a link several times while it is made, and each new
 * endpoint needs a MAC address that nobody has: with thousands on a network, walks over all of them
 * would be most of an attach. So an endpoint stands in two chains, chosen by its port's index and
 * by its MAC address. Chains need no memory of their own, so that to enter one cannot fail. Indexes
 * come one after the other, so chains of ports are equally long; MAC addresses that somebody chose
 * to be in one chain cost a walk, no more. */

static struct list *chain_of_port(struct engine *engine, int ifindex)
{
	return &engine->at_port[(unsigned int)ifindex % ENDPOINT_CHAINS];
}

/* Those that netd chooses are hashes, and people who choose them count in the last bytes. */
static struct list *chain_of_mac(struct engine *engine, const struct mac *mac)
{
	return &engine->of_mac[(mac->bytes[4] << 8 | mac->bytes[5]) % ENDPOINT_CHAINS];
}

/* An endpoint may be in a chain or not. */
static void leave(struct list *node)
{
	if (node->next) /* never entered: zero */
		list_remove(node);
}

/* Once, before anything else of the engine. */
void endpoints_start(struct engine *engine)
{
	for (size_t i = 0; i < ENDPOINT_CHAINS; i++) {
		list_init(&engine->at_port[i]);
		list_init(&engine->of_mac[i]);
	}
}

/* The kernel gives an index again when its link is gone, and whoever had that link may not have
 * been told yet. He would be found in the other's place, and his repair would be the other's
 * damage. */
static void give_up_port(struct engine *engine, const struct endpoint *to)
{
	struct endpoint *was = endpoints_at_port(engine, to->host_ifindex);

	if (was && was != to)
		endpoints_forget_port(was);
}

/* Called when a link is made or found. Twice is no harm. */
void endpoints_note_port(struct engine *engine, struct endpoint *endpoint)
{
	leave(&endpoint->by_port);
	if (endpoint->host_ifindex <= 0)
		return;
	give_up_port(engine, endpoint);
	list_append(chain_of_port(engine, endpoint->host_ifindex), &endpoint->by_port);
}

/* From here on nobody takes that link for this endpoint's. */
void endpoints_forget_port(struct endpoint *endpoint)
{
	leave(&endpoint->by_port);
	endpoint->host_ifindex = 0;
}

/* The MAC that the endpoint has by its record, whatever the container has made of it. */
void endpoints_note_mac(struct engine *engine, struct endpoint *endpoint)
{
	leave(&endpoint->by_mac);
	list_append(chain_of_mac(engine, &endpoint->mac), &endpoint->by_mac);
}

void endpoints_forget(struct endpoint *endpoint)
{
	leave(&endpoint->by_port);
	leave(&endpoint->by_mac);
}

struct endpoint *endpoints_at_port(struct engine *engine, int ifindex)
{
	list_foreach (chain_of_port(engine, ifindex), struct endpoint, endpoint, by_port)
		if (endpoint->host_ifindex == ifindex)
			return endpoint;
	return NULL;
}

/* NULL: nobody else on that network has it. */
const struct endpoint *endpoints_mac_holder(struct engine *engine, const struct endpoint *but,
					    const struct mac *mac)
{
	list_foreach (chain_of_mac(engine, mac), const struct endpoint, endpoint, by_mac)
		if (endpoint != but && endpoint->network == but->network &&
		    memcmp(&endpoint->mac, mac, sizeof(*mac)) == 0)
			return endpoint;
	return NULL;
}

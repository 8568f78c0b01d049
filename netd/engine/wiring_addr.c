// SPDX-License-Identifier: GPL-2.0-or-later
// wiring_addr.c - the first step: addresses of the pools, and a MAC
#include "engine/wiring.h"

#include "model/ipam.h"

#include <stdio.h>
#include <string.h>

/* Who chooses all addresses of a network himself (Podman does), and makes it anew when he needs it,
 * remembers them himself. */
static int claim_one(struct endpoint *endpoint, struct ipam_pool *pool, const struct addr *asked,
		     struct addr *ret_addr, struct error *error)
{
	const char *holder = endpoint->container->spec.name;
	bool by_hand = addr_is_set(asked) && !ipam_is_set_aside(pool, asked) &&
		       !json_object_get(endpoint->network->spec.labels, NETWORK_LABEL_TRANSIENT);
	int err;

	if (addr_is_set(asked)) {
		err = ipam_claim(pool, asked, holder, error);
		if (err == 0)
			*ret_addr = *asked;
		if (err == 0 && by_hand)
			ipam_keep(pool, asked);
	} else {
		err = ipam_alloc(pool, holder, ret_addr, error);
	}
	if (err < 0)
		error_prefix(error, "network %s", endpoint->network->spec.name);
	return err;
}

/* They are of the link, so nobody else on the network may have one of them. */
static int claim_link_local(const struct endpoint *endpoint, struct error *error)
{
	const struct network *network = endpoint->network;
	const struct endpoint_spec *spec = &endpoint->spec;

	for (size_t i = 0; i < spec->n_link_local; i++) {
		const struct addr *addr = &spec->link_local[i];

		if (addr->family == AF_INET6 && !network->spec.ipv6)
			return error_set(error, ERROR_INVALID,
					 "network %s has no IPv6 for the link-local IP address %s",
					 network->spec.name, ADDR_STR(addr));
		list_foreach (&network->endpoints, const struct endpoint, other, in_network)
			for (size_t k = 0; other != endpoint && k < other->spec.n_link_local; k++)
				if (addr_equal(&other->spec.link_local[k], addr))
					return error_set(
						error, ERROR_FORBIDDEN,
						"Address already in use: %s on network %s is "
						"container %s's link-local IP address",
						ADDR_STR(addr), network->spec.name,
						other->container->spec.name);
	}
	return 0;
}

static int claim_endpoint(struct endpoint *endpoint, struct error *error)
{
	struct network *network = endpoint->network;
	char text[2 * NAME_LEN_MAX + IFNAME_LEN_MAX + 3];
	bool first;
	int err = 0;

	list_append(&network->endpoints, &endpoint->in_network);
	network->n_endpoints++;
	if (!wiring_is_wired(endpoint))
		return 0;
	if (addr_is_set(&endpoint->spec.ip4) && !network->pool4)
		return error_set(error, ERROR_INVALID, "network %s has no IPv4 subnet for %s",
				 network->spec.name, ADDR_STR(&endpoint->spec.ip4));
	if (addr_is_set(&endpoint->spec.ip6) && !network->pool6)
		return error_set(error, ERROR_INVALID, "network %s has no IPv6 subnet for %s",
				 network->spec.name, ADDR_STR(&endpoint->spec.ip6));
	err = claim_link_local(endpoint, error);
	if (err == 0 && network->pool4)
		err = claim_one(endpoint, network->pool4, &endpoint->spec.ip4, &endpoint->ip4,
				error);
	if (err == 0 && network->pool6)
		err = claim_one(endpoint, network->pool6, &endpoint->spec.ip6, &endpoint->ip6,
				error);
	/* Made of both names: the same container gets the same MAC on the same network, always. One
	 * more interface there has another. */
	first = container_endpoint_on(endpoint->container, network, "") == endpoint;
	(void)snprintf(text, sizeof(text), "%s/%s%s%s", endpoint->container->spec.name,
		       network->spec.name, first ? "" : "@", first ? "" : endpoint->ifname);
	endpoint->mac = endpoint->spec.has_mac ? endpoint->spec.mac : mac_from_text(text);
	return err;
}

int wiring_claim(struct wiring *wiring, struct error *error)
{
	wiring_foreach(wiring, endpoint)
	{
		int err = claim_endpoint(endpoint, error);

		if (err == 0)
			err = sweep_addr(wiring->engine, endpoint->network, &endpoint->ip4, error);
		if (err == 0)
			err = sweep_addr(wiring->engine, endpoint->network, &endpoint->ip6, error);
		if (err < 0)
			return err;
	}
	return 0;
}

static void release_endpoint(struct endpoint *endpoint)
{
	struct network *network = endpoint->network;

	if (!endpoint->in_network.next || list_empty(&endpoint->in_network))
		return; /* never claimed */
	list_remove(&endpoint->in_network);
	network->n_endpoints--;
	if (network->pool4 && addr_is_set(&endpoint->ip4))
		ipam_release(network->pool4, &endpoint->ip4);
	if (network->pool6 && addr_is_set(&endpoint->ip6))
		ipam_release(network->pool6, &endpoint->ip6);
}

void wiring_undo_claim(struct wiring *wiring)
{
	wiring_foreach(wiring, endpoint)
	{
		release_endpoint(endpoint);
		endpoint_enter(endpoint, ENDPOINT_GONE);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
// steps_addr.c - the first step: addresses of the pools, and a MAC
#include "engine/plan/plan.h"
#include "engine/plan/steps.h"

#include "model/ipam/ipam.h"

#include <stdio.h>
#include <string.h>

/* Who chooses all addresses of a network himself (Podman does), and makes it anew when he needs it,
 * remembers them himself. An address that is asked for is claimed or refused; without one the pool
 * chooses, and prefers what the container of this name had last (ipam). */
static int claim_one(struct endpoint *endpoint, struct ipam_pool *pool, const struct addr *asked,
		     struct addr *ret_addr, struct error *error)
{
	const char *holder = endpoint->container->spec.name;
	/* Set aside means that netd itself chose it a moment ago, for a caller who now asks for
	 * it by number: that is no choice by hand, and not worth remembering over a reboot. */
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

		if (addr->family == AF_INET6 && !network->spec.has[FAMILY_6])
			return error_set(error, ERROR_INVALID,
					 "network %s has no IPv6 for the link-local IP address %s",
					 network->spec.name, ADDR_STR(addr));
		/* The list is that of one network. Link-local addresses of other networks are on
		 * other links. */
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

/* --- MAC addresses ---------------------------------------------------------------------------- */

/* The bridge's own address is made of the network's id, so it is known without a question to the
 * kernel. */
static bool is_bridges_mac(const struct network *network, const struct mac *mac)
{
	struct mac own = mac_from_text(network->spec.id); /* segments.c, bridge_of */

	return memcmp(&own, mac, sizeof(own)) == 0;
}

/* Two ports with one address confuse the bridge about both: it follows whoever spoke last. Whoever
 * is gone, and not yet noticed to be, is in nobody's way. */
static int refuse_taken_mac(struct engine *engine, const struct endpoint *endpoint,
			    struct error *error)
{
	const struct mac *mac = &endpoint->spec.mac;
	const struct network *network = endpoint->network;
	const struct endpoint *holder;

	if (is_bridges_mac(network, mac))
		return error_because(error, ERROR_REASON_ADDRESS_IN_USE,
				     error_set(error, ERROR_CONFLICT,
					       "MAC address %s is that of bridge %s, network %s's "
					       "gateway: choose another",
					       MAC_STR(mac), network->spec.bridge,
					       network->spec.name));
	/* What is dead makes room, one after the other: each detach may free the MAC, and another
	 * may have it as well. */
	while ((holder = endpoints_mac_holder(engine, endpoint, mac)) != NULL) {
		struct container *container = holder->container;
		struct error ignored;

		/* A container of two interfaces on one network is in its own way, and cannot be
		 * detached for that. */
		if (container == endpoint->container || !alive_is_dead(container) ||
		    engine->above->detach(engine, container->spec.id, &ignored) < 0)
			return error_because(
				error, ERROR_REASON_ADDRESS_IN_USE,
				error_set(error, ERROR_CONFLICT,
					  "MAC address %s is container %s's on network %s "
					  "already: choose another, or leave it out",
					  MAC_STR(mac), container->spec.name, network->spec.name));
	}
	return 0;
}

/* Made of both names: the same container gets the same MAC on the same network, always. One more
 * interface there has another, and so has one whose MAC somebody else asked for. */
static struct mac choose_mac(struct engine *engine, const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;
	bool first = container_endpoint_on(endpoint->container, network, "") == endpoint;
	char text[2 * NAME_LEN_MAX + IFNAME_LEN_MAX + 4];
	struct mac mac;
	int len = snprintf(text, sizeof(text), "%s/%s%s%s", endpoint->container->spec.name,
			   network->spec.name, first ? "" : "@", first ? "" : endpoint->ifname);

	mac = mac_from_text(text);
	/* 26 tries and then whatever comes: 46 bits of the address are a hash, so that all of them
	 * taken means that somebody took them on purpose. */
	for (char c = 'a'; c <= 'z' && (endpoints_mac_holder(engine, endpoint, &mac) ||
					is_bridges_mac(network, &mac));
	     c++) {
		(void)snprintf(text + len, sizeof(text) - (size_t)len, "%c", c);
		mac = mac_from_text(text);
	}
	return mac;
}

/* On failure the caller undoes the whole step, so each claim is noted in the endpoint as soon as it
 * is made. */
static int claim_endpoint(struct engine *engine, struct endpoint *endpoint, struct error *error)
{
	struct network *network = endpoint->network;
	/* A segment first: it may have to be made, and a network that is full refuses before any
	 * address is taken. */
	int err = link_is_wired(endpoint) ? overflow_choose(engine, endpoint, error) : 0;

	if (err < 0) {
		error_prefix(error, "container %s on network %s", endpoint->container->spec.name,
			     network->spec.name);
		return err;
	}
	/* From here on the endpoint counts for the network, also while the plan goes on: a
	 * network with a port in it is not removed. */
	list_append(&network->endpoints, &endpoint->in_network);
	network->n_endpoints++;
	network->segments[endpoint->segment].n_ports++;
	if (!link_is_wired(endpoint))
		return 0;
	/* Before any claim, so that an address without a subnet is said in words of its own. */
	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct addr *wanted = &endpoint->spec.ip[family];

		if (addr_is_set(wanted) && !network->pool[family])
			return error_set(error, ERROR_INVALID, "network %s has no %s subnet for %s",
					 network->spec.name, family_name(family), ADDR_STR(wanted));
	}
	endpoint->mac = endpoint->spec.has_mac ? endpoint->spec.mac : choose_mac(engine, endpoint);
	endpoints_note_mac(engine, endpoint);
	err = claim_link_local(endpoint, error);
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (err == 0 && network->pool[family])
			err = claim_one(endpoint, network->pool[family], &endpoint->spec.ip[family],
					&endpoint->ip[family], error);
	}
	/* Last: Docker makes the MAC of the address, and that the address is taken says more. */
	if (err == 0 && endpoint->spec.has_mac)
		err = refuse_taken_mac(engine, endpoint, error);
	return err;
}

int plan_claim(struct plan *plan, struct error *error)
{
	plan_foreach(plan, endpoint)
	{
		int err = claim_endpoint(plan->engine, endpoint, error);

		/* The link that had this address may still be dying and answer for it. The sweep
		 * comes before the address is used again. */
		for (enum family family = 0; err == 0 && family < FAMILY_N; family++)
			err = sweep_addr(plan->engine, endpoint->network, &endpoint->ip[family],
					 error);
		if (err < 0)
			return err;
	}
	return 0;
}

/* The addresses are free for others from here on. Links and record are undone before (this step is
 * the first of an attach). */
static void release_endpoint(struct endpoint *endpoint)
{
	struct network *network = endpoint->network;

	/* A plan that failed early undoes endpoints that never came here. Their node is not in
	 * any list. */
	if (!endpoint->in_network.next || list_empty(&endpoint->in_network))
		return; /* never claimed */
	list_remove(&endpoint->in_network);
	endpoints_forget(endpoint);
	network->n_endpoints--;
	network->segments[endpoint->segment].n_ports--;
	/* Of one whose links were never undone. */
	if (addr_is_set(&endpoint->ip[FAMILY_6]))
		blocks_remove(&network->blocks, &endpoint->ip[FAMILY_6]);
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (network->pool[family] && addr_is_set(&endpoint->ip[family]))
			ipam_release(network->pool[family], &endpoint->ip[family]);
	}
}

/* The last undo of all: afterwards nothing but memory is left of the endpoint. */
void plan_undo_claim(struct plan *plan)
{
	plan_foreach(plan, endpoint)
	{
		release_endpoint(endpoint);
		/* Its segment may be empty now. */
		overflow_drop_empty(plan->engine, endpoint->network);
		endpoint_enter(endpoint, ENDPOINT_GONE);
	}
}

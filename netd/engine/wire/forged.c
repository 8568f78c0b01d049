// SPDX-License-Identifier: GPL-2.0-or-later
// forged.c - packets that were dropped for their source: how many, whose, and what to do if they
// are meant
#include "engine/wire/wire.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "model/ipam/ipam.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The table counts by bridge in one set, which no container can fill, and by
 * bridge, MAC and address in two that are full after a few hundred (model/rules/ruleset.c). Nothing
 * tells of a packet that was dropped: so the first is looked at now and then, and the others when
 * it has grown. What a counter had shown goes with its element, or with the table; one that is less
 * than it was has begun anew. */

/* The network with a bridge of that name, and the bridge's number in it; NULL: none. Keys of the
 * kernel's sets have names and no indexes. */
static struct network *network_of(const struct engine *engine, const uint8_t *ifname,
				  uint32_t *ret_number)
{
	for (size_t i = 0; i < engine->n_networks; i++)
		network_foreach_segment(engine->networks[i], number)
		{
			*ret_number = number;
			if (strncmp(network_segment_name(engine->networks[i], number),
				    (const char *)ifname, IFNAME_LEN_MAX + 1) == 0)
				return engine->networks[i];
		}
	return NULL;
}

/* Reads the counters by bridge, and adds what is new to each network. Returns the sum. */
static uint64_t count_new(struct engine *engine)
{
	_cleanup_free_ struct nft_counted *items = NULL;
	uint64_t grown, total = 0;
	size_t n = 0;

	if (engine->door->rules.counted(engine->nft, RULESET_FORGED, &items, &n) < 0)
		return 0; /* there is no table at the moment */
	for (size_t i = 0; i < n; i++) {
		uint32_t number;
		struct network *network = network_of(engine, items[i].key, &number);
		struct segment *segment;

		if (!network)
			continue; /* gone since */
		segment = &network->segments[number];
		grown = items[i].packets;
		/* Less than before means that the element, or the whole table, was made anew and
		 * counts from zero. Then all it shows is new. */
		if (grown >= segment->forged_seen)
			grown -= segment->forged_seen;
		segment->forged_seen = items[i].packets;
		network->n_forged += grown;
		total += grown;
	}
	return total;
}

/* By the port's name, which both the item and the key of a search begin with. */
static int port_order(const void *a, const void *b)
{
	static_assert(offsetof(struct nft_counted, key) == 0, "an item begins with its port");

	return strncmp(a, b, IFNAME_LEN_MAX + 1);
}

/* Frames that were dropped for what they said of who sent them, by port (ruleset_guard.c): sorted,
 * for spoofed_of(). *ret_items: to be freed. Returns how many there are. */
static size_t read_spoofed(const struct engine *engine, struct nft_counted **ret_items)
{
	size_t n = 0;

	*ret_items = NULL;
	if (!engine->wire->guarded ||
	    engine->door->rules.counted(engine->nft, RULESET_SPOOFED, ret_items, &n) < 0 || n == 0)
		return 0;
	qsort(*ret_items, n, sizeof(**ret_items), port_order);
	return n;
}

/* NULL: it sent none. */
static const struct nft_counted *spoofed_of(const struct nft_counted *items, size_t n,
					    const struct endpoint *endpoint)
{
	return bsearch(endpoint->host_ifname, items, n, sizeof(*items), port_order);
}

/* What is new of one container, which is told of once. */
static uint64_t count_spoofed_of(struct endpoint *endpoint, uint64_t packets, bool tells)
{
	/* As in count_new(). */
	uint64_t grown = packets >= endpoint->spoofed_seen ? packets - endpoint->spoofed_seen
							   : packets;

	if (tells && grown > 0 && endpoint->spoofed_seen == 0)
		log_warn("network %s: what container %s sends with another MAC or address "
			 "than its own (%s) is dropped, as the network has anti-spoof",
			 endpoint->network->spec.name, endpoint->container->spec.name,
			 MAC_STR(&endpoint->mac));
	endpoint->spoofed_seen = packets;
	endpoint->network->n_forged += grown;
	return grown;
}

/* Every endpoint looks for its item, and not every item for its endpoint: a look takes the time of
 * one walk, however many of them have sent such frames. Returns the sum of what is new. */
static uint64_t count_spoofed(struct engine *engine, bool tells)
{
	_cleanup_free_ struct nft_counted *items = NULL;
	size_t n = read_spoofed(engine, &items);
	uint64_t total = 0;

	for (size_t i = 0; n > 0 && i < engine->n_networks; i++) {
		if (!engine->networks[i]->spec.anti_spoof)
			continue;
		list_foreach (&engine->networks[i]->endpoints, struct endpoint, endpoint,
			      in_network) {
			const struct nft_counted *item = spoofed_of(items, n, endpoint);

			if (item)
				total += count_spoofed_of(endpoint, item->packets, tells);
		}
	}
	return total;
}

/* The first reading is a starting point. */
void forged_begin(struct engine *engine)
{
	/* What netd finds at its start was counted by the netd before, which has told of it. */
	(void)count_new(engine);
	(void)count_spoofed(engine, false);
	for (size_t i = 0; i < engine->n_networks; i++)
		engine->networks[i]->n_forged = 0;
}

/* What a key of RULESET_FORGED4 or 6 says. It points to objects of the engine, and is of this
 * moment only. */
struct forger {
	const struct network *network;
	const struct container *container; /* NULL: no MAC of a container */
	struct mac mac;
	struct addr addr;
};

/* The last words of a container that was detached while it spoke: nobody's fault. A packet of a
 * container that has just left is still under way, and its address is no longer in the set. */
static bool is_former(const struct forger *forger)
{
	enum family family = family_of(forger->addr.family);
	const struct ipam_pool *pool = forger->network->pool[family];
	const struct subnet *subnet = &forger->network->spec.subnet[family];

	return !forger->container && pool && prefix_contains(&subnet->prefix, &forger->addr) &&
	       ipam_had_holder(pool, &forger->addr);
}

/* NULL: the MAC address is no container's of that network, so somebody has made it up or it is a
 * device behind one. */
static const struct container *container_of_mac(const struct network *network,
						const struct mac *mac)
{
	/* mac_now is what the container itself has set since; both may be on packets that are
	 * still under way. */
	list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
		if (memcmp(&endpoint->mac, mac, sizeof(*mac)) == 0 ||
		    memcmp(&endpoint->mac_now, mac, sizeof(*mac)) == 0)
			return endpoint->container;
	return NULL;
}

/* Takes a key of the set apart: interface, MAC, address, in the order of model/rules/ruleset.c. The
 * kernel wrote it, so its length is right. */
static struct forger forger_of(const struct engine *engine, enum ruleset_set set,
			       const uint8_t *key)
{
	const uint8_t *ether = key + ruleset_field_size(RULESET_FIELD_IFNAME);
	const uint8_t *addr = ether + ruleset_field_size(RULESET_FIELD_ETHER);
	uint32_t number;
	struct forger forger = { .network = network_of(engine, key, &number) };

	forger.addr.family = set == RULESET_FORGED6 ? AF_INET6 : AF_INET;
	memcpy(forger.addr.bytes, addr, addr_size(&forger.addr));
	memcpy(&forger.mac, ether, sizeof(forger.mac));
	if (forger.network)
		forger.container = container_of_mac(forger.network, &forger.mac);
	return forger;
}

/* Then it is no source that was refused, but what was said. The address is right, so what was
 * dropped is an ICMP error about somebody else's connection. */
static bool is_own(const struct forger *forger)
{
	for (size_t i = 0; forger->container && i < forger->container->n_endpoints; i++)
		if (addr_equal(&forger->container->endpoints[i]->ip[family_of(forger->addr.family)],
			       &forger->addr))
			return true;
	return false;
}

static void who_text(const struct forger *forger, char *ret_text, size_t size)
{
	if (forger->container)
		(void)snprintf(ret_text, size, "container %s", forger->container->spec.name);
	else
		(void)snprintf(ret_text, size, "%s (no container's MAC address)",
			       MAC_STR(&forger->mac));
}

/* One sentence in the log for each forger, with what to do if he is meant to. FORGED_TOLD_MAX
 * bounds the memory and the log. */
static void tell(struct engine *engine, enum ruleset_set set, const struct nft_counted *counted)
{
	const struct forger forger = forger_of(engine, set, counted->key);
	const size_t key_size = ruleset_key_size(set);
	char who[NAME_LEN_MAX + 32];

	/* The key is remembered before anything is logged, so each pair is told of once. Without
	 * memory for the key nothing is said, for it would be said again every few seconds. */
	if (!forger.network || is_former(&forger) ||
	    map_get(engine->wire->forged_told, counted->key, key_size) ||
	    map_count(engine->wire->forged_told) >= FORGED_TOLD_MAX ||
	    map_set(engine->wire->forged_told, counted->key, key_size, engine) < 0)
		return;
	who_text(&forger, who, sizeof(who));
	if (is_own(&forger)) {
		log_warn("network %s: ICMP errors of %s are dropped that are about connections "
			 "which nobody on that network has",
			 forger.network->spec.name, who);
		return;
	}
	log_warn("network %s: what %s sends from %s is dropped, for that is no address of a "
		 "container there: if it is meant, connect the container to a network that is "
		 "created with -o sources=%s",
		 forger.network->spec.name, who, ADDR_STR(&forger.addr), ADDR_STR(&forger.addr));
}

static const enum ruleset_set by_source[] = { RULESET_FORGED4, RULESET_FORGED6 };

void forged_look(struct engine *engine)
{
	uint64_t n_new = count_new(engine);

	/* The figure is right even where the names are not: the set by bridge cannot be filled by
	 * a container that invents addresses. */
	engine_count(engine, GUARD_FORGED_PACKETS, n_new + count_spoofed(engine, true));
	/* Nobody reads the two large sets while nothing has grown. */
	if (n_new == 0)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(by_source); k++) {
		_cleanup_free_ struct nft_counted *items = NULL;
		size_t n = 0;

		if (engine->door->rules.counted(engine->nft, by_source[k], &items, &n) < 0)
			continue;
		for (size_t i = 0; i < n; i++)
			tell(engine, by_source[k], &items[i]);
	}
}

/* For `netctl system info`: what is in the sets now. */
static void add_shown(struct engine *engine, enum ruleset_set set,
		      const struct nft_counted *counted, json_t *list)
{
	const struct forger forger = forger_of(engine, set, counted->key);
	char who[NAME_LEN_MAX + 32];

	/* The bound keeps the answer of the API small. Who sends from hundreds of addresses is
	 * found by the first few. */
	if (!forger.network || json_array_size(list) >= FORGED_SHOWN_MAX)
		return;
	who_text(&forger, who, sizeof(who));
	/* A list cut short by no memory is a list. */
	(void)json_array_append_new(list, json_sprintf("network %s: %llu packets of %s from %s",
						       forger.network->spec.name,
						       (unsigned long long)counted->packets, who,
						       ADDR_STR(&forger.addr)));
}

static void add_spoofed_of(const struct network *network, const struct nft_counted *items, size_t n,
			   json_t *list)
{
	list_foreach (&network->endpoints, const struct endpoint, endpoint, in_network) {
		const struct nft_counted *item = spoofed_of(items, n, endpoint);

		if (item && json_array_size(list) < FORGED_SHOWN_MAX)
			/* As above. */
			(void)json_array_append_new(
				list,
				json_sprintf("network %s: %llu frames of container %s with "
					     "another MAC or address than its own",
					     network->spec.name, (unsigned long long)item->packets,
					     endpoint->container->spec.name));
	}
}

static void add_spoofed(struct engine *engine, json_t *list)
{
	_cleanup_free_ struct nft_counted *items = NULL;
	size_t n = read_spoofed(engine, &items);

	for (size_t i = 0; n > 0 && i < engine->n_networks; i++)
		if (engine->networks[i]->spec.anti_spoof)
			add_spoofed_of(engine->networks[i], items, n, list);
}

json_t *forged_sources(struct engine *engine)
{
	json_t *list = json_array();

	for (size_t k = 0; list && k < ARRAY_SIZE(by_source); k++) {
		_cleanup_free_ struct nft_counted *items = NULL;
		size_t n = 0;

		if (engine->door->rules.counted(engine->nft, by_source[k], &items, &n) < 0)
			continue;
		for (size_t i = 0; i < n; i++)
			add_shown(engine, by_source[k], &items[i], list);
	}
	if (list)
		add_spoofed(engine, list);
	return list;
}

/* Every FORGED_INTERVAL_S. The kernel tells nobody of a drop. */
static void on_look(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;

	(void)loop, (void)revents;
	/* Without containers nobody can send. */
	if (engine->n_containers > 0)
		forged_look(engine);
}

void forged_start(struct engine *engine)
{
	ev_timer_init(&engine->wire->forged_timer, on_look, FORGED_INTERVAL_S, FORGED_INTERVAL_S);
	engine->wire->forged_timer.data = engine;
	ev_timer_start(engine->loop, &engine->wire->forged_timer);
}

void forged_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->wire->forged_timer);
}

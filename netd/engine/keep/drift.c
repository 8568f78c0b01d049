// SPDX-License-Identifier: GPL-2.0-or-later
// drift.c - what a link is against what it should be, and what the kernel says of links meanwhile
#include "engine/keep/drift.h"
#include "engine/keep/keep.h"

#include "base/limits.h"
#include "base/log.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Each change of a link comes with the whole link, netd's own changes too, and
 * a change of netd's takes several: so what counts is what the last message of a moment says, and
 * even then the link itself is looked at before anything is done. The comparison with everything
 * (resync.c) follows a moment later. */

const char *drift_of_bridge(const struct network *network, uint32_t number,
			    const struct rtnl_link *link)
{
	const struct network_spec *spec = &network->spec;
	const struct mac mac = mac_from_text(spec->id);

	/* In the order in which an administrator would look: name and state first, what follows
	 * from them later. Only the first difference is told, for one repair mends all. */
	if (strcmp(link->name, network_segment_name(network, number)) != 0)
		return "was renamed";
	if (!(link->flags & IFF_UP))
		return "was set down";
	/* 0: the network's MTU was never settled, and then any is right. */
	if (spec->mtu > 0 && link->mtu != spec->mtu)
		return "has another MTU";
	if (memcmp(&link->mac, &mac, sizeof(mac)) != 0)
		return "has another MAC address";
	if (link->bridge_differs)
		return "has other options";
	if (network->last_segment > 0 && !link->answers)
		return "lost proxy_arp, so that other segments are not reached";
	if (!link->route_localnet)
		return "lost route_localnet, so that ports are not reached on 127.0.0.1";
	if (network_bridge_has_ipv6(spec) != link->ipv6)
		return network_bridge_has_ipv6(spec) ? "has IPv6 switched off"
						     : "has IPv6 switched on";
	if (!segment_has_alias(network, number, link->alias))
		return "lost its alias";
	return NULL;
}

/* --- what the kernel tells -------------------------------------------------------------------- */

/* NULL: of none. */
static struct network *network_of_bridge(const struct engine *engine, int ifindex)
{
	uint32_t number;

	return tables_find_bridge(engine, ifindex, &number);
}

/* NULL: none of this network's. */
static struct endpoint *endpoint_on(struct engine *engine, const struct network *network,
				    int ifindex)
{
	struct endpoint *endpoint = network ? endpoints_at_port(engine, ifindex) : NULL;

	return endpoint && endpoint->network == network ? endpoint : NULL;
}

/* NULL: no port of ours in its bridge. */
static struct endpoint *endpoint_of(struct engine *engine, const struct rtnl_link *link)
{
	const struct network *network = network_of_bridge(engine, link->master);
	struct endpoint *endpoint = endpoint_on(engine, network, link->ifindex);

	/* One that is to come is moved and renamed by somebody else, and that is no drift. */
	return endpoint && !endpoint_is_to_come(endpoint) ? endpoint : NULL;
}

/* NULL: as it should be, or not netd's. A port that has no bridge is another event's affair. */
static const char *judge(struct engine *engine, const struct rtnl_link *link)
{
	uint32_t number;
	const struct network *network = tables_find_bridge(engine, link->ifindex, &number);
	const struct endpoint *endpoint;

	if (network) /* with AF_BRIDGE it lacks what makes a bridge */
		return link->family == AF_BRIDGE ? NULL : drift_of_bridge(network, number, link);
	endpoint = endpoint_of(engine, link);
	return endpoint ? builder_link_differs(engine, endpoint, link) : NULL;
}

/* How long its neighbours are spared what comes next from it. Whoever is in the container may take
 * its link down and up as fast as it likes, and each time netd would tell all of them, and look
 * inside. */
static double rest_of(const struct endpoint *endpoint)
{
	/* The rest from the last announcement, not from the last change: a link that goes up and
	 * down all the time is told at a steady pace. */
	return endpoint->announced_s + ANNOUNCE_REST_S - engine_now_s();
}

static void announce_after(struct engine *engine, double rest_s)
{
	if (ev_is_active(&engine->keep->returned_timer))
		return; /* who waits for longer is put off again then */
	ev_timer_set(&engine->keep->returned_timer, rest_s, 0.);
	ev_timer_start(engine->loop, &engine->keep->returned_timer);
}

/* Its other end was down and is up again, maybe with another MAC: the kernel announces that before
 * the bridge takes anything from the port. A link that is only just made has had no carrier yet. */
static void note_carrier(struct engine *engine, const struct rtnl_link *link)
{
	bool carrier = link->flags & IFF_RUNNING;
	struct endpoint *endpoint = link->family == AF_BRIDGE ? NULL : endpoint_of(engine, link);

	if (!endpoint)
		return;
	/* A link that was only made has no lost carrier. Only one that had it, lost it and has it
	 * again may have another MAC. */
	if (carrier && endpoint->lost_carrier) {
		double rest_s = rest_of(endpoint);

		endpoint->returned = true;
		if (rest_s > 0)
			announce_after(engine, rest_s);
		else
			engine->keep->has_returned = true;
	}
	endpoint->lost_carrier = !carrier && (endpoint->had_carrier || endpoint->lost_carrier);
	endpoint->had_carrier = carrier;
}

static void announce_returned(struct engine *engine)
{
	engine->keep->has_returned = false;
	for (size_t i = 0; i < engine->n_networks; i++)
		list_foreach (&engine->networks[i]->endpoints, struct endpoint, endpoint,
			      in_network) {
			double rest_s = rest_of(endpoint);

			/* Others wait for their own time. */
			if (!endpoint->returned)
				continue;
			if (rest_s > 0) {
				announce_after(engine, rest_s);
				continue;
			}
			endpoint->returned = false;
			endpoint->announced_s = engine_now_s();
			/* Inside first: the MAC that it has now is what the neighbours are to
			 * hear. */
			engine_container_look(endpoint->container);
			announce_again(engine, endpoint);
		}
}

static void on_returned_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	announce_returned(timer->data);
}

void drift_start(struct engine *engine)
{
	ev_timer_init(&engine->keep->returned_timer, on_returned_timer, 0., 0.);
	engine->keep->returned_timer.data = engine;
}

void drift_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->keep->returned_timer);
}

static void suspect(struct engine *engine, int ifindex, bool wrong)
{
	size_t i = 0;

	while (i < engine->keep->n_suspects && engine->keep->suspects[i] != ifindex)
		i++;
	/* Right again with a later message, as after a change of netd's own that took several. */
	if (i < engine->keep->n_suspects && !wrong)
		engine->keep->suspects[i] = engine->keep->suspects[--engine->keep->n_suspects];
	else if (i == engine->keep->n_suspects && wrong && i < SUSPECTS_MAX)
		engine->keep->suspects[engine->keep->n_suspects++] = ifindex;
	else if (i == SUSPECTS_MAX) /* many at once: look at everything */
		later_resync(engine);
}

/* One that the host reaches in a segment after the first: its route is netd's. */
static bool is_routed(const struct engine *engine, const struct prefix *prefix)
{
	const enum family family = family_of(prefix->addr.family);

	/* A route to a single host is netd's where a container in a later segment has that
	 * address. Any other is somebody else's. */
	if (prefix->len != addr_bits(&prefix->addr))
		return false;
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		if (network->last_segment == 0 ||
		    !prefix_contains(&network->spec.subnet[family].prefix, &prefix->addr))
			continue;
		list_foreach (&network->endpoints, const struct endpoint, endpoint, in_network)
			if (endpoint->segment > 0 &&
			    addr_equal(&endpoint->ip[family], &prefix->addr))
				return true;
	}
	return false;
}

static bool has_subnet(const struct engine *engine, const struct prefix *prefix)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *spec = &engine->networks[i]->spec;
		const struct subnet *subnet = &spec->subnet[family_of(prefix->addr.family)];

		/* Either the subnet's route, or the local route of the gateway. */
		if ((prefix->len == subnet->prefix.len &&
		     addr_equal(&prefix->addr, &subnet->prefix.addr)) ||
		    (prefix->len == addr_bits(&prefix->addr) &&
		     addr_equal(&prefix->addr, &subnet->gateway)))
			return true;
	}
	return false;
}

static bool is_loss(struct engine *engine, const struct rtnl_event *event)
{
	const struct network *network;

	switch (event->change) {
	case RTNL_CHANGE_LINK:
		return false;
	case RTNL_CHANGE_LINK_GONE: /* of a container that ended, too: the resync tells */
		return network_of_bridge(engine, event->ifindex) ||
		       endpoints_at_port(engine, event->ifindex);
	case RTNL_CHANGE_PORT_GONE:
		network = network_of_bridge(engine, event->master);
		return endpoint_on(engine, network, event->ifindex);
	case RTNL_CHANGE_ADDR_GONE:
		if (!network_of_bridge(engine, event->ifindex))
			return false;
		if (event->prefix.addr.family == AF_INET6 &&
		    addr_is_link_local(&event->prefix.addr))
			engine->keep->lost_link_local = true;
		return true;
	case RTNL_CHANGE_FDB_GONE:
		return network_of_bridge(engine, event->ifindex);
	case RTNL_CHANGE_ROUTE_GONE:
		return has_subnet(engine, &event->prefix) || is_routed(engine, &event->prefix);
	case RTNL_CHANGE_NO_FORWARD:
		return event->ifindex == 0 || network_of_bridge(engine, event->ifindex);
	}
	return false;
}

void drift_on_event(const struct rtnl_event *event, void *data)
{
	struct engine *engine = data;

	if (event->change == RTNL_CHANGE_LINK) {
		suspect(engine, event->ifindex, judge(engine, event->link) != NULL);
		/* Before the drift is acted upon: the carrier is in the same message. */
		note_carrier(engine, event->link);
	} else if (is_loss(engine, event))
		later_resync(engine);
}

void drift_look_at_suspects(struct engine *engine)
{
	struct rtnl_link link;

	/* The message was of a moment ago. Only what the kernel says now is a reason. */
	for (size_t i = 0; i < engine->keep->n_suspects; i++)
		if (engine->door->links.by_index(engine->rtnl, engine->keep->suspects[i], &link,
						 NULL) == 0 &&
		    judge(engine, &link))
			later_resync(engine);
	engine->keep->n_suspects = 0;
	if (engine->keep->has_returned)
		announce_returned(engine);
}

/* --- forwarding ------------------------------------------------------------------------------- */

bool drift_host_forwards(const struct engine *engine, uint8_t family)
{
	char value[16];

	/* What cannot be read forwards, as far as is known: no host is told to change a setting
	 * that it may not have. */
	return engine->door->settings.read(family == AF_INET ? "net/ipv4/ip_forward"
							     : "net/ipv6/conf/all/forwarding",
					   value, sizeof(value)) < 0 ||
	       strcmp(value, "0") != 0;
}

bool drift_needs_forwarding(const struct engine *engine, uint8_t family)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network_spec *spec = &engine->networks[i]->spec;

		if (forwarding_is_for(engine->networks[i]) && network_has(spec, family_of(family)))
			return true;
	}
	return false;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// overflow.c - the segments after a network's first: made when all are full, gone when empty
#include "engine/wire/wire.h"

#include "base/log.h"
#include "model/network/segment.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation: docs/decisions/0020. A segment after the first is made when a container is
 * to have a port and all that are there are full, and goes when it is empty. It is no part of any
 * record but its containers'; a start knows its bridge by the alias. The first that comes changes
 * what is there: the first segment answers for who is elsewhere, and the containers in it reach
 * their IPv6 subnet by the gateway, which takes a visit to each. */

/* The visits are done by a timer, which the functions below start. */
static void visit_soon(struct engine *engine);

/* A setting of a link is what it would be if the link came now. */
static void put_back(struct engine *engine, const char *family, const char *ifname, const char *key)
{
	const struct door_settings *settings = &engine->door->settings;
	struct error error;
	char path[64], value[16];

	(void)snprintf(path, sizeof(path), "net/%s/default/%s", family, key);
	if (settings->read(path, value, sizeof(value)) < 0)
		return; /* a host without this family */
	(void)snprintf(path, sizeof(path), "net/%s/%s/%s", family, ifname, key);
	if (settings->write(path, value, &error) < 0)
		log_warn("%s", error.text);
}

/* Alone again, a segment answers for nobody, and an internal network's forwards nothing. */
static void put_first_back(struct engine *engine, const struct network *network)
{
	const char *bridge = network->spec.bridge;
	struct error error;
	char path[64];

	(void)snprintf(path, sizeof(path), "net/ipv4/conf/%s/proxy_arp", bridge);
	if (engine->door->settings.write(path, "0", &error) < 0)
		log_warn("%s", error.text);
	/* The bridge of a network that is forwarded anyway keeps its setting, which it has from
	 * its creation. */
	if (forwarding_is_for(network))
		return;
	put_back(engine, "ipv4/conf", bridge, "forwarding");
	if (network_bridge_has_ipv6(&network->spec))
		put_back(engine, "ipv6/conf", bridge, "forwarding");
}

/* The segment is nobody's from here on, whatever of it fails: the sweep finds what is left. */
static void drop(struct engine *engine, struct network *network, uint32_t number)
{
	/* The elements first: the bridge's name may be somebody else's in a moment, and must be
	 * in no set of ours by then. */
	if (rules_segment(engine, network, number, false, NULL) < 0)
		rules_repair_soon(engine);
	segments_unmake(engine, network, number);
	segments_forget(network, number);
	/* The watches are per bridge. They are set anew for those that are left. */
	settings_watch(engine, network);
	firewalld_follow(engine->wire->firewalld);
	if (network->last_segment > 0)
		return;
	forwarding_release(engine);
	put_first_back(engine, network); /* last, for that may have changed the defaults */
}

/* Containers that reach their IPv6 subnet by the gateway go on doing so when one segment would be
 * enough again. Then the host has to forward between them, on an internal network as well, and the
 * last other bridge, empty as it is, tells that to each netd that starts. */
static bool is_kept(const struct network *network, uint32_t number, bool starting)
{
	if (!network->spec.has[FAMILY_6])
		return false;
	for (uint32_t other = 1; other < SEGMENTS_MAX; other++)
		if (other != number && network_has_segment(network, other))
			return false;
	list_foreach (&network->endpoints, const struct endpoint, endpoint, in_network)
		if (endpoint->by_gateway6 || starting)
			return true;
	return false;
}

/* From the end: the last segment bounds all walks over segments. */
static void drop_empty(struct engine *engine, struct network *network, bool starting)
{
	for (uint32_t number = SEGMENTS_MAX; --number > 0;)
		if (network_has_segment(network, number) &&
		    network->segments[number].n_ports == 0 && !is_kept(network, number, starting)) {
			log_info("event=segment-remove network=%s bridge=%s", network->spec.name,
				 network->segments[number].ifname);
			drop(engine, network, number);
		}
}

/* The name may be somebody's, a user's choice for another network of netd's among them. A bridge of
 * that name that has the segment's own alias is one that a netd before has made. */
static int check_name(struct engine *engine, const struct network *network, uint32_t number,
		      struct error *error)
{
	char name[IFNAME_LEN_MAX + 1], alias[SEGMENT_ALIAS_MAX + 1];
	struct rtnl_link link;

	segment_name(network, number, name);
	segment_alias(network, number, alias);
	if (engine->door->links.by_name(engine->rtnl, name, &link, NULL) < 0 ||
	    strncmp(link.alias, alias, sizeof(link.alias) - 1) == 0)
		return 0;
	return error_set(error, ERROR_CONFLICT,
			 "network %s is to have another bridge, but interface %s exists already "
			 "and is not its own: rename it, or remove it with `ip link del %s`",
			 network->spec.name, name, name);
}

void overflow_drop_empty(struct engine *engine, struct network *network)
{
	if (!engine->booting) /* who has a port in one may be yet to come */
		drop_empty(engine, network, false);
}

void overflow_start(struct engine *engine)
{
	/* Nobody knows yet who goes by the gateway, so all are taken to. */
	for (size_t i = 0; i < engine->n_networks; i++)
		drop_empty(engine, engine->networks[i], true);
	visit_soon(engine);
}

/* Makes one segment more. Everything is taken back when a step fails, and the caller's container is
 * refused. */
int overflow_make(struct engine *engine, struct network *network, uint32_t number,
		  struct error *error)
{
	/* The second segment is the one that changes the first: from then on the first one
	 * answers for others. */
	bool second = network->last_segment == 0;
	int err = check_name(engine, network, number, error);

	if (err < 0)
		return err;
	segments_note(network, number);
	/* Between segments the host forwards, on an internal network as well. */
	forwarding_ensure(engine, network);
	err = segments_ensure(engine, network, number, error);
	if (err == 0 && second)
		err = segments_ensure(engine, network, 0, error);
	/* While booting the table is not there yet. */
	if (err == 0 && !engine->booting)
		err = rules_segment(engine, network, number, true, error);
	if (err < 0) {
		sweep_left(engine); /* it may be half made */
		drop(engine, network, number);
		return err;
	}
	firewalld_follow(engine->wire->firewalld);
	/* Timers and not visits at once: there may be a thousand containers in the first segment,
	 * and the caller waits for one. */
	visit_soon(engine);
	log_info("event=segment-create network=%s bridge=%s", network->spec.name,
		 network->segments[number].ifname);
	return 0;
}

/* Whoever sets the interface up himself puts the IPv6 subnet on the link. */
static bool is_set_up_by_others(const struct endpoint *endpoint)
{
	return endpoint->spec.handover[0] && endpoint->network->spec.has[FAMILY_6];
}

/* NULL: the network may have another segment. Otherwise the end of a sentence. */
static const char *why_alone(const struct engine *engine, const struct endpoint *endpoint)
{
	const struct network *network = endpoint->network;
	bool others = is_set_up_by_others(endpoint);

	/* One interface that others set up is enough to keep the network in one segment, whoever
	 * asks. */
	list_foreach (&network->endpoints, const struct endpoint, other, in_network)
		others |= is_set_up_by_others(other);
	if (others)
		return "interfaces there are set up by others, with the IPv6 subnet on the link";
	if (!engine->config->ip_forward)
		return "netd is not to make the host forward (ip-forward in netd.json)";
	return segment_why_alone(network);
}

/* A segment that has a place, without the dying links: they go before the new one comes. */
static bool find_room(const struct network *network, uint32_t *ret_number)
{
	network_foreach_segment(network, number)
	{
		if (segment_is_full(network, number, 0))
			continue;
		*ret_number = number;
		return true;
	}
	return false;
}

/* One that is there, while it has room: what keeps a network from another segment keeps nobody out
 * of those that it has. Whoever has the IPv6 subnet on his link finds the bridge that has it, too,
 * in the first alone. NULL, or why there is no place. */
static const char *place(const struct engine *engine, const struct endpoint *endpoint,
			 uint32_t *ret_number)
{
	const struct network *network = endpoint->network;
	const char *why;

	*ret_number = 0;
	if (is_set_up_by_others(endpoint) && network->last_segment > 0)
		return segment_is_full(network, 0, 0)
			       ? "interfaces that others set up are to be in it, with the IPv6 "
				 "subnet on the link"
			       : NULL;
	/* In number order: the first segments fill up first, so those behind them can become
	 * empty and go. */
	if (find_room(network, ret_number))
		return NULL;
	why = why_alone(engine, endpoint);
	if (!why && segment_choose(network, ret_number) < 0)
		why = "it has as many as it may";
	return why;
}

/* Decides where the endpoint's port will be, and makes that segment if it must. It is called before
 * the intent is recorded, for the number is in the record. */
int overflow_choose(struct engine *engine, struct endpoint *endpoint, struct error *error)
{
	struct network *network = endpoint->network;
	uint32_t number;
	const char *why = place(engine, endpoint, &number);

	if (why)
		return error_set(error, ERROR_UNAVAILABLE,
				 "bridge %s is full: %u ports; network %s can have no other, "
				 "because %s",
				 network->spec.bridge, network->segments[0].n_ports,
				 network->spec.name, why);
	/* Links that are dying are ports until they are swept. */
	if (segment_is_full(network, number, engine->wire->n_doomed))
		sweep_now(engine);
	/* A segment that was chosen by number and is not there has to be made before its port. */
	if (!network_has_segment(network, number)) {
		int err = overflow_make(engine, network, number, error);

		if (err < 0)
			return err;
	}
	endpoint->segment = number;
	return 0;
}

/* --- visits ----------------------------------------------------------------------------------- */

/* NULL: nobody is left. */
static struct endpoint *next_to_visit(const struct engine *engine)
{
	for (size_t i = 0; i < engine->n_networks; i++) {
		const struct network *network = engine->networks[i];

		if (network->last_segment == 0 || !network->spec.has[FAMILY_6])
			continue;
		list_foreach (&network->endpoints, struct endpoint, endpoint, in_network)
			if (!endpoint->by_gateway6 && endpoint->state == ENDPOINT_UP)
				return endpoint;
	}
	return NULL;
}

/* A turn of ENGINE_TURN_S, then the loop has its turn. */
static void on_visit(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	const double ends_s = engine_now_s() + ENGINE_TURN_S;
	struct endpoint *endpoint;
	struct error error;

	(void)loop, (void)revents;
	/* A container is marked before it is visited: one that fails is not visited again and
	 * again. It is told in the log, and set up anew when its interface is. */
	while ((endpoint = next_to_visit(engine)) && engine_now_s() < ends_s) {
		endpoint->by_gateway6 = true;
		if (inside_by_gateway(endpoint, &error) < 0 && !alive_is_dead(endpoint->container))
			log_warn("container %s reaches its own segment of network %s only by IPv6: "
				 "%s",
				 endpoint->container->spec.name, endpoint->network->spec.name,
				 error.text);
	}
	if (endpoint)
		visit_soon(engine);
}

/* Safe to call at any time: the timer runs once. */
static void visit_soon(struct engine *engine)
{
	if (ev_is_active(&engine->wire->visit_timer))
		return;
	ev_timer_init(&engine->wire->visit_timer, on_visit, 0., 0.);
	engine->wire->visit_timer.data = engine;
	ev_timer_start(engine->loop, &engine->wire->visit_timer);
}

void overflow_stop(struct engine *engine)
{
	ev_timer_stop(engine->loop, &engine->wire->visit_timer);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// resync.c - what the kernel has against what should be: at start, after drift, and when asked
#include "base/cleanup.h"
#include "base/family.h"
#include "base/grow.h"
#include "base/log.h"
#include "engine/keep/drift.h"
#include "engine/keep/keep.h"

#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Nothing here depends on how a difference came about: a foreign hand, a crash
 * or lost notifications. Bridges come first, for links hang on them; the rules are compared and
 * repaired whatever became of the links. What cannot be repaired is said, and keeps nothing else
 * from being repaired. */

/* One comparison. It is on the stack of engine_resync, and everything that is found goes through
 * it. */
struct resync {
	struct engine *engine;
	/* Nothing is changed, and everything is said. */
	bool dry;
	json_t *list; /* what is found, in sentences; NULL: the log is enough */
	size_t n_found, n_repaired;
	char last[REPAIR_TEXT_MAX];    /* sentence that was reported last; "": it was remembered */
	struct log_about about;	       /* what is looked at */
	const struct network **healed; /* whose bridge or ports were repaired */
	size_t n_healed, room_healed;
	struct present present;
};

static void report(struct resync *resync, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Every difference comes by here, whether it will be repaired or not. */
static void report(struct resync *resync, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut is fine */
	va_end(args);
	/* What could not be put right is found again and again, and told once. */
	if (resync->dry || once_is_news(&resync->engine->keep->told, text, engine_now_s()))
		log_about(LOG_LEVEL_WARN, &resync->about, "%s", text);
	(void)snprintf(resync->last, sizeof(resync->last), "%.*s", REPAIR_TEXT_MAX - 1, text);
	resync->n_found++;
	if (resync->list)
		(void)json_array_append_new(resync->list, json_string(text)); /* the log has it */
}

/* What was reported last was put right. It is kept for a while: whoever asks why something did not
 * work a minute ago finds it whole. A ring of REPAIRS_KEPT: the oldest is written over. */
static void remember(struct resync *resync)
{
	struct engine_keep *keep = resync->engine->keep;
	struct keep_repair *repair = &keep->repaired[keep->n_repaired % REPAIRS_KEPT];

	if (!resync->last[0])
		return;
	(void)clock_gettime(CLOCK_REALTIME, &repair->at); /* cannot fail for this clock */
	memcpy(repair->what, resync->last, sizeof(repair->what));
	once_forget(&keep->told, resync->last);
	resync->last[0] = '\0';
	keep->n_repaired++;
}

/* what is the counter that grows. */
static void repaired(struct resync *resync, enum guard_id what)
{
	remember(resync);
	resync->n_repaired++;
	engine_count(resync->engine, what, 1);
}

/* What is remembered for announce_healed(). A network is named once. Its neighbours have to learn
 * where its containers are now. */
static void healed_on(struct resync *resync, const struct network *network)
{
	const struct network **healed = resync->healed;

	for (size_t i = 0; i < resync->n_healed; i++)
		if (healed[i] == network)
			return;
	healed = (const struct network **)grow((void *)healed, &resync->room_healed,
					       resync->n_healed + 1, sizeof(*healed));
	if (!healed)
		return; /* its containers find each other a second later */
	healed[resync->n_healed++] = network;
	resync->healed = healed;
}

/* When all of it is done. */
static void count(const struct resync *resync)
{
	resync->engine->keep->n_repairs += resync->n_repaired > 0;
	resync->engine->keep->n_differences += resync->n_found;
}

/* It is tried again (watch.c). */
#define unrepaired(resync, ...)                                                                    \
	do {                                                                                       \
		report((resync), __VA_ARGS__);                                                     \
		(resync)->engine->keep->n_unrepaired++;                                            \
	} while (0)

/* Reads everything that the judges need, once. */
static int look(struct resync *resync, struct error *error)
{
	const struct engine *engine = resync->engine;
	bool host_routes = false;

	/* The host's routes are read only where some network has one: there may be many. */
	for (size_t i = 0; i < engine->n_networks && !host_routes; i++)
		host_routes = builder_routes_hosts(engine, engine->networks[i]);
	return present_read(&resync->present, engine, host_routes, error);
}

/* --- forwarding ------------------------------------------------------------------------------- */

/* What netd switched on itself it switches on again. Where the host forwarded before netd came, or
 * netd is not to change it, it is somebody else's to decide, and said once. The settings of the
 * host, which no network's comparison covers. */
static void resync_forwarding(struct resync *resync, uint8_t family)
{
	struct engine *engine = resync->engine;
	bool *told = &engine->keep->forwarding_told[family == AF_INET6];
	const char *name = family_name(family_of(family));

	/* Nobody needs it, or it is as it should be. When it goes off again that is news. */
	if (!drift_needs_forwarding(engine, family) || forwarding_is_in_force(engine, family)) {
		*told = false;
		return;
	}
	if (!forwarding_is_ours(engine, family)) {
		resync->about = (struct log_about) { .code = "forwarding-off" };
		if (!*told || resync->list)
			report(resync, "the host does not forward %s: %s", name,
			       family == AF_INET ? DRIFT_WAY_OUT4 : DRIFT_WAY_OUT6);
		*told = true;
		return;
	}
	resync->about = (struct log_about) { .code = "repair-forwarding" };
	report(resync, "somebody switched %s forwarding off", name);
	/* A dry run says what is found and changes nothing. */
	if (resync->dry)
		return;
	forwarding_again(engine, family);
	/* Looked at again: what is written is not always what the setting is afterwards (another
	 * program may undo it at once). */
	if (forwarding_is_in_force(engine, family))
		repaired(resync, GUARD_HEALED_FORWARDING);
}

/* --- networks --------------------------------------------------------------------------------- */

/* Judged by the kind of network's builder. */
static void resync_segment(struct resync *resync, struct network *network, uint32_t number)
{
	const char *what = builder_differs(resync->engine, network, number, &resync->present);
	const char *name = network_segment_name(network, number);
	struct error error;

	if (!what)
		return;
	/* Only what is one interface, as a bridge, has a name of its own. */
	report(resync, "%s%s%s of network %s %s", builder_segment(resync->engine, network),
	       name[0] ? " " : "", name, network->spec.name, what);
	if (resync->dry)
		return;
	/* One repair puts everything of the segment right, whatever it was that differed. */
	if (builder_repair(resync->engine, network, number, &error) < 0)
		unrepaired(resync, "network %s cannot be repaired: %s", network->spec.name,
			   error.text);
	else {
		repaired(resync, GUARD_HEALED_BRIDGES);
		healed_on(resync, network);
	}
}

/* Bridges before ports: a bridge that is made again has none. */
static void resync_networks(struct resync *resync)
{
	struct engine *engine = resync->engine;

	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		resync->about = (struct log_about) { .code = "repair-bridges",
						     .network = network->spec.name };
		network_foreach_segment(network, number) resync_segment(resync, network, number);
	}
}

/* --- containers ------------------------------------------------------------------------------- */

/* The host's end of one endpoint, repaired in place. */
static void resync_port(struct resync *resync, struct endpoint *endpoint,
			const struct rtnl_link *link)
{
	const char *what = builder_link_differs(resync->engine, endpoint, link, &resync->present);
	struct engine *engine = resync->engine;
	struct error error;
	int err = 0;

	if (!what)
		return;
	resync->about = (struct log_about) { .code = "repair-ports",
					     .container = endpoint->container->spec.name,
					     .network = endpoint->network->spec.name };
	report(resync, "port %s of container %s on network %s %s", endpoint->host_ifname,
	       endpoint->container->spec.name, endpoint->network->spec.name, what);
	if (resync->dry)
		return;
	/* The name first: what repairs the link names it. */
	if (strcmp(link->name, endpoint->host_ifname) != 0)
		err = engine->door->links.rename(engine->rtnl, link->ifindex, endpoint->host_ifname,
						 &error);
	if (err == 0)
		err = builder_repair_link(engine, endpoint, &error);
	if (err < 0)
		unrepaired(resync, "container %s cannot be repaired: %s",
			   endpoint->container->spec.name, error.text);
	else {
		repaired(resync, GUARD_HEALED_PORTS);
		healed_on(resync, endpoint->network);
	}
}

/* Whether a link of it is gone; those that are there are repaired on the way. All links of one
 * container. */
static bool resync_ports(struct resync *resync, const struct container *container)
{
	bool lost = false;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];
		const struct rtnl_link *link;

		if (!link_is_wired(endpoint) ||
		    endpoint_is_to_come(endpoint)) /* who brings it would miss it, and says so */
			continue;
		/* One that is gone is made again by its container's repair, which may be dear; so
		 * it is only noted here. */
		link = present_link(&resync->present, endpoint->host_ifindex);
		if (link)
			resync_port(resync, endpoint, link);
		lost |= builder_link_is_lost(resync->engine, endpoint, &resync->present);
	}
	return lost;
}

/* A container that has lost a link gets all that are missing in one visit. */
static void resync_containers(struct resync *resync)
{
	struct engine *engine = resync->engine;
	struct error error;

	/* From the end, and with a look at the number: a container that is found dead goes in the
	 * middle. */
	for (size_t i = engine->n_containers; i-- > 0;) {
		struct container *container;

		if (i >= engine->n_containers)
			continue;
		container = engine->containers[i];
		if (container_is_awaited(container) || !resync_ports(resync, container))
			continue;
		/* Its namespace ended, and its links with it. That is no drift. */
		if (alive_is_dead(container))
			continue; /* its watch takes it down */
		resync->about = (struct log_about) { .code = "repair-containers",
						     .container = container->spec.name };
		report(resync, "container %s lost a link", container->spec.name);
		if (resync->dry)
			continue;
		if (connect_repair_links(engine, container, &error) < 0)
			unrepaired(resync, "container %s cannot be repaired: %s",
				   container->spec.name, error.text);
		else
			repaired(resync, GUARD_HEALED_CONTAINERS);
		/* Also after a failure: some of its links may be there again. */
		for (size_t k = 0; k < container->n_endpoints; k++)
			healed_on(resync, container->endpoints[k]->network);
	}
}

/* --- routes to containers --------------------------------------------------------------------- */

/* Whoever gets the address next, in another place, would not be reached through it. A route at one
 * of netd's bridges that nothing explains. */
static void resync_stray_route(struct resync *resync, const struct rtnl_route *route)
{
	struct engine *engine = resync->engine;
	struct error error;

	resync->about = (struct log_about) { .code = "repair-routes" };
	report(resync, "the host's route to %s leads to a container that is gone",
	       route->dst.len == addr_bits(&route->dst.addr) ? ADDR_STR(&route->dst.addr)
							     : PREFIX_STR(&route->dst));
	if (resync->dry)
		return;
	if (engine->door->routes.remove(engine->rtnl, route->ifindex, &route->dst, 1, &error) < 0)
		unrepaired(resync, "%s", error.text);
	else
		repaired(resync, GUARD_HEALED_PORTS);
}

/* false: one is missing still. wanted has a mark for each route of the list. */
static bool resync_shared_routes(struct resync *resync, const struct network *network, bool *wanted)
{
	struct engine *engine = resync->engine;
	struct rtnl_route route;
	struct error error;
	bool whole = true;
	/* The builder's cursor through its routes. */
	size_t at = 0;

	while (builder_shared_route(engine, network, &at, &route)) {
		const struct rtnl_route *found = present_host_route(&resync->present, route.ifindex,
								    &route.dst);

		if (found) {
			wanted[found - resync->present.host_routes] = true;
			continue;
		}
		resync->about = (struct log_about) { .code = "repair-routes",
						     .network = network->spec.name };
		report(resync, "the host has no route to %s, where network %s has containers",
		       PREFIX_STR(&route.dst), network->spec.name);
		if (resync->dry)
			continue;
		if (builder_share_route(engine, network, &route, &error) < 0) {
			whole = false;
			unrepaired(resync, "network %s cannot be repaired: %s", network->spec.name,
				   error.text);
		} else {
			repaired(resync, GUARD_HEALED_PORTS);
		}
	}
	return whole;
}

/* Each of them leads where it should, so they are told of together: the netd of a release before
 * had one for each container. Where a shared one could not be made they are needed still. keep:
 * some shared route is missing, so nothing is taken away. */
static void resync_spare_routes(struct resync *resync, bool *wanted, bool keep)
{
	const struct present *present = &resync->present;
	struct engine *engine = resync->engine;
	struct error error = { 0 };
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; wanted && i < present->n_host_routes; i++) {
		const struct rtnl_route *route = &present->host_routes[i];

		if (wanted[i] || !builder_spare_route(engine, route))
			continue;
		wanted[i] = true; /* it is no stray one */
		if (keep)
			continue;
		n++;
		if (!resync->dry && err == 0)
			err = engine->door->routes.remove(engine->rtnl, route->ifindex, &route->dst,
							  1, &error);
	}
	if (n == 0)
		return;
	resync->about = (struct log_about) { .code = "repair-routes" };
	report(resync, "%zu routes to single containers stand beside those to their blocks", n);
	if (resync->dry)
		return;
	if (err < 0)
		unrepaired(resync, "%s", error.text);
	else
		repaired(resync, GUARD_HEALED_PORTS);
}

/* What a change left that was broken off, or a container that ended while netd was down: the record
 * of it is gone, so that only the kernel tells. Every route is either explained by somebody, spare,
 * or a stray one. */
static void resync_routes(struct resync *resync)
{
	const struct engine *engine = resync->engine;
	const struct present *present = &resync->present;
	/* One mark for each route that is explained. Without memory for the marks no route is
	 * touched. */
	_cleanup_free_ bool *wanted = calloc(present->n_host_routes + 1, sizeof(*wanted));
	bool whole = true;

	for (size_t i = 0; wanted && i < engine->n_networks; i++) {
		whole &= resync_shared_routes(resync, engine->networks[i], wanted);
		list_foreach (&engine->networks[i]->endpoints, const struct endpoint, endpoint,
			      in_network)
			for (enum family family = 0; family < FAMILY_N; family++) {
				const struct rtnl_route *route = builder_route(engine, endpoint,
									       family, present);

				if (route)
					wanted[route - present->host_routes] = true;
			}
	}
	/* After all marks are set. */
	resync_spare_routes(resync, wanted, !whole);
	for (size_t i = 0; wanted && i < present->n_host_routes; i++)
		if (!wanted[i] && builder_owns_route(engine, &present->host_routes[i]))
			resync_stray_route(resync, &present->host_routes[i]);
}

/* Neighbours ask for what they could not reach, some only after a second. */
static void announce_healed(struct resync *resync)
{
	for (size_t i = 0; i < resync->n_healed; i++)
		/* From the host's side: the neighbours' tables have the old way. */
		announce_network(resync->engine, resync->healed[i]);
	free(resync->healed);
}

/* The first part: everything but the rules. It goes on after each failure that concerns one
 * object. */
static int resync_links(struct resync *resync, struct error *error)
{
	size_t n_found;
	int err;

	resync_forwarding(resync, AF_INET);
	resync_forwarding(resync, AF_INET6);
	err = look(resync, error);
	if (err == 0) {
		n_found = resync->n_found;
		resync_networks(resync);
		/* A dry run changes nothing, so what was lost is lost still. */
		resync->engine->wire->lost_link_local &= resync->dry;
		if (resync->n_found > n_found) /* a bridge made again has lost its ports */
			err = look(resync, error);
	}
	if (err == 0) {
		resync_routes(resync); /* first: one may stand where a container's is to be */
		resync_containers(resync);
	}
	announce_healed(resync);
	present_done(&resync->present);
	return err;
}

/* Rules are not looked at: the start makes the table. */
void resync_at_start(struct engine *engine)
{
	struct resync resync = { .engine = engine };
	struct error error;

	if (resync_links(&resync, &error) < 0)
		log_error("%s", error.text);
}

/* --- rules ------------------------------------------------------------------------------------ */

/* Shared elements are counted where they are shared. */
static size_t wanted_elements(const struct engine *engine, enum ruleset_set set,
			      const struct ruleset_elems *elems)
{
	size_t n = 0;

	if (ruleset_set_is_shared(set))
		return rules_n_shared(engine, set);
	for (size_t i = 0; i < elems->n; i++)
		n += elems->items[i].set == set;
	return n;
}

/* Element counts of the maps in which each element is one port or address: cheap to ask for, and a
 * table that was flushed, deleted or edited shows in them. Differences are reported on the way. */
static bool rules_are_right(struct resync *resync)
{
	static const enum ruleset_set sets[] = {
		RULESET_BRIDGES,     RULESET_PUBLISH4,	RULESET_PUBLISH4_AT, RULESET_PUBLISH6,
		RULESET_PUBLISH6_AT, RULESET_SOURCES4,	RULESET_SOURCES6,    RULESET_GUARDED,
		RULESET_SPEAKERS,    RULESET_SPEAKERS4, RULESET_SPEAKERS6
	};
	struct engine *engine = resync->engine;
	struct ruleset_elems elems = { 0 };
	bool right = true;

	for (size_t i = 0; i < engine->n_networks; i++)
		builder_elems(engine, &elems, engine->networks[i]);
	for (size_t i = 0; i < engine->n_containers; i++)
		for (size_t k = 0; k < engine->containers[i]->n_ports; k++)
			ruleset_add_port(&elems, &engine->containers[i]->ports[k],
					 engine->containers[i]);
	/* Without memory for the elements nothing can be said, and the table counts as right. */
	for (size_t i = 0; elems.err == 0 && i < ARRAY_SIZE(sets); i++) {
		int present;
		size_t wanted;

		/* Of a table that nobody needs. */
		if (ruleset_set_is_of_bridge(sets[i]) && !engine->wire->guarded)
			continue;
		present = engine->door->rules.count(engine->nft, sets[i]);
		wanted = wanted_elements(engine, sets[i], &elems);
		if (present == (int)wanted)
			continue;
		right = false;
		resync->about = (struct log_about) { .code = "repair-rules" };
		if (present < 0 && present != -ENOENT)
			report(resync, "set %s cannot be read: %s", ruleset_set_info[sets[i]].name,
			       strerror(-present));
		else
			report(resync, "set %s holds %d elements, %zu are wanted",
			       ruleset_set_info[sets[i]].name, present < 0 ? 0 : present, wanted);
	}
	ruleset_elems_done(&elems);
	return right;
}

/* The table is replaced whole. */
static int resync_rules(struct resync *resync, struct error *error)
{
	struct engine *engine = resync->engine;
	bool right = rules_are_right(resync) && !engine->wire->rules_drifted;
	int err;

	if (right || resync->dry)
		return 0;
	/* A rule that was changed shows in no count of elements. */
	if (right)
		(void)snprintf(resync->last, sizeof(resync->last), "%s",
			       "netd's firewall was changed");
	err = rules_rebuild(engine, error);
	if (err == 0) {
		engine->wire->rules_drifted = false;
		repaired(resync, GUARD_HEALED_RULES);
	}
	return err;
}

/* --- inside ----------------------------------------------------------------------------------- */

/* What a container did to itself is its own affair. It takes a visit to find out, so it is looked
 * for when somebody asks. */
static json_t *look_inside(struct engine *engine)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < engine->n_containers; i++) {
		struct container *container = engine->containers[i];
		uint64_t inode = 0;
		_cleanup_close_ int fd = -1;

		if (container->host_mode || container_is_awaited(container))
			continue;
		fd = inside_open_netns(container, &inode, NULL);
		if (fd >= 0 && inode == container->netns_inode)
			inside_look(container, fd, list);
	}
	return list;
}

/* --- the way to services ---------------------------------------------------------------------- */

/* Of containers whose tables others can change. What cannot be made right is owed. */
static void resync_service(struct resync *resync, struct container *container)
{
	struct engine *engine = resync->engine;
	struct error error;
	int changed = services_compare(engine, container, resync->dry, &error);

	if (changed == 0)
		return;
	resync->about = (struct log_about) { .code = "repair-services",
					     .container = container->spec.name };
	if (changed < 0) {
		unrepaired(resync, "container %s cannot be led to services again: %s",
			   container->spec.name, error.text);
		later_owe(engine, container, OWED_SERVICES);
		return;
	}
	report(resync, "somebody changed how container %s is led to services",
	       container->spec.name);
	if (!resync->dry)
		repaired(resync, GUARD_HEALED_RULES);
}

static void resync_ingress(struct resync *resync)
{
	struct error error;
	int changed = ingress_compare(resync->engine, resync->dry, &error);

	if (changed == 0)
		return;
	resync->about = (struct log_about) { .code = "repair-ingress" };
	if (changed < 0) {
		unrepaired(resync, "published ports of services are not led as they should be: %s",
			   error.text);
		return;
	}
	report(resync, "somebody changed how published ports of services are led (table %s)",
	       NFT_INGRESS_TABLE);
	if (!resync->dry)
		repaired(resync, GUARD_HEALED_RULES);
}

/* For who asks. Others need not wait: resync_compare() comes by within a second. */
static void resync_services(struct resync *resync)
{
	for (size_t i = 0; i < resync->engine->n_containers; i++)
		resync_service(resync, resync->engine->containers[i]);
}

/* A round is over all containers, and stops for others when its turn is over. A container that goes
 * meanwhile moves those behind it up: one of them may have to wait for the next round. */
void resync_compare(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	struct resync resync = { .engine = engine };
	double ends_s = engine_now_s() + SERVICES_TURN_S;
	size_t *at = &engine->keep->compared;

	(void)revents;
	while (*at < engine->n_containers && engine_now_s() < ends_s)
		resync_service(&resync, engine->containers[(*at)++]);
	count(&resync);
	if (*at < engine->n_containers) {
		ev_timer_stop(loop, timer);
		ev_timer_set(timer, 0., SERVICES_LOOK_S);
		ev_timer_start(loop, timer);
		return;
	}
	*at = 0;
	for (size_t i = 0; i < engine->n_containers; i++)
		if (services_are_open(engine->containers[i]))
			return;
	ev_timer_stop(loop, timer); /* there is nothing to be looked at */
}

/* ret_report NULL: nobody asks, and the log is enough. On failure nothing is returned, though some
 * things may have been repaired. */
int engine_resync(struct engine *engine, bool dry, json_t **ret_report, json_t **ret_inside,
		  struct error *error)
{
	/* Zeroes: nothing found yet, and no picture of the kernel. */
	struct resync resync = { .engine = engine, .dry = dry };
	int err, rules_err;

	resync.list = ret_report ? json_array() : NULL;
	/* Both are done, whatever became of the first: the rules do not depend on the links. */
	err = resync_links(&resync, error);
	rules_err = resync_rules(&resync, error);
	err = err < 0 ? err : rules_err;
	resync_ingress(&resync);
	if (ret_report)
		resync_services(&resync);
	count(&resync);
	if (err < 0) {
		json_decref(resync.list);
		return err;
	}
	if (ret_report) {
		*ret_report = resync.list;
		*ret_inside = look_inside(engine);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// resync.c - what the kernel has against what should be: at start, after drift, and when asked
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Nothing here depends on how a difference came about: a foreign hand, a crash
 * or lost notifications. Bridges come first, for links hang on them; the rules are compared and
 * repaired whatever became of the links. What cannot be repaired is said, and keeps nothing else
 * from being repaired. */

static void report(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void report(json_t *list, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); /* cut is fine */
	va_end(args);
	log_warn("%s", text);
	if (list)
		(void)json_array_append_new(list, json_string(text)); /* the log has it */
}

static const struct rtnl_link *find_link(const struct rtnl_link *links, size_t n, int ifindex,
					 const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex == ifindex && strcmp(links[i].name, name) == 0)
			return &links[i];
	return NULL;
}

static void resync_bridges(struct engine *engine, const struct rtnl_link *links, size_t n, bool dry,
			   json_t *list)
{
	struct error error;

	for (size_t i = 0; i < engine->n_networks; i++) {
		struct network *network = engine->networks[i];

		if (network->spec.driver != NETWORK_DRIVER_BRIDGE)
			continue;
		if (!find_link(links, n, network->ifindex, network->spec.bridge))
			report(list, "bridge %s of network %s is missing", network->spec.bridge,
			       network->spec.name);
		else if (!engine->links_drifted)
			continue;
		/* Its addresses and settings too. */
		if (!dry && networks_bridge_ensure(engine, network, &error) < 0)
			report(list, "network %s cannot be repaired: %s", network->spec.name,
			       error.text);
	}
}

static bool links_are_right(const struct container *container, const struct rtnl_link *links,
			    size_t n)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];
		const struct rtnl_link *link;

		if (endpoint->network->spec.driver != NETWORK_DRIVER_BRIDGE ||
		    endpoint_is_to_come(endpoint)) /* who brings it would miss it, and says so */
			continue;
		link = find_link(links, n, endpoint->host_ifindex, endpoint->host_ifname);
		if (!link || link->master != endpoint->network->ifindex)
			return false;
	}
	return true;
}

static void resync_containers(struct engine *engine, const struct rtnl_link *links, size_t n,
			      bool dry, json_t *list)
{
	struct error error;

	for (size_t i = engine->n_containers; i-- > 0;) {
		struct container *container;

		if (i >= engine->n_containers)
			continue;
		container = engine->containers[i];
		if (container_is_awaited(container) || links_are_right(container, links, n))
			continue;
		if (watch_container_is_dead(container))
			continue; /* its watch takes it down */
		report(list, "container %s lost a link or its bridge", container->spec.name);
		if (!dry && engine_repair_links(engine, container, &error) < 0)
			report(list, "container %s cannot be repaired: %s", container->spec.name,
			       error.text);
	}
}

static int resync_links(struct engine *engine, bool dry, json_t *list, struct error *error)
{
	struct rtnl_link *links = NULL;
	size_t n = 0;
	int err = rtnl_links(engine->rtnl, &links, &n, error);

	if (err < 0)
		return err;
	resync_bridges(engine, links, n, dry, list);
	free(links);
	err = rtnl_links(engine->rtnl, &links, &n, error);
	if (err < 0)
		return err;
	resync_containers(engine, links, n, dry, list);
	free(links);
	return 0;
}

void recover_links(struct engine *engine)
{
	struct error error;

	if (resync_links(engine, false, NULL, &error) < 0)
		log_error("%s", error.text);
}

static size_t wanted_elements(enum ruleset_set set, const struct ruleset_elems *elems)
{
	size_t n = 0;

	for (size_t i = 0; i < elems->n; i++)
		n += elems->items[i].set == set;
	return n;
}

/* Element counts of the maps in which each element is one port: cheap to ask for, and a table that
 * was flushed, deleted or edited shows in them. */
static bool rules_are_right(struct engine *engine, json_t *list)
{
	static const enum ruleset_set sets[] = { RULESET_BRIDGES, RULESET_PUBLISH4,
						 RULESET_PUBLISH4_AT, RULESET_PUBLISH6,
						 RULESET_PUBLISH6_AT };
	struct ruleset_elems elems = { 0 };
	bool right = true;

	for (size_t i = 0; i < engine->n_networks; i++)
		ruleset_add_network(&elems, engine->networks[i]);
	for (size_t i = 0; i < engine->n_containers; i++)
		for (size_t k = 0; k < engine->containers[i]->n_ports; k++)
			ruleset_add_port(&elems, &engine->containers[i]->ports[k],
					 engine->containers[i]);
	for (size_t i = 0; elems.err == 0 && i < ARRAY_SIZE(sets); i++) {
		int present = nft_elems_count(engine->nft, sets[i]);
		size_t wanted = wanted_elements(sets[i], &elems);

		if (present == (int)wanted)
			continue;
		right = false;
		report(list, "set %s holds %d elements, %zu are wanted",
		       ruleset_set_info[sets[i]].name, present < 0 ? 0 : present, wanted);
	}
	ruleset_elems_done(&elems);
	return right;
}

static int resync_rules(struct engine *engine, bool dry, json_t *list, struct error *error)
{
	bool right = rules_are_right(engine, list) && !engine->rules_drifted;
	int err = right || dry ? 0 : rules_rebuild(engine, error);

	if (err == 0 && !dry)
		engine->rules_drifted = false;
	return err;
}

int engine_resync(struct engine *engine, bool dry, json_t **ret_report, struct error *error)
{
	json_t *list = json_array();
	int err = resync_links(engine, dry, list, error), rules_err;

	if (err == 0 && !dry)
		engine->links_drifted = false;
	rules_err = resync_rules(engine, dry, list, error);
	err = err < 0 ? err : rules_err;
	engine->n_repairs += !dry;
	if (err == 0 && ret_report)
		*ret_report = json_incref(list);
	json_decref(list);
	return err;
}

json_t *engine_info(struct engine *engine)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:b, s:b, s:s, s:s, s:o, s:s, s:o}", "Networks",
		(json_int_t)engine->n_networks, "Containers", (json_int_t)engine->n_containers,
		"ResolverPid", (json_int_t)engine_resolver_pid(engine), "Repairs",
		(json_int_t)engine->n_repairs, "TableOwned", nft_is_owner(engine->nft), "UserRules",
		engine->has_user_rules, "RunDir", engine->run_dir, "StateDir", engine->state_dir,
		"AcceptRA", forwarding_kept_ra(engine), "Firewalld",
		firewalld_state_name[firewalld_state(engine->firewalld)], "Warnings",
		engine_warnings(engine));
}

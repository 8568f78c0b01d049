// SPDX-License-Identifier: GPL-2.0-or-later
// warnings.c - what stands in netd's way on this host, in sentences
#include "engine/keep/drift.h"
#include "engine/keep/keep.h"

#include "base/limits.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. netd's rules cannot overrule another program's: every base chain at a hook
 * may drop a packet. So the chains of others are read, and each is asked whether it would refuse
 * what goes from or to a bridge of netd's. What it would becomes a sentence with the commands that
 * help. The list is made anew for each who asks, and nothing is kept of it. */

/* Whose chain it is, as far as the way out is another one. */
enum firewall { FIREWALL_OTHER, FIREWALL_FIREWALLD, FIREWALL_UFW, _FIREWALL_N };

/* Commands for one bridge, whose name stands between and behind these. Two commands each: for what
 * goes in and what goes out, or for now and for good. */
static const struct {
	const char *first, *second;
} way_out[_FIREWALL_N] = {
	[FIREWALL_OTHER] = { "iptables -I DOCKER-USER -j ACCEPT -i ",
			     "iptables -I DOCKER-USER -j ACCEPT -o " },
	[FIREWALL_FIREWALLD] = { "firewall-cmd --zone=trusted --add-interface=",
				 "firewall-cmd --permanent --zone=trusted --add-interface=" },
	[FIREWALL_UFW] = { "ufw route allow in on ", "ufw route allow out on " },
};

/* ufw has a chain of its own for the rules of each family. */
static enum firewall whose(const struct door *door, const struct nft_foreign *foreign, size_t i)
{
	/* The table's name is firewalld's own and cannot be changed. */
	if (strcmp(door->foreign.chain(foreign, i)->table, "firewalld") == 0)
		return FIREWALL_FIREWALLD;
	if (door->foreign.has_chain(foreign, i, "ufw-user-forward") ||
	    door->foreign.has_chain(foreign, i, "ufw6-user-forward"))
		return FIREWALL_UFW;
	return FIREWALL_OTHER;
}

/* Does chain i refuse what comes from one of a network's bridges, or goes to it? A network without
 * a way out needs no way through the host, but for what goes from one of its segments to another.
 */
static bool is_refused(const struct door *door, const struct nft_foreign *foreign, size_t i,
		       const struct network *network, uint32_t number)
{
	const char *bridge = network_segment_name(network, number);

	/* A network that nothing leaves does not care what the host forwards to elsewhere. */
	if (network_is_forwarded(&network->spec) &&
	    (door->foreign.refuses(foreign, i, bridge, NULL) ||
	     door->foreign.refuses(foreign, i, NULL, bridge)))
		return true;
	network_foreach_segment(network, other)
	{
		const char *its = network_segment_name(network, other);

		if (other != number && (door->foreign.refuses(foreign, i, bridge, its) ||
					door->foreign.refuses(foreign, i, its, bridge)))
			return true;
	}
	return false;
}

/* The commands that let bridges through, and what is said of those that are too many. Filled for
 * one chain. */
struct commands {
	char text[WARNING_BRIDGES_MAX * 192];
	size_t len, n;
	const char *rest;
};

static void add_commands(struct commands *commands, enum firewall firewall,
			 const struct network *network, uint32_t number)
{
	const char *bridge = network_segment_name(network, number);

	/* The first few have their commands in the sentence, and the rest is said in words: a
	 * sentence of hundreds of commands is read by nobody. */
	if (commands->n++ < WARNING_BRIDGES_MAX)
		commands->len += (size_t)snprintf(
			commands->text + commands->len, sizeof(commands->text) - commands->len,
			"%s%s%s; %s%s", commands->len ? "; " : "", way_out[firewall].first, bridge,
			way_out[firewall].second, bridge);
	else if (number == 0)
		commands->rest = "; and so on for those of more networks";
	else if (!*commands->rest)
		commands->rest = "; and so on for those of more segments";
}

/* The sentence about chain i, or NULL when it stands in nobody's way. foreign is a picture of all
 * chains but netd's, taken a moment ago. */
static json_t *chain_warning(const struct engine *engine, const struct nft_foreign *foreign,
			     size_t i)
{
	const struct nft_foreign_chain *chain = engine->door->foreign.chain(foreign, i);
	enum firewall firewall = chain ? whose(engine->door, foreign, i) : FIREWALL_OTHER;
	struct commands commands = { .rest = "" };

	/* firewalld that netd itself talks to lets the bridges through by its zone. Its chains
	 * show that only to a packet. */
	if (!chain ||
	    (firewall == FIREWALL_FIREWALLD && firewalld_is_ours(engine->wire->firewalld)))
		return NULL;
	/* Each bridge by itself, since a chain may let some of them through. */
	for (size_t j = 0; j < engine->n_networks; j++) {
		const struct network *network = engine->networks[j];

		network_foreach_segment(network, number)
		{
			if (is_refused(engine->door, foreign, i, network, number))
				add_commands(&commands, firewall, network, number);
		}
	}
	if (commands.n == 0)
		return NULL;
	return json_sprintf("chain %s of table %s %s drops what no rule in it accepts, connections "
			    "from netd's networks to the outside and to published ports among it: "
			    "accept netd's bridges there%s: %s%s",
			    chain->chain, chain->family, chain->table,
			    firewall == FIREWALL_OTHER ? " (with Docker in its chain DOCKER-USER)"
						       : "",
			    commands.text, commands.rest);
}

/* WARNING_CHAINS_MAX sentences at the most. */
static void add_chains(struct engine *engine, json_t *list)
{
	struct nft_foreign *foreign;
	size_t n = 0;

	if (engine->door->foreign.read(engine->nft, &foreign) < 0)
		return; /* without an answer there is nothing to warn of */
	for (size_t i = 0; i < engine->door->foreign.n(foreign) && n < WARNING_CHAINS_MAX; i++) {
		json_t *warning = chain_warning(engine, foreign, i);

		/* A list cut short by no memory is a list. */
		if (warning && json_array_append_new(list, warning) == 0)
			n++;
	}
	engine->door->foreign.free(foreign);
}

/* NULL for want of memory: jansson takes a NULL for a list and appends nothing. */
static json_t *surroundings(struct engine *engine)
{
	json_t *list = json_array();

	if (engine->keep->kernel_lacks)
		(void)json_array_append_new(list,
					    json_string(engine->keep->kernel_lacks)); /* as above */
	if (drift_needs_forwarding(engine, AF_INET) && !forwarding_on_host(engine, AF_INET))
		(void)json_array_append_new(
			list, json_string("the host does not forward IPv4: " DRIFT_WAY_OUT4));
	if (drift_needs_forwarding(engine, AF_INET6) && !forwarding_on_host(engine, AF_INET6))
		(void)json_array_append_new(
			list, json_string("the host does not forward IPv6: " DRIFT_WAY_OUT6));
	add_chains(engine, list);
	return list;
}

/* For `netctl system info`. */
json_t *engine_warnings(struct engine *engine)
{
	json_t *list = surroundings(engine);

	if (engine->wire->rules_fault[0])
		(void)json_array_append_new(list,
					    json_string(engine->wire->rules_fault)); /* as above */
	if (list)
		coherence_add_notes(engine, list);
	if (list)
		subnets_add_overlaps(engine, list);
	if (firewalld_state(engine->wire->firewalld) == FIREWALLD_REFUSES)
		(void)json_array_append_new(list,
					    json_string(firewalld_fault(engine->wire->firewalld)));
	return list;
}

/* Once, at the end of a start. */
void warnings_log(struct engine *engine)
{
	json_t *list = surroundings(engine), *text; /* the rest was logged where it was found */
	size_t i;

	json_array_foreach (list, i, text)
		log_warn("%s", json_string_value(text));
	json_decref(list);
}

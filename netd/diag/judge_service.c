// SPDX-License-Identifier: GPL-2.0-or-later
// judge_service.c - what is for a service's address: whom it is led to, and what is refused there
#include "diag/judge_walk.h"

#include "base/protocol.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. A service's address is nobody's. What a container opens to it netd's rules
 * inside that container lead to one of those who stand behind the service, or refuse (decision 31).
 * The rules decide, and are run as all others are. Here is said what their verdict means, by netd's
 * records: whom they lead to, that nobody stands behind the service, that it has no such port, or
 * that the rules are not what they should be.
 *
 * Whom they choose may be a matter of chance: walk->drawn has the number that they draw in this
 * walk, and below which it is. The caller has one walk for each (judge.c). From where the packet is
 * led on the walk is about the one who was chosen, and B is he; only the answer has to come from
 * the service again. */

/* --- what netd believes ----------------------------------------------------------------------- */

static const struct facts_service *find_service(const struct facts *facts, const struct addr *addr,
						const struct facts_network **ret_network)
{
	if (!addr_is_set(addr))
		return NULL;
	for (size_t i = 0; i < facts->n_networks; i++) {
		const struct facts_network *network = &facts->networks[i];

		for (size_t k = 0; k < network->n_services; k++)
			if (addr_equal(&network->services[k].addr[family_of(addr->family)], addr)) {
				*ret_network = network;
				return &network->services[k];
			}
	}
	return NULL;
}

/* Its place on that network; NULL: it is not there. */
static const struct facts_endpoint *endpoint_on(const struct facts_container *container,
						const struct facts_network *network)
{
	for (size_t i = 0; container && i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i].network, network->name) == 0)
			return &container->endpoints[i];
	return NULL;
}

static bool stands_behind(const struct facts_container *container,
			  const struct facts_service *service, const struct facts_network *network,
			  enum family family)
{
	const struct facts_endpoint *endpoint = endpoint_on(container, network);

	if (!endpoint || !addr_is_set(&endpoint->addr[family].addr))
		return false;
	for (size_t i = 0; i < container->n_services; i++)
		if (strcmp(container->services[i], service->name) == 0)
			return true;
	return false;
}

size_t judge_count_behind(const struct facts *facts, const struct facts_service *service,
			  const struct facts_network *network, enum family family)
{
	size_t n = 0;

	for (size_t i = 0; i < facts->n_containers; i++)
		n += stands_behind(&facts->containers[i], service, network, family);
	return n;
}

static const struct facts_container *container_at(const struct judge_walk *walk,
						  const struct addr *addr)
{
	enum family family = family_of(addr->family);

	for (size_t i = 0; i < walk->facts->n_containers; i++) {
		const struct facts_endpoint *endpoint = endpoint_on(&walk->facts->containers[i],
								    walk->service.network);

		if (endpoint && addr_equal(&endpoint->addr[family].addr, addr))
			return &walk->facts->containers[i];
	}
	return NULL;
}

/* --- the walk --------------------------------------------------------------------------------- */

void judge_service_begin(struct judge_walk *walk)
{
	struct judge_service *service = &walk->service;

	service->of = find_service(walk->facts, &walk->b.addr, &service->network);
	if (!service->of)
		return;
	service->addr = walk->b.addr;
	service->port = walk->port;
	/* It is none of outside, though nobody has the address. */
	walk->b.is_outside = false;
	code_word(&walk->words, "service", "%s", service->of->name);
	code_word(&walk->words, "network", "%s", service->network->name);
	code_word(&walk->words, "service-at", "%s", ADDR_STR(&service->addr));
}

bool judge_draw(struct judge_walk *walk, const void *which, uint32_t below, uint32_t *ret_number)
{
	struct judge_drawn *drawn = &walk->drawn;

	/* Whoever else draws numbers does with them what he likes. */
	if (!walk->service.of || walk->is_back || walk->space != walk->a.space ||
	    (drawn->which && drawn->which != which))
		return false;
	drawn->which = which;
	drawn->below = below;
	*ret_number = drawn->number % below;
	return true;
}

/* "80/tcp, 53/udp" */
static void fill_ports(struct judge_walk *walk)
{
	const struct facts_service *service = walk->service.of;
	char text[160] = "no port";
	size_t len = 0;

	for (size_t i = 0; i < service->n_ports && len < sizeof(text) - 16; i++) {
		const char *protocol = protocol_name(service->ports[i].protocol);

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u/%s", len ? ", " : "",
					service->ports[i].port, protocol ? protocol : "?");
	}
	code_word(&walk->words, "served", "%s", text);
}

static bool has_port(const struct judge_walk *walk)
{
	const struct facts_service *service = walk->service.of;

	for (size_t i = 0; i < service->n_ports; i++)
		if (service->ports[i].protocol == walk->packet.protocol &&
		    service->ports[i].port == walk->packet.dport)
			return true;
	return false;
}

static enum judge_at bad(struct judge_walk *walk, enum code_id id)
{
	return judge_bad(walk, id, "from.service", walk->a.name, JUDGE_LOST);
}

/* netd's own rules have refused it. */
static enum judge_at refused(struct judge_walk *walk)
{
	enum family family = family_of(walk->service.addr.family);

	if (!has_port(walk)) {
		fill_ports(walk);
		return bad(walk, CODE_SERVICE_PORT);
	}
	/* Of a network that spans hosts nobody here knows all who stand behind it. */
	if (strcmp(walk->service.network->driver, "overlay") == 0) {
		judge_unknown(walk, "from.service", walk->a.name,
			      "service %s refuses it, and who stands behind it on other hosts is "
			      "not known",
			      walk->service.of->name);
		return JUDGE_LOST;
	}
	if (judge_count_behind(walk->facts, walk->service.of, walk->service.network, family) == 0)
		return bad(walk, CODE_SERVICE_EMPTY);
	return bad(walk, CODE_SERVICES_LOST);
}

/* From here on it is a connection to the one that was chosen. */
static enum judge_at lead(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_container *to = container_at(walk, &walk->packet.dst);
	const struct judge_service *service = &walk->service;
	char choice[64] = "as for this client always";

	if (!to) {
		judge_unknown(walk, "from.service", walk->a.name,
			      "service %s leads to %s, and nobody is known to have that address",
			      service->of->name, ADDR_STR(&walk->packet.dst));
		return JUDGE_LOST;
	}
	if (walk->drawn.below == 1)
		(void)snprintf(choice, sizeof(choice), "the only one");
	else if (walk->drawn.below > 1)
		(void)snprintf(choice, sizeof(choice), "one of %u", walk->drawn.below);
	walk->service.is_led = true;
	walk->b.container = to;
	walk->b.name = to->name;
	walk->b.addr = walk->packet.dst;
	walk->b.space = facts_ask_space(walk->facts, to->space);
	walk->port = walk->packet.dport;
	code_word(&walk->words, "b", "%s", to->name);
	code_word(&walk->words, "container-b", "%s", to->name);
	judge_ok(walk, "from.service", walk->a.name, "service %s (%s) leads it to %s, %s:%u: %s",
		 service->of->name, ADDR_STR(&service->addr), to->name, ADDR_STR(&walk->packet.dst),
		 walk->packet.dport, choice);
	return go_on;
}

/* No rule has changed where it goes, and none has refused it. */
static enum judge_at passed(struct judge_walk *walk, enum judge_at go_on)
{
	/* What could not be read was told, and may lead it all the same. */
	if (facts_is_missing(walk->a.space, "ruleset"))
		return go_on;
	if (endpoint_on(walk->a.container, walk->service.network) && !walk->a.container->host_mode)
		return bad(walk, CODE_SERVICES_LOST);
	code_word_drop(&walk->words, "joins");
	if (walk->a.container && !walk->a.container->host_mode)
		code_word(&walk->words, "joins", "%s", walk->a.container->name);
	return bad(walk, CODE_SERVICE_OTHER_NETWORK);
}

enum judge_at judge_service(struct judge_walk *walk, const struct judge_met *met,
			    enum judge_at go_on)
{
	if (!walk->service.of || walk->service.is_led || walk->is_back)
		return go_on;
	if (judge_is_dropped(met))
		return met->is_services ? refused(walk) : go_on;
	if (met->nat_dst)
		return met->is_services ? lead(walk, go_on) : go_on;
	return met->verdict == RULES_ACCEPT ? passed(walk, go_on) : go_on;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// judge_service.c - what is for a service's address: whom it is led to, and what is refused there
#include "diag/judge_walk.h"

#include "base/protocol.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A service's address is nobody's. What a container opens to it netd's rules
 * inside that container lead to one of those who stand behind the service, or refuse (decision 31).
 * The rules decide, and are run as all others are. Here is said what their verdict means, by netd's
 * records: whom they lead to, that nobody stands behind the service, that it has no such port, or
 * that the rules are not what they should be.
 *
 * From outside, and from the host itself, it is asked for by a port that the host publishes. Then
 * the host leads, by a table of its own (netd-ingress), and all else is the same.
 *
 * Who of other hosts stands behind it is known as far as netd has said so (struct facts_far). Where
 * it has not, as when its records are read, what is refused is unknown and not bad.
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

/* The one of that family that publishes the port. */
static const struct facts_service *find_published(const struct judge_walk *walk, enum family family,
						  const struct facts_network **ret_network)
{
	for (size_t i = 0; walk->port != 0 && i < walk->facts->n_networks; i++) {
		const struct facts_network *network = &walk->facts->networks[i];

		for (size_t k = 0; k < network->n_services && !network->internal; k++) {
			const struct facts_service *service = &network->services[k];

			for (size_t m = 0; m < service->n_ports; m++)
				if (service->ports[m].publish == walk->port &&
				    service->ports[m].protocol == walk->protocol &&
				    addr_is_set(&service->addr[family])) {
					*ret_network = network;
					return service;
				}
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
	for (size_t i = 0; i < service->n_far; i++)
		n += addr_is_set(&service->far[i].addr[family]);
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

static void fill_words(struct judge_walk *walk)
{
	const struct judge_service *service = &walk->service;

	code_word(&walk->words, "service", "%s", service->of->name);
	code_word(&walk->words, "network", "%s", service->network->name);
	code_word(&walk->words, "service-at", "%s", ADDR_STR(&service->addr));
}

void judge_service_begin(struct judge_walk *walk)
{
	struct judge_service *service = &walk->service;
	const struct addr *addr = &walk->b.addr;

	service->of = find_service(walk->facts, addr, &service->network);
	if (!service->of && walk->host && walk->b.space == walk->host && addr_is_set(addr)) {
		service->of = find_published(walk, family_of(addr->family), &service->network);
		service->is_published = service->of;
	}
	if (!service->of)
		return;
	service->addr = *addr;
	service->port = walk->port;
	fill_words(walk);
	/* It is none of outside, though nobody has the address. */
	if (!service->is_published)
		walk->b.is_outside = false;
}

/* That is published, of those that may be meant: by its number at the host, or at the service; of
 * who names none the first. */
static const struct facts_service_port *meant_port(const struct judge_walk *walk,
						   const struct facts_service *service)
{
	const struct facts_service_port *meant = NULL;
	bool is_any = walk->port == 0 &&
		      (walk->verdict->to.is_assumed || walk->protocol != IPPROTO_ICMP);

	for (size_t i = 0; i < service->n_ports; i++) {
		const struct facts_service_port *port = &service->ports[i];

		if (port->publish == 0 || (!is_any && port->protocol != walk->protocol))
			continue;
		if (is_any || port->publish == walk->port)
			return port;
		if (!meant && port->port == walk->port)
			meant = port;
	}
	return meant;
}

enum judge_at judge_service_from_outside(struct judge_walk *walk, enum judge_at go_on)
{
	struct judge_service *service = &walk->service;
	const struct facts_service_port *port;

	if (!walk->a.is_outside || !walk->host)
		return go_on;
	service->of = find_service(walk->facts, &walk->b.addr, &service->network);
	if (!service->of)
		return go_on;
	service->addr = walk->b.addr;
	fill_words(walk);
	port = meant_port(walk, service->of);
	if (!port) {
		code_word(&walk->words, "wanted", "%s", CODE_ANY_PORT);
		if (walk->port != 0)
			code_word(&walk->words, "wanted", "%u", walk->port);
		return judge_bad(walk, CODE_SERVICE_UNPUBLISHED, "host.service", "host",
				 JUDGE_LOST);
	}
	*service = (struct judge_service) { 0 };
	walk->b.addr = (struct addr) { 0 };
	walk->b.space = walk->host;
	walk->b.is_outside = false;
	walk->protocol = port->protocol;
	walk->port = port->publish;
	walk->verdict->to.protocol = port->protocol;
	walk->verdict->to.port = port->publish;
	return go_on;
}

bool judge_draw(struct judge_walk *walk, const void *which, uint32_t below, uint32_t *ret_number)
{
	struct judge_drawn *drawn = &walk->drawn;

	/* Whoever else draws numbers does with them what he likes. */
	if (!walk->service.of || walk->is_back ||
	    walk->space != (walk->service.is_published ? walk->host : walk->a.space) ||
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

/* Where it is led, or refused: inside A, or on the host. */
static const char *hop_of(const struct judge_walk *walk)
{
	return walk->service.is_published ? "host.service" : "from.service";
}

static const char *where_of(const struct judge_walk *walk)
{
	return walk->service.is_published ? "host" : walk->a.name;
}

static enum judge_at bad(struct judge_walk *walk, enum code_id id)
{
	fill_words(walk); /* the host's rules are about other networks */
	return judge_bad(walk, id, hop_of(walk), where_of(walk), JUDGE_LOST);
}

static size_t count_in(const struct judge_walk *walk, enum family family)
{
	return judge_count_behind(walk->facts, walk->service.of, walk->service.network, family);
}

bool judge_knows_behind(const struct facts_service *service, const struct facts_network *network)
{
	return service->knows_far || strcmp(network->driver, "overlay") != 0;
}

static enum judge_at tell_ingress_lost(struct judge_walk *walk)
{
	code_word(&walk->words, "port", "%u", walk->service.port);
	return bad(walk, CODE_INGRESS_LOST);
}

/* netd's own rules have refused it. */
static enum judge_at refused(struct judge_walk *walk)
{
	enum family family = family_of(walk->service.addr.family);

	if (!walk->service.is_published && !has_port(walk)) {
		fill_ports(walk);
		return bad(walk, CODE_SERVICE_PORT);
	}
	if (!judge_knows_behind(walk->service.of, walk->service.network)) {
		judge_unknown(walk, hop_of(walk), where_of(walk),
			      "service %s refuses it, and who stands behind it on other hosts is "
			      "not known",
			      walk->service.of->name);
		return JUDGE_LOST;
	}
	if (count_in(walk, family) > 0)
		return walk->service.is_published ? tell_ingress_lost(walk)
						  : bad(walk, CODE_SERVICES_LOST);
	code_word(&walk->words, "who", "%s", "");
	if (count_in(walk, !family) > 0)
		code_word(&walk->words, "who", " with an %s address",
			  family == FAMILY_6 ? "IPv6" : "IPv4");
	return bad(walk, CODE_SERVICE_EMPTY);
}

static void fill_choice(const struct judge_walk *walk, char choice[static 64])
{
	(void)snprintf(choice, 64, "as for this client always");
	if (walk->drawn.below == 1)
		(void)snprintf(choice, 64, "the only one");
	else if (walk->drawn.below > 1)
		(void)snprintf(choice, 64, "one of %u", walk->drawn.below);
}

/* From here on it is a connection to the one that was chosen. */
static enum judge_at lead(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_container *to = container_at(walk, &walk->packet.dst);
	const struct judge_service *service = &walk->service;
	const struct facts_far *far = to ? NULL : judge_far(service->network, &walk->packet.dst);
	char choice[64];

	if (!to && !far) {
		judge_unknown(walk, hop_of(walk), where_of(walk),
			      "service %s leads to %s, and nobody is known to have that address",
			      service->of->name, ADDR_STR(&walk->packet.dst));
		return JUDGE_LOST;
	}
	fill_choice(walk, choice);
	walk->service.is_led = true;
	walk->b.container = to;
	walk->b.name = to ? to->name : far->name;
	walk->b.addr = walk->packet.dst;
	walk->b.space = to ? facts_ask_space(walk->facts, to->space) : NULL;
	walk->port = walk->packet.dport;
	code_word(&walk->words, "b", "%s", walk->b.name);
	code_word(&walk->words, "container-b", "%s", walk->b.name);
	judge_ok(walk, hop_of(walk), where_of(walk),
		 "service %s (%s%s) leads it to %s%s%s, %s:%u: %s", service->of->name,
		 ADDR_STR(&service->addr), service->is_published ? ", published" : "", walk->b.name,
		 far ? " on host " : "", far ? far->host : "", ADDR_STR(&walk->packet.dst),
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
	if (walk->service.is_published)
		return met->nat_dst && met->is_ingress && !judge_is_dropped(met) ? lead(walk, go_on)
										 : go_on;
	if (judge_is_dropped(met))
		return met->is_services ? refused(walk) : go_on;
	if (met->nat_dst)
		return met->is_services ? lead(walk, go_on) : go_on;
	return met->verdict == RULES_ACCEPT ? passed(walk, go_on) : go_on;
}

/* --- at the host's own sockets ---------------------------------------------------------------- */

/* Why this host does not have the port; NULL: it does. */
static const struct facts_refused *refused_here(const struct judge_walk *walk)
{
	const struct facts_service *service = walk->service.of;

	for (size_t i = 0; i < service->n_refused; i++)
		if (service->refused[i].is_here && service->refused[i].port == walk->service.port &&
		    service->refused[i].protocol == walk->protocol)
			return &service->refused[i];
	return NULL;
}

/* What cannot be led on: ::1 does not leave the host, and a link-local source means nothing on
 * another link (kernel/nft_ingress.c). */
static bool is_bound(const struct judge_walk *walk)
{
	return walk->service.addr.family == AF_INET6 &&
	       (addr_is_loopback(&walk->service.addr) || addr_is_link_local(&walk->packet.src));
}

enum judge_at judge_service_arrives(struct judge_walk *walk, const struct judge_met *met,
				    enum judge_at go_on)
{
	const struct judge_service *service = &walk->service;
	const struct facts_refused *taken;

	if (!service->is_published || service->is_led || walk->is_back)
		return go_on;
	code_word(&walk->words, "port", "%u", service->port);
	if (judge_is_dropped(met) && !met->is_ingress)
		return go_on;
	if (judge_is_dropped(met) && is_bound(walk) &&
	    count_in(walk, family_of(service->addr.family)) > 0)
		return bad(walk, CODE_SERVICE_LOOPBACK);
	if (judge_is_dropped(met))
		return refused(walk);
	taken = refused_here(walk);
	if (!taken) /* what could not be read was told, and may lead it all the same */
		return facts_is_missing(walk->host, "ruleset") || met->verdict != RULES_ACCEPT
			       ? go_on
			       : tell_ingress_lost(walk);
	/* Whoever has the port answers, and is looked at. */
	code_word(&walk->words, "taken", "%s", taken->why);
	code_word(&walk->words, "host", "%s", taken->host[0] ? taken->host : "this host");
	judge_warn(walk, CODE_SERVICE_PORT_TAKEN, hop_of(walk), where_of(walk));
	return go_on;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_services.c - what must be in the tables that lead to services, who stands behind them, and
// the way to those of other hosts
#include "diag/doctor_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The rules in that table are as many as there are numbers of containers
 * behind services; all else is elements (decision 31). So what must be there is asked for element
 * by element, as of netd's own table: for a service its address, for a port that somebody stands
 * behind where it leads, and each of those by his number. Rules are not compared here: who asks
 * about a service by `netctl explain` has them run.
 *
 * A container that stands behind a service has its place among the others, which netd alone knows;
 * that there are as many as there should be is what is looked at. */

/* Of very many that stand behind one service the first are asked for. */
#define NUMBERS_ASKED 256

/* One thing that is asked for: inside a container, or on the host, of what is published. */
struct wanted {
	struct doctor *doctor;
	const struct facts_space *space;
	const struct facts_service *service;
	enum family family;
};

/* Fields of a key fill whole words of 32 bits, as registers do. */
static void put(struct facts_element_asked *asked, const void *bytes, size_t len)
{
	memcpy(asked->key + asked->key_len, bytes, len);
	asked->key_len += (len + 3) / 4 * 4;
}

/* False: it is known not to be there. port NULL: of the service itself; number: of those behind it,
 * in the order of the kernel's own numbers; NULL: none. */
static bool is_there(const struct wanted *wanted, const char *set,
		     const struct facts_service_port *port, const uint32_t *number)
{
	const struct addr *addr = &wanted->service->addr[wanted->family];
	struct facts_element_asked asked = { .family = NFPROTO_INET };

	(void)snprintf(asked.table, sizeof(asked.table), "%s", JUDGE_SERVICES_TABLE);
	(void)snprintf(asked.set, sizeof(asked.set), "%s%c", set,
		       wanted->family == FAMILY_4 ? '4' : '6');
	put(&asked, addr->bytes, addr_size(addr));
	if (port) {
		uint16_t wire = htons(port->port);

		put(&asked, &port->protocol, sizeof(port->protocol));
		put(&asked, &wire, sizeof(wire));
	}
	if (number)
		put(&asked, number, sizeof(*number));
	return facts_ask_element(wanted->doctor->facts, wanted->space, &asked)->err != -ENOENT;
}

static bool is_whole(const struct wanted *wanted, size_t n_behind)
{
	if (!is_there(wanted, "addresses", NULL, NULL))
		return false;
	for (size_t i = 0; n_behind > 0 && i < wanted->service->n_ports; i++) {
		const struct facts_service_port *port = &wanted->service->ports[i];

		if (!is_there(wanted, "spread", port, NULL))
			return false;
		for (uint32_t number = 0; number < n_behind && number < NUMBERS_ASKED; number++)
			if (!is_there(wanted, "backends", port, &number))
				return false;
	}
	return true;
}

/* One that is lost says enough: netd makes all of the table anew. */
static void tell(const struct wanted *wanted, const struct facts_container *container)
{
	struct code_words *words = &wanted->doctor->walk.words;

	doctor_at(wanted->doctor, wanted->space, container);
	code_word(words, "service", "%s", wanted->service->name);
	code_word(words, "service-at", "%s", ADDR_STR(&wanted->service->addr[wanted->family]));
	doctor_tell(wanted->doctor, CODE_SERVICES_LOST, DIAG_BAD, container->name);
}

/* false: something is lost, and told. */
static bool check_network(struct doctor *doctor, const struct facts_container *container,
			  const struct facts_space *space, const struct facts_network *network)
{
	for (size_t i = 0; i < network->n_services; i++)
		for (enum family family = 0; family < FAMILY_N; family++) {
			const struct wanted wanted = { doctor, space, &network->services[i],
						       family };

			if (!addr_is_set(&wanted.service->addr[family]) ||
			    !doctor_has_time(doctor, container) ||
			    is_whole(&wanted, judge_count_behind(doctor->facts, wanted.service,
								 network, family)))
				continue;
			tell(&wanted, container);
			return false;
		}
	return true;
}

/* Only a container that netd answers names in has its rules, too. */
void doctor_services(struct doctor *doctor, const struct facts_container *container)
{
	const struct facts_space *space = facts_space(doctor->facts, container->space);

	if (!space || container->no_resolver || facts_is_missing(space, "ruleset"))
		return;
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_network *network =
			judge_network(doctor->facts, container->endpoints[i].network);

		if (network && !check_network(doctor, container, space, network))
			return;
	}
}

/* --- on the host ------------------------------------------------------------------------------ */

/* As is_there(), of the host's table: by the port that is published. */
static bool is_led(const struct wanted *wanted, const char *set,
		   const struct facts_service_port *port, const uint32_t *number)
{
	struct facts_element_asked asked = { .family = NFPROTO_INET };
	uint16_t wire = htons(port->publish);

	(void)snprintf(asked.table, sizeof(asked.table), "%s", JUDGE_INGRESS_TABLE);
	(void)snprintf(asked.set, sizeof(asked.set), "%s%c", set,
		       wanted->family == FAMILY_4 ? '4' : '6');
	put(&asked, &port->protocol, sizeof(port->protocol));
	put(&asked, &wire, sizeof(wire));
	if (number)
		put(&asked, number, sizeof(*number));
	return facts_ask_element(wanted->doctor->facts, wanted->space, &asked)->err != -ENOENT;
}

static bool is_published_whole(const struct wanted *wanted, const struct facts_service_port *port,
			       size_t n_behind)
{
	if (!is_led(wanted, "ports", port, NULL) ||
	    (n_behind > 0 && !is_led(wanted, "spread", port, NULL)))
		return false;
	for (uint32_t number = 0; number < n_behind && number < NUMBERS_ASKED; number++)
		if (!is_led(wanted, "backends", port, &number))
			return false;
	return true;
}

static bool is_refused_here(const struct facts_service *service,
			    const struct facts_service_port *port)
{
	for (size_t i = 0; i < service->n_refused; i++)
		if (service->refused[i].is_here && service->refused[i].port == port->publish &&
		    service->refused[i].protocol == port->protocol)
			return true;
	return false;
}

/* One that is lost says enough: netd makes all of the table anew. */
static void check_published(struct doctor *doctor, const struct facts_network *network,
			    const struct facts_service *service)
{
	for (size_t i = 0; i < service->n_ports; i++)
		for (enum family family = 0; family < FAMILY_N; family++) {
			const struct facts_service_port *port = &service->ports[i];
			const struct wanted wanted = { doctor, doctor->host, service, family };

			if (port->publish == 0 || !addr_is_set(&service->addr[family]) ||
			    is_refused_here(service, port) ||
			    is_published_whole(
				    &wanted, port,
				    judge_count_behind(doctor->facts, service, network, family)))
				continue;
			doctor_at(doctor, doctor->host, NULL);
			code_word(&doctor->walk.words, "service", "%s", service->name);
			code_word(&doctor->walk.words, "port", "%u", port->publish);
			doctor_tell(doctor, CODE_INGRESS_LOST, DIAG_BAD, "host");
			return;
		}
}

/* On whichever host. */
static void tell_refused(struct doctor *doctor, const struct facts_service *service)
{
	struct code_words *words = &doctor->walk.words;

	for (size_t i = 0; i < service->n_refused; i++) {
		const struct facts_refused *refused = &service->refused[i];

		doctor_at(doctor, doctor->host, NULL);
		code_word(words, "host", "%s", refused->host[0] ? refused->host : "this host");
		code_word(words, "service", "%s", service->name);
		code_word(words, "port", "%u", refused->port);
		code_word(words, "taken", "%s", refused->why);
		doctor_tell(doctor, CODE_SERVICE_PORT_TAKEN, DIAG_WARN,
			    refused->is_here ? "host" : refused->host);
	}
}

static bool is_published(const struct facts_service *service)
{
	for (size_t i = 0; i < service->n_ports; i++)
		if (service->ports[i].publish)
			return true;
	return false;
}

/* A service may well be made before those who stand behind it, and be left for them: who calls it
 * from inside is refused, and sees it. Behind a port of the host somebody is expected. Where it is
 * not known who of other hosts there is nobody is missed. */
static void check_empty(struct doctor *doctor, const struct facts_network *network,
			const struct facts_service *service)
{
	if (!is_published(service) ||
	    judge_count_behind(doctor->facts, service, network, FAMILY_4) > 0 ||
	    judge_count_behind(doctor->facts, service, network, FAMILY_6) > 0 ||
	    !judge_knows_behind(service, network))
		return;
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "who", "%s", "");
	code_word(&doctor->walk.words, "service", "%s", service->name);
	code_word(&doctor->walk.words, "network", "%s", network->name);
	doctor_tell(doctor, CODE_SERVICE_EMPTY, DIAG_WARN, network->name);
}

/* False: something is lost, and told. All of a network's ways are made anew together. */
static bool check_far(struct doctor *doctor, const struct facts_network *network,
		      const struct facts_far *far)
{
	const struct facts_link *bridge =
		network->n_bridges ? facts_link_named(doctor->host, network->bridges[0]) : NULL;
	enum family family = addr_is_set(&far->addr[FAMILY_4]) ? FAMILY_4 : FAMILY_6;
	struct judge_port port;
	const char *what;

	/* A bridge that is gone is told of the network. */
	if (!bridge || !judge_far_owner(&doctor->walk, bridge, &far->addr[family], &port))
		return true;
	what = judge_far_lacks(&doctor->walk, &port);
	if (!what)
		return true;
	doctor_at(doctor, doctor->host, NULL);
	code_word(&doctor->walk.words, "network", "%s", network->name);
	code_word(&doctor->walk.words, "b", "%s", far->name);
	code_word(&doctor->walk.words, "host", "%s", far->host);
	code_word(&doctor->walk.words, "what", "%s", what);
	doctor_tell(doctor, CODE_TUNNEL_LOST, DIAG_BAD, network->name);
	return false;
}

void doctor_published(struct doctor *doctor, const struct facts_network *network)
{
	bool is_whole_way = true;

	for (size_t i = 0; i < network->n_services; i++) {
		const struct facts_service *service = &network->services[i];

		tell_refused(doctor, service);
		check_empty(doctor, network, service);
		if (!network->internal && !facts_is_missing(doctor->host, "ruleset"))
			check_published(doctor, network, service);
		for (size_t k = 0; k < service->n_far && k < NUMBERS_ASKED && is_whole_way; k++)
			is_whole_way = check_far(doctor, network, &service->far[k]);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_services.c - what must be in the table that leads a container to services
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

/* One thing that is asked for. */
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
		for (uint32_t number = 0; number < n_behind; number++)
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

// SPDX-License-Identifier: GPL-2.0-or-later
// test_facts.c - pictures are found by key, and each question is asked once
#include "diag/facts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/each_allocation.h"

/* A kernel that counts how often it is asked, and answers with that count. */
static int n_questions;

static void way(void *data, const struct facts_space *space, const struct facts_way_asked *asked,
		struct facts_way *answer)
{
	(void)data;
	(void)space;
	(void)asked;
	answer->oif = ++n_questions;
}

static void taker(void *data, const struct facts_space *space,
		  const struct facts_taker_asked *asked, struct facts_taker *answer)
{
	(void)data;
	(void)space;
	(void)asked;
	answer->socket.ifindex = ++n_questions;
}

static void element(void *data, const struct facts_space *space,
		    const struct facts_element_asked *asked, struct facts_element *answer)
{
	(void)data;
	(void)space;
	(void)asked;
	answer->verdict = ++n_questions;
}

static void flow(void *data, const struct facts_space *space, const struct facts_flow_asked *asked,
		 struct facts_flow *answer)
{
	(void)data;
	(void)space;
	(void)asked;
	answer->mark = (uint32_t)++n_questions;
}

static void owner(void *data, const struct facts_space *space,
		  const struct facts_owner_asked *asked, struct facts_owner *answer)
{
	(void)data;
	(void)space;
	(void)asked;
	answer->pid = ++n_questions;
}

static int picture(void *data, struct facts *facts, const char *key)
{
	(void)data;
	if (strcmp(key, "nowhere") == 0)
		return -ENOENT;
	n_questions++;
	return facts_add_space(facts, key) ? 0 : -ENOMEM;
}

static const struct facts_ask kernel = {
	.way = way,
	.taker = taker,
	.element = element,
	.flow = flow,
	.owner = owner,
	.space = picture,
};

static void a_picture_is_found_by_its_key_and_taken_once(void **state)
{
	struct facts facts = { .ask = &kernel };
	struct facts_space *host = facts_add_space(&facts, "host");

	(void)state;
	n_questions = 0;
	assert_non_null(host);
	assert_ptr_equal(facts_space(&facts, "host"), host);
	assert_null(facts_space(&facts, "netns:7"));
	assert_ptr_equal(facts_ask_space(&facts, "host"), host);
	assert_int_equal(n_questions, 0);
	assert_non_null(facts_ask_space(&facts, "netns:7"));
	assert_ptr_equal(facts_ask_space(&facts, "netns:7"), facts_space(&facts, "netns:7"));
	assert_int_equal(n_questions, 1);
	assert_null(facts_ask_space(&facts, "nowhere"));
	facts_done(&facts);
	assert_null(facts_ask_space(&facts, "host")); /* and nobody to ask either */
}

static int ports(void *data, struct facts *facts, uint16_t host_port)
{
	(void)data;
	(void)facts;
	(void)host_port;
	n_questions++;
	return 0;
}

static int sockets(void *data, struct facts_space *space, uint8_t protocol, uint16_t port)
{
	(void)data;
	n_questions++;
	if (port == 81) /* nobody listens there */
		return 0;
	space->sockets = calloc(1, sizeof(*space->sockets));
	assert_non_null(space->sockets);
	space->n_sockets = 1;
	space->sockets[0].protocol = protocol;
	space->sockets[0].port = port;
	return 0;
}

static void what_is_published_is_asked_once_for_each_port(void **state)
{
	struct facts facts = { 0 };

	(void)state;
	n_questions = 0;
	facts_ask_ports(&facts, 80); /* all there are, or nobody to ask */
	facts.ask_ports = ports;
	for (uint16_t port = 1; port <= 2 * FACTS_PORTS_ASKED; port++)
		facts_ask_ports(&facts, port);
	assert_int_equal(n_questions, 2 * FACTS_PORTS_ASKED);
	facts_ask_ports(&facts, 1);
	assert_int_equal(n_questions, 2 * FACTS_PORTS_ASKED);
	facts_done(&facts);
}

static void sockets_are_asked_for_where_a_picture_has_not_all(void **state)
{
	const struct facts_ask ask = { .sockets = sockets };
	struct facts facts = { .ask = &ask };
	struct facts_space *host = facts_add_space(&facts, "host");

	(void)state;
	n_questions = 0;
	assert_non_null(host);
	facts_ask_sockets(&facts, host, 6, 80);
	assert_int_equal(n_questions, 0);
	host->has_many_sockets = true;
	facts_ask_sockets(&facts, host, 6, 80);
	facts_ask_sockets(&facts, host, 6, 80);
	assert_int_equal(n_questions, 1);
	assert_int_equal(host->n_sockets, 1);
	/* That there is none is an answer as well. */
	facts_ask_sockets(&facts, host, 6, 81);
	facts_ask_sockets(&facts, host, 6, 81);
	assert_int_equal(n_questions, 2);
	facts_done(&facts);
}

/* Two links, of which 'space' gets what is asked for. */
static void more_links(void *data, struct facts_space *space, int ifindex, const char *name)
{
	static const struct facts_link there[] = { { .ifindex = 7, .name = "v7" },
						   { .ifindex = 8, .name = "v8" } };

	assert_ptr_equal(data, &n_questions);
	n_questions++;
	for (size_t i = 0; i < ARRAY_SIZE(there); i++)
		if ((ifindex == 0 && !name) || there[i].ifindex == ifindex ||
		    (name && strcmp(name, there[i].name) == 0))
			space->links[space->n_links++] = there[i];
	if (name && strcmp(name, "v7.9") == 0) {
		space->links[space->n_links++] = (struct facts_link) { .ifindex = 9,
								       .name = "v7.9" };
		space->values[space->n_values++] = (struct facts_value) {
			.name = "net.ipv6.conf.v7.9.forwarding", .value = 1
		};
	}
}

static void a_setting_comes_with_its_link(void **state)
{
	struct facts facts = { 0 };
	struct facts_space *host = facts_add_space(&facts, "host");
	int64_t value = 0;

	(void)state;
	n_questions = 0;
	assert_non_null(host);
	host->links = calloc(4, sizeof(*host->links));
	host->values = calloc(4, sizeof(*host->values));
	assert_non_null(host->links);
	assert_non_null(host->values);
	assert_false(facts_value(host, "net.ipv6.conf.v7.9.forwarding", &value));
	host->more =
		(struct facts_more) { .link = more_links, .data = &n_questions, .space = host };
	assert_true(facts_value(host, "net.ipv6.conf.v7.9.forwarding", &value));
	assert_int_equal(value, 1);
	assert_int_equal(n_questions, 1);
	/* It is there, and has no such setting. */
	assert_false(facts_value(host, "net.ipv6.conf.v7.9.other", &value));
	assert_false(facts_value(host, "net.ipv4.ip_forward", &value));
	assert_false(facts_value(host, "TcpExt.ListenDrops", &value));
	assert_false(facts_value(host, "net.ipv4.conf.", &value));
	assert_int_equal(n_questions, 1);
	facts_done(&facts);
}

static void links_are_asked_for_where_a_picture_has_not_all(void **state)
{
	struct facts facts = { 0 };
	struct facts_space *host = facts_add_space(&facts, "host");
	const struct facts_link *first;

	(void)state;
	n_questions = 0;
	assert_non_null(host);
	host->links = calloc(4, sizeof(*host->links));
	assert_non_null(host->links);
	assert_null(facts_link(host, 7)); /* a picture of all */
	host->more =
		(struct facts_more) { .link = more_links, .data = &n_questions, .space = host };
	first = facts_link(host, 7);
	assert_string_equal(first->name, "v7");
	assert_ptr_equal(facts_link_named(host, "v7"), first);
	assert_ptr_equal(facts_link(host, 7), first);
	assert_int_equal(n_questions, 1);
	assert_int_equal(facts_link_named(host, "v8")->ifindex, 8);
	assert_null(facts_link(host, 9));
	assert_int_equal(n_questions, 3);
	/* Nobody has these: what has no number or no name is not asked for. */
	assert_null(facts_link(host, 0));
	assert_null(facts_link(host, -1));
	assert_null(facts_link_named(host, ""));
	assert_int_equal(n_questions, 3);
	facts_space_clear(host);
	assert_null(host->more.link);
	host->links = calloc(4, sizeof(*host->links));
	host->more =
		(struct facts_more) { .link = more_links, .data = &n_questions, .space = host };
	facts_ask_links(host);
	assert_int_equal(host->n_links, 2);
	facts_done(&facts);
}

/* One that is known, and what else is asked for is noted as not known. */
static void more_neighbours(void *data, struct facts_space *space, int ifindex,
			    const struct addr *addr)
{
	struct facts_neighbour *neighbour = &space->neighbours[space->n_neighbours++];

	assert_ptr_equal(data, &n_questions);
	n_questions++;
	*neighbour = (struct facts_neighbour) { .ifindex = ifindex, .addr = *addr };
	neighbour->has_mac = ifindex == 7 && addr->bytes[3] == 1;
}

static void a_neighbour_is_asked_for_once(void **state)
{
	struct facts facts = { 0 };
	struct facts_space *host = facts_add_space(&facts, "host");
	struct addr one = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } };
	struct addr two = { .family = AF_INET, .bytes = { 10, 0, 0, 2 } };

	(void)state;
	n_questions = 0;
	assert_non_null(host);
	host->neighbours = calloc(4, sizeof(*host->neighbours));
	assert_non_null(host->neighbours);
	assert_null(facts_neighbour(host, 7, &one)); /* a picture of all */
	host->more = (struct facts_more) { .neighbour = more_neighbours,
					   .data = &n_questions,
					   .space = host };
	for (int times = 0; times < 2; times++) {
		assert_true(facts_neighbour(host, 7, &one)->has_mac);
		assert_false(facts_neighbour(host, 8, &one)->has_mac);
		assert_false(facts_neighbour(host, 7, &two)->has_mac);
	}
	assert_int_equal(n_questions, 3);
	facts_done(&facts);
}

/* Each link has one address, which ends with its number, and there are those of the links 7 and 8.
 * Of IPv4 all come at once. */
static bool more_addrs(void *data, struct facts_space *space, int ifindex, const struct addr *addr)
{
	bool is_any = addr_is_any(addr), is_all = addr->family == AF_INET || (!ifindex && is_any);

	assert_ptr_equal(data, &n_questions);
	n_questions++;
	for (uint8_t link = 7; link < 9; link++) {
		struct facts_addr *added = &space->addrs[space->n_addrs];

		if (!is_all && (is_any ? ifindex != link : addr->bytes[15] != link))
			continue;
		*added = (struct facts_addr) { .ifindex = link };
		added->prefix.addr.family = addr->family;
		added->prefix.addr.bytes[addr->family == AF_INET ? 3 : 15] = link;
		space->n_addrs++;
	}
	return is_all;
}

static void an_address_is_asked_for_once_and_those_of_a_link(void **state)
{
	struct facts facts = { 0 };
	struct facts_space *host = facts_add_space(&facts, "host");
	struct addr four = { .family = AF_INET, .bytes = { [3] = 7 } };
	struct addr seven = { .family = AF_INET6, .bytes = { [15] = 7 } };
	struct addr nine = { .family = AF_INET6, .bytes = { [15] = 9 } };

	(void)state;
	n_questions = 0;
	assert_non_null(host);
	host->addrs = calloc(16, sizeof(*host->addrs));
	assert_non_null(host->addrs);
	assert_null(facts_addr(host, &four)); /* a picture of all */
	facts_ask_addrs(host, 0, AF_INET);
	host->more =
		(struct facts_more) { .addrs = more_addrs, .data = &n_questions, .space = host };
	for (int times = 0; times < 2; times++) {
		assert_int_equal(facts_addr(host, &seven)->ifindex, 7);
		assert_null(facts_addr(host, &nine));
		facts_ask_addrs(host, 8, AF_INET6);
	}
	assert_int_equal(n_questions, 3);
	/* All of a family are all that it has, and say nothing of the other. */
	for (int times = 0; times < 2; times++) {
		assert_int_equal(facts_addr(host, &four)->ifindex, 7);
		facts_ask_addrs(host, 8, AF_INET);
		facts_ask_addrs(host, 0, AF_INET);
	}
	assert_int_equal(n_questions, 4);
	facts_ask_addrs(host, 7, AF_INET6);
	facts_ask_addrs(host, 0, AF_INET6);
	facts_ask_addrs(host, 9, AF_INET6);
	assert_int_equal(n_questions, 6);
	/* Nobody has these. */
	assert_null(facts_addr(host, &(struct addr) { 0 }));
	assert_null(facts_addr(host, &(struct addr) { .family = AF_INET6 }));
	facts_ask_addrs(host, 7, 0);
	assert_int_equal(n_questions, 6);
	/* A picture that is taken anew has been asked for nothing. */
	facts_space_clear(host);
	assert_int_equal(host->n_addrs_asked, 0);
	facts_done(&facts);
}

/* One setting; a name that is no setting of its own has no answer, and is a link's. */
static void more_values(void *data, struct facts_space *space, const char *name)
{
	assert_ptr_equal(data, &n_questions);
	n_questions++;
	if (strcmp(name, "net.ipv4.ip_forward") == 0)
		space->values[space->n_values++] = (struct facts_value) { "net.ipv4.ip_forward",
									  1 };
}

static void a_setting_is_asked_for_when_it_is_needed(void **state)
{
	struct facts facts = { 0 };
	struct facts_space *host = facts_add_space(&facts, "host");
	int64_t value = 0;

	(void)state;
	n_questions = 0;
	assert_non_null(host);
	host->values = calloc(4, sizeof(*host->values));
	assert_non_null(host->values);
	assert_false(facts_value(host, "net.ipv4.ip_forward", &value)); /* a picture of all */
	host->more =
		(struct facts_more) { .value = more_values, .data = &n_questions, .space = host };
	for (int times = 0; times < 2; times++) {
		assert_true(facts_value(host, "net.ipv4.ip_forward", &value));
		assert_int_equal(value, 1);
	}
	assert_int_equal(n_questions, 1);
	assert_false(facts_value(host, "net.ipv4.conf.v1.rp_filter", &value));
	facts_done(&facts);
}

/* Some hundred, of one number on several addresses, and runs between them. */
static void publish_many(struct facts *facts)
{
	facts->containers = calloc(3, sizeof(*facts->containers));
	assert_non_null(facts->containers);
	facts->n_containers = 3;
	for (size_t i = 0; i < 3; i++) {
		facts->containers[i].ports = calloc(64, sizeof(struct facts_port));
		assert_non_null(facts->containers[i].ports);
		for (size_t j = 0; j < 64; j++) {
			struct facts_port *port =
				&facts->containers[i].ports[facts->containers[i].n_ports++];

			*port = (struct facts_port) {
				.host_port = (uint16_t)(1000 + 7 * j + i),
				.port = (uint16_t)(j + 1),
				.count = j % 5 == 4 ? 9 : 1,
				.protocol = j % 3 == 2 ? IPPROTO_UDP : IPPROTO_TCP,
			};
			if (j % 4 == 3)
				port->host = (struct addr) { .family = AF_INET,
							     .bytes = { 192, 0, 2, (uint8_t)i } };
		}
	}
}

/* The first of all that fit, one after the other. */
static const struct facts_port *first_that_fits(const struct facts *facts, const struct addr *addr,
						uint16_t number, uint8_t protocol)
{
	for (size_t i = 0; i < facts->n_containers; i++)
		for (size_t j = 0; j < facts->containers[i].n_ports; j++) {
			const struct facts_port *port = &facts->containers[i].ports[j];
			bool is_there = !addr || !port->host.family ||
					addr_equal(addr, &port->host);

			if (number >= port->host_port && number < port->host_port + port->count &&
			    port->protocol == protocol && is_there)
				return port;
		}
	return NULL;
}

static void what_is_published_is_found_among_many_as_among_few(void **state)
{
	const struct addr addrs[] = { { .family = AF_INET, .bytes = { 192, 0, 2, 1 } },
				      { .family = AF_INET, .bytes = { 192, 0, 2, 9 } } };
	const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	const struct facts_container *by_last = NULL;
	struct facts facts = { 0 };
	struct facts_port *last;
	size_t n_found = 0;

	(void)state;
	publish_many(&facts);
	for (uint16_t number = 990; number < 990 + 600; number++)
		for (size_t i = 0; i < 6; i++) {
			const struct addr *addr = i < 4 ? &addrs[i / 2] : NULL;
			const struct facts_container *by = NULL;
			const struct facts_port *wanted = first_that_fits(&facts, addr, number,
									  protocols[i % 2]);

			assert_ptr_equal(
				facts_published(&facts, addr, number, protocols[i % 2], &by),
				wanted);
			assert_int_equal(!by, !wanted);
			assert_true(!by ||
				    (wanted >= by->ports && wanted < by->ports + by->n_ports));
			n_found += wanted != NULL;
		}
	assert_true(n_found > 500);
	/* One that comes later is found, too. */
	last = &facts.containers[1].ports[facts.containers[1].n_ports - 1];
	last->host_port = 7;
	facts.containers[1].n_ports--;
	assert_null(facts_published(&facts, NULL, 7, last->protocol, &by_last));
	facts.containers[1].n_ports++;
	assert_ptr_equal(facts_published(&facts, NULL, 7, last->protocol, &by_last), last);
	assert_ptr_equal(by_last, &facts.containers[1]);
	facts_done(&facts);
}

/* Of few there is another index than of many, and of two with one name the first counts. */
static void a_value_is_found_by_its_name_however_many_there_are(void **state)
{
	static const size_t counts[] = { 1, 2, 100, 511, 512, 600 };
	struct facts facts = { 0 };
	struct facts_space *space = facts_add_space(&facts, "host");
	int64_t value;
	char name[64];

	(void)state;
	space->values = calloc(601, sizeof(*space->values));
	assert_non_null(space->values);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (; space->n_values < counts[i]; space->n_values++) {
			struct facts_value *item = &space->values[space->n_values];

			(void)snprintf(item->name, sizeof(item->name), "net.value.%zu",
				       space->n_values % 590);
			item->value = (int64_t)space->n_values;
		}
		for (size_t j = 0; j < counts[i]; j++) {
			(void)snprintf(name, sizeof(name), "net.value.%zu", j % 590);
			assert_true(facts_value(space, name, &value));
			assert_int_equal(value, j % 590);
		}
		assert_false(facts_value(space, "net.value.590", &value));
		assert_false(facts_value(space, "net.value.", &value));
	}
	facts_space_clear(space);
	assert_false(facts_value(space, "net.value.0", &value));
	facts_done(&facts);
}

static void links_and_values_are_found(void **state)
{
	struct facts facts = { 0 };
	struct facts_space *space = facts_add_space(&facts, "host");
	int64_t value = 5;

	(void)state;
	space->links = calloc(2, sizeof(*space->links));
	space->n_links = 2;
	space->links[0] = (struct facts_link) { .ifindex = 1, .name = "lo" };
	space->links[1] = (struct facts_link) { .ifindex = 9, .name = "eth0" };
	space->values = calloc(1, sizeof(*space->values));
	space->n_values = 1;
	space->values[0] = (struct facts_value) { .name = "net.ipv4.ip_forward", .value = 1 };
	assert_ptr_equal(facts_link(space, 9), &space->links[1]);
	assert_ptr_equal(facts_link_named(space, "lo"), &space->links[0]);
	assert_null(facts_link(space, 2));
	assert_null(facts_link_named(space, "eth"));
	assert_false(facts_value(space, "net.ipv4.ip", &value));
	assert_int_equal(value, 5);
	assert_true(facts_value(space, "net.ipv4.ip_forward", &value));
	assert_int_equal(value, 1);
	facts_done(&facts);
}

static void what_is_missing_is_named(void **state)
{
	struct facts facts = { 0 };
	struct facts_space *space = facts_add_space(&facts, "host");

	(void)state;
	assert_int_equal(facts_missing(space, "sockets", -EPERM), 0);
	assert_int_equal(facts_missing(space, "policies", -100000), 0);
	assert_int_equal(facts_missing_why(space, "routes", "more than 9"), 0);
	assert_string_equal(space->missing[0], "sockets: Operation not permitted");
	assert_string_equal(space->missing[1], "policies: an error without a name");
	assert_true(facts_is_missing(space, "sockets"));
	assert_true(facts_is_missing(space, "routes"));
	assert_false(facts_is_missing(space, "socket"));
	assert_false(facts_is_missing(space, "links"));
	facts_done(&facts);
}

static void a_question_is_asked_once_of_each_namespace(void **state)
{
	struct facts facts = { .ask = &kernel };
	struct facts_space *host = facts_add_space(&facts, "host");
	struct facts_space *other = facts_add_space(&facts, "netns:7");
	struct facts_way_asked asked = { .dport = 80 };
	const struct facts_way *first;

	(void)state;
	n_questions = 0;
	first = facts_ask_way(&facts, host, &asked);
	assert_int_equal(first->oif, 1);
	for (uint16_t port = 100; port < 1000; port++)
		assert_int_equal(
			facts_ask_way(&facts, host, &(struct facts_way_asked) { .dport = port })
				->oif,
			port - 100 + 2);
	assert_ptr_equal(facts_ask_way(&facts, host, &asked), first);
	assert_int_equal(n_questions, 901);
	assert_int_equal(facts_ask_way(&facts, other, &asked)->oif, 902);
	assert_ptr_equal(facts_ask_way(&facts, host, &asked), first);
	facts_done(&facts);
}

/* The same members in memory that held something else before. */
static void what_hangs_on_a_pair_is_forgotten_and_owners_are_not(void **state)
{
	const struct facts_ask ask = { .way = way, .owner = owner };
	const struct facts_owner_asked socket = { .inode = 7 };
	const struct facts_way_asked there = { .mark = 1 };
	struct facts facts = { .ask = &ask };
	struct facts_space *host = facts_add_space(&facts, "host");

	(void)state;
	assert_non_null(host);
	n_questions = 0;
	for (int i = 0; i < 3; i++) {
		(void)facts_ask_owner(&facts, host, &socket);
		(void)facts_ask_way(&facts, host, &there);
		(void)facts_ask_way(&facts, host, &there);
		facts_forget(&facts);
	}
	assert_int_equal(n_questions, 1 + 3);
	facts_done(&facts);
}

static void what_stands_between_members_is_no_part_of_a_question(void **state)
{
	struct facts facts = { .ask = &kernel };
	struct facts_space *host = facts_add_space(&facts, "host");
	struct facts_way_asked asked, again;

	(void)state;
	n_questions = 0;
	memset(&asked, 0xa5, sizeof(asked));
	memset(&again, 0x5a, sizeof(again));
	for (int i = 0; i < 2; i++) {
		struct facts_way_asked *one = i ? &again : &asked;

		one->dst = one->src = (struct addr) { .family = AF_INET };
		memcpy(one->iif, "eth0", 5); /* what is behind it differs */
		one->protocol = 6;
		one->sport = one->dport = 1;
		one->uid = one->mark = 2;
	}
	assert_ptr_equal(facts_ask_way(&facts, host, &asked), facts_ask_way(&facts, host, &again));
	assert_int_equal(n_questions, 1);
	memcpy(again.iif, "eth1", 5);
	assert_int_equal(facts_ask_way(&facts, host, &again)->oif, 2);
	facts_done(&facts);
}

/* Every member counts: two questions that differ in one are two. */
static void questions_that_differ_in_one_member_are_two(void **state)
{
	struct facts facts = { .ask = &kernel };
	struct facts_space *host = facts_add_space(&facts, "host");
	struct addr addr = { .family = AF_INET, .bytes = { 10 } };
	const struct facts_way_asked ways[] = {
		{ .mark = 0 },	{ .dst = addr }, { .src = addr }, { .iif = "e" }, { .protocol = 6 },
		{ .sport = 1 }, { .dport = 1 },	 { .uid = 1 },	  { .mark = 1 },
	};
	const struct facts_taker_asked takers[] = {
		{ .iif = 0 },	{ .protocol = 6 }, { .src = addr }, { .dst = addr },
		{ .sport = 1 }, { .dport = 1 },	   { .iif = 1 },
	};
	const struct facts_element_asked elements[] = {
		{ .key_len = 0 }, { .family = 1 },  { .table = "a" },
		{ .set = "a" },	  { .key_len = 1 }, { .key = { 1 }, .key_len = 1 },
	};
	const struct facts_flow_asked flows[] = {
		{ .dport = 0 },	 { .protocol = 6 }, { .src = addr },
		{ .dst = addr }, { .sport = 1 },    { .dport = 1 },
	};

	(void)state;
	for (int round = 0; round < 2; round++) {
		n_questions = 0;
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
			assert_int_equal(facts_ask_way(&facts, host, &ways[i])->oif, i + 1);
		n_questions = 0;
		for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
			assert_int_equal(facts_ask_taker(&facts, host, &takers[i])->socket.ifindex,
					 i + 1);
		n_questions = 0;
		for (size_t i = 0; i < ARRAY_SIZE(elements); i++)
			assert_int_equal(facts_ask_element(&facts, host, &elements[i])->verdict,
					 i + 1);
		n_questions = 0;
		for (size_t i = 0; i < ARRAY_SIZE(flows); i++)
			assert_int_equal(facts_ask_flow(&facts, host, &flows[i])->mark, i + 1);
		n_questions = 0;
		for (uint32_t inode = 0; inode < 3; inode++)
			assert_int_equal(
				facts_ask_owner(&facts, host, &(struct facts_owner_asked) { inode })
					->pid,
				inode + 1);
	}
	facts_done(&facts);
}

static void without_anybody_to_ask_the_answer_is_unknown(void **state)
{
	static const struct facts_ask deaf = { 0 };
	struct facts facts = { 0 };
	struct facts_space *host = facts_add_space(&facts, "host");

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(facts_ask_way(&facts, host, &(struct facts_way_asked) { 0 })->err,
				 -ENODATA);
		assert_int_equal(
			facts_ask_taker(&facts, host, &(struct facts_taker_asked) { 0 })->err,
			-ENODATA);
		assert_int_equal(
			facts_ask_element(&facts, host, &(struct facts_element_asked) { 0 })->err,
			-ENODATA);
		assert_int_equal(
			facts_ask_flow(&facts, host, &(struct facts_flow_asked) { 0 })->err,
			-ENODATA);
		assert_int_equal(
			facts_ask_owner(&facts, host, &(struct facts_owner_asked) { 0 })->err,
			-ENODATA);
		facts.ask = &deaf;
	}
	facts_done(&facts);
}

static int ask_and_look(void)
{
	struct facts facts = { .ask = &kernel };
	struct facts_space *host = facts_add_space(&facts, "host");
	int err = host ? facts_missing(host, "links", -EPERM) : -ENOMEM;

	for (uint16_t port = 1; port < 20 && err == 0; port++) {
		const struct facts_way *answer =
			facts_ask_way(&facts, host, &(struct facts_way_asked) { .dport = port });

		assert_non_null(answer);
		err = answer->err == -ENODATA ? -ENOMEM : 0;
	}
	facts_done(&facts);
	return err;
}

static void without_memory_the_answer_is_unknown(void **state)
{
	(void)state;
	fail_each(ask_and_look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_is_found_by_its_key_and_taken_once),
		cmocka_unit_test(what_is_published_is_asked_once_for_each_port),
		cmocka_unit_test(what_is_published_is_found_among_many_as_among_few),
		cmocka_unit_test(a_value_is_found_by_its_name_however_many_there_are),
		cmocka_unit_test(sockets_are_asked_for_where_a_picture_has_not_all),
		cmocka_unit_test(a_neighbour_is_asked_for_once),
		cmocka_unit_test(an_address_is_asked_for_once_and_those_of_a_link),
		cmocka_unit_test(a_setting_is_asked_for_when_it_is_needed),
		cmocka_unit_test(links_are_asked_for_where_a_picture_has_not_all),
		cmocka_unit_test(a_setting_comes_with_its_link),
		cmocka_unit_test(links_and_values_are_found),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_question_is_asked_once_of_each_namespace),
		cmocka_unit_test(what_hangs_on_a_pair_is_forgotten_and_owners_are_not),
		cmocka_unit_test(what_stands_between_members_is_no_part_of_a_question),
		cmocka_unit_test(questions_that_differ_in_one_member_are_two),
		cmocka_unit_test(without_anybody_to_ask_the_answer_is_unknown),
		cmocka_unit_test(without_memory_the_answer_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_targets.c - which addresses and ports of B there are to connect to
#include "diag/targets.h"

#include "base/limits.h"
#include "tests/unit/diag/judge_world.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct asking {
	struct world world;
	struct diag_target_of whose;
	struct diag_targets targets;
};

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static int setup(void **state)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	assert_non_null(asking);
	world_new(&asking->world);
	asking->whose = (struct diag_target_of) {
		.container = world_container(&asking->world, "db"),
		.space = asking->world.db,
		.used = { address("10.61.0.3"), address("2001:db8:61::3") },
		.host = { address("192.0.2.10") },
		.is_wanted = { true, true },
	};
	world_container(&asking->world, "db")->endpoints[0].addr[FAMILY_6].addr =
		asking->whose.used[FAMILY_6];
	world_del_sockets(asking->world.db);
	*state = asking;
	return 0;
}

static int teardown(void **state)
{
	struct asking *asking = *state;

	targets_done(&asking->targets);
	world_done(&asking->world);
	free(asking);
	return 0;
}

/* "10.61.0.3:80/tcp 2001:db8:61::3:80/tcp", "!" behind what is published. */
static const char *found(struct asking *asking)
{
	static char text[1024];

	targets_done(&asking->targets);
	assert_int_equal(targets_of(&asking->world.facts, &asking->whose, &asking->targets), 0);
	text[0] = '\0';
	for (size_t i = 0; i < asking->targets.n; i++) {
		const struct diag_target *target = &asking->targets.items[i];

		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s:%u/%s%s",
			       i > 0 ? " " : "", ADDR_STR(&target->addr), target->port,
			       target->protocol == IPPROTO_UDP ? "udp" : "tcp",
			       target->is_published ? "!" : "");
	}
	return text;
}

static void one_that_listens_everywhere_is_at_each_address(void **state)
{
	struct asking *asking = *state;

	world_add_socket(asking->world.db, IPPROTO_TCP, "::", 80, 1);
	assert_string_equal(found(asking), "10.61.0.3:80/tcp 2001:db8:61::3:80/tcp");
	asking->world.db->sockets[0].v6only = true;
	assert_string_equal(found(asking), "2001:db8:61::3:80/tcp");
	world_del_sockets(asking->world.db);
	world_add_socket(asking->world.db, IPPROTO_UDP, "0.0.0.0", 90, 2);
	assert_string_equal(found(asking), "10.61.0.3:90/udp");
}

static void sockets_that_share_a_port_are_one(void **state)
{
	struct asking *asking = *state;

	world_add_socket(asking->world.db, IPPROTO_TCP, "0.0.0.0", 80, 1);
	world_add_socket(asking->world.db, IPPROTO_TCP, "0.0.0.0", 80, 2);
	world_add_socket(asking->world.db, IPPROTO_TCP, "10.61.0.3", 80, 3);
	world_add_socket(asking->world.db, IPPROTO_UDP, "0.0.0.0", 80, 4);
	assert_string_equal(found(asking), "10.61.0.3:80/tcp 10.61.0.3:80/udp");
}

static void what_is_bound_to_loopback_is_asked_for_where_others_ask(void **state)
{
	struct asking *asking = *state;

	world_add_socket(asking->world.db, IPPROTO_TCP, "127.0.0.1", 5432, 1);
	world_add_socket(asking->world.db, IPPROTO_TCP, "::1", 5432, 2);
	assert_string_equal(found(asking), "10.61.0.3:5432/tcp 2001:db8:61::3:5432/tcp");
	asking->whose.is_own = true;
	assert_string_equal(found(asking), "127.0.0.1:5432/tcp ::1:5432/tcp");
}

static void clients_and_the_resolver_are_no_servers(void **state)
{
	struct asking *asking = *state;
	struct facts_socket *socket;

	world_add_socket(asking->world.db, IPPROTO_UDP, "127.0.0.11", 40053, 1);
	world_add_socket(asking->world.db, IPPROTO_UDP, "10.61.0.3", 50000, 2);
	socket = world_socket(asking->world.db, 50000);
	socket->peer = address("10.61.0.2");
	socket->peer_port = 53;
	world_add_socket(asking->world.db, IPPROTO_TCP, "10.61.0.3", 50001, 3);
	world_socket(asking->world.db, 50001)->state = TCP_ESTABLISHED;
	assert_string_equal(found(asking), "");
}

static void a_socket_of_somebody_who_asks_is_told_from_a_servers(void **state)
{
	struct asking *asking = *state;
	const struct diag_target *items;

	world_set(asking->world.db, "net.ipv4.ip_local_port_range.from", 32768);
	world_set(asking->world.db, "net.ipv4.ip_local_port_range.to", 60999);
	world_add_socket(asking->world.db, IPPROTO_UDP, "0.0.0.0", 32767, 1);
	world_add_socket(asking->world.db, IPPROTO_UDP, "0.0.0.0", 32768, 2);
	world_add_socket(asking->world.db, IPPROTO_UDP, "0.0.0.0", 60999, 3);
	world_add_socket(asking->world.db, IPPROTO_UDP, "0.0.0.0", 61000, 4);
	world_add_socket(asking->world.db, IPPROTO_UDP, "0.0.0.0", 51820, 0); /* the kernel's */
	world_add_socket(asking->world.db, IPPROTO_TCP, "0.0.0.0", 40000, 5);
	assert_int_equal(targets_of(&asking->world.facts, &asking->whose, &asking->targets), 0);
	assert_int_equal(asking->targets.n, 6);
	items = asking->targets.items;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(items[i].is_passing,
				 items[i].port == 32768 || items[i].port == 60999);
}

static void of_one_address_only_that_is_asked_for(void **state)
{
	struct asking *asking = *state;

	asking->whose.only = address("10.61.0.3");
	world_add_socket(asking->world.db, IPPROTO_TCP, "::", 80, 1);
	assert_string_equal(found(asking), "10.61.0.3:80/tcp");
}

static void an_asker_of_one_family_sees_no_other(void **state)
{
	struct asking *asking = *state;

	asking->whose.is_wanted[FAMILY_4] = false;
	world_add_socket(asking->world.db, IPPROTO_TCP, "::", 80, 1);
	assert_string_equal(found(asking), "2001:db8:61::3:80/tcp");
}

/* Of the world's three one is published on 127.0.0.1 alone, and at one nobody listens. */
static void published_ports_lead_there_too(void **state)
{
	struct asking *asking = *state;

	world_add_socket(asking->world.db, IPPROTO_TCP, "0.0.0.0", 80, 1);
	asking->whose.with_published = asking->whose.is_asked_by_host = true;
	assert_string_equal(found(asking), "10.61.0.3:80/tcp 192.0.2.10:8081/tcp! "
					   "127.0.0.1:8090/tcp! 192.0.2.10:8098/tcp!");
	assert_int_equal(asking->targets.items[1].bound_port, 80);
	asking->whose.is_asked_by_host = false;
	assert_string_equal(found(asking), "10.61.0.3:80/tcp 192.0.2.10:8081/tcp! "
					   "192.0.2.10:8090/tcp! 192.0.2.10:8098/tcp!");
}

static void of_a_published_run_those_in_use_are_asked_for(void **state)
{
	struct asking *asking = *state;
	struct facts_container *db = world_container(&asking->world, "db");

	db->n_ports = 1;
	db->ports[0].host_port = 20000;
	db->ports[0].port = 1000;
	db->ports[0].count = 5000;
	asking->whose.with_published = true;
	assert_string_equal(found(asking), "192.0.2.10:20000/tcp!");
	world_add_socket(asking->world.db, IPPROTO_TCP, "127.0.0.1", 1700, 1);
	assert_string_equal(found(asking), "10.61.0.3:1700/tcp 192.0.2.10:20700/tcp!");
}

static void what_is_no_container_is_asked_at_the_addresses_it_has(void **state)
{
	struct asking *asking = *state;

	asking->whose.container = NULL;
	world_add_socket(asking->world.db, IPPROTO_TCP, "0.0.0.0", 80, 1);
	world_add_addr(asking->world.db, 2, "10.99.0.3/24");
	assert_string_equal(found(asking), "10.61.0.3:80/tcp 10.99.0.3:80/tcp");
	asking->whose.is_host = true;
	assert_string_equal(found(asking), "10.61.0.3:80/tcp");
}

static void too_many_are_counted_and_left_out(void **state)
{
	struct asking *asking = *state;

	for (unsigned int i = 0; i < TARGETS_MAX + 10; i++)
		world_add_socket(asking->world.db, IPPROTO_TCP, "0.0.0.0", (uint16_t)(1000 + i),
				 1 + i);
	(void)found(asking);
	assert_int_equal(asking->targets.n, TARGETS_MAX);
	assert_int_equal(asking->targets.n_left, 10);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_listens_everywhere_is_at_each_address),
		TEST(sockets_that_share_a_port_are_one),
		TEST(what_is_bound_to_loopback_is_asked_for_where_others_ask),
		TEST(clients_and_the_resolver_are_no_servers),
		TEST(a_socket_of_somebody_who_asks_is_told_from_a_servers),
		TEST(of_one_address_only_that_is_asked_for),
		TEST(an_asker_of_one_family_sees_no_other),
		TEST(published_ports_lead_there_too),
		TEST(of_a_published_run_those_in_use_are_asked_for),
		TEST(what_is_no_container_is_asked_at_the_addresses_it_has),
		TEST(too_many_are_counted_and_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

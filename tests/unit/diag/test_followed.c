// SPDX-License-Identifier: GPL-2.0-or-later
// test_followed.c - packets are told in names, and what NAT made of them beside what they were
#include "diag/followed.h"
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOST 100
#define DB 200

static struct facts facts;
static struct followed followed;

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

/* A host at 192.0.2.10, and on network blue the container db. */
static int setup(void **state)
{
	static struct facts_network network = { .name = "blue", .n_bridges = 1 };
	static struct facts_container container = { .name = "db", .netns = DB, .n_endpoints = 1 };
	static struct facts_endpoint endpoint = { .network = "blue", .host_ifname = "nd1" };
	static char bridges[1][FACTS_IFNAME] = { "blue0" };
	struct facts_space *host = facts_add_space(&facts, "host");

	(void)state;
	assert_non_null(host);
	host->netns = HOST;
	host->addrs = calloc(1, sizeof(*host->addrs));
	assert_non_null(host->addrs);
	host->addrs[host->n_addrs++].prefix.addr = addr_of("192.0.2.10");
	network.bridges = bridges;
	endpoint.addr[FAMILY_4].addr = addr_of("10.61.0.3");
	container.endpoints = &endpoint;
	facts.networks = &network;
	facts.containers = &container;
	facts.n_networks = facts.n_containers = 1;
	followed.facts = &facts;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	facts.networks = NULL; /* static ones */
	facts.containers = NULL;
	facts.n_networks = facts.n_containers = 0;
	facts_done(&facts);
	return 0;
}

static struct traced_line line_of(enum traced_event event, uint64_t netns, const char *link,
				  const char *to, uint16_t to_port)
{
	struct traced_line line = { .event = event,
				    .netns = netns,
				    .id = 7,
				    .from = addr_of("198.51.100.1"),
				    .from_port = 40200,
				    .to = addr_of(to),
				    .to_port = to_port,
				    .protocol = IPPROTO_TCP,
				    .flags = "SYN",
				    .icmp_type = -1 };

	(void)snprintf(line.link, sizeof(line.link), "%s", link);
	return line;
}

static const char *text_at(const json_t *json, const char *object, const char *key)
{
	const char *text = json_string_value(
		json_object_get(object ? json_object_get(json, object) : json, key));

	return text ? text : "";
}

static void nat_is_told_once_and_in_names(void **state)
{
	struct traced_line line = line_of(TRACED_RECEIVED, HOST, "up0", "192.0.2.10", 8081);
	json_t *json = followed_json(&followed, &line);

	(void)state;
	assert_string_equal(text_at(json, NULL, "Place"), "host");
	assert_string_equal(text_at(json, NULL, "LinkName"), "up0");
	assert_string_equal(text_at(json, "Packet", "ToName"), "host");
	assert_string_equal(text_at(json, "Packet", "FromName"), "");
	assert_null(json_object_get(json, "Was"));
	json_decref(json);

	line = line_of(TRACED_SENT, HOST, "nd1", "10.61.0.3", 80);
	json = followed_json(&followed, &line);
	assert_string_equal(text_at(json, NULL, "LinkName"), "db's port");
	assert_string_equal(text_at(json, "Packet", "ToName"), "db");
	assert_string_equal(text_at(json, "Was", "To"), "192.0.2.10");
	assert_string_equal(text_at(json, "Was", "ToName"), "host");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(json, "Was"), "ToPort")), 8081);
	json_decref(json);

	line.netns = DB;
	line.event = TRACED_RECEIVED;
	json = followed_json(&followed, &line);
	assert_string_equal(text_at(json, NULL, "Place"), "db");
	assert_null(json_object_get(json, "Was"));
	json_decref(json);
	/* Who sent it sent it to the host. */
	line.event = TRACED_DROPPED;
	json = followed_json(&followed, &line);
	assert_string_equal(text_at(json, "Packet", "To"), "10.61.0.3");
	assert_string_equal(text_at(json, "Was", "To"), "192.0.2.10");
	json_decref(json);
}

static void another_packet_is_not_the_same_behind_nat(void **state)
{
	struct traced_line line = line_of(TRACED_RECEIVED, HOST, "blue0", "192.0.2.10", 8081);
	json_t *json;

	(void)state;
	json_decref(followed_json(&followed, &line));
	line = line_of(TRACED_SENT, HOST, "blue0", "10.61.0.3", 80);
	line.id = 8;
	json = followed_json(&followed, &line);
	assert_null(json_object_get(json, "Was"));
	assert_string_equal(text_at(json, NULL, "LinkName"), "blue");
	json_decref(json);
}

static void drops_say_why_and_whether_that_means_something(void **state)
{
	struct traced_line line = line_of(TRACED_DROPPED, 300, "x0", "10.61.0.3", 80);
	json_t *json;

	(void)state;
	(void)strcpy(line.reason, "NETFILTER_DROP");
	(void)strcpy(line.function, "nf_hook_slow");
	json = followed_json(&followed, &line);
	assert_string_equal(text_at(json, NULL, "Place"), "elsewhere");
	assert_string_equal(text_at(json, NULL, "Reason"), "NETFILTER_DROP");
	assert_true(json_is_false(json_object_get(json, "Decoy")));
	json_decref(json);
	(void)strcpy(line.reason, "OTHERHOST");
	json = followed_json(&followed, &line);
	assert_true(json_is_true(json_object_get(json, "Decoy")));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nat_is_told_once_and_in_names),
		cmocka_unit_test(another_packet_is_not_the_same_behind_nat),
		cmocka_unit_test(drops_say_why_and_whether_that_means_something),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

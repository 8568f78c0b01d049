// SPDX-License-Identifier: GPL-2.0-or-later
// test_connections.c - flows of a container, told from its own side and with its peers' names
#include "explain/explain.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- in the place of the kernel ---- */

static struct {
	struct look_flow_seen flow;
	size_t n;
	bool is_cut;
	int err;
	char asked[128]; /* which addresses, each with a space behind it */
} kernel;

int look_flows(struct look *look, const char *key, const struct addr *addr,
	       struct look_flows *flows)
{
	(void)look;
	assert_string_equal(key, "host");
	assert_true(strlen(kernel.asked) + ADDR_STR_MAX + 2 < sizeof(kernel.asked));
	strcat(strcat(kernel.asked, ADDR_STR(addr)), " ");
	if (kernel.err < 0)
		return kernel.err;
	flows->items = realloc(flows->items, (flows->n + kernel.n + 1) * sizeof(*flows->items));
	assert_non_null(flows->items);
	for (size_t i = 0; i < kernel.n; i++)
		flows->items[flows->n++] = kernel.flow;
	flows->is_cut |= kernel.is_cut;
	return 0;
}

void look_flows_done(struct look_flows *flows)
{
	free(flows->items);
}

/* ---- a host with two containers ---- */

static struct facts facts;

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static int setup(void **state)
{
	static struct facts_container containers[2];
	static struct facts_endpoint of_web[1], of_db[1];

	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(containers, 0, sizeof(containers));
	memset(of_web, 0, sizeof(of_web));
	memset(of_db, 0, sizeof(of_db));
	strcpy(containers[0].name, "web");
	containers[0].endpoints = of_web;
	containers[0].n_endpoints = 1;
	strcpy(of_web[0].network, "blue");
	of_web[0].addr[0].addr = addr_of("10.61.0.2");
	of_web[0].gateway[0] = addr_of("10.61.0.1");
	strcpy(containers[1].name, "db");
	containers[1].endpoints = of_db;
	containers[1].n_endpoints = 1;
	strcpy(of_db[0].network, "green");
	of_db[0].addr[0].addr = addr_of("10.62.0.2");
	of_db[0].addr[1].addr = addr_of("fd00::2");
	facts = (struct facts) { .containers = containers, .n_containers = 2 };
	/* web asked somebody outside, masqueraded. */
	kernel.n = 1;
	kernel.flow = (struct look_flow_seen) {
		.original = { addr_of("10.61.0.2"), addr_of("198.51.100.7"), 40000, 443, 10, 1000 },
		.reply = { addr_of("198.51.100.7"), addr_of("192.0.2.10"), 443, 40001, 20, 2000 },
		.protocol = IPPROTO_TCP,
		.tcp_state = TCP_CONNTRACK_ESTABLISHED,
		.has_tcp_state = true,
		.is_counted = true,
		.is_begun = true,
		.timeout_s = 300,
	};
	return 0;
}

static int ask(const char *name, json_t **ret_json, struct error *error)
{
	const struct explain_options options = { .name = name };
	_cleanup_(buf_done) struct buf out = { 0 };
	int err = explain_connections(&options, NULL, &facts, &out, error);

	*ret_json = NULL;
	if (err < 0)
		return err;
	*ret_json = json_loads(out.data, 0, NULL);
	assert_non_null(*ret_json);
	return 0;
}

static json_t *answer_of(const char *name)
{
	struct error error = { 0 };
	json_t *json;

	assert_int_equal(ask(name, &json, &error), 0);
	return json;
}

static const json_t *only_flow(const json_t *json)
{
	assert_int_equal(json_array_size(json_object_get(json, "Flows")), 1);
	return json_array_get(json_object_get(json, "Flows"), 0);
}

static const char *text(const json_t *flow, const char *key)
{
	const char *value = json_string_value(json_object_get(flow, key));

	return value ? value : "null";
}

static json_int_t number(const json_t *flow, const char *key)
{
	assert_true(json_is_integer(json_object_get(flow, key)));
	return json_integer_value(json_object_get(flow, key));
}

static void what_it_asked_is_told_with_what_nat_made_of_it(void **state)
{
	json_t *json = answer_of("web");
	const json_t *flow = only_flow(json);

	(void)state;
	assert_string_equal(text(json, "Container"), "web");
	assert_true(json_is_true(json_object_get(json, "Counted")));
	assert_true(json_is_false(json_object_get(json, "Cut")));
	assert_string_equal(text(flow, "Network"), "blue");
	assert_string_equal(text(flow, "Protocol"), "tcp");
	assert_string_equal(text(flow, "Direction"), "out");
	assert_string_equal(text(flow, "Peer"), "198.51.100.7");
	assert_int_equal(number(flow, "PeerPort"), 443);
	assert_int_equal(number(flow, "Port"), 40000);
	assert_string_equal(text(flow, "State"), "established");
	assert_string_equal(text(flow, "Destination"), "null");
	assert_string_equal(text(flow, "Source"), "10.61.0.2:40000 -> 192.0.2.10:40001");
	assert_int_equal(number(flow, "SentBytes"), 1000);
	assert_int_equal(number(flow, "SentPackets"), 10);
	assert_int_equal(number(flow, "ReceivedBytes"), 2000);
	assert_int_equal(number(flow, "ReceivedPackets"), 20);
	json_decref(json);
}

/* Published: the host's address and port were another's before. */
static void what_it_was_asked_is_told_from_its_side(void **state)
{
	const json_t *flow;
	json_t *json;

	(void)state;
	kernel.flow.is_begun = false;
	kernel.flow.original = (struct look_flow_way) {
		addr_of("10.62.0.2"), addr_of("192.0.2.10"), 50000, 8080, 1, 100
	};
	kernel.flow.reply = (struct look_flow_way) {
		addr_of("10.61.0.2"), addr_of("10.62.0.2"), 80, 50000, 2, 200
	};
	json = answer_of("web");
	flow = only_flow(json);
	assert_string_equal(text(flow, "Direction"), "in");
	assert_string_equal(text(flow, "Peer"), "db");
	assert_string_equal(text(flow, "PeerAddress"), "10.62.0.2");
	assert_int_equal(number(flow, "PeerPort"), 50000);
	assert_int_equal(number(flow, "Port"), 80);
	assert_string_equal(text(flow, "Destination"), "192.0.2.10:8080 -> 10.61.0.2:80");
	assert_string_equal(text(flow, "Source"), "null");
	assert_int_equal(number(flow, "SentBytes"), 200);
	assert_int_equal(number(flow, "ReceivedBytes"), 100);
	json_decref(json);
}

static void a_gateway_is_the_host(void **state)
{
	json_t *json;

	(void)state;
	kernel.flow.reply.src = kernel.flow.original.dst = addr_of("10.61.0.1");
	json = answer_of("web");
	assert_string_equal(text(only_flow(json), "Peer"), "host");
	json_decref(json);
}

/* A number that nobody counted is none, and not zero. */
static void what_is_not_counted_is_null(void **state)
{
	json_t *json;

	(void)state;
	kernel.flow.is_counted = false;
	json = answer_of("web");
	assert_true(json_is_false(json_object_get(json, "Counted")));
	assert_true(json_is_null(json_object_get(only_flow(json), "SentBytes")));
	assert_true(json_is_null(json_object_get(only_flow(json), "ReceivedPackets")));
	json_decref(json);
}

static void of_others_than_tcp_the_state_is_whether_somebody_answered(void **state)
{
	static const struct {
		uint32_t status;
		const char *state;
	} cases[] = {
		{ 0, "unanswered" },
		{ IPS_SEEN_REPLY, "answered" },
		{ IPS_SEEN_REPLY | IPS_ASSURED, "established" },
	};

	(void)state;
	kernel.flow.has_tcp_state = false;
	kernel.flow.protocol = 99; /* without a name */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json;

		kernel.flow.status = cases[i].status;
		json = answer_of("web");
		assert_string_equal(text(only_flow(json), "State"), cases[i].state);
		assert_string_equal(text(only_flow(json), "Protocol"), "99");
		json_decref(json);
	}
}

static void both_families_are_asked_for_and_a_cut_is_told(void **state)
{
	json_t *json;

	(void)state;
	kernel.n = 0;
	kernel.is_cut = true;
	json = answer_of("db");
	assert_string_equal(kernel.asked, "10.62.0.2 fd00::2 ");
	assert_true(json_is_true(json_object_get(json, "Cut")));
	assert_int_equal(json_array_size(json_object_get(json, "Flows")), 0);
	json_decref(json);
}

static void what_cannot_be_told_is_said(void **state)
{
	struct error error = { 0 };
	json_t *json;

	(void)state;
	assert_true(ask("nobody", &json, &error) < 0);
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
	error = (struct error) { 0 };
	kernel.err = -EINVAL;
	assert_true(ask("web", &json, &error) < 0);
	assert_int_equal(error.kind, ERROR_NOT_IMPLEMENTED);
	assert_non_null(strstr(error.text, "nf_conntrack_netlink"));
	error = (struct error) { 0 };
	kernel.err = -EPERM;
	assert_int_equal(ask("web", &json, &error), -EPERM);
	assert_int_equal(error.kind, ERROR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_it_asked_is_told_with_what_nat_made_of_it, setup),
		cmocka_unit_test_setup(what_it_was_asked_is_told_from_its_side, setup),
		cmocka_unit_test_setup(a_gateway_is_the_host, setup),
		cmocka_unit_test_setup(what_is_not_counted_is_null, setup),
		cmocka_unit_test_setup(of_others_than_tcp_the_state_is_whether_somebody_answered,
				       setup),
		cmocka_unit_test_setup(both_families_are_asked_for_and_a_cut_is_told, setup),
		cmocka_unit_test_setup(what_cannot_be_told_is_said, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

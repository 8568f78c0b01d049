// SPDX-License-Identifier: GPL-2.0-or-later
// test_kind.c - the table of kinds, what each may be asked for, and a fourth one beside them
#include "model/network/kind.h"

#include "model/container/container.h"
#include "model/network/network_check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
	struct addr parsed = { 0 };

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static void a_kind_is_found_by_its_name_in_the_api(void **state)
{
	static const char *const names[] = { "bridge", "host", "null", "overlay" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_ptr_equal(kind_find(names[i]), kind_at(i));
		assert_string_equal(kind_at(i)->name, names[i]);
	}
	assert_null(kind_at(4));
	assert_null(kind_find("none"));
	assert_null(kind_find("macvlan"));
	assert_ptr_equal(kind_default(), kind_find("bridge"));
}

static void people_have_words_of_their_own(void **state)
{
	char list[KIND_LIST_MAX];

	(void)state;
	kind_list(list);
	assert_string_equal(list, "bridge, host and none");
	assert_string_equal(kind_name_of("none"), "null");
	assert_string_equal(kind_name_of("host"), "host");
	assert_string_equal(kind_name_of("null"), "null");
	assert_string_equal(kind_name_of("macvlan"), "macvlan");
}

static struct network_spec spanning(void)
{
	return (struct network_spec) { .name = "web",
				       .kind = kind_find("overlay"),
				       .has[FAMILY_4] = true };
}

static void a_network_that_spans_hosts_has_what_all_of_them_can_have(void **state)
{
	struct network_spec spec = spanning();
	struct error error;

	(void)state;
	assert_string_equal(kind_scope(spec.kind), "swarm");
	assert_string_equal(kind_scope(kind_find("bridge")), "local");
	assert_int_equal(kind_check(&spec, &error), 0);
	spec.gateway_mode[FAMILY_4] = GATEWAY_MODE_ROUTED;
	assert_int_equal(kind_check(&spec, &error), -EINVAL);
	assert_non_null(strstr(error.text, "the gateway mode is nat"));
	spec = spanning();
	spec.inhibit4 = true;
	assert_int_equal(kind_check(&spec, &error), -EINVAL);
	assert_non_null(strstr(error.text, "inhibit-ip"));
	spec = spanning();
	spec.no_addresses = true;
	assert_int_equal(kind_check(&spec, &error), -EINVAL);
	assert_non_null(strstr(error.text, "IPAM driver"));
}

static void three_networks_are_there_from_the_start(void **state)
{
	(void)state;
	assert_true(kind_has_predefined("bridge"));
	assert_true(kind_has_predefined("host"));
	assert_true(kind_has_predefined("none"));
	assert_false(kind_has_predefined("null"));
	assert_false(kind_has_predefined("web"));
}

/* What others take for granted of every row. */
static void a_row_does_not_contradict_itself(void **state)
{
	const struct network_kind *kind;

	(void)state;
	for (size_t i = 0; (kind = kind_at(i)); i++) {
		assert_true(kind->name && kind->name[0]);
		assert_false(kind->in_host && kind->wired);
		assert_true(kind->wired || !(kind->bridged || kind->addressed || kind->several ||
					     kind->named || kind->published || kind->gateway));
		assert_true(!kind->published || kind->gateway);
		assert_true(!(kind->single || kind->configured) || kind->predefined);
	}
}

static void expect_refusal(const char *a, const char *b, const char *want)
{
	struct error error = { 0 };
	int err = kind_check_together(kind_find(a), kind_find(b), "web", &error);

	assert_int_equal(err, want ? -EINVAL : 0);
	assert_string_equal(error.text, want ? want : "");
}

static void some_kinds_want_no_other_beside_them(void **state)
{
	static const char host[] = "container web cannot be on the host network and on another one";
	static const char none[] = "container cannot be connected to multiple networks with one of "
				   "the networks in private (none) mode";

	(void)state;
	expect_refusal("bridge", "bridge", NULL);
	expect_refusal("bridge", "host", host);
	expect_refusal("host", "bridge", host);
	expect_refusal("host", "null", host);
	expect_refusal("null", "host", host);
	expect_refusal("null", "bridge", none);
	expect_refusal("bridge", "null", none);
}

/* --- a fourth one: its containers reach others by a router that is not this host -------------- */

static int routed_check(const struct network_spec *spec, struct error *error)
{
	return spec->internal ? error_set(error, ERROR_INVALID,
					  "network %s: the driver \"routed\" has a way out always",
					  spec->name)
			      : 0;
}

static struct addr routed_gateway(const struct network_spec *spec, enum family family)
{
	(void)spec;
	return addr(family == FAMILY_4 ? "192.0.2.254" : "fe80::fe");
}

static const struct network_kind routed = {
	.name = "routed",
	.addressed = true,
	.wired = true,
	.named = true,
	.check = routed_check,
	.gateway = routed_gateway,
};

static struct network_spec routed_spec(void)
{
	struct network_spec spec;

	assert_int_equal(network_spec_init(&spec), 0);
	(void)snprintf(spec.name, sizeof(spec.name), "far");
	spec.kind = &routed;
	return spec;
}

static void another_row_has_rules_of_its_own(void **state)
{
	struct network_spec spec = routed_spec();
	struct error error = { 0 };

	(void)state;
	spec.mtu = 1400;
	(void)prefix_parse("192.0.2.0/24", &spec.subnet[FAMILY_4].prefix);
	assert_int_equal(network_check_spec(&spec, &error), 0);
	spec.internal = true;
	assert_int_equal(network_check_spec(&spec, &error), -EINVAL);
	assert_string_equal(error.text, "network far: the driver \"routed\" has a way out always");
	spec.internal = false;
	(void)snprintf(spec.bridge, sizeof(spec.bridge), "br0");
	assert_int_equal(network_check_spec(&spec, &error), -EINVAL);
	assert_string_equal(
		error.text,
		"the driver \"routed\" makes no bridge, so it cannot be called \"br0\"");
	assert_int_equal(kind_check_together(&routed, kind_find("bridge"), "web", &error), 0);
	assert_int_equal(kind_check_together(&routed, kind_find("null"), "web", &error), -EINVAL);
	network_spec_done(&spec);
}

static void a_kind_says_where_its_containers_go_out_and_whether_ports_lead_in(void **state)
{
	struct network far = { .spec = routed_spec() };
	struct network near = { .spec.kind = kind_find("bridge") };
	struct container container = { .n_endpoints = 2 };
	struct endpoint endpoints[] = {
		{ .network = &far, .container = &container, .ip[FAMILY_4] = addr("192.0.2.2") },
		{ .network = &near, .container = &container, .ip[FAMILY_4] = addr("10.0.0.2") },
	};
	struct endpoint *list[] = { &endpoints[0], &endpoints[1] };
	const struct addr gateway = network_gateway(&far.spec, FAMILY_4);

	(void)state;
	container.endpoints = list;
	near.spec.subnet[FAMILY_4].gateway = addr("10.0.0.1");
	assert_string_equal(ADDR_STR(&gateway), "192.0.2.254");
	assert_ptr_equal(container_way_out(&container, AF_INET), &endpoints[0]);
	assert_ptr_equal(container_gateway_endpoint(&container, AF_INET), &endpoints[1]);
	assert_null(container_way_out(&container, AF_INET6));
	near.spec.kind = kind_find("null"); /* which leads nowhere, whatever is there */
	assert_null(container_gateway_endpoint(&container, AF_INET));
	network_spec_done(&far.spec);
}

static void the_host_forwards_for_networks_that_lead_out_through_it(void **state)
{
	struct network_spec spec = { .kind = kind_find("bridge") };

	(void)state;
	assert_true(network_is_forwarded(&spec));
	spec.internal = true;
	assert_false(network_is_forwarded(&spec));
	spec = (struct network_spec) { .kind = &routed };
	assert_false(network_is_forwarded(&spec));
	spec.kind = kind_find("host");
	assert_false(network_is_forwarded(&spec));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kind_is_found_by_its_name_in_the_api),
		cmocka_unit_test(people_have_words_of_their_own),
		cmocka_unit_test(three_networks_are_there_from_the_start),
		cmocka_unit_test(a_network_that_spans_hosts_has_what_all_of_them_can_have),
		cmocka_unit_test(a_row_does_not_contradict_itself),
		cmocka_unit_test(some_kinds_want_no_other_beside_them),
		cmocka_unit_test(another_row_has_rules_of_its_own),
		cmocka_unit_test(a_kind_says_where_its_containers_go_out_and_whether_ports_lead_in),
		cmocka_unit_test(the_host_forwards_for_networks_that_lead_out_through_it),
	};

	return cmocka_run_group_tests_name("kind", tests, NULL, NULL);
}

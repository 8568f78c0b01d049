// SPDX-License-Identifier: GPL-2.0-or-later
// test_subnet.c - the gateway of a subnet, and its copies
#include "model/ipam/subnet.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
	struct addr parsed = { 0 };

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static struct prefix prefix(const char *text)
{
	struct prefix parsed = { 0 };

	assert_int_equal(prefix_parse(text, &parsed), 0);
	return parsed;
}

static void add_aux(struct subnet *subnet, const char *name, const char *text)
{
	struct aux_address *aux = realloc(subnet->aux, (subnet->n_aux + 1) * sizeof(*subnet->aux));

	assert_non_null(aux);
	subnet->aux = aux;
	aux[subnet->n_aux].addr = addr(text);
	aux[subnet->n_aux].name = strdup(name);
	subnet->n_aux++;
}

/* --- gateways --- */

static void the_gateway_is_the_first_usable_address(void **state)
{
	static const struct {
		const char *subnet, *aux[2], *want; /* NULL: none */
	} cases[] = {
		{ "10.1.0.0/24", { NULL }, "10.1.0.1" },
		{ "10.1.0.0/24", { "10.1.0.1", "10.1.0.2" }, "10.1.0.3" },
		{ "10.1.0.0/24", { "10.1.0.2", "10.1.0.1" }, "10.1.0.3" },
		{ "10.1.0.4/31", { NULL }, "10.1.0.4" },
		{ "10.1.0.4/31", { "10.1.0.4" }, "10.1.0.5" },
		{ "10.1.0.4/31", { "10.1.0.4", "10.1.0.5" }, NULL },
		{ "10.1.0.4/32", { NULL }, "10.1.0.4" },
		{ "10.1.0.4/32", { "10.1.0.4" }, NULL },
		{ "10.1.0.4/30", { "10.1.0.5", "10.1.0.6" }, NULL },
		{ "255.255.255.255/32", { "255.255.255.255" }, NULL },
		{ "fd00::/64", { NULL }, "fd00::1" },
		{ "fd00::/127", { NULL }, "fd00::" },
		{ "fd00::5/128", { NULL }, "fd00::5" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct subnet subnet = { 0 };
		struct error error = { 0 };

		subnet.prefix = prefix(cases[i].subnet);
		for (size_t j = 0; j < 2 && cases[i].aux[j]; j++)
			add_aux(&subnet, "aux", cases[i].aux[j]);
		assert_int_equal(subnet_choose_gateway(&subnet, &error),
				 cases[i].want ? 0 : -EINVAL);
		assert_string_equal(ADDR_STR(&subnet.gateway), cases[i].want ? cases[i].want : "");
		assert_int_equal(error.text[0] != '\0', !cases[i].want);
		subnet_done(&subnet);
	}
}

static void a_given_gateway_stays_and_a_range_does_not_move_it(void **state)
{
	struct subnet subnet = { 0 };

	(void)state;
	subnet.prefix = prefix("10.1.0.0/24");
	subnet.range = prefix("10.1.0.128/25");
	assert_int_equal(subnet_choose_gateway(&subnet, NULL), 0);
	assert_string_equal(ADDR_STR(&subnet.gateway), "10.1.0.1");
	subnet.gateway = addr("10.1.0.99");
	assert_int_equal(subnet_choose_gateway(&subnet, NULL), 0);
	assert_string_equal(ADDR_STR(&subnet.gateway), "10.1.0.99");
}

static void a_copy_shares_nothing(void **state)
{
	struct subnet subnet = { .prefix = prefix("10.1.0.0/24") }, copy;

	(void)state;
	add_aux(&subnet, "router", "10.1.0.5");
	add_aux(&subnet, "printer", "10.1.0.6");
	assert_int_equal(subnet_copy(&subnet, &copy), 0);
	subnet.aux[0].name[0] = 'X';
	subnet_done(&subnet);
	assert_null(subnet.aux);
	assert_int_equal(copy.n_aux, 2);
	assert_string_equal(copy.aux[0].name, "router");
	assert_string_equal(ADDR_STR(&copy.aux[1].addr), "10.1.0.6");
	subnet_done(&copy);
}

static void what_no_interface_can_have_is_named(void **state)
{
	struct prefix fit[] = { prefix("10.0.0.0/8"), prefix("126.0.0.0/8"), prefix("fd00::/64") };
	struct prefix wide = prefix("126.0.0.0/7"), mapped = prefix("::ffff:10.0.0.0/104");

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_null(subnet_unfit(&fit[i]));
	assert_string_equal(subnet_unfit(&wide), "loopback");
	assert_string_equal(subnet_unfit(&mapped), "IPv4-mapped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gateway_is_the_first_usable_address),
		cmocka_unit_test(a_given_gateway_stays_and_a_range_does_not_move_it),
		cmocka_unit_test(a_copy_shares_nothing),
		cmocka_unit_test(what_no_interface_can_have_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_service.c - services: their networks, and who stands behind them
#include "model/network/service.h"

#include "model/network/network.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static bool named(const char *label, const char *name)
{
	json_t *labels = label ? json_pack("{s:s}", SERVICE_LABEL, label) : NULL;
	bool is = service_is_named(labels, name);

	json_decref(labels);
	return is;
}

static void a_label_names_each_service_between_its_commas(void **state)
{
	(void)state;
	assert_true(named("web", "web"));
	assert_true(named("db,web,cache", "web"));
	assert_true(named("db,web", "db"));
	assert_true(named(",,web,", "web"));
	assert_false(named("webs", "web"));
	assert_false(named("we,b", "web"));
	assert_false(named(" web", "web"));
	assert_false(named("", "web"));
	assert_false(named(NULL, "web"));
}

static void a_label_is_read_name_by_name(void **state)
{
	char text[NAME_LEN_MAX + 32], name[NAME_LEN_MAX + 1];
	json_auto_t *labels = NULL;
	const char *rest;

	(void)state;
	/* What is empty, or longer than any name, is none. */
	(void)snprintf(text, sizeof(text), ",web,,%0*d,db", NAME_LEN_MAX + 1, 0);
	labels = json_pack("{s:s}", SERVICE_LABEL, text);
	rest = service_label(labels);
	assert_true(service_next_named(&rest, name));
	assert_string_equal(name, "web");
	assert_true(service_next_named(&rest, name));
	assert_string_equal(name, "db");
	assert_false(service_next_named(&rest, name));
	rest = service_label(NULL);
	assert_false(service_next_named(&rest, name));
}

static void a_network_has_those_that_were_added_until_they_are_dropped(void **state)
{
	struct network *network = calloc(1, sizeof(*network));
	struct service_spec web = { .name = "web" }, db = { .name = "db" };
	struct service *first = service_new(network, &web);

	(void)state;
	assert_int_equal(service_add(first), 0);
	assert_int_equal(service_add(service_new(network, &db)), 0);
	assert_ptr_equal(service_find(network, "web"), first);
	assert_null(service_find(network, "cache"));
	service_drop(first);
	service_drop(first); /* twice is once */
	assert_null(service_find(network, "web"));
	assert_int_equal(network->n_services, 1);
	assert_non_null(service_find(network, "db"));
	service_free(first);
	network_free(network);
}

static void who_stands_behind_is_numbered_without_gaps_and_of_each_family(void **state)
{
	const struct addr a = address("10.1.0.2"), b = address("10.1.0.3"), c = address("10.1.0.4"),
			  six = address("fd00::2");
	struct service_spec spec = { .name = "web" };
	struct service *service = service_new(NULL, &spec);
	const struct service_backends *backends = &service->backends[FAMILY_4];

	(void)state;
	assert_int_equal(service_join(service, &a), 1);
	assert_int_equal(service_join(service, &b), 1);
	assert_int_equal(service_join(service, &c), 1);
	assert_int_equal(service_join(service, &six), 1);
	assert_int_equal(service_join(service, &b), 0);
	assert_int_equal(backends->n, 3);
	assert_int_equal(service->backends[FAMILY_6].n, 1);
	assert_true(service_leave(service, &a));
	assert_false(service_leave(service, &a));
	assert_int_equal(backends->n, 2);
	assert_true(addr_equal(&backends->items[0], &c));
	assert_true(addr_equal(&backends->items[1], &b));
	assert_true(service_leave(service, &b));
	assert_true(service_leave(service, &c));
	assert_int_equal(backends->n, 0);
	assert_int_equal(service->backends[FAMILY_6].n, 1);
	service_free(service);
}

static void no_more_stand_behind_one_than_may(void **state)
{
	struct service_spec spec = { .name = "web" };
	struct service *service = service_new(NULL, &spec);
	struct addr addr = address("10.1.0.0");

	(void)state;
	for (unsigned int i = 0; i < SERVICE_BACKENDS_MAX; i++) {
		addr.bytes[2] = (uint8_t)(i >> 8);
		addr.bytes[3] = (uint8_t)i;
		assert_int_equal(service_join(service, &addr), 1);
	}
	addr.bytes[0] = 11;
	assert_int_equal(service_join(service, &addr), -ENOSPC);
	service_free(service);
}

static void a_published_port_is_found_by_its_protocol_and_number(void **state)
{
	struct service_spec spec = {
		.n_ports = 2, .ports = { { IPPROTO_TCP, 80, 8080, 0 }, { IPPROTO_UDP, 53, 53, 0 } }
	};

	(void)state;
	assert_false(service_is_published(&spec));
	assert_null(service_published(&spec, IPPROTO_TCP, 0)); /* one that is not is none */
	spec.ports[1].publish = 5300;
	assert_true(service_is_published(&spec));
	assert_ptr_equal(service_published(&spec, IPPROTO_UDP, 5300), &spec.ports[1]);
	assert_null(service_published(&spec, IPPROTO_TCP, 5300));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_names_each_service_between_its_commas),
		cmocka_unit_test(a_label_is_read_name_by_name),
		cmocka_unit_test(a_network_has_those_that_were_added_until_they_are_dropped),
		cmocka_unit_test(who_stands_behind_is_numbered_without_gaps_and_of_each_family),
		cmocka_unit_test(no_more_stand_behind_one_than_may),
		cmocka_unit_test(a_published_port_is_found_by_its_protocol_and_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_out_of_memory.c - each allocation of each maker fails once: a clean error, nothing lost
#include "base/buf.h"
#include "model/config/config.h"
#include "model/container/container.h"
#include "model/container/port_binding.h"
#include "model/container/port_index.h"
#include "model/ipam/ipam.h"
#include "model/network/network.h"

#include "base/cleanup.h"
#include "model/ipam/ipam_base.h"
#include "model/ipam/ipam_choose.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/each_allocation.h"

/* --- scenarios --- */

static int fill_a_buffer(void)
{
	struct buf buf = { 0 };
	int err;

	for (int i = 0; i < 200; i++)
		buf_printf(&buf, "line %d\n", i);
	err = buf.err;
	buf_done(&buf);
	return err;
}

static int parse_a_config(void)
{
	static const char text[] =
		"{\"hosts\": [\"unix:///x\"], \"dns\": [\"1.1.1.1\", \"::1\"], \"group\": \"g\","
		" \"default-address-pools\": [{\"base\": \"10.0.0.0/8\", \"size\": 24}],"
		" \"host-gateway-ip\": \"10.0.0.1\", \"dns-search\": [\"a\"], \"resolver-user\": "
		"\"u\"}";
	struct config config;
	struct error error = { 0 };
	int err = config_parse("f", text, strlen(text), &config, &error);

	if (err == 0)
		config_done(&config);
	else if (err != -ENOMEM)
		fail_msg("allocation %d: %s", fail_at, error.text);
	return err;
}

static int fill_a_spec(struct network_spec *spec)
{
	struct aux_address *aux = calloc(2, sizeof(*aux));

	if (!aux)
		return -ENOMEM;
	spec->subnet[FAMILY_4].aux = aux;
	spec->subnet[FAMILY_4].n_aux = 2;
	aux[0].name = strdup("one");
	aux[1].name = strdup("two");
	if (!aux[0].name || !aux[1].name ||
	    json_object_set_new(spec->options, "mtu", json_string("1500")) < 0)
		return -ENOMEM;
	return 0;
}

static int copy_a_network_spec(void)
{
	_cleanup_(network_spec_done) struct network_spec spec = { 0 }, copy = { 0 };
	int err;

	if ((err = network_spec_init(&spec)) < 0 || (err = fill_a_spec(&spec)) < 0)
		return err;
	return network_spec_copy(&spec, &copy);
}

static int copy_an_endpoint_spec(void)
{
	char *aliases[] = { (char *)"one", (char *)"two" };
	struct link links[] = { { (char *)"db", (char *)"database" } };
	struct endpoint_spec spec = { .network = (char *)"net",
				      .aliases = aliases,
				      .n_aliases = 2,
				      .links = links,
				      .n_links = 1 };
	struct endpoint_spec copy = { 0 };
	int err;

	spec.driver_opts = json_pack("{ss}", "a", "b");
	if (!spec.driver_opts)
		return -ENOMEM;
	err = endpoint_spec_copy(&spec, &copy);
	json_decref(spec.driver_opts);
	endpoint_spec_done(&copy);
	return err;
}

static int parse_ports(void)
{
	_cleanup_free_ struct port_binding *bindings = NULL;
	size_t n = 0;
	int err = port_binding_parse("127.0.0.1:8000-8002:80-82", &bindings, &n, NULL);
	json_t *object;

	if (err < 0)
		return err;
	object = json_pack("{s[{ss}]s[]}", "80/tcp", "HostPort", "8080", "81/udp");
	if (!object)
		return -ENOMEM;
	err = port_binding_from_json(object, &bindings, &n, NULL);
	json_decref(object);
	return err;
}

/* Takes 300 addresses, enough for full words and for tables that grow, and frees them again. An
 * allocation that fails must leave the pool as it was: what failed succeeds when asked again. */
static const char *holder_number(int i)
{
	static char holder[5] = "h";

	holder[1] = (char)('0' + i / 100);
	holder[2] = (char)('0' + i / 10 % 10);
	holder[3] = (char)('0' + i % 10);
	return holder;
}

static int use_a_pool(void)
{
	struct subnet subnet = { 0 };
	struct ipam_pool *pool = NULL;
	struct addr addr = { 0 }, had;
	uint64_t used, left, want = 1;
	int err, result = 0;

	assert_int_equal(prefix_parse("10.0.0.0/22", &subnet.prefix), 0);
	assert_int_equal(addr_parse("10.0.0.1", &subnet.gateway), 0);
	err = ipam_pool_new(&subnet, &pool);
	if (err < 0)
		return err;
	for (int i = 0; i < 300; i++) {
		const char *holder = holder_number(i);

		err = ipam_alloc(pool, holder, &addr, NULL);
		if (err < 0) {
			result = err;
			assert_int_equal(ipam_alloc(pool, holder, &addr, NULL), 0);
		}
		want++;
		ipam_usage(pool, &used, &left);
		assert_true(used == want && left == 1022 - want);
	}
	assert_int_equal(addr_parse("10.0.0.2", &addr), 0);
	for (int i = 0; i < 300; i++) {
		ipam_release(pool, &addr);
		assert_true(addr_add(&addr, 1, &addr));
	}
	ipam_usage(pool, &used, &left);
	assert_true(used == 1 && left == 1021);
	/* Who had an address is remembered whatever failed, and taking it again needs nothing. */
	assert_int_equal(addr_parse("10.0.0.2", &had), 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(ipam_alloc(pool, holder_number(i), &addr, NULL), 0);
		assert_true(addr_equal(&addr, &had) && addr_add(&had, 1, &had));
	}
	ipam_pool_free(pool);
	return result;
}

static int choose_a_subnet(void)
{
	size_t n;
	const struct ipam_base *bases = ipam_base_defaults(&n);
	struct prefix taken, got;

	assert_int_equal(prefix_parse("172.18.0.0/24", &taken), 0);
	return ipam_choose_subnet(bases, n, AF_INET, 0, &taken, 1, &got, NULL);
}

/* A port that found no memory is not there, and is when it is added again. */
static int index_ports(void)
{
	struct port_index index = { 0 };
	struct port any = { .protocol = IPPROTO_TCP, .host_addr.family = AF_INET6 };
	int err, result = 0;

	for (uint16_t i = 0; i < 100; i++) {
		struct port port = any;

		port.host_addr.bytes[15] = 1;
		port.host_port = any.host_port = i;
		err = port_index_add(&index, &port);
		if (err < 0) {
			result = err;
			assert_false(port_index_has(&index, &port));
			assert_false(port_index_clashes(&index, &any));
			assert_int_equal(port_index_add(&index, &port), 0);
		}
		assert_true(port_index_clashes(&index, &any));
	}
	for (any.host_port = 0; any.host_port < 100; any.host_port++) {
		struct port port = any;

		port.host_addr.bytes[15] = 1;
		port_index_remove(&index, &port);
		assert_false(port_index_clashes(&index, &any));
	}
	port_index_done(&index);
	return result;
}

static void a_buffer_that_cannot_grow_says_so(void **state)
{
	(void)state;
	fail_each(fill_a_buffer);
}

static void a_config_is_parsed_whole_or_not_at_all(void **state)
{
	(void)state;
	fail_each(parse_a_config);
}

static void a_copied_spec_is_whole_or_nothing(void **state)
{
	(void)state;
	fail_each(copy_a_network_spec);
	fail_each(copy_an_endpoint_spec);
}

static void ports_are_read_or_refused(void **state)
{
	(void)state;
	fail_each(parse_ports);
}

static void a_pool_survives_each_failure_as_it_was(void **state)
{
	(void)state;
	fail_each(use_a_pool);
}

static void an_index_of_ports_survives_each_failure_as_it_was(void **state)
{
	(void)state;
	fail_each(index_ports);
}

static void a_subnet_is_chosen_or_refused(void **state)
{
	(void)state;
	fail_each(choose_a_subnet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_that_cannot_grow_says_so),
		cmocka_unit_test(a_config_is_parsed_whole_or_not_at_all),
		cmocka_unit_test(a_copied_spec_is_whole_or_nothing),
		cmocka_unit_test(ports_are_read_or_refused),
		cmocka_unit_test(a_pool_survives_each_failure_as_it_was),
		cmocka_unit_test(an_index_of_ports_survives_each_failure_as_it_was),
		cmocka_unit_test(a_subnet_is_chosen_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_request_names.c - PUT /netd/v1/containers/{id}/names, and the ids and waits of other bodies
#include "model/request/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID "01b15b8ac2810d208a73a3ffb8835dd3d842d530e357c136c7116034cf761eaa"

static int decode(const char *text, struct container_names *ret_names, struct error *error)
{
	json_auto_t *body = json_loads(text, 0, NULL);

	assert_non_null(body);
	*error = (struct error) { 0 };
	return request_names(body, ret_names, error);
}

static void names_and_aliases_are_both_optional(void **state)
{
	struct container_names names;
	struct error error;

	(void)state;
	assert_int_equal(decode("{}", &names, &error), 0);
	assert_string_equal(names.name, "");
	assert_string_equal(names.id, "");
	assert_int_equal(names.n_endpoints, 0);
	container_names_done(&names);
	assert_int_equal(decode("{\"Dns\": [\"192.0.2.1\", \"fd00::1\"]}", &names, &error), 0);
	assert_true(names.has_dns);
	assert_int_equal(names.n_dns, 2);
	container_names_done(&names);
	assert_int_equal(decode("{\"Dns\": []}", &names, &error), 0);
	assert_true(names.has_dns);
	container_names_done(&names);
	assert_int_equal(decode("{\"Id\": \"" ID "\"}", &names, &error), 0);
	assert_string_equal(names.id, ID);
	container_names_done(&names);
	assert_int_equal(decode("{\"Name\": \"web\", \"Networks\": {\"blue\": {\"Aliases\": "
				"[\"a\", \"b\"], \"Links\": [\"db:store\"]}, \"" ID "\": null}}",
				&names, &error),
			 0);
	assert_string_equal(names.name, "web");
	assert_int_equal(names.n_endpoints, 2);
	assert_string_equal(names.endpoints[0].network, "blue");
	assert_int_equal(names.endpoints[0].n_aliases, 2);
	assert_string_equal(names.endpoints[0].links[0].alias, "store");
	assert_int_equal(names.endpoints[1].n_aliases, 0);
	container_names_done(&names);
}

static void what_is_no_name_is_refused_with_a_sentence(void **state)
{
	static const char *const bodies[] = {
		"[]",
		"{\"Name\": 7}",
		"{\"Id\": \"abc\"}",
		"{\"Dns\": [\"x\"]}",
		"{\"Name\": \"a b\"}",
		"{\"Name\": \"-a\"}",
		"{\"Networks\": []}",
		"{\"Networks\": {\"a b\": {}}}",
		"{\"Networks\": {\"\": {}}}",
		"{\"Networks\": {\"blue\": {}, \"green\": {\"Aliases\": [\"a\\nb\"]}}}",
		"{\"Networks\": {\"blue\": 7}}",
	};
	struct container_names names;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_true(decode(bodies[i], &names, &error) < 0);
		assert_string_not_equal(error.text, "");
	}
}

static void more_networks_than_a_container_can_have_are_refused(void **state)
{
	json_auto_t *body = json_pack("{s:{}}", "Networks");
	json_t *networks = json_object_get(body, "Networks");
	struct container_names names;
	struct error error = { 0 };
	char name[16];

	(void)state;
	for (int i = 0; i <= NETWORKS_PER_CONTAINER_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(json_object_set_new(networks, name, json_object()), 0);
	}
	assert_true(request_names(body, &names, &error) < 0);
	assert_int_equal(json_object_del(networks, "n0"), 0);
	assert_int_equal(request_names(body, &names, &error), 0);
	container_names_done(&names);
}

static void a_network_may_be_given_its_id(void **state)
{
	json_auto_t *body = json_pack("{s:s, s:s}", "Name", "blue", "Id", ID);
	json_auto_t *bad = json_pack("{s:s, s:s}", "Name", "blue", "Id", "01b1");
	struct network_spec spec;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(request_network_create(body, &spec, &error), 0);
	assert_string_equal(spec.id, ID);
	network_spec_done(&spec);
	assert_true(request_network_create(bad, &spec, &error) < 0);
	assert_non_null(strstr(error.text, "64 hexadecimal digits"));
}

static void only_a_path_can_be_waited_for(void **state)
{
	json_auto_t *path = json_pack("{s:s, s:s, s:b}", "Name", "c", "NetnsPath", "/n",
				      "NetnsWait", 1);
	json_auto_t *pid = json_pack("{s:s, s:i, s:b}", "Name", "c", "Pid", 1, "NetnsWait", 1);
	struct container_spec spec;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(request_container(path, &spec, &error), 0);
	assert_true(spec.netns_wait);
	container_spec_done(&spec);
	assert_true(request_container(pid, &spec, &error) < 0);
	assert_non_null(strstr(error.text, "NetnsWait"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_aliases_are_both_optional),
		cmocka_unit_test(what_is_no_name_is_refused_with_a_sentence),
		cmocka_unit_test(more_networks_than_a_container_can_have_are_refused),
		cmocka_unit_test(a_network_may_be_given_its_id),
		cmocka_unit_test(only_a_path_can_be_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

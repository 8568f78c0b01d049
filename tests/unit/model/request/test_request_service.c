// SPDX-License-Identifier: GPL-2.0-or-later
// test_request_service.c - POST /netd/v1/services, and a service's record
#include "model/request/request.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int decode(const char *text, struct service_spec *ret_spec, struct error *error)
{
	json_auto_t *body = json_loads(text, 0, NULL);

	assert_non_null(body);
	*error = (struct error) { 0 };
	return request_service(body, ret_spec, error);
}

static void what_is_left_out_is_the_usual(void **state)
{
	struct service_spec spec;
	struct error error;

	(void)state;
	assert_int_equal(decode("{\"Name\":\"web\",\"Ports\":[{\"Port\":80}]}", &spec, &error), 0);
	assert_string_equal(spec.name, "web");
	assert_string_equal(spec.network, "");
	assert_false(spec.affinity);
	assert_false(addr_is_set(&spec.ip[FAMILY_4]) || addr_is_set(&spec.ip[FAMILY_6]));
	assert_int_equal(spec.n_ports, 1);
	assert_int_equal(spec.ports[0].protocol, IPPROTO_TCP);
	assert_int_equal(spec.ports[0].port, 80);
	assert_int_equal(spec.ports[0].target, 80);
}

static void what_is_given_of_a_change_replaces_what_there_was(void **state)
{
	json_auto_t *nothing = json_object();
	json_auto_t *ports = json_pack("{s:[{s:i, s:i}]}", "Ports", "Port", 81, "Target", 8081);
	json_auto_t *near = json_pack("{s:s}", "Affinity", "client");
	json_auto_t *none = json_pack("{s:s, s:[]}", "Affinity", "none", "Ports");
	struct service_spec spec;
	struct error error;

	(void)state;
	assert_int_equal(
		decode("{\"Name\":\"web\",\"Ports\":[{\"Port\":80},{\"Port\":82}]}", &spec, &error),
		0);
	assert_int_equal(request_service_update(nothing, &spec, &error), 0);
	assert_int_equal(spec.n_ports, 2);
	assert_int_equal(request_service_update(ports, &spec, &error), 0);
	assert_int_equal(spec.n_ports, 1);
	assert_int_equal(spec.ports[0].target, 8081);
	assert_int_equal(request_service_update(near, &spec, &error), 0);
	assert_true(spec.affinity);
	assert_int_equal(request_service_update(ports, &spec, &error), 0);
	assert_true(spec.affinity); /* nothing was said of it */
	assert_int_equal(request_service_update(none, &spec, &error), -EINVAL);
	assert_true(spec.affinity);
	assert_int_equal(spec.n_ports, 1);
	assert_string_equal(spec.name, "web");
}

static void all_of_it_can_be_said(void **state)
{
	struct service_spec spec;
	struct error error;

	(void)state;
	assert_int_equal(
		decode("{\"Name\":\"web\",\"Network\":\"blue\",\"Affinity\":\"client\","
		       "\"IPv4Address\":\"10.1.0.9\",\"IPv6Address\":\"fd00::9\",\"Ports\":["
		       "{\"Protocol\":\"udp\",\"Port\":53,\"Target\":5353,\"Publish\":53},"
		       "{\"Protocol\":\"tcp\",\"Port\":53,\"Publish\":53}]}",
		       &spec, &error),
		0);
	assert_string_equal(spec.network, "blue");
	assert_true(spec.affinity);
	assert_string_equal(ADDR_STR(&spec.ip[FAMILY_4]), "10.1.0.9");
	assert_string_equal(ADDR_STR(&spec.ip[FAMILY_6]), "fd00::9");
	assert_int_equal(spec.n_ports, 2);
	assert_int_equal(spec.ports[0].protocol, IPPROTO_UDP);
	assert_int_equal(spec.ports[0].target, 5353);
	assert_int_equal(spec.ports[0].publish, 53);
	assert_int_equal(spec.ports[1].publish, 53);
}

static void what_makes_no_sense_is_refused_and_named(void **state)
{
	static const struct {
		const char *body, *says;
	} bad[] = {
		{ "{\"Ports\":[{\"Port\":80}]}", "service" },
		{ "{\"Name\":\"a b\",\"Ports\":[{\"Port\":80}]}", "a b" },
		{ "{\"Name\":\"web\"}", "Ports" },
		{ "{\"Name\":\"web\",\"Ports\":[]}", "Ports" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Target\":80}]}", "Port" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Port\":0}]}", "Port" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Port\":65536}]}", "Port" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Port\":80,\"Target\":-1}]}", "Target" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Port\":80,\"Protocol\":\"sctp\"}]}", "tcp or" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Port\":80},{\"Port\":80}]}", "twice" },
		{ "{\"Name\":\"web\",\"Ports\":[80]}", "Ports" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Port\":80,\"Publish\":65536}]}", "Publish" },
		{ "{\"Name\":\"web\",\"Ports\":[{\"Port\":80,\"Publish\":8000},"
		  "{\"Port\":81,\"Publish\":8000}]}",
		  "published twice" },
		{ "{\"Name\":\"web\",\"Affinity\":\"cookie\",\"Ports\":[{\"Port\":80}]}",
		  "Affinity" },
		{ "{\"Name\":\"web\",\"IPv4Address\":\"fd00::1\",\"Ports\":[{\"Port\":80}]}",
		  "IPv4" },
		{ "{\"Name\":\"web\",\"Network\":\"a b\",\"Ports\":[{\"Port\":80}]}", "Network" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct service_spec spec;
		struct error error;

		assert_true(decode(bad[i].body, &spec, &error) < 0);
		assert_int_equal(error.kind, ERROR_INVALID);
		if (!strstr(error.text, bad[i].says))
			fail_msg("%s: %s", bad[i].body, error.text);
	}
}

static void a_name_that_leaves_no_room_for_those_behind_it_is_refused(void **state)
{
	char body[NAME_LEN_MAX + 64];
	struct service_spec spec;
	struct error error;

	(void)state;
	for (int len = NAME_LEN_MAX - 6; len <= NAME_LEN_MAX - 5; len++) {
		char name[NAME_LEN_MAX + 1] = { 0 };

		memset(name, 'n', (size_t)len);
		(void)snprintf(body, sizeof(body), "{\"Name\":\"%s\",\"Ports\":[{\"Port\":80}]}",
			       name);
		assert_int_equal(decode(body, &spec, &error) == 0, len == NAME_LEN_MAX - 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_is_the_usual),
		cmocka_unit_test(what_is_given_of_a_change_replaces_what_there_was),
		cmocka_unit_test(all_of_it_can_be_said),
		cmocka_unit_test(what_makes_no_sense_is_refused_and_named),
		cmocka_unit_test(a_name_that_leaves_no_room_for_those_behind_it_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_service_json.c - a service as it is recorded and shown
#include "model/show/service_json.h"

#include "model/container/container.h"
#include "model/request/request.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static struct service_spec some_spec(void)
{
	return (struct service_spec) {
		.name = "web",
		.affinity = true,
		.ip = { address("10.1.0.9"), address("fd00::9") },
		.n_ports = 2,
		.ports = { { IPPROTO_TCP, 80, 8080, 8000 }, { IPPROTO_UDP, 53, 53, 0 } },
	};
}

static void a_record_is_read_as_the_same_service(void **state)
{
	const struct service_spec spec = some_spec();
	json_t *json = service_json_spec(&spec);
	struct service_spec again;
	struct error error;

	(void)state;
	assert_int_equal(request_service(json, &again, &error), 0);
	assert_string_equal(again.name, spec.name);
	assert_int_equal(again.affinity, spec.affinity);
	for (enum family family = 0; family < FAMILY_N; family++)
		assert_true(addr_equal(&again.ip[family], &spec.ip[family]));
	assert_int_equal(again.n_ports, spec.n_ports);
	for (size_t i = 0; i < spec.n_ports; i++)
		assert_memory_equal(&again.ports[i], &spec.ports[i], sizeof(spec.ports[i]));
	json_decref(json);
}

static void who_stands_behind_it_is_shown_and_nobody_else(void **state)
{
	const struct service_spec spec = some_spec();
	struct network *network = calloc(1, sizeof(*network));
	struct container web = { .spec = { .name = "web-1", .id = "0123" } };
	struct container client = { .spec = { .name = "client" } };
	struct endpoint behind = { .container = &web, .ip = { address("10.1.0.2") } };
	struct endpoint other = { .container = &client, .ip = { address("10.1.0.3") } };
	struct service *service = service_new(network, &spec);
	json_t *json, *backends;

	(void)state;
	strcpy(network->spec.name, "blue");
	list_init(&network->endpoints);
	list_append(&network->endpoints, &behind.in_network);
	list_append(&network->endpoints, &other.in_network);
	assert_int_equal(service_add(service), 0);
	assert_int_equal(service_join(service, &behind.ip[FAMILY_4]), 1);
	json = service_json(service);
	backends = json_object_get(json, "Backends");
	assert_string_equal(json_string_value(json_object_get(json, "Network")), "blue");
	assert_int_equal(json_array_size(backends), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(backends, 0), "Name")),
			    "web-1");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(backends, 0), "IPv4Address")),
		"10.1.0.2");
	json_decref(json);
	json = service_json_record(network);
	assert_int_equal(json_array_size(json), 1);
	assert_null(json_object_get(json_array_get(json, 0), "Backends"));
	json_decref(json);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_read_as_the_same_service),
		cmocka_unit_test(who_stands_behind_it_is_shown_and_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

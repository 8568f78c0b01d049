// SPDX-License-Identifier: GPL-2.0-or-later
// test_seen_stats.c - what went through a container's interfaces, as Docker's statistics show it
#include "model/seen/seen_stats.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *written(const struct seen_stats *stats)
{
	struct buf out = { 0 };
	json_t *json;

	seen_stats_write(&out, stats);
	assert_int_equal(out.err, 0);
	json = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	buf_done(&out);
	return json;
}

static const char *text(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static void interfaces_are_shown_with_dockers_names(void **state)
{
	static struct container container;
	const struct seen_stats_link links[] = {
		{ "eth0", { 1, UINT32_MAX * 16ULL, 3, 4 }, { 5, 6, 7, 8 } },
		{ "a \"name\"", { 0 }, { 0 } },
	};
	struct seen_stats stats = { &container, links, 2, { 1700000000, 1 }, { 0 } };
	json_t *json, *networks;
	char *dumped;

	(void)state;
	(void)snprintf(container.spec.name, sizeof(container.spec.name), "web");
	(void)snprintf(container.spec.id, sizeof(container.spec.id), "00ff");
	json = written(&stats);
	networks = json_object_get(json, "networks");
	assert_int_equal(json_object_size(networks), 2);
	assert_non_null(json_object_get(networks, "a \"name\""));
	dumped = json_dumps(json_object_get(networks, "eth0"), JSON_COMPACT);
	assert_string_equal(dumped,
			    "{\"rx_bytes\":68719476720,\"rx_packets\":1,\"rx_errors\":3,"
			    "\"rx_dropped\":4,\"tx_bytes\":6,\"tx_packets\":5,\"tx_errors\":7,"
			    "\"tx_dropped\":8}");
	free(dumped);
	assert_string_equal(text(json, "name"), "/web");
	assert_string_equal(text(json, "id"), "00ff");
	assert_string_equal(text(json, "read"), "2023-11-14T22:13:20.000000001Z");
	assert_string_equal(text(json, "preread"), "0001-01-01T00:00:00Z");
	json_decref(json);
}

static void the_second_look_says_when_the_first_was(void **state)
{
	static struct container container;
	const struct seen_stats stats = {
		&container, NULL, 0, { 1700000001, 0 }, { 1700000000, 0 }
	};
	json_t *json = written(&stats);

	(void)state;
	assert_string_equal(text(json, "preread"), "2023-11-14T22:13:20.000000000Z");
	assert_int_equal(json_object_size(json_object_get(json, "networks")), 0);
	/* what clients compute with is there */
	assert_true(json_is_integer(json_object_get(
		json_object_get(json_object_get(json, "cpu_stats"), "cpu_usage"), "total_usage")));
	assert_true(json_is_object(json_object_get(json, "memory_stats")));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_are_shown_with_dockers_names),
		cmocka_unit_test(the_second_look_says_when_the_first_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_filters.c - Docker's filters: their syntax, and what passes each
#include "model/filter/filters.h"

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

static struct error error;

static int parse(const char *text, const char *const *known, struct filters **ret_filters)
{
	_cleanup_free_ char *copy = text ? strdup(text) : NULL;

	memset(&error, 0, sizeof(error));
	return filters_parse(copy, known, ret_filters, &error);
}

static struct filters *filters(const char *text, const char *const *known)
{
	struct filters *parsed;

	if (parse(text, known, &parsed) < 0 || filters_check(parsed, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	return parsed;
}

static void nothing_given_is_no_filter(void **state)
{
	static const char *const cases[] = { NULL, "" };
	struct network network = { .spec.kind = kind_default() };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filters *parsed = filters(cases[i], filters_network_list);

		assert_null(parsed);
		assert_true(filters_match_network(parsed, &network, 0));
		filters_free(parsed);
	}
}

static void what_is_no_filter_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "x", "invalid filter" },
		{ "[]", "invalid filter" },
		{ "{\"name\":\"x\"}", "invalid filter" },
		{ "{\"name\":{\"x\":1}}", "invalid filter" },
		{ "{\"name\":[1]}", "invalid filter" },
		{ "{\"name\":null}", "invalid filter" },
		{ "{\"colour\":[\"red\"]}", "invalid filter 'colour'" },
		{ "{\"colour\":7}", "invalid filter 'colour'" },
		{ "{\"until\":[\"1\"]}", "invalid filter 'until'" }, /* prune's only */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filters *parsed;

		assert_int_equal(parse(cases[i][0], filters_network_list, &parsed), -EINVAL);
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_string_equal(error.text, cases[i][1]);
	}
}

static void values_with_a_syntax_are_checked(void **state)
{
	static const struct {
		const char *text;
		const char *const *known;
		const char *want;
	} cases[] = {
		{ "{\"dangling\":[\"maybe\"]}", filters_network_list,
		  "invalid filter 'dangling=[maybe]'" },
		{ "{\"dangling\":[\"true\",\"false\"]}", filters_network_list,
		  "invalid filter 'dangling': only one value is allowed" },
		{ "{\"type\":[\"odd\"]}", filters_network_list, "invalid filter 'type=[odd]'" },
		{ "{\"name\":[\"(\"]}", filters_network_list, "invalid filter 'name=[(]'" },
		{ "{\"until\":[\"tomorrow\"]}", filters_network_prune,
		  "invalid filter 'until=[tomorrow]'" },
		{ "{\"until\":[\"1h\",\"2h\"]}", filters_network_prune,
		  "invalid filter 'until': only one value is allowed" },
		{ "{\"status\":[\"odd\"]}", filters_container_list,
		  "invalid filter 'status=[odd]'" },
		{ "{\"publish\":[\"x\"]}", filters_container_list, "invalid filter 'publish=[x]'" },
		{ "{\"publish\":[\"9-8\"]}", filters_container_list,
		  "invalid filter 'publish=[9-8]'" },
		{ "{\"publish\":[\"65536\"]}", filters_container_list,
		  "invalid filter 'publish=[65536]'" },
		{ "{\"expose\":[\"80/icmp\"]}", filters_container_list,
		  "invalid filter 'expose=[80/icmp]'" },
		{ "{\"is-task\":[\"x\"]}", filters_container_list, "invalid filter 'is-task=[x]'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filters *parsed;

		assert_int_equal(parse(cases[i].text, cases[i].known, &parsed), 0);
		assert_int_equal(filters_check(parsed, &error), -EINVAL);
		assert_string_equal(error.text, cases[i].want);
		filters_free(parsed);
	}
}

/* Three networks: the predefined bridge; web with a container; db without. */
static struct network networks[3];

static void make_network(struct network *network, const char *name, const char *id,
			 const char *kind, const char *labels)
{
	assert_int_equal(network_spec_init(&network->spec), 0);
	(void)snprintf(network->spec.name, sizeof(network->spec.name), "%s", name);
	(void)snprintf(network->spec.id, sizeof(network->spec.id), "%s", id);
	network->spec.kind = kind_find(kind);
	json_decref(network->spec.labels);
	network->spec.labels = json_loads(labels, 0, NULL);
	network->created.tv_sec = 1000;
	list_init(&network->endpoints);
}

static int make_networks(void **state)
{
	(void)state;
	make_network(&networks[0], "bridge", "aaaa1111", "bridge", "{}");
	networks[0].predefined = true;
	make_network(&networks[1], "web", "bbbb2222", "bridge", "{\"tier\":\"front\",\"x\":\"\"}");
	networks[1].n_endpoints = 1;
	networks[1].created.tv_sec = 2000;
	make_network(&networks[2], "db.web-2", "abbb3333", "host",
		     "{\"tier\":\"back\",\"x\":\"1\"}");
	networks[2].created.tv_sec = 3000;
	return 0;
}

static int free_networks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		network_spec_done(&networks[i].spec);
	memset(networks, 0, sizeof(networks));
	return 0;
}

struct match_case {
	const char *text, *want; /* initials of what passes */
};

static void expect_networks(const struct match_case *cases, size_t n, const char *const *known)
{
	static const char initials[] = "bwd";

	for (size_t i = 0; i < n; i++) {
		struct filters *parsed = filters(cases[i].text, known);
		char got[ARRAY_SIZE(networks) + 1] = "", *end = got;

		for (size_t j = 0; j < ARRAY_SIZE(networks); j++) {
			if (filters_match_network(parsed, &networks[j], 10000))
				*end++ = initials[j];
		}
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s, wanted %s", cases[i].text, got, cases[i].want);
		filters_free(parsed);
	}
}

static void networks_pass_their_filters(void **state)
{
	static const struct match_case cases[] = {
		{ "{}", "bwd" },
		{ "{\"name\":[]}", "bwd" },
		{ "{\"name\":[\"web\"]}", "wd" },
		{ "{\"name\":{\"web\":true,\"bri\":false}}", "bwd" },
		{ "{\"name\":[\"^web$\"]}", "w" },
		{ "{\"name\":[\"^web\",\"^b\"]}", "bw" },
		{ "{\"name\":[\"WEB\"]}", "" },
		{ "{\"id\":[\"^a\"]}", "bd" },
		{ "{\"id\":[\"bbbb2222\"]}", "w" },
		{ "{\"id\":[\"bbb\"]}", "wd" },
		{ "{\"driver\":[\"bridge\"]}", "bw" },
		{ "{\"driver\":[\"bri\"]}", "" },
		{ "{\"driver\":[\"bridge\",\"host\"]}", "bwd" },
		{ "{\"scope\":[\"local\"]}", "bwd" },
		{ "{\"scope\":[\"swarm\"]}", "" },
		{ "{\"type\":[\"builtin\"]}", "b" },
		{ "{\"type\":[\"custom\"]}", "wd" },
		{ "{\"type\":[\"custom\",\"builtin\"]}", "bwd" },
		{ "{\"dangling\":[\"true\"]}", "d" },
		{ "{\"dangling\":[\"1\"]}", "d" },
		{ "{\"dangling\":[\"false\"]}", "bw" },
		{ "{\"label\":[\"tier\"]}", "wd" },
		{ "{\"label\":[\"tier=front\"]}", "w" },
		{ "{\"label\":[\"tier=\"]}", "" },
		{ "{\"label\":[\"x=\"]}", "w" },
		{ "{\"label\":[\"tier\",\"x=1\"]}", "d" },
		{ "{\"label\":[\"tie\"]}", "" },
		{ "{\"label\":[\"tier=front\"],\"driver\":[\"host\"]}", "" },
		{ "{\"name\":[\"web\"],\"driver\":[\"host\"]}", "d" },
	};

	(void)state;
	expect_networks(cases, ARRAY_SIZE(cases), filters_network_list);
}

static void pruning_filters_by_age_and_missing_labels(void **state)
{
	static const struct match_case cases[] = {
		{ "{\"until\":[\"2000\"]}", "bw" },
		{ "{\"until\":[\"7500s\"]}", "bw" },
		{ "{\"until\":[\"1ns\"]}", "bwd" },
		{ "{\"until\":[\"1970-01-01T00:16:40Z\"]}", "b" },
		{ "{\"label!\":[\"tier\"]}", "b" },
		{ "{\"label!\":[\"tier=front\"]}", "bd" },
		{ "{\"label!\":[\"tier=front\",\"x=1\"]}", "b" },
		{ "{\"label!\":[\"tier=front\"],\"label\":[\"tier\"]}", "d" },
	};

	(void)state;
	expect_networks(cases, ARRAY_SIZE(cases), filters_network_prune);
}

static void containers_pass_their_filters(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "{}", true },
		{ "{\"name\":[\"app\"]}", true },
		{ "{\"name\":[\"^/app1$\"]}", true },
		{ "{\"name\":[\"^app1$\"]}", true },
		{ "{\"name\":[\"/app1\"]}", true },
		{ "{\"name\":[\"^pp\"]}", false },
		{ "{\"id\":[\"cccc\"]}", true },
		{ "{\"id\":[\"^d\"]}", false },
		{ "{\"label\":[\"k=v\"]}", true },
		{ "{\"label\":[\"k=w\"]}", false },
		{ "{\"network\":[\"web\"]}", true },
		{ "{\"network\":[\"bbbb2222\"]}", true },
		{ "{\"network\":[\"we\"]}", false },
		{ "{\"network\":[\"bridge\",\"web\"]}", true },
		{ "{\"status\":[\"running\"]}", true },
		{ "{\"status\":[\"exited\"]}", false },
		{ "{\"publish\":[\"8080\"]}", true },
		{ "{\"publish\":[\"8000-8100/tcp\"]}", true },
		{ "{\"publish\":[\"8080/udp\"]}", false },
		{ "{\"publish\":[\"80\"]}", false },
		{ "{\"expose\":[\"80\"]}", true },
		{ "{\"expose\":[\"81-90\"]}", false },
		{ "{\"ancestor\":[\"x\"]}", false },
		{ "{\"volume\":[\"x\"]}", false },
		{ "{\"exited\":[\"0\"]}", false },
		{ "{\"health\":[\"none\"]}", true },
		{ "{\"health\":[\"healthy\"]}", false },
		{ "{\"is-task\":[\"false\"]}", true },
		{ "{\"is-task\":[\"true\"]}", false },
	};
	struct container container = { .spec = { .name = "app1", .id = "cccc4444" } };
	struct endpoint endpoint = { .network = &networks[1], .container = &container };
	struct endpoint *endpoints[] = { &endpoint };
	struct port port = { .protocol = IPPROTO_TCP, .host_port = 8080, .container_port = 80 };

	(void)state;
	container.endpoints = endpoints;
	container.n_endpoints = 1;
	container.ports = &port;
	container.n_ports = 1;
	container.spec.labels = json_pack("{s:s}", "k", "v");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filters *parsed = filters(cases[i].text, filters_container_list);

		if (filters_match_container(parsed, &container) != cases[i].want)
			fail_msg("%s", cases[i].text);
		filters_free(parsed);
	}
	json_decref(container.spec.labels);
}

static void events_pass_their_filters(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "{}", true },
		{ "{\"type\":[\"network\"]}", true },
		{ "{\"type\":[\"container\"]}", false },
		{ "{\"event\":[\"connect\"]}", true },
		{ "{\"event\":[\"conn\"]}", false },
		{ "{\"event\":[\"disconnect\",\"connect\"]}", true },
		{ "{\"network\":[\"web\"]}", true },
		{ "{\"network\":[\"feed\"]}", true },
		{ "{\"network\":[\"feedbeef\"]}", true },
		{ "{\"network\":[\"eed\"]}", false },
		{ "{\"container\":[\"c0ffee\"]}", true },
		{ "{\"container\":[\"web\"]}", false },
		{ "{\"volume\":[\"web\"]}", false },
		{ "{\"scope\":[\"local\"]}", true },
		{ "{\"scope\":[\"swarm\"]}", false },
		{ "{\"label\":[\"type=bridge\"]}", true },
		{ "{\"label\":[\"type=host\"]}", false },
		{ "{\"type\":[\"network\"],\"event\":[\"create\"]}", false },
	};
	json_t *event =
		json_loads("{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":"
			   "\"feedbeef\",\"Attributes\":{\"name\":\"web\",\"type\":\"bridge\","
			   "\"container\":\"c0ffee12\"}},\"scope\":\"local\",\"time\":1}",
			   0, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filters *parsed = filters(cases[i].text, filters_events);

		if (filters_match_event(parsed, event) != cases[i].want)
			fail_msg("%s", cases[i].text);
		filters_free(parsed);
	}
	json_decref(event);
}

static void an_action_is_found_by_what_stands_before_its_colon(void **state)
{
	json_t *event = json_loads("{\"Type\":\"container\",\"Action\":\"exec: sh\"}", 0, NULL);
	struct filters *parsed = filters("{\"event\":[\"exec\"]}", filters_events);

	(void)state;
	assert_true(filters_match_event(parsed, event));
	filters_free(parsed);
	json_decref(event);
}

static void an_event_of_no_known_shape_harms_nobody(void **state)
{
	static const char *const events[] = { "{}", "{\"Type\":7,\"Actor\":[]}",
					      "{\"Actor\":{\"Attributes\":7}}" };
	struct filters *parsed =
		filters("{\"type\":[\"network\"],\"network\":[\"x\"],\"label\":[\"a=b\"],"
			"\"event\":[\"x\"],\"scope\":[\"local\"]}",
			filters_events);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		json_t *event = json_loads(events[i], 0, NULL);

		assert_false(filters_match_event(parsed, event));
		json_decref(event);
	}
	filters_free(parsed);
}

/* Of a swarm's objects. */
static void what_is_said_of_an_object_passes_its_filters(void **state)
{
	static const struct {
		const char *filters;
		bool passes;
	} cases[] = {
		{ "{}", true },
		{ "{\"name\":[\"we\"]}", true },
		{ "{\"name\":[\"eb\"]}", false },
		{ "{\"id\":[\"x\",\"12\"]}", true },
		{ "{\"service\":[\"web\"]}", true },
		{ "{\"service\":[\"34\"]}", true },
		{ "{\"service\":[\"we\"]}", false },
		{ "{\"name\":[\"web\"],\"node\":[\"n\"]}", false },
		{ "{\"label\":[\"a=b\"]}", false },
	};
	json_t *facts = json_loads("{\"id\":\"123\",\"name\":\"web\",\"service\":[\"web\",\"34\"],"
				   "\"node\":\"m\",\"runtime\":7}",
				   0, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filters *parsed = filters(cases[i].filters, filters_task_list);

		if (filters_match_facts(parsed, facts) != cases[i].passes)
			fail_msg("%s", cases[i].filters);
		filters_free(parsed);
	}
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_is_no_filter),
		cmocka_unit_test(what_is_no_filter_is_refused),
		cmocka_unit_test(values_with_a_syntax_are_checked),
		cmocka_unit_test(networks_pass_their_filters),
		cmocka_unit_test(pruning_filters_by_age_and_missing_labels),
		cmocka_unit_test(containers_pass_their_filters),
		cmocka_unit_test(events_pass_their_filters),
		cmocka_unit_test(an_action_is_found_by_what_stands_before_its_colon),
		cmocka_unit_test(an_event_of_no_known_shape_harms_nobody),
		cmocka_unit_test(what_is_said_of_an_object_passes_its_filters),
	};

	return cmocka_run_group_tests_name("filters", tests, make_networks, free_networks);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_steps_json.c - steps of a decision as JSON and in words; what a program does before it asks
#include "api/handlers/steps_json.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[DNS_STEPS_HEAD + DNS_STEPS_BYTES_MAX];

static struct dns_steps_reader list_of(const struct dns_step *step)
{
	struct wire wire = wire_writer(bytes, sizeof(bytes));
	static struct dns_steps steps;
	struct dns_steps_reader reader;
	const uint8_t *answer;
	size_t len;

	dns_steps_init(&steps, 0);
	steps.now_ns = 1500000;
	dns_steps_add(&steps, step);
	dns_steps_put(&wire, &steps);
	assert_int_equal(dns_steps_open(&reader, bytes, wire.pos, &answer, &len), 0);
	return reader;
}

static void expect(const struct dns_step *step, const char *want)
{
	struct dns_steps_reader reader = list_of(step);
	int err = -1;
	json_auto_t *steps = steps_json(&reader, &err);
	_cleanup_free_ char *text = json_dumps(steps, JSON_COMPACT);

	assert_int_equal(err, 0);
	assert_string_equal(text, want);
}

static const struct addr server = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } };

static void a_step_says_what_it_is_about(void **state)
{
	(void)state;
	expect(
		&(struct dns_step) {
			.kind = DNS_STEP_HAS, .name = "web", .other = "blue", .value = 2 },
		"[{\"Step\":\"in-network\",\"Microseconds\":1500,\"Text\":\"network blue has web\","
		"\"Name\":\"web\",\"Network\":\"blue\",\"Addresses\":2}]");
	expect(&(struct dns_step) { .kind = DNS_STEP_VIEW, .name = "app", .value = 1 },
	       "[{\"Step\":\"view\",\"Microseconds\":1500,\"Text\":\"app asks, which sees 1 "
	       "network\",\"Container\":\"app\",\"Networks\":1}]");
	expect(&(struct dns_step) { .kind = DNS_STEP_VIEW, .value = 3 },
	       "[{\"Step\":\"view\",\"Microseconds\":1500,\"Text\":\"the host asks, which sees "
	       "every network\",\"Networks\":3}]");
	expect(&(struct dns_step) { .kind = DNS_STEP_NO_RECORD, .value = 28 },
	       "[{\"Step\":\"no-record\",\"Microseconds\":1500,\"Text\":\"it has no record of "
	       "type AAAA\",\"Type\":\"AAAA\"}]");
}

static void a_server_is_named_with_its_port_where_it_has_another(void **state)
{
	(void)state;
	expect(&(struct dns_step) { .kind = DNS_STEP_ASK_FIRST, .addr = server, .port = 53 },
	       "[{\"Step\":\"ask-first\",\"Microseconds\":1500,\"Text\":\"192.0.2.1 is asked\","
	       "\"Address\":\"192.0.2.1\",\"Port\":53}]");
	expect(
		&(struct dns_step) {
			.kind = DNS_STEP_REFUSED, .addr = server, .port = 5353, .value = 5 },
		"[{\"Step\":\"refused\",\"Microseconds\":1500,\"Text\":\"192.0.2.1 port 5353 said "
		"REFUSED, and is not asked again\",\"Address\":\"192.0.2.1\",\"Port\":5353,"
		"\"Code\":\"REFUSED\"}]");
	expect(&(struct dns_step) { .kind = DNS_STEP_FAILED,
				    .addr = server,
				    .port = 53,
				    .value = ECONNREFUSED },
	       "[{\"Step\":\"failed\",\"Microseconds\":1500,\"Text\":\"192.0.2.1: Connection "
	       "refused\",\"Address\":\"192.0.2.1\",\"Port\":53,\"Errno\":111}]");
}

static void every_kind_has_words(void **state)
{
	(void)state;
	for (unsigned kind = 1; kind < DNS_STEP_N_KINDS; kind++) {
		struct dns_steps_reader reader = list_of(&(struct dns_step) {
			.kind = kind, .name = "n", .other = "o", .addr = server, .value = 3 });
		int err;
		json_auto_t *steps = steps_json(&reader, &err);
		const json_t *step = json_array_get(steps, 0);
		const char *code = json_string_value(json_object_get(step, "Step"));
		const char *text = json_string_value(json_object_get(step, "Text"));

		assert_non_null(code);
		assert_non_null(text);
		assert_true(strlen(text) > 10);
		assert_null(strchr(text, '%'));
	}
}

static void what_does_not_print_is_escaped(void **state)
{
	(void)state;
	expect(&(struct dns_step) { .kind = DNS_STEP_ZONE, .name = "a\x1b[0m\xff\\" },
	       "[{\"Step\":\"zone\",\"Microseconds\":1500,\"Text\":\"a\\\\027[0m\\\\255\\\\\\\\ "
	       "is answered by netd alone: what it does not know there is not there\",\"Zone\":"
	       "\"a\\\\027[0m\\\\255\\\\\\\\\"}]");
}

static void a_list_that_is_none_is_no_json(void **state)
{
	struct dns_steps_reader reader = list_of(&(struct dns_step) { .kind = DNS_STEP_ONE });
	int err = 0;

	(void)state;
	bytes[DNS_STEPS_HEAD] = DNS_STEP_N_KINDS;
	assert_null(steps_json(&reader, &err));
	assert_int_equal(err, -EBADMSG);
}

static void program(const char *conf, const char *hosts, const char *name, const char *want)
{
	json_auto_t *json = steps_json_program(conf, hosts, name);
	_cleanup_free_ char *text = json_dumps(json, JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, want);
}

static void a_program_goes_through_the_search_list(void **state)
{
	static const char conf[] = "nameserver 127.0.0.11\nsearch netd.internal corp.test\n"
				   "options edns0 ndots:1\n";

	(void)state;
	program(conf, "", "web",
		"{\"Hosts\":[],\"Search\":[\"web.netd.internal\",\"web.corp.test\",\"web\"]}");
	program(conf, "", "web.blue",
		"{\"Hosts\":[],\"Search\":[\"web.blue\",\"web.blue.netd.internal\","
		"\"web.blue.corp.test\"]}");
	program(conf, "", "web.", "{\"Hosts\":[],\"Search\":[\"web.\"]}");
	program("options ndots:0\n", "", "web", "{\"Hosts\":[],\"Search\":[\"web\"]}");
	program("search a\noptions ndots:0\n", "", "web",
		"{\"Hosts\":[],\"Search\":[\"web\",\"web.a\"]}");
	program("search a.test\nsearch b.test", "", "web",
		"{\"Hosts\":[],\"Search\":[\"web.b.test\",\"web\"]}");
	program("", "", "web", "{\"Hosts\":[],\"Search\":[\"web\"]}");
}

static void a_program_looks_into_its_file_first(void **state)
{
	static const char hosts[] = "127.0.0.1\tlocalhost\n10.0.0.2\tshop.test SHOP # web\n"
				    "fd00::2 shop\n\n# 10.0.0.9 shop\n10.0.0.3 shopping";

	(void)state;
	program("", hosts, "shop", "{\"Hosts\":[\"10.0.0.2\",\"fd00::2\"],\"Search\":[\"shop\"]}");
	program("", hosts, "web", "{\"Hosts\":[],\"Search\":[\"web\"]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_says_what_it_is_about),
		cmocka_unit_test(a_server_is_named_with_its_port_where_it_has_another),
		cmocka_unit_test(every_kind_has_words),
		cmocka_unit_test(what_does_not_print_is_escaped),
		cmocka_unit_test(a_list_that_is_none_is_no_json),
		cmocka_unit_test(a_program_goes_through_the_search_list),
		cmocka_unit_test(a_program_looks_into_its_file_first),
	};

	return cmocka_run_group_tests_name("steps_json", tests, NULL, NULL);
}

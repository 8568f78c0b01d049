// SPDX-License-Identifier: GPL-2.0-or-later
// test_traffic.c - what went through containers' interfaces, in the container's own direction
#include "cli/show/traffic.h"

#include "cli/line/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID_A "a1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "b2bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* web is on two networks, a1 on one that it shares with the host. */
#define SNAPSHOT(bytes)                                                                            \
	"{\"Networks\":[{\"Id\":\"n1\",\"Name\":\"front\"},{\"Id\":\"n2\",\"Name\":\"back\"},"     \
	"{\"Id\":\"n3\",\"Name\":\"host\"}],\"Ends\":["                                            \
	"{\"Id\":\"" ID_B "\",\"Name\":\"web\",\"Endpoints\":["                                    \
	"{\"Network\":\"n1\",\"HostIndex\":11},"                                                   \
	"{\"Network\":\"n2\",\"HostIndex\":12}]},"                                                 \
	"{\"Id\":\"" ID_A "\",\"Name\":\"b2\",\"Endpoints\":["                                     \
	"{\"Network\":\"n3\",\"HostIndex\":0}]}],"                                                 \
	"\"Traffic\":[{\"Index\":1,\"Received\":{\"Bytes\":1},\"Sent\":{\"Bytes\":1}},"            \
	"{\"Index\":11,\"Received\":{\"Bytes\":" bytes ",\"Packets\":3,\"Dropped\":1},"            \
	"\"Sent\":{\"Bytes\":100,\"Packets\":2,\"Dropped\":4}},"                                   \
	"{\"Index\":12,\"Received\":{\"Bytes\":20,\"Packets\":1,\"Dropped\":0},"                   \
	"\"Sent\":{\"Bytes\":7,\"Packets\":1,\"Dropped\":0}}],"                                    \
	"\"Dns\":{\"Containers\":[{\"Id\":\"" ID_B "\",\"Queries\":12,\"Failed\":3}]}}"

static int read_text(const char *text, bool by_network, double at_s, struct traffic *traffic,
		     struct error *error)
{
	return traffic_read(text, strlen(text), by_network, at_s, traffic, error);
}

static struct traffic read_well(const char *text, bool by_network, double at_s)
{
	struct traffic traffic = { 0 };
	struct error error = { 0 };

	assert_int_equal(read_text(text, by_network, at_s, &traffic, &error), 0);
	return traffic;
}

static void questions_are_a_containers_and_not_its_networks(void **state)
{
	struct traffic traffic = read_well(SNAPSHOT("1000"), false, 1.);
	json_t *json;

	(void)state;
	assert_true(traffic.rows[0].has_asked);
	assert_int_equal(traffic.rows[0].n_queries, 12);
	assert_int_equal(traffic.rows[0].n_failed, 3);
	json = traffic_json(&traffic.rows[0], false);
	assert_int_equal(json_integer_value(json_object_get(json, "Queries")), 12);
	assert_int_equal(json_integer_value(json_object_get(json, "QueriesFailed")), 3);
	json_decref(json);
	/* Nobody counts them for one on the host's network. */
	json = traffic_json(&traffic.rows[1], false);
	assert_true(json_is_null(json_object_get(json, "Queries")));
	json_decref(json);
	traffic_done(&traffic);
	traffic = read_well(SNAPSHOT("1000"), true, 1.);
	for (size_t i = 0; i < traffic.n; i++)
		assert_false(traffic.rows[i].has_asked);
	traffic_done(&traffic);
}

static void what_the_host_end_received_the_container_has_sent(void **state)
{
	struct traffic traffic = read_well(SNAPSHOT("1000"), false, 1.);

	(void)state;
	assert_int_equal(traffic.n, 2);
	assert_string_equal(traffic.rows[0].name, "web");
	assert_string_equal(traffic.rows[0].networks, "front,back");
	assert_true(traffic.rows[0].is_counted);
	assert_int_equal(traffic.rows[0].sent.bytes, 1020);
	assert_int_equal(traffic.rows[0].sent.packets, 4);
	assert_int_equal(traffic.rows[0].sent.dropped, 1);
	assert_int_equal(traffic.rows[0].received.bytes, 107);
	assert_int_equal(traffic.rows[0].received.dropped, 4);
	assert_string_equal(traffic.rows[1].networks, "host");
	assert_false(traffic.rows[1].is_counted);
	traffic_done(&traffic);
}

static void each_network_has_a_row_where_that_is_wanted(void **state)
{
	struct traffic traffic = read_well(SNAPSHOT("1000"), true, 1.);

	(void)state;
	assert_int_equal(traffic.n, 3);
	assert_string_equal(traffic.rows[0].networks, "front");
	assert_int_equal(traffic.rows[0].sent.bytes, 1000);
	assert_string_equal(traffic.rows[1].networks, "back");
	assert_int_equal(traffic.rows[1].sent.bytes, 20);
	traffic_done(&traffic);
}

static void rates_are_of_the_time_between_two_looks(void **state)
{
	struct traffic before = read_well(SNAPSHOT("1000"), false, 1.);
	struct traffic now = read_well(SNAPSHOT("3000"), false, 1.5);
	struct traffic smaller = read_well(SNAPSHOT("999"), false, 2.);

	(void)state;
	traffic_rate(&now, &before);
	assert_string_equal(now.rows[0].name, "b2"); /* in the order of names by then */
	assert_false(now.rows[0].has_rate);
	assert_true(now.rows[1].has_rate);
	assert_int_equal((int)now.rows[1].sent.bytes_per_s, 4000);
	assert_int_equal((int)now.rows[1].received.bytes_per_s, 0);
	/* counters that became less are another interface's */
	traffic_rate(&smaller, &now);
	assert_false(smaller.rows[1].has_rate);
	/* and nothing went through in no time */
	now.rows[1].has_rate = false;
	before.at_s = now.at_s;
	traffic_rate(&now, &before);
	assert_false(now.rows[1].has_rate);
	traffic_done(&before);
	traffic_done(&now);
	traffic_done(&smaller);
}

static void rows_are_sorted_by_name_or_by_rate(void **state)
{
	struct traffic_row rows[] = {
		{ .name = (char *)"c10", .id = (char *)"1", .networks = (char *)"" },
		{ .name = (char *)"c9",
		  .id = (char *)"2",
		  .networks = (char *)"",
		  .has_rate = true,
		  .sent.bytes_per_s = 1. },
		{ .name = (char *)"a",
		  .id = (char *)"3",
		  .networks = (char *)"",
		  .has_rate = true,
		  .received.bytes_per_s = 5. },
	};
	struct traffic traffic = { .rows = rows, .n = 3 };

	(void)state;
	traffic_sort(&traffic, TRAFFIC_BY_NAME);
	assert_string_equal(rows[0].name, "a");
	assert_string_equal(rows[1].name, "c9");
	assert_string_equal(rows[2].name, "c10");
	rows[1].sent.bytes_per_s = 6.;
	traffic_sort(&traffic, TRAFFIC_BY_RATE);
	assert_string_equal(rows[0].name, "c9");
	assert_string_equal(rows[1].name, "a");
	assert_string_equal(rows[2].name, "c10"); /* without a rate comes last */
}

static void expect_chosen(const char *name, const char *want)
{
	struct traffic traffic = read_well(SNAPSHOT("1"), false, 1.);
	char *names[] = { (char *)name };
	struct error error = { 0 };
	int err = traffic_choose(&traffic, names, 1, &error);

	if (want) {
		assert_int_equal(err, 0);
		assert_int_equal(traffic.n, 1);
		assert_string_equal(traffic.rows[0].name, want);
	} else {
		assert_int_equal(error.kind, ERROR_NOT_FOUND);
		assert_int_equal(traffic.n, 2); /* nothing was thrown away */
	}
	traffic_done(&traffic);
}

static void containers_are_chosen_as_the_api_takes_references(void **state)
{
	(void)state;
	expect_chosen("web", "web");
	expect_chosen(ID_A, "b2");
	expect_chosen("a1aa", "b2");
	expect_chosen("b2", "b2"); /* the name, and not the id of web that begins so */
	expect_chosen("b2b", "web");
	expect_chosen("we", NULL);
	expect_chosen("", NULL);
}

static void a_snapshot_without_counters_says_why(void **state)
{
	struct traffic traffic = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_not_equal(
		read_text("{\"Ends\":[],\"Traffic\":null,\"Missing\":[{\"Part\":\"Traffic\","
			  "\"Why\":\"no reader\"}]}",
			  false, 1., &traffic, &error),
		0);
	assert_string_equal(error.text, "the counters of interfaces could not be read: no reader");
	assert_int_not_equal(read_text("{}", false, 1., &traffic, &error), 0);
	assert_string_equal(error.text, "netd's answer is not understood");
}

static void what_is_not_counted_is_null(void **state)
{
	struct traffic traffic = read_well(SNAPSHOT("1000"), false, 1.);
	json_t *web = traffic_json(&traffic.rows[0], false);
	json_t *other = traffic_json(&traffic.rows[1], true);

	(void)state;
	assert_string_equal(cli_str(web, "ID"), "b2bbbbbbbbbb");
	assert_string_equal(cli_str(web, "NetIO"), "107B / 1.02kB");
	assert_int_equal(json_integer_value(json_object_get(web, "SentBytes")), 1020);
	assert_true(json_is_null(json_object_get(web, "SentBytesPerSecond")));
	assert_string_equal(cli_str(other, "ID"), ID_A);
	assert_string_equal(cli_str(other, "NetIO"), "--");
	assert_true(json_is_null(json_object_get(other, "ReceivedDropped")));
	json_decref(web);
	json_decref(other);
	traffic_done(&traffic);
}

static void sizes_have_three_digits(void **state)
{
	static const struct {
		double bytes;
		const char *want;
	} cases[] = {
		{ 0., "0B" },	       { 999., "999B" },	   { 999.4, "999B" },
		{ 999.5, "1.00kB" },   { 1234., "1.23kB" },	   { 9994., "9.99kB" },
		{ 9996., "10.0kB" },   { 99960., "100kB" },	   { 999499., "999kB" },
		{ 999500., "1.00MB" }, { 1.8446744e19, "18.4EB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TRAFFIC_SIZE_LEN];

		traffic_size(cases[i].bytes, text);
		assert_string_equal(text, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_host_end_received_the_container_has_sent),
		cmocka_unit_test(questions_are_a_containers_and_not_its_networks),
		cmocka_unit_test(each_network_has_a_row_where_that_is_wanted),
		cmocka_unit_test(rates_are_of_the_time_between_two_looks),
		cmocka_unit_test(rows_are_sorted_by_name_or_by_rate),
		cmocka_unit_test(containers_are_chosen_as_the_api_takes_references),
		cmocka_unit_test(a_snapshot_without_counters_says_why),
		cmocka_unit_test(what_is_not_counted_is_null),
		cmocka_unit_test(sizes_have_three_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

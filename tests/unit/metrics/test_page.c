// SPDX-License-Identifier: GPL-2.0-or-later
// test_page.c - a snapshot as a page of metrics
#include "metrics/page.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINK(index, received, sent)                                                                \
	"{\"Index\":" index ",\"Received\":{\"Packets\":" received "1,\"Bytes\":" received         \
	"2,\"Errors\":9,\"Dropped\":" received "3},\"Sent\":{\"Packets\":" sent                    \
	"1,\"Bytes\":" sent "2,\"Errors\":9,\"Dropped\":" sent "3}}"

static const char whole[] =
	"{\"Daemon\":{\"Version\":\"1.2\",\"Networks\":4,\"Containers\":2,\"Guard\":"
	"{\"Healed\":{\"Rules\":{\"Count\":5},\"Resolver\":{\"Count\":6}},"
	"\"Refused\":{\"Calls\":{\"Count\":7}}}},"
	"\"Networks\":[{\"Id\":\"n2\",\"Name\":\"green\"},{\"Id\":\"n1\",\"Name\":\"blue\"}],"
	"\"Ends\":[{\"Name\":\"web\",\"Endpoints\":["
	"{\"Network\":\"n1\",\"Ip\":\"10.0.0.2\",\"Ip6\":null,\"HostIndex\":7},"
	"{\"Network\":\"n2\",\"Ip\":\"10.1.0.2\",\"Ip6\":\"fd00::2\",\"HostIndex\":10}]},"
	"{\"Name\":\"new\",\"Endpoints\":[{\"Network\":\"n1\",\"Ip\":\"10.0.0.3\",\"Ip6\":null,"
	"\"HostIndex\":0}]}],"
	"\"Ports\":[{\"Count\":10},{\"Count\":1}],"
	"\"Resolver\":{\"Pid\":1,\"Counters\":{\"Queries\":20,\"Local\":12,\"Cached\":8}},"
	"\"Traffic\":[" LINK("7", "1", "2") "," LINK("10", "3", "4") "," LINK("1", "5", "6") "]}";

/* The page of a snapshot, which is of its exact size: one byte too far is seen. */
static char *page_of(const char *snapshot, enum page_format format)
{
	size_t len = strlen(snapshot);
	char *exact = malloc(len ? len : 1);
	struct error error = { 0 };
	struct buf out = { 0 };

	assert_non_null(exact);
	memcpy(exact, snapshot, len);
	assert_int_equal(
		page_write(&(struct page_source) { .snapshot = exact, .len = len, .took_us = 1500 },
			   format, &out, &error),
		0);
	free(exact);
	return out.data;
}

static void says(const char *snapshot, enum page_format format, const char *lines)
{
	char *page = page_of(snapshot, format);

	if (!strstr(page, lines))
		fail_msg("no \"%s\" in:\n%s", lines, page);
	free(page);
}

static void is_silent_on(const char *snapshot, const char *words)
{
	char *page = page_of(snapshot, PAGE_OPENMETRICS);

	if (strstr(page, words))
		fail_msg("\"%s\" is in:\n%s", words, page);
	free(page);
}

static void a_family_is_written_in_the_words_of_its_format(void **state)
{
	(void)state;
	says(whole, PAGE_OPENMETRICS,
	     "# HELP netd_build The release of netd that is running.\n"
	     "# TYPE netd_build info\nnetd_build_info{version=\"1.2\"} 1\n");
	says(whole, PAGE_TEXT,
	     "# HELP netd_build_info The release of netd that is running.\n"
	     "# TYPE netd_build_info gauge\nnetd_build_info{version=\"1.2\"} 1\n");
	says(whole, PAGE_OPENMETRICS, "# TYPE netd_networks gauge\nnetd_networks 4\n");
	says(whole, PAGE_OPENMETRICS,
	     "# TYPE netd_repairs counter\n"
	     "netd_repairs_total{what=\"rules\"} 5\n");
	says(whole, PAGE_TEXT,
	     "# TYPE netd_repairs_total counter\n"
	     "netd_repairs_total{what=\"rules\"} 5\n");
	says(whole, PAGE_OPENMETRICS,
	     "# TYPE netd_scrape_duration_seconds gauge\n"
	     "# UNIT netd_scrape_duration_seconds seconds\n"
	     "netd_scrape_duration_seconds 0.001500\n# EOF\n");
	says(whole, PAGE_OPENMETRICS, "netd_refusals_total{code=\"calls\"} 7\n");
	says(whole, PAGE_OPENMETRICS, "netd_resolver_restarts_total 6\n");
	says(whole, PAGE_OPENMETRICS, "netd_published_ports 11\n");
	says(whole, PAGE_OPENMETRICS, "netd_resolver_up 1\n");
}

static const char busy[] =
	"{\"Daemon\":{\"Operations\":[{\"Operation\":\"attach\",\"Done\":3,\"Refused\":1,"
	"\"Failed\":0,"
	"\"Took\":{\"Count\":4,\"SumMicroseconds\":2500,\"BoundsMicroseconds\":[50,2000000],"
	"\"Counts\":[1,2,1]}},{\"Operation\":\"x\\\"y\",\"Done\":1}],"
	"\"Processes\":[{\"Name\":\"netd\",\"CpuMicroseconds\":1500000,\"ResidentBytes\":4096,"
	"\"StartedMilliseconds\":1700000000123},{\"Name\":\"resolver\",\"OpenDescriptors\":7}]},"
	"\"Conntrack\":{\"Entries\":5,\"Limit\":100,\"InsertFailed\":2},"
	"\"Dns\":{\"Sources\":[{\"Source\":\"local\",\"Codes\":{\"NOERROR\":12,\"NXDOMAIN\":3,"
	"\"SERVFAIL\":0,\"none\":1},\"Took\":{\"SumMicroseconds\":3,\"BoundsMicroseconds\":[50,"
	"1000],"
	"\"Counts\":[15,0,0]}},{\"Source\":\"none\",\"Codes\":{\"NOERROR\":0},\"Took\":{}}],"
	"\"Upstreams\":[{\"Address\":\"10.0.0.53\",\"Port\":53,\"Up\":true,\"Failures\":0},"
	"{\"Address\":\"fd00::1\",\"Port\":5353,\"Up\":false,\"Failures\":9}]}}";

static void questions_are_told_by_source_and_code(void **state)
{
	(void)state;
	says(busy, PAGE_OPENMETRICS,
	     "# TYPE netd_dns_queries counter\n"
	     "netd_dns_queries_total{source=\"local\",code=\"NOERROR\"} 12\n"
	     "netd_dns_queries_total{source=\"local\",code=\"NXDOMAIN\"} 3\n"
	     "netd_dns_queries_total{source=\"local\",code=\"none\"} 1\n"
	     "netd_dns_queries_total{source=\"none\",code=\"NOERROR\"} 0\n"
	     "# HELP");
	says(busy, PAGE_OPENMETRICS,
	     "# TYPE netd_dns_query_duration_seconds histogram\n"
	     "# UNIT netd_dns_query_duration_seconds seconds\n"
	     "netd_dns_query_duration_seconds_bucket{source=\"local\",le=\"0.00005\"} 15\n"
	     "netd_dns_query_duration_seconds_bucket{source=\"local\",le=\"0.001\"} 15\n"
	     "netd_dns_query_duration_seconds_bucket{source=\"local\",le=\"+Inf\"} 15\n"
	     "netd_dns_query_duration_seconds_count{source=\"local\"} 15\n"
	     "netd_dns_query_duration_seconds_sum{source=\"local\"} 0.000003\n"
	     "# HELP");
	says(busy, PAGE_OPENMETRICS,
	     "netd_dns_upstream_up{upstream=\"10.0.0.53\"} 1\n"
	     "netd_dns_upstream_up{upstream=\"[fd00::1]:5353\"} 0\n");
	says(busy, PAGE_OPENMETRICS,
	     "netd_dns_upstream_failures_total{upstream=\"10.0.0.53\"} 0\n"
	     "netd_dns_upstream_failures_total{upstream=\"[fd00::1]:5353\"} 9\n");
}

static void operations_are_told_by_their_end(void **state)
{
	(void)state;
	says(busy, PAGE_OPENMETRICS,
	     "netd_operations_total{operation=\"attach\",outcome=\"done\"} 3\n"
	     "netd_operations_total{operation=\"attach\",outcome=\"refused\"} 1\n"
	     "netd_operations_total{operation=\"attach\",outcome=\"failed\"} 0\n"
	     "# HELP");
	says(busy, PAGE_TEXT,
	     "netd_operation_duration_seconds_bucket{operation=\"attach\",le=\"0.00005\"} 1\n"
	     "netd_operation_duration_seconds_bucket{operation=\"attach\",le=\"2.0\"} 3\n"
	     "netd_operation_duration_seconds_bucket{operation=\"attach\",le=\"+Inf\"} 4\n"
	     "netd_operation_duration_seconds_count{operation=\"attach\"} 4\n"
	     "netd_operation_duration_seconds_sum{operation=\"attach\"} 0.002500\n");
	is_silent_on(busy, "x\\\"y"); /* no word of netd's */
}

static void processes_and_connections_are_told(void **state)
{
	(void)state;
	says(busy, PAGE_OPENMETRICS,
	     "process_cpu_seconds_total{process=\"netd\"} 1.500000\n# HELP");
	says(busy, PAGE_OPENMETRICS, "process_resident_memory_bytes{process=\"netd\"} 4096\n");
	says(busy, PAGE_OPENMETRICS,
	     "process_start_time_seconds{process=\"netd\"} 1700000000.123000\n");
	says(busy, PAGE_OPENMETRICS, "process_open_fds{process=\"resolver\"} 7\n");
	says(busy, PAGE_OPENMETRICS,
	     "netd_conntrack_entries 5\n"
	     "# HELP netd_conntrack_limit ");
	says(busy, PAGE_OPENMETRICS, "netd_conntrack_insert_failed_total 2\n");
	is_silent_on(busy, "netd_conntrack_early_dropped"); /* nobody said it */
}

static void what_doctor_finds_is_told_by_code(void **state)
{
	static const char report[] = "{\"Verdict\":\"ill\",\"Findings\":[{\"Code\":\"rules-"
				     "policy\",\"Places\":[\"a\",\"b\"],"
				     "\"MorePlaces\":3},{\"Code\":\"x "
				     "y\",\"Places\":[\"a\"]},{\"Code\":\"link-down\",\"Places\":"
				     "[\"c\"],\"MorePlaces\":0},{\"Code\":\"rules-policy\","
				     "\"Places\":[\"d\"],\"MorePlaces\":0}]}\n";
	static const char undecided[] = "{\"Verdict\":\"undecided\",\"Findings\":[]}\n";
	struct page_source source = { .snapshot = whole,
				      .len = strlen(whole),
				      .report = report,
				      .report_len = strlen(report) };
	struct buf out = { 0 };
	struct error error;

	(void)state;
	assert_int_equal(page_write(&source, PAGE_OPENMETRICS, &out, &error), 0);
	assert_non_null(strstr(out.data, "# TYPE netd_well gauge\nnetd_well 0\n"));
	assert_non_null(strstr(out.data, "# TYPE netd_findings gauge\n"
					 "netd_findings{code=\"rules-policy\"} 6\n"
					 "netd_findings{code=\"link-down\"} 1\n# HELP"));
	buf_done(&out);
	source.report = undecided;
	source.report_len = strlen(undecided);
	assert_int_equal(page_write(&source, PAGE_OPENMETRICS, &out, &error), 0);
	assert_null(strstr(out.data, "netd_well"));
	assert_null(strstr(out.data, "netd_findings"));
	buf_done(&out);
	source.report_len--; /* cut */
	source.report_len -= 5;
	assert_int_equal(page_write(&source, PAGE_OPENMETRICS, &out, &error), 0);
	assert_null(strstr(out.data, "netd_well"));
	buf_done(&out);
}

static void the_older_format_has_neither_units_nor_an_end(void **state)
{
	char *page = page_of(whole, PAGE_TEXT);

	(void)state;
	assert_null(strstr(page, "# UNIT"));
	assert_null(strstr(page, "# EOF"));
	free(page);
}

static void traffic_is_in_the_containers_direction(void **state)
{
	(void)state;
	says(whole, PAGE_OPENMETRICS,
	     "# UNIT netd_container_network_receive_bytes bytes\n"
	     "netd_container_network_receive_bytes_total{container=\"web\",network=\"blue\"} 22\n"
	     "netd_container_network_receive_bytes_total{container=\"web\",network=\"green\"} 42\n"
	     "# HELP");
	says(whole, PAGE_OPENMETRICS,
	     "netd_container_network_transmit_packets_total{container=\"web\",network=\"blue\"} "
	     "11\n");
	says(whole, PAGE_OPENMETRICS,
	     "netd_container_network_transmit_dropped_packets_total{container=\"web\",network="
	     "\"green\"} 33\n");
	is_silent_on(whole, "container=\"new\""); /* it has no link */
}

static void addresses_are_counted_by_network(void **state)
{
	(void)state;
	says(whole, PAGE_TEXT,
	     "netd_network_addresses{network=\"blue\",family=\"ipv4\",state=\"used\"} 2\n"
	     "netd_network_addresses{network=\"blue\",family=\"ipv6\",state=\"used\"} 0\n"
	     "netd_network_addresses{network=\"green\",family=\"ipv4\",state=\"used\"} 1\n"
	     "netd_network_addresses{network=\"green\",family=\"ipv6\",state=\"used\"} 1\n");
}

static void what_is_not_known_is_not_zero(void **state)
{
	static const char nothing[] = "{\"Daemon\":null,\"Networks\":null,\"Ends\":null,"
				      "\"Ports\":null,\"Resolver\":null,\"Traffic\":null}";
	static const char no_links[] =
		"{\"Networks\":[{\"Id\":\"n\",\"Name\":\"n\"}],\"Ends\":[],\"Traffic\":null}";

	(void)state;
	says(nothing, PAGE_OPENMETRICS, "# TYPE netd_resolver_up gauge\nnetd_resolver_up 0\n");
	is_silent_on(nothing, "netd_dns");
	is_silent_on(nothing, "netd_container");
	is_silent_on(nothing, "netd_network");
	is_silent_on(nothing, "netd_published_ports");
	is_silent_on(nothing, "netd_build");
	is_silent_on(no_links, "netd_container_network");
	says(no_links, PAGE_OPENMETRICS, "netd_network_addresses{network=\"n\",");
}

static void a_label_is_escaped_and_a_long_one_is_cut_between_characters(void **state)
{
	char name[600], snapshot[1200], *page;

	(void)state;
	says("{\"Networks\":[{\"Id\":\"n\",\"Name\":\"a\\\"b\\\\c\\nd\"}],\"Ends\":[]}",
	     PAGE_OPENMETRICS, "{network=\"a\\\"b\\\\c\\nd\",family");
	memset(name, 'x', sizeof(name));
	/* 253 bytes are left of it, and the last of them would be half of this character. */
	memcpy(name + 252, "\xc3\xa4", 2);
	name[599] = '\0';
	(void)snprintf(snapshot, sizeof(snapshot),
		       "{\"Networks\":[{\"Id\":\"n\",\"Name\":\"%s\"}],\"Ends\":[]}", name);
	page = page_of(snapshot, PAGE_TEXT);
	assert_non_null(strstr(page, "x\",family"));
	assert_null(strstr(page, "\xc3"));
	free(page);
}

static void two_of_one_name_are_one_series(void **state)
{
#define TWIN(index) "{\"Name\":\"web\",\"Endpoints\":[{\"Network\":\"n\",\"HostIndex\":" index "}]}"
	(void)state;
	says("{\"Networks\":[{\"Id\":\"n\",\"Name\":\"n\"}],\"Ends\":[" TWIN("8") "," TWIN(
		     "9") "],\"Traffic\":[" LINK("8", "1", "2") "," LINK("9", "3", "4") "]}",
	     PAGE_OPENMETRICS,
	     "# UNIT netd_container_network_receive_bytes bytes\n"
	     "netd_container_network_receive_bytes_total{container=\"web\",network=\"n\"} 64\n#");
}

static void what_is_no_snapshot_is_refused(void **state)
{
	static const char *const texts[] = { "", "[]", "1", "{", "{}x" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error error = { 0 };
		struct buf out = { 0 };

		assert_int_equal(page_write(&(struct page_source) { .snapshot = texts[i],
								    .len = strlen(texts[i]) },
					    PAGE_TEXT, &out, &error),
				 -EINVAL);
		assert_non_null(strstr(error.text, "netd's snapshot is not understood"));
		assert_int_equal(out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_is_written_in_the_words_of_its_format),
		cmocka_unit_test(questions_are_told_by_source_and_code),
		cmocka_unit_test(operations_are_told_by_their_end),
		cmocka_unit_test(processes_and_connections_are_told),
		cmocka_unit_test(what_doctor_finds_is_told_by_code),
		cmocka_unit_test(the_older_format_has_neither_units_nor_an_end),
		cmocka_unit_test(traffic_is_in_the_containers_direction),
		cmocka_unit_test(addresses_are_counted_by_network),
		cmocka_unit_test(what_is_not_known_is_not_zero),
		cmocka_unit_test(a_label_is_escaped_and_a_long_one_is_cut_between_characters),
		cmocka_unit_test(two_of_one_name_are_one_series),
		cmocka_unit_test(what_is_no_snapshot_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_stats.c - what went through a container's interfaces, once or each second
#include "base/cleanup.h"
#include "tests/fake/world.h"
#include "tests/unit/api/rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A container on the bridge, through whose host end this went. */
static void attach(struct api_rig *rig)
{
	struct fake_link *link;
	const struct container *container;

	rig_done(rig->below, rig_attach(rig->below, "c1", rig->below->netns_a, ""));
	container = rig_container(rig->below, "c1");
	link = fake_link_named(fake_world->host, container->endpoints[0]->host_ifname);
	assert_non_null(link);
	link->received = (struct seen_traffic) { 1, 100, 0, 2 };
	link->sent = (struct seen_traffic) { 3, 300, 0, 4 };
}

static struct client follow(struct api_rig *rig, const char *path)
{
	_cleanup_free_ char *request = NULL;
	struct client client = client_open(rig);

	assert_true(asprintf(&request, "GET %s HTTP/1.1\r\nHost: d\r\n\r\n", path) > 0);
	client_puts(&client, request);
	return client;
}

static void what_the_host_end_sent_the_container_received(void **state)
{
	struct api_rig *rig = *state;

	attach(rig);
	rig_expect(rig, "GET", "/containers/c1/stats?stream=0", NULL, 200,
		   "\"networks\":{\"eth0\":{\"rx_bytes\":300,\"rx_packets\":3,\"rx_errors\":0,"
		   "\"rx_dropped\":4,\"tx_bytes\":100,\"tx_packets\":1,\"tx_errors\":0,"
		   "\"tx_dropped\":2}}}");
	rig_expect(rig, "GET", "/v1.41/containers/c1/stats?stream=false&one-shot=1", NULL, 200,
		   "\"name\":\"/c1\"");
	rig_expect(rig, "GET", "/containers/c2/stats", NULL, 404, "No such container: c2");
}

static void a_link_that_cannot_be_read_is_left_out(void **state)
{
	struct api_rig *rig = *state;

	attach(rig);
	fake_fail("links.counted_one", -ENOMEM);
	rig_expect(rig, "GET", "/containers/c1/stats?stream=0", NULL, 200, "\"networks\":{}}");
}

static void a_stream_begins_at_once_and_ends_with_its_container(void **state)
{
	struct api_rig *rig = *state;
	struct client client;

	attach(rig);
	client = follow(rig, "/containers/c1/stats");
	client_expect(&client, "\"preread\":\"0001-01-01T00:00:00Z\"");
	client_expect(&client, "}}}\n");
	client_expect(&client, "\"preread\":\"20"); /* the next says when this was */
	rig_done(rig->below, engine_detach(rig->below->engine, "c1", &rig->below->error));
	client_expect(&client, "\r\n0\r\n\r\n");
	client_close(&client);
}

static void a_client_that_goes_takes_its_stream_along(void **state)
{
	struct api_rig *rig = *state;
	struct client client;

	attach(rig);
	client = follow(rig, "/containers/c1/stats");
	client_expect(&client, "}}}\n");
	client_close(&client);
	for (int i = 0; i < 5; i++)
		rig_round(rig);
	/* the server, which counts its calls at the end, is content in the teardown */
	rig_expect(rig, "GET", "/_ping", NULL, 200, "OK");
}

#define STATS_TEST(test) cmocka_unit_test_setup_teardown(test, api_rig_setup, api_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATS_TEST(what_the_host_end_sent_the_container_received),
		STATS_TEST(a_link_that_cannot_be_read_is_left_out),
		STATS_TEST(a_stream_begins_at_once_and_ends_with_its_container),
		STATS_TEST(a_client_that_goes_takes_its_stream_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

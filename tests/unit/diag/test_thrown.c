// SPDX-License-Identifier: GPL-2.0-or-later
// test_thrown.c - numbers that only grow become what was dropped since, in names
#include "diag/thrown.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLD "{\"Told\":1,\"Uncounted\":0}\n"

static struct facts_endpoint endpoint = {
	.id = "0123456789abcdef", .network = "blue", .ifname = "eth0", .host_ifname = "nd1"
};
static struct facts_container container = {
	.name = "db", .netns = 200, .endpoints = &endpoint, .n_endpoints = 1
};
static char bridges[1][FACTS_IFNAME] = { "blue0" };
static struct facts_network network = { .name = "blue", .bridges = bridges, .n_bridges = 1 };
static struct facts facts = {
	.networks = &network, .n_networks = 1, .containers = &container, .n_containers = 1
};

static int tell(void *data, json_t *json)
{
	struct buf *out = data;

	assert_non_null(json);
	if (strstr(json_string_value(json_object_get(json, "Say")), "limit"))
		buf_printf(out, "%s: ", json_string_value(json_object_get(json, "Say")));
	buf_printf(out, "%s/%s/%s/%s/%lld/%lld%s\n",
		   json_is_null(json_object_get(json, "Container"))
			   ? "-"
			   : json_string_value(json_object_get(json, "Container")),
		   json_is_null(json_object_get(json, "Network"))
			   ? "-"
			   : json_string_value(json_object_get(json, "Network")),
		   json_string_value(json_object_get(json, "Where")),
		   json_string_value(json_object_get(json, "Reason")),
		   json_integer_value(json_object_get(json, "Packets")),
		   json_integer_value(json_object_get(json, "Total")),
		   json_object_get(json, "Decoy") ? "/decoy" : "");
	json_decref(json);
	return 0;
}

static void tells(struct thrown *thrown, const char *lines, const char *want)
{
	struct traced seen = { 0 };
	struct buf out = { 0 };
	size_t taken;

	assert_int_equal(traced_read(&seen, lines, strlen(lines), &taken), 0);
	assert_true(seen.has_told);
	assert_int_equal(thrown_take(thrown, &seen, tell, &out), 0);
	assert_string_equal(out.data ? out.data : "", want);
	buf_done(&out);
	traced_done(&seen);
}

#define DROP(n, netns, link, reason, function)                                                     \
	"{\"Dropped\":" #n ",\"Netns\":" #netns ",\"Link\":\"" link "\",\"Reason\":\"" reason      \
	"\",\"Function\":\"" function "\"}\n"

static void places_have_names(void **state)
{
	struct thrown thrown = { .facts = &facts, .host_netns = 100 };

	(void)state;
	tells(&thrown,
	      DROP(3, 200, "eth0", "NO_SOCKET", "udp_rcv") DROP(4, 100, "nd1", "TTL", "ip_forward")
		      DROP(5, 100, "blue0", "TTL", "ip_forward") DROP(6, 100, "up0", "TTL", "f")
			      DROP(7, 200, "", "NETFILTER_DROP", "f")
				      DROP(8, 300, "eth0", "TTL", "f") TOLD,
	      "-/blue/bridge/TTL/5/5\ndb/blue/port/TTL/4/4\n-/-/host/TTL/6/6\n"
	      "db/-/inside/NETFILTER_DROP/7/7\ndb/blue/inside/NO_SOCKET/3/3\n");
	assert_int_equal(thrown.n_told, 25);
	thrown_done(&thrown);
}

static void what_a_limit_of_bandwidth_drops_is_told_as_its_doing(void **state)
{
	struct thrown thrown = { .facts = &facts, .host_netns = 100, .is_members = true };

	(void)state;
	tells(&thrown,
	      DROP(1, 100, "nq0123456789ab", "QDISC_DROP", "f")
		      DROP(2, 100, "nd1", "QDISC_OVERLIMIT", "f") DROP(3, 100, "nd1", "TTL", "f")
			      DROP(4, 100, "nq1", "QDISC_DROP", "f")
				      DROP(5, 200, "eth0", "QDISC_DROP", "f") TOLD,
	      "the limit of what the container receives drops it: netd's, or a queue that somebody "
	      "put there: db/blue/port/QDISC_OVERLIMIT/2/2\n"
	      "db/blue/port/TTL/3/3\n"
	      "netd's limit of what the container sends drops it: db/blue/port/QDISC_DROP/1/1\n"
	      "db/blue/inside/QDISC_DROP/5/5\n");
	thrown_done(&thrown);
}

static void a_member_is_not_told_what_is_the_hosts_own(void **state)
{
	struct thrown thrown = { .facts = &facts, .host_netns = 100, .is_members = true };

	(void)state;
	tells(&thrown,
	      DROP(4, 100, "nd1", "TTL", "f") DROP(5, 100, "blue0", "TTL", "f")
		      DROP(6, 100, "up0", "TTL", "f") DROP(7, 100, "", "TTL", "f") TOLD,
	      "-/blue/bridge/TTL/5/5\ndb/blue/port/TTL/4/4\n");
	assert_int_equal(thrown.n_told, 9);
	thrown_done(&thrown);
}

static void only_what_has_grown_is_told(void **state)
{
	struct thrown thrown = { .facts = &facts, .host_netns = 100 };

	(void)state;
	tells(&thrown, DROP(3, 200, "eth0", "NO_SOCKET", "udp_rcv") TOLD,
	      "db/blue/inside/NO_SOCKET/3/3\n");
	tells(&thrown, DROP(3, 200, "eth0", "NO_SOCKET", "udp_rcv") TOLD, "");
	/* Two places of one function are one. */
	tells(&thrown,
	      DROP(4, 200, "eth0", "NO_SOCKET", "udp_rcv")
		      DROP(2, 200, "eth0", "NO_SOCKET", "udp_rcv") TOLD,
	      "db/blue/inside/NO_SOCKET/3/6\n");
	/* It was forgotten, and another has its namespace's number. */
	tells(&thrown, DROP(1, 200, "eth0", "NO_SOCKET", "udp_rcv") TOLD,
	      "db/blue/inside/NO_SOCKET/1/1\n");
	thrown_done(&thrown);
}

static void what_means_nothing_is_no_loss(void **state)
{
	struct thrown thrown = { .facts = &facts, .host_netns = 100, .only = "db" };

	(void)state;
	tells(&thrown,
	      DROP(9, 200, "eth0", "OTHERHOST", "ip_rcv_core") DROP(6, 100, "up0", "TTL", "f") TOLD,
	      "db/blue/inside/OTHERHOST/9/9/decoy\n");
	assert_int_equal(thrown.n_told, 0);
	assert_int_equal(thrown.n_left_out, 9);
	thrown_done(&thrown);
}

static void links_have_counters_of_their_own(void **state)
{
	static const char text[] =
		"Inter-|   Receive                                                |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    "
		"packets "
		"errs drop fifo colls carrier compressed\n"
		"    lo:     100       1    0    0    0     0          0         0      100       "
		"1  "
		"  0    0    0     0       0          0\n"
		"   nd1:     100       1    0    2    0     0          0         0      100       "
		"1  "
		"  0    5    0     0       0          0\n"
		"garbage: 1 2\n:::\n";
	struct thrown thrown = { .facts = &facts, .host_netns = 100 };
	struct traced seen = { 0 };
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(thrown_read_links(text, 100, &seen), 0);
	assert_int_equal(thrown_take(&thrown, &seen, tell, &out), 0);
	assert_string_equal(out.data, "db/blue/port//7/7\n");
	buf_done(&out);
	thrown_done(&thrown);
	traced_done(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_have_names),
		cmocka_unit_test(what_a_limit_of_bandwidth_drops_is_told_as_its_doing),
		cmocka_unit_test(a_member_is_not_told_what_is_the_hosts_own),
		cmocka_unit_test(only_what_has_grown_is_told),
		cmocka_unit_test(what_means_nothing_is_no_loss),
		cmocka_unit_test(links_have_counters_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

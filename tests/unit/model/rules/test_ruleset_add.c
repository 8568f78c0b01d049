// SPDX-License-Identifier: GPL-2.0-or-later
// test_ruleset_add.c - the bytes of the elements that networks and ports put into the table
#include "model/rules/ruleset.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
	struct addr parsed = { 0 };

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static struct prefix prefix(const char *text)
{
	struct prefix parsed = { 0 };

	assert_int_equal(prefix_parse(text, &parsed), 0);
	return parsed;
}

static struct network network(void)
{
	return (struct network) { .spec = { .name = "front",
					    .bridge = "br-front",
					    .kind = kind_find("bridge"),
					    .icc = true,
					    .masquerade = true,
					    .has[FAMILY_4] = true,
					    .has[FAMILY_6] = true,
					    .subnet[FAMILY_4].prefix = prefix("10.1.2.0/24"),
					    .subnet[FAMILY_6].prefix = prefix("fd00:1::/64") } };
}

/* The one element of a set; fails when there is none or more than one. */
static const struct ruleset_elem *only(const struct ruleset_elems *elems, enum ruleset_set set)
{
	const struct ruleset_elem *found = NULL;

	for (size_t i = 0; i < elems->n; i++) {
		if (elems->items[i].set != set)
			continue;
		assert_null(found);
		found = &elems->items[i];
	}
	assert_non_null(found);
	return found;
}

static size_t count(const struct ruleset_elems *elems, enum ruleset_set set)
{
	size_t n = 0;

	for (size_t i = 0; i < elems->n; i++)
		n += elems->items[i].set == set;
	return n;
}

/* bytes is a string literal: its NUL is not part of it. */
#define assert_key(elem, bytes)                                                                    \
	do {                                                                                       \
		assert_int_equal((elem)->key_len, sizeof(bytes) - 1);                              \
		assert_memory_equal((elem)->key, bytes, sizeof(bytes) - 1);                        \
	} while (0)
#define assert_data(elem, bytes)                                                                   \
	do {                                                                                       \
		assert_int_equal((elem)->data_len, sizeof(bytes) - 1);                             \
		assert_memory_equal((elem)->data, bytes, sizeof(bytes) - 1);                       \
	} while (0)

static void an_ordinary_network_is_closed_masqueraded_and_open_to_itself(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	ruleset_add_network(&elems, &net);
	assert_int_equal(elems.err, 0);
	assert_int_equal(elems.n, 8);
	assert_key(only(&elems, RULESET_BRIDGES), "br-front\0\0\0\0\0\0\0\0");
	assert_key(only(&elems, RULESET_SAME), "br-front\0\0\0\0\0\0\0\0"
					       "br-front\0\0\0\0\0\0\0\0");
	assert_key(only(&elems, RULESET_PAIRS), "br-front\0\0\0\0\0\0\0\0"
						"br-front\0\0\0\0\0\0\0\0");
	assert_int_equal(only(&elems, RULESET_PAIRS)->verdict, NF_ACCEPT);
	assert_key(only(&elems, RULESET_CLOSED4), "\x0a\x01\x02\x00");
	assert_memory_equal(only(&elems, RULESET_CLOSED4)->key_end, "\x0a\x01\x02\xff", 4);
	assert_key(only(&elems, RULESET_MASQ6), "\xfd\x00\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0");
	assert_memory_equal(only(&elems, RULESET_MASQ6)->key_end,
			    "\xfd\x00\x00\x01\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	for (size_t i = 0; i < elems.n; i++)
		assert_string_equal(elems.items[i].comment, "front");
	ruleset_elems_done(&elems);
}

static void a_routed_network_is_not_translated_and_open_where_it_publishes(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.gateway_mode[FAMILY_4] = GATEWAY_MODE_ROUTED;
	net.spec.gateway_mode[FAMILY_6] = GATEWAY_MODE_NAT_UNPROTECTED;
	ruleset_add_network(&elems, &net);
	assert_key(only(&elems, RULESET_ROUTED4), "\x0a\x01\x02\x00");
	assert_memory_equal(only(&elems, RULESET_ROUTED4)->key_end, "\x0a\x01\x02\xff", 4);
	assert_key(only(&elems, RULESET_UNPROTECTED6), "\xfd\x00\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0");
	assert_int_equal(count(&elems, RULESET_CLOSED4), 0);
	assert_int_equal(count(&elems, RULESET_CLOSED6), 0);
	assert_int_equal(count(&elems, RULESET_MASQ4), 0);
	assert_int_equal(count(&elems, RULESET_MASQ6), 1);
	ruleset_elems_done(&elems);
}

static void an_internal_network_lets_nobody_in_whatever_its_mode(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.internal = true;
	net.spec.gateway_mode[FAMILY_4] = GATEWAY_MODE_ROUTED;
	net.spec.gateway_mode[FAMILY_6] = GATEWAY_MODE_ISOLATED;
	net.spec.n_trusted = 1;
	memcpy(net.spec.trusted[0], "up0", 4);
	ruleset_add_network(&elems, &net);
	assert_int_equal(count(&elems, RULESET_CLOSED4), 1);
	assert_int_equal(count(&elems, RULESET_CLOSED6), 1);
	assert_int_equal(count(&elems, RULESET_ROUTED4), 0);
	assert_int_equal(count(&elems, RULESET_TRUSTED4), 0);
	ruleset_elems_done(&elems);
}

static void an_address_to_leave_with_takes_the_place_of_masquerading(void **state)
{
	char text[RULESET_ELEM_STR_MAX];
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.snat[FAMILY_4] = addr("192.0.2.7");
	ruleset_add_network(&elems, &net);
	assert_int_equal(count(&elems, RULESET_MASQ4), 0);
	assert_int_equal(count(&elems, RULESET_MASQ6), 1);
	assert_data(only(&elems, RULESET_SNAT4), "\xc0\x00\x02\x07");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SNAT4), text),
			    "snat4 { 10.1.2.0-10.1.2.255 : 192.0.2.7 }");
	ruleset_elems_done(&elems);
}

static void trusted_interfaces_stand_before_the_subnet(void **state)
{
	char text[RULESET_ELEM_STR_MAX];
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.n_trusted = 1;
	memcpy(net.spec.trusted[0], "up0", 4);
	ruleset_add_network(&elems, &net);
	assert_key(only(&elems, RULESET_TRUSTED4), "up0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\x01\x02\x00");
	assert_memory_equal(only(&elems, RULESET_TRUSTED4)->key_end,
			    "up0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\x01\x02\xff", 20);
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_TRUSTED6), text),
			    "trusted6 { up0 . fd00:1::-fd00:1::ffff:ffff:ffff:ffff }");
	ruleset_elems_done(&elems);
}

static void a_routed_port_opens_the_container_and_nothing_else(void **state)
{
	struct container container = { .spec = { .name = "web" } };
	struct port port = { .protocol = IPPROTO_TCP,
			     .host_addr = addr("10.1.2.3"),
			     .host_port = 80,
			     .container_port = 80,
			     .target = addr("10.1.2.3") };
	struct ruleset_elems elems = { 0 };

	(void)state;
	ruleset_add_port(&elems, &port, &container);
	assert_int_equal(elems.n, 1);
	assert_int_equal(count(&elems, RULESET_OPEN4), 1);
	ruleset_elems_done(&elems);
}

static void icc_off_makes_the_pair_a_drop(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.icc = false;
	ruleset_add_network(&elems, &net);
	assert_int_equal(only(&elems, RULESET_PAIRS)->verdict, NF_DROP);
	ruleset_elems_done(&elems);
}

static void an_internal_network_is_closed_and_never_masqueraded(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.internal = true;
	ruleset_add_network(&elems, &net);
	assert_key(only(&elems, RULESET_INTERNAL), "br-front\0\0\0\0\0\0\0\0");
	assert_int_equal(count(&elems, RULESET_CLOSED4) + count(&elems, RULESET_CLOSED6), 2);
	assert_int_equal(count(&elems, RULESET_MASQ4) + count(&elems, RULESET_MASQ6), 0);
	ruleset_elems_done(&elems);
}

static void a_network_without_masquerading_lets_replies_pass_the_raw_hook(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.masquerade = false;
	ruleset_add_network(&elems, &net);
	assert_int_equal(count(&elems, RULESET_CLOSED4) + count(&elems, RULESET_CLOSED6), 0);
	assert_int_equal(count(&elems, RULESET_MASQ4) + count(&elems, RULESET_MASQ6), 0);
	assert_int_equal(count(&elems, RULESET_BRIDGES), 1);
	ruleset_elems_done(&elems);
}

static void a_family_that_is_off_has_no_subnet(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.has[FAMILY_6] = false;
	ruleset_add_network(&elems, &net);
	assert_int_equal(count(&elems, RULESET_CLOSED6) + count(&elems, RULESET_MASQ6), 0);
	assert_int_equal(count(&elems, RULESET_CLOSED4), 1);
	ruleset_elems_done(&elems);
}

/* As often as a set has two names as its key, in this order. */
static int count_pair(const struct ruleset_elems *elems, enum ruleset_set set, const char *first,
		      const char *second)
{
	char key[32] = "";
	int n = 0;

	memcpy(key, first, strlen(first));
	memcpy(key + 16, second, strlen(second));
	for (size_t i = 0; i < elems->n; i++)
		n += elems->items[i].set == set && memcmp(elems->items[i].key, key, 32) == 0;
	return n;
}

static void add_segment(struct network *net, uint32_t number, const char *ifname)
{
	(void)snprintf(net->segments[number].ifname, sizeof(net->segments[number].ifname), "%s",
		       ifname);
	if (net->last_segment < number)
		net->last_segment = number;
}

static void segments_of_a_network_are_kin_each_with_each(void **state)
{
	static const char *const bridges[] = { "br-front", "br-1", "br-3" };
	struct ruleset_elems elems = { 0 };
	struct network net = network();

	(void)state;
	net.spec.icc = false;
	net.spec.internal = true;
	add_segment(&net, 1, "br-1");
	add_segment(&net, 3, "br-3"); /* numbers have gaps */
	ruleset_add_network(&elems, &net);
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(count_pair(&elems, RULESET_KIN, bridges[i], bridges[k]),
					 1);
			assert_int_equal(count_pair(&elems, RULESET_PAIRS, bridges[i], bridges[k]),
					 1);
			/* Frames are exchanged on one bridge alone. */
			assert_int_equal(count_pair(&elems, RULESET_SAME, bridges[i], bridges[k]),
					 i == k);
		}
	}
	assert_int_equal(count(&elems, RULESET_KIN), 9);
	for (size_t i = 0; i < elems.n; i++)
		assert_true(elems.items[i].set != RULESET_PAIRS ||
			    elems.items[i].verdict == NF_DROP);
	assert_int_equal(count(&elems, RULESET_BRIDGES), 3);
	assert_int_equal(count(&elems, RULESET_INTERNAL), 3);
	assert_int_equal(count(&elems, RULESET_CLOSED4), 1); /* by address: once for all */
	ruleset_elems_done(&elems);
}

/* What a segment adds is what the network has more of with it. */
static void a_segment_brings_what_its_network_lacks_without_it(void **state)
{
	struct ruleset_elems before = { 0 }, segment = { 0 }, after = { 0 };
	struct network net = network();

	(void)state;
	add_segment(&net, 1, "br-1");
	ruleset_add_network(&before, &net);
	add_segment(&net, 2, "br-2");
	ruleset_add_segment(&segment, &net, 2);
	ruleset_add_network(&after, &net);
	assert_int_equal(before.n + segment.n, after.n);
	for (size_t i = 0; i < segment.n; i++) {
		const struct ruleset_elem *elem = &segment.items[i];
		size_t n_before = 0, n_after = 0;

		for (size_t k = 0; k < before.n; k++)
			n_before += before.items[k].set == elem->set &&
				    memcmp(before.items[k].key, elem->key, elem->key_len) == 0;
		for (size_t k = 0; k < after.n; k++)
			n_after += after.items[k].set == elem->set &&
				   memcmp(after.items[k].key, elem->key, elem->key_len) == 0;
		assert_int_equal(n_before, 0);
		assert_int_equal(n_after, 1);
	}
	assert_int_equal(count_pair(&segment, RULESET_KIN, "br-front", "br-2"), 1);
	assert_int_equal(count_pair(&segment, RULESET_KIN, "br-2", "br-front"), 1);
	ruleset_elems_done(&before);
	ruleset_elems_done(&segment);
	ruleset_elems_done(&after);
}

/* A container with one endpoint on net. */
struct attached {
	struct endpoint endpoint, *list;
	struct container container;
};

static void attach(struct attached *attached, struct network *net)
{
	*attached = (struct attached) { .endpoint = { .network = net,
						      .ip[FAMILY_4] = addr("10.1.2.3"),
						      .ip[FAMILY_6] = addr("fd00:1::3") } };
	attached->list = &attached->endpoint;
	attached->container.endpoints = &attached->list;
	attached->container.n_endpoints = 1;
	strcpy(attached->container.spec.name, "web");
}

static void a_port_on_every_address_is_published_opened_and_reaches_itself(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();
	struct attached attached;
	struct port port = { IPPROTO_TCP, addr("0.0.0.0"), 8080, 80, addr("10.1.2.3"), false };

	(void)state;
	attach(&attached, &net);
	ruleset_add_port(&elems, &port, &attached.container);
	assert_int_equal(elems.n, 3);
	assert_key(only(&elems, RULESET_PUBLISH4), "\x06\0\0\0\x1f\x90\0\0");
	assert_data(only(&elems, RULESET_PUBLISH4), "\x0a\x01\x02\x03\0\x50\0\0");
	assert_key(only(&elems, RULESET_OPEN4), "\x0a\x01\x02\x03\x06\0\0\0\0\x50\0\0");
	assert_key(only(&elems, RULESET_SELF4), "\x0a\x01\x02\x03\x0a\x01\x02\x03");
	assert_string_equal(only(&elems, RULESET_OPEN4)->comment, "web");
	ruleset_elems_done(&elems);
}

static void a_port_on_one_address_goes_into_the_map_by_address(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();
	struct attached attached;
	struct port port = { IPPROTO_UDP, addr("2001:db8::1"), 53, 5353, addr("fd00:1::3"), false };

	(void)state;
	attach(&attached, &net);
	ruleset_add_port(&elems, &port, &attached.container);
	assert_int_equal(elems.n, 3);
	assert_key(only(&elems, RULESET_PUBLISH6_AT),
		   "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x11\0\0\0\0\x35\0\0");
	assert_data(only(&elems, RULESET_PUBLISH6_AT),
		    "\xfd\x00\x00\x01\0\0\0\0\0\0\0\0\0\0\0\x03\x14\xe9\0\0");
	assert_key(only(&elems, RULESET_OPEN6),
		   "\xfd\x00\x00\x01\0\0\0\0\0\0\0\0\0\0\0\x03\x11\0\0\0\x14\xe9\0\0");
	assert_int_equal(only(&elems, RULESET_SELF6)->key_len, 32);
	ruleset_elems_done(&elems);
}

static void what_only_the_relay_can_serve_gives_no_element(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();
	struct attached attached;
	struct port loopback6 = { IPPROTO_TCP, addr("::1"), 8080, 80, addr("fd00:1::3"), false };
	struct port crossed = { IPPROTO_TCP, addr("::"), 8080, 80, addr("10.1.2.3"), false };
	struct port nowhere = { IPPROTO_TCP, addr("0.0.0.0"), 8080, 80, { 0 }, false };

	(void)state;
	attach(&attached, &net);
	ruleset_add_port(&elems, &loopback6, &attached.container);
	ruleset_add_port(&elems, &crossed, &attached.container);
	ruleset_add_port(&elems, &nowhere, &attached.container);
	assert_int_equal(elems.n, 0);
}

static void nothing_leads_into_an_internal_network(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();
	struct attached attached;
	struct port port4 = { IPPROTO_TCP, addr("0.0.0.0"), 8080, 80, addr("10.1.2.3"), false };
	struct port port6 = { IPPROTO_TCP, addr("::"), 8080, 80, addr("fd00:1::3"), false };

	(void)state;
	net.spec.internal = true;
	attach(&attached, &net);
	ruleset_add_port(&elems, &port4, &attached.container);
	ruleset_add_port(&elems, &port6, &attached.container);
	assert_int_equal(elems.n, 0);
}

static void after_an_allocation_failed_nothing_is_added(void **state)
{
	struct ruleset_elems elems = { .err = -ENOMEM };
	struct network net = network();

	(void)state;
	ruleset_add_network(&elems, &net);
	assert_int_equal(elems.n, 0);
	assert_int_equal(elems.err, -ENOMEM);
}

static void strangers_are_kept_out_by_family(void **state)
{
	char text[RULESET_ELEM_STR_MAX];
	struct ruleset_elems elems = { 0 };

	(void)state;
	ruleset_add_strangers(&elems, AF_INET);
	ruleset_add_strangers(&elems, AF_INET6);
	assert_int_equal(elems.n, 2);
	assert_key(&elems.items[0], "\x02");
	assert_key(&elems.items[1], "\x0a");
	assert_string_equal(ruleset_elem_print(&elems.items[0], text), "strangers { ipv4 }");
	assert_string_equal(ruleset_elem_print(&elems.items[1], text), "strangers { ipv6 }");
	ruleset_elems_done(&elems);
}

static void elements_print_as_nft_prints_them(void **state)
{
	char text[RULESET_ELEM_STR_MAX];
	struct ruleset_elems elems = { 0 };
	struct network net = network();
	struct attached attached;
	struct port port = { IPPROTO_TCP, addr("192.0.2.1"), 8080, 80, addr("10.1.2.3"), false };

	(void)state;
	attach(&attached, &net);
	ruleset_add_network(&elems, &net);
	ruleset_add_port(&elems, &port, &attached.container);
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_PUBLISH4_AT), text),
			    "publish4_at { 192.0.2.1 . tcp . 8080 : 10.1.2.3 . 80 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_PAIRS), text),
			    "pairs { br-front . br-front : accept }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_CLOSED6), text),
			    "closed6 { fd00:1::-fd00:1::ffff:ffff:ffff:ffff }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_OPEN4), text),
			    "open4 { 10.1.2.3 . tcp . 80 }");
	ruleset_elems_done(&elems);
}

static void the_longest_element_prints_whole(void **state)
{
	char text[RULESET_ELEM_STR_MAX];
	struct ruleset_elem elem = { .set = RULESET_PUBLISH6_AT };

	(void)state;
	memset(elem.key, 0xff, sizeof(elem.key));
	memset(elem.data, 0xff, sizeof(elem.data));
	assert_string_equal(ruleset_elem_print(&elem, text),
			    "publish6_at { ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff . 255 . 65535 : "
			    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff . 65535 }");
}

static void shared_sets_are_those_that_name_a_container(void **state)
{
	(void)state;
	assert_true(ruleset_set_is_shared(RULESET_OPEN4));
	assert_true(ruleset_set_is_shared(RULESET_SELF6));
	assert_true(ruleset_set_is_shared(RULESET_SOURCES4));
	assert_false(ruleset_set_is_shared(RULESET_PUBLISH4));
	assert_false(ruleset_set_is_shared(RULESET_BRIDGES));
}

static void a_containers_sources_are_its_addresses_at_each_of_its_bridges(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network(), other = network();
	char text[RULESET_ELEM_STR_MAX];
	struct attached attached;
	struct endpoint second;

	(void)state;
	strcpy(other.spec.bridge, "br-other");
	attach(&attached, &net);
	attached.endpoint.container = &attached.container;
	attached.endpoint.spec.link_local[0] = addr("169.254.9.9");
	attached.endpoint.spec.n_link_local = 1;
	second = (struct endpoint) { .network = &other, .container = &attached.container };
	ruleset_add_sources(&elems, &second, &attached.endpoint);
	assert_int_equal(elems.n, 3);
	assert_int_equal(count(&elems, RULESET_SOURCES4), 2);
	assert_key(&elems.items[0], "br-other\0\0\0\0\0\0\0\0\x0a\x01\x02\x03");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SOURCES6), text),
			    "sources6 { br-other . fd00:1::3 }");
	assert_string_equal(elems.items[2].comment, "web");
	/* At the bridge where its own port is. */
	add_segment(&other, 1, "br-far");
	second.segment = 1;
	ruleset_add_sources(&elems, &second, &attached.endpoint);
	assert_key(&elems.items[3], "br-far\0\0\0\0\0\0\0\0\0\0\x0a\x01\x02\x03");
	ruleset_elems_done(&elems);
}

static void who_is_held_speaks_at_its_port_with_its_mac_and_all_of_its_addresses(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network(), held = network();
	struct attached attached;
	struct endpoint *endpoint = &attached.endpoint;
	struct endpoint second = { .network = &held, .container = &attached.container };
	char text[RULESET_ELEM_STR_MAX];

	(void)state;
	attach(&attached, &net);
	endpoint->container = &attached.container;
	second.mac = (struct mac) { { 0x02, 0x42, 1, 2, 3, 4 } };
	memcpy(second.host_ifname, "nd1", sizeof("nd1"));
	second.ip[FAMILY_4] = addr("10.9.0.2");
	ruleset_add_sources(&elems, &second, &second);
	assert_int_equal(count(&elems, RULESET_GUARDED), 0); /* nobody asked for it */
	ruleset_elems_done(&elems);
	held.spec.anti_spoof = true;
	ruleset_add_sources(&elems, &second, &second);
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_GUARDED), text),
			    "guarded { nd1 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SPEAKERS), text),
			    "speakers { nd1 . 02:42:01:02:03:04 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SPEAKERS4), text),
			    "speakers4 { nd1 . 10.9.0.2 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SPEAKERS6), text),
			    "speakers6 { nd1 . fe80::42:1ff:fe02:304 }");
	assert_string_equal(only(&elems, RULESET_SPEAKERS)->comment, "web");
	ruleset_elems_done(&elems);
	/* Its addresses of another network, and neither a MAC nor a link-local address of that. */
	ruleset_add_sources(&elems, &second, endpoint);
	assert_int_equal(count(&elems, RULESET_SPEAKERS), 0);
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SPEAKERS4), text),
			    "speakers4 { nd1 . 10.1.2.3 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SPEAKERS6), text),
			    "speakers6 { nd1 . fd00:1::3 }");
	ruleset_elems_done(&elems);
	ruleset_add_sources(&elems, endpoint, &second);
	assert_int_equal(count(&elems, RULESET_SPEAKERS4), 0);
	ruleset_elems_done(&elems);
}

static void what_is_behind_containers_stands_with_their_bridge(void **state)
{
	struct ruleset_elems elems = { 0 };
	struct network net = network();
	char text[RULESET_ELEM_STR_MAX];

	(void)state;
	net.spec.sources[net.spec.n_sources++] = prefix("10.8.0.0/24");
	net.spec.sources[net.spec.n_sources++] = prefix("::/0");
	net.spec.no_addresses = true;
	ruleset_add_network(&elems, &net);
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_BEHIND4), text),
			    "behind4 { br-front . 10.8.0.0-10.8.0.255 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_BEHIND6), text),
			    "behind6 { br-front . ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff }");
	assert_key(only(&elems, RULESET_UNADDRESSED), "br-front\0\0\0\0\0\0\0\0");
	ruleset_elems_done(&elems);
}

static void tunnels_are_guarded_by_their_port_and_the_hosts(void **state)
{
	const struct addr four = addr("192.0.2.7"), six = addr("2001:db8::7"), none = { 0 };
	struct ruleset_elems elems = { 0 };
	char text[RULESET_ELEM_STR_MAX];

	(void)state;
	ruleset_add_tunnels(&elems);
	ruleset_add_host(&elems, &four, "g");
	ruleset_add_host(&elems, &six, "g");
	ruleset_add_host(&elems, &none, "g");
	assert_int_equal(elems.n, 3);
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_TUNNELS), text),
			    "tunnels { udp . 4789 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_HOSTS4), text),
			    "hosts4 { 192.0.2.7 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_HOSTS6), text),
			    "hosts6 { 2001:db8::7 }");
	assert_string_equal(only(&elems, RULESET_HOSTS4)->comment, "g");
	ruleset_elems_done(&elems);
}

static void a_container_of_another_host_comes_in_at_the_first_bridge(void **state)
{
	const struct network net = network();
	const struct addr four = addr("10.1.2.9"), six = addr("fd00:1::9");
	struct ruleset_elems elems = { 0 };
	char text[RULESET_ELEM_STR_MAX];

	(void)state;
	ruleset_add_far(&elems, &net, &four, "web");
	ruleset_add_far(&elems, &net, &six, "web");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SOURCES4), text),
			    "sources4 { br-front . 10.1.2.9 }");
	assert_string_equal(ruleset_elem_print(only(&elems, RULESET_SOURCES6), text),
			    "sources6 { br-front . fd00:1::9 }");
	ruleset_elems_done(&elems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_network_is_closed_masqueraded_and_open_to_itself),
		cmocka_unit_test(a_routed_network_is_not_translated_and_open_where_it_publishes),
		cmocka_unit_test(an_internal_network_lets_nobody_in_whatever_its_mode),
		cmocka_unit_test(an_address_to_leave_with_takes_the_place_of_masquerading),
		cmocka_unit_test(trusted_interfaces_stand_before_the_subnet),
		cmocka_unit_test(a_routed_port_opens_the_container_and_nothing_else),
		cmocka_unit_test(icc_off_makes_the_pair_a_drop),
		cmocka_unit_test(an_internal_network_is_closed_and_never_masqueraded),
		cmocka_unit_test(a_network_without_masquerading_lets_replies_pass_the_raw_hook),
		cmocka_unit_test(a_family_that_is_off_has_no_subnet),
		cmocka_unit_test(segments_of_a_network_are_kin_each_with_each),
		cmocka_unit_test(a_segment_brings_what_its_network_lacks_without_it),
		cmocka_unit_test(a_port_on_every_address_is_published_opened_and_reaches_itself),
		cmocka_unit_test(a_port_on_one_address_goes_into_the_map_by_address),
		cmocka_unit_test(what_only_the_relay_can_serve_gives_no_element),
		cmocka_unit_test(nothing_leads_into_an_internal_network),
		cmocka_unit_test(after_an_allocation_failed_nothing_is_added),
		cmocka_unit_test(strangers_are_kept_out_by_family),
		cmocka_unit_test(elements_print_as_nft_prints_them),
		cmocka_unit_test(the_longest_element_prints_whole),
		cmocka_unit_test(a_containers_sources_are_its_addresses_at_each_of_its_bridges),
		cmocka_unit_test(
			who_is_held_speaks_at_its_port_with_its_mac_and_all_of_its_addresses),
		cmocka_unit_test(what_is_behind_containers_stands_with_their_bridge),
		cmocka_unit_test(tunnels_are_guarded_by_their_port_and_the_hosts),
		cmocka_unit_test(a_container_of_another_host_comes_in_at_the_first_bridge),
		cmocka_unit_test(shared_sets_are_those_that_name_a_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

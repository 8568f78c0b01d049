// SPDX-License-Identifier: GPL-2.0-or-later
// test_endpoints.c - endpoints by their ports and MAC addresses, with thousands on one network
#include "../rig.h"

#define MANY 4000
#define CHAIN_MAX 8 /* where all segments of a network are full: limits.h, ENDPOINT_CHAINS */

static struct network blue, red;

static struct endpoint *crowd(struct engine *engine)
{
	struct endpoint *endpoints = calloc(MANY, sizeof(*endpoints));

	assert_non_null(endpoints);
	for (int i = 0; i < MANY; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "c%d/blue", i);
		endpoints[i].network = &blue;
		endpoints[i].host_ifindex = 100 + 2 * i; /* the other end takes one, too */
		endpoints[i].mac = mac_from_text(name);
		endpoints_note_port(engine, &endpoints[i]);
		endpoints_note_mac(engine, &endpoints[i]);
	}
	return endpoints;
}

static void disperse(struct endpoint *endpoints)
{
	for (int i = 0; i < MANY; i++)
		endpoints_forget(&endpoints[i]);
	free(endpoints);
}

static size_t longest(const struct list *chains)
{
	size_t most = 0;

	for (size_t i = 0; i < ENDPOINT_CHAINS; i++) {
		size_t n = 0;

		for (const struct list *at = chains[i].next; at != &chains[i]; at = at->next)
			n++;
		most = n > most ? n : most;
	}
	return most;
}

/* An event of a link, and a new MAC address, look at one chain each. */
static void few_are_looked_at_with_thousands_on_a_network(void **state)
{
	struct rig *rig = *state;
	struct endpoint *endpoints = crowd(rig->engine);

	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(endpoints_at_port(rig->engine, endpoints[i].host_ifindex),
				 &endpoints[i]);
	assert_in_range(longest(rig->engine->at_port), 1, CHAIN_MAX);
	assert_in_range(longest(rig->engine->of_mac), 1, 3 * CHAIN_MAX); /* chance has a say */
	disperse(endpoints);
	assert_int_equal(longest(rig->engine->at_port), 0);
	assert_int_equal(longest(rig->engine->of_mac), 0);
}

static void a_mac_address_is_held_on_its_network_alone(void **state)
{
	struct rig *rig = *state;
	struct endpoint one = { .network = &blue }, other = { .network = &blue };

	one.mac = other.mac = mac_from_text("web/blue");
	endpoints_note_mac(rig->engine, &one);
	endpoints_note_mac(rig->engine, &other);
	assert_ptr_equal(endpoints_mac_holder(rig->engine, &one, &one.mac), &other);
	assert_ptr_equal(endpoints_mac_holder(rig->engine, &other, &one.mac), &one);
	other.network = &red;
	assert_null(endpoints_mac_holder(rig->engine, &one, &one.mac));
	endpoints_forget(&one);
	endpoints_forget(&other);
	endpoints_forget(&other); /* harmless */
}

static void a_link_that_is_made_again_has_another_port(void **state)
{
	struct rig *rig = *state;
	struct endpoint *endpoint;
	int before;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	endpoint = rig_container(rig, "web")->endpoints[0];
	before = endpoint->host_ifindex;
	assert_ptr_equal(endpoints_at_port(rig->engine, before), endpoint);
	fake_link_take(NULL, endpoint->host_ifname);
	assert_true(rig_resync(rig) > 0);
	assert_int_not_equal(endpoint->host_ifindex, before);
	assert_ptr_equal(endpoints_at_port(rig->engine, endpoint->host_ifindex), endpoint);
	assert_null(endpoints_at_port(rig->engine, before));
}

/* Its link went, which nobody has noticed yet, and the kernel gives its index to another's. */
static void an_index_is_the_port_of_whoever_got_it_last(void **state)
{
	struct rig *rig = *state;
	struct endpoint *lost, *other;
	int taken;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, ""));
	lost = rig_container(rig, "web")->endpoints[0];
	other = rig_container(rig, "db")->endpoints[0];
	taken = other->host_ifindex;
	fake_link_take(NULL, lost->host_ifname);
	lost->host_ifindex = taken;
	endpoints_note_port(rig->engine, lost);
	assert_int_equal(other->host_ifindex, 0);
	other->host_ifindex = taken;
	endpoints_note_port(rig->engine, other);
	assert_ptr_equal(endpoints_at_port(rig->engine, taken), other);
	/* The first has no port, so that its repair makes a link and leaves the other's alone. */
	assert_int_equal(lost->host_ifindex, 0);
	assert_true(rig_resync(rig) > 0);
	assert_int_not_equal(lost->host_ifindex, taken);
	assert_ptr_equal(endpoints_at_port(rig->engine, lost->host_ifindex), lost);
	assert_ptr_equal(endpoints_at_port(rig->engine, taken), other);
}

static void who_was_there_before_a_restart_is_found_behind_it_and_not_when_gone(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *endpoint;
	char more[128];
	int port;

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	rig_restart(rig);
	endpoint = rig_container(rig, "web")->endpoints[0];
	port = endpoint->host_ifindex;
	(void)snprintf(more, sizeof(more),
		       "\"Networks\": [{\"Name\": \"bridge\", \"MacAddress\": \"%s\"}]",
		       MAC_STR(&endpoint->mac));
	assert_true(port > 0);
	assert_ptr_equal(endpoints_at_port(rig->engine, port), endpoint);
	assert_int_not_equal(rig_attach(rig, "db", rig->netns_b, more), 0);
	assert_non_null(strstr(rig->error.text, "is container web's on network bridge"));
	rig_done(rig, rig_detach(rig, "web"));
	assert_null(endpoints_at_port(rig->engine, port));
	rig_done(rig, rig_attach(rig, "db", rig->netns_b, more));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(few_are_looked_at_with_thousands_on_a_network,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_mac_address_is_held_on_its_network_alone,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_link_that_is_made_again_has_another_port,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(an_index_is_the_port_of_whoever_got_it_last,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			who_was_there_before_a_restart_is_found_behind_it_and_not_when_gone,
			rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_builder.c - a fourth kind of network, a cable: two rows, and the engine makes and wires it
#include "../rig.h"

#include "engine/wire/builder.h"

#include <stdio.h>

/* All that a cable is to the model: containers get addresses and a pair of veths with nothing at
 * its end on the host, and somebody else is the gateway. */
static struct addr cable_gateway(const struct network_spec *spec, enum family family)
{
	struct addr gateway = { 0 };

	(void)spec;
	if (family == FAMILY_4)
		assert_int_equal(addr_parse("198.51.100.254", &gateway), 0);
	return gateway;
}

static const struct network_kind cable = {
	.name = "cable",
	.addressed = true,
	.wired = true,
	.named = true,
	.gateway = cable_gateway,
};

/* All that it is to the kernel. */
static int n_made, n_unmade, n_repaired;
static const char *cable_fault; /* what the next comparison finds */

static int cable_settle(struct engine *engine, struct network_spec *spec,
			const struct host_routes *routes, struct error *error)
{
	return spec->mtu ? 0 : uplink_mtu(engine, routes, &spec->mtu, error);
}

static int cable_make(struct engine *engine, struct network *network, struct error *error)
{
	(void)engine, (void)network, (void)error;
	n_made++;
	return 0;
}

static void cable_unmake(struct engine *engine, struct network *network)
{
	(void)engine, (void)network;
	n_unmade++;
}

static const char *cable_differs(const struct engine *engine, const struct network *network,
				 uint32_t number, const struct present *present)
{
	(void)engine, (void)network;
	assert_int_equal(number, 0); /* it knows of no segments, and has the one */
	assert_true(present->n_links > 0);
	return cable_fault;
}

static int cable_repair(struct engine *engine, struct network *network, uint32_t number,
			struct error *error)
{
	(void)engine, (void)network, (void)number, (void)error;
	n_repaired++;
	cable_fault = NULL;
	return 0;
}

/* By its name, which a bridge's builder does not go by. */
static bool cable_link_is_there(struct engine *engine, const struct endpoint *endpoint)
{
	(void)engine;
	return fake_link(NULL, endpoint->host_ifname) != NULL;
}

static bool cable_link_is_in_place(const struct endpoint *endpoint, int master)
{
	(void)endpoint;
	return master == 0;
}

static const char *cable_link_differs(const struct endpoint *endpoint, const struct rtnl_link *link,
				      const struct present *present)
{
	(void)endpoint, (void)present;
	return link->mtu == 900 ? "is thin" : NULL;
}

static int cable_repair_link(struct engine *engine, struct endpoint *endpoint, struct error *error)
{
	(void)engine, (void)error;
	fake_link(NULL, endpoint->host_ifname)->mtu = endpoint->network->spec.mtu;
	return 0;
}

/* Its own way to the containers, which a table of the host's shows. */
static bool cable_lost(struct engine *engine, const struct rtnl_event *event)
{
	(void)engine;
	return event->change == RTNL_CHANGE_ROUTE_GONE && event->prefix.len == 25;
}

static int cable_link(struct engine *engine, struct endpoint *endpoint, int netns_fd,
		      struct error *error)
{
	const struct rtnl_veth veth = {
		.host_name = endpoint->host_ifname,
		.peer_name = endpoint->ifname,
		.netns_fd = netns_fd,
		.mtu = endpoint->network->spec.mtu,
		.mac = endpoint->mac,
		.alias = "a cable",
	};

	return engine->door->veths.create(engine->rtnl, &veth, &endpoint->host_ifindex, error);
}

static const struct builder builder_cable = {
	.kind = &cable,
	.settle = cable_settle,
	.segment = "cable",
	.make = cable_make,
	.differs = cable_differs,
	.repair = cable_repair,
	.unmake = cable_unmake,
	.link = cable_link,
	.link_is_lost = link_is_lost,
	.link_is_there = cable_link_is_there,
	.link_is_in_place = cable_link_is_in_place,
	.link_differs = cable_link_differs,
	.repair_link = cable_repair_link,
	.lost = cable_lost,
};

static const struct builder *with_a_cable[8] = { &builder_cable };

static int setup(void **state)
{
	int err = rig_setup(state);
	struct rig *rig = *state;

	for (size_t i = 0; builder_rows[i]; i++)
		with_a_cable[i + 1] = builder_rows[i];
	rig->engine->wire->builders = with_a_cable;
	n_made = n_unmade = n_repaired = 0;
	cable_fault = NULL;
	return err;
}

static int create(struct rig *rig)
{
	struct network_spec spec;
	struct network *network;
	int err;

	assert_int_equal(network_spec_init(&spec), 0);
	(void)snprintf(spec.name, sizeof(spec.name), "lan");
	spec.kind = &cable;
	assert_int_equal(prefix_parse("198.51.100.0/24", &spec.subnet[FAMILY_4].prefix), 0);
	err = engine_network_create(rig->engine, &spec, &network, &rig->error);
	network_spec_done(&spec);
	return err;
}

static int attach(struct rig *rig)
{
	return rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"lan\"}]");
}

static int detach(struct rig *rig)
{
	return rig_detach(rig, "web");
}

static void its_networks_are_made_and_taken_away_by_its_builder_alone(void **state)
{
	struct rig *rig = *state;
	char *before = rig_picture(rig);

	fake_calls_clear();
	rig_done(rig, create(rig));
	assert_int_equal(n_made, 1);
	assert_int_equal(fake_n_changes(), 0);
	assert_int_equal(rig_net(rig, "lan")->spec.mtu, 1500);
	rig_done(rig, engine_network_remove(rig->engine, "lan", &rig->error));
	assert_int_equal(n_unmade, 1);
	rig_expect_same(rig, before);
}

static void its_containers_have_its_interface_and_its_gateway(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *endpoint;
	char *picture;

	rig_done(rig, create(rig));
	fake_calls_clear();
	rig_done(rig, attach(rig));
	endpoint = rig_container(rig, "web")->endpoints[0];
	assert_string_equal(fake_link(NULL, endpoint->host_ifname)->alias, "a cable");
	assert_int_equal(fake_link(NULL, endpoint->host_ifname)->master, 0);
	assert_true(fake_has_addr(rig->netns_a, "eth0", "198.51.100.2/24"));
	assert_int_equal(fake_n_calls("announcer.send"), 0); /* no bridge is there to hear it */
	picture = rig_picture(rig);
	assert_non_null(strstr(picture, "route 0.0.0.0/0 via 198.51.100.254"));
	free(picture);
	assert_true(fake_redirect(rig->netns_a) > 0); /* its containers have names */
}

static void what_is_refused_leaves_nothing_of_its_own(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, create(rig));
	assert_true(rig_fail_each(rig, attach, detach, -EIO) >= 2);
}

static void a_container_may_be_on_it_and_on_a_bridge(void **state)
{
	struct rig *rig = *state;
	struct container *container;

	rig_done(rig, create(rig));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a,
				 "\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"));
	rig_done(rig, rig_connect(rig, "web", "lan"));
	container = rig_container(rig, "web");
	assert_true(fake_has_addr(rig->netns_a, "eth1", "198.51.100.2/24"));
	assert_ptr_equal(container_gateway_endpoint(container, AF_INET), container->endpoints[0]);
	assert_true(
		addr_equal(&container->ports[0].target, &container->endpoints[0]->ip[FAMILY_4]));
	/* Nothing of the cable has an element but the other address at the bridge. */
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 2);
	rig_done(rig, rig_disconnect(rig, "web", "lan"));
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 1);
	assert_null(fake_link(rig->netns_a, "eth1"));
}

static void an_interface_that_is_lost_is_made_again_by_it(void **state)
{
	struct rig *rig = *state;
	const struct endpoint *endpoint;

	rig_done(rig, create(rig));
	rig_done(rig, attach(rig));
	endpoint = rig_container(rig, "web")->endpoints[0];
	assert_int_equal(rig_resync(rig), 0); /* it is no port of a bridge, and need not be */
	fake_link_take(NULL, endpoint->host_ifname);
	assert_true(rig_resync(rig) > 0);
	assert_string_equal(fake_link(NULL, endpoint->host_ifname)->alias, "a cable");
	assert_true(fake_has_addr(rig->netns_a, "eth0", "198.51.100.2/24"));
}

static void what_differs_of_its_own_is_found_and_repaired_by_it(void **state)
{
	struct rig *rig = *state;
	json_t *report = NULL, *inside = NULL;
	char *before;

	rig_done(rig, create(rig));
	assert_int_equal(rig_resync(rig), 0);
	cable_fault = "is cut";
	rig_done(rig, engine_resync(rig->engine, true, &report, &inside, &rig->error));
	assert_int_equal(json_array_size(report), 1);
	assert_string_equal(json_string_value(json_array_get(report, 0)),
			    "cable of network lan is cut");
	json_decref(report);
	json_decref(inside);
	assert_int_equal(n_repaired, 0); /* asked what it would do */
	before = rig_picture(rig);
	assert_int_equal(rig_resync(rig), 1);
	assert_int_equal(n_repaired, 1);
	assert_int_equal(rig_resync(rig), 0);
	rig_expect_same(rig, before); /* and nothing of a bridge was made for it */
}

/* Whether what happened since makes netd compare everything. */
static bool is_suspected(struct rig *rig)
{
	bool suspected;

	ev_invoke(rig->loop, &rig->engine->keep->rtnl_io, EV_READ);
	suspected = ev_is_active(&rig->engine->resync_timer);
	ev_timer_stop(rig->loop, &rig->engine->resync_timer);
	return suspected;
}

static void what_the_kernel_tells_of_it_is_judged_by_it(void **state)
{
	struct rig *rig = *state;
	const char *port;

	rig_done(rig, create(rig));
	rig_done(rig, attach(rig));
	rig_turn(rig);
	ev_timer_stop(rig->loop, &rig->engine->resync_timer);
	port = rig_container(rig, "web")->endpoints[0]->host_ifname;
	(void)is_suspected(rig);
	fake_link(NULL, port)->mtu = 1400; /* nothing that it minds, as a bridge's port would */
	(void)fake_link(NULL, port);
	assert_false(is_suspected(rig));
	fake_link(NULL, port)->mtu = 900;
	(void)fake_link(NULL, port);
	assert_true(is_suspected(rig));
	assert_int_equal(rig_resync(rig), 1);
	assert_int_equal(fake_link(NULL, port)->mtu, 1500);
	(void)is_suspected(rig);
	fake_link_put(NULL, "far0");
	fake_addr_put(NULL, "far0", "203.0.113.1/24");
	fake_addr_put(NULL, "far0", "203.0.113.129/25");
	(void)is_suspected(rig);
	fake_routes_take(NULL, "far0", "203.0.113.1/24");
	assert_false(is_suspected(rig));
	fake_routes_take(NULL, "far0", "203.0.113.129/25");
	assert_true(is_suspected(rig));
}

/* What is taken for granted of every row. */
static void each_kind_that_wires_containers_has_a_builder_that_does(void **state)
{
	const struct network_kind *kind;

	(void)state;
	for (size_t i = 0; (kind = kind_at(i)); i++) {
		const struct builder *builder = NULL;

		for (size_t k = 0; builder_rows[k]; k++)
			if (builder_rows[k]->kind == kind)
				builder = builder_rows[k];
		assert_true((builder && builder->link && builder->link_is_lost &&
			     builder->link_is_there && builder->link_is_in_place &&
			     builder->link_differs && builder->repair_link) == kind->wired);
		assert_true(!kind->bridged ||
			    (builder->make && builder->repair && builder->unmake &&
			     builder->elems && builder->told && builder->lost));
		/* What can be found different has a name in the sentence, and is repaired. */
		assert_true(!builder || !builder->differs || (builder->segment && builder->repair));
		assert_true(!builder || !builder->routes_hosts == !builder->route);
	}
}

static void on_networks_without_a_builder_nothing_is_made(void **state)
{
	struct rig *rig = *state;
	struct ruleset_elems elems = { 0 };
	struct network *host = rig_net(rig, "host");

	fake_calls_clear();
	rig_done(rig, builder_make(rig->engine, host, &rig->error));
	rig_done(rig, builder_repair_all(rig->engine, host, &rig->error));
	assert_null(builder_differs(rig->engine, host, 0, &(struct present) { 0 }));
	assert_false(builder_routes_hosts(rig->engine, host));
	builder_elems(rig->engine, &elems, host);
	builder_unmake(rig->engine, host);
	assert_int_equal(elems.n, 0);
	assert_int_equal(fake_n_changes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			its_networks_are_made_and_taken_away_by_its_builder_alone, setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(its_containers_have_its_interface_and_its_gateway,
						setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_is_refused_leaves_nothing_of_its_own, setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_container_may_be_on_it_and_on_a_bridge, setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(an_interface_that_is_lost_is_made_again_by_it,
						setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_differs_of_its_own_is_found_and_repaired_by_it,
						setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_the_kernel_tells_of_it_is_judged_by_it, setup,
						rig_teardown),
		cmocka_unit_test(each_kind_that_wires_containers_has_a_builder_that_does),
		cmocka_unit_test_setup_teardown(on_networks_without_a_builder_nothing_is_made,
						setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("builder", tests, NULL, NULL);
}

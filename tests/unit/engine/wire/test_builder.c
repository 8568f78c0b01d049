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
static int n_made, n_unmade;

static int cable_settle(struct engine *engine, struct network_spec *spec,
			const struct host_routes *routes, struct error *error)
{
	return spec->mtu ? 0 : builder_uplink_mtu(engine, routes, &spec->mtu, error);
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
	.make = cable_make,
	.unmake = cable_unmake,
	.link = cable_link,
};

static const struct builder *with_a_cable[8] = { &builder_cable };

static int setup(void **state)
{
	int err = rig_setup(state);
	struct rig *rig = *state;

	for (size_t i = 0; builder_rows[i]; i++)
		with_a_cable[i + 1] = builder_rows[i];
	rig->engine->wire->builders = with_a_cable;
	n_made = n_unmade = 0;
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
		assert_true((builder && builder->link && builder->link_differs &&
			     builder->repair_link) == kind->wired);
		assert_true(!kind->bridged || (builder->make && builder->repair &&
					       builder->unmake && builder->elems));
	}
}

static void on_networks_without_a_builder_nothing_is_made(void **state)
{
	struct rig *rig = *state;
	struct ruleset_elems elems = { 0 };
	struct network *host = rig_net(rig, "host");

	fake_calls_clear();
	rig_done(rig, builder_make(rig->engine, host, &rig->error));
	rig_done(rig, builder_repair(rig->engine, host, &rig->error));
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
		cmocka_unit_test(each_kind_that_wires_containers_has_a_builder_that_does),
		cmocka_unit_test_setup_teardown(on_networks_without_a_builder_nothing_is_made,
						setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("builder", tests, NULL, NULL);
}

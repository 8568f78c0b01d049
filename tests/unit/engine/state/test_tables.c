// SPDX-License-Identifier: GPL-2.0-or-later
// test_tables.c - networks and containers by name, id, and the beginning of an id
#include "../rig.h"

static void a_container_is_found_by_each_of_its_names(void **state)
{
	struct rig *rig = *state;
	struct container *web, *found;
	char start[8];

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	web = rig_container(rig, "web");
	(void)snprintf(start, sizeof(start), "%.7s", web->spec.id);
	rig_done(rig, engine_container_find(rig->engine, web->spec.id, &found, &rig->error));
	assert_ptr_equal(found, web);
	rig_done(rig, engine_container_find(rig->engine, start, &found, &rig->error));
	assert_ptr_equal(found, web);
	rig_done(rig, engine_container_find(rig->engine, "/web", &found, &rig->error));
	assert_ptr_equal(found, web);
}

static void who_is_not_there_is_not_found_and_it_is_said_how(void **state)
{
	struct rig *rig = *state;
	struct container *container;
	struct network *network;

	assert_int_equal(engine_container_find(rig->engine, "web", &container, &rig->error),
			 -ENOENT);
	assert_string_equal(rig->error.text, "No such container: web");
	assert_int_equal(rig->error.reason, ERROR_REASON_CONTAINER_NOT_FOUND);
	assert_int_equal(engine_network_find(rig->engine, "blue", &network, &rig->error), -ENOENT);
	assert_string_equal(rig->error.text, "network blue not found");
	assert_int_equal(rig->error.reason, ERROR_REASON_NETWORK_NOT_FOUND);
}

static void who_is_gone_is_found_by_none_of_them(void **state)
{
	struct rig *rig = *state;
	struct container *found;
	struct network *network;
	char id[ID_LEN + 1];
	size_t n;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	memcpy(id, rig_container(rig, "web")->spec.id, sizeof(id));
	rig_done(rig, rig_detach(rig, "web"));
	assert_int_equal(engine_container_find(rig->engine, "web", &found, &rig->error), -ENOENT);
	assert_int_equal(engine_container_find(rig->engine, id, &found, &rig->error), -ENOENT);
	(void)engine_containers(rig->engine, &n);
	assert_int_equal(n, 0);
	memcpy(id, rig_net(rig, "blue")->spec.id, sizeof(id));
	n = rig->engine->n_networks;
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	assert_int_equal(engine_network_find(rig->engine, "blue", &network, &rig->error), -ENOENT);
	assert_int_equal(engine_network_find(rig->engine, id, &network, &rig->error), -ENOENT);
	assert_int_equal(rig->engine->n_networks, n - 1);
}

static void a_network_may_be_named_with_an_interface_on_it(void **state)
{
	struct rig *rig = *state;
	const char *ifname = NULL;
	struct network *network;

	rig_done(rig, engine_network_find_at(rig->engine, "bridge@eth1", &network, &ifname,
					     &rig->error));
	assert_string_equal(ifname, "eth1");
	assert_ptr_equal(network, rig_net(rig, "bridge"));
	rig_done(rig,
		 engine_network_find_at(rig->engine, "default", &network, &ifname, &rig->error));
	assert_string_equal(ifname, "");
	assert_ptr_equal(network, rig_net(rig, "bridge"));
}

static void they_stand_in_the_order_in_which_they_came(void **state)
{
	struct rig *rig = *state;
	struct container *const *containers;
	size_t n;

	rig_done(rig, rig_attach(rig, "zeta", rig->netns_a, ""));
	rig_done(rig, rig_attach(rig, "alpha", rig->netns_b, ""));
	containers = engine_containers(rig->engine, &n);
	assert_int_equal(n, 2);
	assert_string_equal(containers[0]->spec.name, "zeta");
	assert_string_equal(containers[1]->spec.name, "alpha");
}

static void ids_are_of_64_digits_and_never_the_same(void **state)
{
	char first[ID_LEN + 1], second[ID_LEN + 1];

	(void)state;
	tables_random_id(first);
	tables_random_id(second);
	assert_int_equal(strspn(first, "0123456789abcdef"), ID_LEN);
	assert_string_not_equal(first, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_container_is_found_by_each_of_its_names,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(who_is_not_there_is_not_found_and_it_is_said_how,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(who_is_gone_is_found_by_none_of_them, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(a_network_may_be_named_with_an_interface_on_it,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(they_stand_in_the_order_in_which_they_came,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(ids_are_of_64_digits_and_never_the_same, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

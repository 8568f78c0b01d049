// SPDX-License-Identifier: GPL-2.0-or-later
// test_services_kept.c - services are made, kept and removed, and containers are led to them
#include "../rig.h"

#include "engine/change/networks.h"
#include "model/network/service.h"
#include "model/request/request.h"

#define ADDRESS "10.50.0.9"
#define ON_BLUE "\"Networks\": [{\"Name\": \"blue\"}]"
#define BEHIND ON_BLUE ", \"Labels\": {\"netd.service\": \"web\"}"

static int make(struct rig *rig, const char *more)
{
	struct service_spec spec;
	struct service *service;
	char body[512];
	json_t *json;
	int err;

	(void)snprintf(body, sizeof(body),
		       "{\"Name\": \"web\", \"Network\": \"blue\", "
		       "\"Ports\": [{\"Port\": 80, \"Target\": 8080}]%s}",
		       more);
	json = json_loads(body, 0, NULL);
	assert_non_null(json);
	err = request_service(json, &spec, &rig->error);
	json_decref(json);
	return err < 0 ? err : engine_service_create(rig->engine, &spec, &service, &rig->error);
}

static int create(struct rig *rig)
{
	return make(rig, ", \"IPv4Address\": \"" ADDRESS "\"");
}

static int drop(struct rig *rig)
{
	return engine_service_remove(rig->engine, "web", &rig->error);
}

static void add_network(struct rig *rig)
{
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"IPAM\": {\"Config\": "
				       "[{\"Subnet\": \"10.50.0.0/24\"}]}}"));
}

/* "10.50.0.9 80/6 0 10.50.0.2:8080" */
static bool leads(struct rig *rig, const char *netns, size_t number, const char *container)
{
	const struct container *to = rig_container(rig, container);
	char line[160];

	assert_non_null(to);
	(void)snprintf(line, sizeof(line), ADDRESS " 80/6 %zu %s:8080", number,
		       ADDR_STR(&to->endpoints[0]->ip[FAMILY_4]));
	return fake_leads(netns, line);
}

static void whatever_is_refused_a_service_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	assert_int_equal(rig_fail_each(rig, create, drop, -EIO), 2); /* a table each */
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	assert_true(leads(rig, rig->netns_b, 0, "b"));
}

static void one_that_is_removed_leaves_everybody_as_he_was(void **state)
{
	struct rig *rig = *state;
	struct service *service;
	char *before;

	add_network(rig);
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	before = rig_picture(rig);
	rig_done(rig, create(rig));
	rig_done(rig, engine_service_find(rig->engine, "web", &service, &rig->error));
	assert_int_equal(service->backends[FAMILY_4].n, 1);
	rig_done(rig, drop(rig));
	rig_expect_same(rig, before);
	assert_int_equal(drop(rig), -ENOENT);
	rig_done(rig, create(rig)); /* its address is free again */
}

static void who_comes_and_goes_is_known_to_all_of_the_network(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	rig_done(rig, create(rig));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	assert_int_equal(fake_n_led(rig->netns_a), 1); /* the service, and nobody behind it */
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	assert_true(leads(rig, rig->netns_b, 0, "b")); /* and to himself */
	rig_done(rig, rig_detach(rig, "b"));
	assert_int_equal(fake_n_led(rig->netns_a), 1);
	assert_int_equal(fake_n_led(rig->netns_b), 0);
	rig_done(rig, rig_attach(rig, "b", rig->netns_b,
				 "\"Networks\": [{\"Name\": \"bridge\"}],"
				 "\"Labels\": {\"netd.service\": \"web\"}"));
	assert_int_equal(fake_n_led(rig->netns_a), 1); /* he is on another network */
	assert_int_equal(fake_n_led(rig->netns_b), 0);
	rig_done(rig, rig_connect(rig, "b", "blue"));
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	assert_int_equal(fake_n_led(rig->netns_b), 2);
	rig_done(rig, rig_disconnect(rig, "b", "blue"));
	assert_int_equal(fake_n_led(rig->netns_a), 1);
	assert_int_equal(fake_n_led(rig->netns_b), 0);
}

static void it_is_there_after_a_restart_with_its_address(void **state)
{
	struct rig *rig = *state;
	char *before;

	add_network(rig);
	rig_done(rig, create(rig));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	before = rig_picture(rig);
	rig_restart(rig);
	rig_expect_same(rig, before);
	rig_done(rig, drop(rig));
	assert_int_equal(fake_n_led(rig->netns_a), 0);
	rig_restart(rig);
	assert_int_equal(drop(rig), -ENOENT);
}

static void a_table_that_could_not_be_changed_is_made_anew(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	rig_done(rig, create(rig));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	fake_fail("rules.change_services", -EIO);
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	fake_fail(NULL, 0);
	fake_fail("rules.change_services", 0);
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	assert_true(leads(rig, rig->netns_b, 0, "b"));
}

static void a_network_with_a_service_stays(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	rig_done(rig, create(rig));
	assert_int_equal(engine_network_remove(rig->engine, "blue", &rig->error), -EPERM);
	assert_non_null(strstr(rig->error.text, "services (web)"));
	rig_done(rig, drop(rig));
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
}

static void what_cannot_be_a_service_is_refused(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(create(rig), -ENOENT); /* no network */
	add_network(rig);
	rig_done(rig, create(rig));
	assert_int_equal(create(rig), -EEXIST);
	rig_done(rig, drop(rig));
	assert_int_equal(make(rig, ", \"IPv6Address\": \"fd00::9\""), -EINVAL);
	assert_non_null(strstr(rig->error.text, "no IPv6"));
	assert_int_equal(make(rig, ", \"IPv4Address\": \"10.51.0.9\""), -EINVAL);
	assert_int_equal(make(rig, ", \"IPv4Address\": \"10.50.0.1\""), -EINVAL); /* gateway */
	assert_int_equal(make(rig, ", \"Network\": \"bridge\""), -EPERM);
	rig_done(rig, rig_network(rig, "{\"Name\": \"apart\", \"Options\": "
				       "{\"com.docker.network.bridge.enable_icc\": \"false\"}}"));
	assert_int_equal(make(rig, ", \"Network\": \"apart\""), -EINVAL);
	assert_non_null(strstr(rig->error.text, "icc"));
}

static void an_address_of_a_service_is_given_to_no_container(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	rig_done(rig, create(rig));
	assert_int_equal(rig_attach(rig, "a", rig->netns_a,
				    "\"Networks\": [{\"Name\": \"blue\", \"IPAMConfig\": "
				    "{\"IPv4Address\": \"" ADDRESS "\"}}]"),
			 -EPERM);
	assert_non_null(strstr(rig->error.text, "service web"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(whatever_is_refused_a_service_leaves_nothing),
		TEST(one_that_is_removed_leaves_everybody_as_he_was),
		TEST(who_comes_and_goes_is_known_to_all_of_the_network),
		TEST(it_is_there_after_a_restart_with_its_address),
		TEST(a_table_that_could_not_be_changed_is_made_anew),
		TEST(a_network_with_a_service_stays),
		TEST(what_cannot_be_a_service_is_refused),
		TEST(an_address_of_a_service_is_given_to_no_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	int err = engine_service_remove(rig->engine, "web", &rig->error);

	rig_turn(rig);
	return err;
}

/* What is done, and told to all. */
static void done(struct rig *rig, int err)
{
	rig_done(rig, err);
	rig_turn(rig);
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
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	/* The first table says whether the kernel can; the others are made later. */
	assert_int_equal(rig_fail_each(rig, create, drop, -EIO), 1);
	rig_turn(rig);
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	assert_true(leads(rig, rig->netns_b, 0, "b"));
}

static void one_that_is_removed_leaves_everybody_as_he_was(void **state)
{
	struct rig *rig = *state;
	struct service *service;
	char *before;

	add_network(rig);
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	before = rig_picture(rig);
	done(rig, create(rig));
	rig_done(rig, engine_service_find(rig->engine, "web", &service, &rig->error));
	assert_int_equal(service->backends[FAMILY_4].n, 1);
	done(rig, drop(rig));
	rig_expect_same(rig, before);
	assert_int_equal(drop(rig), -ENOENT);
	done(rig, create(rig)); /* its address is free again */
}

static void who_comes_and_goes_is_known_to_all_of_the_network(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	done(rig, create(rig));
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	assert_int_equal(fake_n_led(rig->netns_a), 1); /* the service, and nobody behind it */
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	assert_true(leads(rig, rig->netns_b, 0, "b")); /* and to himself */
	done(rig, rig_detach(rig, "b"));
	assert_int_equal(fake_n_led(rig->netns_a), 1);
	assert_int_equal(fake_n_led(rig->netns_b), 0);
	done(rig, rig_attach(rig, "b", rig->netns_b,
			     "\"Networks\": [{\"Name\": \"bridge\"}],"
			     "\"Labels\": {\"netd.service\": \"web\"}"));
	assert_int_equal(fake_n_led(rig->netns_a), 1); /* he is on another network */
	assert_int_equal(fake_n_led(rig->netns_b), 0);
	done(rig, rig_connect(rig, "b", "blue"));
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	assert_int_equal(fake_n_led(rig->netns_b), 2);
	done(rig, rig_disconnect(rig, "b", "blue"));
	assert_int_equal(fake_n_led(rig->netns_a), 1);
	assert_int_equal(fake_n_led(rig->netns_b), 0);
}

static void it_is_there_after_a_restart_with_its_address(void **state)
{
	struct rig *rig = *state;
	char *before;

	add_network(rig);
	done(rig, create(rig));
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	before = rig_picture(rig);
	rig_restart(rig);
	rig_expect_same(rig, before);
	done(rig, drop(rig));
	assert_int_equal(fake_n_led(rig->netns_a), 0);
	rig_restart(rig);
	assert_int_equal(drop(rig), -ENOENT);
}

static void a_table_that_could_not_be_changed_is_made_anew(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	done(rig, create(rig));
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	fake_fail("rules.change_services", -EIO);
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	fake_fail(NULL, 0);
	fake_fail("rules.change_services", 0);
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	assert_true(leads(rig, rig->netns_b, 0, "b"));
}

/* --- tables that others can change ------------------------------------------------------------ */

/* A kernel without owners, a client a, and b who stands behind the service. */
static void begin_open(struct rig *rig)
{
	fake_rules_share();
	add_network(rig);
	done(rig, create(rig));
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	assert_true(ev_is_active(&rig->engine->compare_timer));
}

/* A round of the comparison, which nothing but time starts. */
static void look(struct rig *rig)
{
	ev_invoke(rig->loop, &rig->engine->compare_timer, EV_TIMER);
}

static void a_table_that_somebody_took_away_or_changed_is_as_it_was(void **state)
{
	struct rig *rig = *state;
	const struct engine_keep *keep = rig->engine->keep;

	begin_open(rig);
	look(rig);
	assert_int_equal(keep->n_differences, 0);
	fake_services_lose(rig->netns_a);
	look(rig);
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	assert_int_equal(keep->n_differences, 1);
	assert_int_equal(keep->n_repairs, 1);
	fake_services_edit(rig->netns_b, ADDRESS);	/* it is refused no more */
	fake_services_edit(rig->netns_a, "10.50.0.77"); /* somebody else's is refused */
	assert_int_equal(rig_resync(rig), 2);		/* told to who asks */
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	assert_int_equal(fake_n_led(rig->netns_b), 2);
	assert_int_equal(rig_resync(rig), 0);
	look(rig);
	assert_int_equal(keep->n_differences, 3);
}

static void what_netd_or_others_change_beside_it_is_no_difference(void **state)
{
	struct rig *rig = *state;
	size_t n_made;

	begin_open(rig);
	look(rig);
	n_made = fake_n_calls("rules.make_services");
	fake_netns_change(rig->netns_a);
	look(rig);
	assert_int_equal(fake_n_calls("rules.make_services"), n_made);
	/* netd's own change is no reason to look. */
	done(rig, rig_detach(rig, "b"));
	fake_calls_clear();
	look(rig);
	assert_int_equal(fake_n_calls("rules.services_digest"), 0);
	/* Behind it nobody knows what the table was: made anew it is the same. */
	fake_netns_change(rig->netns_a);
	look(rig);
	assert_int_equal(fake_n_calls("rules.make_services"), 1);
	assert_int_equal(rig->engine->keep->n_differences, 0);
	/* Of nobody nothing is asked any more. */
	done(rig, rig_detach(rig, "a"));
	look(rig);
	assert_false(ev_is_active(&rig->engine->compare_timer));
}

static void one_that_cannot_be_made_right_is_tried_again(void **state)
{
	struct rig *rig = *state;

	begin_open(rig);
	look(rig);
	fake_services_lose(rig->netns_a);
	fake_fail("rules.make_services", -EIO);
	look(rig);
	assert_int_equal(rig->engine->keep->n_unrepaired, 1);
	fake_fail("rules.make_services", 0);
	ev_invoke(rig->loop, &rig->engine->pay_timer, EV_TIMER);
	assert_true(leads(rig, rig->netns_a, 0, "b"));
	/* A dry look says what it knows, and changes nothing. */
	fake_services_lose(rig->netns_a);
	assert_int_equal(rig_resync_dry(rig), 1);
	assert_int_equal(fake_n_led(rig->netns_a), 0);
}

static void where_netd_owns_the_table_nobody_looks(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	done(rig, create(rig));
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	assert_false(ev_is_active(&rig->engine->compare_timer));
	fake_calls_clear();
	(void)rig_resync(rig);
	assert_int_equal(fake_n_calls("rules.services_generation"), 0);
}

static void one_that_is_changed_leads_otherwise_at_once(void **state)
{
	struct rig *rig = *state;
	struct service_spec spec;
	struct service *service;
	size_t n;
	char *before;

	add_network(rig);
	done(rig, create(rig));
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	rig_done(rig, engine_service_find(rig->engine, "web", &service, &rig->error));
	spec = service->spec;
	spec.ports[0].port = 81;
	spec.affinity = true;
	n = fake_n_calls("rules.change_services");
	done(rig, engine_service_update(rig->engine, service, &spec, &rig->error));
	/* One transaction each, so nobody is led nowhere in between. */
	assert_int_equal(fake_n_calls("rules.change_services"), n + 2);
	assert_false(leads(rig, rig->netns_a, 0, "b"));
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	before = rig_picture(rig);
	rig_restart(rig);
	rig_expect_same(rig, before);
	rig_done(rig, engine_service_find(rig->engine, "web", &service, &rig->error));
	assert_true(service->spec.affinity);
	assert_int_equal(service->spec.ports[0].port, 81);
}

static void a_network_with_a_service_stays(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	done(rig, create(rig));
	assert_int_equal(engine_network_remove(rig->engine, "blue", &rig->error), -EPERM);
	assert_non_null(strstr(rig->error.text, "services (web)"));
	done(rig, drop(rig));
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
}

static void what_cannot_be_a_service_is_refused(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(create(rig), -ENOENT); /* no network */
	add_network(rig);
	done(rig, create(rig));
	assert_int_equal(create(rig), -EEXIST);
	done(rig, drop(rig));
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
	done(rig, create(rig));
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
		TEST(a_table_that_somebody_took_away_or_changed_is_as_it_was),
		TEST(what_netd_or_others_change_beside_it_is_no_difference),
		TEST(one_that_cannot_be_made_right_is_tried_again),
		TEST(where_netd_owns_the_table_nobody_looks),
		TEST(one_that_is_changed_leads_otherwise_at_once),
		TEST(a_network_with_a_service_stays),
		TEST(what_cannot_be_a_service_is_refused),
		TEST(an_address_of_a_service_is_given_to_no_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

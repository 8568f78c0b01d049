// SPDX-License-Identifier: GPL-2.0-or-later
// test_ingress.c - published ports of services: reserved, led to who stands behind, given up
#include "../rig.h"

#include "engine/wire/wire.h"
#include "model/network/service.h"
#include "model/request/request.h"
#include "tests/fake/world.h"

#include <netinet/in.h>
#include <stdio.h>

#define ID "5555555555555555555555555555555555555555555555555555555555555555"
#define C1 "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
#define HOST_ID "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define NET                                                                                        \
	"{\"Id\":\"" ID "\",\"Vni\":5001,\"Mtu\":0,\"Internal\":false,\"Icc\":true,"               \
	"\"Encrypt\":false,\"IPv4\":{\"Subnet\":\"10.77.0.0/16\",\"Gateway\":\"10.77.0.1\"}}"
#define SVC                                                                                        \
	"{\"Network\":\"" ID "\",\"IPv4\":\"10.77.2.9\",\"Affinity\":false,\"Ports\":"             \
	"[{\"Protocol\":\"tcp\",\"Port\":80,\"Target\":8080,\"Publish\":8000}]}"
#define ON_BLUE "\"Networks\": [{\"Name\": \"blue\"}]"
#define BEHIND ON_BLUE ", \"Labels\": {\"netd.service\": \"web\"}"
#define BEHIND_FAR "\"Networks\": [{\"Name\": \"far\"}], \"Labels\": {\"netd.service\": \"web\"}"

static int make(struct rig *rig, const char *name, unsigned int publish)
{
	struct service_spec spec;
	struct service *service;
	char body[512];
	json_t *json;
	int err;

	(void)snprintf(body, sizeof(body),
		       "{\"Name\": \"%s\", \"Network\": \"blue\", \"Ports\": "
		       "[{\"Port\": 80, \"Target\": 8080, \"Publish\": %u}]}",
		       name, publish);
	json = json_loads(body, 0, NULL);
	assert_non_null(json);
	err = request_service(json, &spec, &rig->error);
	json_decref(json);
	return err < 0 ? err : engine_service_create(rig->engine, &spec, &service, &rig->error);
}

static int create(struct rig *rig)
{
	return make(rig, "web", 8000);
}

static int drop(struct rig *rig)
{
	int err = engine_service_remove(rig->engine, "web", &rig->error);

	rig_turn(rig);
	return err;
}

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

/* "8000/6 0 10.50.0.2:8080" */
static bool leads(struct rig *rig, unsigned int port, size_t number, const char *container)
{
	const struct container *to = rig_container(rig, container);
	char line[160];

	assert_non_null(to);
	(void)snprintf(line, sizeof(line), "%u/6 %zu %s:8080", port, number,
		       ADDR_STR(&to->endpoints[0]->ip[FAMILY_4]));
	return fake_ingress_leads(line);
}

static void whatever_is_refused_a_published_service_leaves_nothing(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	/* The table of the host, that of the container, and the socket. */
	assert_true(rig_fail_each(rig, create, drop, -EIO) >= 2);
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	assert_true(leads(rig, 8000, 0, "b"));
}

static void who_comes_and_goes_is_led_to_and_the_last_service_takes_the_table_along(void **state)
{
	struct rig *rig = *state;
	char *before;

	add_network(rig);
	done(rig, rig_attach(rig, "a", rig->netns_a, ON_BLUE));
	before = rig_picture(rig);
	done(rig, create(rig));
	assert_int_equal(fake_n_ingress(), 1); /* the port, and nobody */
	done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	assert_true(leads(rig, 8000, 0, "b"));
	done(rig, rig_detach(rig, "b"));
	assert_int_equal(fake_n_ingress(), 1);
	done(rig, drop(rig));
	assert_int_equal(fake_n_ingress(), 0);
	rig_expect_same(rig, before);
	done(rig, make(rig, "other", 8000)); /* the port is free again */
}

static void a_port_that_is_taken_is_refused_by_name(void **state)
{
	struct rig *rig = *state;

	add_network(rig);
	done(rig,
	     rig_attach(rig, "a", rig->netns_a,
			ON_BLUE ", \"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8000\"}]}"));
	assert_int_equal(create(rig), -EEXIST);
	assert_non_null(strstr(rig->error.text, "published by container a"));
	done(rig, make(rig, "web", 8001));
	assert_int_equal(make(rig, "db", 8001), -EEXIST);
	assert_non_null(strstr(rig->error.text, "published by service web"));
	assert_int_equal(rig_attach(rig, "b", rig->netns_b,
				    ON_BLUE ", \"PortBindings\": {\"80/tcp\": "
					    "[{\"HostPort\": \"8001\"}]}"),
			 -EEXIST);
	assert_non_null(strstr(rig->error.text, "published by service web"));
}

static void after_a_restart_it_is_led_as_before_and_what_others_change_is_put_right(void **state)
{
	struct rig *rig = *state;
	json_t *report = NULL, *inside = NULL;

	add_network(rig);
	done(rig, create(rig));
	done(rig, rig_attach(rig, "a", rig->netns_a, BEHIND));
	rig_restart(rig);
	rig_turn(rig);
	assert_true(leads(rig, 8000, 0, "a"));
	rig->engine->nft->own = false; /* others may change tables */
	done(rig, rig_detach(rig, "a"));
	done(rig, rig_attach(rig, "a", rig->netns_a, BEHIND));
	fake_ingress_lose();
	rig_done(rig, engine_resync(rig->engine, false, &report, &inside, &rig->error));
	json_decref(report);
	json_decref(inside);
	assert_true(leads(rig, 8000, 0, "a"));
}

/* --- over hosts ------------------------------------------------------------------------------- */

static void put(struct rig *rig, const char *key, const char *value)
{
	static struct cluster_record record;
	struct cluster_key parsed;

	assert_int_equal(cluster_key_parse(key, strlen(key), &parsed), 0);
	assert_int_equal(cluster_record_read(&parsed, value, strlen(value), &record), 0);
	rig_done(rig, engine_cluster_put(rig->engine, &record, &rig->error));
}

/* This host is h, and g another one, which has a container behind service web. */
static void join(struct rig *rig)
{
	const struct addr self = { AF_INET, { 192, 0, 2, 1 } };

	rig_done(rig, engine_cluster_self(rig->engine, "h", &self, &rig->error));
	put(rig, "/netd/v1/net/far", NET);
	put(rig, "/netd/v1/host/g",
	    "{\"Id\":\"" HOST_ID "\",\"IPv4\":\"192.0.2.2\",\"Version\":\"0.1.0\"}");
	put(rig, "/netd/v1/alive/g", "{\"Id\":\"" HOST_ID "\"}");
	put(rig, "/netd/v1/svc/web", SVC);
	put(rig, "/netd/v1/end/g/" ID "/" C1,
	    "{\"IPv4\":\"10.77.2.3\",\"Mac\":\"02:00:00:00:00:c1\",\"Name\":\"far\","
	    "\"Aliases\":[],\"Services\":[\"web\"]}");
	rig_done(rig, engine_cluster_end(rig->engine, &rig->error));
	rig_turn(rig);
}

static struct addr stands_for(struct rig *rig)
{
	struct network *network;

	rig_done(rig, engine_network_find(rig->engine, "far", &network, &rig->error));
	return network->ingress[FAMILY_4];
}

/* data: how many, and the last. */
static int note_own(const struct cluster_record *record, void *data)
{
	struct cluster_record *last = data;

	if (record->key.kind == CLUSTER_END && strcmp(record->key.container, ID) == 0)
		*last = *record;
	return 0;
}

static void containers_of_other_hosts_see_an_address_by_which_they_find_this_one(void **state)
{
	static struct cluster_record told;
	struct rig *rig = *state;
	char line[160];
	struct addr addr, again;

	join(rig);
	/* Before the host has addresses nobody of others can be led to. */
	assert_int_equal(fake_n_ingress(), 1);
	assert_int_equal(stands_for(rig).family, 0);
	put(rig, "/netd/v1/block/" ID "/10.77.3.64", "{\"Host\":\"h\"}");
	ingress_settle(rig->engine);
	addr = stands_for(rig);
	assert_int_equal(addr.family, AF_INET);
	assert_int_equal(addr.bytes[2], 3);
	(void)snprintf(line, sizeof(line), "8000/6 0 10.77.2.3:8080 as %s", ADDR_STR(&addr));
	assert_true(fake_ingress_leads(line));
	rig_done(rig, engine_cluster_own(rig->engine, note_own, &told));
	assert_true(addr_equal(&told.end.addrs[FAMILY_4], &addr));
	assert_true(cluster_record_is_sound(&told));
	/* Whoever is here sees who asks. */
	done(rig, rig_attach(rig, "a", rig->netns_a, BEHIND_FAR));
	assert_true(leads(rig, 8000, 1, "a"));
	rig_restart(rig);
	rig_turn(rig);
	again = stands_for(rig);
	assert_true(addr_equal(&addr, &again));
	assert_true(fake_ingress_leads(line) || leads(rig, 8000, 0, "a"));
}

static void the_address_of_another_host_is_led_to_and_is_no_container(void **state)
{
	static const char key[] = "/netd/v1/end/g/" ID "/" ID;
	struct cluster_key parsed;
	struct rig *rig = *state;

	join(rig);
	put(rig, key,
	    "{\"IPv4\":\"10.77.2.4\",\"Mac\":\"02:00:00:00:00:c4\",\"Name\":\"ingress-g\","
	    "\"Aliases\":[],\"Services\":[]}");
	rig_turn(rig);
	list_foreach (&rig->engine->far->all, const struct far_end, end, in_all)
		if (far_is_ingress(end)) {
			assert_int_equal(end->at.family, AF_INET);
			assert_int_equal(end->named, 0);
		}
	assert_int_equal(cluster_key_parse(key, strlen(key), &parsed), 0);
	assert_string_equal(far_on(rig->engine->far, ID)->container, C1);
}

static void what_a_program_has_here_is_waited_for_and_led_nowhere(void **state)
{
	struct rig *rig = *state;

	fake_fail("host_ports.reserve", -EEXIST);
	join(rig);
	assert_int_equal(fake_n_ingress(), 0);
	/* It is tried, and not looked again who has it: that is a walk over all processes. */
	fake_calls_clear();
	ingress_settle(rig->engine);
	assert_int_equal(fake_n_calls("host_ports.reserve"), 1);
	fake_fail("host_ports.reserve", 0);
	ingress_settle(rig->engine);
	assert_int_equal(fake_n_ingress(), 1);
}

/* data: the host's own record, as far as the engine knows it. */
static int note_host(const struct cluster_record *record, void *data)
{
	if (record->key.kind == CLUSTER_HOST)
		*(struct cluster_record *)data = *record;
	return 0;
}

static void whatever_a_program_is_called_others_can_be_told_of_it(void **state)
{
	static struct cluster_record told;
	struct rig *rig = *state;

	fake_port_holder("a\033[2J\tb\177\xc3\xa4 \xff");
	fake_port_hold(IPPROTO_TCP, "0.0.0.0", 8000);
	join(rig);
	rig_done(rig, engine_cluster_own(rig->engine, note_host, &told));
	assert_int_equal(told.host.n_refused, 1);
	assert_string_equal(told.host.refused[0].why,
			    "port 8000/tcp on 0.0.0.0 is in use by a?[2J?b?\xc3\xa4 ");
	/* with what the cluster knows of this host it is a record that others take */
	(void)snprintf(told.host.id, sizeof(told.host.id), "%s", HOST_ID);
	assert_true(cluster_record_is_sound(&told));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			whatever_is_refused_a_published_service_leaves_nothing, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			who_comes_and_goes_is_led_to_and_the_last_service_takes_the_table_along,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_refused_by_name, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(
			after_a_restart_it_is_led_as_before_and_what_others_change_is_put_right,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			containers_of_other_hosts_see_an_address_by_which_they_find_this_one,
			rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_address_of_another_host_is_led_to_and_is_no_container, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			what_a_program_has_here_is_waited_for_and_led_nowhere, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(
			whatever_a_program_is_called_others_can_be_told_of_it, rig_setup,
			rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_services_shared.c - services of networks that span hosts: who was first, who stands behind
// them on other hosts, and what of it a start knows
#include "../rig.h"

#include "engine/change/networks.h"
#include "model/ipam/ipam.h"
#include "model/network/service.h"
#include "model/request/request.h"

#include <stdio.h>
#include <unistd.h>

#define ID "5555555555555555555555555555555555555555555555555555555555555555"
#define C1 "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
#define C2 "c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2"
#define HOST_ID "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define NET_KEY "/netd/v1/net/web"
#define NET                                                                                        \
	"{\"Id\":\"" ID "\",\"Vni\":5001,\"Mtu\":0,\"Internal\":false,\"Icc\":true,"               \
	"\"Encrypt\":false,\"IPv4\":{\"Subnet\":\"10.77.0.0/16\",\"Gateway\":\"10.77.0.1\"}}"
#define SVC_KEY "/netd/v1/svc/front"
#define SVC(ip)                                                                                    \
	"{\"Network\":\"" ID "\",\"IPv4\":\"" ip "\",\"Affinity\":false,\"Ports\":"                \
	"[{\"Protocol\":\"tcp\",\"Port\":80,\"Target\":8080,\"Publish\":0}]}"
/* In a block of g's, and in one of this host's. */
#define THEIRS "10.77.2.9"
#define OURS "10.77.3.69"
#define ON_WEB "\"Networks\": [{\"Name\": \"web\"}]"
#define BEHIND ON_WEB ", \"Labels\": {\"netd.service\": \"front\"}"

static int put(struct rig *rig, const char *key, const char *value)
{
	static struct cluster_record record;
	struct cluster_key parsed;

	assert_int_equal(cluster_key_parse(key, strlen(key), &parsed), 0);
	assert_int_equal(cluster_record_read(&parsed, value, strlen(value), &record), 0);
	return engine_cluster_put(rig->engine, &record, &rig->error);
}

static void gone(struct rig *rig, const char *key)
{
	struct cluster_key parsed;

	assert_int_equal(cluster_key_parse(key, strlen(key), &parsed), 0);
	engine_cluster_remove(rig->engine, &parsed);
}

/* One that stands behind front, on host g. */
static void put_end(struct rig *rig, const char *host, const char *id, const char *ip)
{
	char key[512], value[512];

	(void)snprintf(key, sizeof(key), "/netd/v1/end/%s/" ID "/%s", host, id);
	(void)snprintf(value, sizeof(value),
		       "{\"IPv4\":\"%s\",\"Mac\":\"02:00:00:00:00:%.2s\",\"Name\":\"far\","
		       "\"Aliases\":[],\"Services\":[\"other\",\"front\"]}",
		       ip, id);
	rig_done(rig, put(rig, key, value));
}

static void put_host(struct rig *rig, const char *host, const char *ip)
{
	char key[128], value[256];

	(void)snprintf(key, sizeof(key), "/netd/v1/host/%s", host);
	(void)snprintf(value, sizeof(value),
		       "{\"Id\":\"" HOST_ID "\",\"IPv4\":\"%s\",\"Version\":\"0.1.0\"}", ip);
	rig_done(rig, put(rig, key, value));
	(void)snprintf(key, sizeof(key), "/netd/v1/alive/%s", host);
	rig_done(rig, put(rig, key, "{\"Id\":\"" HOST_ID "\"}"));
}

static void put_cluster(struct rig *rig)
{
	rig_done(rig, put(rig, NET_KEY, NET));
	rig_done(rig, put(rig, "/netd/v1/block/" ID "/10.77.3.64", "{\"Host\":\"h\"}"));
	put_host(rig, "g", "192.0.2.2");
	put_host(rig, "k", "192.0.2.3");
}

/* This host is h, at 192.0.2.1; network web is agreed upon, and g and k are in the cluster. */
static int setup(void **state)
{
	const struct addr self = { AF_INET, { 192, 0, 2, 1 } };
	int err = rig_setup(state);
	struct rig *rig = *state;

	rig_done(rig, engine_cluster_self(rig->engine, "h", &self, &rig->error));
	put_cluster(rig);
	rig_done(rig, engine_cluster_end(rig->engine, &rig->error));
	rig_turn(rig);
	return err;
}

static int create_on(struct rig *rig, const char *network)
{
	struct service_spec spec;
	struct service *service;
	char body[512];
	json_t *json;
	int err;

	(void)snprintf(body, sizeof(body),
		       "{\"Name\": \"front\", \"Network\": \"%s\", "
		       "\"Ports\": [{\"Port\": 80, \"Target\": 8080}]}",
		       network);
	json = json_loads(body, 0, NULL);
	assert_non_null(json);
	err = request_service(json, &spec, &rig->error);
	json_decref(json);
	return err < 0 ? err : engine_service_create(rig->engine, &spec, &service, &rig->error);
}

static int create(struct rig *rig)
{
	return create_on(rig, "web");
}

static struct service *front(struct rig *rig)
{
	struct service *service;

	return engine_service_find(rig->engine, "front", &service, NULL) < 0 ? NULL : service;
}

static int drop(struct rig *rig)
{
	return engine_service_remove(rig->engine, "front", &rig->error);
}

static const char *address(struct rig *rig)
{
	static char text[ADDR_STR_MAX];

	(void)snprintf(text, sizeof(text), "%s", ADDR_STR(&front(rig)->spec.ip[FAMILY_4]));
	return text;
}

struct told {
	size_t n;
	struct cluster_record last;
};

/* Services alone: blocks may be wanted, too. */
static int note(const struct cluster_record *record, void *data)
{
	struct told *told = data;

	if (record->key.kind != CLUSTER_SVC)
		return 0;
	told->n++;
	told->last = *record;
	return 0;
}

static size_t n_wanted(struct rig *rig, struct told *ret_told)
{
	memset(ret_told, 0, sizeof(*ret_told));
	assert_int_equal(engine_cluster_wanted(rig->engine, note, ret_told), 0);
	return ret_told->n;
}

static size_t n_unwanted(struct rig *rig)
{
	static struct told told;

	memset(&told, 0, sizeof(told));
	assert_int_equal(engine_cluster_unwanted(rig->engine, note, &told), 0);
	return told.n;
}

/* What etcd would tell everybody when the claim has been taken. */
static void take_claim(struct rig *rig)
{
	static struct told told;

	assert_int_equal(n_wanted(rig, &told), 1);
	rig_done(rig, engine_cluster_put(rig->engine, &told.last, &rig->error));
	assert_int_equal(n_wanted(rig, &told), 0);
}

static bool leads(const char *netns, const char *service, size_t number, const char *to)
{
	char line[160];

	(void)snprintf(line, sizeof(line), "%s 80/6 %zu %s:8080", service, number, to);
	return fake_leads(netns, line);
}

/* All is told anew, as by another herald. */
static void tell_all(struct rig *rig, const char *ip, bool ends)
{
	engine_cluster_begin(rig->engine);
	put_cluster(rig);
	if (ip)
		rig_done(rig, put(rig, SVC_KEY, ip));
	if (ends)
		put_end(rig, "g", C1, "10.77.2.10");
	rig_done(rig, engine_cluster_end(rig->engine, &rig->error));
	rig_turn(rig);
}

/* --- who was first ---------------------------------------------------------------------------- */

static void one_that_is_made_here_is_claimed_with_an_address_of_this_hosts(void **state)
{
	static struct told told;
	struct rig *rig = *state;

	assert_int_equal(n_wanted(rig, &told), 0);
	rig_done(rig, create(rig));
	assert_int_equal(n_wanted(rig, &told), 1);
	assert_string_equal(told.last.key.name, "front");
	assert_string_equal(told.last.svc.net, ID);
	assert_int_equal(told.last.svc.addrs[FAMILY_4].bytes[2], 3);
	assert_false(front(rig)->agreed);
	take_claim(rig);
	assert_true(front(rig)->agreed);
	assert_int_equal(n_unwanted(rig), 0);
}

static void one_that_another_host_has_made_is_here_with_the_same_address(void **state)
{
	struct rig *rig = *state;
	const struct ipam_pool *pool = rig_net(rig, "web")->pool[FAMILY_4];

	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_WEB));
	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	assert_string_equal(address(rig), THEIRS);
	assert_true(front(rig)->agreed);
	assert_true(fake_leads(rig->netns_a, THEIRS));
	/* whoever gets that block does not give it to a container */
	assert_string_equal(ipam_holder(pool, &front(rig)->spec.ip[FAMILY_4]), "service front");
	assert_int_equal(create(rig), -EEXIST);
	gone(rig, SVC_KEY);
	assert_null(front(rig));
	rig_turn(rig); /* containers are told in turns */
	assert_int_equal(fake_n_led(rig->netns_a), 0);
	/* and it is not claimed anew */
	assert_int_equal(n_unwanted(rig), 0);
}

static void of_two_that_are_made_at_once_this_one_gives_way(void **state)
{
	static struct told told;
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "a", rig->netns_a, BEHIND));
	rig_done(rig, create(rig));
	assert_string_not_equal(address(rig), THEIRS);
	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	assert_string_equal(address(rig), THEIRS);
	assert_int_equal(n_wanted(rig, &told), 0);
	assert_int_equal(n_unwanted(rig), 0);
	/* who stood behind that one stands behind this one */
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	assert_int_equal(front(rig)->backends[FAMILY_4].n, 1);
}

static void one_that_is_removed_here_leaves_etcd_and_does_not_come_back(void **state)
{
	static struct told told;
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	rig_done(rig, drop(rig));
	assert_int_equal(n_unwanted(rig), 1);
	/* etcd is away, and the next herald tells it again */
	tell_all(rig, SVC(THEIRS), false);
	assert_null(front(rig));
	assert_int_equal(n_unwanted(rig), 1);
	/* another one under its name waits until that is gone */
	rig_done(rig, create(rig));
	assert_int_equal(n_wanted(rig, &told), 0);
	gone(rig, SVC_KEY);
	assert_int_equal(n_unwanted(rig), 0);
	assert_non_null(front(rig));
	take_claim(rig);
}

static void one_that_is_removed_before_a_restart_leaves_etcd_behind_it(void **state)
{
	static struct told told;
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	rig_done(rig, drop(rig));
	rig_restart(rig);
	/* another one is made before etcd has told all */
	rig_done(rig, put(rig, "/netd/v1/block/" ID "/10.77.3.64", "{\"Host\":\"h\"}"));
	rig_done(rig, create(rig));
	assert_string_not_equal(address(rig), THEIRS);
	tell_all(rig, SVC(THEIRS), false);
	assert_string_not_equal(address(rig), THEIRS);
	assert_int_equal(n_unwanted(rig), 1);
	assert_int_equal(n_wanted(rig, &told), 0);
	gone(rig, SVC_KEY);
	take_claim(rig);
	/* and it is not that one for ever */
	rig_restart(rig);
	assert_int_equal(n_unwanted(rig), 0);
	assert_true(front(rig)->agreed);
}

static int count_networks(const struct cluster_record *record, void *data)
{
	(void)record;
	++*(size_t *)data;
	return 0;
}

/* Killed between the note and the removal, or with no room for the note that it is over, a netd
 * leaves a line of what the cluster has. */
static void one_that_is_here_and_noted_to_go_stays_in_the_cluster(void **state)
{
	char path[128];
	struct rig *rig = *state;
	size_t n = 0;
	FILE *file;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	(void)snprintf(path, sizeof(path), "%s/cluster-removed", rig->engine->state_dir);
	rig_stop(rig);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fprintf(file, "%s %s\n", SVC_KEY, SVC(THEIRS)) > 0);
	assert_int_equal(fclose(file), 0);
	rig_start(rig);
	assert_true(front(rig)->agreed);
	assert_int_equal(engine_cluster_going(rig->engine, count_networks, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(access(path, F_OK), -1);
	tell_all(rig, SVC(THEIRS), false);
	assert_int_equal(n_unwanted(rig), 0);
	assert_true(front(rig)->agreed);
	/* one that follows another of its name and address does not */
	rig_done(rig, drop(rig));
	rig_done(rig, create(rig));
	assert_int_equal(engine_cluster_going(rig->engine, count_networks, &n), 0);
	assert_int_equal(n_unwanted(rig), 1);
}

static void one_that_is_removed_while_it_is_claimed_is_removed_there_too(void **state)
{
	static struct told told;
	struct rig *rig = *state;

	rig_done(rig, create(rig));
	assert_int_equal(n_wanted(rig, &told), 1);
	rig_done(rig, drop(rig));
	assert_int_equal(n_unwanted(rig), 0); /* etcd may not have it */
	rig_done(rig, engine_cluster_put(rig->engine, &told.last, &rig->error));
	assert_null(front(rig));
	assert_int_equal(n_unwanted(rig), 1);
	gone(rig, SVC_KEY);
	/* the same again is no remainder of that */
	rig_done(rig, create(rig));
	take_claim(rig);
	assert_non_null(front(rig));
	assert_int_equal(n_unwanted(rig), 0);
}

static void one_that_was_removed_while_no_netd_was_here_is_gone_and_a_new_one_is_not(void **state)
{
	static struct told told;
	struct rig *rig = *state;

	rig_done(rig, create(rig));
	take_claim(rig);
	rig_restart(rig);
	assert_true(front(rig)->agreed);
	tell_all(rig, NULL, false);
	assert_null(front(rig));
	assert_int_equal(n_wanted(rig, &told), 0);
	/* one that etcd was never told of is claimed after a restart */
	rig_done(rig, create(rig));
	rig_restart(rig);
	tell_all(rig, NULL, false);
	assert_non_null(front(rig));
	take_claim(rig);
}

static void a_name_that_this_host_has_is_its_own_until_it_is_free(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, create_on(rig, "blue"));
	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	assert_string_equal(front(rig)->network->spec.name, "blue");
	rig_done(rig, drop(rig));
	assert_string_equal(front(rig)->network->spec.name, "web");
	assert_string_equal(address(rig), THEIRS);
}

static void what_cannot_be_here_is_not_and_keeps_its_name(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC("10.78.0.9"))); /* not of the network */
	assert_null(front(rig));
	assert_int_equal(create(rig), -EEXIST);
	assert_non_null(strstr(rig->error.text, "could not be made on this host"));
	gone(rig, SVC_KEY);
	rig_done(rig, create(rig));
}

static void it_comes_with_its_network_and_goes_with_it(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	assert_int_equal(engine_network_remove(rig->engine, "web", &rig->error), -EPERM);
	assert_non_null(strstr(rig->error.text, "services (front)"));
	gone(rig, NET_KEY);
	assert_null(front(rig));
	assert_null(rig_net(rig, "web"));
	/* its record is nobody's any more, and is removed by who sees it */
	assert_int_equal(n_unwanted(rig), 1);
	rig_done(rig, put(rig, NET_KEY, NET));
	assert_null(front(rig));
	gone(rig, SVC_KEY);
	gone(rig, NET_KEY);
	/* told before its network is */
	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	assert_null(front(rig));
	rig_done(rig, put(rig, NET_KEY, NET));
	assert_string_equal(address(rig), THEIRS);
}

/* --- who stands behind it --------------------------------------------------------------------- */

static int note_end(const struct cluster_record *record, void *data)
{
	if (record->key.kind == CLUSTER_END)
		*(struct cluster_record *)data = *record;
	return 0;
}

static void a_container_says_which_services_it_stands_behind(void **state)
{
	static struct cluster_record record;
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "a", rig->netns_a, BEHIND));
	assert_int_equal(engine_cluster_own(rig->engine, note_end, &record), 0);
	assert_string_equal(record.end.name, "a");
	assert_int_equal(record.end.n_services, 1);
	assert_string_equal(record.end.services[0], "front");
}

static void containers_of_other_hosts_stand_behind_it_as_long_as_their_names_do(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_WEB));
	put_end(rig, "g", C1, "10.77.2.10");
	rig_turn(rig);
	/* before the service is there, and behind it at once when it is */
	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	assert_true(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	put_end(rig, "k", C2, "10.77.4.11");
	rig_turn(rig);
	assert_true(leads(rig->netns_a, THEIRS, 1, "10.77.4.11"));
	assert_int_equal(fake_n_led(rig->netns_a), 3);
	/* one who comes now is led to both */
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, BEHIND));
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_b), 4);
	/* a host is lost, and comes back */
	gone(rig, "/netd/v1/alive/g");
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 3);
	assert_false(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	rig_done(rig, put(rig, "/netd/v1/alive/g", "{\"Id\":\"" HOST_ID "\"}"));
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 4);
	gone(rig, "/netd/v1/end/g/" ID "/" C1);
	gone(rig, "/netd/v1/end/k/" ID "/" C2);
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	rig_done(rig, rig_detach(rig, "b"));
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 1);
}

static void who_moves_with_its_address_stands_behind_it_all_the_time(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_WEB));
	put_end(rig, "g", C1, "10.77.2.10");
	rig_turn(rig);
	/* told at the new host before it is gone at the old one */
	put_end(rig, "k", C2, "10.77.2.10");
	rig_turn(rig);
	fake_calls_clear();
	gone(rig, "/netd/v1/end/g/" ID "/" C1);
	rig_turn(rig);
	assert_true(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	assert_int_equal(front(rig)->backends[FAMILY_4].n, 1);
	gone(rig, "/netd/v1/end/k/" ID "/" C2);
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 1);
}

static int count(const struct engine_backend *backend, void *data)
{
	assert_string_equal(backend->host, "g");
	assert_string_equal(backend->container, C1);
	(*(size_t *)data)++;
	return 0;
}

/* The same in one walk over all. It names another one, too, which there is none of. */
static int count_named(const char *network, const char *service,
		       const struct engine_backend *backend, void *data)
{
	assert_string_equal(network, ID);
	return strcmp(service, "front") == 0 ? count(backend, data) : 0;
}

static size_t n_in_all(struct rig *rig)
{
	size_t n = 0;

	assert_int_equal(engine_services_backends(rig->engine, count_named, &n), 0);
	return n;
}

static void who_of_other_hosts_stands_behind_it_is_told(void **state)
{
	struct rig *rig = *state;
	size_t n = 0;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	put_end(rig, "g", C1, "10.77.2.10");
	rig_turn(rig);
	assert_int_equal(engine_service_backends(rig->engine, front(rig), count, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(n_in_all(rig), 1);
	gone(rig, "/netd/v1/alive/g");
	rig_turn(rig);
	assert_int_equal(n_in_all(rig), 0);
	n = 0;
	assert_int_equal(engine_service_backends(rig->engine, front(rig), count, &n), 0);
	assert_int_equal(n, 0);
}

/* --- over a start ----------------------------------------------------------------------------- */

static void a_start_goes_by_what_was_known_until_all_is_told(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_WEB));
	put_end(rig, "g", C1, "10.77.2.10");
	put_end(rig, "k", C2, "10.77.4.11");
	rig_turn(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 3);
	rig_restart(rig);
	/* etcd is away: services go on as last known */
	assert_string_equal(address(rig), THEIRS);
	assert_int_equal(fake_n_led(rig->netns_a), 3);
	assert_true(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	/* one whose host is not heard of yet is not taken out for that */
	engine_cluster_begin(rig->engine);
	put_end(rig, "g", C1, "10.77.2.10");
	rig_turn(rig);
	assert_true(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	/* the second has gone meanwhile */
	tell_all(rig, SVC(THEIRS), true);
	assert_true(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	assert_int_equal(fake_n_led(rig->netns_a), 2);
	/* and no later start knows it any more */
	rig_restart(rig);
	assert_int_equal(fake_n_led(rig->netns_a), 2);
}

static void what_the_file_says_is_believed_of_what_there_is(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_WEB));
	rig_stop(rig);
	rig_start(rig);
	run_dir_write(rig->engine, "service-backends",
		      ID " front 10.77.2.10 10.78.0.1 fd00::1 nonsense 10.77.2.11\n" ID
			 " none 10.77.2.12\n" C1 " front 10.77.2.13\n"
			 "\n" ID "\n" ID " front\nfront 10.77.2.14");
	rig_restart(rig);
	assert_true(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	assert_true(leads(rig->netns_a, THEIRS, 1, "10.77.2.11"));
	assert_int_equal(fake_n_led(rig->netns_a), 3);
	tell_all(rig, SVC(THEIRS), false);
	assert_int_equal(fake_n_led(rig->netns_a), 1);
}

/* As another host has changed it: port 81, and a client that stays. */
#define CHANGED                                                                                    \
	"{\"Network\":\"" ID "\",\"IPv4\":\"" THEIRS "\",\"Affinity\":true,\"Ports\":"             \
	"[{\"Protocol\":\"tcp\",\"Port\":81,\"Target\":8080,\"Publish\":0}]}"

static void it_is_changed_where_it_stands_when_etcd_has_it_so(void **state)
{
	struct rig *rig = *state;
	const struct service *service;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, ON_WEB));
	put_end(rig, "g", C1, "10.77.2.10");
	rig_turn(rig);
	service = front(rig);
	assert_true(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	rig_done(rig, put(rig, SVC_KEY, CHANGED));
	rig_turn(rig);
	assert_ptr_equal(front(rig), service); /* nobody has lost it for a moment */
	assert_int_equal(service->spec.ports[0].port, 81);
	assert_true(service->spec.affinity);
	assert_true(service->agreed);
	assert_int_equal(service->backends[FAMILY_4].n, 1);
	assert_true(fake_leads(rig->netns_a, THEIRS " 81/6 0 10.77.2.10:8080"));
	assert_false(leads(rig->netns_a, THEIRS, 0, "10.77.2.10"));
	/* and so it is when it is loaded */
	rig_restart(rig);
	assert_int_equal(front(rig)->spec.ports[0].port, 81);
}

static void one_that_is_removed_here_is_gone_also_when_it_was_changed_meanwhile(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	rig_done(rig, drop(rig));
	rig_done(rig, put(rig, SVC_KEY, CHANGED));
	assert_null(front(rig));
	assert_int_equal(n_unwanted(rig), 1);
}

#define PUBLISHED(ip)                                                                              \
	"{\"Network\":\"" ID "\",\"IPv4\":\"" ip "\",\"Affinity\":false,\"Ports\":"                \
	"[{\"Protocol\":\"tcp\",\"Port\":80,\"Target\":8080,\"Publish\":8000}]}"

static int publish(struct rig *rig)
{
	json_t *json = json_loads("{\"Name\": \"front\", \"Network\": \"web\", \"Ports\": "
				  "[{\"Port\": 80, \"Target\": 8080, \"Publish\": 8000}]}",
				  0, NULL);
	struct service_spec spec;
	struct service *service;
	int err;

	assert_non_null(json);
	err = request_service(json, &spec, &rig->error);
	json_decref(json);
	return err < 0 ? err : engine_service_create(rig->engine, &spec, &service, &rig->error);
}

static void why_one_was_lost_is_not_told_of_the_next_of_its_name(void **state)
{
	struct rig *rig = *state;
	const char *why;

	rig_done(rig, publish(rig));
	assert_null(engine_service_lost(rig->engine, "front"));
	rig_done(rig, put(rig, "/netd/v1/svc/other", PUBLISHED("10.77.2.8")));
	assert_null(front(rig));
	why = engine_service_lost(rig->engine, "front");
	assert_non_null(why);
	assert_non_null(strstr(why, "port 8000/tcp is published by service other"));
	/* without that port, and lost for its name */
	rig_done(rig, create(rig));
	assert_null(engine_service_lost(rig->engine, "front"));
	rig_done(rig, put(rig, SVC_KEY, SVC(THEIRS)));
	assert_null(engine_service_lost(rig->engine, "front"));
}

static int propose(struct rig *rig, struct cluster_record *ret_before,
		   struct cluster_record *ret_after)
{
	struct service_spec spec = front(rig)->spec;

	spec.ports[0].port = 81;
	spec.affinity = true;
	return engine_cluster_propose(rig->engine, front(rig), &spec, ret_before, ret_after,
				      &rig->error);
}

static void a_change_is_proposed_from_what_etcd_has(void **state)
{
	static struct cluster_record before, after;
	struct rig *rig = *state;

	rig_done(rig, create(rig));
	/* nobody has taken it yet */
	assert_int_equal(propose(rig, &before, &after), error_set(NULL, ERROR_UNAVAILABLE, "x"));
	take_claim(rig);
	rig_done(rig, propose(rig, &before, &after));
	assert_int_equal(before.svc.ports[0].port, 80);
	assert_int_equal(after.svc.ports[0].port, 81);
	assert_string_equal(after.key.name, "front");
	assert_int_equal(front(rig)->spec.ports[0].port, 80); /* until it is told */
	rig_done(rig, engine_cluster_put(rig->engine, &after, &rig->error));
	assert_int_equal(front(rig)->spec.ports[0].port, 81);
	/* of a host that is in no cluster it is its own affair */
	rig_done(rig, engine_cluster_self(rig->engine, "h", &(struct addr) { 0 }, &rig->error));
	assert_int_equal(propose(rig, &before, &after), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_that_is_made_here_is_claimed_with_an_address_of_this_hosts),
		TEST(why_one_was_lost_is_not_told_of_the_next_of_its_name),
		TEST(one_that_another_host_has_made_is_here_with_the_same_address),
		TEST(of_two_that_are_made_at_once_this_one_gives_way),
		TEST(one_that_is_removed_here_leaves_etcd_and_does_not_come_back),
		TEST(one_that_is_removed_before_a_restart_leaves_etcd_behind_it),
		TEST(one_that_is_here_and_noted_to_go_stays_in_the_cluster),
		TEST(one_that_is_removed_while_it_is_claimed_is_removed_there_too),
		TEST(one_that_was_removed_while_no_netd_was_here_is_gone_and_a_new_one_is_not),
		TEST(a_name_that_this_host_has_is_its_own_until_it_is_free),
		TEST(what_cannot_be_here_is_not_and_keeps_its_name),
		TEST(it_comes_with_its_network_and_goes_with_it),
		TEST(a_container_says_which_services_it_stands_behind),
		TEST(containers_of_other_hosts_stand_behind_it_as_long_as_their_names_do),
		TEST(who_moves_with_its_address_stands_behind_it_all_the_time),
		TEST(who_of_other_hosts_stands_behind_it_is_told),
		TEST(a_start_goes_by_what_was_known_until_all_is_told),
		TEST(what_the_file_says_is_believed_of_what_there_is),
		TEST(it_is_changed_where_it_stands_when_etcd_has_it_so),
		TEST(one_that_is_removed_here_is_gone_also_when_it_was_changed_meanwhile),
		TEST(a_change_is_proposed_from_what_etcd_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

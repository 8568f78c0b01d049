// SPDX-License-Identifier: GPL-2.0-or-later
// test_hosts.c - what other hosts say, carried out: networks, ways, the guard, blocks; and what
// is told
#include "../rig.h"

#include "model/ipam/ipam.h"
#include "model/network/tunnel.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "5555555555555555555555555555555555555555555555555555555555555555"
#define C1 "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
#define C2 "c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2"
#define HOST_ID "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define NET                                                                                        \
	"{\"Id\":\"" ID "\",\"Vni\":5001,\"Mtu\":0,\"Internal\":false,\"Icc\":true,"               \
	"\"Encrypt\":false,\"IPv4\":{\"Subnet\":\"10.77.0.0/16\",\"Gateway\":\"10.77.0.1\"}}"
#define TUNNEL "vx-555555555555"

static struct addr addr(const char *text)
{
	struct addr parsed;

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static int put(struct rig *rig, const char *key, const char *value)
{
	static struct cluster_record record;
	struct cluster_key parsed;

	assert_int_equal(cluster_key_parse(key, strlen(key), &parsed), 0);
	assert_int_equal(cluster_record_read(&parsed, value, strlen(value), &record), 0);
	return engine_cluster_put(rig->engine, &record, &rig->error);
}

static void drop(struct rig *rig, const char *key)
{
	struct cluster_key parsed;

	assert_int_equal(cluster_key_parse(key, strlen(key), &parsed), 0);
	engine_cluster_remove(rig->engine, &parsed);
}

static void put_end(struct rig *rig, const char *host, const char *id, const char *ip,
		    const char *mac)
{
	char key[512], value[512];

	(void)snprintf(key, sizeof(key), "/netd/v1/end/%s/" ID "/%s", host, id);
	(void)snprintf(value, sizeof(value),
		       "{\"IPv4\":\"%s\",\"Mac\":\"%s\",\"Name\":\"far\",\"Aliases\":[\"db\"],"
		       "\"Services\":[]}",
		       ip, mac);
	rig_done(rig, put(rig, key, value));
}

static void put_host(struct rig *rig, const char *host, const char *ip)
{
	char key[128], value[256];

	(void)snprintf(key, sizeof(key), "/netd/v1/host/%s", host);
	(void)snprintf(value, sizeof(value),
		       "{\"Id\":\"" HOST_ID "\",\"IPv4\":\"%s\",\"Version\":\"0.1.0\"}", ip);
	rig_done(rig, put(rig, key, value));
}

static void put_block(struct rig *rig, const char *first, const char *host)
{
	char key[256], value[128];

	(void)snprintf(key, sizeof(key), "/netd/v1/block/" ID "/%s", first);
	(void)snprintf(value, sizeof(value), "{\"Host\":\"%s\"}", host);
	rig_done(rig, put(rig, key, value));
}

/* This host is h, at 192.0.2.1; network web is agreed upon. */
static int setup(void **state)
{
	const struct addr self = { AF_INET, { 192, 0, 2, 1 } };
	int err = rig_setup(state);
	struct rig *rig = *state;

	rig_done(rig, engine_cluster_self(rig->engine, "h", &self, &rig->error));
	rig_done(rig, put(rig, "/netd/v1/net/web", NET));
	rig_turn(rig);
	return err;
}

static void a_network_of_the_cluster_is_made_with_its_tunnel(void **state)
{
	struct rig *rig = *state;
	const struct network *web = rig_net(rig, "web");
	const struct rtnl_link *tunnel = fake_link(NULL, TUNNEL);

	assert_string_equal(web->spec.id, ID);
	assert_non_null(tunnel);
	assert_int_equal(tunnel->vni, 5001);
	assert_int_equal(web->tunnel, tunnel->ifindex);
	assert_int_equal(web->spec.mtu, 1450);
	assert_int_equal(fake_n_elems(RULESET_TUNNELS), 1);
	assert_int_equal(rig_resync(rig), 0);
	/* told again, nothing happens */
	fake_calls_clear();
	rig_done(rig, put(rig, "/netd/v1/net/web", NET));
	assert_int_equal(fake_n_changes(), 0);
	drop(rig, "/netd/v1/net/web");
	assert_null(fake_link(NULL, TUNNEL));
}

static void a_container_of_another_host_is_entered_when_its_host_is_known(void **state)
{
	struct rig *rig = *state;

	put_end(rig, "g", C1, "10.77.1.2", "02:00:00:00:00:01");
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 0);
	put_host(rig, "g", "192.0.2.2");
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 3);
	assert_int_equal(fake_n_elems(RULESET_HOSTS4), 1);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 1);
	assert_int_equal(engine_cluster_n_due(rig->engine), 0);
	assert_int_equal(rig_resync(rig), 0);
	fake_calls_clear();
	put_end(rig, "g", C1, "10.77.1.2", "02:00:00:00:00:01");
	put_host(rig, "g", "192.0.2.2");
	rig_turn(rig);
	assert_int_equal(fake_n_changes(), 0);
	drop(rig, "/netd/v1/end/g/" ID "/" C1);
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 0);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 0);
	drop(rig, "/netd/v1/host/g");
	assert_int_equal(fake_n_elems(RULESET_HOSTS4), 0);
}

static void an_entry_that_others_need_stays(void **state)
{
	struct rig *rig = *state;

	put_host(rig, "g", "192.0.2.2");
	put_host(rig, "k", "192.0.2.3");
	/* two behind one MAC, as those that are not at the first bridge of their host */
	put_end(rig, "g", C1, "10.77.1.2", "02:00:00:00:00:01");
	put_end(rig, "g", C2, "10.77.1.3", "02:00:00:00:00:01");
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 4);
	drop(rig, "/netd/v1/end/g/" ID "/" C1);
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 3);
	/* told of at the new host before it is gone at the old one */
	put_end(rig, "k", C2, "10.77.1.3", "02:00:00:00:00:02");
	rig_turn(rig);
	drop(rig, "/netd/v1/end/g/" ID "/" C2);
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 3);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 1);
	assert_int_equal(rig_resync(rig), 0);
}

static void what_somebody_takes_is_put_again(void **state)
{
	struct rig *rig = *state;

	put_host(rig, "g", "192.0.2.2");
	put_end(rig, "g", C1, "10.77.1.2", "02:00:00:00:00:01");
	rig_turn(rig);
	for (size_t i = 0; i < 3; i++) {
		fake_far_take(NULL, 0);
		assert_int_equal(rig_resync(rig), 1);
		assert_int_equal(fake_n_far(NULL), 3);
	}
	fake_link_take(NULL, TUNNEL);
	assert_int_equal(rig_resync(rig), 1);
	assert_non_null(fake_link(NULL, TUNNEL));
	assert_int_equal(fake_n_far(NULL), 3);
	assert_int_equal(rig_resync(rig), 0);
}

static void what_was_not_told_again_is_gone(void **state)
{
	struct rig *rig = *state;

	put_host(rig, "g", "192.0.2.2");
	put_end(rig, "g", C1, "10.77.1.2", "02:00:00:00:00:01");
	put_end(rig, "g", C2, "10.77.1.3", "02:00:00:00:00:02");
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 6);
	engine_cluster_begin(rig->engine);
	rig_done(rig, put(rig, "/netd/v1/net/web", NET));
	put_host(rig, "g", "192.0.2.2");
	put_end(rig, "g", C2, "10.77.1.3", "02:00:00:00:00:02");
	rig_done(rig, engine_cluster_end(rig->engine, &rig->error));
	rig_turn(rig);
	assert_int_equal(fake_n_far(NULL), 3);
}

static void a_netd_that_starts_leaves_the_ways_until_all_is_told(void **state)
{
	struct rig *rig = *state;

	put_host(rig, "g", "192.0.2.2");
	put_end(rig, "g", C1, "10.77.1.2", "02:00:00:00:00:01");
	put_end(rig, "g", C2, "10.77.1.3", "02:00:00:00:00:02");
	rig_turn(rig);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 2);
	rig_restart(rig);
	assert_int_equal(fake_n_far(NULL), 6);
	/* and what comes by them is let in: etcd may be away for long */
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 2);
	assert_int_equal(fake_n_elems(RULESET_HOSTS4), 1);
	assert_int_equal(rig_resync(rig), 0);
	engine_cluster_begin(rig->engine);
	rig_done(rig, put(rig, "/netd/v1/net/web", NET));
	put_host(rig, "g", "192.0.2.2");
	put_end(rig, "g", C2, "10.77.1.3", "02:00:00:00:00:02");
	rig_done(rig, engine_cluster_end(rig->engine, &rig->error));
	rig_turn(rig);
	assert_true(rig_resync(rig) <= 1); /* or it was mended already */
	assert_int_equal(fake_n_far(NULL), 3);
	assert_int_equal(fake_n_elems(RULESET_SOURCES4), 1);
	assert_int_equal(fake_n_elems(RULESET_HOSTS4), 1);
	assert_int_equal(rig_resync(rig), 0);
}

struct told {
	size_t n, n_gone;
	struct cluster_record last;
};

static int note(const struct cluster_record *record, void *data)
{
	struct told *told = data;

	told->n++;
	told->last = *record;
	return 0;
}

static void addresses_are_of_own_blocks_and_another_is_wanted_in_time(void **state)
{
	static struct told told;
	struct rig *rig = *state;
	const struct addr theirs = addr("10.77.2.5"), ours = addr("10.77.3.70");
	struct ipam_pool *pool = rig_net(rig, "web")->pool[FAMILY_4];
	struct addr given;

	told.n = 0;
	assert_int_not_equal(
		rig_attach(rig, "a", rig->netns_a, "\"Networks\": [{\"Name\": \"web\"}]"), 0);
	assert_non_null(strstr(rig->error.text, "waits for another one"));
	put_block(rig, "10.77.2.0", "g");
	assert_int_equal(engine_cluster_wanted(rig->engine, note, &told), 0);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.last.holder, "h");
	put_block(rig, "10.77.3.64", "h");
	assert_int_equal(engine_cluster_wanted(rig->engine, note, &told), 0);
	assert_int_equal(told.n, 1);
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, "\"Networks\": [{\"Name\": \"web\"}]"));
	assert_int_equal(rig_container(rig, "a")->endpoints[0]->ip[FAMILY_4].bytes[2], 3);
	assert_int_equal(ipam_room(pool), 63);
	assert_int_not_equal(ipam_claim(pool, &theirs, "x", &rig->error), 0);
	assert_non_null(strstr(rig->error.text, "not this host's to give"));
	assert_int_equal(ipam_claim(pool, &ours, "x", &rig->error), 0);
	for (size_t i = ipam_room(pool); i >= FAR_BLOCK_LOW; i--) {
		char name[32];

		(void)snprintf(name, sizeof(name), "n%zu", i);
		rig_done(rig, ipam_alloc(pool, name, &given, &rig->error));
	}
	assert_int_equal(engine_cluster_wanted(rig->engine, note, &told), 0);
	assert_int_equal(told.n, 2);
	/* after a restart what is in use is of a block that this host has */
	rig_restart(rig);
	pool = rig_net(rig, "web")->pool[FAMILY_4];
	assert_int_equal(ipam_room(pool), 63);
}

static void own_containers_are_told_with_their_names(void **state)
{
	static struct told told;
	struct rig *rig = *state;
	const struct network *web = rig_net(rig, "web");
	struct mac mac;

	told.n = 0;
	put_block(rig, "10.77.3.64", "h");
	rig_done(rig, rig_attach(rig, "a", rig->netns_a,
				 "\"Networks\": [{\"Name\": \"web\", \"Aliases\": [\"db\"]}]"));
	assert_int_equal(engine_cluster_own(rig->engine, note, &told), 0);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.last.key.kind, CLUSTER_END);
	assert_string_equal(told.last.key.host, "h");
	assert_string_equal(told.last.end.name, "a");
	assert_string_equal(told.last.end.aliases[0], "db");
	/* one that is not at the first bridge is reached by this host's own MAC address */
	rig_container(rig, "a")->endpoints[0]->segment = 1;
	assert_int_equal(engine_cluster_own(rig->engine, note, &told), 0);
	mac = tunnel_mac(&web->spec, &rig->engine->far->tunnel);
	assert_memory_equal(&told.last.end.mac, &mac, sizeof(mac));
	rig_container(rig, "a")->endpoints[0]->segment = 0;
}

static void note_each(const struct cluster_record *record, void *data)
{
	(void)note(record, data);
}

static void note_gone(const struct cluster_key *key, void *data)
{
	struct told *told = data;

	told->last.key = *key;
	told->n_gone++;
}

static void what_has_changed_of_own_containers_is_told_alone(void **state)
{
	static struct told told;
	struct rig *rig = *state;

	memset(&told, 0, sizeof(told));
	put_block(rig, "10.77.3.64", "h");
	rig_done(rig, rig_attach(rig, "a", rig->netns_a, "\"Networks\": [{\"Name\": \"web\"}]"));
	/* at first all may have */
	assert_false(engine_cluster_changed(rig->engine, note_each, note_gone, &told));
	assert_true(engine_cluster_changed(rig->engine, note_each, note_gone, &told));
	assert_int_equal(told.n + told.n_gone, 0);
	rig_done(rig, rig_attach(rig, "b", rig->netns_b, "\"Networks\": [{\"Name\": \"web\"}]"));
	assert_true(engine_cluster_changed(rig->engine, note_each, note_gone, &told));
	assert_int_equal(told.n, 1);
	assert_string_equal(told.last.end.name, "b");
	rig_done(rig, rig_detach(rig, "a"));
	assert_true(engine_cluster_changed(rig->engine, note_each, note_gone, &told));
	assert_int_equal(told.n, 1);
	assert_int_equal(told.n_gone, 1);
	assert_int_equal(told.last.key.kind, CLUSTER_END);
	/* more than are noted: all */
	for (size_t i = 0; i <= FAR_TOLD_ANEW; i++)
		far_changed_end(rig->engine->far, rig_net(rig, "web")->spec.id,
				rig_container(rig, "b")->spec.id);
	assert_false(engine_cluster_changed(rig->engine, note_each, note_gone, &told));
	assert_int_equal(told.n, 1);
}

static void a_host_that_leaves_its_cluster_has_no_tunnels(void **state)
{
	const struct addr none = { 0 }, other = addr("2001:db8::1");
	struct rig *rig = *state;

	put_host(rig, "g", "192.0.2.2");
	put_end(rig, "g", C1, "10.77.1.2", "02:00:00:00:00:01");
	rig_turn(rig);
	/* the way is another one: whoever has no address of that family is not reached */
	rig_done(rig, engine_cluster_self(rig->engine, "h", &other, &rig->error));
	rig_turn(rig);
	assert_true(addr_equal(&fake_link(NULL, TUNNEL)->tunnel, &other));
	assert_int_equal(fake_n_far(NULL), 0);
	rig_done(rig, engine_cluster_self(rig->engine, "", &none, &rig->error));
	rig_turn(rig);
	assert_null(fake_link(NULL, TUNNEL));
	assert_int_equal(fake_n_elems(RULESET_TUNNELS), 0);
	assert_int_equal(rig_resync(rig), 0);
	assert_int_not_equal(rig_network(rig, "{\"Name\": \"n\", \"Driver\": \"overlay\"}"), 0);
	assert_non_null(strstr(rig->error.text, "in no cluster"));
}

/* Its record, and no other network, is gone from the cluster. */
static void one_that_is_made_anew_under_a_name_outlives_the_record_of_before(void **state)
{
	static struct cluster_record record;
	const struct cluster_key key = cluster_key_of_name(CLUSTER_NET, "web");
	struct rig *rig = *state;

	assert_true(rig_net(rig, "web")->agreed);
	rig_done(rig, engine_network_remove(rig->engine, "web", &rig->error));
	rig_done(rig, rig_network(rig, "{\"Name\": \"web\", \"Driver\": \"overlay\"}"));
	assert_false(rig_net(rig, "web")->agreed);
	drop(rig, "/netd/v1/net/web");
	assert_string_not_equal(rig_net(rig, "web")->spec.id, ID);
	/* another host was first with the name: this one goes, and that one comes */
	rig_done(rig, put(rig, "/netd/v1/net/web", NET));
	assert_string_not_equal(rig_net(rig, "web")->spec.id, ID);
	assert_true(cluster_state_get(rig->engine->far->records, &key, &record));
	engine_cluster_yield(rig->engine, &record);
	assert_string_equal(rig_net(rig, "web")->spec.id, ID);
	assert_true(rig_net(rig, "web")->agreed);
	assert_int_equal(rig_resync(rig), 0);
}

static void tell_nothing(struct rig *rig)
{
	engine_cluster_begin(rig->engine);
	rig_done(rig, engine_cluster_end(rig->engine, &rig->error));
	rig_turn(rig);
}

static void one_that_was_removed_while_no_netd_was_here_goes_and_a_new_one_stays(void **state)
{
	struct network *network;
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"new\", \"Driver\": \"overlay\"}"));
	/* until all is told it is there */
	rig_restart(rig);
	assert_true(rig_net(rig, "web")->agreed);
	tell_nothing(rig);
	assert_int_not_equal(engine_network_find(rig->engine, "web", &network, &rig->error), 0);
	assert_false(rig_net(rig, "new")->agreed);
	rig_restart(rig);
	assert_int_not_equal(engine_network_find(rig->engine, "web", &network, &rig->error), 0);
	assert_false(rig_net(rig, "new")->agreed);
}

/* What is on its way out, as the next netd hears of it. */
static int count_going(const struct cluster_record *record, void *data)
{
	assert_string_equal(record->key.name, "web");
	assert_string_equal(record->net.id, ID);
	++*(size_t *)data;
	return 0;
}

static size_t n_going(struct rig *rig)
{
	size_t n = 0;

	assert_int_equal(engine_cluster_going(rig->engine, count_going, &n), 0);
	return n;
}

static bool is_noted(const struct rig *rig)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/cluster-removed", rig->engine->state_dir);
	return access(path, F_OK) == 0;
}

static void one_that_is_removed_here_is_known_to_go_until_the_cluster_has_it_no_more(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"new\", \"Driver\": \"overlay\"}"));
	/* the cluster never heard of it */
	rig_done(rig, engine_network_remove(rig->engine, "new", &rig->error));
	assert_false(is_noted(rig));
	rig_done(rig, engine_network_remove(rig->engine, "web", &rig->error));
	assert_int_equal(n_going(rig), 1);
	rig_restart(rig);
	assert_int_equal(n_going(rig), 1);
	drop(rig, "/netd/v1/net/web");
	assert_int_equal(n_going(rig), 0);
	assert_false(is_noted(rig));
	rig_restart(rig);
	assert_int_equal(n_going(rig), 0);
}

static ino_t noted_inode(const struct rig *rig)
{
	char path[128];
	struct stat st = { 0 };

	(void)snprintf(path, sizeof(path), "%s/cluster-removed", rig->engine->state_dir);
	(void)stat(path, &st);
	return st.st_ino;
}

/* The file is another one whenever it is written. */
static void those_that_the_cluster_forgets_at_one_time_are_written_once(void **state)
{
	struct rig *rig = *state;
	char name[8], body[64], key[32];
	ino_t before;

	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		(void)snprintf(body, sizeof(body), "{\"Name\": \"%s\", \"Driver\": \"overlay\"}",
			       name);
		rig_done(rig, rig_network(rig, body));
		rig_net(rig, name)->agreed = true;
		rig_done(rig, engine_network_remove(rig->engine, name, &rig->error));
	}
	assert_int_equal(cluster_state_count(rig->engine->far->going), 4);
	before = noted_inode(rig);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(key, sizeof(key), "/netd/v1/net/n%d", i);
		drop(rig, key);
		assert_int_equal(noted_inode(rig), before);
	}
	assert_int_equal(cluster_state_count(rig->engine->far->going), 1);
	while (ev_is_active(&rig->engine->far->forgotten))
		(void)ev_run(rig->loop, EVRUN_ONCE);
	assert_int_not_equal(noted_inode(rig), before);
	/* one that has not been written yet is when netd ends */
	rig_done(rig, engine_network_remove(rig->engine, "web", &rig->error));
	drop(rig, "/netd/v1/net/n3");
	rig_restart(rig);
	assert_int_equal(cluster_state_count(rig->engine->far->going), 1);
	drop(rig, "/netd/v1/net/web");
	assert_false(is_noted(rig));
}

static void one_that_goes_with_its_cluster_is_not_noted(void **state)
{
	const struct addr none = { 0 };
	struct rig *rig = *state;

	/* removed on another host */
	drop(rig, "/netd/v1/net/web");
	assert_int_equal(n_going(rig), 0);
	rig_done(rig, put(rig, "/netd/v1/net/web", NET));
	rig_done(rig, engine_network_remove(rig->engine, "web", &rig->error));
	assert_true(is_noted(rig));
	rig_done(rig, engine_cluster_self(rig->engine, "", &none, &rig->error));
	assert_int_equal(n_going(rig), 0);
	assert_false(is_noted(rig));
}

/* Killed between the note and the removal, a netd leaves both. */
static void one_that_is_here_is_not_going_and_lines_without_sense_are_passed_over(void **state)
{
	char path[128];
	struct rig *rig = *state;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/cluster-removed", rig->engine->state_dir);
	rig_stop(rig);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fprintf(file,
			    "nonsense\n/netd/v1/net/web {}\n/netd/v1/net/web %s\n"
			    "/netd/v1/block/" ID "/10.77.3.64 {\"Host\":\"h\"}\n",
			    NET) > 0);
	assert_int_equal(fclose(file), 0);
	rig_start(rig);
	assert_int_equal(n_going(rig), 0);
	assert_string_equal(rig_net(rig, "web")->spec.id, ID);
	assert_false(is_noted(rig));
}

static int remove_web(struct rig *rig)
{
	return engine_network_remove(rig->engine, "web", &rig->error);
}

static void one_that_cannot_be_noted_stays(void **state)
{
	char path[128];
	struct rig *rig = *state;

	/* where the file is written there is a folder */
	(void)snprintf(path, sizeof(path), "%s/cluster-removed.new", rig->engine->state_dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_not_equal(remove_web(rig), 0);
	assert_non_null(strstr(rig->error.text, "cannot note that web goes from the cluster"));
	assert_string_equal(rig_net(rig, "web")->spec.id, ID);
	assert_int_equal(n_going(rig), 0);
	assert_int_equal(rmdir(path), 0);
	rig_done(rig, remove_web(rig));
}

static void what_a_host_takes_along_when_it_leaves_is_new_in_the_next_cluster(void **state)
{
	const struct addr none = { 0 };
	struct rig *rig = *state;

	rig_done(rig, engine_cluster_self(rig->engine, "", &none, &rig->error));
	assert_false(rig_net(rig, "web")->agreed);
	rig_restart(rig);
	tell_nothing(rig);
	assert_string_equal(rig_net(rig, "web")->spec.id, ID);
}

static void what_is_to_be_encrypted_does_not_leave(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, put(rig, "/netd/v1/net/safe",
			  "{\"Id\":\"" C1 "\",\"Vni\":5002,\"Mtu\":0,\"Internal\":false,"
			  "\"Icc\":true,\"Encrypt\":true,\"IPv4\":{\"Subnet\":\"10.78.0.0/16\"}}"));
	assert_int_equal(rig_net(rig, "safe")->tunnel, 0);
	assert_true(rig_net(rig, "safe")->spec.encrypt);
	assert_int_equal(rig_resync(rig), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
		TEST(a_network_of_the_cluster_is_made_with_its_tunnel),
		TEST(a_container_of_another_host_is_entered_when_its_host_is_known),
		TEST(an_entry_that_others_need_stays),
		TEST(what_somebody_takes_is_put_again),
		TEST(what_was_not_told_again_is_gone),
		TEST(a_netd_that_starts_leaves_the_ways_until_all_is_told),
		TEST(addresses_are_of_own_blocks_and_another_is_wanted_in_time),
		TEST(own_containers_are_told_with_their_names),
		TEST(what_has_changed_of_own_containers_is_told_alone),
		TEST(a_host_that_leaves_its_cluster_has_no_tunnels),
		TEST(one_that_is_made_anew_under_a_name_outlives_the_record_of_before),
		TEST(one_that_was_removed_while_no_netd_was_here_goes_and_a_new_one_stays),
		TEST(what_a_host_takes_along_when_it_leaves_is_new_in_the_next_cluster),
		TEST(one_that_is_removed_here_is_known_to_go_until_the_cluster_has_it_no_more),
		TEST(one_that_goes_with_its_cluster_is_not_noted),
		TEST(those_that_the_cluster_forgets_at_one_time_are_written_once),
		TEST(one_that_is_here_is_not_going_and_lines_without_sense_are_passed_over),
		TEST(one_that_cannot_be_noted_stays),
		TEST(what_is_to_be_encrypted_does_not_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

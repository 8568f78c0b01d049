// SPDX-License-Identifier: GPL-2.0-or-later
// test_spanning.c - services are claimed and released over the herald's channel, and who made one
// hears what came of it
#include "plumber/spanning.h"

#include "ipc/chan.h"
#include "model/cluster/cluster_service.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "5555555555555555555555555555555555555555555555555555555555555555"

/* --- an engine: one service, as a test says it is --------------------------------------------- */

static struct service front;
static bool is_here, is_wanted, is_unwanted, is_restoring;
static struct cluster_record heard; /* the last record that the engine was told of */
static struct network *networks[1];
static size_t n_networks;
static struct cluster_record net; /* of the one network */
static bool was_going;		  /* it was removed under a netd before */
static size_t n_forgotten;

static void record_of(struct cluster_record *ret_record)
{
	cluster_service_record(&front.spec, ID, ret_record);
}

int engine_cluster_self(struct engine *engine, const char *host, const struct addr *tunnel,
			struct error *error)
{
	(void)engine, (void)host, (void)tunnel, (void)error;
	return 0;
}

void engine_cluster_begin(struct engine *engine)
{
	(void)engine;
}

int engine_cluster_end(struct engine *engine, struct error *error)
{
	(void)engine, (void)error;
	return 0;
}

int engine_cluster_put(struct engine *engine, const struct cluster_record *record,
		       struct error *error)
{
	(void)engine, (void)error;
	heard = *record;
	return 0;
}

void engine_cluster_remove(struct engine *engine, const struct cluster_key *key)
{
	(void)engine, (void)key;
	is_unwanted = false;
}

int engine_cluster_going(struct engine *engine,
			 int (*each)(const struct cluster_record *record, void *data), void *data)
{
	(void)engine;
	return was_going ? each(&net, data) : 0;
}

void engine_cluster_forget(struct engine *engine, const struct cluster_key *key)
{
	(void)engine;
	assert_string_equal(key->name, net.key.name);
	n_forgotten++;
}

int engine_cluster_own(struct engine *engine,
		       int (*each)(const struct cluster_record *record, void *data), void *data)
{
	(void)engine, (void)each, (void)data;
	return 0;
}

bool engine_cluster_changed(struct engine *engine,
			    void (*each)(const struct cluster_record *record, void *data),
			    void (*gone)(const struct cluster_key *key, void *data), void *data)
{
	(void)engine, (void)each, (void)gone, (void)data;
	return true;
}

int engine_cluster_wanted(struct engine *engine,
			  int (*each)(const struct cluster_record *record, void *data), void *data)
{
	static struct cluster_record record;

	(void)engine;
	record_of(&record);
	return is_wanted ? each(&record, data) : 0;
}

int engine_cluster_unwanted(struct engine *engine,
			    int (*each)(const struct cluster_record *record, void *data),
			    void *data)
{
	static struct cluster_record record;

	(void)engine;
	record_of(&record);
	return is_unwanted ? each(&record, data) : 0;
}

void engine_cluster_yield(struct engine *engine, const struct cluster_record *record)
{
	(void)engine, (void)record;
}

void engine_cluster_net(const struct network *network, struct cluster_record *ret_record)
{
	(void)network;
	*ret_record = net;
}

void engine_cluster_watch(struct engine *engine, void (*changed)(void *data), void *data)
{
	(void)engine, (void)changed, (void)data;
}

bool engine_is_restoring(const struct engine *engine)
{
	(void)engine;
	return is_restoring;
}

struct network *const *engine_networks(struct engine *engine, size_t *ret_n)
{
	(void)engine;
	*ret_n = n_networks;
	return networks;
}

int engine_service_find(struct engine *engine, const char *name, struct service **ret_service,
			struct error *error)
{
	(void)engine, (void)error;
	assert_string_equal(name, "front");
	if (!is_here)
		return -ENOENT;
	*ret_service = &front;
	return 0;
}

const char *engine_service_lost(const struct engine *engine, const char *name)
{
	(void)engine, (void)name;
	return NULL; /* it gave way to another of its name */
}

/* --- the herald's end ------------------------------------------------------------------------- */

static struct cluster cluster;
static struct spanning spanning;
static struct api_cluster api;
static int herald;

static void nothing(void *data)
{
	(void)data;
}

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		(void)ev_run(ev_default_loop(0), EVRUN_NOWAIT);
}

static void send_all(const struct wire *wire)
{
	assert_int_equal(wire->err, 0);
	assert_int_equal(chan_send(herald, wire->data, wire->pos, NULL, 0), 0);
	turn();
}

static void say(enum herald_type type)
{
	uint8_t byte;
	struct wire wire = wire_writer(&byte, 1);

	wire_put_u8(&wire, (uint8_t)type);
	send_all(&wire);
}

static void say_fresh(void)
{
	const struct herald_state state = { .standing = HERALD_FRESH };
	uint8_t space[512];
	struct wire wire = wire_writer(space, sizeof(space));

	herald_msg_put_state(&wire, &state);
	send_all(&wire);
}

static void say_record(const struct cluster_record *record)
{
	static uint8_t space[CLUSTER_PACKED_MAX];
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, HERALD_RECORD);
	cluster_record_put(&wire, record);
	send_all(&wire);
}

static void say_gone(const struct cluster_key *key)
{
	uint8_t space[512];
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, HERALD_GONE);
	cluster_record_put_key(&wire, key);
	send_all(&wire);
}

static void reply(uint32_t id, uint16_t status)
{
	const struct ipc_call answer = { .id = id, .what = status };
	uint8_t space[64];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_call(&wire, IPC_REPLY, &answer);
	send_all(&wire);
}

/* The next request, whatever else is said before it. False: there is none. */
static bool asks(struct ipc_call *ret_call)
{
	static uint8_t message[IPC_MSG_MAX];
	size_t n_fds = 0;
	int len;

	turn();
	while ((len = chan_receive(herald, message, sizeof(message), NULL, &n_fds)) > 0) {
		struct wire wire = wire_reader(message, (size_t)len);

		if (wire_u8(&wire) != IPC_REQUEST)
			continue;
		ipc_get_call(&wire, ret_call);
		assert_int_equal(wire.err, 0);
		return true;
	}
	return false;
}

static uint32_t asks_about(enum herald_call what)
{
	static struct cluster_record record, own;
	struct ipc_call call;
	struct wire body;

	assert_true(asks(&call));
	assert_int_equal(call.what, what);
	body = wire_reader(call.body, call.len);
	cluster_record_get(&body, &record);
	assert_int_equal(body.err, 0);
	record_of(&own);
	assert_memory_equal(&record, &own, sizeof(own));
	return call.id;
}

static uint32_t claims(void)
{
	return asks_about(HERALD_CALL_CLAIM);
}

static uint32_t releases(void)
{
	return asks_about(HERALD_CALL_RELEASE);
}

static int begin(void)
{
	int ends[2];

	n_forgotten = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	herald = ends[1];
	front = (struct service) {
		.spec = { .name = "front", .n_ports = 1, .ports = { { IPPROTO_TCP, 80, 8080, 0 } } }
	};
	assert_int_equal(addr_parse("10.77.3.69", &front.spec.ip[FAMILY_4]), 0);
	is_here = is_wanted = is_unwanted = is_restoring = false;
	n_networks = 0;
	cluster = (struct cluster) { .configured = true };
	cluster.config.joined = true;
	(void)snprintf(cluster.config.host, sizeof(cluster.config.host), "h");
	memset(cluster.config.id, 'e', ID_LEN);
	assert_int_equal(addr_parse("192.0.2.1", &cluster.config.addrs[FAMILY_4]), 0);
	cluster.link.channel = -1;
	cluster.link.told = cluster.link.stands = cluster.link.seated = cluster.link.lost = nothing;
	assert_int_equal(heralding_init(&cluster.link, ev_default_loop(0)), 0);
	assert_int_equal(spanning_start(&spanning, ev_default_loop(0), NULL, &cluster, NULL), 0);
	spanning_api(&spanning, &api);
	heralding_meet(&cluster.link, &cluster.config, ends[0], 1);
	say(HERALD_BEGIN);
	say(HERALD_END);
	say_fresh();
	return 0;
}

static int setup(void **state)
{
	(void)state;
	was_going = false;
	return begin();
}

static int teardown(void **state)
{
	(void)state;
	spanning_stop(&spanning);
	heralding_done(&cluster.link);
	(void)close(herald);
	return 0;
}

/* --- who waits -------------------------------------------------------------------------------- */

struct waiter {
	unsigned n;
	int err;
	char text[ERROR_TEXT_MAX];
};

static void on_done(int err, const struct error *error, void *data)
{
	struct waiter *waiter = data;

	waiter->n++;
	waiter->err = err;
	(void)snprintf(waiter->text, sizeof(waiter->text), "%s", error ? error->text : "");
}

/* Somebody makes it here. */
static void make(struct waiter *waiter)
{
	struct api_made made = { .name = "front" };

	memcpy(made.addrs, front.spec.ip, sizeof(made.addrs));
	is_here = is_wanted = true;
	*waiter = (struct waiter) { 0 };
	assert_int_equal(api.settle(&made, on_done, waiter, api.spanning), 0);
	assert_int_equal(waiter->n, 0);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void one_that_is_made_is_claimed_and_its_creator_hears_when_it_is_agreed(void **state)
{
	static struct cluster_record record;
	struct waiter waiter;
	struct ipc_call call;
	uint32_t id;

	(void)state;
	make(&waiter);
	id = claims();
	/* one at a time: until the answer nothing else is asked */
	assert_false(asks(&call));
	record_of(&record);
	say_record(&record);
	assert_string_equal(heard.key.name, "front");
	front.agreed = true;
	is_wanted = false;
	reply(id, 0);
	assert_int_equal(waiter.n, 1);
	assert_int_equal(waiter.err, 0);
	assert_false(asks(&call));
}

static void its_creator_hears_that_another_host_was_first(void **state)
{
	static struct cluster_record record;
	struct waiter waiter;
	uint32_t id;

	(void)state;
	make(&waiter);
	id = claims();
	reply(id, EEXIST);
	assert_int_equal(waiter.n, 0);
	/* the engine makes it give way to one of another address */
	front.spec.ip[FAMILY_4].bytes[3]++;
	front.agreed = true;
	is_wanted = false;
	record_of(&record);
	say_record(&record);
	assert_int_equal(waiter.n, 1);
	assert_int_equal(waiter.err, -EEXIST);
	assert_string_equal(waiter.text, "service front already exists: it was made on another "
					 "host at the same time");
}

static void who_hangs_up_is_not_told(void **state)
{
	struct waiter waiter;
	uint32_t id;

	(void)state;
	make(&waiter);
	id = claims();
	api.unsettle(&waiter, api.spanning);
	front.agreed = true;
	is_wanted = false;
	reply(id, 0);
	assert_int_equal(waiter.n, 0);
}

static void one_that_is_removed_is_removed_from_etcd(void **state)
{
	const struct cluster_key key = cluster_key_of_name(CLUSTER_SVC, "front");
	struct ipc_call call;
	uint32_t id;

	(void)state;
	is_unwanted = true;
	say_fresh();
	ev_feed_event(ev_default_loop(0), &spanning.look, EV_TIMER);
	id = releases();
	/* The answer is not asked about again: the watch says what it has done. */
	reply(id, 0);
	assert_false(asks(&call));
	say_gone(&key);
	assert_false(asks(&call));
}

/* --- networks --- */

static void be_network(const char *name, char id)
{
	static struct network network;
	const struct cluster_key key = cluster_key_of_name(CLUSTER_NET, name);

	network = (struct network) { .spec.kind = kind_find("overlay") };
	(void)snprintf(network.spec.name, sizeof(network.spec.name), "%s", name);
	memset(network.spec.id, id, ID_LEN);
	networks[0] = &network;
	n_networks = 1;
	cluster_record_init(&net, &key);
	memcpy(net.net.id, network.spec.id, sizeof(net.net.id));
	net.net.vni = 5001;
	assert_int_equal(prefix_parse("10.77.0.0/16", &net.net.subnets[FAMILY_4].prefix), 0);
	assert_int_equal(addr_parse("10.77.0.1", &net.net.subnets[FAMILY_4].gateway), 0);
}

static uint32_t asks_about_net(enum herald_call what)
{
	static struct cluster_record record;
	struct ipc_call call;
	struct wire body;

	assert_true(asks(&call));
	assert_int_equal(call.what, what);
	body = wire_reader(call.body, call.len);
	cluster_record_get(&body, &record);
	assert_int_equal(body.err, 0);
	assert_string_equal(record.net.id, net.net.id);
	return call.id;
}

static void a_network_that_is_removed_before_etcd_has_told_of_it_is_not_made_again(void **state)
{
	struct ipc_call call;
	uint32_t id;

	(void)state;
	be_network("web", 'a');
	ev_feed_event(ev_default_loop(0), &spanning.look, EV_TIMER);
	id = asks_about_net(HERALD_CALL_CLAIM);
	n_networks = 0;
	heard.key.name[0] = '\0';
	reply(id, 0);
	id = asks_about_net(HERALD_CALL_RELEASE);
	say_record(&net);
	assert_string_equal(heard.key.name, ""); /* the engine does not hear of it */
	reply(id, 0);
	say_gone(&net.key);
	assert_false(asks(&call));
}

static void one_is_released_as_what_it_is_and_one_of_its_name_is_claimed_behind_it(void **state)
{
	static struct cluster_record before;
	struct ipc_call call;
	uint32_t id;

	(void)state;
	be_network("web", 'a');
	say_record(&net);
	before = net;
	n_networks = 0;
	ev_feed_event(ev_default_loop(0), &spanning.look, EV_TIMER);
	id = asks_about_net(HERALD_CALL_RELEASE);
	be_network("web", 'b');
	reply(id, 0);
	assert_false(asks(&call));
	say_gone(&before.key);
	id = asks_about_net(HERALD_CALL_CLAIM);
	say_record(&net);
	reply(id, 0);
	assert_false(asks(&call));
}

static int setup_going(void **state)
{
	(void)state;
	be_network("web", 'a');
	was_going = true;
	return begin();
}

static void one_that_was_removed_before_a_start_is_released_and_not_made_again(void **state)
{
	uint32_t id;

	(void)state;
	heard.key.name[0] = '\0';
	say_record(&net);
	assert_string_equal(heard.key.name, "");
	id = asks_about_net(HERALD_CALL_RELEASE);
	reply(id, 0);
	say_gone(&net.key);
	/* it may be made anew, by whomever */
	say_record(&net);
	assert_string_equal(heard.key.name, "web");
}

static void one_that_was_removed_before_a_start_and_is_another_by_now_is_left_alone(void **state)
{
	static struct cluster_record other;
	struct ipc_call call;

	(void)state;
	other = net;
	memset(other.net.id, 'b', ID_LEN);
	say_record(&other);
	assert_string_equal(heard.net.id, other.net.id);
	assert_false(asks(&call));
	assert_true(n_forgotten > 0);
}

static void a_key_of_the_longest_name_is_not_cut(void **state)
{
	(void)state;
	memset(front.spec.name, 'a', NAME_LEN_MAX);
	is_unwanted = true;
	ev_feed_event(ev_default_loop(0), &spanning.look, EV_TIMER);
	(void)releases();
}

static void nothing_is_claimed_or_removed_while_a_backup_is_restored(void **state)
{
	struct ipc_call call;

	(void)state;
	is_restoring = is_wanted = is_unwanted = true;
	ev_feed_event(ev_default_loop(0), &spanning.look, EV_TIMER);
	assert_false(asks(&call));
	is_restoring = is_unwanted = false;
	ev_feed_event(ev_default_loop(0), &spanning.look, EV_TIMER);
	(void)claims();
}

/* --- changes of services (proposing.c) --- */

/* Somebody asks for port 81 instead of 80. The request to the herald. */
static uint32_t proposes(struct waiter *waiter, struct cluster_record *ret_after)
{
	static struct cluster_record before, read;
	struct ipc_call call;
	struct wire body;

	say_fresh();
	record_of(&before);
	*ret_after = before;
	ret_after->svc.ports[0].port = 81;
	say_record(&before);
	*waiter = (struct waiter) { 0 };
	assert_int_equal(
		api.propose(&before, ret_after, on_done, waiter, api.spanning, &(struct error) {}),
		0);
	assert_true(asks(&call));
	assert_int_equal(call.what, HERALD_CALL_REPLACE);
	body = wire_reader(call.body, call.len);
	cluster_record_get(&body, &read);
	assert_memory_equal(&read, &before, sizeof(read));
	cluster_record_get(&body, &read);
	assert_memory_equal(&read, ret_after, sizeof(read));
	assert_int_equal(body.err, 0);
	return call.id;
}

static void who_changes_a_service_hears_when_etcd_has_it_and_this_host_too(void **state)
{
	static struct cluster_record after;
	struct waiter waiter;
	uint32_t id;

	(void)state;
	/* the watch behind the answer */
	id = proposes(&waiter, &after);
	reply(id, 0);
	assert_int_equal(waiter.n, 0);
	say_record(&after);
	turn();
	assert_int_equal(waiter.n, 1);
	assert_int_equal(waiter.err, 0);
	/* and before it */
	id = proposes(&waiter, &after);
	say_record(&after);
	assert_int_equal(waiter.n, 0);
	reply(id, 0);
	assert_int_equal(waiter.n, 1);
	assert_int_equal(waiter.err, 0);
}

static void who_changes_a_service_hears_that_another_host_was_first(void **state)
{
	static struct cluster_record after;
	struct waiter waiter;
	uint32_t id;

	(void)state;
	id = proposes(&waiter, &after);
	reply(id, EEXIST);
	assert_int_equal(waiter.n, 1);
	assert_int_equal(waiter.err, -EEXIST);
	assert_string_equal(waiter.text, "service front was changed or removed on another host at "
					 "the same time: look at it, and ask again");
	/* who hangs up hears nothing, and the answer finds nobody */
	id = proposes(&waiter, &after);
	api.unsettle(&waiter, api.spanning);
	reply(id, 0);
	assert_int_equal(waiter.n, 0);
}

static void a_change_that_cannot_be_agreed_about_is_refused_at_once(void **state)
{
	static struct cluster_record before;
	struct waiter waiter = { 0 };
	struct error error = { 0 };

	(void)state;
	record_of(&before);
	cluster.link.state.standing = HERALD_TRYING;
	(void)snprintf(cluster.link.state.why, sizeof(cluster.link.state.why), "no route");
	assert_true(api.propose(&before, &before, on_done, &waiter, api.spanning, &error) < 0);
	assert_string_equal(error.text, "service front spans hosts, and they cannot agree about a "
					"change now: no route");
	assert_int_equal(waiter.n, 0);
}

/* --- networks that are named before they are heard of (hearing.c) --- */

static void await_word(struct waiter *waiter)
{
	*waiter = (struct waiter) { 0 };
	assert_int_equal(api.await_word(on_done, waiter, api.spanning), 0);
	assert_int_equal(waiter->n, 0);
}

/* The request has no body. */
static uint32_t asks_for_word(void)
{
	struct ipc_call call;

	assert_true(asks(&call));
	assert_int_equal(call.what, HERALD_CALL_HEAR);
	assert_int_equal(call.len, 0);
	return call.id;
}

static void who_names_an_unknown_network_waits_until_all_is_told(void **state)
{
	struct waiter first, second, third;
	struct ipc_call call;
	uint32_t id;

	(void)state;
	be_network("web", 'a');
	await_word(&first);
	id = asks_for_word();
	/* what is asked already may be too old for him: he has the next question, with who comes
	 * behind him */
	await_word(&second);
	await_word(&third);
	assert_false(asks(&call));
	say_record(&net);
	assert_string_equal(heard.key.name, "web");
	assert_int_equal(first.n, 0);
	reply(id, 0);
	assert_int_equal(first.n, 1);
	assert_int_equal(first.err, 0);
	assert_int_equal(second.n + third.n, 0);
	id = asks_for_word();
	/* etcd has gone meanwhile: nobody is kept */
	reply(id, EAGAIN);
	assert_int_equal(second.n, 1);
	assert_int_equal(third.n, 1);
	assert_false(asks(&call));
}

static void nobody_waits_for_an_etcd_or_a_herald_that_does_not_answer(void **state)
{
	struct waiter waiter;

	(void)state;
	await_word(&waiter);
	while (waiter.n == 0)
		(void)ev_run(ev_default_loop(0), EVRUN_ONCE);
	assert_int_equal(waiter.err, 0);
	cluster.link.state.standing = HERALD_TRYING;
	assert_int_equal(api.await_word(on_done, &waiter, api.spanning), -ENOENT);
	cluster.link.state.standing = HERALD_FRESH;
	cluster.config.joined = false;
	assert_int_equal(api.await_word(on_done, &waiter, api.spanning), -ENOENT);
	cluster.config.joined = true;
	/* who hangs up hears nothing, nor does who waits when netd ends */
	await_word(&waiter);
	api.unsettle(&waiter, api.spanning);
	reply(asks_for_word(), 0);
	assert_int_equal(waiter.n, 0);
	await_word(&waiter);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_that_is_made_is_claimed_and_its_creator_hears_when_it_is_agreed),
		TEST(its_creator_hears_that_another_host_was_first),
		TEST(who_hangs_up_is_not_told),
		TEST(one_that_is_removed_is_removed_from_etcd),
		TEST(a_network_that_is_removed_before_etcd_has_told_of_it_is_not_made_again),
		TEST(one_is_released_as_what_it_is_and_one_of_its_name_is_claimed_behind_it),
		cmocka_unit_test_setup_teardown(
			one_that_was_removed_before_a_start_is_released_and_not_made_again,
			setup_going, teardown),
		cmocka_unit_test_setup_teardown(
			one_that_was_removed_before_a_start_and_is_another_by_now_is_left_alone,
			setup_going, teardown),
		TEST(a_key_of_the_longest_name_is_not_cut),
		TEST(nothing_is_claimed_or_removed_while_a_backup_is_restored),
		TEST(who_changes_a_service_hears_when_etcd_has_it_and_this_host_too),
		TEST(who_changes_a_service_hears_that_another_host_was_first),
		TEST(a_change_that_cannot_be_agreed_about_is_refused_at_once),
		TEST(who_names_an_unknown_network_waits_until_all_is_told),
		TEST(nobody_waits_for_an_etcd_or_a_herald_that_does_not_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

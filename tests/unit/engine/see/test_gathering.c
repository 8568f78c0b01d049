// SPDX-License-Identifier: GPL-2.0-or-later
// test_gathering.c - a snapshot is gathered in turns, and is of one moment all the same
#include "../rig.h"

#include "base/cleanup.h"
#include "engine/see/see.h"
#include "tests/unit/engine/resolver_peer.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define N_NETWORKS 12 /* of one container: more steps than a turn has with TICK_S */
#define TICK_S (SNAPSHOT_TURN_S / 8)
#define MANY 600 /* containers: several turns, however fast the machine */
#define LAST "m599"
#define PATIENCE_S 30

/* While it is not 0 the clock stands still there, but that each look takes TICK_S. */
static double stands_at_s;

static void stop_clock(void)
{
	stands_at_s = engine_now_s();
}

static void start_clock(void)
{
	stands_at_s = 0.;
}

/* netd's, and libev's. */
int clock_gettime(clockid_t id, struct timespec *ret_at)
{
	if (id != CLOCK_MONOTONIC || stands_at_s == 0.)
		return (int)syscall(SYS_clock_gettime, id, ret_at);
	stands_at_s += TICK_S;
	ret_at->tv_sec = (time_t)stands_at_s;
	ret_at->tv_nsec = (long)((stands_at_s - (double)ret_at->tv_sec) * 1e9);
	return 0;
}

/* An observer and what he got. */
struct watcher {
	struct engine_observer observer;
	struct snapshot *snapshot;
	struct error error;
	bool is_done;
};

static void on_done(struct snapshot *snapshot, const struct error *error, void *data)
{
	struct watcher *watcher = data;

	assert_false(watcher->is_done);
	watcher->is_done = true;
	watcher->snapshot = snapshot;
	if (!snapshot)
		watcher->error = *error;
}

static void ask(struct rig *rig, struct watcher *watcher, unsigned int parts)
{
	*watcher = (struct watcher) { .observer = { .parts = parts, .done = on_done } };
	watcher->observer.data = watcher;
	list_init(&watcher->observer.node);
	engine_observe(rig->engine, &watcher->observer);
}

static void turn_until_done(struct rig *rig, const struct watcher *watcher)
{
	double until_s = engine_now_s() + PATIENCE_S;

	while (!watcher->is_done && engine_now_s() < until_s)
		ev_run(rig->loop, EVRUN_NOWAIT);
	assert_true(watcher->is_done);
}

/* Reads all of it, so many bytes at a time, and closes. */
static char *read_text(struct watcher *watcher, size_t step)
{
	struct buf text = { 0 };
	char piece[4096];
	ssize_t n;

	assert_non_null(watcher->snapshot);
	while ((n = snapshot_read(watcher->snapshot, piece, step)) > 0)
		buf_append(&text, piece, (size_t)n);
	assert_int_equal(n, 0);
	snapshot_free(take_ptr(watcher->snapshot));
	return text.data;
}

static json_t *read_json(struct watcher *watcher)
{
	char *text = read_text(watcher, 4096);
	json_t *json = json_loads(text, 0, NULL);

	if (!json)
		fail_msg("not JSON: %.2000s", text);
	free(text);
	return json;
}

static json_t *snapshot_of(struct rig *rig, unsigned int parts)
{
	struct watcher watcher;

	ask(rig, &watcher, parts);
	turn_until_done(rig, &watcher);
	return read_json(&watcher);
}

static size_t count(const json_t *json, const char *key)
{
	return json_array_size(json_object_get(json, key));
}

static json_int_t number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

/* NULL: it is not missing. */
static const char *why_missing(const json_t *json, const char *part)
{
	const json_t *list = json_object_get(json, "Missing");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *its_part, *why;

		assert_int_equal(json_unpack(json_array_get(list, i), "{s:s, s:s}", "Part",
					     &its_part, "Why", &why),
				 0);
		if (strcmp(its_part, part) == 0)
			return why;
	}
	return NULL;
}

static bool shows(const json_t *json, const char *part, const char *key, const char *value)
{
	const json_t *list = json_object_get(json, part);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_object_get(json_array_get(list, i), key)),
			   value) == 0)
			return true;
	return false;
}

static void attach(struct rig *rig, const char *name, const char *more)
{
	char netns[96];

	(void)snprintf(netns, sizeof(netns), "%s/of-%s", rig->dir, name);
	fake_netns_add(netns, 0);
	rig_done(rig, rig_attach(rig, name, netns, more));
}

/* For all tests that need many, which leave as many there. */
static int many_setup(void **state)
{
	struct rig *rig;

	assert_int_equal(rig_setup(state), 0);
	rig = *state;
	for (int i = 0; i < MANY; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "m%d", i);
		attach(rig, name, "\"Networks\": {\"none\": {}}");
	}
	return 0;
}

static void a_snapshot_has_all_parts(void **state)
{
	struct rig *rig = *state;
	struct resolver_peer *resolver = resolver_peer_start(rig);
	json_t *json;

	rig_done(rig, rig_network(rig, "{\"Name\": \"n\"}"));
	attach(rig, "web",
	       "\"Networks\": {\"n\": {}}, \"PortBindings\": {\"80/tcp\": "
	       "[{\"HostIp\": \"0.0.0.0\", \"HostPort\": \"8080-8089\"}]}");
	json = snapshot_of(rig, SEEN_ALL);
	for (enum seen_part part = 0; part < SEEN_N; part++) {
		assert_non_null(json_object_get(json, seen_part_key[part]));
		if (why_missing(json, seen_part_key[part]))
			fail_msg("%s is missing: %s", seen_part_key[part],
				 why_missing(json, seen_part_key[part]));
	}
	assert_true(shows(json, "Networks", "Name", "n"));
	assert_true(shows(json, "Containers", "Name", "web"));
	assert_int_equal(count(json, "Ports"), 1);
	assert_true(shows(json, "Links", "Name", rig_net(rig, "n")->spec.bridge));
	assert_int_equal(
		number(json_object_get(json_object_get(json, "Counters"), "Sets"), "publish4"),
		fake_n_elems(RULESET_PUBLISH4));
	assert_true(json_equal(json_object_get(json, "Generation"),
			       json_object_get(json, "GenerationAtBegin")));
	json_decref(json);
	resolver_peer_end(resolver);
}

static void only_what_was_asked_for_is_there(void **state)
{
	struct rig *rig = *state;
	json_t *json = snapshot_of(rig, SEEN_BIT(SEEN_STORE) | SEEN_BIT(SEEN_NETWORKS));

	assert_non_null(json_object_get(json, "Store"));
	assert_int_equal(count(json, "Networks"), 3);
	assert_null(json_object_get(json, "Containers"));
	assert_null(json_object_get(json, "Links"));
	assert_int_equal(fake_n_calls("links.counted"), 0);
	json_decref(json);
}

/* No resolver, and a kernel that refuses: it is said, and the rest is there. */
static void what_is_missing_is_null_and_said(void **state)
{
	struct rig *rig = *state;
	json_t *json;

	fake_fail("links.counted", -EIO);
	json = snapshot_of(rig, SEEN_ALL);
	assert_true(json_is_null(json_object_get(json, "Links")));
	assert_non_null(strstr(why_missing(json, "Links"), "cannot list the links"));
	assert_true(json_is_null(json_object_get(json, "Resolver")));
	assert_non_null(strstr(why_missing(json, "Resolver"), "no resolver"));
	assert_null(why_missing(json, "Counters"));
	assert_int_equal(count(json, "Networks"), 3);
	json_decref(json);
	fake_fail(NULL, 0);
}

/* However much is read at a time; and twice. */
static void a_reader_may_take_any_piece(void **state)
{
	struct rig *rig = *state;
	struct watcher watchers[3];
	char *texts[3];

	attach(rig, "web", "\"Networks\": {\"none\": {}}");
	for (size_t i = 0; i < 3; i++)
		ask(rig, &watchers[i], SEEN_ALL & ~SEEN_BIT(SEEN_RESOLVER));
	turn_until_done(rig, &watchers[2]);
	for (size_t i = 0; i < 3; i++)
		texts[i] = read_text(&watchers[i], i == 0 ? 1 : i == 1 ? 7 : 4096);
	assert_string_equal(texts[0], texts[1]);
	assert_string_equal(texts[1], texts[2]);
	for (size_t i = 0; i < 3; i++)
		free(texts[i]);
}

static void who_asks_before_it_begins_shares_it_and_who_comes_later_waits(void **state)
{
	struct rig *rig = *state;
	struct watcher first, second, late, last;
	json_int_t n_before = (json_int_t)rig->engine->see->n_gatherings;
	json_t *json;

	ask(rig, &first, SEEN_BIT(SEEN_CONTAINERS));
	ask(rig, &second, SEEN_BIT(SEEN_NETWORKS));
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	ask(rig, &late, SEEN_BIT(SEEN_CONTAINERS));
	ask(rig, &last, SEEN_BIT(SEEN_STORE));
	turn_until_done(rig, &first);
	assert_true(second.is_done);
	assert_false(late.is_done);
	turn_until_done(rig, &late);
	assert_true(last.is_done);
	json = read_json(&first);
	assert_int_equal(number(json, "Gathering"), n_before + 1);
	assert_int_equal(count(json, "Containers"), MANY);
	assert_null(json_object_get(json, "Networks"));
	json_decref(json);
	json = read_json(&second);
	assert_int_equal(number(json, "Gathering"), n_before + 1);
	json_decref(json);
	json = read_json(&late);
	assert_int_equal(number(json, "Gathering"), n_before + 2);
	json_decref(json);
	json = read_json(&last);
	assert_int_equal(number(json, "Gathering"), n_before + 2);
	json_decref(json);
}

/* The first and the third are shared, the first and the second are not. */
static void who_asks_for_a_port_gets_that_alone_unless_others_ask_for_more(void **state)
{
	struct rig *rig = *state;
	struct watcher one, other;
	json_t *json;

	attach(rig, "published",
	       "\"Networks\": {\"bridge\": {}}, \"PortBindings\": {\"80/tcp\": [{\"HostIp\": "
	       "\"0.0.0.0\", \"HostPort\": \"8080\"}], \"81/tcp\": [{\"HostIp\": \"0.0.0.0\", "
	       "\"HostPort\": \"9080\"}], \"82/tcp\": [{\"HostIp\": \"0.0.0.0\", \"HostPort\": "
	       "\"9090\"}]}");
	ask(rig, &one, SEEN_BIT(SEEN_PORTS));
	ask(rig, &other, SEEN_BIT(SEEN_NETWORKS));
	one.observer.port = 9090;
	turn_until_done(rig, &one);
	json = read_json(&one);
	assert_int_equal(count(json, "Ports"), 2);
	json_decref(json);
	json_decref(read_json(&other));
	ask(rig, &one, SEEN_BIT(SEEN_PORTS));
	ask(rig, &other, SEEN_BIT(SEEN_PORTS));
	one.observer.port = 9090;
	turn_until_done(rig, &one);
	json = read_json(&one);
	assert_int_equal(count(json, "Ports"), 3);
	json_decref(json);
	json = read_json(&other);
	assert_int_equal(count(json, "Ports"), 3);
	json_decref(json);
}

/* One that was written and one that was not go, one comes, one changes ports, one its name. */
static void what_changes_meanwhile_is_in_it_as_it_is_at_the_end(void **state)
{
	struct rig *rig = *state;
	struct container_names names = { .name = "renamed" };
	struct watcher watcher;
	json_t *json;

	rig_done(rig, rig_network(rig, "{\"Name\": \"n\"}"));
	attach(rig, "web", "\"Networks\": {\"n\": {}}");
	ask(rig, &watcher, SEEN_OBJECTS);
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	ev_run(rig->loop, EVRUN_NOWAIT);
	assert_false(watcher.is_done);
	rig_done(rig, rig_detach(rig, "m0"));
	rig_done(rig, rig_detach(rig, LAST));
	attach(rig, "new", "\"Networks\": {\"none\": {}}");
	rig_done(rig,
		 rig_ports_add(rig, "web",
			       "{\"PortBindings\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}}"));
	rig_done(rig, engine_names(rig->engine, "m1", &names, &rig->error));
	container_names_done(&names);
	rig_done(rig, rig_network(rig, "{\"Name\": \"n2\"}"));
	turn_until_done(rig, &watcher);
	json = read_json(&watcher);
	assert_int_equal(count(json, "Containers"), rig->engine->n_containers);
	assert_false(shows(json, "Containers", "Name", "m0"));
	assert_false(shows(json, "Containers", "Name", LAST));
	assert_false(shows(json, "Containers", "Name", "m1"));
	assert_true(shows(json, "Containers", "Name", "renamed"));
	assert_true(shows(json, "Containers", "Name", "new"));
	assert_true(shows(json, "Networks", "Name", "n2"));
	assert_true(count(json, "Ports") >= 1);
	assert_true(json_is_false(json_object_get(json, "Moving")));
	assert_int_equal(number(json_object_get(json, "Generation"), "Run"),
			 figures_generation(rig->engine).run);
	assert_false(json_equal(json_object_get(json, "Generation"),
				json_object_get(json, "GenerationAtBegin")));
	json_decref(json);
}

/* A change in each turn, until it is done: it comes to an end, and is of that moment. */
static void a_storm_does_not_keep_it_from_its_end(void **state)
{
	struct rig *rig = *state;
	struct watcher watcher;
	double until_s = engine_now_s() + PATIENCE_S;
	struct seen_generation generation = { 0 };
	size_t n_there = 0;
	json_t *json;

	ask(rig, &watcher, SEEN_OBJECTS);
	for (int i = 0; !watcher.is_done && engine_now_s() < until_s; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "s%d", i / 2);
		if (i % 2 == 0)
			attach(rig, name, "\"Networks\": {\"none\": {}}");
		else
			rig_done(rig, rig_detach(rig, name));
		generation = figures_generation(rig->engine);
		n_there = rig->engine->n_containers;
		ev_run(rig->loop, EVRUN_NOWAIT);
	}
	assert_true(watcher.is_done);
	json = read_json(&watcher);
	assert_true(json_is_false(json_object_get(json, "Moving")));
	assert_int_equal(count(json, "Containers"), n_there);
	assert_int_equal(number(json_object_get(json, "Generation"), "Run"), generation.run);
	assert_true(number(json, "Turns") > 1);
	json_decref(json);
}

/* Its patience is over, and a container that is half written loses most of its endpoints: all that
 * is shown of it is of one moment. */
static void what_is_half_written_begins_anew_however_late_it_is(void **state)
{
	struct rig *rig = *state;
	char more[1024] = "", name[16];
	struct watcher watcher;
	json_t *json;

	for (int i = 0; i < N_NETWORKS; i++) {
		size_t len = strlen(more);

		(void)snprintf(more + len, sizeof(more) - len, "%s\"n%d\": {}",
			       i == 0 ? "\"Networks\": {" : ", ", i);
		(void)snprintf(name, sizeof(name), "{\"Name\": \"n%d\"}", i);
		rig_done(rig, rig_network(rig, name));
	}
	strcat(more, "}");
	attach(rig, "web", more);
	stop_clock();
	ask(rig, &watcher, SEEN_BIT(SEEN_CONTAINERS));
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	ev_run(rig->loop, EVRUN_NOWAIT); /* the patience begins */
	stands_at_s += SNAPSHOT_PATIENCE_S;
	ev_run(rig->loop, EVRUN_NOWAIT); /* and is over */
	assert_false(watcher.is_done);
	for (int i = N_NETWORKS - 1; i > 0; i--) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		rig_done(rig, rig_disconnect(rig, "web", name));
	}
	turn_until_done(rig, &watcher);
	start_clock();
	json = read_json(&watcher);
	assert_int_equal(count(json, "Containers"), 1);
	assert_int_equal(count(json_array_get(json_object_get(json, "Containers"), 0), "Endpoints"),
			 1);
	assert_true(json_is_false(json_object_get(json, "Moving")));
	json_decref(json);
}

/* What a container has of its networks is in their records, and not in its own. */
static void other_servers_of_a_network_are_those_of_containers_that_were_written(void **state)
{
	struct rig *rig = *state;
	struct network_update update = { .dns = { .replaces = true } };
	struct watcher watcher;
	const char *server;
	struct addr addr;
	json_t *json;

	rig_done(rig, rig_network(rig, "{\"Name\": \"n\", \"Dns\": [\"192.0.2.1\"]}"));
	attach(rig, "web", "\"Networks\": {\"n\": {}}");
	for (int i = 0; i < 4 * N_NETWORKS; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "m%d", i);
		attach(rig, name, "\"Networks\": {\"none\": {}}");
	}
	assert_int_equal(addr_parse("192.0.2.2", &addr), 0);
	assert_true(network_dns_add(&update.dns.with, &addr));
	stop_clock();
	ask(rig, &watcher, SEEN_BIT(SEEN_CONTAINERS));
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	for (int i = 0; i < 3; i++) /* web is the first, and whole by then */
		ev_run(rig->loop, EVRUN_NOWAIT);
	assert_false(watcher.is_done);
	rig_done(rig, engine_network_update(rig->engine, "n", &update, &rig->error));
	turn_until_done(rig, &watcher);
	start_clock();
	json = read_json(&watcher);
	assert_int_equal(json_unpack(json_array_get(json_object_get(json, "Containers"), 0),
				     "{s:[s!]}", "DnsServers", &server),
			 0);
	assert_string_equal(server, "192.0.2.2");
	json_decref(json);
}

/* A reader of the kernel that ends when the test closes its end of the pipe. */
static int keep_pipe(const int fds[ENGINE_N_READ], int pipe_fd, void *data)
{
	int *held_fd = data;

	(void)fds;
	*held_fd = dup(pipe_fd);
	return *held_fd < 0 ? -errno : 0;
}

static void the_wait_for_the_kernel_costs_no_patience(void **state)
{
	struct rig *rig = *state;
	struct watcher watcher, another;
	int held_fd = -1;
	json_t *json;

	rig->engine->see->reader_host = (struct engine_reader_host) { keep_pipe, &held_fd };
	ask(rig, &watcher, SEEN_BIT(SEEN_CONTAINERS) | SEEN_BIT(SEEN_LINKS));
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	stop_clock();
	stands_at_s += 2 * SNAPSHOT_PATIENCE_S;
	ask(rig, &another, SEEN_BIT(SEEN_NETWORKS)); /* it has a turn */
	ev_run(rig->loop, EVRUN_NOWAIT);
	attach(rig, "new", "\"Networks\": {\"none\": {}}");
	(void)close(held_fd);
	turn_until_done(rig, &watcher);
	turn_until_done(rig, &another);
	start_clock();
	snapshot_free(another.snapshot);
	json = read_json(&watcher);
	assert_true(shows(json, "Containers", "Name", "new"));
	assert_true(json_is_false(json_object_get(json, "Moving")));
	json_decref(json);
}

static void questions_are_told_by_container_and_by_source(void **state)
{
	struct rig *rig = *state;
	struct resolver_peer *resolver = resolver_peer_start(rig);
	json_t *json, *dns, *first;

	attach(rig, "asks", "\"Networks\": {\"bridge\": {}}");
	attach(rig, "mute", "\"Networks\": {\"none\": {}}"); /* it has nobody to ask */
	json = snapshot_of(rig, SEEN_BIT(SEEN_DNS));
	dns = json_object_get(json, "Dns");
	assert_null(why_missing(json, "Dns"));
	assert_int_equal(count(dns, "Containers"), 1);
	first = json_array_get(json_object_get(dns, "Containers"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "Name")), "asks");
	assert_int_equal(number(first, "Queries"), rig->engine->containers[0]->number);
	assert_int_equal(number(first, "Failed"), 1);
	first = json_array_get(json_object_get(dns, "Sources"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "Source")), "local");
	assert_int_equal(number(json_object_get(first, "Codes"), "NXDOMAIN"), 7);
	assert_int_equal(number(json_object_get(first, "Took"), "Count"), 7);
	assert_int_equal(count(dns, "Upstreams"), 1);
	json_decref(json);
	resolver_peer_end(resolver);
	rig_turn(rig);
	json = snapshot_of(rig, SEEN_BIT(SEEN_DNS));
	assert_true(json_is_null(json_object_get(json, "Dns")));
	assert_non_null(why_missing(json, "Dns"));
	json_decref(json);
}

static void what_was_done_and_what_it_takes_is_told(void **state)
{
	struct rig *rig = *state;
	json_t *json, *daemon, *first;

	engine_note_operation(rig->engine, OPERATION_CONNECT, OPERATION_REFUSED, 70);
	json = snapshot_of(rig, SEEN_BIT(SEEN_DAEMON) | SEEN_BIT(SEEN_CONNTRACK));
	daemon = json_object_get(json, "Daemon");
	assert_int_equal(count(daemon, "Operations"), 1);
	first = json_array_get(json_object_get(daemon, "Operations"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "Operation")), "connect");
	assert_int_equal(number(first, "Refused"), 1);
	assert_int_equal(number(first, "Done"), 0);
	assert_int_equal(number(json_object_get(first, "Took"), "SumMicroseconds"), 70);
	first = json_array_get(json_object_get(daemon, "Processes"), 0);
	assert_int_equal(number(first, "Pid"), getpid());
	assert_true(number(first, "ResidentBytes") > 0);
	assert_int_equal(number(json_object_get(json, "Conntrack"), "Limit"), 65536);
	json_decref(json);
}

/* It ends between its answer and the end of the gathering. */
static void the_counters_are_of_the_resolver_that_said_them(void **state)
{
	struct rig *rig = *state;
	struct resolver_peer *resolver = resolver_peer_start(rig);
	struct watcher watcher;
	int held_fd = -1;
	json_t *json;

	rig->engine->see->reader_host = (struct engine_reader_host) { keep_pipe, &held_fd };
	ask(rig, &watcher, SEEN_BIT(SEEN_RESOLVER) | SEEN_BIT(SEEN_LINKS));
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	rig_turn(rig); /* it answers */
	resolver_peer_end(resolver);
	rig_turn(rig);
	assert_int_equal(engine_resolver_pid(rig->engine), 0);
	(void)close(held_fd);
	turn_until_done(rig, &watcher);
	json = read_json(&watcher);
	assert_null(why_missing(json, "Resolver"));
	assert_int_equal(number(json_object_get(json, "Resolver"), "Pid"), getpid());
	json_decref(json);
}

static void what_nobody_waits_for_is_given_up(void **state)
{
	struct rig *rig = *state;
	uint64_t n_before = rig->engine->see->n_gatherings;
	struct watcher watcher;

	ask(rig, &watcher, SEEN_ALL);
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	list_remove(&watcher.observer.node);
	rig_turn(rig);
	assert_null(rig->engine->see->current);
	assert_int_equal(rig->engine->see->n_gatherings, n_before);
	assert_false(watcher.is_done);
}

/* Memory ran out while a part was written: what stands there already would be no JSON. */
static void half_a_part_is_not_shown(void **state)
{
	struct rig *rig = *state;
	struct document *document = document_new(rig->engine->see, SEEN_BIT(SEEN_STORE));
	struct watcher watcher = { 0 };
	struct piece *piece;
	json_t *json;

	assert_non_null(document);
	piece = document_add_piece(document, SEEN_STORE, NULL);
	assert_non_null(piece);
	buf_puts(&piece->text, "{\"Sche");
	document_lacks(document, SEEN_STORE, "there was no memory for it");
	document_publish(rig->engine, document);
	watcher.snapshot = document_open(document, SEEN_BIT(SEEN_STORE));
	json = read_json(&watcher);
	assert_true(json_is_null(json_object_get(json, "Store")));
	assert_string_equal(why_missing(json, "Store"), "there was no memory for it");
	json_decref(json);
	rig_turn(rig);
	assert_true(list_empty(&rig->engine->see->rubbish));
}

/* Nobody who does not read keeps more than a few documents alive. */
static void who_does_not_read_is_cut_off_by_those_that_come(void **state)
{
	struct rig *rig = *state;
	struct watcher watchers[SNAPSHOTS_MAX + 2];
	char piece[64];

	for (size_t i = 0; i < SNAPSHOTS_MAX + 2; i++) {
		ask(rig, &watchers[i], SEEN_BIT(SEEN_NETWORKS));
		turn_until_done(rig, &watchers[i]);
		assert_int_equal(snapshot_read(watchers[i].snapshot, piece, 1), 1);
	}
	assert_int_equal(rig->engine->see->n_documents, SNAPSHOTS_MAX);
	for (size_t i = 0; i < SNAPSHOTS_MAX + 2; i++) {
		assert_int_equal(snapshot_read(watchers[i].snapshot, piece, 1),
				 i < 2 ? -ECANCELED : 1);
		snapshot_free(watchers[i].snapshot);
	}
	assert_int_equal(rig->engine->see->n_documents, 0);
	rig_turn(rig);
	assert_true(list_empty(&rig->engine->see->rubbish));
	assert_int_equal(rig->engine->guard.counters[GUARD_DROPPED_STREAMS].n, 2);
}

static void an_engine_that_ends_leaves_nothing_of_it(void **state)
{
	struct rig *rig = *state;
	struct watcher watcher;

	ask(rig, &watcher, SEEN_ALL);
	while (!rig->engine->see->current)
		ev_run(rig->loop, EVRUN_NOWAIT);
	ev_run(rig->loop, EVRUN_NOWAIT);
	list_remove(&watcher.observer.node); /* as the API does first */
	rig_restart(rig);
	assert_true(rig->engine->n_containers > 0);
}

int main(void)
{
#define GATHERING_TEST(function) cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)
	const struct CMUnitTest few[] = {
		GATHERING_TEST(a_snapshot_has_all_parts),
		GATHERING_TEST(only_what_was_asked_for_is_there),
		GATHERING_TEST(what_is_missing_is_null_and_said),
		GATHERING_TEST(a_reader_may_take_any_piece),
		GATHERING_TEST(who_asks_for_a_port_gets_that_alone_unless_others_ask_for_more),
		GATHERING_TEST(half_a_part_is_not_shown),
		GATHERING_TEST(who_does_not_read_is_cut_off_by_those_that_come),
		GATHERING_TEST(what_is_half_written_begins_anew_however_late_it_is),
		GATHERING_TEST(
			other_servers_of_a_network_are_those_of_containers_that_were_written),
		GATHERING_TEST(the_wait_for_the_kernel_costs_no_patience),
		GATHERING_TEST(the_counters_are_of_the_resolver_that_said_them),
		GATHERING_TEST(questions_are_told_by_container_and_by_source),
		GATHERING_TEST(what_was_done_and_what_it_takes_is_told),
	}, many[] = {
		cmocka_unit_test(who_asks_before_it_begins_shares_it_and_who_comes_later_waits),
		cmocka_unit_test(a_storm_does_not_keep_it_from_its_end),
		cmocka_unit_test(what_nobody_waits_for_is_given_up),
		cmocka_unit_test(what_changes_meanwhile_is_in_it_as_it_is_at_the_end),
		cmocka_unit_test(an_engine_that_ends_leaves_nothing_of_it),
	};

	return cmocka_run_group_tests(few, NULL, NULL) +
	       cmocka_run_group_tests(many, many_setup, rig_teardown);
}

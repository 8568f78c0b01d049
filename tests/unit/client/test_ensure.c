// SPDX-License-Identifier: GPL-2.0-or-later
// test_ensure.c - which requests the procedure makes, in which order, and what comes of them
#include "client/ensure.h"

#include "base/cleanup.h"
#include "client/calls.h"
#include "tests/unit/client/fake_daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ATTACH "POST /netd/v1/containers "
#define LOOK "GET /netd/v1/containers/" ID " "
#define SAME "/proc/self/ns/net"
#define OTHER "/proc/self/ns/mnt"

#define ON_BLUE                                                                                    \
	"\"blue\": {\"IPAddress\": \"10.0.0.2\", \"MacAddress\": \"02:00:00:00:00:0A\", "          \
	"\"DriverOpts\": {\"com.docker.network.endpoint.ifname\": \"eth0\"}}"
#define ON_RED "\"red\": {\"IPAddress\": \"10.0.1.2\"}"
#define CONTAINER(netns, networks, ports)                                                          \
	"{\"Id\": \"" ID "\", \"Name\": \"/web\", \"NetworkSettings\": {\"SandboxKey\": \"" netns  \
	"\", \"Networks\": {" networks "}, \"Ports\": {" ports "}}}"
#define PORT_80 "\"80/tcp\": [{\"HostIp\": \"0.0.0.0\", \"HostPort\": \"8080\"}]"
#define SHOWN(netns, networks) FAKE_JSON("200 OK", CONTAINER(netns, networks, PORT_80))
#define DONE FAKE_JSON("200 OK", "")
#define NO(status, code) FAKE_JSON(status, "{\"message\": \"" code "!\", \"code\": \"" code "\"}")
#define IN_USE NO("409 Conflict", "container-in-use")
#define NO_NETWORK NO("404 Not Found", "network-not-found")

/* Both networks, the first with all that can be asked for. */
#define BODY                                                                                       \
	"{\"Id\": \"" ID "\", \"Name\": \"pod\", \"Networks\": {\"blue\": {\"IPAMConfig\": "       \
	"{\"IPv4Address\": \"10.0.0.2\"}, \"MacAddress\": \"02:00:00:00:00:0a\"}, \"red\": {}}, "  \
	"\"PortBindings\": {" PORT_80 "}}"
#define BODY_BLUE                                                                                  \
	"{\"Id\": \"" ID "\", \"Name\": \"pod\", \"Networks\": [{\"Name\": \"blue\", "             \
	"\"DriverOpts\": {\"com.docker.network.endpoint.ifname\": \"eth0\"}}]}"

/* --- what the caller decides ------------------------------------------------------------------ */

struct caller {
	const char *netns;	     /* a container elsewhere is stale; NULL: all are theirs */
	int n_asked, n_made;	     /* times */
	const char *missing;	     /* this network is made when netd lacks it; NULL: none */
	enum error_reason last_seen; /* of the refusal */
};

static enum ensure_owner owner(void *user, const json_t *container)
{
	const struct caller *caller = user;

	if (!caller->netns)
		return ENSURE_THEIRS;
	return ensure_is_in_netns(container, caller->netns) ? ENSURE_OURS : ENSURE_STALE;
}

static int make(void *user, const char *network, const struct error *refusal, bool *ret_made,
		struct error *error)
{
	struct caller *caller = user;

	caller->n_asked++;
	if (!refusal)
		return 0;
	caller->last_seen = refusal->reason;
	if (strcmp(network, "bad") == 0)
		return error_set(error, ERROR_INVALID, "network bad cannot be made");
	*ret_made |= caller->missing && strcmp(network, caller->missing) == 0;
	caller->n_made += *ret_made;
	return 0;
}

static const struct ensure_rules rules = { .owner = owner, .make = make };

/* Runs the procedure against a netd that answers as told; what it returned. */
static int run(const struct fake_exchange *exchanges, size_t n, struct ensure ensure,
	       const char *body, struct caller *caller, json_t **ret_container, struct error *error)
{
	json_auto_t *json = json_loads(body, 0, NULL);
	struct fake_daemon daemon;
	int err;

	assert_non_null(json);
	fake_daemon_start(&daemon, exchanges, n);
	assert_int_equal(client_open(daemon.host, &ensure.client, error), 0);
	ensure.body = json;
	ensure.user = caller;
	if (!ensure.rules)
		ensure.rules = &rules;
	err = ensure_attached(&ensure, ret_container, error);
	client_close(ensure.client);
	assert_int_equal(fake_daemon_end(&daemon), 0);
	return err;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void the_usual_call_is_one_request(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, "\"pod\"", SHOWN(SAME, ON_BLUE), 0 },
	};
	json_auto_t *container = NULL;
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(
		run(exchanges, 1, (struct ensure) { 0 }, BODY, &caller, &container, &error), 0);
	assert_string_equal(calls_text(container, "Id"), ID);
}

static void a_network_that_is_missing_is_made_and_the_attach_tried_again(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, NO_NETWORK, 0 },
		{ ATTACH, NULL, NO("400 Bad Request", "invalid"), 0 },
		{ ATTACH, NULL, DONE, 0 },
	};
	struct caller caller = { .netns = SAME, .missing = "red" };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(run(exchanges, 3, (struct ensure) { 0 }, BODY, &caller, NULL, &error), 0);
	assert_int_equal(caller.n_made, 2);
	assert_int_equal(caller.last_seen, ERROR_REASON_NONE);
}

static void
a_network_that_came_back_meanwhile_is_tried_again_and_another_refusal_is_told(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, NO_NETWORK, 0 },
		{ ATTACH, NULL, NO("404 Not Found", "netns-not-found"), 0 },
	};
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(exchanges, 2, (struct ensure) { 0 }, BODY, &caller, NULL, &error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_NETNS_NOT_FOUND);
	assert_string_equal(error.text, "netns-not-found!");
}

static void a_network_that_cannot_be_made_is_told_in_the_callers_words(void **state)
{
	static const struct fake_exchange exchanges[] = { { ATTACH, NULL, NO_NETWORK, 0 } };
	struct caller caller = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_true(run(exchanges, 1, (struct ensure) { 0 }, "{\"Networks\": {\"bad\": {}}}",
			&caller, NULL, &error) < 0);
	assert_string_equal(error.text, "network bad cannot be made");
}

static void a_network_that_goes_again_and_again_ends_with_the_last_refusal(void **state)
{
	static struct fake_exchange exchanges[16];
	struct caller caller = { .missing = "blue" };
	struct error error = { 0 };

	(void)state;
	for (size_t i = 0; i < 16; i++)
		exchanges[i] = (struct fake_exchange) { ATTACH, NULL, NO_NETWORK, 0 };
	assert_true(run(exchanges, 16, (struct ensure) { 0 }, BODY, &caller, NULL, &error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_NETWORK_NOT_FOUND);
	assert_int_equal(caller.n_made, 32); /* both networks are asked about, one is made */
}

static void what_is_missing_on_our_container_is_connected_and_published(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, FAKE_JSON("200 OK", CONTAINER(SAME, ON_BLUE, "")), 0 },
		{ "POST /networks/red/connect ", "\"Container\":\"" ID "\"", NO_NETWORK, 0 },
		{ "POST /networks/red/connect ", "\"Container\":\"" ID "\"", DONE, 0 },
		{ LOOK, NULL, FAKE_JSON("200 OK", CONTAINER(SAME, ON_BLUE "," ON_RED, "")), 0 },
		{ "POST /netd/v1/containers/" ID "/ports ", "\"HostPort\":\"8080\"", DONE, 0 },
		{ LOOK, NULL, SHOWN(SAME, ON_BLUE "," ON_RED), 0 },
	};
	json_auto_t *container = NULL;
	struct caller caller = { .netns = SAME, .missing = "red" };
	struct error error = { 0 };
	const json_t *networks;

	(void)state;
	assert_int_equal(
		run(exchanges, 7, (struct ensure) { 0 }, BODY, &caller, &container, &error), 0);
	networks = json_object_get(json_object_get(container, "NetworkSettings"), "Networks");
	assert_int_equal(json_object_size(networks), 2);
	assert_int_equal(caller.n_asked, 2); /* before the connect, and after its refusal */
	assert_int_equal(caller.n_made, 1);
}

static void a_container_that_has_all_of_it_is_left_alone(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, SHOWN(SAME, ON_BLUE "," ON_RED), 0 },
		{ LOOK, NULL, SHOWN(SAME, ON_BLUE "," ON_RED), 0 },
	};
	json_auto_t *container = NULL;
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(
		run(exchanges, 3, (struct ensure) { 0 }, BODY, &caller, &container, &error), 0);
	assert_non_null(container);
}

static void what_was_connected_goes_again_when_the_rest_fails(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, FAKE_JSON("200 OK", CONTAINER(SAME, ON_BLUE, "")), 0 },
		{ "POST /networks/red/connect ", NULL, DONE, 0 },
		{ LOOK, NULL, FAKE_JSON("200 OK", CONTAINER(SAME, ON_BLUE "," ON_RED, "")), 0 },
		{ "POST /netd/v1/containers/" ID "/ports ", NULL, NO("409 Conflict", "port-in-use"),
		  0 },
		{ "POST /networks/red/disconnect ", "\"Container\":\"" ID "\"", DONE, 0 },
	};
	json_auto_t *container = NULL;
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(exchanges, 6, (struct ensure) { 0 }, BODY, &caller, &container, &error) <
		    0);
	assert_int_equal(error.reason, ERROR_REASON_PORT_IN_USE);
	assert_null(container);
}

static void an_endpoint_that_is_otherwise_is_a_conflict_or_is_joined_anew(void **state)
{
	static const struct fake_exchange conflict[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, SHOWN(SAME, "\"blue\": {\"IPAddress\": \"10.0.0.3\"}"), 0 },
	};
	static const struct fake_exchange rejoin[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, SHOWN(SAME, ON_RED ", \"blue\": {\"IPAddress\": \"10.0.0.3\"}"), 0 },
		{ "POST /networks/blue/disconnect ", NULL, DONE, 0 },
		{ "POST /networks/blue/connect ", "10.0.0.2", DONE, 0 },
		{ LOOK, NULL, SHOWN(SAME, ON_BLUE "," ON_RED), 0 },
	};
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(conflict, 2, (struct ensure) { 0 }, BODY, &caller, NULL, &error) < 0);
	assert_string_equal(error.text, "container-in-use!");
	assert_int_equal(
		run(rejoin, 5, (struct ensure) { .rejoins = true }, BODY, &caller, NULL, &error),
		0);
}

/* The container has another address, which netd chose, and an alias. */
#define ON_BLUE_AT_3                                                                               \
	"\"blue\": {\"IPAMConfig\": null, \"IPAddress\": \"10.0.0.3\", \"MacAddress\": "           \
	"\"02:00:00:00:00:03\", \"Aliases\": [\"db\"], \"NetworkID\": \"1\"}"
#define AS_BEFORE                                                                                  \
	"{\"Container\":\"" ID "\",\"EndpointConfig\":{\"Aliases\":[\"db\"],\"MacAddress\":"       \
	"\"02:00:00:00:00:03\",\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.3\"}}}"
#define OFF_BLUE                                                                                   \
	{                                                                                          \
		"POST /networks/blue/disconnect ", NULL, DONE, 0                                   \
	}

static void what_cannot_be_joined_anew_is_put_back_as_it_was(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, SHOWN(SAME, ON_RED ", " ON_BLUE_AT_3), 0 },
		OFF_BLUE,
		{ "POST /networks/blue/connect ", "10.0.0.2", NO("409 Conflict", "address-in-use"),
		  0 },
		{ "POST /networks/blue/connect ", AS_BEFORE, DONE, 0 },
	};
	const struct fake_exchange in_vain[] = {
		exchanges[0],
		exchanges[1],
		exchanges[2],
		exchanges[3],
		{ "POST /networks/blue/connect ", AS_BEFORE,
		  NO("503 Service Unavailable", "unavailable"), 0 },
	};
	const struct ensure ensure = { .rejoins = true };
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(exchanges, 5, ensure, BODY, &caller, NULL, &error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_ADDRESS_IN_USE);
	assert_string_equal(error.text, "address-in-use!");
	assert_true(run(in_vain, 5, ensure, BODY, &caller, NULL, &error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_ADDRESS_IN_USE);
	assert_string_equal(error.text, "address-in-use!; what the container had on network blue "
					"could not be put back: unavailable!");
}

static void what_was_joined_anew_is_put_back_when_the_rest_fails(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, SHOWN(SAME, ON_BLUE_AT_3), 0 },
		OFF_BLUE,
		{ "POST /networks/blue/connect ", "10.0.0.2", DONE, 0 },
		{ "POST /networks/red/connect ", NULL, NO("403 Forbidden", "forbidden"), 0 },
		OFF_BLUE,
		{ "POST /networks/blue/connect ", AS_BEFORE, DONE, 0 },
	};
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(exchanges, 7, (struct ensure) { .rejoins = true }, BODY, &caller, NULL,
			&error) < 0);
	assert_string_equal(error.text, "forbidden!");
}

static void what_an_earlier_life_left_is_detached_and_theirs_is_a_conflict(void **state)
{
	static const struct fake_exchange stale[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ LOOK, NULL, SHOWN(OTHER, ON_BLUE), 0 },
		{ "DELETE /netd/v1/containers/" ID " ", NULL, DONE, 0 },
		{ ATTACH, NULL, SHOWN(SAME, ON_BLUE), 0 },
	};
	struct caller caller = { .netns = SAME }, stranger = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(run(stale, 4, (struct ensure) { 0 }, BODY, &caller, NULL, &error), 0);
	assert_true(run(stale, 2, (struct ensure) { 0 }, BODY, &stranger, NULL, &error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_CONTAINER_IN_USE);
}

static void a_container_whose_id_begins_with_ours_is_another(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, IN_USE, 0 },
		{ "GET /netd/v1/containers/01 ", NULL, SHOWN(SAME, ON_BLUE), 0 },
	};
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(exchanges, 2, (struct ensure) { 0 }, "{\"Id\": \"01\"}", &caller, NULL,
			&error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_CONTAINER_IN_USE);
}

static void the_other_name_is_tried_once_and_only_for_a_name_in_use(void **state)
{
	static const struct fake_exchange named[] = {
		{ ATTACH, "\"Name\":\"pod\"", IN_USE, 0 },
		{ LOOK, NULL, NO("404 Not Found", "container-not-found"), 0 },
		{ ATTACH, "\"Name\":\"web\"", IN_USE, 0 },
		{ LOOK, NULL, NO("404 Not Found", "container-not-found"), 0 },
	};
	static const struct fake_exchange port[] = {
		{ ATTACH, NULL, NO("409 Conflict", "port-in-use"), 0 },
		{ LOOK, NULL, NO("404 Not Found", "container-not-found"), 0 },
	};
	const struct ensure ensure = { .other_name = "web" };
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(named, 4, ensure, BODY, &caller, NULL, &error) < 0);
	assert_true(run(port, 2, ensure, BODY, &caller, NULL, &error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_PORT_IN_USE);
}

/* It took the other name, for the first was another's then. */
static void a_repetition_under_the_other_name_is_told_from_a_conflict(void **state)
{
	static const struct fake_exchange repeated[] = {
		{ ATTACH, "\"Name\":\"pod\"", IN_USE, 0 },
		{ LOOK, NULL, SHOWN(OTHER, ON_BLUE), 0 },
		{ ATTACH, "\"Name\":\"web\"", SHOWN(OTHER, ON_BLUE), 0 },
	};
	static const struct fake_exchange different[] = {
		{ ATTACH, "\"Name\":\"pod\"", NO("409 Conflict", "container-in-use"), 0 },
		{ LOOK, NULL, SHOWN(OTHER, ON_BLUE), 0 },
		{ ATTACH, "\"Name\":\"web\"", NO("409 Conflict", "conflict"), 0 },
		{ LOOK, NULL, SHOWN(OTHER, ON_BLUE), 0 },
	};
	const struct ensure ensure = { .other_name = "web" };
	struct caller caller = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(run(repeated, 3, ensure, BODY, &caller, NULL, &error), 0);
	assert_true(run(different, 4, ensure, BODY, &caller, NULL, &error) < 0);
	assert_string_equal(error.text, "container-in-use!"); /* what was said first */
}

/* The address was taken, and yet the network is another one. */
static void an_answer_that_is_otherwise_is_detached_and_counts_as_refused(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, SHOWN(SAME, ON_BLUE), 0 },
		{ "DELETE /netd/v1/containers/" ID " ", NULL, DONE, 0 },
		{ ATTACH, NULL, SHOWN(SAME, ON_RED ", \"blue\": {}"), 0 },
		{ "DELETE /netd/v1/containers/" ID " ", NULL, DONE, 0 },
		{ ATTACH, NULL, SHOWN(SAME, ON_BLUE "," ON_RED), 0 },
	};
	const struct ensure ensure = { .mismatch = "is another one" };
	struct caller caller = { .netns = SAME, .missing = "red" }, idle = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(run(exchanges, 5, ensure, BODY, &caller, NULL, &error), 0);
	assert_true(run(exchanges, 2, ensure, BODY, &idle, NULL, &error) < 0);
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_string_equal(error.text, "network red is another one");
}

static void one_more_interface_on_a_network_says_so_and_is_undone_by_its_name(void **state)
{
	static const struct fake_exchange exchanges[] = {
		{ ATTACH, NULL, SHOWN(SAME, ON_RED), 0 },
		{ "POST /networks/blue/connect ", "\"org.netd.endpoint.another\":\"true\"", DONE,
		  0 },
		{ LOOK, NULL, NO("503 Service Unavailable", "unavailable"), 0 },
		{ "POST /networks/blue%40eth0/disconnect ", NULL, DONE, 0 },
	};
	json_auto_t *container = NULL;
	struct caller caller = { .netns = SAME };
	struct error error = { 0 };

	(void)state;
	assert_true(run(exchanges, 4, (struct ensure) { .another = true, .completes = true },
			BODY_BLUE, &caller, &container, &error) < 0);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
}

static void a_labelled_container_is_connected_without_an_attach(void **state)
{
	static const struct fake_exchange there[] = {
		{ "GET /netd/v1/containers?filters=", NULL,
		  FAKE_JSON("200 OK", "[" CONTAINER(SAME, ON_RED, "") "]"), 0 },
		{ "POST /networks/blue/connect ", NULL, DONE, 0 },
	};
	static const struct fake_exchange none[] = {
		{ "GET /netd/v1/containers?filters=", NULL, FAKE_JSON("200 OK", "[]"), 0 },
		{ ATTACH, NULL, NO("409 Conflict", "netns-in-use"), 0 },
	};
	static const struct ensure_rules no_rules = { 0 };
	const struct ensure ensure = { .label = "sandbox=1", .rules = &no_rules };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(run(there, 2, ensure, BODY_BLUE, NULL, NULL, &error), 0);
	assert_true(run(none, 2, ensure, BODY_BLUE, NULL, NULL, &error) < 0);
	assert_int_equal(error.reason, ERROR_REASON_NETNS_IN_USE);
}

static void only_ports_that_are_not_published_are_missing(void **state)
{
	json_auto_t *container = json_loads(CONTAINER(SAME, "", PORT_80), 0, NULL);
	json_auto_t *wanted = json_loads(
		"{\"80/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"8080\"}, {\"HostIp\": \"::\", "
		"\"HostPort\": \"8080\"}], \"81/tcp\": [{\"HostIp\": \"\", \"HostPort\": "
		"\"8080\"}], \"82/tcp\": []}",
		0, NULL);
	json_auto_t *want = json_loads(
		"{\"80/tcp\": [{\"HostIp\": \"::\", \"HostPort\": \"8080\"}], \"81/tcp\": "
		"[{\"HostIp\": \"\", \"HostPort\": \"8080\"}]}",
		0, NULL);
	json_auto_t *missing = ensure_missing_ports(container, wanted);

	(void)state;
	assert_true(json_equal(missing, want));
}

static void two_paths_of_one_namespace_are_the_same(void **state)
{
	(void)state;
	assert_true(ensure_same_netns(SAME, "/proc/thread-self/ns/net"));
	assert_false(ensure_same_netns(SAME, OTHER));
	assert_false(ensure_same_netns("/nowhere", "/nowhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_call_is_one_request),
		cmocka_unit_test(a_network_that_is_missing_is_made_and_the_attach_tried_again),
		cmocka_unit_test(
			a_network_that_came_back_meanwhile_is_tried_again_and_another_refusal_is_told),
		cmocka_unit_test(a_network_that_cannot_be_made_is_told_in_the_callers_words),
		cmocka_unit_test(a_network_that_goes_again_and_again_ends_with_the_last_refusal),
		cmocka_unit_test(what_is_missing_on_our_container_is_connected_and_published),
		cmocka_unit_test(a_container_that_has_all_of_it_is_left_alone),
		cmocka_unit_test(what_was_connected_goes_again_when_the_rest_fails),
		cmocka_unit_test(an_endpoint_that_is_otherwise_is_a_conflict_or_is_joined_anew),
		cmocka_unit_test(what_cannot_be_joined_anew_is_put_back_as_it_was),
		cmocka_unit_test(what_was_joined_anew_is_put_back_when_the_rest_fails),
		cmocka_unit_test(what_an_earlier_life_left_is_detached_and_theirs_is_a_conflict),
		cmocka_unit_test(a_container_whose_id_begins_with_ours_is_another),
		cmocka_unit_test(the_other_name_is_tried_once_and_only_for_a_name_in_use),
		cmocka_unit_test(a_repetition_under_the_other_name_is_told_from_a_conflict),
		cmocka_unit_test(an_answer_that_is_otherwise_is_detached_and_counts_as_refused),
		cmocka_unit_test(one_more_interface_on_a_network_says_so_and_is_undone_by_its_name),
		cmocka_unit_test(a_labelled_container_is_connected_without_an_attach),
		cmocka_unit_test(only_ports_that_are_not_published_are_missing),
		cmocka_unit_test(two_paths_of_one_namespace_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

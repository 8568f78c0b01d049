// SPDX-License-Identifier: GPL-2.0-or-later
// test_request_swarm.c - what Docker's clients ask of a swarm, as netd's calls have it
#include "model/request/request.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef int (*decoder)(const json_t *body, json_t **ret_body, struct error *error);

static void becomes(decoder decode, const char *text, const char *wanted)
{
	json_t *body = json_loads(text, 0, NULL), *asked = NULL;
	struct error error = { 0 };
	char *said;

	assert_non_null(body);
	if (decode(body, &asked, &error) < 0)
		fail_msg("%s: %s", text, error.text);
	said = json_dumps(asked, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(said, wanted);
	free(said);
	json_decref(asked);
	json_decref(body);
}

static void is_refused(decoder decode, const char *text, const char *words)
{
	json_t *body = json_loads(text, 0, NULL), *asked = NULL;
	struct error error = { 0 };

	assert_non_null(body);
	assert_true(decode(body, &asked, &error) < 0);
	assert_null(asked);
	if (!strstr(error.text, words))
		fail_msg("%s: %s", text, error.text);
	json_decref(body);
}

#define A "\"AdvertiseAddr\":\"192.0.2.1\""

static void what_a_client_sends_for_nothing_asks_for_nothing(void **state)
{
	(void)state;
	becomes(request_swarm_init,
		"{\"ListenAddr\":\"0.0.0.0:2377\"," A ",\"DataPathAddr\":\"\",\"DataPathPort\":0,"
		"\"DefaultAddrPool\":null,\"ForceNewCluster\":false,\"Spec\":{\"Labels\":null,"
		"\"Orchestration\":{},\"Raft\":{},\"Dispatcher\":{},\"CAConfig\":{},"
		"\"TaskDefaults\":{},\"EncryptionConfig\":{\"AutoLockManagers\":false}},"
		"\"AutoLockManagers\":false,\"Availability\":\"active\",\"SubnetSize\":24}",
		"{\"AdvertiseAddr\":[\"192.0.2.1\"]}");
	/* which address that is netd does not guess, and its own call says so */
	becomes(request_swarm_init, "{}", "{}");
	becomes(request_swarm_init,
		"{" A ",\"ListenAddr\":\"192.0.2.1:2377\",\"DataPathPort\":4789}",
		"{\"AdvertiseAddr\":[\"192.0.2.1\"]}");
}

static void what_netd_has_not_is_refused_by_its_option(void **state)
{
	(void)state;
	is_refused(request_swarm_init, "{\"AdvertiseAddr\":\"eth0\"}",
		   "--advertise-addr eth0 is no address");
	is_refused(request_swarm_init, "{\"AdvertiseAddr\":\"192.0.2.1:2377\"}", "without a port");
	is_refused(request_swarm_init, "{" A ",\"ListenAddr\":\"192.0.2.9:2377\"}",
		   "--listen-addr:");
	is_refused(request_swarm_init, "{" A ",\"DataPathAddr\":\"10.0.0.1\"}",
		   "--data-path-addr:");
	is_refused(request_swarm_init, "{" A ",\"DataPathPort\":7789}", "--data-path-port:");
	is_refused(request_swarm_init, "{" A ",\"Availability\":\"drain\"}", "--availability:");
	is_refused(request_swarm_init, "{" A ",\"ForceNewCluster\":true}", "--force-new-cluster:");
	is_refused(request_swarm_init,
		   "{" A ",\"Spec\":{\"EncryptionConfig\":{\"AutoLockManagers\":true}}}",
		   "--autolock:");
	is_refused(request_swarm_init, "{" A ",\"Spec\":{\"CAConfig\":{\"ExternalCAs\":[{}]}}}",
		   "--external-ca:");
	is_refused(request_swarm_init, "{" A ",\"DefaultAddrPool\":[\"10.0.0.0/8\"]}",
		   "--default-addr-pool:");
	is_refused(request_swarm_init, "{\"AdvertiseAddr\":7}", "AdvertiseAddr must be a string");
	is_refused(request_swarm_join,
		   "{\"JoinToken\":\"netd1-x\",\"RemoteAddrs\":[\"h\"],\"Availability\":\"pause\"}",
		   "--availability:");
}

static void a_host_joins_by_one_token_and_asks_one_host(void **state)
{
	(void)state;
	becomes(request_swarm_join,
		"{\"JoinToken\":\"netd1-x\",\"RemoteAddrs\":[\"192.0.2.1:2391\"],"
		"\"ListenAddr\":\"[::]:2377\",\"AdvertiseAddr\":\"\",\"DataPathAddr\":\"\","
		"\"Availability\":\"active\"}",
		"{\"Remote\":\"192.0.2.1:2391\",\"Token\":\"netd1-x\"}");
	becomes(request_swarm_join, "{\"JoinToken\":\"netd1-x\",\"RemoteAddrs\":[\"h\"]," A "}",
		"{\"AdvertiseAddr\":[\"192.0.2.1\"],\"Remote\":\"h\",\"Token\":\"netd1-x\"}");
	is_refused(request_swarm_join, "{\"RemoteAddrs\":[\"h\"]}", "--token TOKEN is missing");
	is_refused(request_swarm_join, "{\"JoinToken\":\"SWMTKN-1-2\",\"RemoteAddrs\":[\"h\"]}",
		   "of a swarm of Docker's");
	is_refused(request_swarm_join, "{\"JoinToken\":\"netd1-x\",\"RemoteAddrs\":[\"h\",\"k\"]}",
		   "say which host to ask");
	is_refused(request_swarm_join, "{\"JoinToken\":\"netd1-x\",\"RemoteAddrs\":[1]}",
		   "say which host to ask");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_client_sends_for_nothing_asks_for_nothing),
		cmocka_unit_test(what_netd_has_not_is_refused_by_its_option),
		cmocka_unit_test(a_host_joins_by_one_token_and_asks_one_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

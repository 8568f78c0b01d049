// SPDX-License-Identifier: GPL-2.0-or-later
// test_call.c - what a runtime may say to netd-cni, and what it is told when it may not
#include "plugins/cni/call.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONFIG "{\"cniVersion\": \"1.1.0\", \"name\": \"blue\"}"

static struct cni_error error;

static struct cni_env env_of(const char *command)
{
	return (struct cni_env) {
		.command = command, .container = "c1", .netns = "/run/netns/c1", .ifname = "eth0"
	};
}

/* From a heap copy of just the size, so that a byte too far is seen. */
static int decode(const struct cni_env *env, const char *text, struct cni_call *call)
{
	size_t len = strlen(text);
	_cleanup_free_ char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	error = (struct cni_error) { 0 };
	return cni_call_decode(env, copy, len, call, &error);
}

static void refused(const struct cni_env *env, const char *text, enum cni_code code,
		    const char *word)
{
	struct cni_call call;

	assert_int_equal(decode(env, text, &call), -EINVAL);
	assert_int_equal(error.code, code);
	if (!strstr(error.text, word))
		fail_msg("no \"%s\" in: %s", word, error.text);
	cni_call_done(&call);
}

static void a_plain_add_is_understood(void **state)
{
	struct cni_env env = env_of("ADD");
	struct cni_call call;

	(void)state;
	assert_int_equal(decode(&env, CONFIG, &call), 0);
	assert_int_equal(call.verb, CNI_ADD);
	assert_int_equal(call.version, CNI_1_1_0);
	assert_string_equal(call.name, "blue");
	assert_string_equal(call.network, "blue");
	assert_null(call.netd_host);
	assert_true(call.may_create);
	cni_call_done(&call);
}

static void a_network_named_in_netd_is_made_only_when_described(void **state)
{
	struct cni_env env = env_of("ADD");
	struct cni_call call;

	(void)state;
	assert_int_equal(
		decode(&env, "{\"cniVersion\": \"1.1.0\", \"name\": \"blue\", \"network\": \"n\"}",
		       &call),
		0);
	assert_string_equal(call.network, "n");
	assert_false(call.may_create);
	cni_call_done(&call);
	/* The default of the reference plugin describes nothing. */
	assert_int_equal(
		decode(&env,
		       "{\"cniVersion\": \"1.1.0\", \"name\": \"blue\", \"network\": \"n\", "
		       "\"macspoofchk\": false}",
		       &call),
		0);
	assert_false(call.may_create);
	cni_call_done(&call);
	assert_int_equal(
		decode(&env,
		       "{\"cniVersion\": \"1.1.0\", \"name\": \"blue\", \"network\": \"n\", "
		       "\"macspoofchk\": true}",
		       &call),
		0);
	assert_true(call.may_create);
	cni_call_done(&call);
	assert_int_equal(
		decode(&env,
		       "{\"cniVersion\": \"1.1.0\", \"name\": \"blue\", \"network\": \"n\", "
		       "\"mtu\": 1400, \"netdHost\": \"unix:///x\"}",
		       &call),
		0);
	assert_true(call.may_create);
	assert_string_equal(call.netd_host, "unix:///x");
	cni_call_done(&call);
}

static void every_version_is_known_and_others_are_not(void **state)
{
	static const char *const bad[] = { "0.1.0", "0.2.0", "1.2.0", "", "x" };
	struct cni_env env = env_of("DEL");
	char text[128];

	(void)state;
	for (int i = 0; i < CNI_N_VERSIONS; i++) {
		struct cni_call call;

		(void)snprintf(text, sizeof(text), "{\"cniVersion\": \"%s\", \"name\": \"a\"}",
			       cni_version_name[i]);
		assert_int_equal(decode(&env, text, &call), 0);
		assert_int_equal(call.version, i);
		cni_call_done(&call);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)snprintf(text, sizeof(text), "{\"cniVersion\": \"%s\", \"name\": \"a\"}",
			       bad[i]);
		refused(&env, text, CNI_BAD_VERSION, "not supported");
	}
	refused(&env, "{\"name\": \"a\"}", CNI_BAD_VERSION, "missing");
}

static void version_needs_nothing_but_the_verb(void **state)
{
	struct cni_env env = { .command = "VERSION" };
	struct cni_call call;

	(void)state;
	assert_int_equal(decode(&env, "", &call), 0);
	cni_call_done(&call);
	assert_int_equal(decode(&env, "{\"cniVersion\": \"7.0.0\"}", &call), 0);
	cni_call_done(&call);
}

static void all_that_is_missing_is_named_at_once(void **state)
{
	struct cni_env env = { .command = "ADD" };

	(void)state;
	refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "[CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME]");
	env.command = "DEL";
	refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "[CNI_CONTAINERID,CNI_IFNAME]");
	env.command = NULL;
	refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "CNI_COMMAND");
}

static void ids_and_interface_names_are_checked(void **state)
{
	static const char *const ids[] = { "../x", ".a", "a/b", "a b", "\xc3\xa4" };
	static const char *const ifnames[] = { ".", "..", "a/b", "a:b", "a b", "0123456789abcdef" };
	struct cni_env env = env_of("ADD");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		env.container = ids[i];
		refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "CNI_CONTAINERID");
	}
	env.container = "a_.-1";
	for (size_t i = 0; i < ARRAY_SIZE(ifnames); i++) {
		env.ifname = ifnames[i];
		refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "CNI_IFNAME");
	}
	env.ifname = "eth0";
	env.netns = "relative";
	refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "CNI_NETNS");
}

static void arguments_are_read_and_unknown_ones_need_leave(void **state)
{
	struct cni_env env = env_of("ADD");
	struct cni_call call;

	(void)state;
	env.args = "K8S_POD_NAME=web;K8S_POD_NAMESPACE=shop;IP=10.0.0.2;MAC=02:00:00:00:00:01;"
		   "K8S_POD_INFRA_CONTAINER_ID=x";
	assert_int_equal(decode(&env, CONFIG, &call), 0);
	assert_string_equal(call.args.pod, "web");
	assert_string_equal(call.args.pod_namespace, "shop");
	assert_string_equal(call.args.ip, "10.0.0.2");
	assert_string_equal(call.args.mac, "02:00:00:00:00:01");
	cni_call_done(&call);
	env.args = "COLOUR=red";
	refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "COLOUR");
	env.args = "COLOUR=red;IgnoreUnknown=true;;";
	assert_int_equal(decode(&env, CONFIG, &call), 0);
	cni_call_done(&call);
	env.args = "noise";
	refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "noise");
	/* what an ADD was refused for must not keep its DEL from working */
	env.command = "DEL";
	assert_int_equal(decode(&env, CONFIG, &call), 0);
	cni_call_done(&call);
}

static void a_value_too_long_for_its_place_is_refused(void **state)
{
	struct cni_env env = env_of("ADD");
	char args[400] = "MAC=";

	(void)state;
	memset(args + 4, 'x', sizeof(args) - 5);
	env.args = args;
	refused(&env, CONFIG, CNI_BAD_ENVIRONMENT, "CNI_ARGS");
}

static void verbs_are_not_older_than_their_version(void **state)
{
	struct cni_env env = env_of("GC");

	(void)state;
	refused(&env, "{\"cniVersion\": \"1.0.0\", \"name\": \"a\"}", CNI_BAD_VERSION, "GC");
	refused(&env, CONFIG, CNI_BAD_CONFIG, "valid-attachments");
	env.command = "CHECK";
	refused(&env, "{\"cniVersion\": \"0.3.1\", \"name\": \"a\"}", CNI_BAD_VERSION, "CHECK");
	refused(&env, CONFIG, CNI_BAD_CONFIG, "prevResult");
}

static void what_is_no_configuration_is_refused(void **state)
{
	struct cni_env env = env_of("ADD");

	(void)state;
	refused(&env, "{", CNI_UNDECODABLE, "JSON");
	refused(&env, "[]", CNI_UNDECODABLE, "object");
	refused(&env, "{\"cniVersion\": \"1.1.0\"}", CNI_BAD_CONFIG, "missing network name");
	refused(&env, "{\"cniVersion\": \"1.1.0\", \"name\": \"a b\"}", CNI_BAD_CONFIG, "a b");
	refused(&env, "{\"cniVersion\": \"1.1.0\", \"name\": \"a\", \"runtimeConfig\": 1}",
		CNI_BAD_CONFIG, "runtimeConfig must be an object");
}

static void members_of_capabilities_are_known_in_any_case(void **state)
{
	struct cni_env env = env_of("ADD");
	struct cni_call call;
	const json_t *mapping;

	(void)state;
	assert_int_equal(
		decode(&env,
		       "{\"cniVersion\": \"1.1.0\", \"name\": \"a\", \"runtimeConfig\": "
		       "{\"portMappings\": [{\"HostPort\": 1, \"CONTAINERPORT\": 2, \"hostIP\": "
		       "\"x\", \"HostIp\": \"y\"}, 3], \"dns\": {\"Servers\": [\"1.1.1.1\"]}}}",
		       &call),
		0);
	mapping = json_array_get(cni_capability(&call, "portMappings"), 0);
	assert_int_equal(json_integer_value(json_object_get(mapping, "hostPort")), 1);
	assert_int_equal(json_integer_value(json_object_get(mapping, "containerPort")), 2);
	assert_string_equal(json_string_value(json_object_get(mapping, "hostIP")), "x");
	assert_int_equal(json_array_size(json_object_get(cni_capability(&call, "dns"), "servers")),
			 1);
	cni_call_done(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_add_is_understood),
		cmocka_unit_test(a_network_named_in_netd_is_made_only_when_described),
		cmocka_unit_test(every_version_is_known_and_others_are_not),
		cmocka_unit_test(version_needs_nothing_but_the_verb),
		cmocka_unit_test(all_that_is_missing_is_named_at_once),
		cmocka_unit_test(ids_and_interface_names_are_checked),
		cmocka_unit_test(arguments_are_read_and_unknown_ones_need_leave),
		cmocka_unit_test(a_value_too_long_for_its_place_is_refused),
		cmocka_unit_test(verbs_are_not_older_than_their_version),
		cmocka_unit_test(what_is_no_configuration_is_refused),
		cmocka_unit_test(members_of_capabilities_are_known_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_cni_config.c - what netd-cni reads: decoded again it is the same, its bodies are JSON that
// netd's own decoder judges with a sentence, and CHECK takes back the result that ADD gave
#include "base/cleanup.h"
#include "model/request/request.h"
#include "plugins/cni/container.h"
#include "plugins/cni/network.h"
#include "plugins/cni/result.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_network(const struct cni_call *call)
{
	struct cni_error error = { 0 };
	struct error cause = { 0 };
	struct network_spec spec;
	json_auto_t *body = NULL;

	if (network_body(call, &body, &error) < 0) {
		assert(error.code != 0 && error.text[0]);
		return;
	}
	if (request_network_create(body, &spec, &cause) < 0)
		assert(cause.text[0]);
	else
		network_spec_done(&spec);
}

static json_t *settings_of(json_t *container)
{
	json_t *networks = json_object_get(json_object_get(container, "NetworkSettings"),
					   "Networks");

	return json_object_get(networks, "n");
}

static void check_result(const struct cni_call *call)
{
	json_auto_t *container = json_pack("{s:{s:{s:{s:s, s:i, s:s, s:s}}}}", "NetworkSettings",
					   "Networks", "n", "IPAddress", "10.0.0.2", "IPPrefixLen",
					   24, "Gateway", "10.0.0.1", "MacAddress",
					   "02:00:00:00:00:01");
	struct cni_call again = *call;
	struct result_host_link link = { .name = "nd0" };
	struct cni_error error = { 0 };
	json_auto_t *result = NULL;

	assert(result_build(call, container, settings_of(container), &link, &result, &error) == 0);
	assert(json_array_size(json_object_get(result, "ips")) > 0);
	if (json_object_get(call->json, "prevResult"))
		return; /* which may hold an interface of the same name */
	again.json = json_copy(call->json);
	assert(json_object_set(again.json, "prevResult", result) == 0);
	assert(result_check(&again, settings_of(container), &error) == 0);
	cni_call_done(&again);
}

static void check_container(const struct cni_call *call, const struct cni_call *again)
{
	json_auto_t *body = NULL, *other = NULL;
	struct cni_error error = { 0 };
	struct container_spec spec;
	struct error cause = { 0 };

	if (container_body(call, &body, &error) < 0) {
		assert(error.code != 0 && error.text[0]);
		return;
	}
	assert(container_body(again, &other, &error) == 0 && json_equal(body, other));
	if (request_container(body, &spec, &cause) < 0)
		assert(cause.text[0]);
	else
		container_spec_done(&spec);
}

static void check_call(const struct cni_env *env, const struct cni_call *call)
{
	_cleanup_free_ char *text = json_dumps(call->json, JSON_COMPACT);
	struct cni_error error = { 0 };
	struct cni_call again;

	assert(text && cni_call_decode(env, text, strlen(text), &again, &error) == 0);
	assert(json_equal(call->json, again.json));
	check_network(call);
	check_container(call, &again);
	check_result(call);
	cni_call_done(&again);
}

/* The input is CNI_ARGS up to the first newline, and the configuration behind it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t args_len = newline ? (size_t)(newline - data) : 0;
	size_t skip = newline ? args_len + 1 : 0;
	_cleanup_free_ char *args = strndup((const char *)data, args_len);
	_cleanup_free_ char *text = malloc(size - skip ? size - skip : 1);
	const struct cni_env env = { .command = "ADD",
				     .container = "c1",
				     .netns = "/run/netns/c1",
				     .ifname = "eth0",
				     .args = args };
	struct cni_error error = { 0 };
	struct cni_call call;

	assert(args && text);
	memcpy(text, data + skip, size - skip);
	if (cni_call_decode(&env, text, size - skip, &call, &error) < 0)
		assert(error.code != 0 && error.text[0]);
	else
		check_call(&env, &call);
	cni_call_done(&call);
	return 0;
}

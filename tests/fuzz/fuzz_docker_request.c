// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_docker_request.c - calls of Docker's plugin protocol: decoded twice they are the same, and
// what is made of them is judged by netd's own decoder with a sentence
#include "base/cleanup.h"
#include "model/container/port_binding.h"
#include "model/request/request.h"
#include "plugins/docker/plugin.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_network(const struct docker_request *request)
{
	struct error error = { 0 };
	struct network_spec spec;
	const struct prefix ranges[FAMILY_N] = { request->sub_pool, request->sub_pool };
	json_auto_t *body = network_body(request, ranges);

	if (!body) /* an option or auxiliary address that is no text */
		return;
	if (request_network_create(body, &spec, &error) < 0)
		assert(error.text[0]);
	else
		network_spec_done(&spec);
}

static void check_ports(const struct docker_request *request)
{
	struct port_binding *ports = NULL;
	struct error error = { 0 };
	size_t n = 0;

	if (!request->ports)
		return;
	assert(json_object_size(request->ports) > 0);
	if (port_binding_from_json(request->ports, &ports, &n, &error) < 0)
		assert(error.text[0]);
	free(ports);
}

static void check_again(const struct docker_request *request)
{
	_cleanup_free_ char *text = json_dumps(request->json, JSON_COMPACT);
	struct docker_request again;
	struct error error = { 0 };

	assert(text &&
	       docker_request_decode(request->method, text, strlen(text), &again, &error) == 0);
	assert(strcmp(again.network, request->network) == 0);
	assert(strcmp(again.endpoint, request->endpoint) == 0);
	assert(prefix_equal(&again.pool, &request->pool));
	assert(addr_equal(&again.address, &request->address));
	assert(json_equal(again.ports, request->ports) || (!again.ports && !request->ports));
	docker_request_done(&again);
}

/* The first byte is the method. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size ? size : 1);
	struct error error = { 0 };
	struct docker_request request;
	enum docker_method method;

	assert(text);
	if (size == 0)
		return 0;
	method = (enum docker_method)((unsigned int)(data[0] - 'A') % DOCKER_N_METHODS);
	memcpy(text, data + 1, size - 1);
	if (docker_request_decode(method, text, size - 1, &request, &error) < 0) {
		assert(error.code < 0 && error.text[0]);
		return 0;
	}
	if (method == DOCKER_NET_CREATE)
		check_network(&request);
	check_ports(&request);
	check_again(&request);
	docker_request_done(&request);
	return 0;
}

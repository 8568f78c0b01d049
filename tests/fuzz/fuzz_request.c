// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_request.c - any bytes as the body of every request: what is taken is the same when read
// again
#include "base/json_parse.h"
#include "model/request/request.h"
#include "model/show/docker_json.h"
#include "model/show/service_json.h"
#include "model/show/spec_json.h"
#include "tests/spec_equal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A refusal has words, and they end. */
static void check_error(int err, const struct error *error)
{
	assert(err < 0 && error->code < 0 && error->text[0]);
	assert(memchr(error->text, '\0', sizeof(error->text)));
}

/* As the store keeps it: text. */
static json_t *write_and_read(json_t *asked)
{
	struct error error = { 0 };
	char *text = asked ? json_dumps(asked, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_t *read;

	assert(text);
	assert(json_parse_record(text, strlen(text), &read, &error) == 0);
	json_decref(asked);
	free(text);
	return read;
}

static void check_network(const json_t *body)
{
	struct error error = { 0 };
	struct network network = { 0 };
	struct network_spec again;
	json_t *asked, *shown;
	int err = request_network_create(body, &network.spec, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	list_init(&network.endpoints);
	shown = docker_json_network(&network, true);
	assert(shown);
	json_decref(shown);
	asked = write_and_read(spec_json_network(&network.spec));
	assert(request_network_create(asked, &again, &error) == 0);
	assert(same_network_spec(&network.spec, &again));
	json_decref(asked);
	network_spec_done(&again);
	network_spec_done(&network.spec);
}

/* What is taken has an address or a host to ask at the most, and a token. */
static void check_swarm(const json_t *body)
{
	struct error error = { 0 };
	json_t *asked = NULL;
	int err = request_swarm_init(body, &asked, &error);

	if (err < 0)
		check_error(err, &error);
	else
		assert(json_object_size(asked) <= 1);
	json_decref(asked);
	asked = NULL;
	err = request_swarm_join(body, &asked, &error);
	if (err < 0)
		check_error(err, &error);
	else
		assert(json_is_string(json_object_get(asked, "Token")) &&
		       json_is_string(json_object_get(asked, "Remote")));
	json_decref(asked);
}

static void check_connect(const json_t *body)
{
	struct error error = { 0 };
	struct endpoint_spec spec, again;
	json_t *asked;
	char *container;
	int err = request_connect("n", body, &container, &spec, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	assert(*container);
	asked = write_and_read(spec_json_endpoint(&spec));
	assert(request_endpoint("n", asked, &again, &error) == 0);
	assert(same_endpoint_spec(&spec, &again));
	json_decref(asked);
	endpoint_spec_done(&spec);
	endpoint_spec_done(&again);
	free(container);
}

/* What is written as text is what its tree would be. */
static void check_text(const struct container_spec *spec)
{
	json_t *tree = spec_json_container(spec);
	char *want = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS);
	char *text = spec_json_container_text(spec);

	assert(want && text && strcmp(want, text) == 0);
	free(want);
	free(text);
	json_decref(tree);
}

static void check_container(const json_t *body)
{
	struct error error = { 0 };
	struct container container = { 0 };
	struct container_spec again;
	struct buf text = { 0 };
	json_t *asked, *shown;
	int err = request_container(body, &container.spec, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	assert(docker_json_container(&container, &text) == 0);
	shown = json_loadb(text.data, text.len, 0, NULL);
	assert(shown);
	json_decref(shown);
	buf_done(&text);
	check_text(&container.spec);
	asked = write_and_read(spec_json_container(&container.spec));
	assert(request_container(asked, &again, &error) == 0);
	assert(same_container_spec(&container.spec, &again));
	json_decref(asked);
	container_spec_done(&again);
	container_spec_done(&container.spec);
}

static void check_small(const json_t *body)
{
	struct error error = { 0 };
	struct port_binding *ports;
	char *container;
	bool force;
	size_t n;
	int err = request_disconnect(body, &container, &force, &error);

	if (err < 0)
		check_error(err, &error);
	else
		free(container);
	err = request_ports(body, &ports, &n, &error);
	if (err < 0)
		check_error(err, &error);
	else
		free(ports);
}

/* Of what is changed it leaves a service that could be asked for so. */
static void check_service_update(const json_t *body)
{
	static const struct service_spec before = {
		.name = "web", .network = "blue", .n_ports = 1, .ports = { { 6, 80, 80 } }
	};
	struct service_spec spec = before, again;
	struct error error = { 0 };
	json_t *asked;
	int err = request_service_update(body, &spec, &error);

	if (err < 0)
		check_error(err, &error);
	if (err < 0)
		assert(memcmp(&spec, &before, sizeof(spec)) == 0);
	asked = write_and_read(service_json_spec(&spec));
	assert(request_service(asked, &again, &error) == 0);
	assert(again.n_ports == spec.n_ports && again.affinity == spec.affinity);
	json_decref(asked);
}

static void check_service(const json_t *body)
{
	struct error error = { 0 };
	struct service_spec spec, again;
	json_t *asked, *twice;
	int err = request_service(body, &spec, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	assert(spec.n_ports > 0 && spec.n_ports <= SERVICE_PORTS_MAX);
	asked = write_and_read(service_json_spec(&spec));
	assert(request_service(asked, &again, &error) == 0);
	twice = service_json_spec(&again);
	assert(json_equal(asked, twice));
	json_decref(asked);
	json_decref(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = { 0 };
	json_t *body;
	int err = json_parse_body((const char *)data, size, &body, &error);

	if (err < 0) {
		check_error(err, &error);
		return 0;
	}
	assert(json_is_object(body));
	check_network(body);
	check_swarm(body);
	check_connect(body);
	check_container(body);
	check_small(body);
	check_service(body);
	check_service_update(body);
	json_decref(body);
	return 0;
}

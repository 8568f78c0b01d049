// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_netavark_input.c - any bytes as what Podman says: what is understood makes requests netd
// takes
#include "plugins/netavark/container.h"
#include "plugins/netavark/input.h"
#include "plugins/netavark/network.h"
#include "plugins/netavark/ports.h"
#include "plugins/netavark/verbs.h"

#include "model/request/request.h"

#include <assert.h>
#include <string.h>

/* A refusal has words, and they end. */
static void check_error(int err, const struct error *error)
{
	assert(err < 0 && error->code < 0 && error->text[0]);
	assert(memchr(error->text, '\0', sizeof(error->text)));
}

/* Decoded or refused, but nothing that is leaked or read beyond its end on netd's side. */
static void check_network(const struct input_network *network)
{
	struct network_spec spec;
	struct error error = { 0 };
	json_t *body = network_body(network);
	int err;

	if (!body) /* a text that is no UTF-8 cannot be: JSON was decoded; jansson refuses NULs */
		return;
	err = request_network_create(body, &spec, &error);
	if (err < 0)
		check_error(err, &error);
	else
		network_spec_done(&spec);
	(void)network_compare(network, body, &error);
	(void)network_is_leftover(network, body);
	json_decref(body);
}

static void check_container(const struct input *input)
{
	struct container_spec spec;
	struct error error = { 0 };
	json_t *bindings, *body, *status;
	int err = ports_bindings(input, true, &bindings, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	err = container_body(input, "/run/netns/x", bindings, &body, &error);
	if (err < 0) {
		check_error(err, &error);
	} else {
		err = request_container(body, &spec, &error);
		if (err < 0)
			check_error(err, &error);
		else
			container_spec_done(&spec);
		status = container_status(input, body);
		assert(!status || json_object_size(status) <= input->n_networks);
		json_decref(status);
		json_decref(body);
	}
	json_decref(bindings);
}

/* What was completed is complete: another time nothing changes. (ipv6_enabled asks for both
 * families, but an answer has it when one subnet is IPv6.) */
static void check_create(const char *text, size_t len)
{
	struct error error = { 0 };
	json_t *network, *again, *body;
	char *written;
	int err = verb_create(text, len, NULL, &network, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	body = json_pack("{s:o}", "network", json_copy(network));
	(void)json_object_del(json_object_get(body, "network"), "ipv6_enabled");
	written = json_dumps(body, JSON_COMPACT);
	assert(written);
	assert(verb_create(written, strlen(written), NULL, &again, &error) == 0);
	assert(json_equal(network, again));
	free(written);
	json_decref(body);
	json_decref(network);
	json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input;
	struct error error = { 0 };
	int err = input_decode((const char *)data, size, &input, &error);

	check_create((const char *)data, size);
	if (err < 0) {
		check_error(err, &error);
		return 0;
	}
	for (size_t i = 0; i < input.n_networks; i++) {
		err = network_check(&input.networks[i], &error);
		if (err < 0)
			check_error(err, &error);
		check_network(&input.networks[i]);
	}
	check_container(&input);
	input_done(&input);
	return 0;
}

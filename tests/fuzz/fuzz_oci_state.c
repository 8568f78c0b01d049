// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_oci_state.c - any bytes as a container's state, and its members as a bundle's configuration:
// what is understood makes a request netd reads to its end
#include "plugins/oci/container.h"
#include "plugins/oci/state.h"

#include "model/request/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A refusal has words, and they end. */
static void check_error(int err, const struct error *error)
{
	assert(err < 0 && error->code < 0 && error->text[0]);
	assert(memchr(error->text, '\0', sizeof(error->text)));
}

/* The same state gives the same request, and netd takes it or says why not. */
static void check_body(const struct oci_state *state, const struct oci_bundle *bundle)
{
	json_t *body, *again;
	struct container_spec spec;
	struct error error = { 0 };
	int err = oci_container_body(state, bundle, &body, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	assert(oci_container_body(state, bundle, &again, &error) == 0);
	assert(json_equal(body, again));
	err = request_container(body, &spec, &error);
	if (err < 0)
		check_error(err, &error);
	else
		container_spec_done(&spec);
	json_decref(body);
	json_decref(again);
}

static void check_stage(const struct oci_state *state)
{
	bool wanted[OCI_FILE_N_FILES];
	enum oci_stage stage;
	struct error error = { 0 };
	int err = oci_state_stage(state, NULL, &stage, &error);

	if (err < 0)
		check_error(err, &error);
	else
		assert(stage == OCI_CREATE || stage == OCI_DELETE);
	err = oci_container_files(state, wanted, &error);
	if (err < 0)
		check_error(err, &error);
	(void)oci_container_joins_pod(state);
}

/* One text serves as both: their members have different names. */
static void check_bundle(const struct oci_state *state, const uint8_t *data, size_t size)
{
	struct oci_bundle bundle;
	struct error error = { 0 };
	int err = oci_bundle_decode((const char *)data, size, "/b", &bundle, &error);

	if (err < 0) {
		check_error(err, &error);
		return;
	}
	assert(*bundle.root == '/' && bundle.hostname);
	assert((bundle.netns == OCI_NETNS_PATH) == (bundle.netns_path != NULL));
	if (state && bundle.netns != OCI_NETNS_HOST)
		check_body(state, &bundle);
	oci_bundle_done(&bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_state state;
	struct error error = { 0 };
	int err = oci_state_decode((const char *)data, size, &state, &error);

	if (err < 0) {
		check_error(err, &error);
		check_bundle(NULL, data, size);
		return 0;
	}
	assert(*state.id && *state.bundle == '/' && state.pid >= 0);
	check_stage(&state);
	check_bundle(&state, data, size);
	oci_state_done(&state);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// test_state.c - what runtimes tell a hook, and what they may not
#include "plugins/oci/state.h"

#include "base/cleanup.h"
#include "client/calls.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RUNC                                                                                       \
	"{\"ociVersion\": \"1.0.2-dev\", \"id\": \"web\", \"status\": \"creating\", \"pid\": "     \
	"4711, "                                                                                   \
	"\"bundle\": \"/run/b\", \"annotations\": {\"netd.network\": \"blue\", \"other\": \"x\"}}"
#define CRUN_LAST                                                                                  \
	"{\"ociVersion\": \"1.0\", \"id\": \"web\", \"pid\": 0, \"root\": \"/r\", "                \
	"\"bundle\": \"/run/b\", \"status\": \"stopped\"}"

static struct error error;

/* From a heap copy of just the size, so that a byte too far is seen. */
static int decode(const char *text, struct oci_state *ret_state)
{
	size_t len = strlen(text);
	_cleanup_free_ char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	error = (struct error) { 0 };
	return oci_state_decode(copy, len, ret_state, &error);
}

static void refused(const char *text, const char *word)
{
	struct oci_state state;

	assert_int_equal(decode(text, &state), -EINVAL);
	if (!strstr(error.text, word) || strncmp(error.text, "the container's state", 21) != 0)
		fail_msg("no \"%s\" in: %s", word, error.text);
}

static void a_state_of_runc_is_understood(void **unused)
{
	struct oci_state state;

	(void)unused;
	assert_int_equal(decode(RUNC, &state), 0);
	assert_string_equal(state.id, "web");
	assert_string_equal(state.bundle, "/run/b");
	assert_int_equal(state.pid, 4711);
	assert_string_equal(oci_annotation(&state, "network"), "blue");
	assert_null(oci_annotation(&state, "ports"));
	assert_null(oci_annotation(&state, "other"));
	oci_state_done(&state);
}

static void a_state_without_pid_annotations_or_status_is_one(void **unused)
{
	struct oci_state state;

	(void)unused;
	assert_int_equal(decode("{\"id\": \"a\", \"bundlePath\": \"/b\"}", &state), 0);
	assert_int_equal(state.pid, 0);
	assert_string_equal(state.bundle, "/b");
	assert_string_equal(state.status, "");
	assert_null(oci_annotation(&state, "network"));
	oci_state_done(&state);
}

static void what_is_no_state_is_refused(void **unused)
{
	(void)unused;
	refused("", "bundle must be an absolute path");
	refused("no", "JSON");
	refused("[]", "object");
	refused("{\"bundle\": \"/b\"}", "id must be a container's id");
	refused("{\"id\": \"a\"}", "bundle must be an absolute path");
	refused("{\"id\": \"a\", \"bundle\": \"b\"}", "bundle must be an absolute path");
	refused("{\"id\": 7, \"bundle\": \"/b\"}", "id must be a string");
	refused("{\"id\": \"a\", \"bundle\": \"/b\", \"pid\": -1}", "pid");
	refused("{\"id\": \"a\", \"bundle\": \"/b\", \"pid\": 99999999999}", "pid");
	refused("{\"id\": \"a\", \"bundle\": \"/b\", \"annotations\": []}", "annotations");
	refused("{\"id\": \"a\", \"bundle\": \"/b\", \"annotations\": {\"netd.ip\": 1}}",
		"netd.ip must be a string");
}

static void an_id_or_bundle_that_is_too_long_is_refused(void **unused)
{
	char text[8192], name[5001];

	(void)unused;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(text, sizeof(text), "{\"id\": \"%.1025s\", \"bundle\": \"/b\"}", name);
	refused(text, "id must be");
	(void)snprintf(text, sizeof(text), "{\"id\": \"a\", \"bundle\": \"/%.4095s\"}", name);
	refused(text, "bundle must be");
}

static void others_annotations_may_be_anything(void **unused)
{
	struct oci_state state;

	(void)unused;
	assert_int_equal(
		decode("{\"id\": \"a\", \"bundle\": \"/b\", \"annotations\": {\"x\": 1}}", &state),
		0);
	oci_state_done(&state);
}

static void stage_is(const char *text, const char *argument, int wanted)
{
	enum oci_stage stage = OCI_N_STAGES;
	struct oci_state state;
	int err;

	assert_int_equal(decode(text, &state), 0);
	err = oci_state_stage(&state, argument, &stage, &error);
	if (wanted < 0)
		assert_int_equal(err, wanted);
	else
		assert_int_equal(stage, wanted);
	assert_int_equal(err < 0, wanted < 0);
	oci_state_done(&state);
}

static void the_argument_decides_the_stage_and_the_status_where_there_is_none(void **unused)
{
	(void)unused;
	stage_is(RUNC, NULL, OCI_CREATE);
	stage_is(RUNC, "createRuntime", OCI_CREATE);
	stage_is(RUNC, "prestart", OCI_CREATE);
	stage_is(RUNC, "poststop", OCI_DELETE);
	stage_is(CRUN_LAST, NULL, OCI_DELETE);
	stage_is(CRUN_LAST, "poststop", OCI_DELETE);
	stage_is("{\"id\": \"a\", \"bundle\": \"/b\", \"status\": \"created\"}", NULL, OCI_CREATE);
	stage_is("{\"id\": \"a\", \"bundle\": \"/b\", \"status\": \"running\"}", NULL, -EINVAL);
	stage_is("{\"id\": \"a\", \"bundle\": \"/b\"}", NULL, -EINVAL);
	stage_is(RUNC, "startContainer", -EINVAL);
	stage_is(RUNC, "", -EINVAL);
	stage_is(RUNC, "creating", -EINVAL);
}

static void id_of(const char *text, char ret_id[static ID_LEN + 1])
{
	struct oci_state state;

	assert_int_equal(decode(text, &state), 0);
	oci_state_id(&state, ret_id);
	oci_state_done(&state);
	assert_true(calls_is_id(ret_id));
}

static void an_id_belongs_to_one_container_of_one_bundle(void **unused)
{
	char id[ID_LEN + 1], other[ID_LEN + 1];
	const char *own = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char text[256];

	(void)unused;
	id_of(RUNC, id);
	id_of(CRUN_LAST, other); /* the same, at its end */
	assert_string_equal(id, other);
	id_of("{\"id\": \"web\", \"bundle\": \"/run/c\"}", other);
	assert_string_not_equal(id, other);
	id_of("{\"id\": \"wep\", \"bundle\": \"/run/b\"}", other);
	assert_string_not_equal(id, other);
	(void)snprintf(text, sizeof(text), "{\"id\": \"%s\", \"bundle\": \"/run/b\"}", own);
	id_of(text, id);
	assert_string_equal(id, own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_of_runc_is_understood),
		cmocka_unit_test(a_state_without_pid_annotations_or_status_is_one),
		cmocka_unit_test(what_is_no_state_is_refused),
		cmocka_unit_test(an_id_or_bundle_that_is_too_long_is_refused),
		cmocka_unit_test(others_annotations_may_be_anything),
		cmocka_unit_test(the_argument_decides_the_stage_and_the_status_where_there_is_none),
		cmocka_unit_test(an_id_belongs_to_one_container_of_one_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// state.c - what a runtime tells a hook: the container's state, and which hook this is
#include "plugins/oci/state.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "client/calls.h"
#include "model/text/field.h"
#include "plugins/oci/oci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PID_MAX 4194304 /* PID_MAX_LIMIT of the kernel's linux/threads.h */

/* The texts of the state go with the JSON. */
void oci_state_done(struct oci_state *state)
{
	json_decref(state->json);
	state->json = NULL;
}

/* Kept as it is written: the label and the id are made of this text, and have to be the same at
 * poststop. */
static int decode_bundle(const struct field_scope *scope, struct oci_state *state)
{
	const char *bundle = "";
	int err;

	/* bundlePath is what it was called before 1.0. Read in this order, the newer name overrules
	 * the older one. */
	if ((err = field_text(scope, "bundlePath", &bundle)) < 0 ||
	    (err = field_text(scope, "bundle", &bundle)) < 0)
		return err;
	/* Needed at poststop, too, though the bundle may be gone by then: netd's id is made of it.
	 */
	if (*bundle != '/' || strlen(bundle) > PATH_LEN_MAX)
		return field_error(scope, "bundle", "must be an absolute path");
	state->bundle = bundle;
	return 0;
}

/* -EINVAL with a sentence that names the field. */
static int decode(const struct field_scope *scope, struct oci_state *state)
{
	struct field_scope annotations;
	const char *key;
	json_t *value;
	json_int_t pid = 0;
	int err;

	/* The status is optional here, for a hook that has an argument does without. The pid is 0
	 * where there is no process any more. Beyond the kernel's own bound it would be no pid, and
	 * be cut to another one. */
	if ((err = field_text(scope, "id", &state->id)) < 0 ||
	    (err = field_text(scope, "status", &state->status)) < 0 ||
	    (err = field_integer(scope, "pid", 0, PID_MAX, &pid)) < 0 ||
	    (err = decode_bundle(scope, state)) < 0 ||
	    (err = field_object(scope, "annotations", &annotations)) < 0)
		return err;
	/* The bound keeps the text that an id is made of in its buffer (oci_state_id()). */
	if (!*state->id || strlen(state->id) > OCI_ID_MAX)
		return field_error(scope, "id", "must be a container's id");
	/* Only ours are judged: the specification wants strings, but others are not our affair. */
	json_object_foreach ((json_t *)annotations.object, key, value)
		if (strncmp(key, OCI_PREFIX, strlen(OCI_PREFIX)) == 0 && !json_is_string(value))
			return field_error(&annotations, key, "must be a string");
	state->pid = (pid_t)pid;
	state->annotations = annotations.object;
	return 0;
}

/* *ret_state is set on success only. */
int oci_state_decode(const char *text, size_t len, struct oci_state *ret_state, struct error *error)
{
	/* Texts are never NULL, so nobody has to look. */
	struct oci_state state = { .id = "", .status = "", .bundle = "" };
	struct field_scope scope;
	int err = json_parse_body(text, len, &state.json, error);

	if (err == 0)
		err = field_scope_init(state.json, "", error, &scope);
	if (err == 0)
		err = decode(&scope, &state);
	if (err < 0) {
		error_prefix(error, "the container's state");
		/* The texts are borrowed from the JSON, so they go together. */
		oci_state_done(&state);
		return err;
	}
	*ret_state = state;
	return 0;
}

/* *ret_stage is set on success only. */
int oci_state_stage(const struct oci_state *state, const char *argument, enum oci_stage *ret_stage,
		    struct error *error)
{
	static const struct {
		const char *argument, *status;
		enum oci_stage stage;
	} known[] = {
		{ "createRuntime", "creating", OCI_CREATE },
		{ "prestart", "created", OCI_CREATE }, /* crun's word in both */
		{ "poststop", "stopped", OCI_DELETE },
	};

	/* An argument counts before the status. It is written by whoever set the hook up, while the
	 * status is the runtime's word: at createRuntime runc says "creating" and crun "created".
	 */
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(argument ? argument : state->status,
			   argument ? known[i].argument : known[i].status) != 0)
			continue;
		*ret_stage = known[i].stage;
		return 0;
	}
	if (argument)
		return error_set(error, ERROR_INVALID,
				 "\"%s\" is no stage of this hook: createRuntime or poststop is "
				 "wanted",
				 argument);
	return error_set(error, ERROR_INVALID,
			 "a container whose status is \"%s\" is neither being created nor gone: "
			 "this hook is for the stages createRuntime and poststop",
			 state->status);
}

/* Borrowed from the state. An annotation that is no string cannot be here: decode() has refused
 * it. */
const char *oci_annotation(const struct oci_state *state, const char *key)
{
	char name[OCI_KEY_MAX];
	int len = snprintf(name, sizeof(name), OCI_PREFIX "%s", key);

	/* check_keys() has refused a key of that length; here it finds nothing. */
	if (len < 0 || (size_t)len >= sizeof(name))
		return NULL;
	return json_string_value(json_object_get(state->annotations, name));
}

void oci_state_id(const struct oci_state *state, char ret_id[static ID_LEN + 1])
{
	char text[OCI_ID_MAX + PATH_LEN_MAX + 2];

	/* 64 hexadecimal digits are an id of netd as they are, so both show the same. */
	if (calls_is_id(state->id)) {
		memcpy(ret_id, state->id, ID_LEN + 1);
		return;
	}
	/* Ids are unique within one runtime only: the bundle tells equal ones apart. */
	(void)snprintf(text, sizeof(text), "%s %s", state->bundle,
		       state->id); /* both were bounded */
	calls_make_id("oci", text, ret_id);
}

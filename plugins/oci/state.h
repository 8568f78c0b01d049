// SPDX-License-Identifier: GPL-2.0-or-later
// state.h - what a runtime tells a hook: the container's state, and which hook this is
#pragma once

#include "base/error.h"
#include "base/limits.h"

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

/* Sources: the OCI runtime specification 1.2, "State" and "POSIX-platform Hooks". */

enum oci_stage {
	OCI_CREATE, /* createRuntime, or prestart, its former name */
	OCI_DELETE, /* poststop */
	OCI_N_STAGES,
};

/* Texts are borrowed from json. */
struct oci_state {
	json_t *json;
	const char *id, *status, *bundle; /* status may be "" */
	pid_t pid;			  /* 0: there is none (any more) */
	const json_t *annotations;	  /* an object or NULL */
};

/* ERROR_INVALID says what is wrong; else the caller ends it with oci_state_done. text need not end
 * in a NUL. */
int oci_state_decode(const char *text, size_t len, struct oci_state *ret_state,
		     struct error *error);
void oci_state_done(struct oci_state *state);

/* argument is the hook's first argument, NULL where it was given none: then the status decides, so
 * that one hooks.d file serves both stages. */
int oci_state_stage(const struct oci_state *state, const char *argument, enum oci_stage *ret_stage,
		    struct error *error);

/* The text of annotation netd.KEY, NULL where there is none. */
const char *oci_annotation(const struct oci_state *state, const char *key);

/* netd's id: the OCI id where it has the form, else one made of it and of the bundle, for two
 * runtimes may each have a container of one id. */
void oci_state_id(const struct oci_state *state, char ret_id[static ID_LEN + 1]);

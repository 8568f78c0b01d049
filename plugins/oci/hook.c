// SPDX-License-Identifier: GPL-2.0-or-later
// hook.c - the two stages
#include "plugins/oci/hook.h"

#include "base/cleanup.h"
#include "client/calls.h"
#include "plugins/oci/container.h"
#include "plugins/oci/files.h"

#include <string.h>

/* The container netd has under our id, if this hook attached it. 1: it is in *ret_container; 0:
 * there is none of ours. */
static int find_ours(const struct oci_state *state, struct client *client, const char *id,
		     json_t **ret_container, struct error *error)
{
	json_auto_t *container = NULL;
	int err = calls_container(client, id, &container, error);

	if (err < 0)
		return error->kind == ERROR_NOT_FOUND ? 0 : err;
	if (strcmp(calls_text(container, "Id"), id) != 0 ||
	    !oci_container_is_ours(state, container))
		return 0;
	if (ret_container)
		*ret_container = take_ptr(container);
	return 1;
}

/* A conflict with what an earlier life of this container left is no conflict: there is only one
 * container of an id in a bundle, and its poststop hook need not have run. */
static int attach(const struct oci_state *state, const json_t *body, struct client *client,
		  json_t **ret_container, struct error *error)
{
	const char *id = calls_text(body, "Id");
	struct error cause = { 0 };
	int err = calls_attach(client, body, ret_container, error);

	if (err == 0 || error->kind != ERROR_CONFLICT)
		return err;
	if (find_ours(state, client, id, NULL, &cause) <= 0 || calls_detach(client, id, &cause) < 0)
		return err;
	return calls_attach(client, body, ret_container, error);
}

static int mount_files(const struct oci_state *state, const struct oci_bundle *bundle,
		       const bool wanted[static OCI_FILE_N_FILES], const json_t *container,
		       struct error *error)
{
	const struct oci_mount files[OCI_FILE_N_FILES] = {
		[OCI_FILE_RESOLV_CONF] = { calls_text(container, "ResolvConfPath"),
					   "etc/resolv.conf", true },
		[OCI_FILE_HOSTS] = { calls_text(container, "HostsPath"), "etc/hosts", false },
		[OCI_FILE_HOSTNAME] = { calls_text(container, "HostnamePath"), "etc/hostname",
					false },
	};
	struct oci_mount mounts[OCI_FILE_N_FILES];
	size_t n = 0;

	for (int file = 0; file < OCI_FILE_N_FILES; file++)
		if (wanted[file] && *files[file].source)
			mounts[n++] = files[file];
	if (n == 0 || state->pid == 0)
		return 0;
	return oci_files_mount(state->pid, bundle->root, mounts, n, error);
}

int oci_hook_create(const struct oci_state *state, const struct oci_bundle *bundle,
		    struct client *client, struct error *error)
{
	json_auto_t *body = NULL, *container = NULL;
	bool wanted[OCI_FILE_N_FILES];
	struct error ignored;
	int err;

	if ((err = oci_container_files(state, wanted, error)) < 0 ||
	    (err = oci_container_body(state, bundle, &body, error)) < 0 ||
	    (err = attach(state, body, client, &container, error)) < 0)
		return err;
	err = mount_files(state, bundle, wanted, container, error);
	if (err < 0) /* the container will not start, and the first failure is the one to tell */
		(void)calls_detach(client, calls_text(body, "Id"), &ignored);
	return err;
}

int oci_hook_delete(const struct oci_state *state, struct client *client, struct error *error)
{
	char id[ID_LEN + 1];
	int err;

	oci_state_id(state, id);
	err = find_ours(state, client, id, NULL, error);
	return err <= 0 ? err : calls_detach(client, id, error);
}

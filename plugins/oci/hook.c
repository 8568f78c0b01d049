// SPDX-License-Identifier: GPL-2.0-or-later
// hook.c - the two stages
#include "plugins/oci/hook.h"

#include "base/cleanup.h"
#include "client/calls.h"
#include "client/ensure.h"
#include "plugins/oci/container.h"
#include "plugins/oci/files.h"

#include <string.h>

/* Theory of operation. createRuntime judges all annotations, attaches, and mounts the files that
 * netd's answer names, in this order: the paths are known only from the answer, and a typing error
 * is to leave nothing behind. What can still fail after the attach is the mount, and then the
 * attach is taken back. A createRuntime that is repeated for the same process is answered by netd
 * as the first one was, and finds the mounts done. One for a new process is a conflict of ids,
 * which client/ensure.c settles by asking owner(): what this hook attached for the former process
 * is in the way and is detached. */

/* Whether netd has a container under our id that this hook attached: 1 or 0. Negative: an error of
 * netd's. */
static int find_ours(const struct oci_state *state, struct client *client, const char *id,
		     struct error *error)
{
	json_auto_t *container = NULL;
	int err = calls_container(client, id, &container, error);

	if (err < 0)
		/* Gone already is what poststop wants: netd sees the end of a namespace by itself.
		 */
		return error->reason == ERROR_REASON_CONTAINER_NOT_FOUND ? 0 : err;
	/* The whole id is compared, for netd takes the beginning of one as well, and a name. The
	 * labels come next: 64 digits may be another runtime's container. */
	return strcmp(calls_text(container, "Id"), id) == 0 &&
	       oci_container_is_ours(state, container);
}

/* There is only one container of an id in a bundle, and its poststop hook need not have run. */
static enum ensure_owner owner(void *user, const json_t *container)
{
	return oci_container_is_ours(user, container) ? ENSURE_STALE : ENSURE_THEIRS;
}

static const struct ensure_rules rules = { .owner = owner };

/* wanted is by the annotation; what netd names in its answer is by the container. */
static int mount_files(const struct oci_state *state, const struct oci_bundle *bundle,
		       const bool wanted[static OCI_FILE_N_FILES], const json_t *container,
		       struct error *error)
{
	/* resolv.conf is needed, for without it the container asks another server and finds nobody
	 * by name. The others only add to what DNS says. */
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
		/* What netd has no file for stays as the image has it. */
		if (wanted[file] && *files[file].source)
			mounts[n++] = files[file];
	/* Without a process there is no mount namespace to go to. */
	if (n == 0 || state->pid == 0)
		return 0;
	return oci_files_mount(state->pid, bundle->root, mounts, n, error);
}

/* The body is lent to the procedure, so it goes after it. */
int oci_hook_create(const struct oci_state *state, const struct oci_bundle *bundle,
		    struct client *client, struct error *error)
{
	json_auto_t *body = NULL, *container = NULL;
	bool wanted[OCI_FILE_N_FILES];
	struct ensure ensure = { .client = client, .rules = &rules, .user = (void *)state };
	struct error ignored;
	int err;

	/* Both are judged without netd: what is wrong leaves nothing attached. */
	if ((err = oci_container_files(state, wanted, error)) < 0 ||
	    (err = oci_container_body(state, bundle, &body, error)) < 0)
		return err;
	/* Lent to the procedure, which makes a copy of its own. */
	ensure.body = body;
	err = ensure_attached(&ensure, &container, error);
	if (err < 0)
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

	/* The same id as at createRuntime: both come from the state. */
	oci_state_id(state, id);
	err = find_ours(state, client, id, error);
	/* Between the look and this call it may go by itself, which the call takes for success. */
	return err <= 0 ? err : calls_detach(client, id, error);
}

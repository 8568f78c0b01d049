// SPDX-License-Identifier: GPL-2.0-or-later
// files.h - resolv.conf, hosts and hostname mounted into a container that is being created
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

/* Theory of operation. A createRuntime hook runs when the container's mounts are made and its root
 * is not yet changed to. netd keeps the three files of each container up to date under its run
 * directory; they are bind-mounted over those in /etc, in the container's mount namespace only. So
 * nothing is written into the image, which several containers may share and which may be read-only,
 * nor into the sources of other mounts, which may be the host's own files; and a name that is added
 * later is seen inside. They are read-only there: a container must not fill the host's /run.
 *
 * Nothing in the container's tree is trusted: its paths are resolved inside its root, whatever
 * symbolic links it holds (openat2(2), RESOLVE_IN_ROOT). */

/* One file: what is mounted, and where in the container. */
struct oci_mount {
	const char *source; /* on the host */
	const char *target; /* in the container's root, as "etc/hosts" */
	bool needed; /* false: where there is no such file and none can be made, none is wanted */
};

/* Mounts all, skipping what is mounted already. pid is the container's process, root its root
 * directory as the runtime names it. A container without a mount namespace of its own is left as it
 * is. The caller's thread is in the container's mount namespace afterwards. */
int oci_files_mount(pid_t pid, const char *root, const struct oci_mount *mounts, size_t n_mounts,
		    struct error *error);

/* Opens (O_PATH) the regular file at path below root_fd, made empty where it is missing, together
 * with the directories above it. A descriptor or a negative errno; -EINVAL: no regular file. */
int oci_files_open(int root_fd, const char *path);

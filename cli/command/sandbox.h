// SPDX-License-Identifier: GPL-2.0-or-later
// sandbox.h - the namespaces of run and exec: a container's files over /etc, its host name, its
// netns
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* What of a container a process sees. Any may be "" or NULL: left as it is. Borrowed. */
struct sandbox_files {
	const char *resolv_conf, *hosts, *hostname_file, *hostname;
};

/* From the JSON of GET /containers/{id}/json, which must outlive it. */
struct sandbox_files sandbox_files_of(const json_t *container);

/* New namespaces for this process: mount and host name, and network if new_netns (with its loopback
 * up). -EPERM says that root is needed. */
int sandbox_unshare(bool new_netns, struct error *error);
/* Enters the network namespace at path. */
int sandbox_enter(const char *path, struct error *error);
/* Binds the files over those in /etc, in a mount namespace that no longer tells the host, and sets
 * the host name. A file that /etc does not have is left out: the host's /etc never changes. */
int sandbox_dress(const struct sandbox_files *files, struct error *error);

/* Executes; returns only on failure, with docker's exit code: 127 not found, else 126. */
int sandbox_exec(char *const argv[], struct error *error);

// SPDX-License-Identifier: GPL-2.0-or-later
// listen.h - the unix socket the API listens on
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

/* Who may use the socket besides root. */
struct api_group {
	const char *name;
	bool exists;
	gid_t gid;
};

/* Makes the listening unix socket at path, mode 0660, of the group (NULL: none) where it exists
 * (else root's, and a log line says so). A socket file nobody listens on is replaced; one somebody
 * does: ERROR_CONFLICT "another netd listens on PATH". */
int api_listen_unix(const char *path, const struct api_group *group, int *ret_fd,
		    struct error *error);

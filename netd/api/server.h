// SPDX-License-Identifier: GPL-2.0-or-later
// server.h - the HTTP API over a unix socket: libmicrohttpd driven by our loop
#pragma once

#include "base/error.h"
#include "engine/engine.h"

#include <stdbool.h>
#include <sys/types.h>

#include <ev.h>

struct api_server;

struct api_options {
	struct ev_loop *loop;
	struct engine *engine;
	int listen_fd; /* listening, non-blocking; owned by the server on success */
};

/* Routes: docs/api.md. */
int api_server_new(const struct api_options *options, struct api_server **ret_server,
		   struct error *error);
/* Ends open event streams and closes all connections. */
void api_server_free(struct api_server *server);

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

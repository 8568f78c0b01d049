// SPDX-License-Identifier: GPL-2.0-or-later
// server.h - the HTTP API over a unix socket: libmicrohttpd driven by our loop
#pragma once

#include "api/call/cluster.h"
#include "api/call/explainer.h"
#include "api/call/starter.h"
#include "base/error.h"
#include "engine/engine.h"

#include <ev.h>

struct api_server;

struct api_options {
	struct ev_loop *loop;
	struct engine *engine;
	struct api_explainer explainer;
	struct api_starter starter;
	struct api_cluster cluster;
	int listen_fd; /* listening, non-blocking; owned by the server on success */
};

/* Routes: docs/api.md. */
int api_server_new(const struct api_options *options, struct api_server **ret_server,
		   struct error *error);
/* Ends open event streams and closes all connections. */
void api_server_free(struct api_server *server);

// SPDX-License-Identifier: GPL-2.0-or-later
// server.h - the plugin's socket, on which Docker calls
#pragma once

#include "base/error.h"
#include "plugins/docker/plugin.h"

struct server;

/* Listens at path, which only root may use. What is left of a plugin that is gone is replaced. */
int server_open(const char *path, struct plugin *plugin, struct server **ret_server,
		struct error *error);
/* Serves what comes, for timeout_ms at the most. */
void server_run(struct server *server, int timeout_ms);
/* Removes the socket: Docker then says that the plugin is not found. */
void server_close(struct server *server);

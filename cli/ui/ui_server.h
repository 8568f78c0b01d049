// SPDX-License-Identifier: GPL-2.0-or-later
// ui_server.h - the page's HTTP server
#pragma once

#include "base/error.h"
#include "cli/ui/ui_request.h"

#include <netinet/in.h>
#include <stdint.h>

struct ui_server {
	const char *host; /* netd's, as client_open() has it */
	char key[UI_KEY_LEN + 1];
	uint16_t port;
};

/* Binds address (127.0.0.1:0 chooses a port, which is in server then) and serves in threads of
 * libmicrohttpd's for as long as this process lives. server stays where it is. */
int ui_server_start(const struct sockaddr_storage *address, socklen_t len, struct ui_server *server,
		    struct error *error);

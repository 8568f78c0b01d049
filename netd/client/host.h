// SPDX-License-Identifier: GPL-2.0-or-later
// host.h - where netd is: unix://PATH or ssh://[user@]host[:port][/PATH], taken apart
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct client_host {
	char *text; /* as given, for messages */
	bool ssh;
	char *path; /* of the socket; NULL for ssh without a path: the default over there */
	char *user, *name, *port; /* ssh only; user and port may be NULL */
};

/* ERROR_INVALID with a sentence that quotes text; else the caller owns *ret_host. Nothing in a host
 * that is accepted can be taken for an option by ssh. */
int client_host_parse(const char *text, struct client_host *ret_host, struct error *error);
void client_host_done(struct client_host *host);
/* ERROR_UNAVAILABLE "cannot reach netd at …", what code (an errno) says, and what to look at. */
int client_host_unreachable(const struct client_host *host, int code, struct error *error);

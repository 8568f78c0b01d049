// SPDX-License-Identifier: GPL-2.0-or-later
// fake_daemon.h - a netd that gives the answers it was told to, over a unix socket of its own
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* One request that is expected, and the raw reply to it. */
struct fake_exchange {
	const char *request; /* "GET /path": what the request line must begin with */
	const char *body;    /* what the body must contain, or NULL */
	const char *reply;   /* NULL: close the connection instead */
	int close_after;     /* non-zero: close the connection after the reply */
};

struct fake_daemon {
	char dir[32];
	char path[64]; /* of the socket */
	char host[80]; /* unix://path */
	pid_t pid;
	int listener;
};

/* Serves the exchanges in order, one client at a time, and ends. */
void fake_daemon_start(struct fake_daemon *daemon, const struct fake_exchange *exchanges, size_t n);
/* Waits for its end; 0: all exchanges took place as expected. Else what differed is on stderr. */
int fake_daemon_end(struct fake_daemon *daemon);

#define FAKE_JSON(status, json) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" json

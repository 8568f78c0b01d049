// SPDX-License-Identifier: GPL-2.0-or-later
// transport.h - a connected stream to netd: a unix socket, or a pipe through ssh
#pragma once

#include "base/error.h"
#include "client/host.h"

#include <sys/types.h>

struct transport {
	int fd;	   /* -1: none */
	pid_t pid; /* of ssh; 0: none */
};

/* Connects. ERROR_UNAVAILABLE "cannot reach netd at …", with what to look at. */
int transport_open(const struct client_host *host, struct transport *ret_transport,
		   struct error *error);
/* Closes, and ends the ssh it started. Safe to call twice. */
void transport_close(struct transport *transport);
/* The other side ended without an answer: fills error with what can be known about that. */
int transport_lost(struct transport *transport, const struct client_host *host,
		   struct error *error);
/* False: the other side has closed an idle connection, or said something nobody asked for. */
bool transport_idle(const struct transport *transport);
/* Seconds without a byte after which reading and writing fail with EAGAIN; 0: for ever. */
void transport_timeout(const struct transport *transport, unsigned int seconds);

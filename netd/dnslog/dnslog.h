// SPDX-License-Identifier: GPL-2.0-or-later
// dnslog.h - netd-dns-log: questions of containers as lines of JSON, for a client of the API
#pragma once

#include "base/buf.h"
#include "dns/log.h"

#include <stdbool.h>
#include <stdint.h>

/* What is wanted. */
struct dnslog {
	struct dns_log_ring *ring;
	uint64_t next;	  /* to be read */
	bool follow;	  /* else it ends with what is there */
	bool failed;	  /* only what was answered otherwise than NOERROR */
	const char *name; /* of a container; NULL: of all */
};

/* line.c: one object, with its newline, or nothing where it is not wanted. wall_ns: what
 * CLOCK_REALTIME is ahead of CLOCK_MONOTONIC. */
void line_entry(struct buf *out, const struct dnslog *dnslog, const struct dns_log_entry *entry,
		int64_t wall_ns);
void line_lost(struct buf *out, uint64_t n);

/* serve.c: writes the reply to the socket, until who is at its end, or at the pipe's, has gone. */
int serve(struct dnslog *dnslog, int socket_fd, int pipe_fd);

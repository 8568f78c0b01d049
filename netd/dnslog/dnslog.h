// SPDX-License-Identifier: GPL-2.0-or-later
// dnslog.h - netd-dns-log: questions of containers as lines of JSON or of a table, for a client of
// the API
#pragma once

#include "base/buf.h"
#include "dns/log.h"

#include <stdbool.h>
#include <stdint.h>

/* "2026-01-02T13:45:12" */
enum { DNSLOG_HOUR_AT = 11, DNSLOG_SECOND_LEN = 19 };

/* What is wanted. */
struct dnslog {
	struct dns_log_ring *ring;
	uint64_t next;	  /* to be read */
	bool follow;	  /* else it ends with what is there */
	bool failed;	  /* only what was answered otherwise than NOERROR */
	bool table;	  /* lines for people, else objects */
	const char *name; /* of a container; NULL: of all */
	/* line.c's: what was written last of the time, and whether anything was */
	uint64_t second;
	char second_text[DNSLOG_SECOND_LEN + 1];
	bool has_heading;
};

/* line.c: one object or row, with its newline, or nothing where it is not wanted; above the first
 * row a heading. wall_ns: what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC. */
void line_entry(struct buf *out, struct dnslog *dnslog, const struct dns_log_entry *entry,
		int64_t wall_ns);
void line_lost(struct buf *out, struct dnslog *dnslog, uint64_t n);

/* serve.c: writes the reply to the socket, until who is at its end, or at the pipe's, has gone. */
int serve(struct dnslog *dnslog, int socket_fd, int pipe_fd);

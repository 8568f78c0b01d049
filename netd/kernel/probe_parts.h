// SPDX-License-Identifier: GPL-2.0-or-later
// probe_parts.h - inside the probe: waiting, and what comes back instead of an answer
#pragma once

#include "base/addr.h"
#include "base/limits.h"
#include "kernel/probe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe_waiting {
	const struct probe_asked *asked;
	int fd, watch_fd; /* watch_fd -1: nobody watches, or it has been seen how it ends */
	short events;
	int64_t deadline_ms;
};

/* probe_wait.c. For so long as was asked: until fd has one of the events, or an error. */
void probe_wait_begin(struct probe_waiting *waiting, const struct probe_asked *asked, int fd,
		      short events);
/* false: the time is over. May be called again after true. */
bool probe_wait(struct probe_waiting *waiting);

/* An entry of a socket's error queue (ip(7), IP_RECVERR). */
struct probe_refusal {
	bool is_icmp; /* an ICMP error; false: the own kernel's */
	uint8_t type, code;
	int error;			  /* a positive errno */
	uint32_t mtu;			  /* of "too big"; 0: not told */
	struct addr from;		  /* of an ICMP error; family 0: not known */
	uint8_t quoted[PROBE_QUOTED_MAX]; /* the beginning of the packet that it is about */
	size_t n_quoted;
};

/* probe_refusal.c. The oldest entry, which leaves the queue; false: there is none. */
bool probe_refusal_read(int fd, struct probe_refusal *ret_refusal);
/* "ICMP 3/3 from 10.61.0.1"; of the own kernel's the errno in words. */
void probe_refusal_print(const struct probe_refusal *refusal, char text[static PROBE_BY_MAX]);

// SPDX-License-Identifier: GPL-2.0-or-later
// traced.h - what the tracer saw of a connection, beside what was read
#pragma once

#include "diag/facts.h"
#include "diag/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum traced_event {
	TRACED_SENT,
	TRACED_RECEIVED,
	TRACED_DROPPED,
	TRACED_RESET,
	TRACED_ICMP,
	TRACED_N_EVENTS,
};

/* A line of netd-trace (docs/tracing.md), as far as anybody here asks. */
struct traced_line {
	enum traced_event event;
	double us;
	uint64_t netns;
	char link[17];
	struct addr from, to;
	uint16_t from_port, to_port; /* 0: it has none */
	uint8_t protocol;
	bool is_syn, is_ack, is_reset;
	char flags[32];
	char reason[48], function[64]; /* "": not known */
	int icmp_type, icmp_code;      /* -1: none */
	bool is_quoted;		       /* the ports are those of the packet that an error quotes */
};

struct traced {
	bool is_ready, has_end; /* it was told what to look for; nothing comes after */
	char lacks[512];	/* why it is not ready; "": it is */
	char without[128];	/* what it cannot see on this kernel, in words; "": nothing */
	struct traced_line *lines;
	size_t n, size;
	uint64_t n_lost;
};

/* Takes the whole lines at the beginning of the text, and says how many bytes that were: the rest
 * may come later. A line that is none of netd-trace's is passed over. 0 or -ENOMEM. */
int traced_read(struct traced *traced, const char *text, size_t len, size_t *ret_taken);
void traced_done(struct traced *traced);

/* Thrown away, and not by somebody who got a copy that was not for him, or after the end. */
bool traced_is_loss(const struct traced_line *line);

/* Fills the verdict's trace, and decides what reading cannot know. port: of who asked. The lines
 * are sorted by that. */
void traced_tell(struct traced *traced, const struct facts *facts, uint16_t port,
		 struct diag_verdict *verdict);

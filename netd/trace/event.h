// SPDX-License-Identifier: GPL-2.0-or-later
// event.h - what a program in the kernel has reported, and the line that becomes of it
#pragma once

#include "base/addr.h"
#include "base/buf.h"
#include "trace/btf.h"
#include "trace/record.h"

#include <stdbool.h>

/* Why the kernel throws packets away, as it calls that itself: the numbers move between kernels. */
#define EVENT_REASONS 256
struct event_reasons {
	const char *names[EVENT_REASONS]; /* "NETFILTER_DROP"; of the BTF, which has to stay */
};
/* A kernel before 5.17 has none, and they stay empty. */
void event_reasons_read(const struct btf *btf, struct event_reasons *ret_reasons);

struct event {
	enum layout_point point;
	double us; /* since the first */
	uint32_t netns, index;
	char link[17];
	struct addr from, to;
	uint16_t from_port, to_port;
	uint8_t protocol; /* of the packet: an ICMP error's is ICMP, whatever it quotes */
	uint8_t flags, icmp_type, icmp_code;
	bool is_quoted;
	uint32_t reason, bytes;
	uint32_t
		id; /* the same packet has the same, also behind NAT, as long as it is not copied */
	uint64_t key; /* and the same everywhere (packet_key.h) */
	uint64_t location;
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	bool was_other;	  /* it was sent as something else than it is: from here to there */
	struct addr sent_from, sent_to;
	uint16_t sent_from_port, sent_to_port;
	/* Of a dropped packet whose bytes were asked for: from its IP header on, in the memory that
	 * was read; NULL: none. */
	const uint8_t *data;
	size_t n_data;
};

/* first_ns: the time of the first; 0: this is the first, and becomes it. -EBADMSG: the bytes are no
 * record, which at most TRACE_BYTES_MAX of the packet may stand behind. */
int event_read(const void *data, size_t len, uint64_t *first_ns, struct event *ret_event);

/* How many were thrown away at a place since the program is there, as a line of JSON. */
void event_write_drop(const struct record_drop *drop, const struct record_dropped *dropped,
		      const struct event_reasons *reasons, const char *function, struct buf *out);

/* One line of JSON with its newline (docs/tracing.md). function: where a drop was; "": unknown. */
void event_write(const struct event *event, const struct event_reasons *reasons,
		 const char *function, struct buf *out);

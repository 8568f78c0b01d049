// SPDX-License-Identifier: GPL-2.0-or-later
// guard.h - what netd healed, refused, and saw forged or dropped: how often, and since when
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* One line for each counter: its id, the kind and name it is shown by (GET /netd/v1/info, Guard:
 * Kind: Name), whether the log tells of it (false: whoever counts says more in a line of its own),
 * and what is counted, in words that follow a number. */
/* clang-format off */
#define GUARD_COUNTERS(COUNTER) \
	COUNTER(HEALED_BRIDGES, HEALED, "Bridges", false, \
		"bridges put right") \
	COUNTER(HEALED_PORTS, HEALED, "Ports", false, \
		"bridge ports put right") \
	COUNTER(HEALED_CONTAINERS, HEALED, "Containers", false, \
		"containers given a link again") \
	COUNTER(HEALED_RULES, HEALED, "Rules", false, \
		"times the table of rules was made again") \
	COUNTER(HEALED_FORWARDING, HEALED, "Forwarding", false, \
		"times forwarding was switched on again") \
	COUNTER(HEALED_RESOLVER, HEALED, "Resolver", false, \
		"resolvers replaced") \
	COUNTER(HEALED_RECORDS, HEALED, "Records", false, \
		"databases and journals made again from the other record") \
	COUNTER(REFUSED_CALLS, REFUSED, "Calls", true, \
		"API calls refused, for as many as there may be were in progress") \
	COUNTER(REFUSED_STREAMS, REFUSED, "Streams", true, \
		"event streams refused, for as many as there may be were open") \
	COUNTER(REFUSED_DESCRIPTORS, REFUSED, "Descriptors", true, \
		"API calls refused for want of file descriptors") \
	COUNTER(REFUSED_REQUESTS, REFUSED, "Requests", true, \
		"API requests refused that were no HTTP or too large") \
	COUNTER(REFUSED_QUESTIONS, REFUSED, "Questions", true, \
		"DNS questions refused, for their container had as many waiting as it may") \
	COUNTER(REFUSED_RELAYS, REFUSED, "Relays", true, \
		"connections to relayed ports refused, for want of room or descriptors") \
	COUNTER(REFUSED_RESOLVER, REFUSED, "ResolverDescriptors", true, \
		"times the resolver had no file descriptor left for a client or a question") \
	COUNTER(DROPPED_QUESTIONS, DROPPED, "Questions", true, \
		"DNS questions given up, for their turn did not come in time") \
	COUNTER(DROPPED_DNS, DROPPED, "DnsConnections", true, \
		"TCP connections for DNS closed to make room for others, or unread") \
	COUNTER(FORGED_ANSWERS, FORGED, "Answers", true, \
		"datagrams from a name server's address that answer no question of ours") \
	COUNTER(DROPPED_CONNECTIONS, DROPPED, "Connections", true, \
		"API connections that waited closed to make room for others") \
	COUNTER(DROPPED_STREAMS, DROPPED, "Streams", true, \
		"event streams ended, for their clients did not read them") \
	COUNTER(FORGED_PACKETS, FORGED, "Packets", true, \
		"packets from containers dropped for a source address that is not theirs")
/* clang-format on */

#define GUARD_ID(id, kind, name, tell, words) GUARD_##id,
enum guard_id { GUARD_COUNTERS(GUARD_ID) _GUARD_N };
#undef GUARD_ID

enum guard_kind {
	GUARD_KIND_HEALED,  /* put right after somebody changed it */
	GUARD_KIND_REFUSED, /* asked for, and not to be had: beyond a limit, or a share */
	GUARD_KIND_FORGED,  /* claimed to come from who it does not come from */
	GUARD_KIND_DROPPED, /* given up: lost, or too late */
	_GUARD_KIND_N,
};

#define GUARD_TEXT_MAX 256
#define GUARD_CODE_MAX 32

struct guard_counter {
	uint64_t n, n_told;
	time_t first, last; /* wall clock: people read them */
	double told_at;	    /* seconds of a clock that nobody sets */
};

struct guard {
	time_t since; /* all counters are zero then */
	struct guard_counter counters[_GUARD_N];
};

void guard_init(struct guard *guard, time_t wall);
/* "Refused.Calls": its place in guard_json(). */
void guard_code(enum guard_id id, char ret_code[static GUARD_CODE_MAX]);
/* Counts n more (0 is fine) at wall, and now_s of a clock that nobody sets. True: the log is to be
 * told, in the words of ret_text. */
bool guard_add(struct guard *guard, enum guard_id id, uint64_t n, time_t wall, double now_s,
	       char ret_text[static GUARD_TEXT_MAX]);
/* {"Since": TIME, KIND: {NAME: {"Count": N, "First": TIME, "Last": TIME}}}; times in RFC 3339, and
 * absent where nothing was counted. New reference; NULL: out of memory. */
json_t *guard_json(const struct guard *guard);

// SPDX-License-Identifier: GPL-2.0-or-later
// reply.h - a reply being written: header, question, records, and the OPT that always finds room
#pragma once

#include "dns/answer.h"
#include "dns/msg.h"

/* Owner names are pointers to the question, or into it, or the root. */
#define DNS_REPLY_OWNER DNS_HEADER_SIZE
#define DNS_REPLY_ROOT 0

struct dns_reply {
	struct wire wire; /* ends before the room kept for the OPT */
	const struct dns_query *query;
	size_t opt_size; /* room kept */
	uint16_t counts[DNS_SECTION_N];
	uint16_t flags; /* beside those every reply has */
	bool full;	/* a record did not fit: it and what comes after it are left out */
};

/* The longest reply this query may get: RFC 1035 4.2.1 without EDNS, else what the asker takes: its
 * path to us is the loopback of its own namespace, which fragments nothing. */
size_t dns_reply_limit(const struct dns_query *query, bool tcp);

/* A validator takes it from the OPT whether signatures are to be had: no DO, so there are none.
 * systemd-resolved, the one that lists its algorithms, looks only whether there is an OPT at all,
 * and would fail the names that it could have unsigned. */
void dns_reply_unsigned(struct dns_query *query);

/* Writes header and question; query must live until the end. ede: DNS_EDE_NONE or a number to send.
 */
void dns_reply_begin(struct dns_reply *reply, const struct dns_query *query, int ede, uint8_t *out,
		     size_t size);

/* Adds a record, whole or (setting full) not at all. owner: an offset from the header, or
 * DNS_REPLY_ROOT. */
void dns_reply_record(struct dns_reply *reply, enum dns_section section, size_t owner,
		      uint16_t type, uint32_t ttl_s, const void *data, uint16_t len);

/* The SOA that says how long "no" may be believed (RFC 2308, 3), for the zone that starts at owner.
 */
void dns_reply_soa(struct dns_reply *reply, size_t owner, uint32_t ttl_s);

/* Writes the OPT when the query had one, and the header, never with TC: see answer.h. Returns the
 * length; 0: not even header, question, OPT and the first of the records fit. */
size_t dns_reply_end(struct dns_reply *reply, uint16_t rcode, int ede);

/* Our OPT at the end of a message: 11 bytes, 17 with an extended error. */
size_t dns_reply_opt_size(const struct dns_query *query, int ede);
void dns_reply_opt(struct wire *wire, const struct dns_query *query, uint16_t rcode, int ede);

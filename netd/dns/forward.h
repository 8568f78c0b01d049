// SPDX-License-Identifier: GPL-2.0-or-later
// forward.h - an upstream's answer to the reply one client gets, and how long it may be kept
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Turns an upstream's answer into the reply to this client: checks that it answers the question,
 * puts the client's id, spelling and RD in, takes age seconds off every TTL, replaces the OPT by
 * ours (with DO where the answer has it too) or drops it, and cuts at limit bytes with TC.
 * Additional records, and the authority section of an answer that has records unless DO is set, go
 * without TC. Returns the length, 0 when the answer is malformed, answers something else, or has an
 * extended rcode (that hop failed). reply overlaps neither. */
size_t dns_forward_reply(const uint8_t *query, size_t query_len, const uint8_t *answer,
			 size_t answer_len, uint32_t age_s, size_t limit, uint8_t *reply,
			 size_t size);

/* Two questions for the addresses of one name, A and AAAA, are one to who asks them. The answer to
 * the one tells about the other, if that gets none: the rcode to give instead of the failure, which
 * is NOERROR (without data) beside addresses and NXDOMAIN beside NXDOMAIN; -1: nothing. */
int dns_forward_tells(const uint8_t *answer, size_t answer_len);
/* How long an upstream's answer may be cached: the smallest TTL of its records, or for NXDOMAIN and
 * NODATA the SOA's (RFC 2308, 5), bounded by limits.h; 0: not at all. */
uint32_t dns_forward_ttl(const uint8_t *answer, size_t answer_len);

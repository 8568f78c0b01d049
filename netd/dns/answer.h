// SPDX-License-Identifier: GPL-2.0-or-later
// answer.h - a question and a table to a reply, or to the decision to ask upstream
#pragma once

#include "dns/table.h"

#include <stddef.h>
#include <stdint.h>

enum dns_verdict {
	DNS_VERDICT_REPLY,   /* reply holds the complete answer */
	DNS_VERDICT_FORWARD, /* not ours: ask upstream, reply is untouched */
	DNS_VERDICT_DROP,    /* too short for a header, or itself a response: no answer at all */
	DNS_VERDICT_N,
};

struct dns_policy {
	uint32_t ttl_s;	     /* of local answers, and minimum of the synthetic SOA */
	bool forward_single; /* unknown names without a dot are asked upstream */
	bool tcp;	     /* the reply may be DNS_TCP_MAX long; else 512 or the EDNS size */
	uint32_t random;     /* fresh for each query: rotates and shuffles the answers */
};

/* What a forwarded query needs to be matched with its answer, cached and joined. */
struct dns_question {
	uint8_t name[DNS_NAME_MAX + 1]; /* wire format, folded to lower case */
	size_t name_len;
	uint16_t type, class;
	uint16_t id;
	bool rd, cd, do_bit, edns;
	uint16_t udp_size; /* what the client takes: 512 to DNS_UDP_MAX */
};

/* The whole policy: local names of any type are answered here (NODATA with SOA
 * for the other family and other types; MX, TXT, SRV, HTTPS … NODATA), PTR of both families,
 * localhost (RFC 6761), single labels NXDOMAIN, malformed FORMERR, opcode NOTIMP, class REFUSED,
 * EDNS version BADVERS. A name under a visible network that the network does not know is NXDOMAIN
 * here, and so is _service._proto.NAME of a known name without dots. With view->forward false
 * everything else is NXDOMAIN, with EDE 18: a code other than NOERROR and NXDOMAIN is no answer to
 * musl, which waits five seconds for a better one. DS and DNSKEY of single labels are forwarded:
 * only validators ask.
 *
 * Local answers are unsigned, so they come without DO (RFC 3225, 3: who sets it has understood it),
 * and a validator that may, asks on without. They never have TC: what does not fit is left out, of
 * addresses in an order drawn anew, because clients without TCP throw such an answer away whole.
 *
 * reply has size bytes and does not overlap query; *ret_len is set on REPLY, *ret_question on
 * FORWARD. With fewer than 370 bytes of room a reply may be impossible: DROP. */
enum dns_verdict dns_answer(const struct dns_table *table, const struct dns_view *view,
			    const struct dns_policy *policy, const uint8_t *query, size_t query_len,
			    uint8_t *reply, size_t size, size_t *ret_len,
			    struct dns_question *ret_question);

/* An error reply to a query that was accepted for forwarding (SERVFAIL and the like), with the
 * client's question, and an extended error (RFC 8914) when it spoke EDNS and ede >= 0. */
size_t dns_answer_error(const uint8_t *query, size_t query_len, uint8_t rcode, int ede,
			uint8_t *reply, size_t size);

/* The reply with the rcode of dns_forward_tells instead of a failure, with an extended error (if
 * the client spoke EDNS) that tells the failure. Nobody may keep it. */
size_t dns_answer_told(const uint8_t *query, size_t query_len, uint8_t rcode, int ede,
		       uint8_t *reply, size_t size);

// SPDX-License-Identifier: GPL-2.0-or-later
// reply.c - a reply being written: header, question, records, and the OPT that always finds room
#include "dns/reply.h"

#include <string.h>

#define OPTION_EDE 15  /* RFC 8914, 2 */
#define EDE_SIZE 6     /* code, length, number; no text */
#define OPT_DO 0x8000  /* RFC 3225, 3 */
#define POINTER 0xc000 /* RFC 1035, 4.1.4 */

#define SOA_SERIAL 1 /* nobody transfers the zone, so the numbers are those of RFC 6303, 3 */
#define SOA_REFRESH_S 3600
#define SOA_RETRY_S 1200
#define SOA_EXPIRE_S 604800

/* Theory of operation. A reply is written front to back into the caller's space. Room for the OPT
 * record is set aside at the beginning, so that it always fits; flags and counts are patched in at
 * the end, when they are known. A record that does not fit makes the reply full, and nothing is
 * written behind it. Names are pointers to the question's name, or into it, since all that netd
 * answers is about that name.
 *
 * Sections must be written in their order: answer, authority, additional. */

/* How large a reply the client takes. */
size_t dns_reply_limit(const struct dns_query *query, bool tcp)
{
	if (tcp)
		return DNS_TCP_MAX;
	if (!query->edns || query->udp_size < DNS_UDP_PLAIN_MAX) /* RFC 6891, 6.2.3 */
		return DNS_UDP_PLAIN_MAX;
	return query->udp_size < DNS_UDP_MAX ? query->udp_size : DNS_UDP_MAX;
}

/* Changes the query as if the client had not asked for signatures. */
void dns_reply_unsigned(struct dns_query *query)
{
	/* RFC 6975: a validator that lists algorithms expects signatures. Without EDNS it knows
	 * that there are none. */
	query->edns &= !(query->do_bit && query->algorithms);
	query->do_bit = false;
}

/* 0 for a client without EDNS: it must not get an OPT (RFC 6891, 7). */
size_t dns_reply_opt_size(const struct dns_query *query, int ede)
{
	if (!query->edns)
		return 0;
	return DNS_OPT_SIZE + (ede >= 0 ? EDE_SIZE : 0);
}

/* The OPT: root, type, size, code and version, flags, length; perhaps with an extended error. */
void dns_reply_opt(struct wire *wire, const struct dns_query *query, uint16_t rcode, int ede)
{
	if (!query->edns)
		return;
	wire_put_u8(wire, 0);
	wire_put_u16(wire, DNS_TYPE_OPT);
	wire_put_u16(wire, DNS_UDP_EDNS_SIZE);
	wire_put_u16(wire, (uint16_t)(rcode >> 4 << 8)); /* high bits of the code; version 0 */
	wire_put_u16(wire, query->do_bit ? OPT_DO : 0);
	wire_put_u16(wire, ede >= 0 ? EDE_SIZE : 0);
	if (ede < 0)
		return;
	wire_put_u16(wire, OPTION_EDE);
	wire_put_u16(wire, 2);
	wire_put_u16(wire, (uint16_t)ede);
}

/* out is the caller's until dns_reply_end() has said how much of it is the reply. */
void dns_reply_begin(struct dns_reply *reply, const struct dns_query *query, int ede, uint8_t *out,
		     size_t size)
{
	size_t opt_size = dns_reply_opt_size(query, ede);
	uint8_t header[DNS_HEADER_SIZE] = { 0 }; /* the rest comes at the end */

	*reply = (struct dns_reply) { .query = query, .opt_size = opt_size };
	/* The OPT's place is kept out of the space from the first byte on. */
	reply->wire = wire_writer(out, size > opt_size ? size - opt_size : 0);
	dns_set_u16(header, query->id);
	dns_set_u16(header + 4, query->name != NULL);
	wire_put_bytes(&reply->wire, header, sizeof(header));
	if (query->name) /* type and class stand behind the name there and here */
		wire_put_bytes(&reply->wire, query->name, query->name_len + 4);
}

/* owner is an offset in the message, or DNS_REPLY_ROOT. A pointer is 2 bytes. */
void dns_reply_record(struct dns_reply *reply, enum dns_section section, size_t owner,
		      uint16_t type, uint32_t ttl_s, const void *data, uint16_t len)
{
	struct wire *wire = &reply->wire;
	uint8_t fixed[12]; /* in one piece, as this runs for every address of every answer */
	size_t skip = owner == DNS_REPLY_ROOT; /* one byte, zero, instead of a pointer */

	if (reply->full || wire_left(wire) < sizeof(fixed) - skip + len) {
		reply->full = true;
		return;
	}
	dns_set_u16(fixed, owner == DNS_REPLY_ROOT ? 0 : (uint16_t)(POINTER | owner));
	dns_set_u16(fixed + 2, type);
	dns_set_u16(fixed + 4, DNS_CLASS_IN);
	dns_set_u16(fixed + 6, (uint16_t)(ttl_s >> 16));
	dns_set_u16(fixed + 8, (uint16_t)ttl_s);
	dns_set_u16(fixed + 10, len);
	wire_put_bytes(wire, fixed + skip, sizeof(fixed) - skip);
	wire_put_bytes(wire, data, len);
	reply->counts[section]++;
}

/* netd.nobody.invalid: nobody can be written to, and the zone has no server to ask. */
void dns_reply_soa(struct dns_reply *reply, size_t owner, uint32_t ttl_s)
{
	static const uint8_t names[] = "\4netd\0\6nobody\7invalid"; /* and its own final zero */
	uint8_t data[sizeof(names) + 20];
	struct wire wire = wire_writer(data, sizeof(data));

	wire_put_bytes(&wire, names, sizeof(names));
	wire_put_u32(&wire, SOA_SERIAL);
	wire_put_u32(&wire, SOA_REFRESH_S);
	wire_put_u32(&wire, SOA_RETRY_S);
	wire_put_u32(&wire, SOA_EXPIRE_S);
	wire_put_u32(&wire, ttl_s); /* minimum: the negative TTL, RFC 2308, 4 */
	dns_reply_record(reply, DNS_SECTION_AUTHORITY, owner, DNS_TYPE_SOA, ttl_s, data,
			 sizeof(data));
}

/* The length, or 0 where nothing may be said. */
size_t dns_reply_end(struct dns_reply *reply, uint16_t rcode, int ede)
{
	const uint16_t copied = DNS_FLAG_OPCODE | DNS_FLAG_RD | DNS_FLAG_CD;
	struct wire *wire = &reply->wire;
	uint16_t flags = DNS_FLAG_QR | DNS_FLAG_RA | reply->flags;

	flags |= reply->query->flags & copied;
	flags |= rcode & DNS_FLAG_RCODE;
	/* Nothing at all fits behind the question. */
	if (reply->full &&
	    reply->counts[DNS_SECTION_ANSWER] + reply->counts[DNS_SECTION_AUTHORITY] == 0)
		return 0; /* it would be a "no" that nobody meant */
	/* Now the OPT may use the room that was kept for it. */
	wire->len += reply->opt_size;
	dns_reply_opt(wire, reply->query, rcode, ede);
	wire_patch_u16(wire, 2, flags);
	for (size_t i = 0; i < DNS_SECTION_N; i++)
		wire_patch_u16(wire, 6 + 2 * i,
			       (uint16_t)(reply->counts[i] +
					  (i == DNS_SECTION_ADDITIONAL && reply->query->edns)));
	return wire->err < 0 ? 0 : wire->pos;
}

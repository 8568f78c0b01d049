// SPDX-License-Identifier: GPL-2.0-or-later
// msg.h - DNS messages: a query as a server reads it, and the records of any message one by one
#pragma once

#include "dns/name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER_SIZE 12 /* RFC 1035, 4.1.1 */
#define DNS_OPT_SIZE 11	   /* an OPT record without options: root, type, class, TTL, length */

/* RFC 1035 4.1.1, RFC 4035 3.1.6 and 3.2.2 */
enum dns_flag {
	DNS_FLAG_QR = 0x8000,
	DNS_FLAG_OPCODE = 0x7800,
	DNS_FLAG_AA = 0x0400,
	DNS_FLAG_TC = 0x0200,
	DNS_FLAG_RD = 0x0100,
	DNS_FLAG_RA = 0x0080,
	DNS_FLAG_AD = 0x0020,
	DNS_FLAG_CD = 0x0010,
	DNS_FLAG_RCODE = 0x000f,
};

enum dns_rcode {
	DNS_RCODE_NOERROR = 0,
	DNS_RCODE_FORMERR = 1,
	DNS_RCODE_SERVFAIL = 2,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_NOTIMP = 4,
	DNS_RCODE_REFUSED = 5,
	DNS_RCODE_BADVERS = 16, /* RFC 6891, 9: its high bits travel in the OPT */
};

/* Types this program has an opinion about; any other number is as good. */
enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_MX = 15,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_DNAME = 39,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_TKEY = 249, /* the first that only asks for a service, RFC 6895, 3.1 */
	DNS_TYPE_TSIG = 250,
	DNS_TYPE_IXFR = 251,
	DNS_TYPE_AXFR = 252,
	DNS_TYPE_MAILA = 254, /* the last */
	DNS_TYPE_ANY = 255,
};

enum { DNS_CLASS_IN = 1 };

/* Extended errors, RFC 8914, 4 */
enum dns_ede {
	DNS_EDE_NONE = -1,
	DNS_EDE_OTHER = 0,
	DNS_EDE_STALE = 3,
	DNS_EDE_NOT_READY = 14,
	DNS_EDE_PROHIBITED = 18,
	DNS_EDE_NO_REACHABLE_AUTHORITY = 22,
	DNS_EDE_NETWORK_ERROR = 23,
};

/* A query. name points into the message, uncompressed, with the asker's spelling; NULL: the
 * question could not be read. */
struct dns_query {
	uint16_t id, flags;
	uint16_t type, class;
	const uint8_t *name;
	size_t name_len;
	bool edns, do_bit;
	bool algorithms;   /* the OPT lists those of a validator (RFC 6975) */
	uint8_t version;   /* of EDNS */
	uint16_t udp_size; /* as sent */
};

/* Reads a query. ret_query is written in every case but the first, as far as it could be read, for
 * the reply that says what is wrong:
 * -EPROTO not a query, no reply may be sent: shorter than a header or itself a response;
 * -EOPNOTSUPP an opcode other than QUERY: only id and flags;
 * -EBADMSG malformed: not exactly one question, records or bytes that do not fit, an OPT that is
 * not root's, in the wrong section, or a second one (RFC 6891, 6.1.1). Unknown records and EDNS
 * options are passed over. */
int dns_query_read(const uint8_t *data, size_t len, struct dns_query *ret_query);

/* The query as a message, with an OPT when edns is set. Returns its length; 0: size is too small.
 */
size_t dns_query_write(const struct dns_query *query, uint8_t *out, size_t size);

enum dns_section {
	DNS_SECTION_ANSWER,
	DNS_SECTION_AUTHORITY,
	DNS_SECTION_ADDITIONAL,
	DNS_SECTION_N
};

/* A message that is being walked. */
struct dns_msg {
	struct wire wire;
	uint16_t id, flags;
	uint16_t left[DNS_SECTION_N];
	enum dns_section section; /* of the record read last */
	const uint8_t *name;	  /* of the question */
	size_t name_len;
	uint16_t type, class;
};

/* All offsets count from the header. */
struct dns_record {
	size_t start, end;
	size_t ttl_at, data_at;
	uint16_t type, class;
	uint32_t ttl;
	uint16_t data_len;
	struct dns_name name;
};

/* Reads header and question; there must be exactly one. data stays the caller's and is needed for
 * the walk. 0 or -EBADMSG. */
int dns_msg_open(struct dns_msg *msg, const uint8_t *data, size_t len);

/* The next record, its owner name decompressed. 1, 0 after the last, -EBADMSG. */
int dns_msg_next(struct dns_msg *msg, struct dns_record *ret_record);

/* Whether the names inside a record's data are well-formed, for the types that may be compressed
 * (RFC 3597, 4), and addresses have their size; true for every other type. */
bool dns_msg_data_valid(const struct dns_msg *msg, const struct dns_record *record);

static inline uint16_t dns_get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void dns_set_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

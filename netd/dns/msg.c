// SPDX-License-Identifier: GPL-2.0-or-later
// msg.c - DNS messages: a query as a server reads it, and the records of any message one by one
#include "dns/msg.h"

#include <errno.h>
#include <string.h>

/* Offsets of counts in the header. */
#define QDCOUNT_AT 4
#define ARCOUNT_AT 10
#define OPTION_DAU 5 /* RFC 6975, 8: the algorithms a validator knows */
#define OPTION_N3U 7
#define OPT_DO 0x8000 /* RFC 3225, 3: the top bit of the flags in the TTL's low half */

/* name stays NULL when it could not be read: then there is nothing to repeat in the reply. */
static void read_question(struct wire *wire, struct dns_query *query)
{
	const uint8_t *name = dns_name_view(wire, &query->name_len);

	query->type = wire_u16(wire);
	query->class = wire_u16(wire);
	if (wire->err == 0)
		query->name = name;
}

/* options is a copy of the reader, so that the caller's stays where it is. Each option has a code,
 * a length and data (RFC 6891, 6.1.2). */
static bool lists_algorithms(struct wire options)
{
	bool found = false;

	while (wire_left(&options) > 0 && options.err == 0) {
		uint16_t code = wire_u16(&options);

		/* The three options of RFC 6975 have neighbouring numbers: DAU, DHU, N3U. */
		found |= code >= OPTION_DAU && code <= OPTION_N3U;
		(void)wire_view(&options, wire_u16(&options));
	}
	return found;
}

/* One record after the question. Only OPT means something in a query, only in the last section. */
static void read_extra(struct wire *wire, struct dns_query *query, bool additional)
{
	size_t start = wire->pos;
	uint16_t type, class;
	uint32_t ttl;

	(void)dns_name_skip(wire);
	bool root = wire->pos == start + 1;

	type = wire_u16(wire);
	class = wire_u16(wire);
	ttl = wire_u32(wire);
	uint16_t len = wire_u16(wire);
	const uint8_t *data = wire_view(wire, len);

	/* A query may carry records that mean nothing to us, a TSIG for example. They are only
	 * stepped over. */
	if (wire->err < 0 || type != DNS_TYPE_OPT)
		return;
	/* RFC 6891, 6.1.1: the owner is the root, and there is one OPT at the most. */
	if (!root || !additional || query->edns)
		wire->err = -EBADMSG;
	query->edns = true;
	/* RFC 6891, 6.1.2 and 6.1.3: an OPT has no class and no TTL, and uses their places for
	 * these. */
	query->udp_size = class;
	query->version = (uint8_t)(ttl >> 16);
	query->do_bit = ttl & OPT_DO;
	query->algorithms = lists_algorithms(wire_reader(data, len));
}

/* Records of the first two sections have no place in a query, but are stepped over. The sums cannot
 * overflow: each count has 16 bits. */
static void read_extras(struct wire *wire, struct dns_query *query)
{
	const uint8_t *counts = wire->data + QDCOUNT_AT + 2;
	uint32_t n_plain = (uint32_t)dns_get_u16(counts) + dns_get_u16(counts + 2);
	uint32_t n_all = n_plain + dns_get_u16(counts + 4);

	for (uint32_t i = 0; i < n_all && wire->err == 0; i++)
		read_extra(wire, query, i >= n_plain);
}

/* Theory of operation. Two readers. dns_query_read is strict, as a server may be with what a client
 * writes: one question, one OPT at the most, nothing left over. dns_msg_open and dns_msg_next step
 * through any message, as a client of an upstream has to. Both use a cursor whose error is sticky:
 * a read beyond the end yields zeros, and the error is looked at once. Nothing is trusted before
 * that look.
 *
 * A message (RFC 1035, 4.1): a header of 12 bytes, the question, then records in three sections.
 * id (2) flags (2) QDCOUNT (2) ANCOUNT (2) NSCOUNT (2) ARCOUNT (2)
 * a question: name, type (2), class (2)
 * a record: name, type (2), class (2), TTL (4), length (2), data */

/* *ret_query points into data. -EPROTO: no reply may be sent. -EOPNOTSUPP: another operation than a
 * query. -EBADMSG: it is malformed. */
int dns_query_read(const uint8_t *data, size_t len, struct dns_query *ret_query)
{
	struct wire wire = wire_reader(data, len);
	struct dns_query query = { 0 };

	/* Without an id there is nobody to tell of a mistake: what is shorter is dropped. */
	if (len < DNS_HEADER_SIZE)
		return -EPROTO;
	query.id = dns_get_u16(data);
	query.flags = dns_get_u16(data + 2);
	/* An answer to an answer could go on for ever between two servers. */
	if (query.flags & DNS_FLAG_QR)
		return -EPROTO;
	/* From here on the caller has what an error is answered with. */
	*ret_query = query;
	if (query.flags & DNS_FLAG_OPCODE)
		return -EOPNOTSUPP;
	/* RFC 9619: a query has one question. */
	if (dns_get_u16(data + QDCOUNT_AT) != 1)
		return -EBADMSG;
	wire.pos = DNS_HEADER_SIZE;
	read_question(&wire, &query);
	read_extras(&wire, &query);
	*ret_query = query;
	return wire.err < 0 || wire_left(&wire) > 0 ? -EBADMSG : 0;
}

/* The reverse, for the resolver's own questions. 0: it does not fit. */
size_t dns_query_write(const struct dns_query *query, uint8_t *out, size_t size)
{
	struct wire wire = wire_writer(out, size);

	wire_put_u16(&wire, query->id);
	wire_put_u16(&wire, query->flags & (uint16_t)~DNS_FLAG_QR);
	wire_put_u16(&wire, 1);
	/* No records in the answer and authority sections. */
	wire_put_u32(&wire, 0);
	wire_put_u16(&wire, query->edns);
	wire_put_bytes(&wire, query->name, query->name_len);
	wire_put_u16(&wire, query->type);
	wire_put_u16(&wire, query->class);
	if (query->edns) {
		wire_put_u8(&wire, 0);
		wire_put_u16(&wire, DNS_TYPE_OPT);
		wire_put_u16(&wire, query->udp_size);
		wire_put_u32(&wire, (uint32_t)query->version << 16 | (query->do_bit ? OPT_DO : 0));
		wire_put_u16(&wire, 0);
	}
	return wire.err < 0 ? 0 : wire.pos;
}

/* The question is part of opening: every answer repeats it. -EBADMSG: there is not exactly one. */
int dns_msg_open(struct dns_msg *msg, const uint8_t *data, size_t len)
{
	*msg = (struct dns_msg) { .wire = wire_reader(data, len) };
	msg->id = wire_u16(&msg->wire);
	msg->flags = wire_u16(&msg->wire);

	uint16_t n_questions = wire_u16(&msg->wire);

	/* The three counts stand in the order of the sections (RFC 1035, 4.1.1). */
	for (size_t i = 0; i < DNS_SECTION_N; i++)
		msg->left[i] = wire_u16(&msg->wire);
	if (n_questions != 1)
		return -EBADMSG;
	msg->name = dns_name_view(&msg->wire, &msg->name_len);
	msg->type = wire_u16(&msg->wire);
	msg->class = wire_u16(&msg->wire);
	return msg->wire.err;
}

/* 1: a record; 0: there are no more; negative: the message is broken. */
int dns_msg_next(struct dns_msg *msg, struct dns_record *ret_record)
{
	struct wire *wire = &msg->wire;

	/* Sections may be empty, one after the other. */
	while (msg->left[msg->section] == 0) {
		if (msg->section == DNS_SECTION_ADDITIONAL)
			return 0;
		msg->section++;
	}
	msg->left[msg->section]--;
	ret_record->start = wire->pos;
	/* A failed read yields zeros and leaves an error behind, so it is looked at once, at the
	 * end. */
	(void)dns_name_read(wire, &ret_record->name);
	ret_record->type = wire_u16(wire);
	ret_record->class = wire_u16(wire);
	ret_record->ttl_at = wire->pos;
	ret_record->ttl = wire_u32(wire);
	ret_record->data_len = wire_u16(wire);
	ret_record->data_at = wire->pos;
	(void)wire_view(wire, ret_record->data_len);
	ret_record->end = wire->pos;
	return wire->err < 0 ? wire->err : 1;
}

/* n_names names after skip bytes, and tail bytes after them, fill the data exactly. Names in data
 * may be compressed (RFC 1035, 3.3), so their length is known by reading them. */
static bool names_fit(const struct dns_msg *msg, const struct dns_record *record, size_t skip,
		      size_t n_names, size_t tail)
{
	struct wire wire = wire_reader(msg->wire.data, record->end);
	struct dns_name name;

	/* The reader ends with the record, but begins with the message: names in the data may
	 * point anywhere before them. */
	wire.pos = record->data_at;
	(void)wire_view(&wire, skip);
	for (size_t i = 0; i < n_names; i++)
		(void)dns_name_read(&wire, &name);
	return wire.err == 0 && wire_left(&wire) == tail;
}

/* Types that are not listed may hold anything. */
bool dns_msg_data_valid(const struct dns_msg *msg, const struct dns_record *record)
{
	switch (record->type) {
	case DNS_TYPE_A:
		return record->class != DNS_CLASS_IN || record->data_len == 4;
	case DNS_TYPE_AAAA:
		return record->class != DNS_CLASS_IN || record->data_len == 16;
	case DNS_TYPE_NS:
	case DNS_TYPE_CNAME:
	case DNS_TYPE_PTR:
	case DNS_TYPE_DNAME:
		return names_fit(msg, record, 0, 1, 0);
	/* RFC 1035, 3.3.9: two bytes of preference. */
	case DNS_TYPE_MX:
		return names_fit(msg, record, 2, 1, 0);
	/* RFC 2782: priority, weight and port. */
	case DNS_TYPE_SRV:
		return names_fit(msg, record, 6, 1, 0);
	/* RFC 1035, 3.3.13: five numbers behind the two names. */
	case DNS_TYPE_SOA:
		return names_fit(msg, record, 0, 2, 20);
	}
	return true;
}

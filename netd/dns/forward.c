// SPDX-License-Identifier: GPL-2.0-or-later
// forward.c - an upstream's answer to the reply one client gets, and how long it may be kept
#include "dns/forward.h"

#include "dns/reply.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. An upstream's message cannot be passed on as it came: the id, the question's
 * spelling, the flags and the OPT are between two hops, TTLs have gone down when it comes from the
 * cache, and it may be larger than the client takes. The reply is put together in the caller's
 * space in three steps: records are copied to the very same offsets, the head is written in front
 * of them, the OPT is put behind them. Every record is checked on its way, so that nothing a client
 * cannot parse is passed on. */

#define OPT_DO 0x8000 /* RFC 3225, 3 */

/* The answer repeats the question byte for byte but for the spelling, so everything behind it can
 * stay at its offset, and no compression pointer needs to change. Pointers go back only
 * (dns_name_read and dns_msg_data_valid see to that), so whatever is cut off at the end was not
 * pointed to. Records are therefore only ever dropped from the end: at the first that is too long,
 * or at the OPT. What stands behind an OPT are additional records, which nobody needs. */

/* room is for everything but the OPT. cut: nothing more is copied. tc: something that matters was
 * cut. */
struct forward {
	struct dns_query query;
	struct dns_msg msg;
	uint8_t *out;
	size_t room; /* for all but the OPT */
	size_t end;  /* of what is kept */
	uint32_t age_s;
	uint16_t counts[DNS_SECTION_N];
	bool cut, tc, seen_opt, patched;
	bool signs; /* the upstream understood DO */
};

/* An answer to another question may be a late one, or a forgery. */
static bool same_question(const struct dns_query *query, const struct dns_msg *msg)
{
	return (msg->flags & (DNS_FLAG_QR | DNS_FLAG_OPCODE)) == DNS_FLAG_QR &&
	       msg->type == query->type && msg->class == query->class &&
	       msg->name_len == query->name_len &&
	       dns_name_equal(msg->name, query->name, query->name_len);
}

/* RFC 2181, 8: a TTL with the top bit set is zero. Such a TTL is a mistake or an attack. */
static uint32_t real_ttl(const struct dns_record *record)
{
	return record->ttl > INT32_MAX ? 0 : record->ttl;
}

/* The OPT speaks for one hop (RFC 6891, 6.1.1). With an extended rcode it says that this hop
 * failed. There may be one OPT, in the additional section, and its name is the root. */
static int check_opt(struct forward *forward, const struct dns_record *record)
{
	if (forward->seen_opt || forward->msg.section != DNS_SECTION_ADDITIONAL ||
	    record->name.len != 1 || record->ttl >> 24 != 0)
		return -EBADMSG;
	forward->seen_opt = true;
	forward->signs = record->ttl & OPT_DO;
	forward->cut = true;
	return 0;
}

/* Whether the reply is still the whole answer without this record and those behind it: additional
 * records never count, nor does the authority section of an answer that has what was asked for,
 * unless it may hold the proofs a validator needs (RFC 2181, 9). TC makes a client ask again over
 * TCP, so it is set only where something is missing. */
static bool can_spare(const struct forward *forward)
{
	if (forward->msg.section == DNS_SECTION_ADDITIONAL)
		return true;
	return forward->msg.section == DNS_SECTION_AUTHORITY && !forward->query.do_bit &&
	       forward->counts[DNS_SECTION_ANSWER] > 0;
}

/* The TTL is written into the copy. age_s 0 leaves it as it is, but for one with the top bit
 * set. */
static void keep_record(struct forward *forward, const struct dns_record *record)
{
	uint32_t ttl = real_ttl(record);
	uint32_t left = ttl > forward->age_s ? ttl - forward->age_s : 0;
	size_t at = record->ttl_at;

	if (record->end > forward->room) {
		forward->cut = true;
		forward->tc |= !can_spare(forward);
		return;
	}
	memcpy(forward->out + record->start, forward->msg.wire.data + record->start,
	       record->end - record->start);
	forward->patched |= left != record->ttl;
	dns_set_u16(forward->out + at, (uint16_t)(left >> 16));
	dns_set_u16(forward->out + at + 2, (uint16_t)left);
	forward->counts[forward->msg.section]++;
	forward->end = record->end;
}

/* Records behind a cut are still read, so that a message that is broken there is refused. */
static int copy_records(struct forward *forward)
{
	/* A record that does not parse makes the whole answer useless: what follows it has no
	 * known beginning. */
	struct dns_record record;
	int err;

	while ((err = dns_msg_next(&forward->msg, &record)) > 0) {
		if (!dns_msg_data_valid(&forward->msg, &record))
			return -EBADMSG;
		if (record.type == DNS_TYPE_OPT && check_opt(forward, &record) < 0)
			return -EBADMSG;
		/* A signature over the hop's bytes (RFC 8945, 5.3) means nothing to our client. */
		if (record.type == DNS_TYPE_TSIG)
			forward->cut = true;
		if (!forward->cut)
			keep_record(forward, &record);
	}
	return err;
}

/* The client's own id, spelling, RD and CD. AD only for those who said that they understand it (RFC
 * 6840, 5.8). The counts are those of the records that were kept, and one more for the OPT. */
static void put_head(struct forward *forward, bool wants_ad)
{
	const struct dns_query *query = &forward->query;
	uint16_t kept = DNS_FLAG_QR | DNS_FLAG_AA | DNS_FLAG_TC | DNS_FLAG_RCODE;
	struct wire wire = wire_writer(forward->out, forward->room);

	if (wants_ad)
		kept |= DNS_FLAG_AD;
	wire_put_u16(&wire, query->id);
	wire_put_u16(&wire, (uint16_t)((forward->msg.flags & kept) | DNS_FLAG_RA |
				       (query->flags & (DNS_FLAG_RD | DNS_FLAG_CD)) |
				       (forward->tc ? DNS_FLAG_TC : 0)));
	wire_put_u16(&wire, 1);
	for (size_t i = 0; i < DNS_SECTION_N; i++)
		wire_put_u16(&wire, (uint16_t)(forward->counts[i] +
					       (i == DNS_SECTION_ADDITIONAL && query->edns)));
	wire_put_bytes(&wire, query->name, query->name_len + 4); /* with type and class */
}

/* A hostile name may lead through the bytes of an earlier TTL; with that changed it is another
 * name, or none. So what was changed must prove itself again. TTLs are the only bytes of records
 * that are changed. */
static bool still_parses(const uint8_t *reply, size_t len)
{
	struct dns_record record;
	struct dns_msg msg;
	int err = dns_msg_open(&msg, reply, len);

	while (err >= 0 && (err = dns_msg_next(&msg, &record)) > 0)
		if (!dns_msg_data_valid(&msg, &record))
			return false;
	return err == 0;
}

/* 0: this answer is none to this query, is broken, or does not fit at all. age_s is its age in the
 * cache. */
size_t dns_forward_reply(const uint8_t *query, size_t query_len, const uint8_t *answer,
			 size_t answer_len, uint32_t age_s, size_t limit, uint8_t *reply,
			 size_t size)
{
	struct forward forward = { .out = reply, .age_s = age_s };
	size_t most = limit < size ? limit : size, opt_size;

	/* Three things may be wrong, and each means that this answer is not for this question. */
	if (dns_query_read(query, query_len, &forward.query) < 0 ||
	    dns_msg_open(&forward.msg, answer, answer_len) < 0 ||
	    !same_question(&forward.query, &forward.msg))
		return 0;
	opt_size = dns_reply_opt_size(&forward.query, DNS_EDE_NONE);
	forward.end = forward.msg.wire.pos;
	/* Not even the question fits what the client takes. */
	if (most < forward.end + opt_size)
		return 0;
	forward.room = most - opt_size;
	if (copy_records(&forward) < 0)
		return 0;

	bool wants_ad = forward.query.do_bit || forward.query.flags & DNS_FLAG_AD;

	if (!forward.signs)
		dns_reply_unsigned(&forward.query);
	put_head(&forward, wants_ad);

	struct wire wire = wire_writer(reply, most);

	wire.pos = forward.end;
	dns_reply_opt(&wire, &forward.query, DNS_RCODE_NOERROR, DNS_EDE_NONE);
	/* The end is checked once, for all writes above. */
	if (wire.err < 0 || (forward.patched && !still_parses(reply, wire.pos)))
		return 0;
	return wire.pos;
}

/* The last four bytes of an SOA's data (RFC 1035, 3.3.13); RFC 2308, 5 takes the smaller of both.
 *
 * The record's data was checked to have the two names and five numbers. */
static uint32_t soa_ttl(const struct dns_msg *msg, const struct dns_record *record)
{
	const uint8_t *at = msg->wire.data + record->end - 4;
	uint32_t minimum = (uint32_t)dns_get_u16(at) << 16 | dns_get_u16(at + 2);

	return minimum < real_ttl(record) ? minimum : real_ttl(record);
}

/* A CNAME on the way to the answer does not count. */
static bool answers_type(const struct dns_msg *msg, const struct dns_record *record)
{
	return msg->section == DNS_SECTION_ANSWER &&
	       (record->type == msg->type || msg->type == DNS_TYPE_ANY);
}

/* What an answer says of its name for certain: NXDOMAIN, NOERROR with what was asked for, or -1. */
int dns_forward_tells(const uint8_t *answer, size_t answer_len)
{
	struct dns_record record;
	struct dns_msg msg;

	if (dns_msg_open(&msg, answer, answer_len) < 0)
		return -1;
	if ((msg.flags & DNS_FLAG_RCODE) == DNS_RCODE_NXDOMAIN)
		return DNS_RCODE_NXDOMAIN; /* RFC 8020, 2: the name, whatever the type */
	if ((msg.flags & DNS_FLAG_RCODE) != DNS_RCODE_NOERROR)
		return -1;
	while (dns_msg_next(&msg, &record) > 0)
		if (answers_type(&msg, &record))
			return DNS_RCODE_NOERROR;
	return -1;
}

/* 0: it must not be kept. The bounds keep a TTL of years from doing harm. */
uint32_t dns_forward_ttl(const uint8_t *answer, size_t answer_len)
{
	uint32_t ttl = DNS_CACHE_TTL_MAX_S;
	bool positive = false, soa = false;
	struct dns_record record;
	struct dns_msg msg;
	int err;

	/* A truncated answer is not the whole one. */
	if (dns_msg_open(&msg, answer, answer_len) < 0 || msg.flags & DNS_FLAG_TC)
		return 0;
	uint16_t rcode = msg.flags & DNS_FLAG_RCODE;

	if (rcode != DNS_RCODE_NOERROR && rcode != DNS_RCODE_NXDOMAIN)
		return 0;
	while ((err = dns_msg_next(&msg, &record)) > 0) {
		uint32_t own = real_ttl(&record);

		/* Data that is no valid record of its type must not be handed on from the cache
		 * for an hour. */
		if (!dns_msg_data_valid(&msg, &record))
			return 0;
		if (record.type == DNS_TYPE_OPT || record.type == DNS_TYPE_TSIG)
			continue;
		if (record.type == DNS_TYPE_SOA && msg.section == DNS_SECTION_AUTHORITY) {
			soa = true;
			own = soa_ttl(&msg, &record);
		}
		positive |= answers_type(&msg, &record);
		ttl = own < ttl ? own : ttl;
	}
	if (err < 0)
		return 0;
	if (positive && rcode == DNS_RCODE_NOERROR)
		return ttl;
	/* The lowest TTL of all records counts. */
	if (!soa) /* RFC 2308, 5: a "no" without SOA must not be cached; a referral is no answer */
		return 0;
	return ttl < DNS_NEGATIVE_TTL_MAX_S ? ttl : DNS_NEGATIVE_TTL_MAX_S;
}

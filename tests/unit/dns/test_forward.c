// SPDX-License-Identifier: GPL-2.0-or-later
// test_forward.c - an upstream's answer on its way to a client, and how long it may be kept
#include "packet.h"

#include "base/cleanup.h"
#include "dns/forward.h"

#include <stdlib.h>
#include <string.h>

static struct packet query, answer;
static uint8_t reply[DNS_TCP_MAX];
static size_t reply_len;

static struct dns_record records[64];
static enum dns_section sections[64];
static size_t n_records;
static uint16_t reply_flags;

static size_t pass_on(uint32_t age_s, size_t limit, size_t size)
{
	_cleanup_free_ uint8_t *asked = packet_copy(&query);
	_cleanup_free_ uint8_t *answered = packet_copy(&answer);
	_cleanup_free_ uint8_t *out = malloc(size > 0 ? size : 1);

	assert_non_null(out);
	reply_len = dns_forward_reply(asked, query.wire.pos, answered, answer.wire.pos, age_s,
				      limit, out, size);
	assert_true(reply_len <= limit && reply_len <= size);
	memcpy(reply, out, reply_len);
	return reply_len;
}

static void take_apart(void)
{
	struct dns_msg msg;
	int more;

	n_records = 0;
	assert_int_equal(dns_msg_open(&msg, reply, reply_len), 0);
	reply_flags = msg.flags;
	while ((more = dns_msg_next(&msg, &records[n_records])) > 0) {
		assert_true(dns_msg_data_valid(&msg, &records[n_records]));
		sections[n_records++] = msg.section;
		assert_true(n_records < ARRAY_SIZE(records));
	}
	assert_int_equal(more, 0);
	assert_int_equal(wire_left(&msg.wire), 0);
}

static void passed_on(uint32_t age_s, size_t limit)
{
	assert_true(pass_on(age_s, limit, DNS_TCP_MAX) > 0);
	take_apart();
}

static void begin_answer(uint16_t flags, uint16_t n_answers, uint16_t n_authority,
			 uint16_t n_additional)
{
	packet_begin(&answer, 0x9999, DNS_FLAG_QR | flags, 1, n_answers, n_authority, n_additional);
	packet_question(&answer, "www.example.org", DNS_TYPE_A);
}

static void ask(uint16_t udp_size)
{
	packet_query(&query, "wWw.Example.org", DNS_TYPE_A, udp_size);
}

/* The owner is a pointer to the question. */
static void answer_a(uint32_t ttl)
{
	packet_pointer(&answer, 12);
	packet_fixed(&answer, DNS_TYPE_A, ttl, 4);
	wire_put_u32(&answer.wire, 0xc0000201);
}

static void reply_has_the_clients_id_spelling_and_flags(void **state)
{
	(void)state;
	ask(0);
	begin_answer(DNS_FLAG_AA | DNS_FLAG_AD | 0x40, 1, 0, 0);
	answer_a(300);
	passed_on(0, 512);
	assert_int_equal(dns_get_u16(reply), 0x1234);
	assert_int_equal(reply_flags, DNS_FLAG_QR | DNS_FLAG_AA | DNS_FLAG_RD | DNS_FLAG_RA);
	assert_memory_equal(reply + 12, "\3wWw\7Example\3org", 17);
	assert_memory_equal(records[0].name.wire, "\3wWw\7Example\3org", 17);
	assert_int_equal(records[0].ttl, 300);
	assert_memory_equal(reply + records[0].data_at, "\300\0\2\1", 4);
}

static void authenticated_data_is_told_to_those_who_understand_it(void **state)
{
	(void)state;
	begin_answer(DNS_FLAG_AD, 1, 0, 0);
	answer_a(300);
	packet_begin(&query, 1, DNS_FLAG_AD, 1, 0, 0, 0);
	packet_question(&query, "www.example.org", DNS_TYPE_A);
	passed_on(0, 512);
	assert_true(reply_flags & DNS_FLAG_AD);
	packet_begin(&query, 1, DNS_FLAG_CD, 1, 0, 0, 1);
	packet_question(&query, "www.example.org", DNS_TYPE_A);
	packet_opt(&query, 1232, 0, true);
	passed_on(0, 512);
	assert_true(reply_flags & DNS_FLAG_AD);
	assert_true(reply_flags & DNS_FLAG_CD);
	assert_false(reply_flags & DNS_FLAG_RD);
}

static void every_rcode_is_copied(void **state)
{
	(void)state;
	ask(1232);
	for (uint16_t rcode = 0; rcode < 16; rcode++) {
		begin_answer(rcode, 0, 1, 0);
		packet_soa(&answer, "org", 60, 60);
		passed_on(0, 512);
		assert_int_equal(reply_flags & DNS_FLAG_RCODE, rcode);
	}
}

static void age_comes_off_every_ttl_but_never_below_zero(void **state)
{
	(void)state;
	ask(0);
	begin_answer(0, 2, 1, 1);
	answer_a(300);
	answer_a(20);
	packet_soa(&answer, "org", 100, 60);
	packet_a(&answer, "ns.org", 0x80000000, "192.0.2.9"); /* RFC 2181, 8: zero */
	passed_on(30, 512);
	assert_int_equal(records[0].ttl, 270);
	assert_int_equal(records[1].ttl, 0);
	assert_int_equal(records[2].ttl, 70);
	assert_int_equal(records[3].ttl, 0);
	assert_int_equal(dns_get_u16(reply + records[2].end - 2), 60); /* the minimum stays */
}

static void upstreams_opt_is_replaced_or_dropped(void **state)
{
	(void)state;
	begin_answer(0, 1, 0, 1);
	answer_a(300);
	packet_record(&answer, "", DNS_TYPE_OPT, 0x8000, "\0\12\0\10cookies!", 12);
	ask(0);
	passed_on(0, 512);
	assert_int_equal(n_records, 1);
	ask(4096);
	passed_on(0, 512);
	assert_int_equal(n_records, 2);
	assert_int_equal(records[1].type, DNS_TYPE_OPT);
	assert_int_equal(records[1].class, 1232);
	assert_int_equal(records[1].ttl, 0);
	assert_int_equal(records[1].data_len, 0);
}

/* Without it a validator knows that signatures are not to be had here. */
static void do_is_copied_from_an_upstream_that_understood_it(void **state)
{
	(void)state;
	packet_begin(&query, 1, DNS_FLAG_RD, 1, 0, 0, 1);
	packet_question(&query, "www.example.org", DNS_TYPE_A);
	packet_opt(&query, 4096, 0, true);
	for (int has_opt = 0; has_opt <= 1; has_opt++)
		for (int has_do = 0; has_do <= has_opt; has_do++) {
			begin_answer(0, 1, 0, (uint16_t)has_opt);
			answer_a(300);
			if (has_opt)
				packet_opt(&answer, 1232, 0, has_do);
			passed_on(0, 512);
			assert_int_equal(n_records, 2);
			assert_int_equal(records[1].ttl, has_do ? 0x8000 : 0);
		}
	ask(4096);
	passed_on(0, 512);
	assert_int_equal(records[1].ttl, 0);
	for (int has_do = 0; has_do <= 1;
	     has_do++) { /* who lists its algorithms sees it by the OPT */
		packet_begin(&query, 1, DNS_FLAG_RD, 1, 0, 0, 1);
		packet_question(&query, "www.example.org", DNS_TYPE_A);
		packet_record(&query, "", DNS_TYPE_OPT, 0x8000, "\0\5\0\2\10\15", 6);
		begin_answer(0, 1, 0, 1);
		answer_a(300);
		packet_opt(&answer, 1232, 0, has_do);
		passed_on(0, 512);
		assert_int_equal(n_records, has_do ? 2 : 1);
	}
}

static int told(uint16_t rcode, size_t n_a, bool alias)
{
	_cleanup_free_ uint8_t *copy = NULL;

	begin_answer(rcode, (uint16_t)(n_a + alias), 0, 0);
	if (alias)
		packet_record(&answer, "www.example.org", DNS_TYPE_CNAME, 60, "\1x\0", 3);
	for (size_t i = 0; i < n_a; i++)
		answer_a(60);
	copy = packet_copy(&answer);
	return dns_forward_tells(copy, answer.wire.pos);
}

static void answer_tells_about_the_other_family(void **state)
{
	(void)state;
	assert_int_equal(told(DNS_RCODE_NOERROR, 2, false), DNS_RCODE_NOERROR);
	assert_int_equal(told(DNS_RCODE_NOERROR, 1, true), DNS_RCODE_NOERROR);
	assert_int_equal(told(DNS_RCODE_NXDOMAIN, 0, false), DNS_RCODE_NXDOMAIN);
	assert_int_equal(told(DNS_RCODE_NOERROR, 0, false),
			 -1); /* perhaps it has the others only */
	assert_int_equal(told(DNS_RCODE_NOERROR, 0, true), -1);
	assert_int_equal(told(DNS_RCODE_SERVFAIL, 0, false), -1);
	assert_int_equal(dns_forward_tells((const uint8_t *)"", 0), -1);
}

static void what_was_told_is_a_no_that_nobody_keeps(void **state)
{
	static uint8_t out[512];
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t len;

	(void)state;
	ask(1232);
	bytes = packet_copy(&query);
	len = dns_answer_told(bytes, query.wire.pos, DNS_RCODE_NOERROR, DNS_EDE_NETWORK_ERROR, out,
			      sizeof(out));
	assert_true(len >= 12 && len <= 512);
	assert_int_equal(out[3] & DNS_FLAG_RCODE, DNS_RCODE_NOERROR);
	assert_int_equal(dns_get_u16(out + 6), 0); /* no answer, and an SOA */
	assert_int_equal(dns_get_u16(out + 8), 1);
	assert_int_equal(out[len - 1], DNS_EDE_NETWORK_ERROR);
	assert_int_equal(dns_forward_ttl(out, len), 0);
	assert_int_equal(dns_answer_told(bytes, 5, DNS_RCODE_NOERROR, 0, out, sizeof(out)), 0);
}

static void client_with_edns_gets_an_opt_even_if_upstream_has_none(void **state)
{
	(void)state;
	ask(4096);
	begin_answer(0, 1, 0, 0);
	answer_a(300);
	passed_on(0, 512);
	assert_int_equal(n_records, 2);
	assert_int_equal(records[1].type, DNS_TYPE_OPT);
}

static void additionals_behind_an_opt_go_with_it(void **state)
{
	(void)state;
	ask(0);
	begin_answer(0, 1, 0, 3);
	answer_a(300);
	packet_a(&answer, "ns.org", 60, "192.0.2.9");
	packet_opt(&answer, 1232, 0, false);
	packet_a(&answer, "ns2.org", 60, "192.0.2.10");
	passed_on(0, 512);
	assert_int_equal(n_records, 2);
	assert_memory_equal(records[1].name.wire, "\2ns\3org", 8);
}

static void signature_of_the_hop_is_dropped(void **state)
{
	(void)state;
	ask(0);
	begin_answer(0, 1, 0, 1);
	answer_a(300);
	packet_record(&answer, "key", DNS_TYPE_TSIG, 0, "signature", 9);
	passed_on(0, 512);
	assert_int_equal(n_records, 1);
}

static void opt_where_none_may_be_is_refused(void **state)
{
	(void)state;
	ask(1232);
	begin_answer(0, 1, 0, 2);
	answer_a(300);
	packet_opt(&answer, 1232, 0, false);
	packet_opt(&answer, 1232, 0, false);
	assert_int_equal(pass_on(0, 512, 512), 0);
	begin_answer(0, 1, 0, 0);
	packet_opt(&answer, 1232, 0, false);
	assert_int_equal(pass_on(0, 512, 512), 0);
	begin_answer(0, 0, 0, 1);
	packet_record(&answer, "a", DNS_TYPE_OPT, 0, "", 0);
	assert_int_equal(pass_on(0, 512, 512), 0);
}

static void extended_rcode_of_the_hop_is_refused(void **state)
{
	(void)state;
	ask(1232);
	begin_answer(0, 0, 0, 1);
	packet_record(&answer, "", DNS_TYPE_OPT, 0x01000000, "", 0); /* BADVERS */
	assert_int_equal(pass_on(0, 512, 512), 0);
}

static void answer_to_another_question_is_refused(void **state)
{
	(void)state;
	begin_answer(0, 1, 0, 0);
	answer_a(300);
	packet_query(&query, "www.example.net", DNS_TYPE_A, 0);
	assert_int_equal(pass_on(0, 512, 512), 0);
	packet_query(&query, "www.example.orga", DNS_TYPE_A, 0);
	assert_int_equal(pass_on(0, 512, 512), 0);
	packet_query(&query, "www.example.org", DNS_TYPE_AAAA, 0);
	assert_int_equal(pass_on(0, 512, 512), 0);
	ask(0);
	assert_true(pass_on(0, 512, 512) > 0);
	answer.bytes[2] &= 0x7f; /* not a response */
	assert_int_equal(pass_on(0, 512, 512), 0);
	answer.bytes[2] |= 0x80 | 0x28; /* another opcode */
	assert_int_equal(pass_on(0, 512, 512), 0);
}

static void every_prefix_of_an_answer_is_refused(void **state)
{
	size_t whole;

	(void)state;
	ask(1232);
	begin_answer(0, 2, 1, 1);
	packet_cname(&answer, "www.example.org", 60, "x.example.net");
	packet_a(&answer, "x.example.net", 60, "192.0.2.1");
	packet_soa(&answer, "example.net", 60, 60);
	packet_opt(&answer, 1232, 0, false);
	whole = answer.wire.pos;
	assert_true(pass_on(0, 512, 512) > 0);
	for (answer.wire.pos = 0; answer.wire.pos < whole; answer.wire.pos++)
		assert_int_equal(pass_on(0, 512, 512), 0);
}

static void compression_stays_right_through_a_chain_of_aliases(void **state)
{
	size_t target;

	(void)state;
	packet_query(&query, "A.org", DNS_TYPE_A, 0);
	packet_begin(&answer, 1, DNS_FLAG_QR, 1, 3, 0, 1);
	packet_question(&answer, "a.org", DNS_TYPE_A);
	packet_pointer(&answer, 12);
	packet_fixed(&answer, DNS_TYPE_CNAME, 300, 4);
	target = answer.wire.pos;
	wire_put_bytes(&answer.wire, "\1b\300\16", 4); /* b and the question's org */
	packet_pointer(&answer, target);
	packet_fixed(&answer, DNS_TYPE_CNAME, 200, 4);
	wire_put_bytes(&answer.wire, "\1c", 2);
	packet_pointer(&answer, target + 2); /* a pointer to a pointer */
	packet_pointer(&answer, target + 16);
	packet_fixed(&answer, DNS_TYPE_A, 100, 4);
	wire_put_u32(&answer.wire, 0xc0000201);
	packet_opt(&answer, 1232, 0, false);
	passed_on(50, 512);
	assert_int_equal(n_records, 3);
	assert_memory_equal(records[0].name.wire, "\1A\3org", 7);
	assert_memory_equal(records[1].name.wire, "\1b\3org", 7);
	assert_memory_equal(records[2].name.wire, "\1c\3org", 7);
	assert_int_equal(records[2].ttl, 50);
}

static void names_that_lead_forward_or_nowhere_are_refused(void **state)
{
	/* To behind the end, into the header, to themselves: the data starts at 33 + 12. */
	static const char *const targets[] = { "\300\377", "\300\0", "\377\377", "\300\55" };

	(void)state;
	ask(0);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		begin_answer(0, 1, 0, 0);
		packet_pointer(&answer, 12);
		packet_fixed(&answer, DNS_TYPE_CNAME, 60, 2);
		wire_put_bytes(&answer.wire, targets[i], 2);
		if (pass_on(0, 512, 512) != 0)
			fail_msg("accepted: %zu", i);
	}
}

/* The owner of the second record starts in the TTL of the first: 00 01 'a' 00 is a name, and with a
 * second off it there are other bytes. */
static void name_made_of_a_ttl_does_not_survive_the_ttl(void **state)
{
	size_t ttl_at;

	(void)state;
	ask(0);
	begin_answer(0, 2, 0, 0);
	packet_pointer(&answer, 12);
	ttl_at = answer.wire.pos + 4;
	packet_fixed(&answer, DNS_TYPE_A, 0x00014000, 4);
	wire_put_u32(&answer.wire, 0xc0000201);
	packet_pointer(&answer, ttl_at + 1); /* a label of one byte, 40, and the 00 of the TTL */
	packet_fixed(&answer, DNS_TYPE_A, 0x00014000, 4);
	wire_put_u32(&answer.wire, 0xc0000201);
	passed_on(0, 512);
	assert_memory_equal(records[1].name.wire, "\1@", 3);
	assert_int_equal(pass_on(1, 512, 512), 0);
}

static void answer_that_is_too_long_is_cut_with_tc(void **state)
{
	(void)state;
	ask(0);
	begin_answer(0, 40, 0, 0);
	for (int i = 0; i < 40; i++)
		answer_a(60);
	passed_on(0, 512);
	assert_true(reply_flags & DNS_FLAG_TC);
	assert_int_equal(n_records, (512 - 33) / 16);
	ask(1232);
	passed_on(0, 512);
	assert_true(reply_flags & DNS_FLAG_TC);
	assert_int_equal(n_records, (512 - 33 - 11) / 16 + 1);
	assert_int_equal(records[n_records - 1].type, DNS_TYPE_OPT);
	passed_on(0, 1232);
	assert_false(reply_flags & DNS_FLAG_TC);
	assert_int_equal(n_records, 41);
}

static void additionals_are_dropped_before_anything_is_truncated(void **state)
{
	(void)state;
	ask(0);
	begin_answer(0, 2, 1, 40);
	answer_a(60);
	answer_a(60);
	packet_soa(&answer, "org", 60, 60);
	for (int i = 0; i < 40; i++)
		packet_a(&answer, "ns.org", 60, "192.0.2.9");
	passed_on(0, 512);
	assert_false(reply_flags & DNS_FLAG_TC);
	assert_true(n_records > 3 && n_records < 40);
	passed_on(0, 33 + 2 * 16 + 37);
	assert_int_equal(n_records, 3);
	assert_false(reply_flags & DNS_FLAG_TC);
}

static void authority_is_spared_only_by_an_answer_without_proofs(void **state)
{
	size_t limit = 33 + 16 + 11 + 10; /* the SOA does not fit */

	(void)state;
	begin_answer(0, 1, 1, 0);
	answer_a(60);
	packet_soa(&answer, "org", 60, 60);
	ask(1232);
	passed_on(0, limit);
	assert_false(reply_flags & DNS_FLAG_TC);
	assert_int_equal(n_records, 2);
	packet_begin(&query, 1, 0, 1, 0, 0, 1);
	packet_question(&query, "www.example.org", DNS_TYPE_A);
	packet_opt(&query, 1232, 0, true);
	passed_on(0, limit);
	assert_true(reply_flags & DNS_FLAG_TC);

	begin_answer(DNS_RCODE_NXDOMAIN, 0, 1, 0);
	packet_soa(&answer, "org", 60, 60);
	ask(0);
	passed_on(0, 33 + 20);
	assert_true(reply_flags & DNS_FLAG_TC);
	assert_int_equal(n_records, 0);
}

static void records_are_only_dropped_from_the_end(void **state)
{
	static const uint8_t text[300] = { 255 };

	(void)state;
	ask(0);
	begin_answer(0, 3, 0, 0);
	answer_a(60);
	packet_record(&answer, "", 16, 60, text, sizeof(text));
	answer_a(60); /* would fit, but stands behind one that does not */
	passed_on(0, 200);
	assert_true(reply_flags & DNS_FLAG_TC);
	assert_int_equal(n_records, 1);
}

static void upstreams_own_truncation_is_passed_on(void **state)
{
	(void)state;
	ask(0);
	begin_answer(DNS_FLAG_TC, 1, 0, 0);
	answer_a(60);
	passed_on(0, 512);
	assert_true(reply_flags & DNS_FLAG_TC);
}

static void room_for_less_than_the_question_is_refused(void **state)
{
	(void)state;
	ask(1232);
	begin_answer(0, 1, 0, 0);
	answer_a(60);
	for (size_t size = 0; size < 33 + 11; size++) {
		assert_int_equal(pass_on(0, size, 512), 0);
		assert_int_equal(pass_on(0, 512, size), 0);
	}
	assert_int_equal(pass_on(0, 33 + 11, 512), 33 + 11);
}

static void malformed_client_query_is_refused(void **state)
{
	(void)state;
	begin_answer(0, 1, 0, 0);
	answer_a(60);
	packet_begin(&query, 1, 0, 0, 0, 0, 0);
	assert_int_equal(pass_on(0, 512, 512), 0);
}

/* --- how long --- */

static uint32_t ttl(void)
{
	_cleanup_free_ uint8_t *copy = packet_copy(&answer);

	return dns_forward_ttl(copy, answer.wire.pos);
}

static void smallest_ttl_of_all_records_counts_but_not_the_opts(void **state)
{
	(void)state;
	begin_answer(0, 2, 0, 2);
	answer_a(300);
	answer_a(200);
	packet_a(&answer, "ns.org", 100, "192.0.2.9");
	packet_opt(&answer, 1232, 0, false);
	assert_int_equal(ttl(), 100);
	begin_answer(0, 1, 0, 0);
	answer_a(0);
	assert_int_equal(ttl(), 0);
	begin_answer(0, 1, 0, 0);
	answer_a(0x80000001);
	assert_int_equal(ttl(), 0);
}

static void long_ttls_are_bounded(void **state)
{
	(void)state;
	begin_answer(0, 1, 0, 0);
	answer_a(1000000);
	assert_int_equal(ttl(), DNS_CACHE_TTL_MAX_S);
	begin_answer(DNS_RCODE_NXDOMAIN, 0, 1, 0);
	packet_soa(&answer, "org", 1000000, 1000000);
	assert_int_equal(ttl(), DNS_NEGATIVE_TTL_MAX_S);
}

static void no_is_kept_as_long_as_its_soa_says(void **state)
{
	(void)state;
	begin_answer(DNS_RCODE_NXDOMAIN, 0, 1, 0);
	packet_soa(&answer, "org", 40, 30);
	assert_int_equal(ttl(), 30);
	begin_answer(DNS_RCODE_NOERROR, 0, 1, 0);
	packet_soa(&answer, "org", 20, 30);
	assert_int_equal(ttl(), 20);
	begin_answer(DNS_RCODE_NOERROR, 1, 1, 0);
	packet_cname(&answer, "www.example.org", 10, "x.org");
	packet_soa(&answer, "org", 20, 30);
	assert_int_equal(ttl(), 10);
	begin_answer(DNS_RCODE_NOERROR, 1, 1, 0); /* an alias to nothing: negative all the same */
	packet_cname(&answer, "www.example.org", 1000, "x.org");
	packet_soa(&answer, "org", 1000, 1000);
	assert_int_equal(ttl(), DNS_NEGATIVE_TTL_MAX_S);
}

static void what_must_not_be_kept_is_not(void **state)
{
	(void)state;
	begin_answer(DNS_RCODE_NXDOMAIN, 0, 0, 0); /* no SOA: RFC 2308, 5 */
	assert_int_equal(ttl(), 0);
	begin_answer(0, 0, 1, 0); /* a referral */
	packet_record(&answer, "org", DNS_TYPE_NS, 60, "\2ns\0", 4);
	assert_int_equal(ttl(), 0);
	begin_answer(DNS_RCODE_SERVFAIL, 1, 0, 0);
	answer_a(60);
	assert_int_equal(ttl(), 0);
	begin_answer(DNS_RCODE_REFUSED, 0, 1, 0);
	packet_soa(&answer, "org", 40, 30);
	assert_int_equal(ttl(), 0);
	begin_answer(DNS_FLAG_TC, 1, 0, 0);
	answer_a(60);
	assert_int_equal(ttl(), 0);
	begin_answer(0, 2, 0, 0); /* one record missing */
	answer_a(60);
	assert_int_equal(ttl(), 0);
	begin_answer(0, 1, 0, 0);
	packet_record(&answer, "www.example.org", DNS_TYPE_A, 60, "12345", 5);
	assert_int_equal(ttl(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_has_the_clients_id_spelling_and_flags),
		cmocka_unit_test(authenticated_data_is_told_to_those_who_understand_it),
		cmocka_unit_test(every_rcode_is_copied),
		cmocka_unit_test(age_comes_off_every_ttl_but_never_below_zero),
		cmocka_unit_test(upstreams_opt_is_replaced_or_dropped),
		cmocka_unit_test(do_is_copied_from_an_upstream_that_understood_it),
		cmocka_unit_test(answer_tells_about_the_other_family),
		cmocka_unit_test(what_was_told_is_a_no_that_nobody_keeps),
		cmocka_unit_test(client_with_edns_gets_an_opt_even_if_upstream_has_none),
		cmocka_unit_test(additionals_behind_an_opt_go_with_it),
		cmocka_unit_test(signature_of_the_hop_is_dropped),
		cmocka_unit_test(opt_where_none_may_be_is_refused),
		cmocka_unit_test(extended_rcode_of_the_hop_is_refused),
		cmocka_unit_test(answer_to_another_question_is_refused),
		cmocka_unit_test(every_prefix_of_an_answer_is_refused),
		cmocka_unit_test(compression_stays_right_through_a_chain_of_aliases),
		cmocka_unit_test(names_that_lead_forward_or_nowhere_are_refused),
		cmocka_unit_test(name_made_of_a_ttl_does_not_survive_the_ttl),
		cmocka_unit_test(answer_that_is_too_long_is_cut_with_tc),
		cmocka_unit_test(additionals_are_dropped_before_anything_is_truncated),
		cmocka_unit_test(authority_is_spared_only_by_an_answer_without_proofs),
		cmocka_unit_test(records_are_only_dropped_from_the_end),
		cmocka_unit_test(upstreams_own_truncation_is_passed_on),
		cmocka_unit_test(room_for_less_than_the_question_is_refused),
		cmocka_unit_test(malformed_client_query_is_refused),
		cmocka_unit_test(smallest_ttl_of_all_records_counts_but_not_the_opts),
		cmocka_unit_test(long_ttls_are_bounded),
		cmocka_unit_test(no_is_kept_as_long_as_its_soa_says),
		cmocka_unit_test(what_must_not_be_kept_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

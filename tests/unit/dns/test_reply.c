// SPDX-License-Identifier: GPL-2.0-or-later
// test_reply.c - replies being written: sizes, whole records, the OPT that always has room
#include "packet.h"

#include "base/cleanup.h"
#include "dns/reply.h"

#include <string.h>

static struct dns_query a_query(bool edns, uint16_t udp_size)
{
	static const uint8_t question[] = "\3web\0\0\1\0"; /* the last byte of the class is 1 */
	static uint8_t bytes[sizeof(question)];

	memcpy(bytes, question, sizeof(question));
	bytes[sizeof(question) - 1] = 1;
	return (struct dns_query) { .id = 0x77,
				    .type = 1,
				    .class = 1,
				    .name = bytes,
				    .name_len = 5,
				    .edns = edns,
				    .udp_size = udp_size };
}

static void limit_follows_transport_and_what_the_asker_takes(void **state)
{
	static const struct {
		bool edns;
		uint16_t udp_size;
		size_t limit;
	} cases[] = { { false, 4096, 512 }, { true, 0, 512 },	   { true, 511, 512 },
		      { true, 512, 512 },   { true, 1231, 1231 },  { true, 1232, 1232 },
		      { true, 8192, 8192 }, { true, 65535, 65507 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dns_query query = a_query(cases[i].edns, cases[i].udp_size);

		assert_int_equal(dns_reply_limit(&query, false), cases[i].limit);
		assert_int_equal(dns_reply_limit(&query, true), DNS_TCP_MAX);
	}
}

static void record_fits_whole_or_not_at_all_and_the_opt_always(void **state)
{
	struct dns_query query = a_query(true, 1232);
	size_t wanted = 12 + 9 + 2 * 16 + 11;

	(void)state;
	for (size_t size = 12 + 9 + 16 + 11; size <= wanted; size++) {
		uint8_t out[128];
		struct dns_reply reply;
		size_t n = (size - 12 - 9 - 11) / 16, len;

		memset(out, 0xee, sizeof(out));
		dns_reply_begin(&reply, &query, DNS_EDE_NONE, out, size);
		for (int i = 0; i < 2; i++)
			dns_reply_record(&reply, DNS_SECTION_ANSWER, 12, 1, 60, "\12\0\0\1", 4);
		len = dns_reply_end(&reply, DNS_RCODE_NOERROR, DNS_EDE_NONE);
		assert_int_equal(len, 12 + 9 + n * 16 + 11);
		assert_int_equal(dns_get_u16(out + 6), n);
		assert_int_equal(dns_get_u16(out + 10), 1);
		assert_int_equal(out[2] & 2, 0); /* TC */
		assert_int_equal(out[size], 0xee);
	}
}

static void nothing_follows_a_record_that_did_not_fit(void **state)
{
	struct dns_query query = a_query(false, 0);
	uint8_t out[64];
	struct dns_reply reply;

	(void)state;
	dns_reply_begin(&reply, &query, DNS_EDE_NONE, out, 12 + 9 + 20);
	dns_reply_record(&reply, DNS_SECTION_ANSWER, 12, 28, 60, "1234567812345678", 16);
	dns_reply_record(&reply, DNS_SECTION_ANSWER, 12, 1, 60, "1234", 4);
	assert_true(reply.full);
	assert_int_equal(reply.counts[DNS_SECTION_ANSWER], 0);
	assert_int_equal(dns_reply_end(&reply, 0, DNS_EDE_NONE), 0); /* not an empty answer */
}

static void no_room_for_the_question_is_no_reply(void **state)
{
	struct dns_query query = a_query(true, 1232);
	uint8_t out[64];
	struct dns_reply reply;

	(void)state;
	for (size_t size = 0; size < 12 + 9 + 17; size++) {
		dns_reply_begin(&reply, &query, 18, out, size);
		assert_int_equal(dns_reply_end(&reply, DNS_RCODE_REFUSED, 18), 0);
	}
	dns_reply_begin(&reply, &query, 18, out, 12 + 9 + 17);
	assert_int_equal(dns_reply_end(&reply, DNS_RCODE_REFUSED, 18), 12 + 9 + 17);
	assert_memory_equal(out + 12 + 9 + 11, "\0\17\0\2\0\22", 6);
}

static void high_bits_of_the_rcode_travel_in_the_opt(void **state)
{
	struct dns_query query = a_query(true, 1232);
	uint8_t out[64];
	struct dns_reply reply;

	(void)state;
	query.do_bit = true;
	dns_reply_begin(&reply, &query, DNS_EDE_NONE, out, sizeof(out));
	assert_int_equal(dns_reply_end(&reply, 0x123, DNS_EDE_NONE), 12 + 9 + 11);
	assert_int_equal(out[3] & 15, 3);
	assert_memory_equal(out + 12 + 9, "\0\0\51\4\320\22\0\200\0\0\0", 11);
}

static void soa_belongs_to_the_zone_it_is_given(void **state)
{
	struct dns_query query = a_query(false, 0);
	uint8_t out[128];
	struct dns_reply reply;
	struct dns_msg msg;
	struct dns_record record;

	(void)state;
	dns_reply_begin(&reply, &query, DNS_EDE_NONE, out, sizeof(out));
	dns_reply_soa(&reply, 12, 300);
	size_t len = dns_reply_end(&reply, DNS_RCODE_NXDOMAIN, DNS_EDE_NONE);
	_cleanup_free_ uint8_t *copy = exact_copy(out, len);

	assert_int_equal(dns_msg_open(&msg, copy, len), 0);
	assert_int_equal(dns_msg_next(&msg, &record), 1);
	assert_int_equal(msg.section, DNS_SECTION_AUTHORITY);
	assert_true(dns_msg_data_valid(&msg, &record));
	assert_memory_equal(record.name.wire, "\3web", 5);
	assert_int_equal(record.ttl, 300);
	assert_memory_equal(copy + record.end - 4, "\0\0\1\54", 4);
	assert_int_equal(dns_msg_next(&msg, &record), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limit_follows_transport_and_what_the_asker_takes),
		cmocka_unit_test(record_fits_whole_or_not_at_all_and_the_opt_always),
		cmocka_unit_test(nothing_follows_a_record_that_did_not_fit),
		cmocka_unit_test(no_room_for_the_question_is_no_reply),
		cmocka_unit_test(high_bits_of_the_rcode_travel_in_the_opt),
		cmocka_unit_test(soa_belongs_to_the_zone_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

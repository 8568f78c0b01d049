// SPDX-License-Identifier: GPL-2.0-or-later
// test_msg.c - queries as a server reads them, and messages record by record
#include "packet.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct packet packet;

static int read_packet(struct dns_query *query)
{
	_cleanup_free_ uint8_t *copy = packet_copy(&packet);
	int err = dns_query_read(copy, packet.wire.pos, query);

	query->name = NULL; /* it pointed into the copy */
	return err;
}

static void query_is_read_with_its_edns(void **state)
{
	struct dns_query query;

	(void)state;
	packet_begin(&packet, 7, DNS_FLAG_RD | DNS_FLAG_CD, 1, 0, 0, 1);
	packet_question(&packet, "Web.Net", DNS_TYPE_AAAA);
	packet_opt(&packet, 4096, 3, true);
	assert_int_equal(read_packet(&query), 0);
	assert_int_equal(query.id, 7);
	assert_int_equal(query.flags, DNS_FLAG_RD | DNS_FLAG_CD);
	assert_int_equal(query.type, DNS_TYPE_AAAA);
	assert_int_equal(query.class, DNS_CLASS_IN);
	assert_int_equal(query.name_len, 9);
	assert_true(query.edns && query.do_bit);
	assert_int_equal(query.version, 3);
	assert_int_equal(query.udp_size, 4096);
}

static void every_prefix_of_a_query_is_malformed(void **state)
{
	struct dns_query query;
	_cleanup_free_ uint8_t *whole = NULL;

	(void)state;
	packet_query(&packet, "web", DNS_TYPE_A, 1232);
	whole = packet_copy(&packet);
	for (size_t len = 0; len < packet.wire.pos; len++) {
		_cleanup_free_ uint8_t *part = exact_copy(whole, len);

		assert_int_equal(dns_query_read(part, len, &query), len < 12 ? -EPROTO : -EBADMSG);
	}
}

static void response_is_not_a_query(void **state)
{
	struct dns_query query;

	(void)state;
	packet_begin(&packet, 7, DNS_FLAG_QR, 1, 0, 0, 0);
	packet_question(&packet, "web", DNS_TYPE_A);
	assert_int_equal(read_packet(&query), -EPROTO);
}

static void other_opcodes_are_told_apart(void **state)
{
	struct dns_query query;

	(void)state;
	for (unsigned int opcode = 1; opcode < 16; opcode++) {
		packet_begin(&packet, 9, (uint16_t)(opcode << 11), 0, 0, 0, 0);
		assert_int_equal(read_packet(&query), -EOPNOTSUPP);
		assert_int_equal(query.id, 9);
	}
}

static void one_question_and_nothing_else_will_do(void **state)
{
	struct dns_query query;

	(void)state;
	packet_begin(&packet, 1, 0, 0, 0, 0, 0);
	assert_int_equal(read_packet(&query), -EBADMSG);
	packet_begin(&packet, 1, 0, 2, 0, 0, 0);
	packet_question(&packet, "a", 1);
	packet_question(&packet, "b", 1);
	assert_int_equal(read_packet(&query), -EBADMSG);
	packet_begin(&packet, 1, 0, 1, 0, 0, 0);
	packet_question(&packet, "a", 1);
	wire_put_u8(&packet.wire, 0);
	assert_int_equal(read_packet(&query), -EBADMSG);
}

static void question_name_must_not_be_compressed(void **state)
{
	struct dns_query query;

	(void)state;
	packet_begin(&packet, 1, 0, 1, 0, 0, 0);
	packet_pointer(&packet, 12);
	wire_put_u32(&packet.wire, 0x00010001);
	assert_int_equal(read_packet(&query), -EBADMSG);
}

static void opt_must_be_single_root_owned_and_additional(void **state)
{
	struct dns_query query;

	(void)state;
	packet_begin(&packet, 1, 0, 1, 0, 0, 2);
	packet_question(&packet, "a", 1);
	packet_opt(&packet, 1232, 0, false);
	packet_opt(&packet, 1232, 0, false);
	assert_int_equal(read_packet(&query), -EBADMSG);
	assert_true(query.edns);

	packet_begin(&packet, 1, 0, 1, 0, 0, 1);
	packet_question(&packet, "a", 1);
	packet_record(&packet, "a", DNS_TYPE_OPT, 0, "", 0);
	assert_int_equal(read_packet(&query), -EBADMSG);

	packet_begin(&packet, 1, 0, 1, 1, 0, 0);
	packet_question(&packet, "a", 1);
	packet_opt(&packet, 1232, 0, false);
	assert_int_equal(read_packet(&query), -EBADMSG);
}

static void unknown_options_and_records_are_passed_over(void **state)
{
	struct dns_query query;

	(void)state;
	packet_begin(&packet, 1, 0, 1, 0, 0, 2);
	packet_question(&packet, "a", 1);
	packet_record(&packet, "key", DNS_TYPE_TSIG, 0, "sig", 3);
	packet_record(&packet, "", DNS_TYPE_OPT, 0x8000, "\0\12\0\10cookies!", 12);
	assert_int_equal(read_packet(&query), 0);
	assert_true(query.edns && query.do_bit);
}

static void written_query_reads_the_same(void **state)
{
	struct dns_query query = { .id = 3,
				   .flags = DNS_FLAG_RD,
				   .type = 65,
				   .class = 1,
				   .name = (const uint8_t *)"\1a\1b",
				   .name_len = 5,
				   .edns = true,
				   .do_bit = true,
				   .udp_size = 1232 };
	uint8_t out[64];
	struct dns_query again;
	size_t len = dns_query_write(&query, out, sizeof(out));

	(void)state;
	assert_int_equal(len, 12 + 5 + 4 + 11);
	assert_int_equal(dns_query_write(&query, out, len - 1), 0);
	_cleanup_free_ uint8_t *copy = exact_copy(out, len);

	assert_int_equal(dns_query_read(copy, len, &again), 0);
	assert_int_equal(again.id, 3);
	assert_int_equal(again.type, 65);
	assert_int_equal(again.udp_size, 1232);
	assert_true(again.edns && again.do_bit);
	assert_memory_equal(again.name, query.name, 5);
}

static void records_are_walked_through_all_sections(void **state)
{
	struct dns_msg msg;
	struct dns_record record;

	(void)state;
	packet_begin(&packet, 1, DNS_FLAG_QR, 1, 1, 0, 2);
	packet_question(&packet, "a", 1);
	packet_pointer(&packet, 12);
	packet_fixed(&packet, DNS_TYPE_A, 60, 4);
	wire_put_u32(&packet.wire, 0x0a000001);
	packet_a(&packet, "b", 61, "::1");
	packet_opt(&packet, 1232, 0, false);
	_cleanup_free_ uint8_t *copy = packet_copy(&packet);

	assert_int_equal(dns_msg_open(&msg, copy, packet.wire.pos), 0);
	assert_int_equal(dns_msg_next(&msg, &record), 1);
	assert_int_equal(msg.section, DNS_SECTION_ANSWER);
	assert_memory_equal(record.name.wire, "\1a", 3);
	assert_int_equal(record.ttl, 60);
	assert_memory_equal(copy + record.data_at, "\12\0\0\1", 4);
	assert_int_equal(dns_msg_next(&msg, &record), 1);
	assert_int_equal(msg.section, DNS_SECTION_ADDITIONAL);
	assert_int_equal(record.type, DNS_TYPE_AAAA);
	assert_int_equal(dns_msg_next(&msg, &record), 1);
	assert_int_equal(record.type, DNS_TYPE_OPT);
	assert_int_equal(record.end, packet.wire.pos);
	assert_int_equal(dns_msg_next(&msg, &record), 0);
	assert_int_equal(dns_msg_next(&msg, &record), 0);
}

static void more_records_promised_than_sent_is_malformed(void **state)
{
	struct dns_msg msg;
	struct dns_record record;

	(void)state;
	packet_begin(&packet, 1, DNS_FLAG_QR, 1, 2, 0, 0);
	packet_question(&packet, "a", 1);
	packet_a(&packet, "a", 60, "10.0.0.1");
	_cleanup_free_ uint8_t *copy = packet_copy(&packet);

	assert_int_equal(dns_msg_open(&msg, copy, packet.wire.pos), 0);
	assert_int_equal(dns_msg_next(&msg, &record), 1);
	assert_int_equal(dns_msg_next(&msg, &record), -EBADMSG);
}

static bool data_valid(uint16_t type, const char *data, uint16_t len)
{
	struct dns_msg msg;
	struct dns_record record;

	packet_begin(&packet, 1, DNS_FLAG_QR, 1, 1, 0, 0);
	packet_question(&packet, "a", 1);
	packet_record(&packet, "a", type, 60, data, len);
	_cleanup_free_ uint8_t *copy = packet_copy(&packet);

	assert_int_equal(dns_msg_open(&msg, copy, packet.wire.pos), 0);
	assert_int_equal(dns_msg_next(&msg, &record), 1);
	return dns_msg_data_valid(&msg, &record);
}

static void names_inside_data_must_fill_it(void **state)
{
	(void)state;
	assert_true(data_valid(DNS_TYPE_CNAME, "\1b\300\14", 4));
	assert_false(data_valid(DNS_TYPE_CNAME, "\1b\300\14!", 5));
	assert_false(data_valid(DNS_TYPE_CNAME, "\1b\300", 3));
	assert_false(data_valid(DNS_TYPE_CNAME, "\300\50", 2)); /* forward */
	assert_true(data_valid(DNS_TYPE_MX, "\0\12\1b", 5));
	assert_false(data_valid(DNS_TYPE_MX, "\0", 1));
	assert_true(data_valid(DNS_TYPE_SRV, "\0\1\0\2\0\3\300\14", 8));
	assert_false(data_valid(DNS_TYPE_SRV, "\0\1\0\2\0\300\14", 7));
	assert_true(data_valid(DNS_TYPE_SOA, "\0\0....,,,,----++++====", 22));
	assert_false(data_valid(DNS_TYPE_SOA, "\0\0....,,,,----++++===", 21));
	assert_false(data_valid(DNS_TYPE_NS, "", 0));
	assert_false(data_valid(DNS_TYPE_PTR, "\3ab", 3));
}

static void addresses_inside_data_must_have_their_size(void **state)
{
	(void)state;
	assert_true(data_valid(DNS_TYPE_A, "1234", 4));
	assert_false(data_valid(DNS_TYPE_A, "12345", 5));
	assert_true(data_valid(DNS_TYPE_AAAA, "1234567812345678", 16));
	assert_false(data_valid(DNS_TYPE_AAAA, "1234", 4));
	assert_true(data_valid(16, "\377", 1)); /* others are none of our business */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(query_is_read_with_its_edns),
		cmocka_unit_test(every_prefix_of_a_query_is_malformed),
		cmocka_unit_test(response_is_not_a_query),
		cmocka_unit_test(other_opcodes_are_told_apart),
		cmocka_unit_test(one_question_and_nothing_else_will_do),
		cmocka_unit_test(question_name_must_not_be_compressed),
		cmocka_unit_test(opt_must_be_single_root_owned_and_additional),
		cmocka_unit_test(unknown_options_and_records_are_passed_over),
		cmocka_unit_test(written_query_reads_the_same),
		cmocka_unit_test(records_are_walked_through_all_sections),
		cmocka_unit_test(more_records_promised_than_sent_is_malformed),
		cmocka_unit_test(names_inside_data_must_fill_it),
		cmocka_unit_test(addresses_inside_data_must_have_their_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

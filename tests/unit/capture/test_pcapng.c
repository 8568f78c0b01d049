// SPDX-License-Identifier: GPL-2.0-or-later
// test_pcapng.c - blocks of pcapng, byte for byte, and counted again
#include "base/limits.h"
#include "capture/counter.h"
#include "capture/pcapng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t bytes[20] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
				   11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

static uint32_t u32_at(const struct buf *buf, size_t at)
{
	uint32_t value;

	assert_true(at + sizeof(value) <= buf->len);
	memcpy(&value, buf->data + at, sizeof(value));
	return value;
}

static uint16_t u16_at(const struct buf *buf, size_t at)
{
	uint16_t value;

	assert_true(at + sizeof(value) <= buf->len);
	memcpy(&value, buf->data + at, sizeof(value));
	return value;
}

/* A block is a multiple of four bytes, and says at both ends how long it is. */
static void assert_block(const struct buf *buf, uint32_t type)
{
	assert_int_equal(buf->err, 0);
	assert_int_equal(buf->len % 4, 0);
	assert_int_equal(u32_at(buf, 0), type);
	assert_int_equal(u32_at(buf, 4), buf->len);
	assert_int_equal(u32_at(buf, buf->len - 4), buf->len);
}

static void a_section_says_its_byte_order_and_who_wrote_it(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	pcapng_put_section(&buf, "netd 1");
	assert_block(&buf, 0x0a0d0d0a);
	assert_int_equal(u32_at(&buf, 8), 0x1a2b3c4d);
	assert_int_equal(u16_at(&buf, 12), 1);
	assert_int_equal(u16_at(&buf, 24), 4);
	assert_int_equal(u16_at(&buf, 26), 6);
	assert_memory_equal(buf.data + 28, "netd 1\0\0", 8);
	assert_int_equal(u32_at(&buf, 36), 0);
	buf_done(&buf);
}

static void an_interface_has_a_name_and_nanoseconds(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	pcapng_put_interface(&buf, &(struct pcapng_interface) { .name = "web",
								.description = "a network",
								.filter = "icmp",
								.snaplen = 96 });
	assert_block(&buf, 1);
	assert_int_equal(u16_at(&buf, 8), PCAPNG_ETHERNET);
	assert_int_equal(u32_at(&buf, 12), 96);
	assert_int_equal(u16_at(&buf, 16), 2);
	assert_memory_equal(buf.data + 20, "web\0", 4);
	assert_int_equal(u16_at(&buf, 24), 3);
	assert_memory_equal(buf.data + 28, "a network\0\0\0", 12);
	assert_int_equal(u32_at(&buf, 40), 9 | 1 << 16);
	assert_int_equal(buf.data[44], 9);
	assert_int_equal(u32_at(&buf, 48), 11 | 5 << 16);
	assert_memory_equal(buf.data + 52, "\0icmp\0\0\0", 8);
	buf_done(&buf);
}

static void an_interface_of_bare_packets_says_so_and_why_there_are_none(void **state)
{
	struct counter counter = { 0 };
	struct buf buf = { 0 };

	(void)state;
	pcapng_put_interface(&buf, &(struct pcapng_interface) { .name = "dropped",
								.comment = "no BPF: \xc3\xa4",
								.snaplen = 96,
								.is_raw = true });
	assert_block(&buf, 1);
	assert_int_equal(u16_at(&buf, 8), 101);
	assert_int_equal(u32_at(&buf, 16), 1 | 10 << 16);
	counter_feed(&counter, buf.data, buf.len);
	assert_string_equal(counter.comment, "no BPF: ??");
	buf_done(&buf);
	/* One that has nothing to say does not take it back. */
	pcapng_put_interface(&buf, &(struct pcapng_interface) { .name = "eth0", .snaplen = 96 });
	counter_feed(&counter, buf.data, buf.len);
	assert_string_equal(counter.comment, "no BPF: ??");
	assert_int_equal(counter.n_interfaces, 2);
	buf_done(&buf);
}

static void a_comment_of_any_length_keeps_its_room(void **state)
{
	struct counter counter = { 0 };
	struct buf buf = { 0 };
	char text[CAPTURE_COMMENT_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pcapng_put_interface(&buf, &(struct pcapng_interface) { .comment = text, .snaplen = 96 });
	counter_feed(&counter, buf.data, buf.len);
	assert_string_equal(counter.comment, "");
	buf_done(&buf);
	text[CAPTURE_COMMENT_MAX] = '\0';
	pcapng_put_interface(&buf, &(struct pcapng_interface) { .comment = text, .snaplen = 96 });
	counter_feed(&counter, buf.data, buf.len);
	assert_string_equal(counter.comment, text);
	buf_done(&buf);
}

static void a_text_that_is_too_long_is_cut_between_characters(void **state)
{
	char text[PCAPNG_TEXT_MAX + 8] = "";
	struct buf buf = { 0 };

	(void)state;
	memset(text, 'x', PCAPNG_TEXT_MAX - 1);
	memcpy(text + PCAPNG_TEXT_MAX - 1, "\xc3\xa4y", 4);
	pcapng_put_section(&buf, text);
	assert_block(&buf, 0x0a0d0d0a);
	assert_int_equal(u16_at(&buf, 26), PCAPNG_TEXT_MAX - 1);
	buf_done(&buf);
}

static void a_packet_has_its_time_its_direction_and_its_comment(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	pcapng_put_packet(&buf, &(struct pcapng_packet) { .interface = 3,
							  .time_ns = UINT64_C(0x1234567890abcdef),
							  .data = bytes,
							  .len = 19,
							  .full_len = 1500,
							  .direction = PCAPNG_OUT,
							  .cast = PCAPNG_BROADCAST,
							  .comment = "why" });
	assert_block(&buf, 6);
	assert_int_equal(u32_at(&buf, 8), 3);
	assert_int_equal(u32_at(&buf, 12), 0x12345678);
	assert_int_equal(u32_at(&buf, 16), 0x90abcdef);
	assert_int_equal(u32_at(&buf, 20), 19);
	assert_int_equal(u32_at(&buf, 24), 1500);
	assert_memory_equal(buf.data + 28, bytes, 19);
	assert_int_equal(buf.data[47], 0);
	assert_int_equal(u32_at(&buf, 48), 2 | 4 << 16);
	assert_int_equal(u32_at(&buf, 52), 2 | 3 << 2);
	assert_int_equal(u32_at(&buf, 56), 1 | 3 << 16);
	assert_memory_equal(buf.data + 60, "why\0", 4);
	assert_int_equal(u32_at(&buf, 64), 0);
	buf_done(&buf);
}

static void a_packet_of_which_nothing_more_is_known_has_no_options(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	pcapng_put_packet(&buf,
			  &(struct pcapng_packet) { .data = bytes, .len = 20, .full_len = 20 });
	assert_block(&buf, 6);
	assert_int_equal(buf.len, 28 + 20 + 4);
	buf_done(&buf);
}

static void a_tag_comes_behind_the_addresses(void **state)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 5 };
	struct pcapng_packet packet = { .data = bytes, .len = 20, .full_len = 30, .tag = tag };
	struct buf buf = { 0 };

	(void)state;
	pcapng_put_packet(&buf, &packet);
	assert_block(&buf, 6);
	assert_int_equal(u32_at(&buf, 20), 24);
	assert_int_equal(u32_at(&buf, 24), 34);
	assert_memory_equal(buf.data + 28, bytes, 12);
	assert_memory_equal(buf.data + 40, tag, 4);
	assert_memory_equal(buf.data + 44, bytes + 12, 8);
	buf_done(&buf);
	/* One that is cut within them has no place for it. */
	packet.len = 11;
	buf = (struct buf) { 0 };
	pcapng_put_packet(&buf, &packet);
	assert_block(&buf, 6);
	assert_int_equal(u32_at(&buf, 20), 11);
	buf_done(&buf);
}

static void statistics_say_how_many_and_how_many_not(void **state)
{
	struct buf buf = { 0 };
	uint64_t number;

	(void)state;
	pcapng_put_statistics(&buf, &(struct pcapng_statistics) { .interface = 1,
								  .time_ns = UINT64_C(0x200000003),
								  .began_ns = UINT64_C(0x100000002),
								  .received = 7,
								  .dropped = 5 });
	assert_block(&buf, 5);
	assert_true(buf.len <= PCAPNG_STATISTICS_ROOM);
	assert_int_equal(u32_at(&buf, 8), 1);
	assert_int_equal(u32_at(&buf, 12), 2);
	assert_int_equal(u32_at(&buf, 16), 3);
	assert_int_equal(u32_at(&buf, 20), 2 | 8 << 16);
	assert_int_equal(u32_at(&buf, 24), 1);
	assert_int_equal(u32_at(&buf, 28), 2);
	assert_int_equal(u32_at(&buf, 32), 3 | 8 << 16);
	assert_int_equal(u32_at(&buf, 44), 4 | 8 << 16);
	memcpy(&number, buf.data + 48, sizeof(number));
	assert_int_equal(number, 7);
	assert_int_equal(u32_at(&buf, 56), 5 | 8 << 16);
	memcpy(&number, buf.data + 60, sizeof(number));
	assert_int_equal(number, 5);
	buf_done(&buf);
}

static void statistics_that_say_what_is_missing_do_not_say_how_many(void **state)
{
	static const char comment[] = "it ended";
	char text[PCAPNG_TEXT_MAX + 100];
	struct pcapng_statistics statistics = {
		.interface = 1, .received = 7, .dropped = 5, .comment = comment
	};
	struct buf buf = { 0 };

	(void)state;
	pcapng_put_statistics(&buf, &statistics);
	assert_block(&buf, 5);
	assert_int_equal(u32_at(&buf, 20), 1 | 8 << 16);
	assert_memory_equal(buf.data + 24, comment, 8);
	assert_int_equal(u32_at(&buf, 32), 2 | 8 << 16);
	assert_int_equal(u32_at(&buf, 56), 4 | 8 << 16);
	assert_int_equal(u32_at(&buf, 68), 0);
	assert_int_equal(buf.len, 76);
	buf_done(&buf);
	/* The longest has its room. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	statistics.comment = text;
	pcapng_put_statistics(&buf, &statistics);
	assert_block(&buf, 5);
	assert_true(buf.len <= PCAPNG_STATISTICS_ROOM + PCAPNG_COMMENT_ROOM + PCAPNG_TEXT_MAX);
	buf_done(&buf);
}

/* ---- counted again ---- */

static void put_capture(struct buf *buf)
{
	const struct pcapng_interface interface = { .name = "web", .snaplen = 96 };

	pcapng_put_section(buf, "netd");
	pcapng_put_interface(buf, &interface);
	pcapng_put_interface(buf, &interface);
	for (uint32_t i = 0; i < 5; i++)
		pcapng_put_packet(buf, &(struct pcapng_packet) { .interface = i % 2,
								 .data = bytes,
								 .len = 4 * i,
								 .full_len = 20,
								 .direction = PCAPNG_IN });
	for (uint32_t i = 0; i < 2; i++)
		pcapng_put_statistics(buf, &(struct pcapng_statistics) { .interface = i,
									 .received = 5,
									 .dropped = 10 + i });
	assert_int_equal(buf->err, 0);
}

static void a_capture_is_counted_in_pieces_of_any_size(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	put_capture(&buf);
	for (size_t size = 1; size <= buf.len; size++) {
		struct counter counter = { 0 };

		for (size_t at = 0; at < buf.len; at += size) {
			assert_false(counter_is_complete(&counter));
			counter_feed(&counter, buf.data + at,
				     size < buf.len - at ? size : buf.len - at);
		}
		assert_true(counter_is_complete(&counter));
		assert_int_equal(counter.n_packets, 5);
		assert_int_equal(counter.n_dropped, 21);
	}
	buf_done(&buf);
}

static void a_capture_that_is_cut_is_not_complete(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	put_capture(&buf);
	for (size_t len = 0; len < buf.len; len++) {
		struct counter counter = { 0 };

		counter_feed(&counter, buf.data, len);
		assert_false(counter_is_complete(&counter));
		assert_false(counter.is_broken);
	}
	buf_done(&buf);
}

static void what_is_no_capture_is_not_counted(void **state)
{
	static const char text[] = "HTTP/1.1 500 Internal Server Error\r\n\r\n";
	struct counter counter = { 0 };

	(void)state;
	counter_feed(&counter, text, sizeof(text) - 1);
	assert_false(counter_is_complete(&counter));
	assert_int_equal(counter.n_packets, 0);
	counter = (struct counter) { 0 };
	counter_feed(&counter, "\6\0\0\0\0\0\0\0", 8);
	assert_true(counter.is_broken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_says_its_byte_order_and_who_wrote_it),
		cmocka_unit_test(an_interface_has_a_name_and_nanoseconds),
		cmocka_unit_test(an_interface_of_bare_packets_says_so_and_why_there_are_none),
		cmocka_unit_test(a_comment_of_any_length_keeps_its_room),
		cmocka_unit_test(a_text_that_is_too_long_is_cut_between_characters),
		cmocka_unit_test(a_packet_has_its_time_its_direction_and_its_comment),
		cmocka_unit_test(a_packet_of_which_nothing_more_is_known_has_no_options),
		cmocka_unit_test(a_tag_comes_behind_the_addresses),
		cmocka_unit_test(statistics_say_how_many_and_how_many_not),
		cmocka_unit_test(statistics_that_say_what_is_missing_do_not_say_how_many),
		cmocka_unit_test(a_capture_is_counted_in_pieces_of_any_size),
		cmocka_unit_test(a_capture_that_is_cut_is_not_complete),
		cmocka_unit_test(what_is_no_capture_is_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

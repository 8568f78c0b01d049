// SPDX-License-Identifier: GPL-2.0-or-later
// test_block.c - the packets in a block of a ring, and numbers that lead out of it
#include "capture/block.h"
#include <linux/if_packet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 1024

/* A block as the kernel makes it, in memory of exactly its size. */
static uint8_t *made;

static struct tpacket_block_desc *head(void)
{
	return (struct tpacket_block_desc *)made;
}

static struct tpacket3_hdr *packet_at(size_t at)
{
	return (struct tpacket3_hdr *)(made + at);
}

static void put_packet(size_t at, size_t next, const char *data, uint8_t type)
{
	struct tpacket3_hdr *packet = packet_at(at);
	struct sockaddr_ll addr = { .sll_pkttype = type };

	*packet = (struct tpacket3_hdr) { .tp_next_offset = (uint32_t)next,
					  .tp_sec = 2,
					  .tp_nsec = (uint32_t)at,
					  .tp_snaplen = (uint32_t)strlen(data),
					  .tp_len = (uint32_t)strlen(data) + 100,
					  .tp_mac = 80 };
	memcpy(made + at + TPACKET_ALIGN(sizeof(*packet)), &addr, sizeof(addr));
	memcpy(made + at + 80, data, strlen(data));
}

static int setup(void **state)
{
	(void)state;
	made = calloc(1, SIZE);
	assert_non_null(made);
	head()->hdr.bh1.num_pkts = 2;
	head()->hdr.bh1.offset_to_first_pkt = 48;
	put_packet(48, 128, "first", PACKET_OUTGOING);
	put_packet(48 + 128, 0, "second one", PACKET_HOST);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(made);
	return 0;
}

static size_t count(void)
{
	struct block_packet packet;
	struct block block;
	size_t n = 0;

	block_begin(&block, made, SIZE);
	while (block_next(&block, &packet)) {
		uint8_t sum = 0;

		for (size_t i = 0; i < packet.len; i++)
			sum ^= packet.data[i]; /* a sanitizer looks */
		n += 1 + 0 * sum;
	}
	return n;
}

static void packets_are_read(void **state)
{
	struct block_packet packet;
	struct block block;

	(void)state;
	block_begin(&block, made, SIZE);
	assert_true(block_next(&block, &packet));
	assert_int_equal(packet.time_ns, 2000000048);
	assert_int_equal(packet.len, 5);
	assert_int_equal(packet.full_len, 105);
	assert_memory_equal(packet.data, "first", 5);
	assert_true(packet.is_out);
	assert_false(packet.is_unfinished || packet.has_tag);
	assert_true(block_next(&block, &packet));
	assert_memory_equal(packet.data, "second one", 10);
	assert_false(packet.is_out);
	assert_int_equal(packet.type, PACKET_HOST);
	assert_false(block_next(&block, &packet));
	assert_false(block_next(&block, &packet));
}

static void a_tag_and_an_unfinished_checksum_are_told(void **state)
{
	const uint8_t tag[] = { 0x88, 0xa8, 0x20, 0x05 }, usual[] = { 0x81, 0x00, 0x20, 0x05 };
	struct block_packet packet;
	struct block block;

	(void)state;
	packet_at(48)->tp_status = TP_STATUS_CSUMNOTREADY | TP_STATUS_VLAN_VALID |
				   TP_STATUS_VLAN_TPID_VALID;
	packet_at(48)->hv1.tp_vlan_tci = 0x2005;
	packet_at(48)->hv1.tp_vlan_tpid = 0x88a8;
	block_begin(&block, made, SIZE);
	assert_true(block_next(&block, &packet));
	assert_true(packet.is_unfinished && packet.has_tag);
	assert_memory_equal(packet.tag, tag, 4);
	packet_at(48)->tp_status = TP_STATUS_VLAN_VALID;
	block_begin(&block, made, SIZE);
	assert_true(block_next(&block, &packet));
	assert_memory_equal(packet.tag, usual, 4);
}

static void what_leads_out_of_the_block_ends_it(void **state)
{
	(void)state;
	assert_int_equal(count(), 2);
	packet_at(48 + 128)->tp_snaplen = SIZE - 48 - 128 - 80;
	assert_int_equal(count(), 2);
	packet_at(48 + 128)->tp_snaplen++;
	assert_int_equal(count(), 1);
	packet_at(48 + 128)->tp_snaplen = UINT32_MAX;
	assert_int_equal(count(), 1);
	packet_at(48)->tp_mac = UINT16_MAX;
	assert_int_equal(count(), 0);
	packet_at(48)->tp_mac = 80;
	packet_at(48)->tp_next_offset = UINT32_MAX;
	assert_int_equal(count(), 1);
	packet_at(48)->tp_next_offset = SIZE - 48 - 8;
	assert_int_equal(count(), 1);
	head()->hdr.bh1.offset_to_first_pkt = UINT32_MAX;
	assert_int_equal(count(), 0);
	head()->hdr.bh1.num_pkts = 0;
	head()->hdr.bh1.offset_to_first_pkt = 48;
	assert_int_equal(count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(packets_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tag_and_an_unfinished_checksum_are_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_leads_out_of_the_block_ends_it, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

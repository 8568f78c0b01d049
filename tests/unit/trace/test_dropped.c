// SPDX-License-Identifier: GPL-2.0-or-later
// test_dropped.c - of whom a dropped packet is told, and how many of its bytes
#include "trace/dropped.h"

#include "base/cleanup.h"
#include "machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OWN_NETNS = 100, HOST_NETNS = 200, OTHER_NETNS = 300 };
enum { HEAD_ROOM = 16, PACKET_LEN = 60, REASON = 7 };

/* A packet of UDP from 10.61.0.2, 60 bytes from its IP header on, each with its number but for the
 * header. */
struct world {
	struct machine machine;
	struct insns insns;
	struct machine_net net;
	struct machine_device device;
	struct machine_skb skb;
	uint8_t packet[HEAD_ROOM + PACKET_LEN + HEADER_SIZE];
};

static void put(struct world *world, uint32_t netns, uint32_t value)
{
	machine_set(&world->machine, machine_maps.netns, &netns, &value);
}

static int setup(void **state)
{
	static const uint8_t head[] = { 0x45, 0,	   0, PACKET_LEN, 0,	1,  0, 0,
					64,   IPPROTO_UDP, 0, 0,	  10,	61, 0, 2,
					192,  0,	   2, 1,	  0x10, 0,  0, 53 };
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	machine_init(&world->machine);
	for (size_t i = 0; i < PACKET_LEN; i++)
		world->packet[HEAD_ROOM + i] = (uint8_t)i;
	memcpy(world->packet + HEAD_ROOM, head, sizeof(head));
	world->net.inode = OWN_NETNS;
	world->device = (struct machine_device) { &world->net, 2, "eth0" };
	world->skb = (struct machine_skb) { .dev = &world->device,
					    .head = world->packet,
					    .data = world->packet + HEAD_ROOM,
					    .network_header = HEAD_ROOM,
					    .len = PACKET_LEN };
	world->machine.flow.n_bytes = TRACE_BYTES_MAX;
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void drop(struct world *world, bool is_direct)
{
	const struct layout layout = machine_layout(is_direct);
	const uint64_t arguments[] = { (uint64_t)(uintptr_t)&world->skb, 4711, REASON };

	assert_int_equal(
		program_trace(PROGRAM_DROPS, LAYOUT_DROPPED, &layout, &machine_maps, &world->insns),
		0);
	machine_run(&world->machine, &world->insns, arguments);
	/* Whatever happened, the next one finds a frame. */
	assert_int_equal(world->machine.frames[LAYOUT_DROPPED].is_busy, 0);
}

static void a_packet_is_told_with_its_bytes(void **state)
{
	struct world *world = *state;

	put(world, OWN_NETNS, PROGRAM_NETNS_OWN);
	for (int is_direct = 0; is_direct < 2; is_direct++) {
		drop(world, is_direct);
		assert_int_equal(world->machine.n_told, 1 + is_direct);
		assert_int_equal(world->machine.told.reason, REASON);
		assert_int_equal(world->machine.told.location, 4711);
		assert_int_equal(world->machine.told.netns, OWN_NETNS);
		assert_int_equal(world->machine.told.bytes, PACKET_LEN);
		assert_string_equal(world->machine.told.link, "eth0");
		assert_int_equal(world->machine.n_told_bytes, PACKET_LEN);
		assert_memory_equal(world->machine.told_bytes, world->packet + HEAD_ROOM,
				    PACKET_LEN);
	}
}

static void elsewhere_it_is_told_by_its_address(void **state)
{
	static const uint8_t from[16] = { 10, 61, 0, 2 }, to[16] = { 192, 0, 2, 1 };
	const uint32_t yes = 1;
	struct world *world = *state;

	world->net.inode = HOST_NETNS;
	put(world, OWN_NETNS, PROGRAM_NETNS_OWN);
	drop(world, true); /* nobody asks for the host's */
	assert_int_equal(world->machine.n_told, 0);
	put(world, HOST_NETNS, PROGRAM_NETNS_PASSED);
	drop(world, true); /* it is somebody else's */
	assert_int_equal(world->machine.n_told, 0);
	machine_set(&world->machine, machine_maps.address, from, &yes);
	drop(world, true);
	assert_int_equal(world->machine.n_told, 1);
	machine_init(&world->machine);
	world->machine.flow.n_bytes = TRACE_BYTES_MAX;
	put(world, HOST_NETNS, PROGRAM_NETNS_PASSED);
	machine_set(&world->machine, machine_maps.address, to, &yes);
	drop(world, true);
	assert_int_equal(world->machine.n_told, 1);
	world->net.inode = OTHER_NETNS;
	drop(world, true);
	assert_int_equal(world->machine.n_told, 1);
}

static void no_more_is_told_than_is_wanted(void **state)
{
	struct world *world = *state;

	put(world, OWN_NETNS, PROGRAM_NETNS_OWN);
	world->machine.flow.n_bytes = 30;
	drop(world, true);
	assert_int_equal(world->machine.n_told_bytes, 30);
	assert_int_equal(world->machine.told.bytes, PACKET_LEN);
	world->machine.flow.n_bytes = 0;
	drop(world, true);
	assert_int_equal(world->machine.n_told, 2);
	assert_int_equal(world->machine.n_told_bytes, 0);
}

/* What lies in pages cannot be read from here, and what is behind the buffer is somebody else's. */
static void no_more_is_told_than_the_buffer_has(void **state)
{
	struct world *world = *state;

	put(world, OWN_NETNS, PROGRAM_NETNS_OWN);
	world->skb.len = 5000;
	world->skb.data_len = 5000 - 40;
	drop(world, true);
	assert_int_equal(world->machine.n_told_bytes, 40);
	assert_int_equal(world->machine.told.bytes, 5000);
	/* A buffer that says nonsense. */
	world->skb.data_len = 6000;
	drop(world, false);
	assert_int_equal(world->machine.n_told, 2);
	assert_int_equal(world->machine.n_told_bytes, 0);
}

/* At a socket the headers have been taken off, and the packet begins with them all the same. */
static void headers_that_were_taken_off_are_told(void **state)
{
	struct world *world = *state;

	put(world, OWN_NETNS, PROGRAM_NETNS_OWN);
	world->skb.data += 28;
	world->skb.len -= 28;
	drop(world, true);
	assert_int_equal(world->machine.told.bytes, PACKET_LEN);
	assert_int_equal(world->machine.n_told_bytes, PACKET_LEN);
	assert_memory_equal(world->machine.told_bytes, world->packet + HEAD_ROOM, PACKET_LEN);
}

/* Two of a connection: web asked for 198.51.100.9:53 as 10.61.0.2, and is seen by 192.0.2.7. */
static const struct machine_connection connection = {
	.tuples = { { .from = { 10, 61, 0, 9 },
		      .from_port = 0x1111,
		      .to = { 198, 51, 100, 9 },
		      .to_port = 0x2222 },
		    { .from = { 10, 61, 0, 8 },
		      .from_port = 0x3333,
		      .to = { 192, 0, 2, 7 },
		      .to_port = 0x4444 } },
};

static void what_it_was_sent_as_is_told_of_both_directions(void **state)
{
	struct world *world = *state;
	const struct record *told = &world->machine.told;

	put(world, OWN_NETNS, PROGRAM_NETNS_OWN);
	drop(world, true); /* it is of no connection */
	assert_int_equal(told->has_sent, 0);
	for (uint64_t relation = 0; relation < 5; relation++) {
		const struct machine_tuple *tuple = &connection.tuples[relation > 2];

		world->skb.connection = (uint64_t)(uintptr_t)&connection | relation;
		drop(world, relation % 2 == 0);
		assert_int_equal(told->has_sent, 1);
		assert_memory_equal(told->sent_from, tuple->from, 16);
		assert_memory_equal(told->sent_to, tuple->to, 16);
		assert_int_equal(told->sent_from_port, tuple->from_port);
		assert_int_equal(told->sent_to_port, tuple->to_port);
	}
	/* What nobody wants to be tracked has the bits alone. */
	world->skb.connection = 7;
	drop(world, true);
	assert_int_equal(told->has_sent, 0);
}

static void what_nat_has_made_of_it_is_known_by_what_it_was(void **state)
{
	const uint32_t yes = 1;
	struct world *world = *state;

	world->net.inode = HOST_NETNS;
	put(world, HOST_NETNS, PROGRAM_NETNS_PASSED);
	machine_set(&world->machine, machine_maps.address, connection.tuples[0].from, &yes);
	drop(world, true);
	assert_int_equal(world->machine.n_told, 0);
	world->skb.connection = (uint64_t)(uintptr_t)&connection;
	drop(world, true);
	assert_int_equal(world->machine.n_told, 1);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct world *world = *state;

	put(world, OWN_NETNS, PROGRAM_NETNS_OWN);
	world->machine.is_full = true;
	drop(world, true);
	assert_int_equal(world->machine.n_told, 0);
	assert_int_equal(world->machine.flow.n_lost, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_packet_is_told_with_its_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(elsewhere_it_is_told_by_its_address, setup,
						teardown),
		cmocka_unit_test_setup_teardown(no_more_is_told_than_is_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(no_more_is_told_than_the_buffer_has, setup,
						teardown),
		cmocka_unit_test_setup_teardown(headers_that_were_taken_off_are_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_it_was_sent_as_is_told_of_both_directions,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_nat_has_made_of_it_is_known_by_what_it_was,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_finds_no_room_is_counted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
